"""Task graphs that stream onto a heterogeneous system on chip."""

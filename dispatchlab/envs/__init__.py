"""The scheduling problems, one subpackage per family."""

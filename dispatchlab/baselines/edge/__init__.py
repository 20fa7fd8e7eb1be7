"""Methods for drones on an edge and a cloud that need no learning."""

"""Methods for task graphs on a chip that need no learning."""

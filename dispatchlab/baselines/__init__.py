"""Methods that need no learning: dispatching rules and solvers."""

"""Solvers: a whole schedule at once."""

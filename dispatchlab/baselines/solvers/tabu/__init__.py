"""Tabu search over the orders of operations on machines."""

from dispatchlab.baselines.solvers.tabu.shop import check_shop, why_not
from dispatchlab.baselines.solvers.tabu.solver import TabuSolver

__all__ = ["TabuSolver", "check_shop", "why_not"]

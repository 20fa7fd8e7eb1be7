"""CP-SAT on the encoding: the exact baseline, and the source of optima and lower bounds.

This package imports ortools; import it where it is used.
"""

from dispatchlab.baselines.solvers.cpsat.solver import CpSatModel, CpSatSolver
from dispatchlab.baselines.solvers.cpsat.variables import CpSatVariables

__all__ = ["CpSatModel", "CpSatSolver", "CpSatVariables"]

"""Methods that can be compared: rules, CP-SAT, learned agents and hybrids behind one face."""

from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.methods.parse import make_method, make_methods

__all__ = ["Method", "make_method", "make_methods"]

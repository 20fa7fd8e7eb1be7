"""Event-driven dynamics of a CP encoding: numba kernels over batched arrays."""

from dispatchlab.envs.jobshop.dynamics.engine import FALLBACK, FINISHED, PLAYED, Dynamics
from dispatchlab.envs.jobshop.dynamics.legality import SEMANTICS

__all__ = ["FALLBACK", "FINISHED", "PLAYED", "SEMANTICS", "Dynamics"]

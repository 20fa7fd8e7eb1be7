"""Dynamics of task graphs on a chip: kernels over batched arrays."""

from dispatchlab.envs.soc.dynamics.engine import ACTIONS, Dynamics

__all__ = ["ACTIONS", "Dynamics"]

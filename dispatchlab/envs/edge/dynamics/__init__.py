"""Dynamics of an edge accelerator with a cloud: kernels over batched arrays."""

from dispatchlab.envs.edge.dynamics.engine import Dynamics

__all__ = ["Dynamics"]

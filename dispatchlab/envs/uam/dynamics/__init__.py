"""Dynamics of the UAM family: kernels over arrays of rows."""

from dispatchlab.envs.uam.dynamics.engine import Dynamics

__all__ = ["Dynamics"]

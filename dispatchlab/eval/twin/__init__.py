"""The twins: SimPy models of the streaming families and of the fleet, written as processes.

A twin is slow, readable beside the paper, and shares no code with the kernels: given the same
realisation and the same decisions, both must produce the same schedule.
"""

from dispatchlab.eval.twin.edge import EdgeTwin
from dispatchlab.eval.twin.soc import SocTwin
from dispatchlab.eval.twin.uam import UamTwin

__all__ = ["EdgeTwin", "SocTwin", "UamTwin"]

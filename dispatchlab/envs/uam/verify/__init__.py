"""The independent checker: it shares no code with the dynamics, the rules or the twin.

What the decisions must have led to is derived here once more from the rules of the model, so that
a mistake elsewhere cannot excuse itself.
"""

from dispatchlab.envs.uam.verify.checker import verify

__all__ = ["verify"]

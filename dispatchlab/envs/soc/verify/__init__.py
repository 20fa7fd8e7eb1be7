"""The independent checker: it shares no code with the dynamics, the rules or the twin.

Every constraint is restated here from its definition, on the times of the schedule alone, so that
a mistake elsewhere cannot excuse itself.
"""

from dispatchlab.envs.soc.verify.checker import verify

__all__ = ["verify"]

"""The independent checker: it shares no code with the dynamics, the solvers or the encoding.

Every constraint is restated here from its definition, so that a mistake elsewhere cannot
excuse itself. Only the arrays of the encoding and of the realisation are read.
"""

from dispatchlab.envs.jobshop.verify.checker import verify
from dispatchlab.envs.jobshop.verify.objective import objective_of

__all__ = ["objective_of", "verify"]

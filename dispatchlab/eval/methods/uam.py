"""Where rules, planners, searches and learned agents for air taxis play."""

import functools

from dispatchlab.baselines.uam.rollout import run_dispatcher
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.uam.dynamics.engine import STOPS
from dispatchlab.envs.uam.env import UamVectorEnv
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.observation import OBSERVATIONS
from dispatchlab.envs.uam.outcome import Outcome
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.stream import Stage, one_of, result_of
from dispatchlab.eval.uam_cases import uam_case

_WARM_UP = "random-2x2:horizon_s=3600"


def to_result(case: Case, outcome: Outcome) -> Result:
    """Minus the profit as the objective."""
    return result_of(outcome, -outcome.profit_usd)


@functools.cache
def warm_up_case() -> Case:
    """A tiny case, on which everything is compiled."""
    return uam_case(_WARM_UP, load_instance(_WARM_UP), 0)


FLEET = Stage(
    "uam", warm_up_case, run_dispatcher, to_result, {"stop_at": one_of(STOPS)}, OBSERVATIONS,
    UamVectorEnv,
)  # fmt: skip

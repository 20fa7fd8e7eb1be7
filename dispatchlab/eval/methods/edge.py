"""Where rules and learned agents for drones at an edge play."""

import functools

from dispatchlab.baselines.edge.rollout import run_dispatcher
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.edge.env import EdgeCloudVectorEnv
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.observation import OBSERVATIONS
from dispatchlab.envs.edge.outcome import Outcome
from dispatchlab.eval.cases import Case
from dispatchlab.eval.edge_cases import edge_cases
from dispatchlab.eval.methods.stream import Stage, is_flag, result_of

_WARM_UP = "2d-a:duration_ms=2000"


def to_result(case: Case, outcome: Outcome) -> Result:
    """Minus the utility as the objective."""
    return result_of(outcome, -outcome.utility)


@functools.cache
def warm_up_case() -> Case:
    """A tiny case, on which everything is compiled."""
    return edge_cases([load_instance(_WARM_UP)])[0]


EDGE = Stage(
    "edge", warm_up_case, run_dispatcher, to_result, {"migrate": is_flag}, OBSERVATIONS,
    EdgeCloudVectorEnv,
)  # fmt: skip

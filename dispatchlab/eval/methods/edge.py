"""Where rules and learned agents for drones at an edge play."""

import functools
import math
from typing import Any

from dispatchlab.baselines.edge.rollout import run_dispatcher
from dispatchlab.envs.core.errors import CheckpointError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.edge.env import EdgeCloudVectorEnv
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.observation import OBSERVATIONS
from dispatchlab.envs.edge.outcome import Outcome
from dispatchlab.eval.cases import Case
from dispatchlab.eval.edge_cases import edge_cases
from dispatchlab.eval.methods.stream import Stage

_WARM_UP = "2d-a:duration_ms=2000"


def to_result(case: Case, outcome: Outcome) -> Result:
    """What `compare` and the checker need of an outcome.

    Args:
        case: What was played.
        outcome: How it went.

    Returns:
        Minus the utility as the objective.
    """
    return Result(
        schedule=outcome.schedule,
        objective=-outcome.utility,
        lower_bound=math.nan,
        status="feasible",
        runtime_s=outcome.runtime_s,
        info={"decisions": outcome.decisions, "outcome": outcome},
    )


@functools.cache
def warm_up_case() -> Case:
    """A tiny case, on which everything is compiled."""
    return edge_cases([load_instance(_WARM_UP)])[0]


def _env_kwargs(name: str, told: object) -> dict[str, Any]:
    """The arguments of the environment a policy was trained in; it may come from a stranger."""
    known = told if isinstance(told, dict) else {}
    migrate, observation = known.get("migrate"), known.get("observation", "graph")
    is_named = isinstance(observation, str) and observation in OBSERVATIONS
    if not isinstance(migrate, bool) or not is_named:
        raise CheckpointError(
            f"The policy {name!r} does not say with which migrate and observation it was trained "
            f"({migrate!r}, {observation!r}): use a checkpoint that `dispatchlab train` wrote."
        )
    return {"migrate": migrate, "observation": observation}


EDGE = Stage("edge", warm_up_case, run_dispatcher, to_result, _env_kwargs, EdgeCloudVectorEnv)

"""Where rules, planners, searches and learned agents for air taxis play."""

import functools
import math
from typing import Any

from dispatchlab.baselines.uam.rollout import run_dispatcher
from dispatchlab.envs.core.errors import CheckpointError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.uam.dynamics.engine import STOPS
from dispatchlab.envs.uam.env import UamVectorEnv
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.observation import OBSERVATIONS
from dispatchlab.envs.uam.outcome import Outcome
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.stream import Stage
from dispatchlab.eval.uam_cases import uam_case

_WARM_UP = "random-2x2:horizon_s=3600"


def to_result(case: Case, outcome: Outcome) -> Result:
    """What `compare` and the checker need of an outcome.

    Args:
        case: What was played.
        outcome: How it went.

    Returns:
        Minus the profit as the objective.
    """
    return Result(
        schedule=outcome.schedule,
        objective=-outcome.profit_usd,
        lower_bound=math.nan,
        status="feasible",
        runtime_s=outcome.runtime_s,
        info={"decisions": outcome.decisions, "outcome": outcome},
    )


@functools.cache
def warm_up_case() -> Case:
    """A tiny case, on which everything is compiled."""
    return uam_case(_WARM_UP, load_instance(_WARM_UP), 0)


def _env_kwargs(name: str, told: object) -> dict[str, Any]:
    """The arguments of the environment a policy was trained in; it may come from a stranger."""
    known = told if isinstance(told, dict) else {}
    stop_at, observation = known.get("stop_at"), known.get("observation", "graph")
    is_named = isinstance(observation, str) and observation in OBSERVATIONS
    if not isinstance(stop_at, str) or stop_at not in STOPS or not is_named:
        raise CheckpointError(
            f"The policy {name!r} does not say with which stop_at and observation it was trained "
            f"({stop_at!r}, {observation!r}): use a checkpoint that `dispatchlab train` wrote."
        )
    return {"stop_at": stop_at, "observation": observation}


FLEET = Stage("uam", warm_up_case, run_dispatcher, to_result, _env_kwargs, UamVectorEnv)

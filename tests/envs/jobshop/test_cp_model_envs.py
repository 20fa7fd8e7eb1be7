"""CP-SAT models as environments: what was written for a solver trains an agent as it is."""

import warnings
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import dispatchlab
from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import replay, run_dispatcher
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.verify import verify

pytest.importorskip("ortools")

from dispatchlab.baselines.solvers.cpsat import CpSatSolver
from tests.envs.jobshop.test_cp_model_import import (
    flexible_model,
    project_model,
    setup_model,
    shop_model,
)


def _pyjobshop_model() -> Any:  # noqa: ANN401 (a CpModel)
    pytest.importorskip("pyjobshop")
    from tests.envs.jobshop.test_cp_model_pyjobshop import flexible_shop

    return flexible_shop(3, "makespan", setups=True, renewable=False)


MODELS = {
    "job shop": shop_model,
    "flexible, local copies": lambda: flexible_model("local copies"),
    "flexible, shared start": lambda: flexible_model("shared start"),
    "project with recipes": lambda: project_model("variable"),
    "project with a sink": lambda: project_model("sink"),
    "set-ups by circuit": setup_model,
    "flexible, by PyJobShop": _pyjobshop_model,
}


@pytest.fixture(params=MODELS, scope="module")
def encoding(request: pytest.FixtureRequest) -> CpEncoding:
    """The encoding of each model."""
    return dispatchlab.from_cp_model(MODELS[request.param]())


@pytest.mark.parametrize("observation", ["tokens", "graph"])
def test_environment_passes_both_checkers(encoding: CpEncoding, observation: str) -> None:
    """Gymnasium's checker without a warning, and that of stable-baselines3."""
    env = gym.make(
        "dispatchlab/CPScheduling-v0", instance=encoding, observation=observation
    ).unwrapped
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(env, skip_render_check=True)
    sb3 = pytest.importorskip("stable_baselines3.common.env_checker")
    with warnings.catch_warnings():
        # two-dimensional node features are meant: the policy reads them as a graph
        warnings.filterwarnings("ignore", message=".*unconventional shape.*")
        sb3.check_env(env)


@pytest.mark.parametrize("semantics", ["non-delay", "active", "non-delay-wait", "append"])
def test_random_rule_and_solver_schedules_verify(encoding: CpEncoding, semantics: str) -> None:
    """Random play, a rule and CP-SAT verify; CP-SAT's replay keeps the optimum, and is best."""
    rules = {
        name: run_dispatcher(PriorityRule(name), [(encoding, None)], semantics=semantics, k=8)[0]
        for name in ("random", "mwkr")
    }
    for result in rules.values():
        verify(encoding, None, result.schedule, objective=result.objective)
    optimal = CpSatSolver(num_workers=1).solve(encoding, time_limit_s=20)
    assert optimal.status == "optimal"
    verify(encoding, None, optimal.schedule, objective=optimal.objective)
    again = replay(encoding, optimal.schedule)
    verify(encoding, None, again.schedule, objective=again.objective)
    assert again.objective == optimal.objective
    assert optimal.objective <= min(result.objective for result in rules.values())


def test_vector_environment_plays_a_cp_model() -> None:
    """The native vector environment takes an encoding as its instance."""
    envs = gym.make_vec(
        "dispatchlab/CPScheduling-v0", num_envs=3, instance=dispatchlab.from_cp_model(shop_model())
    )
    envs.reset(seed=0)
    ends = []
    for _ in range(40):
        *_, infos = envs.step(np.zeros(3, np.int64))
        ends += infos.get("final_info", {}).get("objective", np.zeros(0)).tolist()
    assert set(ends) <= {0.0, *range(11, 22)}
    assert max(ends) >= 11

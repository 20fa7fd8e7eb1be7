"""Lookahead: one-step rollout of two rules."""

import numpy as np
import pytest
from hypothesis import given

from dispatchlab.baselines.dispatchers import Lookahead, PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.jobshop.generator import make_generator
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.observation import RehearsedObservation
from dispatchlab.envs.jobshop.view import View
from tests.envs.jobshop.leaves import make_dynamics
from tests.envs.jobshop.strategies import encodings, job_shops

OVER_BEST = slice(31, 33)


@given(encoding=job_shops() | encodings())
def test_takes_what_the_observation_says_is_best(encoding: CpEncoding) -> None:
    """On any encoding, to the end of the episode."""
    dynamics = make_dynamics(encoding, "active", "choices")
    while not dynamics.done()[0]:
        view = View(dynamics, RehearsedObservation())
        action = Lookahead().act(view)
        node = view.observation["candidates"][0, action, 0]
        assert view.legal[0, action]
        assert view.observation["x/option"][0, node, OVER_BEST].min() == 0.0
        dynamics.step(np.array([action]))


@pytest.mark.parametrize(("routing", "below"), [(0.0, 0.95), (1.0, 0.92)])
def test_is_far_better_than_the_best_rule(routing: float, below: float) -> None:
    """Against FDD/MWKR, the best rule, on 12 shops of 10x10: 0.93 and 0.90 of its makespan."""
    generator = make_generator(f"random:num_jobs=10,num_machines=10,routing_structure={routing}")
    problems = [generator.sample(np.random.default_rng(seed)) for seed in range(12)]
    found = run_dispatcher(Lookahead(), problems, semantics="active")
    rule = run_dispatcher(PriorityRule("fdd-mwkr"), problems)
    reached, by_rule = (np.array([r.objective for r in results]) for results in (found, rule))
    assert (reached / by_rule).mean() < below


def test_refuses_what_is_random() -> None:
    """To rehearse what will happen would be clairvoyance; the method plans and replays."""
    problem = make_generator("random:duration_noise=0.2").sample(np.random.default_rng(0))
    with pytest.raises(DispatchlabError, match=r"Lookahead plays on as expected.*replay"):
        run_dispatcher(Lookahead(), [problem])

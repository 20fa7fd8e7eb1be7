"""Rehearsals as features: they are what the rule reaches, and never look at a random future."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.baselines.dispatchers.rules import PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import FEATURE_LIMIT, Arrays
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.layout import MEAN_DURATION
from dispatchlab.envs.jobshop.dynamics.legality import SEMANTICS
from dispatchlab.envs.jobshop.env import CPSchedulingEnv
from dispatchlab.envs.jobshop.generator import make_generator
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.observation import RehearsedObservation, TokensObservation
from dispatchlab.envs.jobshop.view import View
from tests.envs.jobshop.leaves import make_dynamics
from tests.envs.jobshop.strategies import encodings, job_shops

OVER_BEST = 31


def _reached(dynamics: Dynamics, encoding: CpEncoding, action: int) -> float:
    """Objective of the only row if an action is taken, and FDD/MWKR plays on in Python."""
    stage = Dynamics(1, dynamics.limits, semantics=dynamics.semantics, stop_at="every")
    stage.load(0, encoding)
    stage.reset()
    stage.restore(dynamics.state)
    stage.step(np.array([action]))
    while not stage.done()[0]:
        view = View(stage, TokensObservation())
        ratio = view.column("flow_due_date")[0] / np.maximum(1e-9, view.column("work_left")[0])
        keys = [
            (ratio[option], view.column("duration")[0, option], option)
            for option in np.flatnonzero(view.legal[0])
            if option != view.wait_action
        ]
        stage.step(np.array([min(keys)[2]]))
    return float(stage.objective()[0])


@given(encoding=job_shops() | encodings(), semantics=st.sampled_from(SEMANTICS), data=st.data())
def test_features_are_what_the_rule_reaches(
    encoding: CpEncoding, semantics: str, data: st.DataObject
) -> None:
    """On any encoding; the state is left alone, and everything else is as in the tokens."""
    dynamics = make_dynamics(encoding, semantics, "choices")
    observation, tokens = RehearsedObservation(), TokensObservation()
    per_mean = 1.0 / dynamics.problem.scales[0, MEAN_DURATION]
    while not dynamics.done()[0]:
        plain, before = _observe(tokens, dynamics), dynamics.snapshot()
        out = _observe(observation, dynamics)
        assert all((a == b).all() for a, b in zip(before, dynamics.state, strict=True))
        assert (out["x/option"][..., :OVER_BEST] == plain["x/option"]).all()
        assert (out["candidates"] == plain["candidates"]).all()
        options = [a for a in np.flatnonzero(dynamics.legal()[0]) if a != dynamics.wait_action]
        reached = np.array([_reached(dynamics, encoding, action) for action in options])
        seen = out["x/option"][0, out["candidates"][0, options, 0], OVER_BEST:]
        for column, against in enumerate((reached.min(), reached.mean())):
            apart = np.clip((reached - against) * per_mean, -FEATURE_LIMIT, FEATURE_LIMIT)
            assert seen[:, column] == pytest.approx(apart, abs=1e-5)
        dynamics.step(np.array([data.draw(st.sampled_from(options))]))


def _observe(observation: Observation, dynamics: Dynamics) -> Arrays:
    out = observation.spec(dynamics).allocate(1)
    observation.fill(dynamics, np.array([0]), out)
    return out


class _Lookahead:
    """Takes the option whose rehearsal is best."""

    def act_batch(self, view: View) -> npt.NDArray[np.int64]:
        """``(B,)`` one action per environment."""
        nodes = np.maximum(view.observation["candidates"][:, :, 0], 0)
        over_best = np.take_along_axis(view.observation["x/option"][:, :, OVER_BEST], nodes, axis=1)
        chosen: npt.NDArray[np.int64] = np.where(view.legal, over_best, np.inf).argmin(axis=1)
        return chosen


def test_lookahead_is_never_worse_than_its_rule() -> None:
    """Following the best rehearsal ends at most where the best of the first ones would have.

    On twelve shops of 10x10 it is 4 % better than the rule itself.
    """
    generator = make_generator("random:num_jobs=10,num_machines=10")
    problems = [generator.sample(np.random.default_rng(seed)) for seed in range(12)]
    found = run_dispatcher(_Lookahead(), problems, observation="rehearsed")
    rule = run_dispatcher(PriorityRule("fdd-mwkr"), problems)
    reached, by_rule = (np.array([r.objective for r in results]) for results in (found, rule))
    assert (reached <= by_rule).all()
    assert (reached / by_rule).mean() < 0.96


@pytest.mark.parametrize("spec", ["duration_noise=0.2", "arrival_load=0.5"])
def test_refuses_what_is_random(spec: str) -> None:
    """To play on as it will happen would be clairvoyance."""
    env = CPSchedulingEnv(
        generator=f"random:num_jobs=4,num_machines=3,{spec}", observation="rehearsed"
    )
    with pytest.raises(DispatchlabError, match=r"'rehearsed' plays on as expected.*tokens"):
        env.reset(seed=0)

"""Rehearsals as features: they are what the rule reaches, and never look at a random future."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import FEATURE_LIMIT, Arrays
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.apply import apply_option, effective_start, work_left
from dispatchlab.envs.jobshop.dynamics.layout import (
    DURATION,
    JOB,
    JOB_RELEASE,
    LEFT,
    MEAN_DURATION,
    MODE_PTR,
    NOW,
    SCALE,
    SLOT,
)
from dispatchlab.envs.jobshop.dynamics.legality import SEMANTICS
from dispatchlab.envs.jobshop.dynamics.problem import FloatArray, Problem
from dispatchlab.envs.jobshop.dynamics.state import NEVER, State
from dispatchlab.envs.jobshop.dynamics.waiting import apply_wait
from dispatchlab.envs.jobshop.env import CPSchedulingEnv
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.observation import RehearsedObservation, TokensObservation
from dispatchlab.envs.jobshop.verify.objective import objective_of
from tests.envs.jobshop.leaves import make_dynamics
from tests.envs.jobshop.strategies import encodings, job_shops

FIRST, FIRST_GLOBAL = 31, 10


@entry_kernel
def _act(p: Problem, s: State, action: int) -> None:
    if action == s.option.shape[1]:
        apply_wait(p, s, 0)
    else:
        apply_option(p, s, 0, action)


@entry_kernel
def _look(p: Problem, s: State, table: FloatArray) -> None:
    """Start, duration, work left and flow due date of the options of the only row."""
    i, k = s.row[0, SLOT], s.option.shape[1] // s.lane.shape[1]
    for option in range(len(table)):
        table[option, 0] = effective_start(p, s, 0, option)
        if table[option, 0] < NEVER:
            a = s.lane[0, option // k]
            table[option, 1] = p.mode[i, p.activity[i, a, MODE_PTR] + option % k, DURATION]
            table[option, 2] = work_left(p, s, 0, a)
            table[option, 3] = p.job[i, p.activity[i, a, JOB], JOB_RELEASE] + p.work[i, a, 0]


def _reached(dynamics: Dynamics, encoding: CpEncoding, action: int) -> list[float]:
    """Objective behind an action of the only row for each rule, which is played in Python."""
    found = []
    for rule in ("ratio", "tail"):
        stage = Dynamics(1, dynamics.limits, semantics=dynamics.semantics)
        stage.load(0, encoding)
        stage.restore(dynamics.state)
        _act(stage.problem, stage.state, action)
        while stage.state.row[0, LEFT] > 0:
            table = np.zeros((dynamics.num_options, 4))
            _look(stage.problem, stage.state, table)
            start, duration, left, due = table.T
            key = 3 * duration - left
            if rule == "ratio":
                key = (due + 4 * duration) / np.maximum(1e-9, left)
            key[start > start.min()] = np.inf
            stage.state.row[0, NOW] = start.min()
            _act(stage.problem, stage.state, int(key.argmin()))
        found.append(objective_of(encoding, None, stage.schedule(0)))
    return found


@given(encoding=job_shops() | encodings(), semantics=st.sampled_from(SEMANTICS), data=st.data())
def test_features_are_what_the_rules_reach(
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
        assert (out["x/option"][..., :FIRST] == plain["x/option"]).all()
        assert (out["globals"][:, :FIRST_GLOBAL] == plain["globals"]).all()
        assert (out["candidates"] == plain["candidates"]).all()
        actions = np.flatnonzero(dynamics.legal()[0])
        reached = np.array([_reached(dynamics, encoding, action) for action in actions])  # (A, 2)
        best = reached.min(1)  # (A,)
        apart = np.column_stack((reached - best.min(), best - best.mean()))  # (A, 3)
        for action, expected in zip(actions, apart * per_mean, strict=True):
            seen = out["globals"][0, FIRST_GLOBAL + 1 :]
            if action != dynamics.wait_action:
                seen = out["x/option"][0, out["candidates"][0, action, 0], FIRST:]
            assert seen == pytest.approx(expected.clip(-FEATURE_LIMIT, FEATURE_LIMIT), abs=1e-5)
        above = (best.min() - dynamics.state.bound[0]) / dynamics.problem.scales[0, SCALE]
        assert out["globals"][0, FIRST_GLOBAL] == pytest.approx(min(10 * above, 10), abs=1e-5)
        dynamics.step(np.array([data.draw(st.sampled_from(actions.tolist()))]))


def _observe(observation: Observation, dynamics: Dynamics) -> Arrays:
    out = observation.spec(dynamics).allocate(1)
    observation.fill(dynamics, np.array([0]), out)
    return out


@pytest.mark.parametrize("spec", ["duration_noise=0.2", "arrival_load=0.5"])
def test_refuses_what_is_random(spec: str) -> None:
    """To play on as it will happen would be clairvoyance."""
    env = CPSchedulingEnv(
        generator=f"random:num_jobs=4,num_machines=3,{spec}", observation="rehearsed"
    )
    with pytest.raises(DispatchlabError, match=r"'rehearsed' plays on as expected.*tokens"):
        env.reset(seed=0)

"""Copies of every kind continue exactly like the original."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.env import SchedulingEnv
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from tests.envs.registry.families import Case, every_case, every_id
from tests.envs.registry.play import (
    assert_same,
    columns,
    finish,
    is_over,
    random_action,
    random_actions,
)

COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda env: pickle.loads(pickle.dumps(env)),
}
every_copy = pytest.mark.parametrize("duplicate", COPIES.values(), ids=COPIES)


def _begin(env: SchedulingEnv, seed: int, steps: int) -> None:
    """Reset and play some random steps, at most to the end of the episode."""
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        if not env.action_masks().any():
            break
        env.step(random_action(env.action_masks(), rng))


def _continue(env: SchedulingEnv, seed: int) -> list[Any]:
    """The rest of the episode and another one, drawn by the environment's own generator."""
    rng = np.random.default_rng(seed)
    record = []
    for _ in range(2):
        record += [columns(env.schedule()), *finish(env, rng), columns(env.schedule())]
        record.append(env.reset())
    return record


@every_case
@every_copy
def test_copies_continue_identically(case: Case, duplicate: Callable[[Any], Any]) -> None:
    """A copy in mid-episode and its original play on alike, and apart from one another."""
    env = case.make()
    _begin(env, 4, 3)
    twin = duplicate(env)
    assert_same(_continue(twin, 9), _continue(env, 9))
    _begin(env, 4, 3)
    third = duplicate(env)
    finish(env, np.random.default_rng(1))
    assert third.action_masks().any()


@every_id
@every_copy
def test_vector_copies_continue_identically(case: Case, duplicate: Callable[[Any], Any]) -> None:
    """The same for the vector environment, across autoresets."""
    vector = case.make_vec(3)
    vector.reset(seed=6)
    _play(vector, 0, 5)
    twin = duplicate(vector)
    assert_same(_play(twin, 1, 40), _play(vector, 1, 40))


@every_id
@every_copy
def test_an_unused_environment_can_be_copied(case: Case, duplicate: Callable[[Any], Any]) -> None:
    """Before the first reset too, and spaces compare equal."""
    env = case.make()
    twin = duplicate(env)
    assert twin.observation_space == env.observation_space
    assert_same(twin.reset(seed=1), env.reset(seed=1))


@every_case
def test_snapshot_and_restore(case: Case) -> None:
    """After a restore the same actions give the same steps."""
    env = case.make()
    _begin(env, 4, 2)
    snapshot = env.snapshot()
    steps = []
    for _ in range(2):
        rng, record, done = np.random.default_rng(0), [], False
        while not done:
            step = env.step(random_action(env.action_masks(), rng))
            record.append(step)
            done = is_over(step)
        steps.append(record)
        env.restore(snapshot)
    assert_same(steps[0], steps[1])


@every_id
def test_restored_rows_may_come_from_other_rows(case: Case) -> None:
    """A row that becomes another one plays on like it: what beams and best-of-k need."""
    env = case.make()
    env.reset(seed=2)
    problem = (env.problem, env.realisation)
    vector = case.make_vec(3, autoreset="disabled")
    vector.reset(seed=0, options={"problem": problem})
    rng = np.random.default_rng(3)
    for _ in range(2):
        vector.step(random_actions(vector.action_masks(), rng))
    snapshot, before = vector.snapshot(), vector.observe()
    _play(vector, 5, 3)
    rows, sources = np.array([0, 2]), np.array([1, 1])
    untouched = {key: value[1] for key, value in vector.observe().items()}
    vector.restore(snapshot, rows, sources)
    now = vector.observe()
    for key, value in now.items():
        assert np.array_equal(value[0], before[key][1])
        assert np.array_equal(value[2], before[key][1])
        assert np.array_equal(value[1], untouched[key])
    assert_same(columns(vector.schedule(0)), columns(vector.schedule(2)))


def _play(vector: SchedulingVectorEnv, seed: int, steps: int) -> list[Any]:
    """Random steps of a vector environment; everything it hands out."""
    rng = np.random.default_rng(seed)
    return [vector.step(random_actions(vector.action_masks(), rng)) for _ in range(steps)]


@every_case
@pytest.mark.parametrize("autoreset", ["same-step", "next-step", "disabled"])
def test_state_dict_continues_bit_for_bit(case: Case, autoreset: str) -> None:
    """A fresh environment that loads a pickled state plays on alike, new draws included."""
    vector = case.make_vec(3, autoreset=autoreset)
    vector.reset(seed=6)
    _play(vector, 0, 30)
    saved = pickle.loads(pickle.dumps(vector.state_dict()))
    fresh = case.make_vec(3, autoreset=autoreset)
    fresh.load_state_dict(saved)
    assert_same(fresh.observe(), vector.observe())
    first = _play(vector, 1, 60)
    assert_same(_play(fresh, 1, 60), first)
    vector.load_state_dict(saved)
    assert_same(_play(vector, 1, 60), first)


@every_id
def test_a_saved_state_is_not_played_on(case: Case) -> None:
    """A state that was taken does not change with the environment it came from."""
    vector = case.make_vec(2)
    vector.reset(seed=6)
    saved = vector.state_dict()
    kept = pickle.dumps(saved)
    _play(vector, 1, 20)
    assert pickle.dumps(saved) == kept

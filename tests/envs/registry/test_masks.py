"""Masks are legality: three places agree, and illegal actions do what is documented."""

from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.env import SchedulingEnv
from dispatchlab.envs.core.errors import IllegalActionError
from dispatchlab.envs.core.graph_spec import Arrays
from tests.envs.registry.families import Case, every_case, every_id
from tests.envs.registry.play import assert_same, is_over, random_action, random_actions

MOST_TRIED = 12


def _assert_masks_agree(
    env: SchedulingEnv, observation: Arrays, info: dict[str, Any], *, done: bool
) -> None:
    """Observation, info and method say the same; something is legal until the end."""
    mask = env.action_masks()
    assert mask.dtype == np.bool_
    assert (observation["action_mask"].dtype, info["action_mask"].dtype) == (np.int8, np.int8)
    assert np.array_equal(observation["action_mask"], mask)
    assert np.array_equal(info["action_mask"], mask)
    assert mask.any() == (not done)


@every_case
def test_masks_agree_in_three_places(case: Case) -> None:
    """Over a whole episode, with at least one legal action until it ends."""
    env, rng, done = case.make(), np.random.default_rng(0), False
    observation, info = env.reset(seed=3)
    _assert_masks_agree(env, observation, info, done=False)
    while not done:
        action = random_action(info["action_mask"], rng)
        observation, _, done, truncated, info = env.step(action)
        assert not truncated or (case.family.truncates and not done)
        done |= truncated
        _assert_masks_agree(env, observation, info, done=done)


@every_case
def test_a_mask_is_what_can_be_played(case: Case) -> None:
    """Masked-in actions are played; the others play the lowest legal action and say so."""
    env, rng, done = case.make(), np.random.default_rng(0), False
    env.reset(seed=3)
    while not done:
        snapshot, mask = env.snapshot(), env.action_masks()
        env.step(int(np.flatnonzero(mask)[0]))
        lowest = env.snapshot()
        for action in _sample(mask, rng):
            env.restore(snapshot)
            *_, info = env.step(action)
            is_legal = 0 <= action < len(mask) and bool(mask[action])
            assert info["illegal_action"] == (not is_legal)
            if not is_legal:
                assert_same(_plain(env.snapshot()), _plain(lowest))
        env.restore(snapshot)
        done = is_over(env.step(random_action(mask, rng)))


def _sample(mask: np.ndarray, rng: np.random.Generator) -> list[int]:
    """Some legal and illegal actions, and two outside the action space."""
    actions = rng.permutation(len(mask))[:MOST_TRIED].tolist()
    return [*actions, -1, len(mask)]


def _plain(snapshot: object) -> object:
    """A snapshot with its tuples of arrays as lists."""
    if isinstance(snapshot, dict):
        return {key: _plain(value) for key, value in snapshot.items()}
    return list(snapshot) if isinstance(snapshot, tuple) else snapshot


@every_id
def test_raise_leaves_the_state_alone(case: Case) -> None:
    """``on_invalid="raise"`` names the action and plays nothing, in both faces."""
    env = case.make(on_invalid="raise")
    env.reset(seed=3)
    snapshot, mask = env.snapshot(), env.action_masks()
    illegal = [*np.flatnonzero(~mask)[:2].tolist(), len(mask), -1]
    for action in illegal:
        with pytest.raises(IllegalActionError, match=f"Action {action} is illegal"):
            env.step(action)
    assert_same(_plain(env.snapshot()), _plain(snapshot))
    vector = case.make_vec(2, on_invalid="raise")
    vector.reset(seed=3)
    before, masks = vector.snapshot(), vector.action_masks()
    legal = int(np.flatnonzero(masks[0])[0])
    with pytest.raises(IllegalActionError, match="environment 1"):
        vector.step(np.array([legal, masks.shape[1]]))
    assert_same(_plain(vector.snapshot()), _plain(before))


@every_id
def test_fallback_in_the_vector_environment(case: Case) -> None:
    """An illegal action of one row is flagged there only."""
    vector = case.make_vec(3)
    vector.reset(seed=3)
    actions = random_actions(vector.action_masks(), np.random.default_rng(0))
    actions[1] = vector.single_action_space.n
    *_, infos = vector.step(actions)
    assert infos["illegal_action"].tolist() == [False, True, False]


@every_id
@pytest.mark.parametrize("actions", [np.zeros(3, int), np.zeros(2), [[0, 0]], None])
def test_actions_of_the_wrong_shape_are_refused(case: Case, actions: object) -> None:
    """Anything but one integer per environment is an error of one sentence."""
    vector = case.make_vec(2)
    vector.reset(seed=3)
    with pytest.raises(ValueError, match="give 2 integers, one per environment"):
        vector.step(actions)

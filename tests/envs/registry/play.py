"""Random episodes, and exact comparison of what an environment hands out."""

import dataclasses
from typing import Any

import numpy as np

from dispatchlab.envs.core.env import SchedulingEnv


def random_action(mask: np.ndarray, rng: np.random.Generator) -> int:
    """A legal action."""
    return int(rng.choice(np.flatnonzero(mask)))


def random_actions(masks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A legal action for each row; 0 where there is none."""
    return np.array([random_action(m, rng) if m.any() else 0 for m in masks], np.int64)


def is_over(step: tuple[Any, ...]) -> bool | np.ndarray:
    """Whether a step ended the episode, or ``(B,)`` which rows' episodes."""
    ended: bool | np.ndarray = step[2] | step[3]
    return ended


def columns(schedule: object) -> list[np.ndarray]:
    """The arrays of a schedule of any family."""
    names = [field.name for field in dataclasses.fields(schedule)]  # type: ignore[arg-type]
    return [np.asarray(getattr(schedule, name)) for name in names]


def finish(env: SchedulingEnv, rng: np.random.Generator) -> tuple[list[float], dict[str, Any]]:
    """Play a scalar environment to the end of its episode; rewards and last info."""
    rewards, done, info = [], False, {}
    while not done:
        step = env.step(random_action(env.action_masks(), rng))
        rewards.append(step[1])
        done, info = is_over(step), step[4]
    return rewards, info


def rollout(env: SchedulingEnv, seed: int, episodes: int = 2) -> list[Any]:
    """Everything that a seeded scalar environment hands out over some episodes."""
    rng = np.random.default_rng(seed)
    record: list[Any] = []
    for episode in range(episodes):
        observation, info = env.reset(seed=seed if episode == 0 else None)
        record.append((observation, info))
        done = False
        while not done:
            step = env.step(random_action(info["action_mask"], rng))
            record.append(step)
            done, info = is_over(step), step[4]
    return record


def assert_same(left: object, right: object) -> None:
    """Two nested structures are equal bit for bit, types of arrays included."""
    assert type(left) is type(right)
    if isinstance(left, dict):
        assert list(left) == list(right)
        for key in left:
            assert_same(left[key], right[key])
    elif isinstance(left, (list, tuple)):
        assert len(left) == len(right)
        for a, b in zip(left, right, strict=True):
            assert_same(a, b)
    elif isinstance(left, np.ndarray) and left.dtype == object:
        assert_same(left.tolist(), right.tolist())
    elif isinstance(left, np.ndarray):
        assert (left.dtype, left.shape) == (right.dtype, right.shape)
        assert left.tobytes() == right.tobytes()
    else:
        assert left == right

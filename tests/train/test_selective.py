"""PPO over a part of its rollouts: the chosen decisions, each once, and none of the others."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from dispatchlab.train.selective import SelectiveRolloutBuffer

STEPS, ENVS = 6, 3


@pytest.fixture
def buffer() -> SelectiveRolloutBuffer:
    """A full buffer whose observation tells which decision it is."""
    space = spaces.Dict({"x": spaces.Box(-1, 100, (1,))})
    made = SelectiveRolloutBuffer(STEPS, space, spaces.Discrete(2), n_envs=ENVS)
    for step in range(STEPS):
        made.add(
            {"x": np.arange(ENVS)[:, None] + ENVS * step},
            np.zeros(ENVS),
            np.zeros(ENVS),
            np.zeros(ENVS),
            torch.zeros(ENVS),
            torch.zeros(ENVS),
        )
    return made


def _seen(buffer: SelectiveRolloutBuffer, size: int | None) -> list[int]:
    return [int(x) for batch in buffer.get(size) for x in batch.observations["x"].ravel()]


@pytest.mark.parametrize("size", [None, 4])
def test_only_the_chosen_are_handed_out(buffer: SelectiveRolloutBuffer, size: int | None) -> None:
    """In both epochs every chosen decision comes once."""
    chosen = np.zeros((STEPS, ENVS), bool)
    chosen[1, 2] = chosen[3, 0] = chosen[3, 1] = chosen[5, 2] = chosen[0, 0] = True
    buffer.chosen = chosen
    expected = sorted(np.flatnonzero(chosen.ravel()).tolist())
    for _ in range(2):
        assert sorted(_seen(buffer, size)) == expected


def test_all_is_as_in_the_base_class(buffer: SelectiveRolloutBuffer) -> None:
    """Where nothing is left out, not even the order differs from stable-baselines3."""
    orders = []
    for chosen in (None, np.ones((STEPS, ENVS), bool)):
        buffer.chosen = chosen
        np.random.seed(3)  # noqa: NPY002 - the generator that stable-baselines3 draws from
        orders.append(_seen(buffer, 4))
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == list(range(STEPS * ENVS))


def test_a_new_rollout_is_whole(buffer: SelectiveRolloutBuffer) -> None:
    """What was left out belongs to its rollout."""
    buffer.chosen = np.zeros((STEPS, ENVS), bool)
    assert buffer.is_empty
    buffer.reset()
    assert not buffer.is_empty

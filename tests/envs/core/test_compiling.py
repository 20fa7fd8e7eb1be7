"""Kernels whose types are asked for once do what the kernels do."""

import os
import subprocess
import sys
from typing import NamedTuple

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import pytest

from dispatchlab.envs.core.compiling import QuickCall, entry_kernel


class Sums(NamedTuple):
    """What `_add` writes to."""

    ints: npt.NDArray[np.int64]
    floats: npt.NDArray[np.float64]


def _add(sums: Sums, values: npt.NDArray[np.int64], factor: float, twice: bool) -> None:
    for i in range(len(values)):
        sums.ints[i] += values[i]
        sums.floats[i] += factor * values[i] * (2.0 if twice else 1.0)


def _sums() -> Sums:
    return Sums(np.zeros(3, np.int64), np.zeros(3))


def test_a_quick_call_does_what_the_function_does() -> None:
    """In all calls, the first of which compiles."""
    quick = QuickCall(entry_kernel(_add))
    given, expected = _sums(), _sums()
    for values, factor, twice in (([1, 2, 3], 0.5, True), ([4, 5, 6], 2.0, False)):
        quick(given, np.array(values), factor, twice)
        _add(expected, np.array(values), factor, twice)
    np.testing.assert_array_equal(given.ints, expected.ints)
    np.testing.assert_array_equal(given.floats, expected.floats)
    quick(given, np.array([7]), np.float64(1.0), np.True_)  # numbers of another library
    assert given.ints.tolist() == [12, 7, 9]


@pytest.mark.parametrize("name", ["JobShop-v0", "SoC-v0", "EdgeCloud-v0", "UAM-v0"])
def test_actions_may_lie_apart_in_memory(name: str) -> None:
    """A column of a matrix plays what its copy plays."""
    env = gym.make_vec(f"dispatchlab/{name}", 3, "vector_entry_point")
    rewards = []
    for layout in (np.asfortranarray, np.ascontiguousarray):
        _, info = env.reset(seed=0)
        total = np.zeros(3)
        for _ in range(20):
            chosen = info["action_mask"].argmax(1)
            matrix = layout(np.stack([np.full(3, 10**6), chosen], axis=0).T)
            _, reward, *_, info = env.step(matrix[:, 1])
            total += reward
        rewards.append(total)
    np.testing.assert_array_equal(*rewards)


PLAYED = """
import gymnasium as gym
import dispatchlab
env = gym.make("dispatchlab/JobShop-v0")
observation, info = env.reset(seed=0)
total = 0.0
for _ in range(5):
    observation, reward, *_, info = env.step(info["action_mask"].argmax())
    total += reward
print(total, observation["x/option"].sum())
"""


def test_kernels_may_be_plain_python() -> None:
    """For a debugger numba can be told to compile nothing; what is played stays the same."""
    outputs = [
        subprocess.run(
            [sys.executable, "-c", PLAYED], env=os.environ | {"NUMBA_DISABLE_JIT": choice},
            check=True, capture_output=True, text=True,
        ).stdout
        for choice in ("0", "1")
    ]  # fmt: skip
    assert outputs[0] == outputs[1] != ""

"""Tests of greedy, sample-k and beam search over a vector environment."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from dispatchlab.agents import LearnedPolicy, beam, greedy, sample
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from tests.agents.helpers import make_policy, to_tensors
from tests.agents.toy_env import ToyVectorEnv


def make(rows: int, decisions: int = 3, **kwargs: Any) -> tuple[LearnedPolicy, ToyVectorEnv]:
    """An untrained policy and a toy that keeps finished rows."""
    env = ToyVectorEnv(rows, capacity=4, decisions=decisions, autoreset="disabled", **kwargs)
    policy = make_policy(env)
    return LearnedPolicy(policy.net, layout=env.graph_spec.layout()), env


def test_greedy_plays_every_row() -> None:
    """Greedy returns each row's schedule, whose objective is the number of wrong choices."""
    policy, env = make(6)
    result = greedy(policy, env, seed=0)
    np.testing.assert_array_equal(result.objectives, env.objectives())
    assert result.objective == result.objectives.min()
    assert len(result.schedules) == 6
    assert result.schedule == result.schedules[int(result.objectives.argmin())]
    again = greedy(policy, env, seed=0)
    assert all(schedule.is_complete for schedule in again.schedules)


def test_sampling_is_reproducible_and_varied() -> None:
    """One seed, one outcome; the rows differ although the instance is the same."""
    policy, env = make(32)
    env.episode[:] = 0
    first = sample(policy, env, seed=3)
    env.episode[:] = 0
    second = sample(policy, env, seed=3)
    assert first.schedules == second.schedules
    assert len({tuple(schedule.mode) for schedule in first.schedules}) > 3
    assert first.objective <= np.mean(first.objectives)
    env.episode[:] = 0
    cold = sample(policy, env, seed=3, temperature=1e-6)
    assert len({tuple(schedule.mode) for schedule in cold.schedules}) == 1


def most_probable(policy: LearnedPolicy, decisions: int) -> list[tuple[float, tuple[int, ...]]]:
    """All plans of a toy by enumeration, the most probable first."""
    plans = []
    for plan in product(range(4), repeat=decisions):
        _, env = make(1, decisions)
        obs, _ = env.reset(seed=[9])
        total = 0.0
        for action in plan:
            if not obs["action_mask"][0, action]:
                break
            with torch.inference_mode():
                logits = policy.network.logits(to_tensors(obs))
            total += float(logits[0].double().log_softmax(-1)[action])
            obs, *_ = env.step([action])
        else:
            plans.append((total, plan))
    return sorted(plans, reverse=True)


def test_wide_beam_finds_the_most_probable_plans() -> None:
    """A beam as wide as there are plans completes all of them, the most probable first."""
    policy, env = make(64)
    plans = most_probable(policy, 3)
    result = beam(policy, env, seed=9)
    found = [tuple(schedule.mode.tolist()) for schedule in result.schedules]
    assert found == [plan for _, plan in plans]
    assert result.objective == min(result.objectives)


def test_beam_of_one_is_greedy() -> None:
    """Width one follows the most probable actions."""
    policy, env = make(1)
    one = beam(policy, env, seed=9)
    env.episode[:] = 0
    assert one.schedules == greedy(policy, env, seed=9).schedules


def test_wrong_environments_are_refused() -> None:
    """Same-step autoreset loses the schedules, and a foreign layout the meaning."""
    policy, _ = make(1)
    with pytest.raises(DispatchlabError, match="autoreset='disabled'"):
        greedy(policy, ToyVectorEnv(2))
    for strategy in (greedy, sample, beam):
        with pytest.raises(CheckpointError, match="does not fit"):
            strategy(policy, ToyVectorEnv(2, observation="graph", autoreset="disabled"))

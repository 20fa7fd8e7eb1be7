"""Tests of greedy, sample-k and beam search over a vector environment."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from dispatchlab.agents import Contest, LearnedPolicy, beam, greedy, sample
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


def test_samples_have_their_own_numbers() -> None:
    """Sample i is the same in a batch of 12 and in batches of 5 and 7."""
    policy, env = make(12)
    whole = sample(policy, env, seed=3).schedules
    parts: list[Any] = []
    for rows in (5, 7):
        _, env = make(rows)
        parts += sample(policy, env, seed=3, first=len(parts)).schedules
    assert tuple(parts) == whole


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_refuses_what_is_no_temperature(temperature: float) -> None:
    """Instead of playing the first action everywhere."""
    with pytest.raises(DispatchlabError, match=r"temperature is .*; give a positive number"):
        sample(*make(2), temperature=temperature)


@pytest.mark.parametrize("search", [sample, greedy, beam])
def test_refuses_broken_weights(search: Callable[..., Any]) -> None:
    """A network that answers with no number is not asked further."""
    policy, env = make(2)
    with torch.no_grad():
        for parameter in policy.network.parameters():
            parameter.fill_(float("nan"))
    with pytest.raises(CheckpointError, match="no number"):
        search(policy, env)


@pytest.mark.parametrize("decisions", [3, 9])
def test_what_cannot_win_is_ended(decisions: int) -> None:
    """The best schedule stays what it is, and a row is played on only while it can be better."""
    policy, env = make(64, decisions)
    whole = sample(policy, env, seed=5)
    asked: list[int] = []
    policy.network.encoder.register_forward_pre_hook(lambda _, given: asked.append(given[0].size))
    env.episode[:] = 0
    short = sample(policy, env, seed=5, contest=Contest.of_one(64, record=whole.objective + 1))
    assert (short.schedule, short.objective) == (whole.schedule, whole.objective)
    played_on = np.isfinite(short.objectives)
    np.testing.assert_array_equal(short.objectives[played_on], whole.objectives[played_on])
    assert sum(asked) < 64 * decisions
    assert asked == sorted(asked, reverse=True)


def test_each_instance_has_its_own_contest() -> None:
    """Rows of another instance do not count; who can only draw has lost; too late is too late."""
    contest = Contest(np.array([0, 1, 0, 1]), np.array([np.inf, 9.0]))
    contest.enter(np.array([0]), np.array([5.0, 0.0, 0.0, 0.0]))
    assert contest.lost(np.array([4.0, 8.0, 5.0, 9.0])).tolist() == [False, False, True, True]
    late = Contest.of_one(2, expired=lambda: True)
    assert late.lost(np.zeros(2)).tolist() == [True, True]
    policy, env = make(2)
    assert np.isinf(greedy(policy, env, contest=late).objective)


def test_inverse_of_the_distribution() -> None:
    """Low numbers give the first legal action, high ones the last, and frequencies are right."""
    policy, env = make(1)
    obs, _ = env.reset(seed=[9])
    many = {key: np.repeat(array, 4000, 0) for key, array in obs.items()}
    legal = np.flatnonzero(obs["action_mask"][0])
    ends = policy.sample_batch({k: a[:2] for k, a in many.items()}, np.array([0.0, 1 - 2**-53]))
    assert ends.tolist() == [legal[0], legal[-1]]
    drawn = policy.sample_batch(many, (np.arange(4000) + 0.5) / 4000)
    probabilities = policy.logits(obs)[0].double().softmax(-1).numpy()
    shares = np.bincount(drawn, minlength=len(probabilities)) / 4000
    np.testing.assert_allclose(shares, probabilities, atol=1e-3)


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

"""Automatic discount scheduling: discounts, progress and where the discount is kept."""

from itertools import pairwise

import gymnasium as gym
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor, VecNormalize

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.discount import (
    DiscountSchedule,
    agent_score,
    expert_score,
    longest_rise,
    match,
    reproduced,
    reproduced_score,
    set_gamma,
)


def test_discounts() -> None:
    """0.2^(1/k) at H = 125 (arXiv:2310.07433), beginning with a fifth of the horizon."""
    schedule = DiscountSchedule(125)
    assert schedule.progress == 25
    for k, gamma in (
        (25, 0.937650954), (50, 0.9683237857), (100, 0.9840344434), (125, 0.9872070314),
    ):  # fmt: skip
        schedule.load_state_dict({"progress": k})
        assert schedule.gamma == pytest.approx(gamma, abs=5e-10)
        assert schedule.gamma**k == pytest.approx(0.2)


def test_progress_needs_nine_tenths_of_the_reference() -> None:
    """It grows by five at most while the score is int(0.9 of the reference), and ends at H."""
    schedule = DiscountSchedule(40)
    assert schedule.progress == 8
    schedule.update(lambda k: int(0.9 * k), lambda k: k)
    assert schedule.progress == 13
    gamma = schedule.gamma
    assert schedule.update(lambda k: int(0.9 * k) - 1, lambda k: k) == gamma
    # Enough at 13 and at 14 of the reference, no more at 15.
    schedule.update(lambda k: 12.0, lambda k: k)
    assert schedule.progress == 15
    for _ in range(10):
        schedule.update(lambda k: k, lambda k: k)
    assert schedule.progress == 40


@given(st.integers(1, 60), st.lists(st.floats(0, 60), max_size=20))
def test_progress_never_falls(horizon: int, scores: list[float]) -> None:
    """Nor does the discount, whatever the agent does; k stays between 1 and H."""
    schedule = DiscountSchedule(horizon)
    before = schedule.progress, schedule.gamma
    for score in scores:
        schedule.update(lambda k, score=score: min(k, score), lambda k: k)
        assert (schedule.progress, schedule.gamma) >= before
        before = schedule.progress, schedule.gamma
        assert 1 <= schedule.progress <= horizon


@pytest.mark.parametrize(
    ("values", "expected"),
    [([3, 1, 2, 5, 4], 3), ([], 0), ([1, 1, 1], 1), ([1, 2, 3], 3), ([3, 2, 1], 1)],
)
def test_longest_rise(values: list[int], expected: int) -> None:
    """Strictly rising, gaps allowed."""
    assert longest_rise(values) == expected


@given(st.lists(st.integers(0, 6), max_size=8))
def test_longest_rise_equals_brute_force(values: list[int]) -> None:
    """No subsequence that rises is longer, and one is as long."""
    best = 0
    for chosen in range(2 ** len(values)):
        part = [value for index, value in enumerate(values) if chosen >> index & 1]
        if all(first < second for first, second in pairwise(part)):
            best = max(best, len(part))
    assert longest_rise(values) == best


def test_match_looks_at_prefixes() -> None:
    """A trajectory that follows another with one detour matches all but that step."""
    demo = np.arange(6.0)
    agent = np.array([0, 1, 5, 3, 4, 2.0])
    costs = np.abs(agent[:, None] - demo)
    assert match(costs, 2) == 2
    # Among the first three steps of the demo, 2 is the nearest to 5.
    assert match(costs, 3) == 3
    assert match(costs, 6) == 4
    assert match(np.zeros((0, 3)), 2) == 0


def test_scores_over_pairs() -> None:
    """The 90th percentile for the agent, the median for experts."""
    demo = np.arange(10.0)
    costs = [np.abs(np.where(demo < good, demo, 0.0)[:, None] - demo) for good in (2, 4, 6, 8, 10)]
    assert agent_score(costs)(10) == pytest.approx(np.percentile([2, 4, 6, 8, 10], 90))
    assert expert_score(costs)(10) == 6
    assert expert_score(costs)(3) == 3
    with pytest.raises(DispatchlabError, match="give one at least"):
        agent_score([])


def test_reproduced_decisions() -> None:
    """Dispatches of jobs in the expert's order count, each as often as it was made."""
    expert = [0, 1, 0, 2, 1, 2]
    assert reproduced(expert, expert, 6) == 6
    assert reproduced(expert, expert[::-1], 6) == 2
    # 0 (first), 1 (first), 2 (first) keep their order; the second 0 comes too late.
    assert reproduced(expert, [0, 1, 2, 0, 2, 1], 4) == 3
    assert reproduced(expert, [5, 6], 2) == 0


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.integers(1, 25))
def test_experts_reproduce_themselves(decisions: list[int], k: int) -> None:
    """The score is k, or the whole episode."""
    score, reference = reproduced_score([(decisions, decisions)])
    assert score(k) == reference(k) == min(k, len(decisions))


@pytest.mark.parametrize(
    "bad", [{"horizon": 0}, {"horizon": 5, "alpha": 1}, {"horizon": 5, "most": 0}]
)
def test_bad_settings(bad: dict[str, float]) -> None:
    """Each is refused with what to give."""
    with pytest.raises(DispatchlabError, match="give"):
        DiscountSchedule(**bad)


def test_discount_is_set_everywhere() -> None:
    """Algorithm, buffer and normaliser all have it, and the wrappers stay as they are."""
    env = VecMonitor(VecNormalize(DummyVecEnv([lambda: gym.make("CartPole-v1")]), gamma=0.9))
    model = PPO("MlpPolicy", env, n_steps=16, batch_size=16, gamma=0.9, seed=0)
    set_gamma(model, 0.5)
    assert (model.gamma, model.rollout_buffer.gamma) == (0.5, 0.5)
    assert env.venv.gamma == 0.5
    assert "gamma" not in vars(env)
    model.learn(16)
    buffer = model.rollout_buffer
    # GAE with the new discount, from the end: delta + 0.5 * lambda * next.
    following = buffer.advantages[8, 0] if not buffer.episode_starts[8, 0] else 0.0
    value = buffer.values[8, 0] if not buffer.episode_starts[8, 0] else 0.0
    delta = buffer.rewards[7, 0] + 0.5 * value - buffer.values[7, 0]
    assert buffer.advantages[7, 0] == pytest.approx(delta + 0.5 * 0.95 * following, abs=1e-5)

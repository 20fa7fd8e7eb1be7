"""Rewards telescope to minus the objective, and every schedule is feasible."""

import numpy as np
import pytest

from tests.envs.registry.families import Case, every_case, every_id, every_option
from tests.envs.registry.play import finish, is_over, random_actions

EPISODES = 3


@every_option("reward")
def test_rewards_sum_to_minus_the_objective(case: Case) -> None:
    """Exactly, whatever the reward; the schedule is feasible and has the reported objective."""
    env, rng = case.make(), np.random.default_rng(0)
    for episode in range(EPISODES):
        env.reset(seed=episode)
        rewards, info = finish(env, rng)
        assert sum(rewards) == -info["objective"]
        assert case.family.objective_of(info["reward_terms"]) == info["objective"]
        assert len(rewards) == info["decisions"]
        case.verify(env, info["objective"])


@every_id
def test_scaled_rewards(case: Case) -> None:
    """``reward_scale="bound"`` divides every reward by one positive number per instance."""
    for episode in range(EPISODES):
        returns = []
        for scale in ("none", "bound"):
            env = case.make(reward_scale=scale)
            env.reset(seed=episode)
            rewards, info = finish(env, np.random.default_rng(episode))
            returns.append((np.array(rewards), info))
        (plain, info), (scaled, other) = returns
        assert other["objective"] == info["objective"]
        assert plain.any() == scaled.any()
        largest = int(np.abs(plain).argmax())
        factor = plain[largest] / scaled[largest] if plain.any() else 1.0
        assert factor >= 1.0
        assert scaled * factor == pytest.approx(plain)


@every_case
def test_every_schedule_is_feasible(case: Case) -> None:
    """Random episodes of every variant verify, and partial objectives are numbers."""
    env, rng = case.make(), np.random.default_rng(1)
    for episode in range(EPISODES):
        _, info = env.reset(seed=100 + episode)
        assert np.isfinite(info["objective"])
        assert np.isfinite(info["lower_bound"])
        _, info = finish(env, rng)
        case.verify(env, info["objective"])


@every_id
def test_vector_returns_telescope(case: Case) -> None:
    """Returns of a vector environment over several episodes are the final objectives."""
    vector, rng = case.make_vec(3), np.random.default_rng(2)
    vector.reset(seed=2)
    returns, finished = np.zeros(3), np.zeros(3, int)
    while finished.min() < 2:
        *_, infos = step = vector.step(random_actions(vector.action_masks(), rng))
        returns += step[1]
        for row in np.flatnonzero(is_over(step)):
            assert infos["final_info"]["objective"][row] == -returns[row]
            returns[row] = 0.0
            finished[row] += 1

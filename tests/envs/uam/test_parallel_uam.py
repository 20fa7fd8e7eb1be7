"""The PettingZoo view: its API, whose profit is whose, and the same days as the environment."""

from typing import Any

import numpy as np
import pytest
from pettingzoo.test import parallel_api_test

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.env import UamEnv
from dispatchlab.envs.uam.parallel import UamParallelEnv
from tests.envs.uam.uam_strategies import tiny

DAYS = "random-3x4:horizon_s=7200"


def test_api() -> None:
    """PettingZoo's own test of parallel environments."""
    parallel_api_test(UamParallelEnv(generator=DAYS), num_cycles=60)


def _play(env: UamParallelEnv, seed: int) -> tuple[dict[str, float], Any]:
    observations, _ = env.reset(seed=seed)
    rng, total = np.random.default_rng(seed), dict.fromkeys(env.possible_agents, 0.0)
    while env.agents:
        actions = {
            agent: int(rng.choice(np.flatnonzero(seen["action_mask"])))
            for agent, seen in observations.items()
        }
        observations, rewards, *_ = env.step(actions)
        for agent, reward in rewards.items():
            total[agent] += reward
    return total, env.episodes.dynamics


def test_the_day_equals_that_of_the_environment() -> None:
    """Its decisions, played one by one, earn as much; every agent gets the profit of its legs."""
    env = UamParallelEnv(generator=DAYS)
    total, dynamics = _play(env, 3)
    problem = (dynamics.encoding(0), dynamics.realisation(0))
    single = UamEnv(instance=problem[0], stop_at="every")
    single.reset(options={"problem": problem})
    rewards = dict.fromkeys(env.possible_agents, 0.0)
    for _, aircraft, action in dynamics.schedule(0).decisions:
        rewards[f"aircraft_{aircraft}"] += single.step(int(action))[1]
    assert sum(total.values()) == pytest.approx(-dynamics.objective()[0])
    assert total == pytest.approx(rewards)


def test_same_seed_same_day() -> None:
    """Bit for bit."""
    env = UamParallelEnv(generator=DAYS)
    assert _play(env, 5)[0] == _play(env, 5)[0]


def test_who_comes_late_stays() -> None:
    """Two at A and one slot free at B: the first takes it, the second stays and is told."""
    instance, realisation = tiny([], starts=[(0, 10_000), (0, 10_000), (1, 10_000)])
    env = UamParallelEnv(instance=instance)
    observations, _ = env.reset(options={"problem": (instance, realisation)})
    assert [seen["action_mask"].tolist() for seen in observations.values()] == [
        [1, 1], [1, 1], [0, 1],
    ]  # fmt: skip
    *_, infos = env.step({"aircraft_0": 1, "aircraft_1": 1, "aircraft_2": 1})
    assert [info["illegal_action"] for info in infos.values()] == [False, True, False]
    assert env.episodes.dynamics.schedule(0).legs[:, 0].tolist() == [0]


def test_bad_input() -> None:
    """One sentence with the value and the remedy."""
    with pytest.raises(DispatchlabError, match="render_mode is 'human', but"):
        UamParallelEnv(generator=DAYS, render_mode="human")
    with pytest.raises(DispatchlabError, match="before reset"):
        UamParallelEnv(generator=DAYS).step({})
    env = UamParallelEnv(generator=DAYS)
    env.reset(seed=0)
    with pytest.raises(DispatchlabError, match=r"no agent 'nobody'; give some of"):
        env.step({"nobody": 0})
    for action in (1.5, "x", None, [0]):
        with pytest.raises(DispatchlabError, match=r"aircraft_0 is .*; give a whole number"):
            env.step({"aircraft_0": action})  # type: ignore[dict-item]

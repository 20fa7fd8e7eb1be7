"""Tests of the agents with the job-shop environment itself."""

from typing import Any

import pytest
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO

from dispatchlab.agents import (
    GraphActorCriticPolicy,
    LearnedPolicy,
    MaskableGraphActorCriticPolicy,
    as_sb3,
    beam,
    greedy,
    sample,
)
from dispatchlab.envs.jobshop.env import CPSchedulingVectorEnv
from dispatchlab.envs.jobshop.verify import verify


@pytest.mark.parametrize(
    ("algorithm", "policy", "observation", "encoder"),
    [
        (PPO, GraphActorCriticPolicy, "tokens", "transformer"),
        (MaskablePPO, MaskableGraphActorCriticPolicy, "graph", "gin"),
    ],
)
def test_train_then_search(algorithm: Any, policy: Any, observation: str, encoder: str) -> None:  # noqa: ANN401
    """A few updates on ft06, then each strategy gives feasible schedules of ft06 and of la01."""
    env = CPSchedulingVectorEnv(
        4,
        instance="ft06",
        observation=observation,
        semantics="non-delay-wait",
        reward_scale="bound",
    )
    network = {"encoder": encoder, "hidden": 16, "layout": env.graph_spec.layout()}
    model = algorithm(policy, as_sb3(env), n_steps=16, batch_size=32, policy_kwargs=network)
    model.learn(128)
    learned = LearnedPolicy(model.policy.net, layout=env.graph_spec.layout())
    for instance in ("ft06", "la01"):
        for strategy, rows in ((greedy, 1), (sample, 6), (beam, 4)):
            target = CPSchedulingVectorEnv(
                rows,
                instance=instance,
                observation=observation,
                semantics="non-delay-wait",
                autoreset="disabled",
            )
            result = strategy(learned, target, seed=0)
            assert result.objective == result.objectives.min() == result.schedule.makespan
            for schedule in result.schedules:
                verify(target.problems[0], None, schedule)

"""Tensors and policies for the toy."""

from typing import Any

import torch

from dispatchlab.agents import GraphActorCriticPolicy
from tests.agents.toy_env import Arrays, ToyVectorEnv


def to_tensors(obs: Arrays) -> dict[str, Any]:
    """Observation as tensors of the same dtypes."""
    return {key: torch.as_tensor(value) for key, value in obs.items()}


def make_policy(env: ToyVectorEnv, **kwargs: Any) -> GraphActorCriticPolicy:
    """A policy for a toy, with scores far enough from uniform for comparisons to mean something."""
    policy = GraphActorCriticPolicy(
        env.single_observation_space,
        env.single_action_space,
        lambda _: 1e-3,
        layout=env.graph_spec.layout(),
        **kwargs,
    )
    with torch.no_grad():
        for head in (policy.net.pointer.score, policy.net.pointer.wait):
            head[-1].weight.normal_()
        policy.net.pointer.empty.normal_()
    return policy.eval()

"""Tests of the policies inside stable-baselines3: optimizer, learning, evaluation, saving."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sb3_contrib import MaskablePPO
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from dispatchlab.agents import (
    GraphActorCriticPolicy,
    MaskableGraphActorCriticPolicy,
    as_sb3,
)
from tests.agents.helpers import make_policy, to_tensors
from tests.agents.toy_env import ToyEnv, ToyVectorEnv

Algorithm = type[PPO] | type[MaskablePPO]
PolicyClass = type[GraphActorCriticPolicy] | type[MaskableGraphActorCriticPolicy]
PPO_KWARGS = {"n_steps": 64, "batch_size": 256, "n_epochs": 4, "learning_rate": 2e-3, "seed": 0}
SMALL = {"hidden": 32, "num_layers": 1, "feedforward": 64}


def train(
    algorithm: Algorithm, policy: PolicyClass, env: ToyVectorEnv, steps: int, **network: Any
) -> PPO | MaskablePPO:
    """A short training run on a native vector environment."""
    network = SMALL | {"layout": env.graph_spec.layout()} | network
    model = algorithm(policy, as_sb3(env), policy_kwargs=network, gamma=0.0, **PPO_KWARGS)
    return model.learn(steps)


def score(
    model: PPO | MaskablePPO | GraphActorCriticPolicy, env: ToyVectorEnv, seed: int = 10_000
) -> float:
    """Share of right decisions of the greedy policy in one episode of each row."""
    obs, _ = env.reset(seed=seed)
    total = 0.0
    for _ in range(env.decisions):
        actions, _ = model.predict(obs, deterministic=True)
        obs, rewards, *_ = env.step(actions)
        total += rewards.sum()
    return float(total / (env.num_envs * env.decisions))


@pytest.mark.parametrize("policy_class", [GraphActorCriticPolicy, MaskableGraphActorCriticPolicy])
@pytest.mark.parametrize("encoder", ["transformer", "gatv2"])
def test_every_parameter_is_in_the_optimizer(policy_class: PolicyClass, encoder: str) -> None:
    """The optimizer holds each parameter once, and there is none besides the network's."""
    env = ToyVectorEnv(1, observation="graph")
    policy = policy_class(
        env.single_observation_space,
        env.single_action_space,
        lambda _: 1e-3,
        layout=env.graph_spec.layout(),
        encoder=encoder,
    )
    held = [id(p) for group in policy.optimizer.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in policy.parameters())
    assert len(held) == len(list(policy.net.parameters()))


def test_ppo_learns_tokens_and_transfers() -> None:
    """PPO learns the toy with waiting, and the weights work on five times larger ones.

    Random legal choices score 0.21 (0.06 on the large toy), always waiting 0.32 (0.34); the
    trained policy scored 1.00 (1.00) with each of three seeds.
    """
    model = train(PPO, GraphActorCriticPolicy, ToyVectorEnv(32, wait=True), 10_240)
    assert score(model, ToyVectorEnv(300, wait=True)) > 0.9
    large = ToyVectorEnv(100, capacity=40, smallest=20, wait=True)
    spaces = {
        "observation_space": large.single_observation_space,
        "action_space": large.single_action_space,
    }
    policy = model.policy.resized(**spaces)
    assert score(policy, large) > 0.9


def test_maskable_ppo_learns_graphs() -> None:
    """MaskablePPO learns the toy whose values stand on the activities.

    Random legal choices score 0.30; the trained policy scored at least 0.98 with each of three
    seeds.
    """
    env = ToyVectorEnv(32, observation="graph")
    model = train(MaskablePPO, MaskableGraphActorCriticPolicy, env, 6_144, encoder="gatv2")
    assert is_masking_supported(model.get_env())
    assert score(model, ToyVectorEnv(300, observation="graph")) > 0.9


def test_stock_evaluation_needs_no_mask_argument() -> None:
    """`evaluate_policy` over an ordinary environment takes the plain policy as it is."""
    env = ToyEnv()
    check_env(ToyEnv(), warn=False)
    model = PPO(GraphActorCriticPolicy, Monitor(env), n_steps=8, batch_size=8, policy_kwargs=SMALL)
    rewards, lengths = evaluate_policy(
        model,
        model.get_env(),
        n_eval_episodes=20,
        deterministic=False,
        return_episode_rewards=True,
    )
    assert len(rewards) == 20
    assert lengths == [2] * 20
    assert sum(rewards) > 0


def test_sampled_actions_are_legal() -> None:
    """Neither sampling nor the most probable choice ever returns an illegal action."""
    env = ToyVectorEnv(200, wait=True)
    obs, _ = env.reset(seed=5)
    policy = make_policy(env)
    for deterministic in (False, True):
        actions, _ = policy.predict(obs, deterministic=deterministic)
        assert obs["action_mask"][np.arange(200), actions].all()


def test_paths_agree() -> None:
    """Forward, evaluate_actions, get_distribution and predict_values tell the same."""
    env = ToyVectorEnv(7, wait=True)
    obs = to_tensors(env.reset(seed=5)[0])
    for policy in (make_policy(env), maskable_twin(env)):
        with torch.no_grad():
            actions, values, log_prob = policy(obs)
            again, same, entropy = policy.evaluate_actions(obs, actions)
            distribution = policy.get_distribution(obs)
            torch.testing.assert_close(policy.predict_values(obs), values)
        torch.testing.assert_close(again, values)
        torch.testing.assert_close(same, log_prob)
        torch.testing.assert_close(distribution.log_prob(actions), log_prob)
        torch.testing.assert_close(distribution.entropy(), entropy)
        assert values.shape == (7, 1)


def maskable_twin(env: ToyVectorEnv) -> MaskableGraphActorCriticPolicy:
    """The maskable policy with the weights of `make_policy`."""
    policy = MaskableGraphActorCriticPolicy(
        env.single_observation_space,
        env.single_action_space,
        lambda _: 1e-3,
        layout=env.graph_spec.layout(),
    )
    policy.load_state_dict(make_policy(env).state_dict())
    return policy


def test_maskable_twin_has_the_same_distribution() -> None:
    """The twin gives the same entropy with and without the redundant mask argument."""
    env = ToyVectorEnv(7, wait=True)
    obs, _ = env.reset(seed=5)
    twin = maskable_twin(env)
    plain = twin.get_distribution(to_tensors(obs)).entropy()
    masked = twin.get_distribution(to_tensors(obs), obs["action_mask"] > 0).entropy()
    torch.testing.assert_close(plain, masked)
    only = np.zeros((7, 9), bool)
    only[:, 8] = True
    actions, _ = twin.predict(obs, action_masks=only)
    assert (actions == 8).all()


@pytest.mark.parametrize("algorithm", [PPO, MaskablePPO])
def test_save_and_load_through_sb3(algorithm: Algorithm, tmp_path: Path) -> None:
    """A zip of stable-baselines3 keeps the network, and opens for larger spaces as well."""
    policy = GraphActorCriticPolicy if algorithm is PPO else MaskableGraphActorCriticPolicy
    env, large = ToyEnv(), ToyEnv(capacity=20)
    model = algorithm(policy, env, policy_kwargs=SMALL | {"encoder": "gin"})
    model.save(tmp_path / "model")
    obs, _ = env.reset(seed=0)
    batch = {key: torch.as_tensor(value)[None] for key, value in obs.items()}
    loaded = algorithm.load(tmp_path / "model")
    torch.testing.assert_close(loaded.policy.net(batch), model.policy.net(batch))
    spaces = {"observation_space": large.observation_space, "action_space": large.action_space}
    grown = algorithm.load(tmp_path / "model", env=large, custom_objects=spaces)
    assert grown.predict(large.reset(seed=0)[0])[0] < 20
    model.policy.save(tmp_path / "policy.pt")
    alone = policy.load(tmp_path / "policy.pt")
    torch.testing.assert_close(alone.net(batch), model.policy.net(batch))


def test_masks_survive_ordinary_vector_environments() -> None:
    """The toy behind DummyVecEnv serves MaskablePPO too."""
    env = DummyVecEnv([ToyEnv, ToyEnv])
    env.reset()
    assert get_action_masks(env).shape == (2, 8)
    model = MaskablePPO(
        MaskableGraphActorCriticPolicy, env, n_steps=16, batch_size=16, policy_kwargs=SMALL
    )
    model.learn(32)
    assert model.num_timesteps == 32

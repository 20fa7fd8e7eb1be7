"""make_model: the algorithm of a run."""

from collections.abc import Callable
from typing import Any

import torch
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.utils import LinearSchedule
from stable_baselines3.common.vec_env import VecEnv

from dispatchlab.agents.maskable import MaskableGraphActorCriticPolicy
from dispatchlab.agents.policy import GraphActorCriticPolicy, GraphPolicyMixin
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.schedules import parse_schedule
from dispatchlab.train.schedules.adapter import ScheduledRate
from dispatchlab.train.selective import SelectivePPO


def make_model(
    config: TrainConfig, env: VecEnv, layout: dict[str, Any], *, seed: int | None = None
) -> OnPolicyAlgorithm:
    """The algorithm with fresh weights.

    Args:
        config: All settings.
        env: The environment to learn in.
        layout: Of its observations.
        seed: Instead of the config's.

    Returns:
        An algorithm of stable-baselines3.

    Raises:
        DispatchlabError: The device is not there.
    """
    _check_device(config.device)
    is_masked = config.algo == "maskable-ppo"
    policy: type[GraphPolicyMixin] = (
        MaskableGraphActorCriticPolicy if is_masked else GraphActorCriticPolicy
    )
    model: OnPolicyAlgorithm = _algorithm(config)(
        policy,
        env,
        learning_rate=_learning_rate(config),
        n_steps=config.n_steps,
        batch_size=config.batch_size,
        n_epochs=config.n_epochs,
        gamma=config.gamma,
        gae_lambda=config.gae_lambda,
        clip_range=config.clip_range,
        ent_coef=config.ent_coef,
        vf_coef=config.vf_coef,
        max_grad_norm=config.max_grad_norm,
        target_kl=config.target_kl or None,
        seed=config.seed if seed is None else seed,
        device=config.device,
        policy_kwargs={
            "layout": layout,
            "encoder": config.encoder,
            "hidden": config.hidden,
            "num_layers": config.num_layers,
            "num_heads": config.num_heads,
            "feedforward": config.feedforward,
        },
    )
    return model


def _check_device(device: str) -> None:
    """Refuse accelerators that torch does not see."""
    if not device.startswith("cuda"):
        return
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if int(device.partition(":")[2] or 0) >= found:
        there = f"{found}, the last one cuda:{found - 1}: give that," if found else "none: give"
        raise DispatchlabError(f"device is {device!r}, but torch finds {there} cpu or auto.")


def _algorithm(config: TrainConfig) -> type[Any]:
    """The class of the algorithm."""
    is_masked = config.algo == "maskable-ppo"
    if config.engine == "ray":
        from dispatchlab.train.distributed.learner import RemoteMaskablePPO, RemotePPO

        return RemoteMaskablePPO if is_masked else RemotePPO
    if config.teacher:
        return SelectivePPO
    return MaskablePPO if is_masked else PPO


def _learning_rate(config: TrainConfig) -> float | Callable[[float], float]:
    """The learning rate in the form that the algorithm takes."""
    rate = config.learning_rate
    if config.schedule == "linear":
        return LinearSchedule(rate, 0.0, 1.0)
    if config.schedule == "constant":
        return rate
    return ScheduledRate(parse_schedule(config.schedule), rate, config.total_timesteps)

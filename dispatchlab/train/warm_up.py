"""The phase before PPO in which an agent imitates an expert."""

from collections.abc import Callable

import numpy as np
from torch import nn

from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families import load_family
from dispatchlab.train.imitation import ImitationConfig, ImitationProgress, imitate


def imitate_expert(policy: nn.Module, config: TrainConfig, say: Callable[[str], None]) -> None:
    """Fit a policy to the expert of its family, in an environment of its own.

    Args:
        policy: A graph policy; changed in place.
        config: Says whom to imitate and for how long.
        say: Called with a line after each round.
    """
    family = load_family(config.family)

    def on_progress(done: ImitationProgress) -> None:
        say(
            f"imitation {done.round_index + 1}/{config.imitation_rounds}: {done.decisions} "
            f"decisions, agreement {done.agreement:.3f}, regret {done.regret:.3g}"
        )

    settings = ImitationConfig(
        rounds=config.imitation_rounds,
        n_steps=config.imitation_steps,
        updates=config.imitation_updates,
        batch_size=config.imitation_batch_size,
        buffer_size=config.imitation_buffer,
        learning_rate=config.imitation_learning_rate,
        temperature=config.imitation_temperature,
        beta_rounds=config.imitation_beta_rounds,
        vf_coef=config.imitation_vf_coef,
        gamma=config.gamma,
        max_grad_norm=config.max_grad_norm,
        seed=_seed(config.seed),
    )
    imitate(policy, family.training_env(config), family.expert(config), settings, on_progress)


def _seed(seed: int) -> int:
    """A seed whose episodes are not those that PPO begins with."""
    return int(np.random.SeedSequence([seed, 1]).generate_state(1)[0])

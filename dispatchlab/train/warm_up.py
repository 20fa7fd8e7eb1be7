"""Before PPO: an agent imitates an expert, and its critic catches up."""

from collections.abc import Callable

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from torch import nn

from dispatchlab.agents.network import GraphNetwork
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


class CriticWarmUp(BaseCallback):
    """Trains nothing but the value head in the first updates.

    Args:
        network: The network in training.
        updates: How many updates.
        decisions: Decisions per update, which tell after resuming how many there have been.
    """

    def __init__(self, network: GraphNetwork, updates: int, decisions: int) -> None:
        """Remember what to freeze."""
        super().__init__()
        self._network, self._until = network, updates * decisions

    def _on_rollout_start(self) -> None:
        """Freeze or release everything else."""
        learns = self.num_timesteps >= self._until
        for name, parameter in self._network.named_parameters():
            parameter.requires_grad_(learns or name.startswith("value."))

    def _on_step(self) -> bool:
        """Go on."""
        return True

    def _on_training_end(self) -> None:
        """Leave nothing frozen."""
        self._network.requires_grad_(True)


def _seed(seed: int) -> int:
    """A seed whose episodes are not those that PPO begins with."""
    return int(np.random.SeedSequence([seed, 1]).generate_state(1)[0])

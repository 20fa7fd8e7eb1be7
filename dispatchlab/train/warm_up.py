"""Before PPO: an agent imitates an expert or its own best schedules, and its critic catches up."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from torch import nn

from dispatchlab.agents.network import GraphNetwork
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.callback import passes_multiple
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families import load_family
from dispatchlab.train.families.base import Replayable
from dispatchlab.train.imitation import ImitationConfig, ImitationProgress, imitate
from dispatchlab.train.self_labelling import SelfLabelling, SelfLabellingConfig


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
        seed=_seed(config.seed, stage=1),
    )
    imitate(policy, family.training_env(config), family.expert(config), settings, on_progress)


class CriticWarmUp(BaseCallback):
    """Trains nothing but the value head in the first updates.

    Args:
        network: The network in training.
        updates: How many updates; rollouts without anything to learn are none.
    """

    def __init__(self, network: GraphNetwork, updates: int) -> None:
        """Remember what to freeze."""
        super().__init__()
        self._network, self._updates = network, updates

    def _on_rollout_start(self) -> None:
        """Freeze or release everything else."""
        model: Any = self.model  # PPO of either library
        learns = model._n_updates >= self._updates * model.n_epochs
        for name, parameter in self._network.named_parameters():
            parameter.requires_grad_(learns or name.startswith("value."))

    def _on_step(self) -> bool:
        """Go on."""
        return True

    def _on_training_end(self) -> None:
        """Leave nothing frozen."""
        self._network.requires_grad_(True)


def make_self_labelling(policy: nn.Module, config: TrainConfig) -> SelfLabelling:
    """Self-labelling of a policy on new problems of its family.

    Args:
        policy: A graph policy; changed in place.
        config: Says on which problems and for how long.

    Returns:
        Its first round is yet to be played.

    Raises:
        DispatchlabError: The family's problems cannot be played more than once.
    """
    family = load_family(config.family)
    if not isinstance(family, Replayable):
        raise DispatchlabError(
            f"The family {config.family!r} does not play a problem again: leave out "
            "self_labelling_rounds."
        )
    settings = SelfLabellingConfig(
        rounds=config.self_labelling_rounds,
        instances=config.self_labelling_instances,
        samples=config.self_labelling_samples,
        temperature=config.self_labelling_temperature,
        passes=config.self_labelling_passes,
        batch_size=config.self_labelling_batch_size,
        learning_rate=config.self_labelling_learning_rate,
        vf_coef=config.self_labelling_vf_coef,
        gamma=config.gamma,
        max_grad_norm=config.max_grad_norm,
        seed=_seed(config.seed, stage=2),
    )
    generator = family.generator(config)
    return SelfLabelling(policy, generator, partial(family.play_env, config), settings)


class SelfLabellingStage:
    """Self-labelling with validation, checkpoints and a clock.

    Args:
        labelling: What is played.
        config: Says how often to validate and to save.
        validate: Validates the policy; gets the decisions and says what the agent is worth.
        save: Writes a checkpoint.
        is_late: Whether to stop after this round.
        say: Shows a line.
    """

    def __init__(
        self, labelling: SelfLabelling, config: TrainConfig, *,
        validate: Callable[[int], None], save: Callable[[], None], is_late: Callable[[], bool],
        say: Callable[[str], None],
    ) -> None:  # fmt: skip
        """Keep the parts."""
        self._labelling, self._config = labelling, config
        self._validate, self._save = validate, save
        self._is_late, self._say = is_late, say

    def play(self) -> bool:
        """Play the rounds that are left; false if the time ran out first."""
        rounds = self._config.self_labelling_rounds
        while self._labelling.rounds_done < rounds:
            before = self._labelling.decisions
            done = self._labelling.play_round()
            if (done.round_index + 1) % max(1, rounds // 100) == 0:
                self._say(
                    f"self-labelling {done.round_index + 1}/{rounds}: {done.decisions} decisions, "
                    f"best {100 * done.advantage:.2f} % below the mean, loss {done.policy_loss:.3f}"
                )
            if passes_multiple(before, done.decisions, self._config.eval_every):
                self._validate(done.decisions)
            is_late = self._is_late()
            if is_late or passes_multiple(before, done.decisions, self._config.checkpoint_every):
                self._save()
            if is_late:
                return False
        return True


def _seed(seed: int, stage: int) -> int:
    """A seed whose episodes are not those that PPO begins with."""
    return int(np.random.SeedSequence([seed, stage]).generate_state(1)[0])

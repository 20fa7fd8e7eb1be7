"""CLUTR: a generator that chooses levels in a latent space which was learned beforehand."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers.checks import require_at_least
from dispatchlab.train.teachers.generator_ppo import GeneratorPpo
from dispatchlab.train.teachers.grammar import Grammar
from dispatchlab.train.teachers.latent_policy import LatentPolicy
from dispatchlab.train.teachers.learned_generator import LearnedGenerator
from dispatchlab.train.teachers.own_randomness import own_randomness, spread_seed
from dispatchlab.train.teachers.regret_teacher import RegretTeacher
from dispatchlab.train.teachers.sequence_vae import SequenceVae
from dispatchlab.train.teachers.vae_training import train_vae


class LatentSpace:
    """A latent space of random levels, trained when it is first used.

    Attributes:
        vae: The autoencoder.
        trained: Whether it has been trained.
        error: Cross entropy of a token at the end of the training, in nats.
    """

    def __init__(
        self,
        grammar: Grammar,
        *,
        corpus: int = 20_000,
        training: Mapping[str, Any] | None = None,
        seed: int = 0,
        **sizes: Any,
    ) -> None:
        """Describe the space.

        Args:
            grammar: What levels look like as sequences.
            corpus: Number of random levels to learn from.
            training: Settings of `train_vae`.
            seed: Of weights, levels and training.
            **sizes: Sizes of `SequenceVae`.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        require_at_least("corpus", corpus, 1)
        weights, self._levels_seed, self._training_seed = spread_seed(seed, 3)
        form = grammar.form
        with own_randomness(weights):
            self.vae = SequenceVae(form.length, form.vocabulary, form.pad, **sizes)
        self._grammar, self._corpus, self._training = grammar, corpus, dict(training or {})
        self.trained, self.error = False, float("nan")

    def write(self, latents: Tensor) -> list[list[int]]:
        """Tokens of latents ``(B, K)``."""
        self.train()
        rows: list[list[int]] = self.vae.decode(latents).tolist()
        return rows

    def train(self) -> None:
        """Train, unless that is done."""
        if self.trained:
            return
        rng = np.random.default_rng(self._levels_seed)
        corpus = torch.from_numpy(self._grammar.corpus(self._corpus, rng))
        generator = torch.Generator().manual_seed(self._training_seed)
        with torch.enable_grad():
            self.error = train_vae(self.vae, corpus, generator, **self._training)
        self.trained = True

    def state_dict(self) -> dict[str, Any]:
        """The weights, and whether they were trained."""
        weights = copy.deepcopy(self.vae.state_dict())
        return {"weights": weights, "trained": self.trained, "error": self.error}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.vae.load_state_dict(state["weights"])
        self.trained, self.error = state["trained"], state["error"]


class ClutrTeacher(RegretTeacher):
    """Curriculum learning via unsupervised task representation learning (Azad et al. 2022, CLUTR).

    Like PAIRED, but the generator chooses a point of a latent space in a single step, and a frozen
    decoder writes the level (arXiv:2210.10243). The space is learned from random levels at the
    first sample, in about a minute, and is part of the state.

    The latent is normal before it is squashed, so the first levels follow the prior, which is that
    of random levels; in the reference it is clipped after that.

    Attributes:
        space: The latent space.
    """

    def __init__(
        self,
        form: SequenceForm,
        *,
        regret: str = "flexible",
        plays_per_level: int = 1,
        batch: int = 32,
        noise: int = 50,
        hidden: int = 64,
        space: Mapping[str, Any] | None = None,
        seed: int = 0,
        **ppo: Any,
    ) -> None:
        """Start with a policy that has learned nothing, and a space that is still to be trained.

        Args:
            form: Levels as sequences.
            regret: ``"flexible"``: the better student plays the antagonist, or ``"paired"``.
            plays_per_level: Episodes of each student on each level.
            batch: Levels that are made, and learned from, at a time.
            noise: Size of each level's noise.
            hidden: Units of the policy's hidden layer.
            space: Settings of `LatentSpace`.
            seed: Of all its randomness.
            **ppo: Settings of `GeneratorPpo`.

        Raises:
            DispatchlabError: A setting is out of range or unknown.
        """
        weights, choices, latents = spread_seed(seed, 3)
        grammar = Grammar(form)
        self.space = LatentSpace(grammar, **{"seed": latents, **(space or {})})
        with own_randomness(weights):
            policy = LatentPolicy(self.space.vae.latent, noise=noise, hidden=hidden)
        trainer = GeneratorPpo(policy, **ppo)
        generator = LearnedGenerator(policy, trainer, form, self.space.write, seed=choices)
        super().__init__(generator, regret=regret, plays_per_level=plays_per_level, batch=batch)

    def summary(self) -> Mapping[str, float]:
        """Like `RegretTeacher.summary`, and the error of the latent space."""
        return {**super().summary(), "space_error": self.space.error}

    def state_dict(self) -> dict[str, Any]:
        """Everything, the latent space included."""
        return super().state_dict() | {"space": self.space.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self.space.load_state_dict(state["space"])

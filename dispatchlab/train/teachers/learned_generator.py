"""LearnedGenerator: noise becomes actions, actions become tokens, and tokens a level."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers.base import FloatArray
from dispatchlab.train.teachers.generator_ppo import GeneratorPpo, Steps
from dispatchlab.train.teachers.own_randomness import spread_seed
from dispatchlab.train.teachers.pairing import Draft


class GeneratorPolicy(Protocol):
    """Chooses how levels are made.

    Attributes:
        noise: Z, the size of its input.
    """

    noise: int

    def draw(self, noise: Tensor, generator: torch.Generator) -> Tensor:
        """Actions ``(B, ...)`` for noise ``(B, Z)``."""
        ...

    def __call__(self, noise: Tensor, actions: Tensor) -> Steps:
        """What it says of these actions."""
        ...


class LearnedGenerator:
    """Makes levels with a policy that learns from their regret."""

    def __init__(
        self,
        policy: GeneratorPolicy,
        ppo: GeneratorPpo,
        form: SequenceForm,
        write: Callable[[Tensor], Sequence[Sequence[int]]],
        *,
        seed: int = 0,
    ) -> None:
        """Start with the policy as it is.

        Args:
            policy: Chooses actions.
            ppo: Trains it.
            form: Makes levels of tokens.
            write: Makes tokens of actions ``(B, ...)``.
            seed: Of the noise, the choices and the levels' own seeds.
        """
        self._policy, self._ppo, self._form, self._write = policy, ppo, form, write
        seeds = spread_seed(seed, 2)
        self._generator = torch.Generator().manual_seed(seeds[0])
        self._rng = np.random.default_rng(seeds[1])
        self._entropy = 0.0

    @torch.no_grad()
    def make(self, count: int) -> list[Draft]:
        """New levels, each from its own noise, uniform as in PAIRED."""
        noise = torch.rand(count, self._policy.noise, generator=self._generator)
        actions = self._policy.draw(noise, self._generator)
        steps = self._policy(noise, actions)
        self._entropy = float(steps.entropies.sum(1).mean())
        seeds = self._rng.integers(2**31, size=count).tolist()
        levels = [
            self._form.decode(tuple(tokens), seed)
            for tokens, seed in zip(self._write(actions), seeds, strict=True)
        ]
        # Rows are copied: a view would take its whole batch into every checkpoint.
        columns = (noise, actions, steps.log_probs, steps.values)
        traces = zip(*([row.clone() for row in column] for column in columns), strict=True)
        return [Draft(level, trace) for level, trace in zip(levels, traces, strict=True)]

    def learn(self, drafts: Sequence[Draft], regrets: FloatArray) -> None:
        """Learn from levels that it made; a single one is no batch and tells nothing."""
        if len(drafts) < 2:
            return
        columns = zip(*(draft.trace for draft in drafts), strict=True)
        noise, actions, log_probs, values = (torch.stack(column) for column in columns)
        rewards = torch.as_tensor(regrets, dtype=torch.float32)
        self._ppo.learn(noise, actions, log_probs, values, rewards)

    def summary(self) -> Mapping[str, float]:
        """Mean entropy of the choices for a level, in nats, in the last batch."""
        return {"entropy": self._entropy}

    def state_dict(self) -> dict[str, Any]:
        """The policy, its optimiser and both sources of randomness."""
        return {
            "ppo": self._ppo.state_dict(),
            "generator": self._generator.get_state(),
            "rng": self._rng.bit_generator.state,
            "entropy": self._entropy,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self._ppo.load_state_dict(state["ppo"])
        self._generator.set_state(state["generator"])
        self._rng.bit_generator.state = state["rng"]
        self._entropy = state["entropy"]

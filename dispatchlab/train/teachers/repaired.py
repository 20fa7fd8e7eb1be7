"""REPAIRED: PAIRED whose students learn from replayed levels only."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers.base import FloatArray
from dispatchlab.train.teachers.checks import require_fraction
from dispatchlab.train.teachers.level_buffer import LevelBuffer
from dispatchlab.train.teachers.own_randomness import spread_seed
from dispatchlab.train.teachers.paired import PairedTeacher
from dispatchlab.train.teachers.pairing import Draft


class RepairedTeacher(PairedTeacher):
    """Replay-enhanced PAIRED (Jiang et al. 2021, arXiv:2110.02439).

    A batch of levels is either written by the generator, which learns from its regrets while the
    students do not learn from it, or is replayed from a buffer of levels with much regret, and then
    only the students learn. The paper has a buffer for each student; here there is one for both,
    since they play the same levels.

    Attributes:
        buffer: The levels to replay.
    """

    def __init__(
        self,
        form: SequenceForm,
        *,
        replay_probability: float = 0.95,
        min_fill: float = 0.5,
        buffer: Mapping[str, Any] | None = None,
        seed: int = 0,
        **options: Any,
    ) -> None:
        """Start with an empty buffer.

        Args:
            form: Levels as sequences.
            replay_probability: Share of batches that are replayed, once there is enough.
            min_fill: Share of slots in use below which nothing is replayed.
            buffer: Settings of `LevelBuffer`.
            seed: Of all its randomness.
            **options: Settings of `PairedTeacher`.

        Raises:
            DispatchlabError: A setting is out of range or unknown.
        """
        generator_seed, own_seed = spread_seed(seed, 2)
        super().__init__(form, seed=generator_seed, **options)
        require_fraction("replay_probability", replay_probability)
        require_fraction("min_fill", min_fill)
        self.buffer = LevelBuffer(**(buffer or {}))
        self._replay_probability, self._min_fill = replay_probability, min_fill
        self._rng = np.random.default_rng(own_seed)

    def summary(self) -> Mapping[str, float]:
        """Like `RegretTeacher.summary`, and the fill of the buffer."""
        return {**super().summary(), "fill": self.buffer.fill}

    def state_dict(self) -> dict[str, Any]:
        """Everything, the buffer included."""
        return super().state_dict() | {
            "buffer": self.buffer.state_dict(),
            "rng": self._rng.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self.buffer.load_state_dict(state["buffer"])
        self._rng.bit_generator.state = state["rng"]

    def _drafts(self) -> list[Draft]:
        filled = len(self.buffer) > 0 and self.buffer.fill >= self._min_fill
        if filled and self._rng.random() < self._replay_probability:
            return [Draft(self.buffer.draw(self._rng)) for _ in range(self._batch)]
        return [draft._replace(learns=False) for draft in super()._drafts()]

    def _learn(self, drafts: list[Draft], regrets: FloatArray) -> None:
        for draft, regret in zip(drafts, regrets.tolist(), strict=True):
            new = draft.trace is not None
            drawn = self.buffer.tick() if new else self.buffer.clock
            self.buffer.record(draft.level, regret, drawn=drawn)
        if drafts[0].trace is not None:
            super()._learn(drafts, regrets)

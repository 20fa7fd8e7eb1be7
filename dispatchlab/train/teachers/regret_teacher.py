"""RegretTeacher: makes levels in which one student fails and another does not."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from dispatchlab.train.teachers.base import Episode, FloatArray, Fragment, Play, Teacher
from dispatchlab.train.teachers.checks import require_at_least
from dispatchlab.train.teachers.pairing import ANTAGONIST, PROTAGONIST, Draft, Pairing


class LevelGenerator(Protocol):
    """Makes levels, and learns to make those with much regret."""

    def make(self, count: int) -> list[Draft]:
        """New levels."""
        ...

    def learn(self, drafts: Sequence[Draft], regrets: FloatArray) -> None:
        """Learn from levels that it made, of which the regret is known now.

        Args:
            drafts: n levels, with their traces.
            regrets: ``(n,)`` regrets, 0 or more.
        """
        ...

    def summary(self) -> Mapping[str, float]:
        """Numbers for the log."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides what is made next."""
        ...

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        ...


class RegretTeacher:
    """The protagonist's seat of a teacher of two students; `antagonist` is the other seat.

    Each student has its own vector environment, which asks its own seat. Both play the same levels
    in the same order, each at its own pace. When both have played a batch of levels, the generator
    learns from the regrets.

    Attributes:
        generator: Makes the levels.
        pairing: The levels that are open.
    """

    wants_regret = False
    wants_values = False
    wants_fragments = False

    def __init__(
        self,
        generator: LevelGenerator,
        *,
        regret: str = "paired",
        plays_per_level: int = 1,
        batch: int = 32,
    ) -> None:
        """Start without levels.

        Args:
            generator: Makes the levels.
            regret: ``"paired"`` or ``"flexible"``, see `pairing.REGRETS`.
            plays_per_level: Episodes of each student on each level.
            batch: Levels that are made, and learned from, at a time.

        Raises:
            DispatchlabError: A setting is out of range or unknown.
        """
        require_at_least("batch", batch, 2)
        self.generator = generator
        self.pairing = Pairing(self._drafts, regret=regret, plays_per_level=plays_per_level)
        self._batch = batch
        self._updates, self._regret = 0, 0.0

    def antagonist(self) -> Teacher:
        """The antagonist's seat; its state is part of this one's."""
        return _AntagonistSeat(self)

    def sample(self, count: int) -> list[Play]:
        """What the protagonist plays next."""
        return self.pairing.sample(PROTAGONIST, count)

    def observe(self, episodes: Sequence[Episode]) -> None:
        """Episodes of the protagonist."""
        self.note(PROTAGONIST, episodes)

    def note(self, student: int, episodes: Sequence[Episode]) -> None:
        """Note the scores of a student, and learn from the levels that are complete by that."""
        self.pairing.observe(student, episodes)
        while (judged := self.pairing.pop()) is not None:
            if judged:
                self._learn([draft for draft, _ in judged], np.array([row[1] for row in judged]))

    def on_rollout(self, fragments: Sequence[Fragment]) -> None:
        """Nothing."""

    def summary(self) -> Mapping[str, float]:
        """Updates, mean regret of the last batch, open levels, and numbers of the generator."""
        return {
            "updates": float(self._updates),
            "regret": self._regret,
            "open_levels": float(len(self.pairing)),
            **self.generator.summary(),
        }

    def state_dict(self) -> dict[str, Any]:
        """The generator and the open levels, of both students."""
        return {
            "generator": self.generator.state_dict(),
            "pairing": self.pairing.state_dict(),
            "updates": self._updates,
            "regret": self._regret,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.generator.load_state_dict(state["generator"])
        self.pairing.load_state_dict(state["pairing"])
        self._updates, self._regret = state["updates"], state["regret"]

    def _drafts(self) -> list[Draft]:
        """The next batch of levels."""
        return self.generator.make(self._batch)

    def _learn(self, drafts: list[Draft], regrets: FloatArray) -> None:
        """Learn from a batch, or what is left of it."""
        self.generator.learn(drafts, regrets)
        self._updates += 1
        self._regret = float(regrets.mean())


class _AntagonistSeat:
    """Hands everything to the teacher."""

    wants_regret = False
    wants_values = False
    wants_fragments = False

    def __init__(self, teacher: RegretTeacher) -> None:
        self._teacher = teacher

    def sample(self, count: int) -> list[Play]:
        """What the antagonist plays next."""
        return self._teacher.pairing.sample(ANTAGONIST, count)

    def observe(self, episodes: Sequence[Episode]) -> None:
        """Episodes of the antagonist."""
        self._teacher.note(ANTAGONIST, episodes)

    def on_rollout(self, fragments: Sequence[Fragment]) -> None:
        """Nothing."""

    def summary(self) -> Mapping[str, float]:
        """Nothing: the protagonist's seat tells all."""
        return {}

    def state_dict(self) -> dict[str, Any]:
        """Nothing: the protagonist's seat saves all."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Nothing."""

"""Pairing: two students play the same levels, each at its own pace, until the regret is known."""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dispatchlab.envs.core.parts import find_part
from dispatchlab.train.teachers.base import Episode, Level, Play
from dispatchlab.train.teachers.checks import require, require_at_least
from dispatchlab.train.teachers.level_buffer import as_level

PROTAGONIST, ANTAGONIST = 0, 1

# More than environments: a play that this many levels have overtaken has been abandoned.
_PATIENCE = 1 << 10


def paired_regret(protagonist: Sequence[float], antagonist: Sequence[float]) -> float:
    """How far the protagonist was from the antagonist on a level.

    It is ``max(0, max antagonist - mean protagonist)``, the estimate of PAIRED (Dennis et al. 2020,
    arXiv:2012.02096).

    Args:
        protagonist: Its scores.
        antagonist: Its scores.

    Returns:
        The regret, 0 or more.
    """
    return max(0.0, max(antagonist) - sum(protagonist) / len(protagonist))


def flexible_regret(protagonist: Sequence[float], antagonist: Sequence[float]) -> float:
    """Like `paired_regret`, but the student with the best score plays the antagonist.

    Args:
        protagonist: Scores of one student.
        antagonist: Scores of the other one.

    Returns:
        The regret, 0 or more.
    """
    if max(protagonist) > max(antagonist):
        protagonist, antagonist = antagonist, protagonist
    return paired_regret(protagonist, antagonist)


REGRETS: Mapping[str, Callable[[Sequence[float], Sequence[float]], float]] = {
    "paired": paired_regret,
    "flexible": flexible_regret,
}


class Draft(NamedTuple):
    """A level that is to be played by both students.

    Attributes:
        level: The level.
        trace: What its maker must know again to learn from it; None if nobody learns to make it.
        learns: Whether the students learn from it.
    """

    level: Level
    trace: Any = None
    learns: bool = True


@dataclass(slots=True)
class _Entry:
    draft: Draft
    scores: tuple[list[float], list[float]] = field(default_factory=lambda: ([], []))


class Pairing:
    """Levels in the order of their making, with one cursor per student.

    Levels are made in batches, when a cursor has reached the last one. They leave in the same
    batches and the same order, when both students have played them; which episode ended first does
    not matter. Levels whose plays were cut off with their environments are left out, once
    a thousand later ones have been begun.

    Attributes:
        made: Number of levels that were ever made.
    """

    def __init__(
        self,
        make: Callable[[], Sequence[Draft]],
        *,
        regret: str = "paired",
        plays_per_level: int = 1,
    ) -> None:
        """Start without levels.

        Args:
            make: Makes the next batch of levels; at least one.
            regret: ``"paired"`` or ``"flexible"``, see `REGRETS`.
            plays_per_level: Episodes of each student on each level.

        Raises:
            DispatchlabError: A setting is out of range or unknown.
        """
        require_at_least("plays_per_level", plays_per_level, 1)
        self._make, self._regret = make, find_part("regret", regret, REGRETS)
        self._plays = plays_per_level
        self.made = 0
        self._cursors = [0, 0]
        self._entries: dict[int, _Entry] = {}
        self._numbers: dict[Level, list[int]] = {}
        self._batches: deque[tuple[int, int]] = deque()

    def __len__(self) -> int:
        """Levels that are still open."""
        return len(self._entries)

    def sample(self, student: int, count: int) -> list[Play]:
        """The next plays of a student.

        Args:
            student: `PROTAGONIST` or `ANTAGONIST`.
            count: How many.

        Returns:
            The plays.
        """
        return [self._next(student) for _ in range(count)]

    def observe(self, student: int, episodes: Sequence[Episode]) -> None:
        """Note the scores of a student; levels that are not open are ignored.

        Raises:
            DispatchlabError: A score is not finite.
        """
        for episode in episodes:
            require(
                math.isfinite(episode.score),
                f"An episode came with the score {episode.score} but must have a finite one.",
            )
            for number in self._numbers.get(episode.play.level, ()):
                scores = self._entries[number].scores[student]
                if len(scores) < self._plays:
                    scores.append(episode.score)
                    break

    def pop(self) -> list[tuple[Draft, float]] | None:
        """The oldest batch with its regrets, if all of them are known; it leaves.

        Returns:
            Levels and regrets, or None if there is no such batch.
        """
        if not self._batches:
            return None
        overtaken = min(self._cursors) // self._plays - _PATIENCE
        numbers = range(*self._batches[0])
        known = [number for number in numbers if self._is_known(self._entries[number])]
        if len(known) < len(numbers) and numbers[-1] >= overtaken:
            return None
        judged = [self._judge(self._entries[number]) for number in known]
        self._batches.popleft()
        for number in numbers:
            level = self._entries.pop(number).draft.level
            self._numbers[level].remove(number)
            if not self._numbers[level]:
                del self._numbers[level]
        return judged

    def state_dict(self) -> dict[str, Any]:
        """The open levels with their scores, and the cursors."""
        return {
            "made": self.made,
            "cursors": list(self._cursors),
            "batches": list(self._batches),
            "entries": [
                (number, tuple(entry.draft), tuple(map(tuple, entry.scores)))
                for number, entry in self._entries.items()
            ],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.made = state["made"]
        self._cursors = list(state["cursors"])
        self._batches = deque(tuple(batch) for batch in state["batches"])
        self._entries, self._numbers = {}, {}
        for number, (level, trace, learns), (first, second) in state["entries"]:
            draft = Draft(as_level(level), trace, learns)
            self._enter(number, _Entry(draft, (list(first), list(second))))

    def _next(self, student: int) -> Play:
        number = self._cursors[student] // self._plays
        if number == self.made:
            self._extend()
        self._cursors[student] += 1
        draft = self._entries[number].draft
        return Play(draft.level, draft.learns)

    def _extend(self) -> None:
        """Ask for a batch."""
        start = self.made
        for draft in self._make():
            self._enter(self.made, _Entry(draft))
            self.made += 1
        self._batches.append((start, self.made))

    def _enter(self, number: int, entry: _Entry) -> None:
        self._entries[number] = entry
        self._numbers.setdefault(entry.draft.level, []).append(number)

    def _is_known(self, entry: _Entry) -> bool:
        return all(len(scores) == self._plays for scores in entry.scores)

    def _judge(self, entry: _Entry) -> tuple[Draft, float]:
        return entry.draft, self._regret(*entry.scores)

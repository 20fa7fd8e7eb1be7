"""LevelBuffer: levels worth playing again, and how often each is."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from dispatchlab.envs.core.parts import find_part
from dispatchlab.train.teachers.base import FloatArray, Level
from dispatchlab.train.teachers.checks import (
    require,
    require_at_least,
    require_fraction,
    require_positive,
)
from dispatchlab.train.teachers.replay_masses import TRANSFORMS, replay_masses

MOST_LEVELS = 1 << 20
INSERTIONS = ("replay-support", "score")


class LevelBuffer:
    """Levels with their scores, in a bounded number of slots; no level is in it twice.

    The defaults are those of JaxUED (Coward et al. 2024, arXiv:2403.13091).

    Attributes:
        capacity: Number of slots.
        clock: Draws so far, of levels from here and of new ones.
    """

    def __init__(
        self,
        *,
        capacity: int = 4000,
        transform: str = "rank",
        temperature: float = 0.3,
        staleness: float = 0.3,
        top_k: int = 4,
        insertion: str = "replay-support",
        smoothing: float = 1.0,
    ) -> None:
        """Start empty.

        Args:
            capacity: Number of slots.
            transform: How scores become probabilities, see `replay_masses`.
            temperature: The higher, the more even the probabilities.
            staleness: Share of the probability that follows staleness.
            top_k: Number of levels that the transform ``"top-k"`` prefers.
            insertion: Whose slot a new level takes if its score is at least as high:
                ``"replay-support"`` of the level that is least likely to be replayed, ``"score"``
                of the one with the lowest score.
            smoothing: Share of the new score when the score of a level is updated.

        Raises:
            DispatchlabError: A setting is out of range or unknown.
        """
        require(
            1 <= capacity <= MOST_LEVELS,
            f"capacity is {capacity} but must be between 1 and {MOST_LEVELS}; change it.",
        )
        require_positive("temperature", temperature)
        require_fraction("staleness", staleness)
        require_at_least("top_k", top_k, 1)
        require_positive("smoothing", smoothing)
        require_fraction("smoothing", smoothing)
        find_part("transform", transform, dict.fromkeys(TRANSFORMS))
        find_part("insertion", insertion, dict.fromkeys(INSERTIONS))
        self.capacity, self.clock = capacity, 0
        self._transform, self._insertion = transform, insertion
        self._temperature, self._staleness, self._top_k = temperature, staleness, top_k
        self._smoothing = smoothing
        self._levels: list[Level] = []
        self._slots: dict[Level, int] = {}
        self._scores: FloatArray = np.zeros(capacity)
        self._best: FloatArray = np.zeros(capacity)
        self._drawn = np.zeros(capacity, np.int64)

    def __len__(self) -> int:
        """Slots in use."""
        return len(self._levels)

    def __contains__(self, level: Level) -> bool:
        """Whether a level is here."""
        return level in self._slots

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels, slot by slot."""
        return tuple(self._levels)

    @property
    def scores(self) -> FloatArray:
        """``(n,)`` a copy of their scores."""
        return np.array(self._scores[: len(self)])

    @property
    def staleness(self) -> FloatArray:
        """``(n,)`` draws since each was last drawn."""
        return np.asarray(self.clock - self._drawn[: len(self)], np.float64)

    @property
    def fill(self) -> float:
        """Share of the slots in use."""
        return len(self) / self.capacity

    def probabilities(self) -> FloatArray:
        """``(n,)`` chance of each level to be the next one replayed."""
        return replay_masses(
            self._scores[: len(self)],
            self.staleness,
            transform=self._transform,
            temperature=self._temperature,
            staleness_share=self._staleness,
            top_k=self._top_k,
        )

    def best_return(self, level: Level) -> float:
        """Best return on a level; minus infinity if it is not here."""
        slot = self._slots.get(level)
        return -math.inf if slot is None else float(self._best[slot])

    def tick(self) -> int:
        """Note that a new level was drawn; returns the time, for `record`."""
        self.clock += 1
        return self.clock

    def draw(self, rng: np.random.Generator) -> Level:
        """Draw a level to be replayed; it must not be empty."""
        slot = int(rng.choice(len(self), p=self.probabilities()))
        self._drawn[slot] = self.tick()
        return self._levels[slot]

    def record(
        self, level: Level, score: float, *, best_return: float = -math.inf, drawn: int
    ) -> bool:
        """Update a level, or take it in if it is new and good enough.

        Args:
            level: The level.
            score: Its latest score.
            best_return: The best return on it, this time included.
            drawn: When it was drawn, if it is new.

        Returns:
            Whether it is in the buffer now.
        """
        require(math.isfinite(score), f"The score of a level is {score} but must be finite.")
        slot = self._slots.get(level)
        if slot is not None:
            self._scores[slot] += self._smoothing * (score - self._scores[slot])
            self._best[slot] = max(self._best[slot], best_return)
            return True
        slot = self._free_slot(score)
        if slot is None:
            return False
        self._levels[slot : slot + 1] = [level]
        self._slots[level] = slot
        self._scores[slot], self._best[slot], self._drawn[slot] = score, best_return, drawn
        return True

    def rows(self) -> list[dict[str, Any]]:
        """One row a level, for pictures: key, point, edits, score, staleness and mass."""
        columns = zip(self._levels, self.scores, self.staleness, self.probabilities(), strict=True)
        return [level_row(*row) for row in columns]

    def state_dict(self) -> dict[str, Any]:
        """The levels and all that is known of them."""
        size = len(self)
        return {
            "clock": self.clock,
            "levels": [tuple(level) for level in self._levels],
            "scores": self._scores[:size].tolist(),
            "best": self._best[:size].tolist(),
            "drawn": self._drawn[:size].tolist(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken.

        Raises:
            DispatchlabError: There are more levels than slots.
        """
        size = len(state["levels"])
        require(
            size <= self.capacity,
            f"The state has {size} levels but the capacity is {self.capacity}; raise it.",
        )
        self.clock = state["clock"]
        self._levels = [as_level(level) for level in state["levels"]]
        self._slots = {level: slot for slot, level in enumerate(self._levels)}
        for array, name in ((self._scores, "scores"), (self._best, "best"), (self._drawn, "drawn")):
            array[:size] = state[name]

    def _free_slot(self, score: float) -> int | None:
        """An empty slot, or that of a level that is no better, which leaves."""
        if len(self) < self.capacity:
            return len(self)
        weakest = self.probabilities() if self._insertion == "replay-support" else self._scores
        slot = int(weakest.argmin())
        if score < self._scores[slot]:
            return None
        del self._slots[self._levels[slot]]
        return slot


def as_level(parts: Any) -> Level:  # noqa: ANN401 - a tuple, or what JSON makes of one
    """The level of a state."""
    point, seed, edits = parts
    return Level(tuple(point), seed, tuple(edits))


def level_row(level: Level, score: float, staleness: float, mass: float) -> dict[str, Any]:
    """What a picture shows of a level."""
    return {
        "key": level.key,
        "point": list(level.point),
        "edits": list(level.edits),
        "score": float(score),
        "staleness": float(staleness),
        "mass": float(mass),
    }

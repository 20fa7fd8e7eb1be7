"""A hand-made curriculum: a window that slides from easy to hard."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatchlab.train.teachers.base import Episode, FloatArray
from dispatchlab.train.teachers.checks import require_at_least, require_fraction, require_positive
from dispatchlab.train.teachers.difficulty import read_directions, slab
from dispatchlab.train.teachers.regions import Region, box
from dispatchlab.train.teachers.tagged import TaggedTeacher


class Linear(TaggedTeacher):
    """Slides a window along all parameters whenever the student does well in it.

    The Oracle of Portelas et al. 2019 (arXiv:1910.07224), which must be told what is hard. Their
    window is 1/6 of each range and moves by 1/30 of it (of the height of stumps) when the mean of
    50 returns is above 230, which is 0.76 on their scale from -150 to 350.

    Attributes:
        position: Difficulty, from 0 to ``1 - width``, at which the window begins.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        directions: Sequence[int] | None = None,
        width: float = 1 / 6,
        step: float = 1 / 30,
        threshold: float = 0.76,
        episodes: int = 50,
        seed: int = 0,
    ) -> None:
        """Open the window at the easy end.

        Args:
            dimensions: d.
            directions: For each dimension +1 (harder upwards), -1 (harder downwards) or 0 (always
                open); None is +1 everywhere.
            width: Of the window, as a share of each range.
            step: By which it slides, as a share of each range.
            threshold: The mean score above which it slides.
            episodes: How many scores, of plays in this very window, the mean is taken of.
            seed: Of the generator.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, seed=seed)
        for name, value in (("width", width), ("threshold", threshold)):
            require_fraction(name, value)
        require_positive("width", width)
        require_positive("step", step)
        require_at_least("episodes", episodes, 1)
        self._directions = read_directions(directions, dimensions)
        self._width, self._step = width, step
        self._threshold = threshold
        self._scores: deque[float] = deque(maxlen=episodes)
        self._moves = 0

    @property
    def position(self) -> float:
        """Difficulty at which the window begins."""
        return min(self._moves * self._step, 1.0 - self._width)

    def regions(self) -> list[Region]:
        """The window."""
        return [box(*self._window(), 1.0)]

    def summary(self) -> dict[str, float]:
        """Where the window begins, and the mean score in it."""
        mean = float(np.mean(self._scores)) if self._scores else float("nan")
        return {"position": self.position, "window_score": mean}

    def state_dict(self) -> dict[str, Any]:
        """The generator, the open plays, the window and its scores."""
        return super().state_dict() | {"moves": self._moves, "scores": list(self._scores)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self._moves = state["moves"]
        self._scores = deque(state["scores"], self._scores.maxlen)

    def _window(self) -> tuple[FloatArray, FloatArray]:
        return slab(self.position, self.position + self._width, self._directions)

    def _choose(self) -> FloatArray:
        self._tag = self._moves
        return self.rng.uniform(*self._window())

    def _credit(self, episode: Episode, tag: int) -> None:
        # Plays of a former, easier window would push this one on.
        if tag != self._moves:
            return
        self._scores.append(episode.score)
        full = len(self._scores) == self._scores.maxlen
        if full and self.position < 1.0 - self._width and np.mean(self._scores) > self._threshold:
            self._moves += 1
            self._scores.clear()

"""ACCEL: robust level replay whose levels grow by small edits."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from dispatchlab.train.teachers.base import Episode, FloatArray, Level, Play
from dispatchlab.train.teachers.checks import (
    per_dimension,
    require,
    require_at_least,
    require_fraction,
)
from dispatchlab.train.teachers.level_buffer import as_level
from dispatchlab.train.teachers.plr import Plr

MOST_EDITS = 1000


class Editor(Protocol):
    """Whoever makes a similar level out of a level."""

    def edit(self, level: Level, rng: np.random.Generator) -> Level:
        """A changed copy."""
        ...


class LevelEditor:
    """Moves coordinates of the point, and adds, removes and replaces tokens of edits.

    A child has the seed of its parent, so that it is the same problem but for the edits.
    """

    def __init__(
        self,
        dimensions: int,
        steps: float | Sequence[float] = 0.1,
        edit_tokens: int = 0,
        *,
        num_edits: int = 3,
        token_share: float = 0.5,
        max_tokens: int = 16,
    ) -> None:
        """Describe the edits.

        Args:
            dimensions: d.
            steps: By how much a coordinate moves at most; one number is for all dimensions.
            edit_tokens: How many different tokens there are; 0: only coordinates are changed.
            num_edits: Edits at a time; 3 as for the vectors of ACCEL's walkers.
            token_share: Share of the edits that change a token, if both are possible.
            max_tokens: How many tokens a level may have.

        Raises:
            DispatchlabError: A setting is out of range, or there is nothing to edit.
        """
        require_at_least("edit_tokens", edit_tokens, 0)
        require(
            1 <= num_edits <= MOST_EDITS,
            f"num_edits is {num_edits} but must be between 1 and {MOST_EDITS}; change it.",
        )
        require_fraction("token_share", token_share)
        require_at_least("max_tokens", max_tokens, 1)
        require(
            dimensions > 0 or edit_tokens > 0,
            "A level without dimensions and tokens cannot be edited: give it one of them.",
        )
        self._steps = per_dimension("steps", steps, dimensions)
        self._edit_tokens, self._num_edits, self._max_tokens = edit_tokens, num_edits, max_tokens
        self._token_share = token_share if edit_tokens else 0.0
        if not dimensions:
            self._token_share = 1.0

    def edit(self, level: Level, rng: np.random.Generator) -> Level:
        """A changed copy."""
        point, tokens = list(level.point), list(level.edits)
        for _ in range(self._num_edits):
            if rng.random() < self._token_share:
                self._change(tokens, rng)
            else:
                self._move(point, rng)
        return level._replace(point=tuple(point), edits=tuple(sorted(tokens)))

    def _move(self, point: list[float], rng: np.random.Generator) -> None:
        dimension = int(rng.integers(len(point)))
        step = self._steps[dimension]
        point[dimension] = float(np.clip(point[dimension] + rng.uniform(-step, step), 0.0, 1.0))

    def _change(self, tokens: list[int], rng: np.random.Generator) -> None:
        token = int(rng.integers(self._edit_tokens))
        kinds = ["add"] if len(tokens) < self._max_tokens else []
        if tokens:
            kinds += ["remove", "replace"]
        kind = kinds[int(rng.integers(len(kinds)))]
        if kind != "add":
            del tokens[int(rng.integers(len(tokens)))]
        if kind != "remove":
            tokens.append(token)


class Accel(Plr):
    """Robust level replay with an editor (Parker-Holder et al. 2022, arXiv:2203.01302).

    After a replay an edited child of the level is played without learning from it, and enters the
    buffer if its score is good enough. New levels are best as simple as possible: the edits make
    them harder.
    """

    def __init__(
        self,
        dimensions: int,
        editor: Editor | None = None,
        *,
        edit_probability: float = 1.0,
        start_low: float | Sequence[float] = 0.0,
        start_high: float | Sequence[float] = 1.0,
        **options: Any,
    ) -> None:
        """Start with an empty buffer.

        Args:
            dimensions: d.
            editor: Makes the children; the default moves coordinates.
            edit_probability: How often a replayed level gets a child.
            start_low: Lowest corner of the box that new points are drawn from.
            start_high: Highest corner; the whole cube unless told, since which corner of it is the
                easy one depends on the problem.
            **options: Settings of `Plr`, except for ``robust``, and of `LevelBuffer`.

        Raises:
            DispatchlabError: A setting is out of range or unknown.
        """
        super().__init__(dimensions, **options | {"robust": True})
        require_fraction("edit_probability", edit_probability)
        self._low = per_dimension("start_low", start_low, dimensions)
        self._high = per_dimension("start_high", start_high, dimensions)
        require(
            bool((self._low <= self._high).all()),
            f"start_low is {start_low} but start_high is {start_high}; let it be no lower.",
        )
        self._editor = editor or LevelEditor(dimensions)
        self._edit_probability = edit_probability
        self._children: deque[Level] = deque()
        self._num_children = 0

    def observe(self, episodes: Sequence[Episode]) -> None:
        """Score levels like `Plr`, and edit those that were replayed."""
        super().observe(episodes)
        for episode in episodes:
            if episode.play.learns and self.rng.random() < self._edit_probability:
                self._children.append(self._editor.edit(episode.play.level, self.rng))

    def summary(self) -> dict[str, float]:
        """Like `Plr.summary`, and the share of plays of children."""
        return super().summary() | {"edit_share": self._num_children / max(self._num_plays, 1)}

    def state_dict(self) -> dict[str, Any]:
        """Like `Plr.state_dict`, and the children that are still to be played."""
        return super().state_dict() | {
            "children": [tuple(level) for level in self._children],
            "num_children": self._num_children,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self._children = deque(as_level(level) for level in state["children"])
        self._num_children = state["num_children"]

    def _play(self) -> Play:
        if not self._children:
            return super()._play()
        self._num_plays += 1
        self._num_children += 1
        return self._first(self._children.popleft())

    def _choose(self) -> FloatArray:
        return self.rng.uniform(self._low, self._high)

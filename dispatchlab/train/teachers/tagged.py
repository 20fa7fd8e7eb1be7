"""Teachers that must recall why they asked for a play when it has ended."""

from collections.abc import Mapping
from typing import Any

from dispatchlab.train.teachers.base import Episode, FloatArray, Level, Play, PointTeacher
from dispatchlab.train.teachers.bounded import MOST_OPEN, Bounded


class TaggedTeacher(PointTeacher):
    """A teacher of points that ties a tag to a play until its episode comes back.

    The point alone does not tell: other plays may share it, and what it stood for may have changed
    while the play was on its way. A subclass sets `_tag` in `_choose` (None for no tag) and learns
    in `_credit`, which is only called for plays with a tag.
    """

    def __init__(self, dimensions: int, *, seed: int = 0) -> None:
        """Start without open plays."""
        super().__init__(dimensions, seed=seed)
        self._tag: Any = None
        self._open: Bounded[Level, Any] = Bounded(MOST_OPEN)

    def state_dict(self) -> dict[str, Any]:
        """The generator and the open plays."""
        return super().state_dict() | {"open": list(self._open.items())}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self._open.clear()
        self._open.update((Level(*level), tag) for level, tag in state["open"])

    def _play(self) -> Play:
        play = super()._play()
        if self._tag is not None:
            self._open[play.level] = self._tag
        return play

    def _learn(self, point: FloatArray, episode: Episode) -> None:
        tag = self._open.pop(episode.play.level, None)
        if tag is not None:
            self._credit(episode, tag)

    def _credit(self, episode: Episode, tag: Any) -> None:  # noqa: ANN401 - whatever `_tag` was
        """Learn from a play that had a tag."""
        raise NotImplementedError

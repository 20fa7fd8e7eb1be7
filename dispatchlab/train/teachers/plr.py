"""Prioritised level replay: new levels, and old ones from which there is more to learn."""

from collections.abc import Mapping, Sequence
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.parts import find_part
from dispatchlab.train.teachers.base import Episode, FloatArray, Fragment, Level, Play, PointTeacher
from dispatchlab.train.teachers.bounded import MOST_OPEN, Bounded
from dispatchlab.train.teachers.checks import require, require_fraction
from dispatchlab.train.teachers.level_buffer import LevelBuffer, as_level
from dispatchlab.train.teachers.scores import SCORES

REPLAYS = ("fixed", "proportionate")


class Plr(PointTeacher):
    """Prioritised level replay.

    PLR is by Jiang et al. 2021 (arXiv:2010.03934), its robust form by Jiang et al. 2021
    (arXiv:2110.02439): there the student learns from replayed levels only, and new ones are merely
    judged. The defaults are those of JaxUED (Coward et al. 2024, arXiv:2403.13091); nothing is
    replayed before ``min_fill * capacity`` levels are known, so small runs want a small capacity.

    New levels are uniform points with fresh seeds, or come from a finite list. The levels of
    episodes that reach over several rollouts are scored once, at their end.

    Attributes:
        buffer: The levels to replay.
    """

    def __init__(
        self,
        dimensions: int,
        *,
        score: str = "max-mc",
        robust: bool = False,
        replay: str = "fixed",
        replay_probability: float = 0.8,
        min_fill: float = 0.5,
        peak: float = 0.0,
        levels: Sequence[Level] = (),
        seed: int = 0,
        **buffer_options: Any,
    ) -> None:
        """Start with an empty buffer.

        Args:
            dimensions: d.
            score: Name of the score of a level, see `SCORES`.
            robust: Whether new levels are only judged.
            replay: ``"fixed"``: a level is replayed with the given probability; ``"proportionate"``
                (PLR on a finite list): with the share of slots in use, at most the probability.
            replay_probability: That probability.
            min_fill: Share of slots in use below which nothing is replayed.
            peak: Weight of the largest term of a score, against their mean.
            levels: A finite list that new levels are drawn from, until none is left; the buffer
                has at most as many slots.
            seed: Of the generator.
            **buffer_options: Settings of `LevelBuffer`.

        Raises:
            DispatchlabError: A setting is out of range or unknown.
        """
        super().__init__(dimensions, seed=seed)
        require_fraction("replay_probability", replay_probability)
        require_fraction("min_fill", min_fill)
        require_fraction("peak", peak)
        find_part("replay", replay, dict.fromkeys(REPLAYS))
        require(
            len(set(levels)) == len(levels), "A level is twice in the list; give each level once."
        )
        if levels:
            most = buffer_options.get("capacity", len(levels))
            buffer_options["capacity"] = min(most, len(levels))
        self.buffer = LevelBuffer(**buffer_options)
        self._score = find_part("score", score, SCORES)
        self.wants_regret = self._score.wants_regret
        self.wants_fragments = self._score.wants_fragments
        self._robust, self._replay, self._peak = robust, replay, peak
        self._replay_probability, self._min_fill = replay_probability, min_fill
        self._listed = tuple(levels)
        self._open: Bounded[Level, int] = Bounded(MOST_OPEN)
        self._cut: dict[tuple[int, Level], list[Fragment]] = {}
        self._num_plays = self._num_replays = 0

    def observe(self, episodes: Sequence[Episode]) -> None:
        """Score their levels, if that takes nothing but the episodes."""
        if not self.wants_fragments:
            for episode in episodes:
                self._commit(episode, ())

    def on_rollout(self, fragments: Sequence[Fragment]) -> None:
        """Score the levels of the episodes that have ended, and keep the others' fragments.

        Raises:
            DispatchlabError: An episode ended without its record, or its score is not finite.
        """
        if not self.wants_fragments:
            return
        for fragment in fragments:
            whose = (fragment.environment, fragment.play.level)
            parts = [*self._cut.pop(whose, ()), fragment]
            if fragment.ends:
                self._commit(_record(fragment), parts)
            else:
                self._cut[whose] = parts

    def masses(self) -> list[dict[str, Any]]:
        """One row a level, for pictures: key, point, edits, score, staleness and mass."""
        return self.buffer.rows()

    def summary(self) -> dict[str, float]:
        """Fill, mean score and mean number of edits of the buffer, and the share of replays."""
        size = max(len(self.buffer), 1)
        return {
            "fill": self.buffer.fill,
            "mean_score": float(self.buffer.scores.sum()) / size,
            "mean_edits": sum(len(level.edits) for level in self.buffer.levels) / size,
            "replay_share": self._num_replays / max(self._num_plays, 1),
        }

    def state_dict(self) -> dict[str, Any]:
        """The generator, the buffer, the open plays and the fragments of open episodes."""
        return super().state_dict() | {
            "buffer": self.buffer.state_dict(),
            "open": [(tuple(level), drawn) for level, drawn in self._open.items()],
            "cut": [list(parts) for parts in self._cut.values()],
            "counts": (self._num_plays, self._num_replays),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self.buffer.load_state_dict(state["buffer"])
        self._open.clear()
        self._open.update((as_level(level), drawn) for level, drawn in state["open"])
        self._cut = {
            (parts[0].environment, parts[0].play.level): list(parts) for parts in state["cut"]
        }
        self._num_plays, self._num_replays = state["counts"]

    def _play(self) -> Play:
        self._num_plays += 1
        unseen = [
            level for level in self._listed if level not in self.buffer and level not in self._open
        ]
        if self._replays(bool(unseen)):
            self._num_replays += 1
            return Play(self.buffer.draw(self.rng))
        return self._first(self._new(unseen or self._listed))

    def _first(self, level: Level) -> Play:
        """The first play of a level."""
        self._open[level] = self.buffer.tick()
        return Play(level, learns=not self._robust)

    def _replays(self, has_unseen: bool) -> bool:
        """Whether the next play is a replay."""
        if not len(self.buffer):
            return False
        if self._listed and not has_unseen:
            return True
        chance = self._replay_probability
        if self._replay == "proportionate":
            chance = min(chance, self.buffer.fill)
        return self.buffer.fill >= self._min_fill and self.rng.random() < chance

    def _new(self, listed: Sequence[Level]) -> Level:
        if listed:
            return listed[int(self.rng.integers(len(listed)))]
        return super()._play().level

    def _choose(self) -> FloatArray:
        return self.rng.random(self.dimensions)

    def _commit(self, episode: Episode, fragments: Sequence[Fragment]) -> None:
        level = episode.play.level
        best = max(self.buffer.best_return(level), episode.episode_return)
        score = self._score.of(episode, fragments, best, self._peak)
        drawn = self._open.pop(level, self.buffer.clock)
        self.buffer.record(level, score, best_return=best, drawn=drawn)


def _record(fragment: Fragment) -> Episode:
    if fragment.episode is None:
        raise DispatchlabError(
            "A fragment ends its episode but has no record of it: set `Fragment.episode`."
        )
    return fragment.episode

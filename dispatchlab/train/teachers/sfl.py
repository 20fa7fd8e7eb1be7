"""Sampling for learnability: levels that the student solves now and then."""

from collections import deque
from collections.abc import Mapping
from typing import Any

from dispatchlab.train.teachers.base import Episode, FloatArray, Level, Play, PointTeacher
from dispatchlab.train.teachers.checks import require_at_least, require_fraction
from dispatchlab.train.teachers.level_buffer import as_level, level_row
from dispatchlab.train.teachers.scores import learnability


class Sfl(PointTeacher):
    """Sampling for learnability (Rutherford et al. 2024, NeurIPS).

    From time to time random levels are played several times without learning from them. Those with
    the highest variance p (1 - p) of success are kept, and until the next time part of the plays
    are of them, the others of fresh levels. While the last results of judging come in, the
    environments learn on what was kept before.

    The published numbers, for a simulator on an accelerator, are 25 000 candidates with up to 10
    plays each of which 1000 are kept, every 100 updates of 65 536 decisions, and half of the plays
    fresh. The defaults are ours and judge one episode for two that teach. A level that always or
    never succeeded is not kept (ours).
    """

    wants_regret = True

    def __init__(
        self,
        dimensions: int,
        *,
        num_candidates: int = 256,
        rollouts_per_candidate: int = 4,
        num_kept: int = 32,
        period: int = 2048,
        fresh_share: float = 0.5,
        seed: int = 0,
    ) -> None:
        """Start with judging.

        Args:
            dimensions: d.
            num_candidates: Random levels that are judged each time.
            rollouts_per_candidate: Plays of each.
            num_kept: How many are kept at most.
            period: Learning episodes between two times of judging.
            fresh_share: Share of the plays that are of fresh levels.
            seed: Of the generator.

        Raises:
            DispatchlabError: A setting is out of range.
        """
        super().__init__(dimensions, seed=seed)
        require_at_least("num_candidates", num_candidates, 1)
        require_at_least("rollouts_per_candidate", rollouts_per_candidate, 2)
        require_at_least("num_kept", num_kept, 1)
        require_at_least("period", period, 1)
        require_fraction("fresh_share", fresh_share)
        self._num_candidates, self._rollouts = num_candidates, rollouts_per_candidate
        self._num_kept, self._period, self._fresh_share = num_kept, period, fresh_share
        self._queue: deque[Level] = deque()
        self._outcomes: dict[Level, list[bool]] = {}
        self._judging = False
        self._learned = self._rounds = 0
        self._kept: list[tuple[Level, float]] = []
        self._success = 0.0
        self._start_judging()

    def masses(self) -> list[dict[str, Any]]:
        """One row a kept level: key, point, edits, score (learnability), staleness, mass."""
        mass = (1.0 - self._fresh_share) / max(len(self._kept), 1)
        return [level_row(level, score, 0.0, mass) for level, score in self._kept]

    def summary(self) -> dict[str, float]:
        """What judging found the last time, how often it was done, and whether it is going on."""
        size = max(len(self._kept), 1)
        return {
            "fill": len(self._kept) / self._num_kept,
            "mean_score": sum(score for _, score in self._kept) / size,
            "candidate_success": self._success,
            "rounds": float(self._rounds),
            "judging": float(self._judging),
        }

    def state_dict(self) -> dict[str, Any]:
        """The generator, the kept levels and how far judging is."""
        return super().state_dict() | {
            "queue": [tuple(level) for level in self._queue],
            "outcomes": [(tuple(level), list(seen)) for level, seen in self._outcomes.items()],
            "kept": [(tuple(level), score) for level, score in self._kept],
            "progress": (self._judging, self._learned, self._rounds, self._success),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        super().load_state_dict(state)
        self._queue = deque(as_level(level) for level in state["queue"])
        self._outcomes = {as_level(level): list(seen) for level, seen in state["outcomes"]}
        self._kept = [(as_level(level), score) for level, score in state["kept"]]
        self._judging, self._learned, self._rounds, self._success = state["progress"]

    def _play(self) -> Play:
        if self._queue:
            return Play(self._queue.popleft(), learns=False)
        if self._kept and self.rng.random() >= self._fresh_share:
            return Play(self._kept[int(self.rng.integers(len(self._kept)))][0])
        return super()._play()

    def _choose(self) -> FloatArray:
        return self.rng.random(self.dimensions)

    def _learn(self, point: FloatArray, episode: Episode) -> None:
        if episode.play.learns:
            self._learned += not self._queue
        elif episode.play.level in self._outcomes:
            self._outcomes[episode.play.level].append(episode.success)
        # Plays may get lost with their environment, so judging does not wait for ever.
        if self._judging and (self._is_complete() or self._learned >= self._period):
            self._finish_judging()
        elif self._learned >= self._period:
            self._start_judging()

    def _is_complete(self) -> bool:
        if self._queue:
            return False
        return all(len(seen) >= self._rollouts for seen in self._outcomes.values())

    def _start_judging(self) -> None:
        levels = [super(Sfl, self)._play().level for _ in range(self._num_candidates)]
        self._outcomes = {level: [] for level in levels}
        self._queue = deque(level for level in levels for _ in range(self._rollouts))
        self._judging, self._learned = True, 0

    def _finish_judging(self) -> None:
        rates = {level: sum(seen) / len(seen) for level, seen in self._outcomes.items() if seen}
        scored = [(level, float(learnability(rate))) for level, rate in rates.items()]
        learnable = sorted((row for row in scored if row[1] > 0.0), key=lambda row: -row[1])
        self._kept = learnable[: self._num_kept]
        self._success = sum(rates.values()) / max(len(rates), 1)
        self._outcomes = {}
        self._judging, self._learned = False, 0
        self._rounds += 1

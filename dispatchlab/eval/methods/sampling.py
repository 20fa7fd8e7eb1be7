"""Sampling: schedules of one instance drawn from a policy, batch after batch."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.eval.methods.player import Player

if TYPE_CHECKING:
    from dispatchlab.envs.core.schedule import Schedule


class Sampling:
    """Samples of the expectation of an instance, of which the best counts.

    A sample that cannot beat the best one any more is not played to its end. The samples are the
    same whatever the sizes of the batches; which of equally good ones is kept is not.

    Args:
        player: Plays.
        encoding: The instance.
        seed: Of the samples.
        temperature: Divides the logits; smaller is greedier.
        record: Objective to beat, if there is one.
        expired: Whether it is too late to go on; what is being played then is lost.

    Attributes:
        taken: Samples begun so far.
        best: The best schedule of those that beat the record, or None.
        objective: Its objective, or the record.
        objectives: Objective of each sample, and of the greedy schedule if it was taken; infinite
            where it was not played to its end.
        decisions: Decisions of the longest episode.
        initial_bound: Lower bound of the instance, before any decision.
    """

    def __init__(
        self, player: Player, encoding: CpEncoding, *, seed: int = 0, temperature: float = 1.0,
        record: float = np.inf, expired: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        """Begin without samples."""
        self._player, self._encoding, self._expired = player, encoding, expired
        self._seed, self._temperature = seed, temperature
        self.taken = self.decisions = 0
        self.best: Schedule | None = None
        self.objective = record
        self.objectives: list[float] = []
        self.initial_bound = 0.0

    def take(self, rows: int) -> None:
        """Draw samples in one batch.

        Args:
            rows: How many.
        """
        from dispatchlab.agents import sample

        self._play(
            rows, sample, seed=self._seed, temperature=self._temperature, first=self.taken
        )  # fmt: skip
        self.taken += rows

    def take_greedy(self) -> None:
        """Take the most probable actions once; this is not one of the samples."""
        from dispatchlab.agents import greedy

        self._play(1, greedy, seed=self._seed)

    def _play(self, rows: int, search: Callable[..., Any], **options: Any) -> None:
        from dispatchlab.agents import Contest

        env = self._player.environment((self._encoding, None), rows)
        contest = Contest.of_one(rows, record=self.objective, expired=self._expired)
        found = search(self._player.policy, env, contest=contest, **options)
        dynamics = env.episodes.dynamics
        self.decisions = max(self.decisions, int(dynamics.decisions().max()))
        self.initial_bound = float(dynamics.initial_bound()[0])
        self.objectives += found.objectives.tolist()
        if found.objective < self.objective:
            self.best, self.objective = found.schedule, found.objective

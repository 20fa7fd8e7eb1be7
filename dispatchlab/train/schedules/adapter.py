"""A schedule in the form that stable-baselines3 asks for."""

from collections.abc import Callable
from typing import Any

from dispatchlab.train.schedules.base import Schedule


class ScheduledRate:
    """The ``learning_rate`` of an algorithm of stable-baselines3.

    That library calls it before each update and overwrites the optimizer's rate, so a scheduler of
    torch would have no effect.

    Attributes:
        steps: Where the decisions so far come from if not from the progress: set it to
            ``lambda: model.num_timesteps`` where ``learn`` is called several times. It is not
            pickled.
    """

    def __init__(
        self, schedule: Schedule, peak: float, total: float,
        steps: Callable[[], float] | None = None,
    ) -> None:  # fmt: skip
        """Look at the first rate, so that a schedule that cannot be had fails here.

        Args:
            schedule: The schedule.
            peak: Its largest rate.
            total: Decisions of the whole run.
            steps: See the attribute.

        Raises:
            DispatchlabError: The schedule has none.
        """
        self.schedule, self.peak, self.total, self.steps = schedule, peak, total, steps
        schedule.rate(peak, 0, total)

    def __call__(self, progress_remaining: float) -> float:
        """The rate when a share of the run is left."""
        if self.steps is not None:
            return float(self.schedule.rate(self.peak, self.steps(), self.total))
        done = round((1.0 - progress_remaining) * self.total)
        return float(self.schedule.rate(self.peak, done, self.total))

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what may hold the whole algorithm."""
        return self.__dict__ | {"steps": None}

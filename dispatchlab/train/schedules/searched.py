"""A schedule whose rates are searched while training goes on: how the search goes."""

import math
from dataclasses import asdict, dataclass
from typing import ClassVar

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.schedules.forecast import LEAST_LOSSES

MOST_TRIALS = 100
LEAST_RATE = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoLrsConfig:
    """How the search goes.

    Attributes:
        low: Smallest rate.
        high: Largest rate.
        trials: Rates that are tried in a stage.
        first_stage: Steps of the first stage; each is twice as long as the one before.
        longest_stage: No stage is longer.
        share: Length of a trial as a share of the stage; none is shorter than five steps.
        seed: Of the search.
    """

    low: float = 1e-5
    high: float = 1e-1
    trials: int = 10
    first_stage: int = 1000
    longest_stage: int = 8000
    share: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not LEAST_RATE <= self.low < self.high:
            raise DispatchlabError(
                f"low is {self.low} and high {self.high}: give rates of at least {LEAST_RATE}, the "
                "lower one first."
            )
        if not 0 < self.share <= 1:
            raise DispatchlabError(f"share is {self.share}: give a number above 0, at most 1.")
        if not 2 <= self.trials <= MOST_TRIALS:
            raise DispatchlabError(f"trials is {self.trials}: give 2 to {MOST_TRIALS}.")
        if self.first_stage < LEAST_LOSSES:
            raise DispatchlabError(
                f"first_stage is {self.first_stage}: give {LEAST_LOSSES} at least, so many losses "
                "tell where training is heading."
            )
        if self.longest_stage < self.first_stage:
            raise DispatchlabError(
                f"longest_stage is {self.longest_stage}, but first_stage {self.first_stage}: give "
                "a longer longest_stage or a shorter first_stage."
            )


@dataclass(frozen=True, kw_only=True)
class Searched:
    """Searched while training goes on (AutoLRS), with Bayesian optimisation.

    The run is cut into stages. Each begins with trials that train a little with one rate between
    ``low`` and the largest, forecast the loss (minus the mean reward) at its end, and are taken
    back; their decisions do not count. Lengths are counted in updates, each of which follows
    num_envs * n_steps decisions and gives one loss. With the defaults the trials take as long as
    the training itself, and longer in a run of fewer than 50 updates: 50 updates of trials a stage.
    Experimental: forecasts want losses that fall smoothly, which returns seldom do.

    Attributes:
        low: Smallest rate.
        trials: Rates that are tried in a stage.
        first_stage: Updates of the first stage; each is twice as long as the one before.
        longest_stage: No stage is longer.
        share: Length of a trial as a share of the stage; none is shorter than five updates.
    """

    source: ClassVar[str] = "searched during the run (Jin et al. 2021, arXiv:2105.10762)"

    low: float = 1e-5
    trials: int = 10
    first_stage: int = 100
    longest_stage: int = 800
    share: float = 0.1

    def __post_init__(self) -> None:
        """Check the ranges that do not depend on the largest rate."""
        if not self.low >= LEAST_RATE:
            raise DispatchlabError(f"low is {self.low}: give a rate of at least {LEAST_RATE}.")
        self.config(peak=math.inf, seed=0)

    def config(self, peak: float, seed: int) -> AutoLrsConfig:
        """The search of a run.

        Args:
            peak: The largest rate.
            seed: Of the search.

        Returns:
            The settings.

        Raises:
            DispatchlabError: A value is out of range.
        """
        if not self.low < peak:
            raise DispatchlabError(
                f"low of the schedule 'autolrs' is {self.low} but learning_rate, the largest rate, "
                f"is {peak}: give a smaller low or a larger learning_rate."
            )
        return AutoLrsConfig(**asdict(self), high=peak, seed=seed)

    def rate(self, peak: float, done: float, total: float) -> float:
        """The largest rate; a run takes those that its search finds."""
        self.config(peak, seed=0)
        return peak

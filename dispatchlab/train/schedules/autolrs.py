"""AutoLrs: a learning rate that is searched for while training goes on."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dispatchlab.train.schedules.forecast import LEAST_LOSSES, forecast
from dispatchlab.train.schedules.rate_search import Tried, suggest_rate
from dispatchlab.train.schedules.searched import AutoLrsConfig


class Trainee(Protocol):
    """Something that can be trained, and taken back."""

    def save(self) -> Any:  # noqa: ANN401 - whatever restore takes
        """Weights, optimizer and whatever else decides how training goes on."""
        ...

    def restore(self, state: Any) -> None:  # noqa: ANN401 - whatever save gave
        """Go back to where `save` was called."""
        ...

    def train_for(self, steps: int, rate: float) -> npt.NDArray[np.float64]:
        """Train with one rate; the losses, one a step, lower is better."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage whose rate is known.

    Attributes:
        steps: Its length.
        rate: The rate of its training.
        tried: Rates and the losses that they were expected to lead to; infinite where training
            broke down. Empty if the stage was too short to try any.
    """

    steps: int
    rate: float
    tried: tuple[Tried, ...]

    @property
    def is_chosen(self) -> bool:
        """Whether its rate was better than another one."""
        return len({loss for _, loss in self.tried}) > 1


class AutoLrs:
    """Search for the learning rate of each stage of training (Jin et al., arXiv:2105.10762).

    A stage begins with trials: each trains a little with one rate, its loss at the end of the stage
    is forecast, and training is taken back. Then the stage is trained with the best rate. With the
    defaults the trials cost as much as the training itself, and more where stages are so short that
    a trial takes more than its share. Experimental: the forecast wants losses that fall smoothly,
    which returns of reinforcement learning seldom do. It deviates from the paper in the acquisition
    function, which is that of optuna, and in the smoothing of the losses, and it forecasts one loss
    throughout, where the paper goes over to a validation loss.

    Attributes:
        stages: Those whose rate is known.
        trials: Those of the next stage, if its search was cut short.
    """

    def __init__(
        self,
        config: AutoLrsConfig | None = None,
        suggest: Callable[[Sequence[Tried], float, float, int], float] = suggest_rate,
    ) -> None:
        """Begin before the first stage.

        Args:
            config: How the search goes.
            suggest: Chooses the next rate: gets what was tried, the bounds and a seed.
        """
        self.config = config or AutoLrsConfig()
        self.stages: list[Stage] = []
        self.trials: list[Tried] = []
        self._suggest = suggest

    @property
    def steps(self) -> int:
        """Steps of all stages, without the trials."""
        return sum(stage.steps for stage in self.stages)

    def choose(
        self, trainee: Trainee, most: int | None = None, is_late: Callable[[], bool] = bool
    ) -> Stage | None:
        """Search the rate of the next stage; afterwards training is where it was.

        A stage too short for a trial keeps the rate before it, and so does one whose trials all
        lead to the same loss. Before the first stage that is the largest rate, or, where all rates
        break training, the smallest that was tried.

        Args:
            trainee: What is trained.
            most: Steps that are left, if not many.
            is_late: Asked after each trial whether to go on another time.

        Returns:
            The stage, which is yet to be trained; None if it is too late to find its rate.
        """
        config = self.config
        steps = min(config.first_stage * 2 ** len(self.stages), config.longest_stage)
        steps = max(1, min(steps, steps if most is None else most))
        short = max(LEAST_LOSSES, round(config.share * steps))
        if short <= steps and not self._try_rates(trainee, short, steps / short, is_late):
            return None
        stage = Stage(steps, self._best(self.trials), tuple(self.trials))
        self.stages.append(stage)
        self.trials = []
        return stage

    def _try_rates(
        self, trainee: Trainee, short: int, horizon: float, is_late: Callable[[], bool]
    ) -> bool:
        """Trials of so many steps, whose losses are those after so many of their lengths.

        False if some are left.
        """
        config, start, tried = self.config, trainee.save(), self.trials
        for trial in range(len(tried), config.trials):
            seed = int(np.random.SeedSequence(self._key(trial)).generate_state(1)[0])
            rate = self._suggest(_finite(tried), config.low, config.high, seed)
            tried.append((rate, forecast(trainee.train_for(short, rate), horizon)))
            trainee.restore(start)
            if is_late() and len(tried) < config.trials:
                return False
        return True

    def _best(self, tried: Sequence[Tried]) -> float:
        """The rate with the least loss, or the one before if there is no such rate."""
        losses = {loss for _, loss in tried}
        if len(losses) > 1:
            return min(tried, key=lambda pair: pair[1])[0]
        if self.stages:
            return self.stages[-1].rate
        return min(rate for rate, _ in tried) if losses == {math.inf} else self.config.high

    def play_stage(self, trainee: Trainee, most: int | None = None) -> Stage:
        """Search, then train a stage.

        Args:
            trainee: What is trained.
            most: Steps that are left, if not many.

        Returns:
            What was done.
        """
        stage = self.choose(trainee, most)
        assert stage is not None  # nobody is late
        trainee.train_for(stage.steps, stage.rate)
        return stage

    def play(self, trainee: Trainee, total: int) -> list[Stage]:
        """Stages until so many steps are trained; the last one ends there."""
        while self.steps < total:
            self.play_stage(trainee, total - self.steps)
        return self.stages

    def state_dict(self) -> dict[str, Any]:
        """Everything that decides the next stage, between two stages."""
        return {"stages": [asdict(stage) for stage in self.stages], "trials": list(self.trials)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self.stages = [
            Stage(row["steps"], row["rate"], tuple((rate, loss) for rate, loss in row["tried"]))
            for row in state["stages"]
        ]
        self.trials = [(rate, loss) for rate, loss in state.get("trials", ())]

    def _key(self, trial: int) -> list[int]:
        """Where the seed of a trial comes from."""
        return [self.config.seed, len(self.stages), trial]


def _finite(tried: Sequence[Tried]) -> list[Tried]:
    """The same with rates that broke training a little worse than the worst of the others.

    Any fixed large number would make all others look alike to a Gaussian process.
    """
    finite = [loss for _, loss in tried if math.isfinite(loss)] or [0.0]
    broken = max(finite) + (max(finite) - min(finite) or 1.0)
    return [(rate, loss if math.isfinite(loss) else broken) for rate, loss in tried]

"""TuneResult: what a study came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatchlab.train.config import TrainConfig
from dispatchlab.tune.outcome import COMPLETE
from dispatchlab.tune.settings import TuneSettings


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial that has ended.

    Attributes:
        number: Its number.
        state: ``"complete"``, ``"pruned"`` or ``"failed"``.
        score: Validation score, the last one if it was pruned; None if it failed.
        params: What was searched.
        validations: How many times it was judged.
        seconds: Wall time of training.
        message: Why it failed.
    """

    number: int
    state: str
    score: float | None
    params: Mapping[str, Any]
    validations: int
    seconds: float
    message: str


@dataclass(frozen=True, slots=True)
class TuneResult:
    """What a study came to.

    Attributes:
        path: Its folder.
        settings: What was searched, and how.
        higher_is_better: Which way scores go.
        base: Score of the base settings, trained like a trial; None if they failed.
        trials: All trials, by number.
        importances: How much the best scores depend on each setting; they sum to one. Empty with
            fewer than ten trials that were trained to their end.
    """

    path: Path
    settings: TuneSettings
    higher_is_better: bool
    base: float | None
    trials: Sequence[Tried]
    importances: Mapping[str, float]

    @property
    def ranking(self) -> list[Tried]:
        """Trials that were trained to their end, the best first and the first of equals."""
        ended = [trial for trial in self.trials if trial.state == COMPLETE]
        sign = -1.0 if self.higher_is_better else 1.0
        return sorted(ended, key=lambda trial: sign * (trial.score or 0.0))

    @property
    def best(self) -> Tried | None:
        """The first of the ranking; None if no trial was trained to its end."""
        return next(iter(self.ranking), None)

    @property
    def base_is_best(self) -> bool:
        """Whether no trial beats the base settings."""
        best = self.best
        if self.base is None or best is None or best.score is None:
            return False
        return self.base >= best.score if self.higher_is_better else self.base <= best.score

    @property
    def best_config(self) -> TrainConfig | None:
        """What to train with: the best trial, or the base settings if no trial beats them."""
        if self.best is None:
            return None
        return self.settings.best_config({} if self.base_is_best else self.best.params)

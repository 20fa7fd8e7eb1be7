"""run_trial: one training run of a study, wherever it is played."""

import io
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import torch
from filelock import FileLock
from optuna.trial import FrozenTrial
from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter

from dispatchlab.envs.core.errors import CheckpointError, first_line
from dispatchlab.train.checkpoint import read_checkpoint
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.folder import RunFolder
from dispatchlab.train.result import RunResult
from dispatchlab.train.run import train
from dispatchlab.tune.outcome import COMPLETE, FAILED, PRUNED, Outcome, read_outcome
from dispatchlab.tune.search import judge, marks_of
from dispatchlab.tune.settings import TuneSettings

AGENT = "greedy"  # the score that trials are compared by


@dataclass(frozen=True, slots=True)
class TrialTask:
    """A trial that is to be played.

    Attributes:
        number: Its number, or -1 for the base itself.
        folder: Its run folder.
        settings: The study.
        params: What was searched.
        before: Trials that it is compared to.
        asked: Parameters of the trials of its round that were chosen before it.
    """

    number: int
    folder: Path
    settings: TuneSettings
    params: Mapping[str, Any]
    before: Sequence[FrozenTrial] = ()
    asked: Sequence[Mapping[str, Any]] = ()


def run_trial(task: TrialTask) -> Outcome:
    """Play a trial to its end, or go on where it was left; one that has ended is not repeated.

    Args:
        task: The trial.

    Returns:
        What became of it.
    """
    task.folder.parent.mkdir(parents=True, exist_ok=True)
    # A worker whose study was killed may live a moment longer than the study.
    with FileLock(task.folder.with_name(f".{task.folder.name}.lock")):
        outcome = read_outcome(task.folder)
        if outcome is None:
            outcome = _play(task)
            outcome.write(task.folder)
    return outcome


def _play(task: TrialTask) -> Outcome:
    """Train; settings that clash and numbers that overflow make a trial fail, not the study."""
    reporter = Reporter(task)
    try:
        config = task.settings.trial_config().updated(task.params)
        result = _train(config, task.folder, reporter)
    except optuna.TrialPruned:
        return reporter.outcome(PRUNED)
    except (ValueError, ArithmeticError, RuntimeError) as error:
        if isinstance(error.__cause__, OSError) or isinstance(error, torch.OutOfMemoryError):
            raise  # the machine's fault, not that of the settings: the trial is repeated
        return reporter.outcome(FAILED, message=first_line(error))
    reporter.seconds = result.seconds
    (scores,) = result.scores.values()
    if not math.isfinite(scores[AGENT]):
        return reporter.outcome(FAILED, message=f"The score is {scores[AGENT]}.")
    return reporter.outcome(COMPLETE, score=scores[AGENT])


def _train(config: TrainConfig, path: Path, reporter: "Reporter") -> RunResult:
    """Begin a run, or continue it from its checkpoint."""
    folder = RunFolder(path)
    quiet = Console(file=io.StringIO())
    if folder.checkpoint.exists():
        try:
            reporter.replay(folder)
            return train(config, path, resume=True, callbacks=[ReportTo(reporter)], console=quiet)
        except CheckpointError:
            reporter.forget()
    shutil.rmtree(path, ignore_errors=True)
    return train(config, path, callbacks=[ReportTo(reporter)], console=quiet)


class Reporter(KVWriter):
    """Hears the validation scores of a run, and ends it where the pruner says so.

    Attributes:
        curve: Scores by validation.
        seconds: Wall time of the run so far.
    """

    def __init__(self, task: TrialTask) -> None:
        """Know the trials that this one is compared to."""
        self._task = task
        self.forget()

    def forget(self) -> None:
        """Begin again."""
        task = self._task
        self.seconds = 0.0
        self.curve: dict[int, float] = {}
        self._trial: optuna.Trial | None = None
        if task.number >= 0:
            self._trial = judge(task.settings, task.before, [*task.asked, task.params])

    def replay(self, folder: RunFolder) -> None:
        """Hear what an earlier sitting has reported.

        Args:
            folder: Of the run, which has a checkpoint.

        Raises:
            CheckpointError: It cannot be read.
        """
        self.seconds = read_checkpoint(folder.checkpoint)["seconds"]
        if not folder.eval.exists():
            return
        for point in json.loads(folder.eval.read_text(encoding="utf-8"))["curve"]:
            (scores,) = point["scores"].values()
            self._hear(point["timesteps"], scores[AGENT])

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Hear what a run logs.

        Args:
            key_values: Numbers by name.
            key_excluded: Not used.
            step: Decisions so far.

        Raises:
            TrialPruned: The trial is not worth more of them.
        """
        self.seconds = key_values.get("time/seconds", self.seconds)
        for key, value in key_values.items():
            if key.startswith("eval/") and key.endswith(f"/{AGENT}"):
                self._hear(step, float(value))

    def close(self) -> None:
        """There is nothing to close."""

    def outcome(self, state: str, *, score: float | None = None, message: str = "") -> Outcome:
        """What became of the trial.

        Args:
            state: How it ended.
            score: At the end; by default the last one heard of a trial that was pruned.
            message: Why it failed.

        Returns:
            The outcome.
        """
        if state == PRUNED:
            score = self.curve[max(self.curve)]
        marks = {} if self._trial is None else marks_of(self._trial)
        curve = {step: value for step, value in self.curve.items() if math.isfinite(value)}
        return Outcome(self._task.number, state, score, curve, marks, self.seconds, message)

    def _hear(self, timesteps: int, score: float) -> None:
        """A validation score; what was known before training counts for nothing."""
        settings = self._task.settings
        every = settings.trial_config().eval_every
        step = min(timesteps // every, settings.evaluations)
        if not step or step in self.curve:
            return
        self.curve[step] = score
        if self._trial is None:
            return
        self._trial.report(score, step)
        if step < settings.evaluations and self._trial.should_prune():
            raise optuna.TrialPruned


class ReportTo(BaseCallback):
    """Lets a reporter hear what a run logs."""

    def __init__(self, reporter: Reporter) -> None:
        """Keep the reporter."""
        super().__init__()
        self._reporter = reporter

    def _on_training_start(self) -> None:
        """Join the files that the run writes."""
        self.logger.output_formats.append(self._reporter)

    def _on_step(self) -> bool:
        """Go on."""
        return True

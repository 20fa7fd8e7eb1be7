"""RunCallback: what happens between two rollouts: logging, validation, checkpoints, stopping."""

import time
from collections.abc import Callable
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import safe_mean

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.display import Display
from dispatchlab.train.validation import Scores, Validation

Point = dict[str, Any]


class RunCallback(BaseCallback):
    """Works at the boundary of two rollouts, where the state of a run is smallest.

    Attributes:
        curve: Validation so far: ``{"timesteps": ..., "scores": ...}``.
        stopped: Whether the time limit has come.
        done: Decisions up to the last boundary, or -1 before the first.
        saved: Decisions in the last checkpoint, or -1 before the first.
    """

    def __init__(
        self,
        config: TrainConfig,
        validation: Validation,
        display: Display,
        save: Callable[["RunCallback"], None],
        *,
        policy: LearnedPolicy,
        curve: list[Point],
        resumed_at: int,
        seconds: float,
        started: float,
    ) -> None:
        """Keep the parts.

        Args:
            config: Intervals and limits.
            validation: Scores the policy.
            display: Shows progress.
            save: Writes a checkpoint of the run.
            policy: The network in training, as a dispatcher.
            curve: Validation of earlier sittings.
            resumed_at: Decisions played in earlier sittings, or -1 in a new run.
            seconds: Wall time of earlier sittings.
            started: When this sitting began, by ``time.monotonic``.
        """
        super().__init__()
        self.curve = curve
        self.stopped = False
        self._config, self._validation, self._display = config, validation, display
        self._save, self._policy = save, policy
        self.done = resumed_at
        self._seconds_before = seconds
        self._started, self._iteration_started = started, time.monotonic()
        self._evaluated = curve[-1]["timesteps"] if curve else -1
        self.saved = resumed_at

    @property
    def seconds(self) -> float:
        """Wall time so far, over all sittings: preparations, training and validations."""
        return self._seconds_before + time.monotonic() - self._started

    def is_late(self) -> bool:
        """Whether this sitting has used up its time."""
        return 0 < 60.0 * self._config.max_minutes < time.monotonic() - self._started

    def stop(self) -> None:
        """End training between two rollouts, for want of time, with a checkpoint of all before."""
        self._save(self)
        self.saved = self.num_timesteps
        self.stopped = True

    def _on_rollout_start(self) -> None:
        """Between two rollouts; at the first of a resumed run everything is done already."""
        if self.num_timesteps != self.done:
            self._boundary(is_last=False)

    def _on_step(self) -> bool:
        """Move the progress bar; end training if the time is up."""
        self._display.advance(self.num_timesteps)
        return not self.stopped

    def _on_training_end(self) -> None:
        """After the last update."""
        if not self.stopped and self.num_timesteps != self.done:
            self._boundary(is_last=True)

    def _boundary(self, *, is_last: bool) -> None:
        """Log the iteration, validate, save and look at the clock."""
        self._log_iteration()
        if is_last or self._is_due(self._evaluated, self._config.eval_every):
            self._evaluate()
        self.logger.dump(self.num_timesteps)
        is_late = self.is_late() and not is_last
        if is_last or is_late or self._is_due(self.saved, self._config.checkpoint_every):
            self._save(self)
            self.saved = self.num_timesteps
        self.done = self.num_timesteps
        # The first step of the next rollout ends training; the checkpoint knows nothing of it.
        self.stopped = is_late

    def _is_due(self, last: int, every: int) -> bool:
        """Whether a multiple of the interval lies between the last time and now."""
        if last < 0:
            return True
        return passes_multiple(last, self.num_timesteps, every)

    def _log_iteration(self) -> None:
        """Record speed and episodes; the update has recorded its own numbers."""
        now = time.monotonic()
        played = self.num_timesteps - max(self.done, 0)
        if played:
            self.logger.record("time/fps", played / max(now - self._iteration_started, 1e-9))
        self.logger.record("time/seconds", self.seconds)
        self._iteration_started = now
        episodes = self.model.ep_info_buffer
        if episodes:
            self.logger.record("rollout/return", safe_mean([e["r"] for e in episodes]))
            self.logger.record("rollout/decisions", safe_mean([e["l"] for e in episodes]))

    def _evaluate(self) -> None:
        """Validate and add a point to the curve."""
        scores: Scores = self._validation.greedy(self._policy)
        self.curve.append({"timesteps": self.num_timesteps, "scores": scores})
        self._evaluated = self.num_timesteps
        for name, row in scores.items():
            for method, score in row.items():
                self.logger.record(f"eval/{name}/{method}", score)
        for line in self._validation.lines(scores):
            self._display.say(f"{self.num_timesteps:>9} decisions  {line}")


def passes_multiple(before: int, after: int, every: int) -> bool:
    """Whether a multiple of the interval was reached since before; never if it is 0."""
    return every > 0 and after // every > before // every

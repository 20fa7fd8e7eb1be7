"""Sitting: everything that is at work in a run, put together."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import KVWriter, Logger

from dispatchlab.agents.checkpoint import save_policy
from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.train.algorithm import make_model
from dispatchlab.train.callback import RunCallback
from dispatchlab.train.checkpoint import (
    capture,
    restore,
    write_checkpoint,
)
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.discounting import COLUMNS as DISCOUNT_COLUMNS
from dispatchlab.train.discounting import Discounting
from dispatchlab.train.display import Display
from dispatchlab.train.families import load_family
from dispatchlab.train.folder import RunFolder
from dispatchlab.train.interrupt import TrainingInterrupt
from dispatchlab.train.preparation import Preparation
from dispatchlab.train.result import RunResult
from dispatchlab.train.schedules.gradient_norms import GradientNorms
from dispatchlab.train.schedules.rate_callback import make_rate_search
from dispatchlab.train.teaching import Teaching
from dispatchlab.train.tracking import import_tracker, start_tracker
from dispatchlab.train.validation import Scores, Validation
from dispatchlab.train.warm_up import CriticWarmUp
from dispatchlab.train.writers import (
    PLAY_COLUMNS,
    UPDATE_COLUMNS,
    CsvWriter,
    TensorBoardWriter,
)

if TYPE_CHECKING:
    from dispatchlab.agents.network import GraphNetwork
    from dispatchlab.agents.sb3_env import NativeVecEnv
    from dispatchlab.train.distributed.remote_env import RemoteVecEnv
    from dispatchlab.train.teachers.bridge import TeacherVecEnv
    from dispatchlab.train.tracker import Tracker


class Sitting:
    """One sitting of a run, from its beginning or a checkpoint to its end or the time limit."""

    def __init__(
        self, config: TrainConfig, folder: RunFolder, state: dict[str, Any] | None,
        env: "NativeVecEnv | RemoteVecEnv", layout: dict[str, Any],
    ) -> None:  # fmt: skip
        """Build everything; writes nothing, so that a bad setting leaves no folder behind."""
        self.config, self.folder = config, folder
        import_tracker(config.track)
        self.tracker: Tracker | None = None
        family = load_family(config.family)
        if config.imitation_rounds:
            family.expert(config)
        self.validation = Validation(config)
        self.layout = layout
        self.env: NativeVecEnv | RemoteVecEnv | TeacherVecEnv = env
        self.teaching: Teaching | None = None
        if config.teacher:
            self.teaching = Teaching(config, cast("NativeVecEnv", env), self.layout)
            self.env = self.teaching.env
        self.model = make_model(config, self.env, self.layout)
        network = cast("GraphNetwork", self.model.policy.net)
        self.policy = LearnedPolicy(network, family=config.family, layout=self.layout)
        self.discounting: Discounting | None = None
        if config.discount:
            models = [self.model, *(self.teaching.others if self.teaching is not None else ())]
            known = None if state is None else state["discounting"]
            self.discounting = Discounting(config, self.policy, models, known)
        # The critic begins with the discount that PPO begins with.
        self.preparation = Preparation(replace(config, gamma=self.model.gamma), self.model)
        self.rates = make_rate_search(config, cast("NativeVecEnv", env))
        self.curve: list[dict[str, Any]] = []
        self.seconds, self.started = 0.0, time.monotonic()
        self.resumed_at = -1
        if state is not None:
            self._continue(state)

    def _continue(self, state: dict[str, Any]) -> None:
        """Go back to a checkpoint."""
        self.curve, self.seconds = state["curve"], state["seconds"]
        self.preparation.curve = state["first_curve"]
        if state["run"] is not None:
            restore(self.model, self.env, state["run"])
            if self.teaching is not None:
                self.teaching.load_state_dict(state["teaching"])
            if self.rates is not None:
                self.rates.load_state_dict(state["rates"])
            self.resumed_at = self.model.num_timesteps
        else:
            self.preparation.load_state_dict(state["labelling"])

    def track(self) -> None:
        """Begin or go on with the record at the tracking service of the config."""
        self.tracker = start_tracker(self.config, self.folder)

    def play(self, callbacks: Sequence[BaseCallback], console: Console | None) -> RunResult:
        """Train to the end or the time limit."""
        total = self.config.total_timesteps
        writers = self._writers()
        taught: list[BaseCallback] = []
        if self.teaching is not None:
            taught = self.teaching.callbacks(self.folder.curriculum, keep=self.resumed_at)
        self.model.set_logger(Logger(str(self.folder.path), writers))
        display = Display(total, max(self.resumed_at, 0), console)
        main = self._callback(display)
        try:
            with display:
                if self.tracker is not None:
                    self.tracker.say = display.say
                if self.resumed_at < 0 and not self._pre_train(main, display):
                    return self._finish(main, display)
                if self.resumed_at < 0 and self.teaching is not None:
                    self.teaching.begin(self.model)
                self.model.learn(
                    total - max(self.resumed_at, 0),
                    callback=CallbackList(
                        [
                            *self._measured(),
                            main,
                            CriticWarmUp(self.policy.network, self.config.critic_warm_up),
                            *self._searches(main, display),
                            *taught,
                            *callbacks,
                        ]
                    ),
                    log_interval=None,  # type: ignore[arg-type] # the callback logs
                    reset_num_timesteps=self.resumed_at < 0,
                )
                return self._finish(main, display)
        except BaseException as error:
            if self.tracker is not None:
                self.tracker.ended_by(error)
            if isinstance(error, KeyboardInterrupt):
                raise self._interrupt(main) from error
            raise
        finally:
            for writer in writers:
                writer.close()
            if self.teaching is not None:
                self.teaching.close()

    def _interrupt(self, main: RunCallback) -> TrainingInterrupt:
        """What is kept of a run that is stopped now."""
        path, timesteps = self.folder.path, self.model.num_timesteps
        if self.rates is not None and self.rates.is_searching:
            timesteps = max(main.done, 0)
        if timesteps or main.saved >= 0:
            return TrainingInterrupt(path, timesteps, max(main.saved, 0))
        return TrainingInterrupt(path, *self.preparation.reached())

    def _pre_train(self, main: RunCallback, display: Display) -> bool:
        """What comes before PPO; false if the time runs out."""

        def begin() -> None:
            write_checkpoint(self.folder.checkpoint, self._state(main))

        def score(decisions: int) -> Scores:
            scores = self.validation.greedy(self.policy)
            for line in self.validation.lines(scores):
                display.say(f"{decisions:>9} decisions  {line}")
            return scores

        def save() -> None:
            self._export(main, {})
            begin()

        main.stopped = not self.preparation.play(
            begin=begin, score=score, save=save, is_late=main.is_late, say=display.say
        )
        return not main.stopped

    def _measured(self) -> list[BaseCallback]:
        """What has to be done at a boundary before it is logged and saved."""
        return [GradientNorms(), *([self.discounting] if self.discounting is not None else [])]

    def _searches(self, main: RunCallback, display: Display) -> list[BaseCallback]:
        """The search of learning rates, if there is one."""
        if self.rates is None:
            return []
        self.rates.is_over = lambda: main.stopped
        self.rates.is_late, self.rates.stop = main.is_late, main.stop
        self.rates.say = display.say
        return [self.rates]

    def _callback(self, display: Display) -> RunCallback:
        """What happens between rollouts."""
        return RunCallback(
            self.config,
            self.validation,
            display,
            self._save,
            policy=self.policy,
            curve=self.curve,
            resumed_at=self.resumed_at,
            seconds=self.seconds,
            started=self.started,
        )

    def _save(self, callback: RunCallback) -> None:
        """Write the checkpoint between two rollouts, and what it is good for by now."""
        self._export(callback, {})
        run = capture(self.model, self.env)
        write_checkpoint(self.folder.checkpoint, self._state(callback, run))

    def _state(self, callback: RunCallback, run: dict[str, Any] | None = None) -> dict[str, Any]:
        """Content of a checkpoint; without a state of PPO it is of what comes before."""
        return {
            "config": self.config.to_dict(),
            "run": run,
            "labelling": self.preparation.state_dict() if run is None else None,
            "teaching": None if self.teaching is None else self.teaching.state_dict(),
            "discounting": None if self.discounting is None else self.discounting.state_dict(),
            "rates": None if self.rates is None else self.rates.state_dict(),
            "curve": callback.curve,
            "first_curve": self.preparation.curve,
            "seconds": callback.seconds,
        }

    def _export(self, callback: RunCallback, final: dict[str, dict[str, float]]) -> None:
        """Write policy, model and evaluation."""
        facts = {
            "family": self.config.family,
            "env": load_family(self.config.family).env_kwargs(self.config),
            "timesteps": callback.num_timesteps,
            "config": self.config.to_dict(),
            "scores": final,
            "units": {part.name: part.unit for part in self.validation.sets},
        }
        save_policy(self.folder.policy, self.model.policy, facts, layout=self.layout)
        draft = self.folder.model.with_name(".model.tmp.zip")
        try:
            self.model.save(draft)
            os.replace(draft, self.folder.model)
        finally:
            draft.unlink(missing_ok=True)
        before = self.preparation.curve
        curves = {"self_labelling": before} if before else {}
        curves["curve"] = callback.curve
        self.folder.write_eval({"sets": self.validation.describe(), **curves, "final": final})

    def _finish(self, callback: RunCallback, display: Display) -> RunResult:
        """Score the final policy; a run that was stopped by the clock is left as it is."""
        known = [*self.preparation.curve, *callback.curve]
        scores = known[-1]["scores"] if known else {}
        if callback.stopped:
            display.say("The time is up: continue with --resume.")
            if self.tracker is not None:
                self.tracker.pause()
        else:
            scores = self.validation.final(self.policy)
            self._export(callback, scores)
            for line in self.validation.lines(scores):
                display.say(f"final, {line}")
        return RunResult(
            self.folder.path, max(0, callback.done), not callback.stopped, callback.seconds, scores
        )

    def _writers(self) -> list[KVWriter]:
        """Table, TensorBoard and a service, without what a resumed run is going to repeat."""
        evaluated = [f"eval/{column}" for column in self.validation.columns()]
        more = DISCOUNT_COLUMNS if self.discounting is not None else ()
        columns = [*PLAY_COLUMNS, *evaluated, *UPDATE_COLUMNS, *more]
        writers: list[KVWriter] = [CsvWriter(self.folder.progress, columns, keep=self.resumed_at)]
        if self.config.tensorboard:
            writers.append(TensorBoardWriter(self.folder.events, keep=self.resumed_at))
        if self.tracker is not None:
            writers.append(self.tracker)
        return writers

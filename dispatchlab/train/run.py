"""train: the run loop around stable-baselines3."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import torch
from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.logger import KVWriter, Logger

from dispatchlab.agents.checkpoint import save_policy
from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.train.algorithm import make_model
from dispatchlab.train.callback import RunCallback
from dispatchlab.train.checkpoint import (
    capture,
    capture_random,
    restore,
    restore_random,
    write_checkpoint,
)
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.discounting import COLUMNS as DISCOUNT_COLUMNS
from dispatchlab.train.discounting import Discounting
from dispatchlab.train.display import Display
from dispatchlab.train.environments import training_envs
from dispatchlab.train.families import load_family
from dispatchlab.train.folder import RunFolder
from dispatchlab.train.interrupt import TrainingInterrupt
from dispatchlab.train.progress_table import TIMESTEPS
from dispatchlab.train.result import RunResult
from dispatchlab.train.schedules.gradient_norms import GradientNorms
from dispatchlab.train.schedules.rate_callback import make_rate_search
from dispatchlab.train.teaching import Teaching
from dispatchlab.train.tracking import import_tracker, start_tracker
from dispatchlab.train.validation import Validation
from dispatchlab.train.warm_up import (
    CriticWarmUp,
    SelfLabellingStage,
    imitate_expert,
    make_self_labelling,
)
from dispatchlab.train.writers import CsvWriter, TensorBoardWriter

if TYPE_CHECKING:
    from dispatchlab.agents.network import GraphNetwork
    from dispatchlab.agents.sb3_env import NativeVecEnv
    from dispatchlab.train.distributed.remote_env import RemoteVecEnv
    from dispatchlab.train.self_labelling import SelfLabelling
    from dispatchlab.train.teachers.bridge import TeacherVecEnv
    from dispatchlab.train.tracker import Tracker

_UPDATE_COLUMNS = (
    "learning_rate",
    "explained_variance",
    "value_loss",
    "policy_gradient_loss",
    "entropy_loss",
    "approx_kl",
    "clip_fraction",
    "gradient_norm",
)


def train(
    config: TrainConfig | None,
    out_dir: str | os.PathLike[str],
    *,
    resume: bool = False,
    callbacks: Sequence[BaseCallback] = (),
    console: Console | None = None,
) -> RunResult:
    """Train an agent and write a run folder.

    A run that was stopped, or killed at any point, continues from its last checkpoint and ends
    with the weights of an uninterrupted run, bit for bit (on one machine, with the CPU).

    Args:
        config: All settings; None with ``resume`` takes those of the run.
        out_dir: The run folder: new, or with ``resume`` the one to continue.
        resume: Continue a run.
        callbacks: More callbacks for stable-baselines3.
        console: Where progress is shown (standard error by default).

    Returns:
        Where the run is and how good its policy.

    Raises:
        DispatchlabError: The folder is taken or cannot be written.
        CheckpointError: There is nothing to continue, or it has other settings.
        TrainingInterrupt: Ctrl-C, of which it is told what is kept.
    """
    started = time.monotonic()
    folder = RunFolder(out_dir)
    state = None
    if resume:
        config, state = folder.open(config)
    else:
        config = config or TrainConfig()
    with (
        _own_globals(config.threads),
        training_envs(config, is_new=not resume) as (env, layout),
    ):
        run = _Run(config, folder, state, env, layout)
        run.started = started
        if not resume:
            folder.create(config)
        try:
            run.track()
            return run.play(callbacks, console)
        except BaseException:
            if not resume and not folder.checkpoint.exists():
                folder.undo_create()
            raise


@contextmanager
def _own_globals(threads: int) -> Iterator[None]:
    """Give torch's threads and the global generators back as they were."""
    before, random_state = torch.get_num_threads(), capture_random()
    if threads:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        restore_random(random_state)


class _Run:
    """The parts of a run: algorithm, environment and validation."""

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
        self.first = replace(config, gamma=self.model.gamma)
        self.rates = make_rate_search(config, cast("NativeVecEnv", env))
        self.curve: list[dict[str, Any]] = []
        self.seconds, self.started = 0.0, time.monotonic()
        self.resumed_at = -1
        self.first_curve: list[dict[str, Any]] = []
        self.first_saved = 0
        self.labelling: SelfLabelling | None = None
        if config.self_labelling_rounds:
            self.labelling = make_self_labelling(self.model.policy, self.first)
        if state is not None:
            self._continue(state)

    def _continue(self, state: dict[str, Any]) -> None:
        """Go back to a checkpoint."""
        self.curve, self.seconds = state["curve"], state["seconds"]
        self.first_curve = state["first_curve"]
        if state["run"] is not None:
            restore(self.model, self.env, state["run"])
            if self.teaching is not None:
                self.teaching.load_state_dict(state["teaching"])
            if self.rates is not None:
                self.rates.load_state_dict(state["rates"])
            self.resumed_at = self.model.num_timesteps
        elif state["labelling"] is not None and self.labelling is not None:
            self.labelling.load_state_dict(state["labelling"])
            self.first_saved = self.labelling.decisions

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
                            self._critic_warm_up(),
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
        labelling = self.labelling
        if timesteps or main.saved >= 0:
            return TrainingInterrupt(path, timesteps, max(main.saved, 0))
        if labelling is not None and labelling.rounds_done:
            return TrainingInterrupt(
                path, labelling.decisions, self.first_saved, stage="self-labelling"
            )
        stage = "imitation" if self.config.imitation_rounds else "training"
        return TrainingInterrupt(path, 0, 0, stage)

    def _pre_train(self, main: RunCallback, display: Display) -> bool:
        """What comes before PPO; false if the time runs out."""
        labelling = self.labelling
        if labelling is None or not labelling.rounds_done:
            write_checkpoint(self.folder.checkpoint, self._state(main))
            if self.config.imitation_rounds:
                # A run that dies here begins again when it is resumed.
                imitate_expert(self.model.policy, self.first, display.say)
        if labelling is None:
            return True

        def validate(decisions: int) -> None:
            scores = self.validation.greedy(self.policy)
            self.first_curve.append({"decisions": decisions, "scores": scores})
            for line in self.validation.lines(scores):
                display.say(f"{decisions:>9} decisions  {line}")

        stage = SelfLabellingStage(
            labelling,
            self.config,
            validate=validate,
            save=lambda: self._save_first(main),
            is_late=main.is_late,
            say=display.say,
        )
        main.stopped = not stage.play()
        return not main.stopped

    def _measured(self) -> list[BaseCallback]:
        """What has to be done at a boundary before it is logged and saved."""
        return [GradientNorms(), *([self.discounting] if self.discounting is not None else [])]

    def _searches(self, main: RunCallback, display: Display) -> list[BaseCallback]:
        """The search of learning rates, if there is one."""
        if self.rates is None:
            return []
        self.rates.is_over = lambda: main.stopped
        self.rates.say = display.say
        return [self.rates]

    def _critic_warm_up(self) -> CriticWarmUp:
        """What is frozen at first."""
        config = self.config
        network = self.policy.network
        return CriticWarmUp(network, config.critic_warm_up)

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
        write_checkpoint(self.folder.checkpoint, self._state(callback, run=run))

    def _save_first(self, callback: RunCallback) -> None:
        """The same in self-labelling."""
        self._export(callback, {})
        labelling = self.labelling.state_dict() if self.labelling is not None else None
        write_checkpoint(self.folder.checkpoint, self._state(callback, labelling=labelling))
        self.first_saved = self.labelling.decisions if self.labelling is not None else 0

    def _state(
        self,
        callback: RunCallback,
        *,
        run: dict[str, Any] | None = None,
        labelling: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Content of a checkpoint; with neither stage the run begins again from there."""
        return {
            "config": self.config.to_dict(),
            "run": run,
            "labelling": labelling,
            "teaching": None if self.teaching is None else self.teaching.state_dict(),
            "discounting": None if self.discounting is None else self.discounting.state_dict(),
            "rates": None if self.rates is None else self.rates.state_dict(),
            "curve": callback.curve,
            "first_curve": self.first_curve,
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
        curves = {"self_labelling": self.first_curve} if self.first_curve else {}
        curves["curve"] = callback.curve
        self.folder.write_eval({"sets": self.validation.describe(), **curves, "final": final})

    def _finish(self, callback: RunCallback, display: Display) -> RunResult:
        """Score the final policy; a run that was stopped by the clock is left as it is."""
        known = [*self.first_curve, *callback.curve]
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
        """CSV, TensorBoard and a service, without what a resumed run is going to repeat."""
        columns = [TIMESTEPS, "time/seconds", "time/fps", "rollout/return", "rollout/decisions"]
        columns += [f"eval/{column}" for column in self.validation.columns()]
        columns += [f"train/{key}" for key in _UPDATE_COLUMNS]
        columns += DISCOUNT_COLUMNS if self.discounting is not None else ()
        writers: list[KVWriter] = [CsvWriter(self.folder.progress, columns, keep=self.resumed_at)]
        if self.config.tensorboard:
            writers.append(TensorBoardWriter(self.folder.events, keep=self.resumed_at))
        if self.tracker is not None:
            writers.append(self.tracker)
        return writers

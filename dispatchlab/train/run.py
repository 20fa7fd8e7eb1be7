"""train: the run loop around stable-baselines3."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback

from dispatchlab.train.checkpoint import capture_random, restore_random
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.environments import training_envs
from dispatchlab.train.folder import RunFolder
from dispatchlab.train.result import RunResult
from dispatchlab.train.sitting import Sitting


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
        run = Sitting(config, folder, state, env, layout)
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

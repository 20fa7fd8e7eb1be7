"""Rollout workers as processes of a Ray cluster, one of which is killed."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback

from dispatchlab.envs.core import versions
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.distributed import on_ray, ray_pool
from dispatchlab.train.distributed.cluster import connected
from tests.train.distributed.helpers import serial_env
from tests.train.helpers import Interrupt, progress, same_weights

ray = pytest.importorskip("ray")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _cluster() -> Iterator[None]:
    """A cluster of two CPUs for all tests of the module."""
    with connected("", 2):
        yield
    assert not ray.is_initialized()


class Kill(BaseCallback):
    """Kills a worker's process while it plays a rollout, or just before."""

    def __init__(self, rank: int, *, rollout: int) -> None:
        """Choose the victim and its time."""
        super().__init__()
        self.rank, self.rollout = rank, rollout
        self.count = 0

    def _on_rollout_start(self) -> None:
        """Kill soon."""
        if self.count == self.rollout:
            env: Any = self.training_env
            process = ray.get(env._pool.actors[self.rank].process_id.remote())
            threading.Timer(0.01, os.kill, (process, signal.SIGKILL)).start()
        self.count += 1

    def _on_step(self) -> bool:
        """Go on."""
        return True


def test_a_killed_worker_changes_nothing(
    shared: TrainConfig,
    quiet: Console,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Undisturbed, with a killed worker, cut off and resumed, or in one process: the same run."""
    caplog.set_level(logging.WARNING)
    train(shared, tmp_path / "whole", console=quiet)
    assert "has died" not in caplog.text
    callbacks = [Kill(1, rollout=1), Interrupt(440)]
    with pytest.raises(KeyboardInterrupt):
        train(shared, tmp_path / "killed", console=quiet, callbacks=callbacks)
    assert caplog.text.count("Rollout worker 1 has died") == 1
    assert train(None, tmp_path / "killed", resume=True, console=quiet).finished
    monkeypatch.setattr(on_ray, "ray_envs", lambda config, _: nullcontext(serial_env(config)))
    train(shared, tmp_path / "serial", console=quiet)
    for other in ("killed", "serial"):
        assert same_weights(tmp_path / "whole", tmp_path / other)
        assert progress(tmp_path / "whole") == progress(tmp_path / other)


def test_a_worker_that_dies_again_and_again(
    shared: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends with one sentence, and its checkpoint is whole."""
    monkeypatch.setattr(ray_pool, "MOST_LOSSES", 1)
    config = replace(shared, rollout_workers=1)
    with pytest.raises(DispatchlabError, match=r"worker 0 has died 1 times .* with --resume"):
        train(config, tmp_path / "run", console=quiet, callbacks=[Kill(0, rollout=2)])
    assert train(None, tmp_path / "run", resume=True, console=quiet).finished


def test_versions_of_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node with the packages of this process is taken, one with others is named."""
    with connected("", 1, ("numpy", "torch", "no-such-package")):
        pass
    monkeypatch.setattr(versions, "version", lambda _: "0.1")  # in this process alone
    told = r"^The node '.+' of the Ray cluster has numpy [\d.]+, but this process 0\.1: install the"
    with pytest.raises(DispatchlabError, match=told), connected("", 1, ("numpy",)):
        pass


def test_errors_of_workers_are_those_of_a_local_run(
    shared: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """What does not fit is refused in one sentence, and leaves neither folder nor actors."""
    config = replace(shared, generator="random:num_jobs=4,arrival_load=0.5", semantics="active")
    with pytest.raises(DispatchlabError, match="'active'"):
        train(config, tmp_path / "run", console=quiet)
    assert not (tmp_path / "run").exists()

"""Runs with rollout workers: deaths, resuming, errors. Workers live in the process of the test."""

import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError, MissingExtraError
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.config_files import read_config
from dispatchlab.train.distributed.batch import Batch, Order
from dispatchlab.train.distributed.cluster import connected
from dispatchlab.train.distributed.remote_env import RemoteVecEnv
from tests.train.helpers import Interrupt, progress, same_weights

Deaths = set[tuple[int, int]]


def test_deaths_change_nothing(
    shared: TrainConfig, in_process: Deaths, quiet: Console, tmp_path: Path
) -> None:
    """A run whose workers die now and then ends with the weights and the log of another."""
    config = replace(shared, generator="random:num_jobs=3-5,duration_noise=0.2")
    train(config, tmp_path / "whole", console=quiet)
    in_process |= {(0, 1), (2, 0), (2, 1), (3, 0)}
    train(config, tmp_path / "dying", console=quiet)
    assert same_weights(tmp_path / "whole", tmp_path / "dying")
    assert progress(tmp_path / "whole") == progress(tmp_path / "dying")
    assert read_config(tmp_path / "whole" / "config.yaml") == config


def test_workers_have_the_discount_of_the_moment(
    shared: TrainConfig, in_process: Deaths, quiet: Console, tmp_path: Path
) -> None:
    """A worker that dies is replaced by one with the discount that has grown meanwhile."""
    discount = "ads:share=0.01,most=1,every=1,problems=2"
    config = replace(shared, discount=discount, stop_at="every", eval_every=0, eval_instances=0)
    train(config, tmp_path / "whole", console=quiet)
    in_process |= {(1, 1), (2, 0)}
    train(config, tmp_path / "dying", console=quiet)
    rows = progress(tmp_path / "whole")
    assert len({row["train/gamma"] for row in rows}) == len(rows) == 5
    assert rows == progress(tmp_path / "dying")
    assert same_weights(tmp_path / "whole", tmp_path / "dying")


def test_resumed_run_equals_uninterrupted_run(
    shared: TrainConfig, in_process: Deaths, quiet: Console, tmp_path: Path
) -> None:
    """A run that dies twice in the middle ends as if nothing had happened."""
    config = replace(shared, algo="maskable-ppo")
    train(config, tmp_path / "whole", console=quiet)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "broken", console=quiet, callbacks=[Interrupt(300)])
    assert not same_weights(tmp_path / "whole", tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        train(None, tmp_path / "broken", resume=True, console=quiet, callbacks=[Interrupt(500)])
    assert train(None, tmp_path / "broken", resume=True, console=quiet).finished
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    assert progress(tmp_path / "whole") == progress(tmp_path / "broken")


def test_the_number_of_workers_is_part_of_the_run(
    shared: TrainConfig, in_process: Deaths, quiet: Console, tmp_path: Path
) -> None:
    """Three workers sample other actions than two."""
    for workers in (2, 3):
        config = replace(shared, rollout_workers=workers, total_timesteps=288)
        train(config, tmp_path / str(workers), console=quiet)
    assert not same_weights(tmp_path / "2", tmp_path / "3")


def test_nothing_is_played_after_the_time(
    shared: TrainConfig, in_process: Deaths, quiet: Console, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A run whose time is up asks for no rollout more, and goes on later as if never stopped."""
    config = replace(shared, total_timesteps=288)
    train(config, tmp_path / "whole", console=quiet)
    orders: list[Order] = []
    collect = RemoteVecEnv.collect

    def counted(self: RemoteVecEnv, order: Order) -> Iterator[tuple[int, Batch]]:
        orders.append(order)
        return collect(self, order)

    monkeypatch.setattr(RemoteVecEnv, "collect", counted)
    late = replace(config, max_minutes=1e-9)
    assert not train(late, tmp_path / "late", console=quiet).finished
    assert len(orders) == 0
    assert train(config, tmp_path / "late", resume=True, console=quiet).finished
    assert len(orders) == 2
    assert same_weights(tmp_path / "whole", tmp_path / "late")


class _Steps(BaseCallback):
    """Notes what callbacks of users look at."""

    def __init__(self) -> None:
        """Nothing is noted yet."""
        super().__init__()
        self.ended: list[tuple[int, int]] = []
        self.returns: list[float] = []

    def _on_step(self) -> bool:
        """Note the episodes that end."""
        for row in np.flatnonzero(self.locals["dones"]):
            self.ended.append((self.num_timesteps, int(row)))
            self.returns.append(self.locals["infos"][row]["episode"]["r"])
        return True


def test_callbacks_see_every_step(
    shared: TrainConfig, in_process: Deaths, quiet: Console, tmp_path: Path
) -> None:
    """Episodes come in the order of steps and rows, and the log averages their returns."""
    steps = _Steps()
    train(replace(shared, total_timesteps=144), tmp_path / "run", callbacks=[steps], console=quiet)
    assert len({row for _, row in steps.ended}) == shared.num_envs
    assert steps.ended == sorted(steps.ended)
    assert all(timesteps % shared.num_envs == 0 for timesteps, _ in steps.ended)
    logged = float(progress(tmp_path / "run")[-1]["rollout/return"])
    assert logged == pytest.approx(np.mean(steps.returns[-100:]))


class TestErrors:
    """What does not fit is refused in one sentence, before anything is written."""

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"engine": "spark"}, "engine is 'spark': choose one of local, ray"),
            ({"rollout_workers": 0}, r"\(--workers\) is 0: give engine=ray \(--engine ray\) bet"),
            ({"rollout_workers": 10}, r"--workers\) is 10: .* num_envs = 9"),
            ({"engine": "local"}, r"\(--workers\) is 2, but engine is .* \(--engine ray\)"),
            (
                {"engine": "local", "rollout_workers": 0, "ray_address": "auto"},
                r"ray_address \(--address\) is 'auto', but engine is 'local'",
            ),
            ({"ray_address": "ray://head:10001"}, "Ray cluster is 'ray://head:10001': start"),
            ({"teacher": "uniform"}, "teacher is 'uniform', .* engine=local \\(--engine local\\)"),
            ({"rollout_workers": 9, "n_steps": 1, "batch_size": 9}, "n_steps is 1, .* n_steps=2"),
        ],
    )
    def test_settings(self, changes: dict[str, object], message: str, shared: TrainConfig) -> None:
        """Settings that clash are named."""
        with pytest.raises(DispatchlabError, match=message):
            replace(shared, **changes)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"rollout_workers": 3}, "was started with rollout_workers=2, not 3"),
            ({"engine": "local", "rollout_workers": 0}, "was started with engine='ray', not"),
        ],
    )
    def test_resuming_otherwise(
        self,
        changes: dict[str, object],
        message: str,
        shared: TrainConfig,
        in_process: Deaths,
        quiet: Console,
        tmp_path: Path,
    ) -> None:
        """Another engine or number of workers is another run."""
        short = replace(shared, total_timesteps=144)
        train(short, tmp_path / "run", console=quiet)
        with pytest.raises(CheckpointError, match=message):
            train(replace(short, **changes), tmp_path / "run", resume=True, console=quiet)

    def test_without_ray(
        self, shared: TrainConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """The extra is named, and no folder is left behind."""
        monkeypatch.setitem(sys.modules, "ray", None)
        with pytest.raises(MissingExtraError, match=r"'ray' .*dispatchlab\[distributed\]"):
            train(shared, tmp_path / "run")
        assert not (tmp_path / "run").exists()

    def test_no_cluster_there(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An address that nobody answers is named, and not tried for long."""
        ray = pytest.importorskip("ray")

        def refuse(**_: object) -> None:
            raise ConnectionError("Could not find any running Ray instance. Start one.\nMore.")

        monkeypatch.setattr(ray, "init", refuse)
        with socket.create_server(("127.0.0.1", 0)) as server:
            closed = f"127.0.0.1:{server.getsockname()[1]}"
        for address, reason in (
            ("auto", r"\(Could not find"),
            (closed, r"\(.*refused"),
            ("head:ray", r"\(invalid literal"),
        ):
            message = rf"Cannot connect to the Ray cluster at '{address}' {reason}.*: give"
            with pytest.raises(DispatchlabError, match=message), connected(address, 1):
                pass

    def test_small_cluster(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Workers that could never start are not waited for; the connection of others stays."""
        ray = pytest.importorskip("ray")
        monkeypatch.setattr(ray, "is_initialized", lambda: True)
        monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 4.0})
        monkeypatch.setattr(ray, "shutdown", lambda: pytest.fail("not ours to end"))
        with pytest.raises(DispatchlabError, match=r"8 workers .* has 4 CPUs"), connected("", 8):
            pass

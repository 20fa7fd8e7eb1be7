"""Schedules inside a run: rates in the log, resuming, gradient norms and refinement."""

import pickle
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from rich.console import Console
from stable_baselines3 import PPO
from stable_baselines3.common.logger import Logger
from typer.testing import CliRunner

from dispatchlab.cli import app
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.schedules import SCHEDULES, parse_schedule
from dispatchlab.train.schedules.adapter import ScheduledRate
from dispatchlab.train.schedules.gradient_norms import GradientNorms
from dispatchlab.train.schedules.refinement import GRADIENT_NORM, refine, smooth
from tests.train.helpers import Interrupt, progress, same_weights


@pytest.fixture
def short(tiny: TrainConfig) -> TrainConfig:
    """Five updates without validation."""
    return replace(tiny, total_timesteps=5 * 128, eval_every=0, eval_instances=0)


def test_rates_of_a_run(short: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """Each update has the rate of the decisions before it, also in a run that was broken off."""
    schedule = "wsd:warm_up=0.3,decay=0.5,shape=1-sqrt"
    config = replace(short, schedule=schedule)
    train(config, tmp_path / "whole", console=quiet)
    rows = progress(tmp_path / "whole")[1:]
    expected = [parse_schedule(schedule).rate(3e-3, 128 * n, 640) for n in range(1, 6)]
    assert [float(row["train/learning_rate"]) for row in rows] == pytest.approx(expected, abs=1e-12)
    assert expected[0] == pytest.approx(3e-3 * 128 / 192)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "broken", console=quiet, callbacks=[Interrupt(400)])
    train(None, tmp_path / "broken", resume=True, console=quiet)
    assert same_weights(tmp_path / "whole", tmp_path / "broken")
    assert progress(tmp_path / "whole") == progress(tmp_path / "broken")
    stored = PPO.load(tmp_path / "whole" / "model.zip")
    assert stored.lr_schedule(0.4) == pytest.approx(expected[2])


def test_refined_run(short: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """A run has the rates that the norms of another one ask for."""
    train(short, tmp_path / "first", console=quiet)
    norms = torch.tensor([float(row[GRADIENT_NORM]) for row in progress(tmp_path / "first")[1:]])
    assert (norms > 0).all()
    config = replace(short, schedule=f"refined:run={tmp_path / 'first'},window=0.5")
    train(config, tmp_path / "second", console=quiet)
    rates = [float(row["train/learning_rate"]) for row in progress(tmp_path / "second")[1:]]
    expected = 3e-3 * refine(smooth(norms.double().numpy(), 0.5), power=1)
    assert rates == pytest.approx(expected.tolist(), rel=1e-6)


def test_missing_run_leaves_no_folder(short: TrainConfig, tmp_path: Path) -> None:
    """A schedule that cannot be had is refused before anything is written."""
    with pytest.raises(DispatchlabError, match="Cannot read"):
        train(replace(short, schedule="refined:run=nowhere"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_bad_schedules_are_refused_by_the_config() -> None:
    """The error names the schedule and those that there are."""
    with pytest.raises(DispatchlabError, match="no schedule 'step': choose one of linear, con"):
        TrainConfig(schedule="step")


def test_norms_are_those_before_clipping() -> None:
    """Sums of absolute values, averaged over the steps of an update, however gradients are cut."""
    weight = torch.nn.Parameter(torch.zeros(3))
    frozen = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.Adam([weight, frozen])
    model = SimpleNamespace(
        policy=SimpleNamespace(optimizer=optimizer), logger=Logger(None, []), num_timesteps=0,
        get_env=lambda: None,
    )  # fmt: skip
    callback = GradientNorms()
    callback.init_callback(model)
    callback.on_training_start({}, {})

    def step(scale: float) -> None:
        optimizer.zero_grad()
        (scale * (weight * torch.tensor([1.0, -2.0, 3.0])).sum()).backward()
        torch.nn.utils.clip_grad_norm_([weight], 1e-3)
        optimizer.step()

    step(1.0)
    step(2.0)
    callback.on_rollout_start()
    assert model.logger.name_to_value[GRADIENT_NORM] == pytest.approx(9.0)
    step(5.0)
    callback.on_training_end()
    assert model.logger.name_to_value[GRADIENT_NORM] == pytest.approx(30.0)
    step(7.0)
    callback.on_rollout_start()
    assert model.logger.name_to_value[GRADIENT_NORM] == pytest.approx(30.0)


def test_rate_from_the_decisions_of_a_model() -> None:
    """With a counter the progress does not matter; the counter is not pickled."""
    counter = SimpleNamespace(num_timesteps=1_000_000)
    rate = ScheduledRate(parse_schedule("power"), 1.0, 100, steps=lambda: counter.num_timesteps)
    assert rate(0.5) == rate(0.0) == pytest.approx(0.00348385, abs=5e-9)
    again = pickle.loads(pickle.dumps(rate))
    assert again.steps is None
    assert again(0.5) == pytest.approx(4 * 50**-0.51)


class TestCommandLine:
    """The options of ``dispatchlab train``."""

    def test_list_of_schedules(self) -> None:
        """One line each, with options and source."""
        result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["train", "--list-schedules"])
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert [line.partition(":")[0] for line in lines] == list(SCHEDULES)
        assert "rex:warm_up=0.0,beta=0.5,end=0.0  " in result.stdout
        assert "refined:run=...,window=0.1  " in result.stdout
        assert sum("arXiv:" in line for line in lines) == len(SCHEDULES) - 1

    def test_option(self) -> None:
        """It is the setting ``schedule``."""
        arguments = ["train", "job-shop", "--settings", "--lr-schedule", "rex:beta=0.9"]
        result = CliRunner(env={"COLUMNS": "200"}).invoke(app, arguments)
        assert result.exit_code == 0
        assert re.search(r"schedule +│ rex:beta=0\.9 ", result.stdout)

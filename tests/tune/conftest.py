"""Shared pieces of the tests of tuning, which are skipped where an extra is missing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")
pytest.importorskip("optuna")

from dispatchlab.train import TrainConfig
from dispatchlab.tune import TuneSettings
from dispatchlab.tune.space import read_space
from tests.train.helpers import SMALL

Make = Callable[..., TuneSettings]


@pytest.fixture
def base() -> TrainConfig:
    """A run of a fraction of a second: four updates of a small network on small shops."""
    config = TrainConfig(
        generator="random:num_jobs=3-5,num_machines=3-4",
        learning_rate=3e-3,
        total_timesteps=4 * 128,
        eval_generator="random:num_jobs=5,num_machines=4",
        eval_instances=4,
        **SMALL,
    )
    return replace(config, checkpoint_every=128)


@pytest.fixture
def small(base: TrainConfig) -> Make:
    """Settings of a study of six such runs; keyword arguments change them."""

    def make(**changes: Any) -> TuneSettings:
        space = {
            "learning_rate": {"low": 1e-4, "high": 3e-2, "log": True},
            "n_epochs": {"low": 1, "high": 3},
            "gamma": {"choices": [0.99, 1.0]},
        }
        first = {"trials": 6, "evaluations": 4, "startup_trials": 3}
        return TuneSettings(base=base, space=read_space(space, base), **(first | changes))

    return make

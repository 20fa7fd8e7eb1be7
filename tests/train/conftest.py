"""Shared pieces of the training tests, which are skipped where the extra ``agents`` is missing."""

import io

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")
pytest.importorskip("yaml")

from rich.console import Console  # noqa: E402 - after the skips

from dispatchlab.train import TrainConfig  # noqa: E402 - after the skips
from tests.train.helpers import SMALL  # noqa: E402 - after the skips


@pytest.fixture
def tiny() -> TrainConfig:
    """A run of a second: nine updates of a small network on small shops."""
    return TrainConfig(
        generator="random:num_jobs=3-5,num_machines=3-4",
        learning_rate=3e-3,
        total_timesteps=9 * 128,
        eval_every=512,
        eval_generator="random:num_jobs=5,num_machines=4",
        eval_instances=4,
        eval_samples=4,
        **SMALL,
    )


@pytest.fixture
def quiet() -> Console:
    """A console whose text goes nowhere."""
    return Console(file=io.StringIO())

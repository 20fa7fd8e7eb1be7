"""Runs with two workers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from dispatchlab.train import TrainConfig
from dispatchlab.train.distributed import on_ray
from dispatchlab.train.distributed.remote_env import RemoteVecEnv
from tests.train.distributed.helpers import serial_env


@pytest.fixture
def shared(tiny: TrainConfig) -> TrainConfig:
    """A run of a second with uneven shares of five and four environments."""
    return replace(
        tiny, engine="ray", rollout_workers=2, num_envs=9, batch_size=48, total_timesteps=4 * 144
    )


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> set[tuple[int, int]]:
    """Rollout workers live in this process; pairs of rollout and rank put here die."""
    deaths: set[tuple[int, int]] = set()

    @contextmanager
    def serial_envs(config: TrainConfig, _: object) -> Iterator[RemoteVecEnv]:
        yield serial_env(config, deaths)

    monkeypatch.setattr(on_ray, "ray_envs", serial_envs)
    return deaths

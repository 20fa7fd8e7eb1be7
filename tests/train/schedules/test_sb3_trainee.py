"""Searching the learning rate of PPO on job shops."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO

from dispatchlab.agents.policy import GraphActorCriticPolicy
from dispatchlab.agents.sb3_env import as_sb3
from dispatchlab.train import TrainConfig
from dispatchlab.train.checkpoint import capture_random, restore_random
from dispatchlab.train.families import load_family
from dispatchlab.train.schedules.autolrs import AutoLrs, AutoLrsConfig
from dispatchlab.train.schedules.sb3_trainee import AlgorithmTrainee


@pytest.fixture
def trainee(tiny: TrainConfig) -> Iterator[AlgorithmTrainee]:
    """A small network on small shops, 128 decisions a rollout."""
    before = capture_random()
    native = load_family("job-shop").training_env(tiny)
    env = as_sb3(native)
    kwargs = {"layout": native.graph_spec.layout(), "encoder": "transformer", "hidden": 16,
              "num_layers": 1, "num_heads": 2, "feedforward": 16}  # fmt: skip
    model = PPO(
        GraphActorCriticPolicy, env, n_steps=16, batch_size=64, n_epochs=2, seed=0, device="cpu",
        policy_kwargs=kwargs,
    )  # fmt: skip
    yield AlgorithmTrainee(model, env)
    restore_random(before)


def _weights(trainee: AlgorithmTrainee) -> torch.Tensor:
    """All weights in a row."""
    return torch.nn.utils.parameters_to_vector(trainee.model.policy.parameters()).detach().clone()


def test_training_is_taken_back_bit_for_bit(trainee: AlgorithmTrainee) -> None:
    """The same rate from the same state gives the same losses and weights, however often."""
    trainee.train_for(1, 1e-3)
    start, at_start = trainee.save(), _weights(trainee)
    first = trainee.train_for(3, 1e-3)
    weights = _weights(trainee)
    assert first.shape == (3,)
    trainee.restore(start)
    assert torch.equal(_weights(trainee), at_start)
    trainee.train_for(1, 1e-1)
    trainee.restore(start)
    assert np.array_equal(trainee.train_for(3, 1e-3), first)
    assert torch.equal(_weights(trainee), weights)
    assert trainee.model.num_timesteps == 128 + 384


def test_rate_of_nothing_changes_nothing(trainee: AlgorithmTrainee) -> None:
    """The rate is the one that is asked for, not that of the algorithm."""
    before = _weights(trainee)
    trainee.train_for(1, 0.0)
    assert torch.equal(_weights(trainee), before)


def test_search_over_ppo(trainee: AlgorithmTrainee) -> None:
    """A stage trains for its own steps; the trials leave no trace."""
    rates = (1e-4, 1e-2)

    def suggest(tried: Sequence[tuple[float, float]], low: float, high: float, seed: int) -> float:
        return rates[len(tried)]

    search = AutoLrs(AutoLrsConfig(trials=2, first_stage=5), suggest)
    stage = search.play_stage(trainee)
    assert stage.rate in rates
    assert trainee.model.num_timesteps == 5 * 128

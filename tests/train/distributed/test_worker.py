"""A rollout is a function of weights and state, whoever plays it."""

import pickle
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch

from dispatchlab.train import TrainConfig, preset
from dispatchlab.train.checkpoint import capture_random, restore_random
from dispatchlab.train.distributed.batch import Batch, Order
from dispatchlab.train.distributed.shares import shares
from dispatchlab.train.distributed.worker import RolloutWorker, completed
from dispatchlab.train.environments import training_envs
from tests.train.distributed.helpers import through_pickle


@pytest.fixture(autouse=True)
def _same_globals() -> Iterator[None]:
    """Algorithms seed the global generators: give them back."""
    before = capture_random()
    yield
    restore_random(before)


def _order(worker: RolloutWorker) -> Order:
    state = worker._model.policy.state_dict()
    return Order({name: values.numpy().copy() for name, values in state.items()}, 0.9)


def _assert_equal(first: Batch, second: Batch) -> None:
    for one, two in zip(first[:3], second[:3], strict=True):
        assert one.keys() == two.keys()
        assert all(np.array_equal(one[key], two[key]) for key in one)
    assert np.array_equal(first.last_dones, second.last_dones)
    ends = [
        [(step, row, info["episode"]["r"]) for step, row, info in b.ended] for b in (first, second)
    ]
    assert ends[0] == ends[1]


@pytest.mark.parametrize("algo", ["ppo", "maskable-ppo"])
def test_another_worker_plays_the_same(algo: str, shared: TrainConfig) -> None:
    """From the state after a rollout, a new worker plays the next one bit for bit."""
    config = replace(shared, algo=algo, generator="random:num_jobs=3-5,duration_noise=0.2")
    first = RolloutWorker(config, 1)
    _, begun = first.begin()
    order = _order(first)
    _, news = first.collect(order)
    assert len(pickle.dumps(news)) < len(pickle.dumps(begun))  # some problems are still played
    state = through_pickle(completed(news, begun))
    expected, after = first.collect(order)
    torch.manual_seed(1)  # whatever else happens in the process of the other worker
    second = RolloutWorker(config, 1)
    second.load_state_dict(state)
    played, after_too = second.collect(order)
    _assert_equal(expected, played)
    assert np.array_equal(after["random"], after_too["random"])
    assert len(expected.ended) > 0
    assert expected.observations["action_mask"].shape[:2] == (shared.n_steps, 4)


def test_workers_draw_from_streams_of_their_own(shared: TrainConfig) -> None:
    """Two workers with equal weights and problems choose different actions."""
    config = replace(shared, num_envs=8, batch_size=64, generator="ft06")
    workers = [RolloutWorker(config, rank) for rank in range(2)]
    for worker in workers:
        worker.begin()
    order = _order(workers[0])
    one, two = (worker.collect(order)[0] for worker in workers)
    assert all(
        np.array_equal(one.observations[k][0], two.observations[k][0]) for k in one.observations
    )
    assert not np.array_equal(one.arrays["actions"], two.arrays["actions"])


def test_global_generators_are_left_alone(shared: TrainConfig) -> None:
    """A rollout draws nothing from the generators of the process."""
    worker = RolloutWorker(shared, 0)
    worker.begin()
    before = torch.get_rng_state()
    worker.collect(_order(worker))
    assert torch.equal(before, torch.get_rng_state())


def test_shares_begin_as_a_local_run(shared: TrainConfig) -> None:
    """Put together, the first observations of all workers are those of a run without workers."""
    local = replace(shared, engine="local", rollout_workers=0)
    with training_envs(local, is_new=True) as (env, _):
        env.seed(local.seed)
        expected = env.reset()
    first = [RolloutWorker(shared, rank).begin()[0] for rank in range(2)]
    for key, values in expected.items():
        assert np.array_equal(values, np.concatenate([part[key] for part in first]))


def test_workers_begin_a_list_at_different_places(shared: TrainConfig) -> None:
    """A generator that goes through a list starts in each worker where the share before ends."""
    config = replace(shared, generator="set:la,order=cycle")
    problems: list[str] = []
    for rank in range(2):
        worker = RolloutWorker(config, rank)
        worker.begin()
        problems += [instance.name for instance in worker._env.native.problems]
    assert problems == [f"la{number:02}" for number in range(1, 10)]


def test_shares_cover_all_rows() -> None:
    """Every row belongs to one worker, and no share is larger by more than one row."""
    for num_envs, workers in ((9, 2), (64, 64), (10, 4), (7, 1)):
        parts = shares(num_envs, workers)
        assert [row for part in parts for row in part] == list(range(num_envs))
        assert {len(part) for part in parts} <= {num_envs // workers, num_envs // workers + 1}


def test_a_batch_knows_its_size(shared: TrainConfig) -> None:
    """The bytes of a batch are those of its arrays."""
    worker = RolloutWorker(shared, 0)
    observations, _ = worker.begin()
    batch, _ = worker.collect(_order(worker))
    least = (shared.n_steps + 1) * sum(values.nbytes for values in observations.values())
    assert least < batch.num_bytes < 1.5 * least


@pytest.mark.slow
@pytest.mark.parametrize("family", ["soc", "edge", "uam"])
def test_workers_of_all_families(family: str) -> None:
    """A new worker goes on where another one was after two rollouts, problems included."""
    config = preset("quick", family).updated(
        {"engine": "ray", "rollout_workers": 2, "num_envs": 4, "n_steps": 48, "batch_size": 96}
    )
    first, second = RolloutWorker(config, 1), RolloutWorker(config, 1)
    _, state = first.begin()
    order = _order(first)
    for _ in range(2):
        state = completed(through_pickle(first.collect(order)[1]), state)
    second.load_state_dict(state)
    _assert_equal(first.collect(order)[0], second.collect(order)[0])

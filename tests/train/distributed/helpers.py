"""Rollout workers in this process, of which some die."""

import pickle
from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

from dispatchlab.train import TrainConfig
from dispatchlab.train.checkpoint import capture_random, restore_random
from dispatchlab.train.distributed.batch import Array, Batch, Order
from dispatchlab.train.distributed.remote_env import RemoteVecEnv
from dispatchlab.train.distributed.shares import shares
from dispatchlab.train.distributed.worker import RolloutWorker, State, completed

T = TypeVar("T")


class SerialPool:
    """Workers that play one after the other, the last one first.

    Everything is pickled on its way, as between processes.
    """

    def __init__(self, config: TrainConfig, deaths: Collection[tuple[int, int]] = ()) -> None:
        """Make the workers; ``deaths`` are pairs of rollout and rank."""
        self._config, self._deaths, self._rollout = config, deaths, 0
        self.states: list[State] = []
        self.workers = [self._make(rank) for rank in range(config.rollout_workers)]

    def begin(self) -> list[dict[str, Array]]:
        """Start new episodes."""
        begun = [through_pickle(worker.begin()) for worker in self.workers]
        self.states = [state for _, state in begun]
        return [observations for observations, _ in begun]

    def load(self, states: Sequence[State]) -> None:
        """Continue where the states were taken."""
        self.states = list(states)
        for worker, state in zip(self.workers, states, strict=True):
            worker.load_state_dict(state)

    def collect(self, order: Order) -> Iterator[tuple[int, Batch]]:
        """Play a rollout; a worker that dies has played its own already, for nothing."""
        for rank in reversed(range(len(self.workers))):
            if (self._rollout, rank) in self._deaths:
                self.workers[rank].collect(order)
                self.workers[rank] = self._make(rank)
                self.workers[rank].load_state_dict(self.states[rank])
            batch, news = through_pickle(self.workers[rank].collect(order))
            self.states[rank] = completed(news, self.states[rank])
            yield rank, batch
        self._rollout += 1

    def _make(self, rank: int) -> RolloutWorker:
        """A worker; making one seeds the global generators, which are the learner's here."""
        before = capture_random()
        worker = RolloutWorker(self._config, rank)
        restore_random(before)
        return worker


def serial_env(config: TrainConfig, deaths: Collection[tuple[int, int]] = ()) -> RemoteVecEnv:
    """Environments that are played by workers in this process."""
    pool = SerialPool(config, deaths)
    env = pool.workers[0]._env
    rows = shares(config.num_envs, config.rollout_workers)
    return RemoteVecEnv(pool, rows, env.observation_space, env.action_space)


def through_pickle(value: T) -> T:
    """A copy as it arrives in another process."""
    return pickle.loads(pickle.dumps(value))

"""RayPool: rollout workers as Ray actors, which are replaced when they die."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.distributed.batch import Array, Batch, Order
from dispatchlab.train.distributed.cluster import (
    MOST_LOSSES,
    START_TIMEOUT_S,
    answers,
    losses,
    reason,
)
from dispatchlab.train.distributed.worker import State, completed

_LOG = logging.getLogger(__name__)


class RolloutActor:
    """A rollout worker in a process of its own, which is made when it is first needed."""

    def __init__(self, config: TrainConfig, rank: int) -> None:
        """Keep the arguments of the worker."""
        self._arguments = config, rank
        self._worker: Any = None

    def process_id(self) -> int:
        """Id of this process on its node."""
        import os

        return os.getpid()

    def begin(self) -> tuple[dict[str, Array], State]:
        """As `RolloutWorker.begin`."""
        begun: tuple[dict[str, Array], State] = self._made().begin()
        return begun

    def load_state_dict(self, state: State) -> None:
        """As `RolloutWorker.load_state_dict`."""
        self._made().load_state_dict(state)

    def collect(self, order: Order) -> tuple[Batch, State]:
        """As `RolloutWorker.collect`."""
        played: tuple[Batch, State] = self._made().collect(order)
        return played

    def _made(self) -> Any:  # noqa: ANN401 - imported late
        """The worker; torch gets one thread, since every worker has one CPU."""
        if self._worker is None:
            import torch

            from dispatchlab.train.distributed.worker import RolloutWorker

            torch.set_num_threads(1)
            self._worker = RolloutWorker(*self._arguments)
        return self._worker


class RayPool:
    """Rollout workers on a Ray cluster.

    The state of every worker is brought here with each rollout. So when a worker dies, another
    one continues from the state before, and what it plays is what the dead one would have played.

    Attributes:
        states: State of each worker after its last rollout.
        actors: The actors.
    """

    def __init__(self, ray: Any, config: TrainConfig) -> None:  # noqa: ANN401 - a module
        """Start the actors.

        Args:
            ray: The module, connected to a cluster.
            config: Of the run.

        Raises:
            DispatchlabError: They do not start.
        """
        self._ray, self._config = ray, config
        self._remote = ray.remote(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD")(
            RolloutActor
        )
        self._losses = losses(ray)
        self.states: list[State] = []
        self.actors = [self._start(rank) for rank in range(config.rollout_workers)]
        self._get_started([actor.process_id.remote() for actor in self.actors])

    def begin(self) -> list[dict[str, Array]]:
        """Start new episodes; the first observations of each worker."""
        begun = self._get_started([actor.begin.remote() for actor in self.actors])
        self.states = [state for _, state in begun]
        return [observations for observations, _ in begun]

    def load(self, states: Sequence[State]) -> None:
        """Continue where the states were taken."""
        self.states = list(states)
        pairs = zip(self.actors, self.states, strict=True)
        self._get_started([actor.load_state_dict.remote(state) for actor, state in pairs])

    def collect(self, order: Order) -> Iterator[tuple[int, Batch]]:
        """Play a rollout; who has played what, in the order in which they end.

        Args:
            order: Sent once to each node.

        Raises:
            DispatchlabError: A worker dies again and again.
        """
        sent = self._ray.put(order)
        deaths = [0] * len(self.actors)
        pending: dict[Any, tuple[int, Any]] = {}

        def ask(rank: int) -> None:
            batch, state = self.actors[rank].collect.options(num_returns=2).remote(sent)
            pending[batch] = rank, state

        for rank in range(len(self.actors)):
            ask(rank)
        while pending:
            ready, _ = self._ray.wait(list(pending), num_returns=1)
            rank, state = pending.pop(ready[0])
            try:
                # Two objects: the state must not keep the large batch alive in the store.
                batch, news = self._get([ready[0], state])
                self.states[rank] = completed(news, self.states[rank])
            except self._losses as error:
                deaths[rank] += 1
                self._replace(rank, deaths[rank], error)
                ask(rank)
                continue
            yield rank, batch

    def close(self) -> None:
        """End the actors, so that a cluster that goes on has its CPUs back."""
        for actor in self.actors:
            self._ray.kill(actor)

    def _start(self, rank: int) -> Any:  # noqa: ANN401 - an actor's handle
        return self._remote.remote(self._config, rank)

    def _replace(self, rank: int, deaths: int, error: Exception) -> None:
        """Start another worker where the dead one was before this rollout."""
        if deaths >= MOST_LOSSES:
            raise DispatchlabError(
                f"Rollout worker {rank} has died {deaths} times in one rollout "
                f"({reason(error)}): look at the memory of its node, ask for fewer workers "
                "(--workers) or environments (--set num_envs=...), or continue with --resume."
            ) from error
        _LOG.warning(
            "Rollout worker %d has died: another one plays its rollout again (%s).",
            rank, reason(error),
        )  # fmt: skip
        # The process may live on where only its node was out of reach.
        self._ray.kill(self.actors[rank])
        self.actors[rank] = self._start(rank)
        with suppress(*self._losses):  # which `collect` will meet again
            self._get(
                [self.actors[rank].load_state_dict.remote(self.states[rank])], START_TIMEOUT_S
            )

    def _get_started(self, refs: list[Any]) -> Any:  # noqa: ANN401 - what was asked for
        """What actors answer that may only just be starting."""
        try:
            return self._get(refs, START_TIMEOUT_S)
        except self._losses as error:
            raise DispatchlabError(
                f"A rollout worker has died as it started ({reason(error)}): look at the "
                "memory of its node, and install the same versions on all nodes."
            ) from error

    def _get(self, refs: list[Any], timeout_s: float | None = None) -> Any:  # noqa: ANN401 - what was asked for
        """What actors answer, in time."""
        try:
            return answers(self._ray, refs, timeout_s)
        except self._ray.exceptions.GetTimeoutError as error:
            raise DispatchlabError(
                f"The {len(self.actors)} rollout workers have not all started within "
                f"{START_TIMEOUT_S:g} s: ask for fewer (--workers), or free CPUs of the Ray "
                "cluster."
            ) from error

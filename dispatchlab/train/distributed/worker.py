"""RolloutWorker: plays its share of the environments with the weights that it is given."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from dispatchlab.agents.sb3_env import as_sb3
from dispatchlab.train.algorithm import make_model
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.discount import set_gamma
from dispatchlab.train.distributed.batch import Array, Batch, Order, read_buffer
from dispatchlab.train.distributed.shares import shares, worker_config
from dispatchlab.train.families import load_family

State = dict[str, Any]
_PROBLEMS = ("instances", "realisations")


def completed(news: State, before: State | None) -> State:
    """A whole state.

    Args:
        news: What a worker has told; this is changed.
        before: The whole state before; None at the beginning.

    Returns:
        The state, with the problems that are still played.
    """
    if before is not None:
        problems, old = (s["env"]["native"]["episodes"]["dynamics"] for s in (news, before))
        for name in _PROBLEMS:
            pairs = zip(problems[name], old[name], strict=True)
            problems[name] = [known if one is None else one for one, known in pairs]
    return news


class RolloutWorker:
    """A rollout is a function of the order and of `state_dict`, wherever it is played.

    It is collected by stable-baselines3 itself: the worker has an algorithm of its own, whose
    buffer it reads, and which never learns.
    """

    def __init__(self, config: TrainConfig, rank: int) -> None:
        """Build algorithm and environments.

        Args:
            config: Of the whole run.
            rank: Which worker this is.
        """
        own = worker_config(config, rank)
        rows = shares(config.num_envs, config.rollout_workers)[rank]
        native = load_family(config.family).training_env(own)
        self._env = as_sb3(native)
        generator: Any = native.episodes.generator
        if hasattr(generator, "turn"):  # it goes through a list: begin where the last share ends
            generator.turn = rows.start
        # Row b of the run is seeded as in a local run, whoever plays it.
        self._model: Any = make_model(
            own, self._env, native.graph_spec.layout(), seed=config.seed + rows.start
        )
        self._log = _EndedEpisodes()
        self._callback: BaseCallback = self._log
        self._random = _generator_state(config, rank)
        self._known: dict[str, list[Any]] = {}

    def begin(self) -> tuple[dict[str, Array], State]:
        """Start new episodes.

        Returns:
            Their first observations, and the state from which the first rollout goes on.
        """
        _, self._callback = self._model._setup_learn(0, self._log)
        self._known = {}
        return dict(self._model._last_obs), self._news()

    def state_dict(self) -> State:
        """Everything that decides the next rollout, besides the order."""
        return {
            "env": self._env.state_dict(),
            "episode_starts": self._model._last_episode_starts.copy(),
            "random": self._random.numpy().copy(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken, in this worker or another."""
        _, self._callback = self._model._setup_learn(0, self._log)
        self._model._last_obs = self._env.load_state_dict(state["env"])
        self._model._last_episode_starts = state["episode_starts"].copy()
        self._random = torch.tensor(state["random"])
        self._known = {}

    def collect(self, order: Order) -> tuple[Batch, State]:
        """Play a rollout.

        Args:
            order: Weights and discount.

        Returns:
            What was played, and what is new in the state after it; see `completed`.
        """
        model = self._model
        weights = {name: torch.tensor(values) for name, values in order.weights.items()}
        model.policy.load_state_dict(weights)
        set_gamma(model, order.gamma)
        self._log.ended = []
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._random)
            model.collect_rollouts(self._env, self._callback, model.rollout_buffer, model.n_steps)
            self._random = torch.get_rng_state()
        batch = Batch(
            *read_buffer(model.rollout_buffer),
            last_obs=dict(model._last_obs),
            last_dones=model._last_episode_starts.copy(),
            ended=self._log.ended,
        )
        return batch, self._news()

    def _news(self) -> State:
        """The state without the problems that have been told already: they never change."""
        state = self.state_dict()
        problems = state["env"]["native"]["episodes"]["dynamics"]
        for name in _PROBLEMS:
            held = problems[name]
            known = self._known.get(name, [None] * len(held))
            problems[name] = [
                None if one is other else one for one, other in zip(held, known, strict=True)
            ]
            self._known[name] = held
        return state


class _EndedEpisodes(BaseCallback):
    """Notes the infos of episodes that end, without their last observations."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[tuple[int, int, dict[str, Any]]] = []
        self._step = 0

    def _on_rollout_start(self) -> None:
        self._step = 0

    def _on_step(self) -> bool:
        for row in np.flatnonzero(self.locals["dones"]).tolist():
            info = dict(self.locals["infos"][row])
            info.pop("terminal_observation", None)
            self.ended.append((self._step, row, info))
        self._step += 1
        return True


def _generator_state(config: TrainConfig, rank: int) -> torch.Tensor:
    """State of a torch generator of the worker's own."""
    sequence = np.random.SeedSequence(config.seed).spawn(config.rollout_workers)[rank]
    seed = int(sequence.generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(seed).get_state()

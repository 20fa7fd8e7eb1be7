"""Search with a learned policy over a vector environment: greedy, sample-k and beam.

Each needs an environment whose finished rows stay as they are, so that their schedules can be
read: ``autoreset="disabled"`` (or ``"next-step"``).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from gymnasium.vector import AutoresetMode

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Schedule

Observation = dict[str, npt.NDArray[Any]]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Choose = Callable[[Observation, IntArray], IntArray]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        schedule: The best schedule.
        objective: Its objective.
        objectives: Objective of every finished episode, in row order (in order of completion
            for a beam); infinite for a truncated one.
        schedules: The schedule of each of them.
    """

    schedule: Schedule
    objective: float
    objectives: FloatArray
    schedules: tuple[Schedule, ...]

    @classmethod
    def best_of(cls, schedules: list[Schedule], objectives: list[float]) -> "SearchResult":
        """Pick the smallest objective."""
        best = int(np.argmin(objectives))
        return cls(schedules[best], objectives[best], np.array(objectives), tuple(schedules))


class Step(NamedTuple):
    """What `play` did in one step; B rows.

    Attributes:
        rows: ``(B,)`` rows in which a decision was made.
        actions: ``(B,)``; in the other rows without a meaning.
        rewards: ``(B,)``, 0 in the other rows.
        ended: ``(B,)`` rows whose episode this step has ended.
        truncated: Those of them that were cut off.
    """

    rows: BoolArray
    actions: IntArray
    rewards: FloatArray
    ended: BoolArray
    truncated: BoolArray


def play(env: Any, obs: Observation, choose: Choose) -> Iterator[Step]:  # noqa: ANN401 - structural
    """Play every row to its first end; a row that has ended is not asked again.

    Args:
        env: Vector environment.
        obs: Its observation after a reset.
        choose: Gets the observations of some rows and their numbers, and returns an action for
            each.

    Yields:
        Each step, once it is played.
    """
    going = np.ones(env.num_envs, bool)
    while going.any():
        rows = np.flatnonzero(going)
        actions = obs["action_mask"].argmax(1)
        actions[rows] = choose({key: array[rows] for key, array in obs.items()}, rows)
        obs, rewards, terminated, truncated, _ = env.step(actions)
        ended = going & (terminated | truncated)
        yield Step(going.copy(), actions, np.where(going, rewards, 0.0), ended, ended & ~terminated)
        going &= ~ended


def greedy(policy: LearnedPolicy, env: Any, *, seed: int | None = None) -> SearchResult:  # noqa: ANN401 - structural
    """Play one episode in each row with the most probable actions.

    Args:
        policy: The policy.
        env: Vector environment; the rows may hold different instances.
        seed: Seed of the reset.

    Returns:
        One schedule and objective for each row, and the best of them.

    Raises:
        DispatchlabError: The environment resets finished rows at once.
        CheckpointError: The policy was trained on another observation.
    """
    return _play(policy, env, seed, policy.act_batch)


def sample(
    policy: LearnedPolicy,
    env: Any,  # noqa: ANN401 - structural
    *,
    temperature: float = 1.0,
    seed: int = 0,
) -> SearchResult:
    """Sample one episode in each row and keep the best: best of k for k copies of one instance.

    The choice among the samples is fair only where the realisation is nominal (or where
    rehearsing on copies of the true one is allowed).

    Args:
        policy: The policy.
        env: Vector environment made with ``num_envs=k`` and a fixed instance.
        temperature: Divides the logits; smaller is greedier.
        seed: Seed of the sampling and, the same in every row, of the reset.

    Returns:
        k schedules and objectives, and the best of them.

    Raises:
        DispatchlabError: The environment resets finished rows at once.
        CheckpointError: The policy was trained on another observation.
    """
    generator = torch.Generator(policy.device).manual_seed(seed)
    return _play(
        policy,
        env,
        [seed] * env.num_envs,
        lambda obs: policy.act_batch(
            obs, temperature=temperature, generator=generator, greedy=False
        ),
    )


def beam(policy: LearnedPolicy, env: Any, *, seed: int | None = None) -> SearchResult:  # noqa: ANN401 - structural
    """Beam search by cumulative log-probability; the width is the number of rows.

    Args:
        policy: The policy.
        env: Vector environment made with ``num_envs=width`` and a fixed instance.
        seed: Seed of the reset.

    Returns:
        Every schedule that the beam completed, and the best of them.

    Raises:
        DispatchlabError: The environment resets finished rows at once.
        CheckpointError: The policy was trained on another observation.
    """
    _check(policy, env)
    width = env.num_envs
    obs, _ = env.reset(seed=None if seed is None else [seed] * width)
    # All rows start alike, so only the first may be expanded.
    score = np.full(width, -np.inf)
    score[0] = 0.0
    schedules: list[Schedule] = []
    objectives: list[float] = []
    while np.isfinite(score).any():
        parents, actions, score = _expand(policy, obs, score)
        env.restore(env.snapshot(), rows=np.arange(width), sources=parents)
        obs, _, terminated, truncated, _ = env.step(actions)
        finished = np.flatnonzero((terminated | truncated) & np.isfinite(score))
        current = env.objectives() if len(finished) else np.zeros(0)
        for row in finished:
            schedules.append(env.schedule(int(row)))
            objectives.append(float(current[row]) if terminated[row] else np.inf)
        score[terminated | truncated] = -np.inf
    return SearchResult.best_of(schedules, objectives)


def _expand(
    policy: LearnedPolicy, obs: Observation, score: FloatArray
) -> tuple[IntArray, IntArray, FloatArray]:
    """The ``width`` most probable children: parent rows, actions and scores."""
    log_probability = policy.logits(obs).double().log_softmax(-1).cpu().numpy()  # (W, A)
    legal = obs["action_mask"] > 0  # (W, A)
    child = np.where(legal, score[:, None] + log_probability, -np.inf).ravel()  # (W*A,)
    order = np.argsort(-child, kind="stable")[: len(score)]  # (W,)
    # Unused places repeat the best child; their score keeps them out of the next round.
    parents, actions = np.divmod(
        np.where(np.isfinite(child[order]), order, order[0]), legal.shape[1]
    )
    return parents, actions, child[order]


def _play(
    policy: LearnedPolicy,
    env: Any,  # noqa: ANN401 - structural
    seed: int | list[int] | None,
    choose: Callable[[Observation], IntArray],
) -> SearchResult:
    """Run every row to its first end."""
    _check(policy, env)
    obs, _ = env.reset(seed=seed)
    schedules: dict[int, Schedule] = {}
    objectives: dict[int, float] = {}
    for step in play(env, obs, lambda seen, _: choose(seen)):
        ended = np.flatnonzero(step.ended)
        current = env.objectives() if len(ended) else np.zeros(0)
        for row in map(int, ended):
            schedules[row] = env.schedule(row)
            # A truncated episode has only a bound of its objective.
            objectives[row] = np.inf if step.truncated[row] else float(current[row])
    rows = range(env.num_envs)
    return SearchResult.best_of([schedules[i] for i in rows], [objectives[i] for i in rows])


def _check(policy: LearnedPolicy, env: Any) -> None:  # noqa: ANN401 - structural
    """Refuse environments that lose finished schedules or observe something else."""
    mode = env.metadata.get("autoreset_mode")
    if mode in (AutoresetMode.SAME_STEP, AutoresetMode.SAME_STEP.value):
        raise DispatchlabError(
            f"The autoreset mode is {mode}, which discards finished schedules: "
            "make the environment with autoreset='disabled'."
        )
    policy.require_layout(env.graph_spec.layout())

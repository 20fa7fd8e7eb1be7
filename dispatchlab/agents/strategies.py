"""Search with a learned policy over a vector environment: greedy and sample-k.

Each needs an environment whose finished rows stay as they are, so that their schedules can be
read: ``autoreset="disabled"`` (or ``"next-step"``).
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode

from dispatchlab.agents.contest import Contest
from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Schedule

Observation = dict[str, npt.NDArray[Any]]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Choose = Callable[[Observation, IntArray], IntArray]
_STREAM = 0x5A3B1E  # no other stream of random numbers begins with it


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found.

    Attributes:
        schedule: The best schedule; among equals the first to finish.
        objective: Its objective.
        objectives: Objective of every episode, in row order (in order of completion for a beam);
            infinite for one that was truncated or ended early.
        schedules: The schedule of each of them, as far as it went.
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


def play(
    env: Any,  # noqa: ANN401 - structural
    obs: Observation,
    choose: Choose,
    going: BoolArray | None = None,
) -> Iterator[Step]:
    """Play every row to its first end; a row that has ended is not asked again.

    Args:
        env: Vector environment.
        obs: Its observation after a reset.
        choose: Gets the observations of some rows and their numbers, and returns an action for
            each.
        going: ``(B,)`` rows to play; changed in place, and whoever clears an entry ends the row.

    Yields:
        Each step, once it is played.
    """
    going = np.ones(env.num_envs, bool) if going is None else going
    while going.any():
        rows = np.flatnonzero(going)
        actions = obs["action_mask"].argmax(1)
        actions[rows] = choose({key: array[rows] for key, array in obs.items()}, rows)
        obs, rewards, terminated, truncated, _ = env.step(actions)
        ended = going & (terminated | truncated)
        yield Step(going.copy(), actions, np.where(going, rewards, 0.0), ended, ended & ~terminated)
        going &= ~ended


def greedy(
    policy: LearnedPolicy,
    env: Any,  # noqa: ANN401 - structural
    *,
    seed: int | None = None,
    contest: Contest | None = None,
) -> SearchResult:
    """Play one episode in each row with the most probable actions.

    Args:
        policy: The policy.
        env: Vector environment; the rows may hold different instances.
        seed: Seed of the reset.
        contest: Says which rows to end early.

    Returns:
        One schedule and objective for each row, and the best of them.

    Raises:
        DispatchlabError: The environment resets finished rows at once.
        CheckpointError: The policy was trained on another observation.
    """
    return _play(policy, env, seed, lambda seen, _: policy.act_batch(seen), contest)


def sample(
    policy: LearnedPolicy,
    env: Any,  # noqa: ANN401 - structural
    *,
    temperature: float = 1.0,
    seed: int = 0,
    first: int = 0,
    contest: Contest | None = None,
) -> SearchResult:
    """Sample one episode in each row and keep the best: best of k for k copies of one instance.

    Sample i of a seed is the same however many there are and whatever becomes of the others, as
    its random numbers are its own; except where the network's last digits, which can depend on
    the number of rows that it is asked about at once, tip a choice. So ending rows early leaves
    the best schedule as it is.

    The choice among the samples is fair only where the realisation is nominal (or where
    rehearsing on copies of the true one is allowed).

    Args:
        policy: The policy.
        env: Vector environment made with ``num_envs=k`` and a fixed instance.
        temperature: Divides the logits; smaller is greedier.
        seed: Seed of the sampling and, the same in every row, of the reset.
        first: Number of the sample in the first row; k to go on after k samples.
        contest: Says which rows to end early; all are played to their end without it.

    Returns:
        k schedules and objectives, and the best of them.

    Raises:
        DispatchlabError: The environment resets finished rows at once, or the temperature is no
            positive number.
        CheckpointError: The policy was trained on another observation.
    """
    if not 0.0 < temperature < np.inf:
        raise DispatchlabError(f"temperature is {temperature}; give a positive number.")
    steps = itertools.count()
    behind = first + env.num_envs

    def draw(seen: Observation, rows: IntArray) -> IntArray:
        uniforms = np.random.default_rng([_STREAM, seed, next(steps)]).random(behind)[first:]
        return policy.sample_batch(seen, uniforms[rows], temperature=temperature)

    return _play(policy, env, [seed] * env.num_envs, draw, contest)


def _play(
    policy: LearnedPolicy,
    env: Any,  # noqa: ANN401 - structural
    seed: int | list[int] | None,
    choose: Choose,
    contest: Contest | None,
) -> SearchResult:
    """Run every row to its first end, or to where it has lost."""
    check_environment(policy, env)
    obs, _ = env.reset(seed=seed)
    schedules: dict[int, Schedule] = {}
    objectives: dict[int, float] = {}  # in order of completion
    going = np.ones(env.num_envs, bool)

    def leave(rows: BoolArray, values: FloatArray) -> None:
        for row in np.flatnonzero(rows).tolist():
            schedules[row], objectives[row] = env.schedule(row), float(values[row])
        going[rows] = False

    def settle(ended: BoolArray, truncated: BoolArray) -> None:
        bounds = env.objectives()
        # A truncated episode has only a bound of its objective.
        reached = np.where(truncated, np.inf, bounds)
        leave(ended, reached)
        if contest is not None:
            contest.enter(np.flatnonzero(ended), reached)
            leave(going & contest.lost(bounds), np.full(env.num_envs, np.inf))

    if contest is not None:
        settle(np.zeros_like(going), np.zeros_like(going))
    for step in play(env, obs, choose, going):
        if contest is not None or step.ended.any():
            settle(step.ended, step.truncated)
    best = min(objectives, key=objectives.__getitem__)
    rows = range(env.num_envs)
    return SearchResult(
        schedules[best], objectives[best], np.array([objectives[row] for row in rows]),
        tuple(schedules[row] for row in rows),
    )  # fmt: skip


def check_environment(policy: LearnedPolicy, env: Any) -> None:  # noqa: ANN401 - structural
    """Refuse environments that lose finished schedules or observe something else.

    Args:
        policy: The policy.
        env: Vector environment.

    Raises:
        DispatchlabError: The environment resets finished rows at once.
        CheckpointError: The policy was trained on another observation.
    """
    mode = env.metadata.get("autoreset_mode")
    if mode in (AutoresetMode.SAME_STEP, AutoresetMode.SAME_STEP.value):
        raise DispatchlabError(
            f"The autoreset mode is {mode}, which discards finished schedules: "
            "make the environment with autoreset='disabled'."
        )
    policy.require_layout(env.graph_spec.layout())

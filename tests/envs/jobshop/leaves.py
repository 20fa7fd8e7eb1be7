"""Every schedule that a dispatch semantics can reach, by breadth-first search over its actions."""

import numpy as np

from dispatchlab.envs.jobshop.dynamics import PLAYED, Dynamics
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.structure import Structure

Leaf = tuple[tuple[int, ...], tuple[int, ...]]
_BATCH = 256


def make_dynamics(
    encoding: CpEncoding,
    semantics: str,
    stop_at: str = "choices",
    *,
    realisation: Realisation | None = None,
    batch: int = 1,
) -> Dynamics:
    """Rows that have begun the same problem."""
    limits = ProblemLimits.of(encoding, Structure.of(encoding).num_lanes, realisation)
    dynamics = Dynamics(batch, limits, semantics=semantics, stop_at=stop_at, slots=1)
    dynamics.load(0, encoding, realisation)
    dynamics.reset(slots=np.zeros(batch, np.int64))
    return dynamics


def leaves(
    encoding: CpEncoding, semantics: str, stop_at: str = "choices", *, most: int = 200_000
) -> dict[Leaf, float]:
    """All complete schedules ``(starts, modes)`` with their objectives.

    Args:
        encoding: A tiny instance.
        semantics: One of the dispatch semantics.
        stop_at: ``"choices"`` or ``"every"``.
        most: States beyond which the instance counts as not tiny.

    Returns:
        Objective of every reachable schedule.
    """
    dynamics = make_dynamics(encoding, semantics, stop_at, batch=_BATCH)
    found: dict[Leaf, float] = {}
    frontier = _collect(dynamics, _take(dynamics.snapshot(), np.zeros(1, np.int64)), found)
    visited = 0
    while len(frontier.row):
        grown = []
        for parents, actions in _choices(dynamics, frontier):
            dynamics.restore(frontier, np.arange(len(parents)), parents)
            outcome = dynamics.step(np.resize(actions, _BATCH))[: len(parents)]
            if (outcome != PLAYED).any():
                raise RuntimeError("A legal action was not played.")
            grown.append(_take(dynamics.snapshot(), np.arange(len(parents))))
        frontier = _distinct(grown)
        frontier = _collect(dynamics, frontier, found)
        visited += len(frontier.row)
        if visited > most:
            raise RuntimeError(f"{encoding.name} has more than {most} states.")
    return found


def _choices(dynamics: Dynamics, frontier: State) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs of a frontier row and a legal action of it, in batches."""
    parents, actions = np.nonzero(frontier.legal[:, : dynamics.num_actions])
    cuts = range(_BATCH, len(parents), _BATCH)
    return list(zip(np.split(parents, cuts), np.split(actions, cuts), strict=True))


def _collect(dynamics: Dynamics, frontier: State, found: dict[Leaf, float]) -> State:
    """Move the finished rows of a frontier to the schedules found."""
    running = []
    for first in range(0, len(frontier.row), _BATCH):
        rows = np.arange(first, min(first + _BATCH, len(frontier.row)))
        into = np.arange(len(rows))
        dynamics.restore(frontier, into, rows)
        done, objective = dynamics.done(), dynamics.objective()
        for row in into:
            if done[row]:
                schedule = dynamics.schedule(row)
                key = (tuple(schedule.start.tolist()), tuple(schedule.mode.tolist()))
                found[key] = float(objective[row])
        running.append(rows[~done[into]])
    return _take(frontier, np.concatenate([*running, np.zeros(0, np.int64)]))


def _take(state: State, rows: np.ndarray) -> State:
    return State(*(array[rows] for array in state))


def _distinct(parts: list[State]) -> State:
    """One row of each distinct state (scratch values may keep equal ones apart)."""
    merged = State(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    seen: dict[bytes, int] = {}
    for row in range(len(merged.row)):
        seen.setdefault(b"".join(array[row].tobytes() for array in merged), row)
    return _take(merged, np.fromiter(seen.values(), np.int64))

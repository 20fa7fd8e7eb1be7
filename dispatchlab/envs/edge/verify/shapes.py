"""Checks of sizes and codes, on which all other checks rely."""

from collections.abc import Iterator

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import (
    IDLE,
    NOT_YET,
    OUTCOMES,
    VERBS,
    EdgeSchedule,
    IntArray,
)

KINDS = ("arrival", "trigger", "edge_free")
PLACES = ("edge", "cloud")


def check_shapes(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule
) -> Iterator[str]:
    """Violations that make the schedule unreadable.

    Args:
        instance: The instance.
        realisation: What actually happened.
        schedule: The schedule.

    Yields:
        One sentence for every array of the wrong shape, unknown code or impossible time.
    """
    try:
        realisation.require_fit(instance)
    except InvalidInstanceError as error:
        yield str(error)
    tasks = (realisation.num_tasks,)
    for name in ("outcome", "place", "start_ms", "end_ms"):
        found = getattr(schedule, name).shape
        if found != tasks:
            yield f"{name} has the shape {found}, but it must be {tasks}."
    log = schedule.decisions
    if log.ndim != 2 or log.shape[1] != 5:
        yield f"decisions has the shape {log.shape}, but it must be ({len(log)}, 5)."
        return
    if schedule.now_ms < 0:
        yield f"The schedule is of time {schedule.now_ms} ms, but it must be 0 or later."
    yield from _check_codes(schedule)


def _check_codes(schedule: EdgeSchedule) -> Iterator[str]:
    """Every code has a name, and every decision a task unless it idles."""
    columns: tuple[tuple[str, IntArray, tuple[str, ...]], ...] = (
        ("outcome", schedule.outcome, OUTCOMES),
        ("place", schedule.place, PLACES),
    )
    for name, codes, names in columns:
        for task in np.flatnonzero((codes < NOT_YET) | (codes >= len(names))):
            yield (
                f"Task {task} has {name} {codes[task]}, but it must be -1 to {len(names) - 1} "
                f"({', '.join(names)})."
            )
    kind, task_of, verb = schedule.decisions.T[1:4]
    for name, codes, names in (("kind", kind, KINDS), ("verb", verb, VERBS)):
        for row in np.flatnonzero((codes < 0) | (codes >= len(names))):
            yield (
                f"Decision {row} has {name} {codes[row]}, but it must be 0 to {len(names) - 1} "
                f"({', '.join(names)})."
            )
    count = len(schedule.outcome)
    wrong = np.where(verb == IDLE, task_of != NOT_YET, (task_of < 0) | (task_of >= count))
    for row in np.flatnonzero(wrong):
        due = "-1, as it idles" if verb[row] == IDLE else f"0 to {count - 1}"
        yield f"Decision {row} is on task {task_of[row]}, but it must be {due}."

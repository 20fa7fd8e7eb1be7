"""Checks of the times and outcomes of the tasks, whatever was decided."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from dispatchlab.envs.edge.schedule import (
    CLOUD_ON_TIME,
    EDGE_ON_TIME,
    EXPIRED_CLOUD,
    EXPIRED_EDGE,
    IN_CLOUD,
    MISSED_CLOUD,
    MISSED_EDGE,
    NOT_YET,
    ON_EDGE,
    OUTCOMES,
)
from dispatchlab.envs.edge.verify.case import Case


def check_tasks(case: Case) -> Iterator[str]:
    """Violations that concern one task, and the order of the tasks on the edge.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every violation.
    """
    for task, place in enumerate(case.schedule.place.tolist()):
        if place == NOT_YET:
            yield from _check_unplaced(case, task)
        else:
            yield from _check_placed(case, task, place)
    yield from _check_edge(case)
    ends = case.schedule.end_ms
    if case.is_over and len(ends) and case.schedule.now_ms != ends.max():
        yield (
            f"The schedule is of time {case.schedule.now_ms} ms, but the episode is over with the "
            f"end of the last task at {ends.max()} ms."
        )


def _check_placed(case: Case, task: int, place: int) -> Iterator[str]:
    """A task that was started or sent takes its time, and ends on time or late."""
    schedule, name = case.schedule, case.name(task)
    start, end = int(schedule.start_ms[task]), int(schedule.end_ms[task])
    begins = "starts" if place == ON_EDGE else "is sent"
    if start < case.arrival[task]:
        yield (
            f"{name} {begins} at {start} ms, {case.arrival[task] - start} before its arrival at "
            f"{case.arrival[task]} ms."
        )
    if start > schedule.now_ms:
        yield f"{name} {begins} at {start} ms, beyond {schedule.now_ms} ms, which was played up to."
    if start < 0:
        return
    if place == ON_EDGE:
        lasts = int(case.realisation.edge_time_ms[task])
    else:
        lasts = case.cloud_ms(task, start)
    where = "on the edge" if place == ON_EDGE else "in the cloud"
    if end != start + lasts:
        side = "late" if end > start + lasts else "early"
        yield (
            f"{name} ends at {end} ms, {abs(end - start - lasts)} too {side}: it {begins} at "
            f"{start} and takes {lasts} {where}."
        )
    late = end - case.deadline[task]
    if end > schedule.now_ms:
        due, why = NOT_YET, f"beyond {schedule.now_ms} ms, which was played up to"
    elif late > 0:
        due = MISSED_EDGE if place == ON_EDGE else MISSED_CLOUD
        why = f"{late} after its deadline"
    else:
        due = EDGE_ON_TIME if place == ON_EDGE else CLOUD_ON_TIME
        why = f"{-late} before its deadline"
    if schedule.outcome[task] != due:
        yield (
            f"{name} has outcome {_outcome(int(schedule.outcome[task]))}, but it must be "
            f"{_outcome(due)}: it ends {where} at {end} ms, {why}."
        )


def _check_unplaced(case: Case, task: int) -> Iterator[str]:
    """A task that was neither started nor sent waits, is dropped or expires."""
    schedule, name = case.schedule, case.name(task)
    end, outcome = int(schedule.end_ms[task]), int(schedule.outcome[task])
    if schedule.start_ms[task] != NOT_YET:
        yield f"{name} has start {schedule.start_ms[task]} ms, but it has no place."
    if outcome in (EDGE_ON_TIME, MISSED_EDGE, CLOUD_ON_TIME, MISSED_CLOUD):
        yield f"{name} has outcome {_outcome(outcome)}, but it has no place."
    elif outcome == NOT_YET:
        if end != NOT_YET:
            yield f"{name} has end {end} ms, but neither a place nor an outcome."
        if case.deadline[task] <= schedule.now_ms:
            yield (
                f"{name} still waits at {schedule.now_ms} ms, "
                f"{schedule.now_ms - case.deadline[task]} after its deadline at "
                f"{case.deadline[task]} ms."
            )
    elif not case.arrival[task] <= end <= case.deadline[task]:
        verb = "expires" if outcome in (EXPIRED_EDGE, EXPIRED_CLOUD) else "is dropped"
        yield (
            f"{name} {verb} at {end} ms, but it waits at most from {case.arrival[task]} to "
            f"{case.deadline[task]} ms."
        )
    elif end > schedule.now_ms:
        yield f"{name} has end {end} ms, beyond {schedule.now_ms} ms, which was played up to."


def _check_edge(case: Case) -> Iterator[str]:
    """The edge runs one task at a time."""
    schedule = case.schedule
    on_edge = np.flatnonzero(schedule.place == ON_EDGE)
    order = on_edge[np.lexsort((schedule.end_ms[on_edge], schedule.start_ms[on_edge]))].tolist()
    for before, task in pairwise(order):
        start, free = int(schedule.start_ms[task]), int(schedule.end_ms[before])
        if start < free:
            yield (
                f"{case.name(task)} starts at {start} ms on the edge, {free - start} before "
                f"{case.alias(before)} ends there at {free} ms."
            )


def check_complete(case: Case) -> Iterator[str]:
    """Tasks that a complete episode would have ended.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every task without an outcome.
    """
    doing = {NOT_YET: "waits", ON_EDGE: "runs", IN_CLOUD: "is in the cloud"}
    for task in np.flatnonzero(case.schedule.outcome == NOT_YET).tolist():
        does = doing[int(case.schedule.place[task])]
        if case.arrival[task] > case.schedule.now_ms:
            does = "has not arrived"
        yield (
            f"{case.name(task)} {does} at {case.schedule.now_ms} ms, but in a complete episode "
            "every task has ended."
        )


def _outcome(code: int) -> str:
    return "none" if code == NOT_YET else OUTCOMES[code]

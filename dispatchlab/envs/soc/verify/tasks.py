"""Checks of single tasks: records, supported PEs, durations, precedences, data."""

from collections.abc import Iterator

import numpy as np

from dispatchlab.envs.soc.realisation import actual_us
from dispatchlab.envs.soc.schedule import NOT_YET
from dispatchlab.envs.soc.verify.case import Case, Placed


def check_tasks(case: Case) -> Iterator[str]:
    """Violations that concern one task and its predecessors.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every violation.
    """
    yield from _check_records(case)
    expected = [case.instance.expected_us(g) for g in range(len(case.instance.graphs))]
    for task in case.placed:
        chosen = int(expected[case.schedule.graph[task.job]][task.task, task.pe])
        if chosen < 0:
            yield (
                f"{task.name} is mapped to PE {task.pe} "
                f"({case.instance.chip.pe_names[task.pe]}), which does not support it."
            )
        elif task.start != NOT_YET and task.end != NOT_YET:
            factor = float(case.realisation.factor[task.job, task.task])
            yield from _check_duration(task, actual_us(chosen, factor))
        yield from _check_mapping(case, task)
        yield from _check_start(case, task)


def _check_records(case: Case) -> Iterator[str]:
    """What has happened is recorded in full; what cannot happen is not recorded."""
    schedule, count = case.schedule, case.instance.chip.num_pes
    names = ("pe", "mapped_us", "order", "start_us", "end_us")
    tables = {name: getattr(schedule, name) for name in names}
    sizes = np.array([case.instance.graphs[g].num_tasks for g in schedule.graph.tolist()], int)
    exists = np.arange(schedule.pe.shape[1]) < sizes[:, None]
    open_job = (schedule.injected_us != NOT_YET)[:, None]
    mapped = schedule.pe != NOT_YET
    started = schedule.start_us != NOT_YET
    for name, table in tables.items():
        wrong = {
            "but that job type has no such task": ~exists & (table != NOT_YET),
            "but the job is not injected": exists & ~open_job & (table != NOT_YET),
            "but the task is not mapped": exists & open_job & ~mapped & (table != NOT_YET),
            "though the task is mapped": exists & mapped & (table < 0)
            if name in ("mapped_us", "order")
            else np.zeros_like(mapped),
        }
        if name in ("start_us", "end_us"):
            wrong["that is no time"] = exists & mapped & (table < NOT_YET)
        for why, where in wrong.items():
            for job, task in np.argwhere(where).tolist():
                yield f"Task {task} of arrival {job} has {name} {table[job, task]}, {why}."
    for job, task in np.argwhere(exists & (mapped & ((schedule.pe < 0) | (schedule.pe >= count)))):
        yield (
            f"Task {task} of arrival {job} is mapped to PE {schedule.pe[job, task]}, but there are "
            f"PEs 0 to {count - 1}."
        )
    for job, task in np.argwhere(exists & mapped & (started != (schedule.end_us != NOT_YET))):
        yield (
            f"Task {task} of arrival {job} has start {schedule.start_us[job, task]} and end "
            f"{schedule.end_us[job, task]}; give both or none."
        )


def _check_duration(task: Placed, lasts: int) -> Iterator[str]:
    due = task.start + lasts
    if task.end != due:
        side = "late" if task.end > due else "early"
        yield (
            f"{task.name} ends at {task.end} µs, {abs(task.end - due)} too {side}: it starts at "
            f"{task.start} and takes {lasts} on PE {task.pe}."
        )


def _check_mapping(case: Case, task: Placed) -> Iterator[str]:
    """A task is mapped when it is ready, not before, and while the episode lasts."""
    if task.mapped > case.last:
        yield (
            f"{task.name} is mapped at {task.mapped} µs, beyond {case.last} µs, the last time "
            "that was played."
        )
    if task.ready == NOT_YET:
        yield f"{task.name} is mapped at {task.mapped} µs, but some predecessor has not started."
    elif NOT_YET < task.mapped < task.ready:
        yield (
            f"{task.name} is mapped at {task.mapped} µs, {task.ready - task.mapped} before it is "
            f"ready at {task.ready} µs."
        )


def _check_start(case: Case, task: Placed) -> Iterator[str]:
    """A task starts after its mapping, when its data is there, and while the episode lasts."""
    if task.start == NOT_YET:
        return
    if task.start > case.last:
        yield (
            f"{task.name} starts at {task.start} µs, beyond {case.last} µs, the last time that "
            "was played."
        )
    if task.start < task.mapped:
        yield (
            f"{task.name} starts at {task.start} µs, {task.mapped - task.start} before it is "
            f"mapped at {task.mapped} µs."
        )
    elif task.ready != NOT_YET and task.start < task.stamp:
        yield (
            f"{task.name} starts at {task.start} µs, {task.stamp - task.start} before its data "
            f"reaches PE {task.pe} at {task.stamp} µs."
        )

"""Checks across tasks: one at a time on each PE, and the order of decisions."""

from collections.abc import Iterator
from itertools import pairwise

from dispatchlab.envs.soc.schedule import NOT_YET
from dispatchlab.envs.soc.verify.case import Case, Placed


def check_elements(case: Case) -> Iterator[str]:
    """Violations that concern tasks of one PE, or the decisions one after another.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every overlap, and for every decision out of order.
    """
    for pe in range(case.instance.chip.num_pes):
        runs = [t for t in case.placed if t.pe == pe and t.start != NOT_YET and t.end != NOT_YET]
        yield from _check_overlaps(runs)
    yield from _check_order(case)


def _check_overlaps(runs: list[Placed]) -> Iterator[str]:
    """Even what takes no time needs an idle PE; every pair is reported."""
    running: list[Placed] = []
    for task in sorted(runs, key=lambda t: (t.start, t.end, t.order)):
        running = [other for other in running if other.end > task.start]
        for other in running:
            yield (
                f"{task.name} starts at {task.start} µs on PE {task.pe}, "
                f"{other.end - task.start} before task {other.task} of arrival {other.job} ends "
                f"there at {other.end} µs."
            )
        running.append(task)


def _check_order(case: Case) -> Iterator[str]:
    """Decisions are numbered from 0 without gaps, as time goes on, predecessors first."""
    ranked = sorted((t for t in case.placed if t.order >= 0), key=lambda t: t.order)
    for rank, task in enumerate(ranked):
        if task.order != rank:
            yield (
                f"{task.name} has order {task.order}, but it is decision {rank}; number them from "
                "0 on without gaps or repeats."
            )
            break
    for task, after in pairwise(ranked):
        if after.mapped < task.mapped:
            yield (
                f"{after.name} is mapped at {after.mapped} µs with order {after.order}, "
                f"{task.mapped - after.mapped} before task {task.task} of arrival {task.job} with "
                f"order {task.order}."
            )
    decided = {(t.job, t.task): t.order for t in case.placed}
    for job, graph in enumerate(case.schedule.graph.tolist()):
        arcs = case.instance.graphs[graph]
        for a, b in zip(arcs.arc_from.tolist(), arcs.arc_to.tolist(), strict=True):
            if (job, a) in decided and decided.get((job, b), decided[job, a] + 1) < decided[job, a]:
                yield (
                    f"Task {b} of arrival {job} has order {decided[job, b]}, before its "
                    f"predecessor {a} with order {decided[job, a]}."
                )

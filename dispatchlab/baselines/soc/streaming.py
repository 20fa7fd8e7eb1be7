"""Plans for a stream: what is to be planned now, around what runs and what stays reserved."""

from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.baselines.soc.plan import Plan, align, merge, retime
from dispatchlab.baselines.soc.problem import NOT_STARTED, JobProgress, PlanningProblem
from dispatchlab.baselines.soc.static import plan_heft

if TYPE_CHECKING:
    from dispatchlab.baselines.soc.planners import Planner
    from dispatchlab.envs.soc.instance import SocInstance
    from dispatchlab.envs.soc.schedule import SocSchedule

Taken = list[list[tuple[int, int]]]


def update_plan(
    planner: "Planner", instance: "SocInstance", schedule: "SocSchedule", kept: Plan | None = None
) -> Plan:
    """Ask a planner after jobs were injected.

    Args:
        planner: Who plans: all that has not started, or the new jobs only.
        instance: The instance.
        schedule: The episode so far, up to its ``now_us``. How long a running task will take is
            not read from it.
        kept: The plan so far; None if there is none.

    Returns:
        A plan of every task in work that has not started. The order of tasks that stay as they
        were planned is kept, and their times are those expected now.
    """
    now = schedule.now_us
    jobs, running = work_in_progress(instance, schedule)
    known = set() if kept is None else set(kept.arrival.tolist())
    old = tuple(job for job in jobs if job.arrival in known)
    new = tuple(job for job in jobs if job.arrival not in known)
    held = PlanningProblem(instance, now, old, _ascending(running))
    reserved = retime(held, *(((), ()) if kept is None else align(held, kept)))
    for pe, start, end in zip(reserved.pe, reserved.start_us, reserved.end_us, strict=True):
        running[pe].append((int(start), int(end)))
    added = PlanningProblem(instance, now, new, _ascending(running))
    if not planner.replans:
        return merge(reserved, planner.plan(added))
    known_plan = merge(reserved, plan_heft(added))
    everything = PlanningProblem(instance, now, jobs, held.busy, known_plan)
    return planner.plan(everything)


def work_in_progress(
    instance: "SocInstance", schedule: "SocSchedule"
) -> tuple[tuple[JobProgress, ...], Taken]:
    """What a scheduler may know of the jobs in work.

    Args:
        instance: The instance.
        schedule: The episode so far.

    Returns:
        The jobs with tasks that have not started, oldest first, and for each element the interval
        of the task that runs on it: up to its expected end, or for another µs if that has passed.
    """
    now = schedule.now_us
    running: Taken = [[] for _ in range(instance.chip.num_pes)]
    jobs = []
    in_work = (schedule.injected_us >= 0) & (schedule.injected_us <= now) & ~schedule.lost
    for arrival in np.flatnonzero(in_work).tolist():
        graph = int(schedule.graph[arrival])
        tasks = np.arange(instance.graphs[graph].num_tasks)
        start, end = schedule.start_us[arrival, tasks], schedule.end_us[arrival, tasks].copy()
        started = (start >= 0) & (start <= now)
        pe = np.where(started, schedule.pe[arrival, tasks], NOT_STARTED)
        on_pe = started & (end > now)
        expected = start + instance.expected_us(graph)[tasks, pe]
        end[on_pe] = np.maximum(expected[on_pe], now + 1)
        end[~started] = NOT_STARTED
        for task in np.flatnonzero(on_pe).tolist():
            running[pe[task]].append((int(start[task]), int(end[task])))
        if not started.all():
            release = int(schedule.injected_us[arrival])
            jobs.append(JobProgress(arrival, graph, release, pe, end))
    return tuple(jobs), running


def _ascending(taken: Taken) -> tuple[tuple[tuple[int, int], ...], ...]:
    return tuple(tuple(sorted(intervals)) for intervals in taken)

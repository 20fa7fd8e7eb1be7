"""Where everything lies in the Gantt chart of a chip, before any library draws it.

Vertical positions count downwards: the jobs that come and go have the first lane, each processing
element one below, cluster by cluster.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.soc.instance import Chip, SocInstance
from dispatchlab.envs.soc.metrics import completion_us, metrics
from dispatchlab.envs.soc.ranks import optimistic_cost
from dispatchlab.envs.soc.schedule import NOT_YET, SocSchedule

JOBS_LANE = "jobs"
_CLUSTER_GAP = 0.3
_JOBS_SHOWN = 4  # width of a window, in stays of the longest job on a chip of its own


class Lane(NamedTuple):
    """A processing element; ``top`` to ``top + 1`` are its."""

    label: str
    pe: int
    cluster: int
    top: float


class Bar(NamedTuple):
    """The execution of a task; ``end`` is the present where it still runs."""

    job: int
    task: int
    pe: int
    start: int
    end: int
    is_running: bool


class Visit(NamedTuple):
    """A job's stay in the system; -1 where something has not happened."""

    job: int
    arrival: int
    injected: int
    completed: int
    is_lost: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A laid-out Gantt chart.

    Attributes:
        lanes: One per element, from top to bottom.
        lane_of: The lane of each element.
        bars: What was executed in the window, by start; what takes no time cannot be seen.
        visits: Jobs that were in the system in the window, or came and were lost.
        low: Begin of the window in µs.
        high: Its end, behind the begin.
        height: Sum of all lanes.
    """

    lanes: tuple[Lane, ...]
    lane_of: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    visits: tuple[Visit, ...]
    low: int
    high: int
    height: float


def lay_out(
    instance: SocInstance, schedule: SocSchedule,
    since_us: int | None = None, until_us: int | None = None,
) -> Chart:  # fmt: skip
    """Place what happened between two times.

    Args:
        instance: The instance.
        schedule: A schedule of it, complete or not.
        since_us: Begin of the window, 0 by default.
        until_us: End of the window, the schedule's time by default.

    Returns:
        The chart.

    Raises:
        DispatchlabError: If the window is empty.
    """
    low = 0 if since_us is None else since_us
    high = max(low + 1, schedule.now_us) if until_us is None else until_us
    if not 0 <= low < high:
        raise DispatchlabError(
            f"The window from {low} to {high} µs is empty; let it begin at 0 or later and end "
            "behind its begin."
        )
    lanes = _lanes(instance.chip)
    by_pe = sorted(lanes, key=lambda lane: lane.pe)
    return Chart(
        lanes, tuple(by_pe), _bars(schedule, low, high), _visits(instance, schedule, low, high),
        low, high, lanes[-1].top + 1,
    )  # fmt: skip


def latest_window(instance: SocInstance, schedule: SocSchedule) -> tuple[int, int]:
    """The last few jobs' worth of time: what a look at a running system should show.

    Args:
        instance: The instance.
        schedule: A schedule of it.

    Returns:
        Begin and end; the width stays the same while an episode with a horizon goes on.
    """
    stays = []
    for graph in range(len(instance.graphs)):
        expected = instance.expected_us(graph)
        fastest = np.where(expected >= 0, expected, np.inf)
        path = (fastest + optimistic_cost(instance, graph)).min(axis=1).max()
        stays.append(path + fastest.min(axis=1).sum() / instance.chip.num_pes)
    span = max(1, round(_JOBS_SHOWN * max(stays)))
    horizon = instance.injection.horizon_us or schedule.now_us
    high = max(1, schedule.now_us, min(span, horizon))
    return max(0, high - span), high


def describe(instance: SocInstance, schedule: SocSchedule) -> str:
    """Headline of a chart: the instance, and what the schedule is worth so far.

    Args:
        instance: The instance.
        schedule: A schedule of it.

    Returns:
        One line.
    """
    figures = metrics(instance, schedule)
    done, lost = int(figures["completed"]), int(figures["lost"])
    name = instance.name if len(instance.name) <= 48 else instance.name[:47] + "…"
    text = f"{name}: {done} {'job' if done == 1 else 'jobs'} complete"
    if done:
        text += f", mean latency {figures['latency_us']:.1f} µs"
    text += f", {int(figures['in_system'])} in the system"
    return text + (f", {lost} lost" if lost else "") + f", at {schedule.now_us} µs"


def pe_label(chip: Chip, pe: int) -> str:
    """Name of an element, behind that of its cluster where it does not show."""
    name, cluster = chip.pe_names[pe], chip.cluster_names[chip.cluster[pe]]
    return name if name.startswith(cluster) else f"{cluster} {name}"


def _lanes(chip: Chip) -> tuple[Lane, ...]:
    sizes = np.bincount(chip.cluster)
    lanes: list[Lane] = []
    top = 1.0
    for pe in np.argsort(chip.cluster, kind="stable").tolist():
        cluster = int(chip.cluster[pe])
        if lanes and cluster != lanes[-1].cluster and max(sizes) > 1:
            top += _CLUSTER_GAP
        lanes.append(Lane(pe_label(chip, pe), pe, cluster, top))
        top += 1.0
    return tuple(lanes)


def _bars(schedule: SocSchedule, low: int, high: int) -> tuple[Bar, ...]:
    now = schedule.now_us
    start, end = schedule.start_us, np.minimum(schedule.end_us, now)
    shown = (start != NOT_YET) & (start < high) & (end > low) & (end > start)
    bars = [
        Bar(job, task, int(schedule.pe[job, task]), int(start[job, task]), int(end[job, task]),
            bool(schedule.end_us[job, task] > now))
        for job, task in np.argwhere(shown).tolist()
    ]  # fmt: skip
    return tuple(sorted(bars, key=lambda bar: (bar.start, bar.pe)))


def _visits(instance: SocInstance, schedule: SocSchedule, low: int, high: int) -> tuple[Visit, ...]:
    completed = completion_us(instance, schedule)
    leaves = np.where(schedule.lost, schedule.arrival_us, completed)
    leaves = np.where(leaves == NOT_YET, schedule.now_us, leaves)
    shown = (schedule.arrival_us != NOT_YET) & (schedule.arrival_us <= high) & (leaves >= low)
    return tuple(
        Visit(job, int(schedule.arrival_us[job]), int(schedule.injected_us[job]),
              int(completed[job]), bool(schedule.lost[job]))
        for job in np.flatnonzero(shown).tolist()
    )  # fmt: skip

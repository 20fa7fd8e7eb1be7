"""Where everything lies in a Gantt chart, before any library draws it.

Vertical positions count downwards in rows: a no-overlap resource is 1 high, a cumulative one up
to 3. On a cumulative resource each activity gets units of its own for its whole run, so a bar is
as high as its demand, stacked from the bottom; where no free units are adjacent the bar is
split. Activities beyond the capacity are stacked on top, so that a wrong schedule looks wrong.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.verify import objective_of

_ROW_MARGIN = 0.09
_MAX_NAME = 48
_NO_RESOURCE = -1


class Use(NamedTuple):
    """An activity that holds units of a resource."""

    activity: int
    start: int
    end: int
    demand: int


class Bar(NamedTuple):
    """A rectangle of an activity; ``low`` to ``high`` are the units it holds."""

    activity: int
    row: int
    start: int
    end: int
    low: int
    high: int
    top: float
    height: float


class Row(NamedTuple):
    """A resource of the chart."""

    label: str
    resource: int
    capacity: int
    top: float
    height: float


class Outage(NamedTuple):
    """A breakdown on a row."""

    row: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Chart:
    """A laid-out Gantt chart.

    Attributes:
        rows: Resources from top to bottom; activities without a resource come last.
        bars: Rectangles, by row and start.
        outages: Breakdowns that begin before the last activity ends.
        horizon: End of the time axis, at least 1.
        height: Sum of the row heights.
        group: Colour group of each activity: its job, or itself if there is only one job.
        group_names: Name of each colour group.
        bar_names: Label of each activity, as short as possible.
    """

    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    outages: tuple[Outage, ...]
    horizon: int
    height: float
    group: tuple[int, ...]
    group_names: tuple[str, ...]
    bar_names: tuple[str, ...]


def lay_out(
    encoding: CpEncoding, schedule: Schedule, realisation: Realisation | None = None
) -> Chart:
    """Place the scheduled activities that last; others cannot be seen.

    Args:
        encoding: The instance.
        schedule: A schedule of it, complete or not, feasible or not.
        realisation: Where given, its breakdowns are placed too.

    Returns:
        The chart.
    """
    uses = _uses_by_resource(encoding, schedule)
    resources = [*range(encoding.num_resources), *([_NO_RESOURCE] if _NO_RESOURCE in uses else [])]
    rows: list[Row] = []
    bars: list[Bar] = []
    top = 0.0
    for index, resource in enumerate(resources):
        capacity = 1 if resource == _NO_RESOURCE else int(encoding.resource_capacity[resource])
        units = _assign_units(uses.get(resource, []), capacity)
        lanes = max([capacity, *(high for _, low, high in units)])
        height = min(3.0, 1 + (lanes - 1) / 2)
        rows.append(Row(_row_label(encoding, resource), resource, capacity, top, height))
        unit = (height - 2 * _ROW_MARGIN) / lanes
        bars += [
            Bar(use.activity, index, use.start, use.end, low, high,
                top + height - _ROW_MARGIN - high * unit, (high - low) * unit)
            for use, low, high in units
        ]  # fmt: skip
        top += height
    by_job = encoding.num_jobs > 1
    horizon = max(1, schedule.makespan)
    return Chart(
        rows=tuple(rows),
        bars=tuple(bars),
        outages=_outages(realisation, horizon),
        horizon=horizon,
        height=max(top, 1.0),
        group=tuple(encoding.job.tolist() if by_job else range(encoding.num_activities)),
        group_names=tuple(f"J{j}" for j in range(encoding.num_jobs))
        if by_job
        else _names(encoding),
        bar_names=tuple(str(j) for j in encoding.job.tolist()) if by_job else _names(encoding),
    )


def describe(
    encoding: CpEncoding, schedule: Schedule, realisation: Realisation | None = None
) -> str:
    """Headline of a chart: the instance and how good or how far the schedule is.

    Args:
        encoding: The instance.
        schedule: A schedule of it.
        realisation: What happened, where jobs arrive late.

    Returns:
        One line.
    """
    done, size = int(schedule.scheduled.sum()), encoding.num_activities
    short = len(encoding.name) <= _MAX_NAME
    name = encoding.name if short else encoding.name[: _MAX_NAME - 1] + "…"
    if done < size:
        return f"{name}: {done} of {size} activities, makespan so far {schedule.makespan}"
    text = f"{name}: makespan {schedule.makespan}"
    if encoding.objective != "makespan":
        value = objective_of(encoding, realisation, schedule)
        text += f", {encoding.objective.replace('_', ' ')} {value:.15g}"
    return text


def _uses_by_resource(encoding: CpEncoding, schedule: Schedule) -> dict[int, list[Use]]:
    """Uses in order of start; activities without any stand under `_NO_RESOURCE`."""
    start, end, mode = schedule.start.tolist(), schedule.end.tolist(), schedule.mode.tolist()
    ptr = encoding.use_ptr.tolist()
    resource, demand = encoding.use_resource.tolist(), encoding.use_demand.tolist()
    uses: dict[int, list[Use]] = {}
    lasting = np.flatnonzero(schedule.scheduled & (schedule.end > schedule.start))
    for a in sorted(lasting.tolist(), key=lambda a: (start[a], end[a])):
        known = 0 <= mode[a] < encoding.num_modes
        span = range(ptr[mode[a]], ptr[mode[a] + 1]) if known else range(0)
        for u in span:
            uses.setdefault(resource[u], []).append(Use(a, start[a], end[a], demand[u]))
        if not span:
            uses.setdefault(_NO_RESOURCE, []).append(Use(a, start[a], end[a], 1))
    return uses


def _assign_units(uses: list[Use], capacity: int) -> list[tuple[Use, int, int]]:
    """Give each use units of its own: the tightest gap that fits, else several gaps."""
    held: list[tuple[int, int, int]] = []  # low, high, end
    placed = []
    for use in uses:
        held = sorted(h for h in held if h[2] > use.start)
        for low, high in _choose_gaps(_gaps(held, capacity, use.demand), use.demand):
            held.append((low, high, use.end))
            placed.append((use, low, high))
    return placed


def _gaps(held: list[tuple[int, int, int]], capacity: int, demand: int) -> list[tuple[int, int]]:
    """Free intervals of units; the last lies beyond the capacity and is large enough."""
    gaps, floor = [], 0
    for low, high, _ in held:
        if floor < min(low, capacity):
            gaps.append((floor, min(low, capacity)))
        floor = max(floor, high)
    if floor < capacity:
        gaps.append((floor, capacity))
    outside = max(floor, capacity)
    return [*gaps, (outside, outside + demand)]


def _choose_gaps(gaps: list[tuple[int, int]], demand: int) -> list[tuple[int, int]]:
    inside = [g for g in gaps[:-1] if g[1] - g[0] >= demand]
    if inside:
        low, _ = min(inside, key=lambda g: (g[1] - g[0], g[0]))
        return [(low, low + demand)]
    chosen = []
    for low, high in gaps:
        taken = min(demand, high - low)
        if taken:
            chosen.append((low, low + taken))
            demand -= taken
    return chosen


def _outages(realisation: Realisation | None, horizon: int) -> tuple[Outage, ...]:
    if realisation is None:
        return ()
    row = np.repeat(np.arange(len(realisation.down_ptr) - 1), np.diff(realisation.down_ptr))
    spans = zip(
        row.tolist(), realisation.down_start.tolist(), realisation.down_end.tolist(), strict=True
    )
    return tuple(Outage(r, s, min(e, horizon)) for r, s, e in spans if s < horizon)


def _row_label(encoding: CpEncoding, resource: int) -> str:
    if resource == _NO_RESOURCE:
        return "no resource"
    name = encoding.resource_names[resource] if encoding.resource_names else f"R{resource}"
    capacity = int(encoding.resource_capacity[resource])
    return name if capacity == 1 else f"{name} (capacity {capacity})"


def _names(encoding: CpEncoding) -> tuple[str, ...]:
    return encoding.activity_names or tuple(str(a) for a in range(encoding.num_activities))

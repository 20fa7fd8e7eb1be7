"""Where everything lies in the timeline of an episode, before any library draws it.

Vertical positions count downwards: the edge has the first lane, with the deadlines of its tasks in
a strip below; each model has a lane of calls of the cloud, which overlap and lie on lines of their
own; what was dropped or expired is at the bottom, a line for each model.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.metrics import metrics
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import (
    CLOUD_ON_TIME,
    EDGE_ON_TIME,
    IN_CLOUD,
    NOT_YET,
    ON_EDGE,
    EdgeSchedule,
)

DUE_STRIP = 0.35
_LINE, _MARK_LINE, _GAP = 0.5, 0.3, 0.15
_SHOWN_MS = 6000  # what a look at a running system should show


class Lane(NamedTuple):
    """A lane from ``top`` to ``top + height``."""

    label: str
    top: float
    height: float


class Bar(NamedTuple):
    """A run on the edge or a call of the cloud.

    Attributes:
        task: The task.
        model: Its model.
        place: `ON_EDGE` or `IN_CLOUD`.
        start: When it started or was sent, in ms.
        end: When it ended; the present where it still runs.
        due: Its deadline.
        is_late: Whether it ended, or runs, behind its deadline.
        is_running: Whether it has not ended.
        top: Vertical position.
        height: Vertical extent.
    """

    task: int
    model: int
    place: int
    start: int
    end: int
    due: int
    is_late: bool
    is_running: bool
    top: float
    height: float


class Mark(NamedTuple):
    """A task that was dropped or expired."""

    task: int
    model: int
    time: int
    outcome: int
    middle: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A laid-out timeline.

    Attributes:
        lanes: From top to bottom: the edge, the cloud by model, what did not run.
        bars: What ran in the window, by start.
        marks: What was dropped or expired in it.
        low: Begin of the window in ms.
        high: Its end, behind the begin.
        height: Sum of all lanes.
    """

    lanes: tuple[Lane, ...]
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    low: int
    high: int
    height: float


def lay_out(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule,
    since_ms: int | None = None, until_ms: int | None = None,
) -> Chart:  # fmt: skip
    """Place what happened between two times.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs, and when it arrived.
        schedule: A schedule of it, complete or not.
        since_ms: Begin of the window, 0 by default.
        until_ms: End of the window, the schedule's time by default.

    Returns:
        The chart.

    Raises:
        DispatchlabError: If the window is empty.
    """
    low = 0 if since_ms is None else since_ms
    high = max(low + 1, schedule.now_ms) if until_ms is None else until_ms
    if not 0 <= low < high:
        raise DispatchlabError(
            f"The window from {low} to {high} ms is empty; let it begin at 0 or later and end "
            "behind its begin."
        )
    ran = _runs(instance, realisation, schedule, low, high)
    bars = [bar._replace(height=1.0) for bar in ran if bar.place == ON_EDGE]
    lanes = [Lane("edge", 0.0, 1.0 + DUE_STRIP)]
    top = lanes[0].height
    for model, facts in enumerate(instance.models):
        calls = [bar for bar in ran if bar.place == IN_CLOUD and bar.model == model]
        own, lines = _stack(calls, top)
        lanes.append(Lane(f"cloud {facts.name}", top, lines * _LINE + _GAP))
        bars += own
        top += lanes[-1].height
    last = Lane("dropped, expired", top, instance.num_models * _MARK_LINE + _GAP)
    bars.sort(key=lambda bar: bar.start)
    marks = tuple(_marks(realisation, schedule, top, low, high))
    return Chart((*lanes, last), tuple(bars), marks, low, high, top + last.height)


def latest_window(instance: EdgeInstance, schedule: EdgeSchedule) -> tuple[int, int]:
    """The last few seconds: what a look at a running system should show.

    Args:
        instance: The instance.
        schedule: A schedule of it.

    Returns:
        Begin and end; the width stays the same while the episode goes on.
    """
    span = max(_SHOWN_MS, 2 * int(instance.deadline_ms.max()))
    high = max(schedule.now_ms, min(span, instance.duration_ms))
    return max(0, high - span), high


def describe(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule
) -> str:  # fmt: skip
    """Headline of a chart: the instance, and what the schedule is worth so far.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs.
        schedule: A schedule of it.

    Returns:
        One line.
    """
    worth = metrics(instance, realisation, schedule)
    name = instance.name if len(instance.name) <= 48 else instance.name[:47] + "…"
    text = f"{name}: {int(worth['tasks'])} of {instance.num_tasks} tasks ended"
    if worth["tasks"]:
        text += f", {100 * worth['completion']:.1f} % on time"
    return f"{text}, utility {worth['utility']:.0f}, at {schedule.now_ms / 1000:g} s"


def _runs(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule,
    low: int, high: int,
) -> list[Bar]:  # fmt: skip
    """What ran in the window, by start; vertical positions are to come."""
    is_running = schedule.outcome == NOT_YET
    end = np.where(is_running, np.minimum(schedule.end_ms, schedule.now_ms), schedule.end_ms)
    shown = (schedule.place != NOT_YET) & (schedule.start_ms < high) & (end > low)
    task = np.flatnonzero(shown)
    task = task[np.argsort(schedule.start_ms[task], kind="stable")]
    model = realisation.model[task]
    due = realisation.arrival_ms[task] + instance.deadline_ms[model]
    in_time = np.isin(schedule.outcome[task], (EDGE_ON_TIME, CLOUD_ON_TIME))
    is_late = np.where(is_running[task], end[task] > due, ~in_time)
    columns = (task, model, schedule.place[task], schedule.start_ms[task], end[task], due, is_late,
               is_running[task])  # fmt: skip
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [Bar._make((*row, 0.0, _LINE)) for row in rows]


def _stack(calls: list[Bar], top: float) -> tuple[list[Bar], int]:
    """Give overlapping calls lines of their own, each until its deadline; and count the lines."""
    free: list[int] = []
    placed = []
    for call in calls:
        line = next((i for i, until in enumerate(free) if until <= call.start), len(free))
        free[line : line + 1] = [max(call.end, call.due)]
        placed.append(call._replace(top=top + line * _LINE))
    return placed, max(1, len(free))


def _marks(
    realisation: EdgeRealisation, schedule: EdgeSchedule, top: float, low: int, high: int
) -> Iterable[Mark]:
    gone = (schedule.outcome != NOT_YET) & (schedule.place == NOT_YET)
    gone &= (schedule.end_ms >= low) & (schedule.end_ms <= high)
    for task in np.flatnonzero(gone).tolist():
        model = int(realisation.model[task])
        middle = top + (model + 0.5) * _MARK_LINE + _GAP / 2
        time, outcome = int(schedule.end_ms[task]), int(schedule.outcome[task])
        yield Mark(task, model, time, outcome, middle)

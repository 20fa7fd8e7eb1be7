"""A chip at work, and a task graph, in plain text."""

from dispatchlab.envs.core.drawing.letters import axis, clip, cover, letter, wrap_entries
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.ranks import critical_path, downward_rank, mean_execution, upward_rank
from dispatchlab.envs.soc.schedule import NOT_YET, SocSchedule
from dispatchlab.envs.soc.viewer.layers import graph_index, layers_of
from dispatchlab.envs.soc.viewer.layout import (
    JOBS_LANE,
    Bar,
    Chart,
    describe,
    latest_window,
    lay_out,
)

_IDLE, _LOST, _QUEUE = "·", "×", ">"
_MAX_COLUMNS_PER_UNIT = 3
_MIN_COLUMNS = 10
_MAX_QUEUE = 6
_LETTERS = 52


def render_ansi(
    instance: SocInstance, schedule: SocSchedule, *, width: int = 100,
    since_us: int | None = None, until_us: int | None = None,
) -> str:  # fmt: skip
    """Draw one line per processing element; each job is a letter.

    The line on top shows arrivals, ``×`` where a job was lost. Behind a lane stand the jobs whose
    tasks are mapped there and have not started, in the order of their mapping.

    Args:
        instance: The instance.
        schedule: A schedule of it, complete or not.
        width: Most characters in a line.
        since_us: Begin of what is drawn.
        until_us: End of what is drawn; without either the latest few jobs' worth of time.

    Returns:
        Lines without a trailing newline.
    """
    if since_us is None and until_us is None:
        since_us, until_us = latest_window(instance, schedule)
    chart = lay_out(instance, schedule, since_us, until_us)
    labels = {lane.pe: clip(lane.label, max(4, width // 4)) for lane in chart.lanes}
    margin = max(len(JOBS_LANE), *map(len, labels.values()))
    room = max(_MIN_COLUMNS, width - margin - 3 - (_MAX_QUEUE + 4))
    span = chart.high - chart.low
    per_unit = max(1, min(_MAX_COLUMNS_PER_UNIT, room // span))
    per_column = -(-span // room)  # µs in a column; 1 where per_unit exceeds 1
    columns = -(-span * per_unit // per_column)
    scale = per_unit / per_column
    lines = [clip(describe(instance, schedule), width)]
    lines.append(f"{JOBS_LANE:>{margin}} |{_arrivals(chart, columns, scale)}|")
    queues = _queues(schedule)
    for lane in chart.lanes:
        bars = [bar for bar in chart.bars if bar.pe == lane.pe]
        line = f"{labels[lane.pe]:>{margin}} |{_letters(bars, columns, scale, chart.low)}|"
        lines.append((line + _queue_text(queues.get(lane.pe, []))).rstrip())
    step = per_unit * -(-max(10, len(str(chart.high)) + 2) // per_unit)
    lines.append(
        " " * (margin + 2)
        + axis(columns, step, lambda column: str(chart.low + column * per_column // per_unit))
    )
    shown = sorted({bar.job for bar in chart.bars})
    types = schedule.graph.tolist()
    entries = [f"{_letter(job)}={job} {instance.graphs[types[job]].name}" for job in shown]
    return "\n".join([*lines, *wrap_entries(entries, width)])


def render_graph_ansi(instance: SocInstance, graph: str | int = 0) -> str:
    """List the tasks of a job type by layer, with what schedulers know of them.

    Args:
        instance: The instance.
        graph: Name or index of the job type.

    Returns:
        A table without a trailing newline: fastest and mean expected execution, upward and
        downward rank, ``*`` on the critical path, and the arcs to successors with their volumes.
    """
    number = graph_index(instance, graph)
    shape = instance.graphs[number]
    critical = set(critical_path(instance, number).tolist())
    up, down = upward_rank(instance, number), downward_rank(instance, number)
    expected, mean = instance.expected_us(number), mean_execution(instance, number)
    after: list[list[str]] = [[] for _ in shape.kernels]
    arcs = zip(shape.arc_from.tolist(), shape.arc_to.tolist(), shape.volume.tolist(), strict=True)
    for a, b, volume in arcs:
        after[a].append(f"{b}:{volume:g}")
    layer = layers_of(shape)
    names = [clip(name, 24) for name in shape.task_names]
    wide = max(len("task"), *map(len, names))
    lines = [
        f"{shape.name}: {shape.num_tasks} tasks, {len(shape.arc_from)} arcs, critical path "
        f"{max(up):.1f} µs by mean times (tasks marked *)",
        f"layer     # {'task':<{wide}}  fastest     mean  upward down from  successor:volume",
    ]
    for task in sorted(range(shape.num_tasks), key=lambda t: (layer[t], t)):
        fastest = min(time for time in expected[task].tolist() if time >= 0)
        mark = "*" if task in critical else " "
        lines.append(
            f"{layer[task]:>5} {task:>4}{mark} {names[task]:<{wide}} {fastest:>8} "
            f"{mean[task]:>8.1f} {up[task]:>7.1f} {down[task]:>9.1f}  {' '.join(after[task])}"
        )
    return "\n".join(line.rstrip() for line in lines)


def _letter(job: int) -> str:
    """Jobs keep their letters while time goes on; those of the alphabet are easiest to read."""
    return letter(job % _LETTERS)


def _letters(bars: list[Bar], columns: int, scale: float, low: int) -> str:
    """The job that covers most of each column, if half of the column is covered at all."""
    text = []
    for cell in cover(bars, columns, scale, low):
        # A short task alone in a wide column is still worth a letter.
        enough = cell and (scale < 1 or sum(share for share, _ in cell) >= 0.5)
        text.append(_letter(max(cell, key=lambda entry: entry[0])[1].job) if enough else _IDLE)
    return "".join(text)


def _arrivals(chart: Chart, columns: int, scale: float) -> str:
    """The letter of each job where it arrives; the last one of a column stays."""
    text = [" "] * columns
    for visit in chart.visits:
        column = int((visit.arrival - chart.low) * scale)
        if 0 <= column < columns:
            text[column] = _LOST if visit.is_lost else _letter(visit.job)
    return "".join(text)


def _queues(schedule: SocSchedule) -> dict[int, list[int]]:
    """Jobs of the mapped tasks that have not started, by element, in mapping order."""
    waiting = (schedule.pe != NOT_YET) & (schedule.start_us == NOT_YET)
    queues: dict[int, list[int]] = {}
    jobs, tasks = waiting.nonzero()
    for at in schedule.order[jobs, tasks].argsort().tolist():
        queues.setdefault(int(schedule.pe[jobs[at], tasks[at]]), []).append(int(jobs[at]))
    return queues


def _queue_text(jobs: list[int]) -> str:
    if not jobs:
        return ""
    text = "".join(_letter(job) for job in jobs[:_MAX_QUEUE])
    return f" {_QUEUE} {text}" + ("…" if len(jobs) > _MAX_QUEUE else "")

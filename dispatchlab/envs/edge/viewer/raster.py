"""An edge and a cloud at work as an array of pixels, for ``rgb_array`` rendering and videos."""

import numpy as np

from dispatchlab.envs.core.drawing.palette import Rgb, colour
from dispatchlab.envs.core.drawing.pixels import (
    ADVANCE,
    BAND,
    INK,
    TEXT_HEIGHT,
    Frame,
    Image,
    draw_bar,
    draw_time_axis,
    write,
)
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.metrics import metrics
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import ON_EDGE, EdgeSchedule
from dispatchlab.envs.edge.viewer.layout import Bar, Chart, latest_window, lay_out
from dispatchlab.envs.edge.viewer.network_band import network_band

LATE: Rgb = (190, 30, 45)
_NETWORK: Rgb = (176, 176, 190)
_RIGHT, _TOP, _BOTTOM = 14, 26, 24
_NETWORK_ROWS = 0.12  # of the height between head and axis
_MAX_LABEL = 9
_MARGIN = 0.09


def render_rgb(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule, *,
    size: tuple[int, int] = (900, 500), since_ms: int | None = None, until_ms: int | None = None,
) -> Image:  # fmt: skip
    """Draw the schedule with nothing but array slices: fast and the same on every machine.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs, and what the network does.
        schedule: A schedule of it, complete or not.
        size: Width and height in pixels; at least 160 by 120 is drawn.
        since_ms: Begin of what is drawn.
        until_ms: End of what is drawn; without either the last few seconds.

    Returns:
        ``(height, width, 3)`` image, whatever the schedule.
    """
    width, height = max(160, size[0]), max(120, size[1])
    if since_ms is None and until_ms is None:
        since_ms, until_ms = latest_window(instance, schedule)
    chart = lay_out(instance, realisation, schedule, since_ms, until_ms)
    image = np.full((height, width, 3), 255, np.uint8)
    left = 12 + ADVANCE * _MAX_LABEL
    frame = Frame(left, width - _RIGHT, _TOP, height - _BOTTOM, chart.low, chart.high)
    network = round(_NETWORK_ROWS * (frame.floor - frame.top))
    per_row = (frame.floor - frame.top - network - 4) / chart.height
    _draw_lanes(image, chart, frame, per_row)
    draw_time_axis(image, frame)
    for bar in chart.bars:
        _draw_run(image, chart, frame, per_row, bar)
    _draw_marks(image, chart, frame, per_row)
    _draw_network(image, realisation, frame, frame.floor - network)
    _draw_figures(image, instance, realisation, schedule, frame)
    return image[: size[1], : size[0]]


def _draw_lanes(image: Image, chart: Chart, frame: Frame, per_row: float) -> None:
    """A band and a name for each lane."""
    for index, lane in enumerate(chart.lanes):
        top, bottom = (round(_TOP + y * per_row) for y in (lane.top, lane.top + lane.height))
        if index % 2:
            image[top:bottom, frame.left : frame.right] = BAND
        if bottom - top > TEXT_HEIGHT:
            short = lane.label.removeprefix("cloud ").partition(",")[0]
            label = short.upper()[:_MAX_LABEL]
            left = frame.left - 6 - ADVANCE * len(label)
            write(image, label, left, (top + bottom - TEXT_HEIGHT) // 2, INK)


def _draw_run(image: Image, chart: Chart, frame: Frame, per_row: float, bar: Bar) -> None:
    """The bar with the number of its task, a red end if it is late, and its deadline."""
    top, bottom = (
        round(_TOP + y * per_row)
        for y in (bar.top + _MARGIN * bar.height, bar.top + (1 - _MARGIN) * bar.height)
    )
    columns = (frame.column(max(bar.start, chart.low)), frame.column(min(bar.end, chart.high)))
    draw_bar(image, columns, (top, bottom), colour(bar.model), str(bar.task))
    if bar.is_late:
        late = frame.column(min(max(bar.due, bar.start, chart.low), chart.high))
        late = min(late, columns[1] - 2)
        image[top : max(top + 2, (top + bottom) // 2), late : columns[1]] = LATE
    if chart.low <= bar.due <= chart.high:
        due = min(frame.right - 2, frame.column(bar.due))
        if bar.place == ON_EDGE:
            top, bottom = bottom + 1, round(_TOP + (chart.lanes[0].height - 0.05) * per_row)
        image[top:bottom, due : due + 2] = LATE if bar.is_late else colour(bar.model)


def _draw_marks(image: Image, chart: Chart, frame: Frame, per_row: float) -> None:
    """A small square where a task was dropped or expired."""
    for mark in chart.marks:
        left = min(frame.right - 4, max(frame.left, frame.column(mark.time) - 2))
        middle = round(_TOP + mark.middle * per_row)
        image[middle - 1 : middle + 2, left : left + 4] = colour(mark.model)


def _draw_network(image: Image, realisation: EdgeRealisation, frame: Frame, top: int) -> None:
    """Latency or bandwidth as an area, with its highest value."""
    band = network_band(realisation, frame.low, frame.high)
    times = np.linspace(frame.low, frame.high, frame.right - frame.left, endpoint=False)
    if band.is_step:
        value = band.value[np.searchsorted(band.time_ms, times, side="right") - 1]
    else:
        value = np.interp(times, band.time_ms, band.value)
    highest = max(1.0, float(band.value.max()))
    rows = np.rint(value / highest * (frame.floor - top)).astype(int)
    area = image[top : frame.floor, frame.left : frame.right]
    depth = np.arange(frame.floor - top)[::-1, None]
    area[depth < rows[None]] = _NETWORK
    label = f"{highest:.0f} {'MBIT' if band.is_step else 'MS'}"
    left = frame.left - 6 - ADVANCE * len(label)
    write(image, label, left, (top + frame.floor - TEXT_HEIGHT) // 2, INK)


def _draw_figures(
    image: Image, instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule,
    frame: Frame,
) -> None:  # fmt: skip
    worth = metrics(instance, realisation, schedule)
    write(image, f"UTILITY {worth['utility']:.0f}", frame.left, 8, INK)
    text = f"ENDED {worth['tasks']:.0f}"
    if worth["tasks"]:
        text += f"  ON TIME {100 * worth['completion']:.0f} PCT"
    write(image, text, frame.right - ADVANCE * len(text), 8, INK)

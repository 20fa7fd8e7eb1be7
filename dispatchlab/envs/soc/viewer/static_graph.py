"""The drawing of a task graph for print: PNG, SVG and PDF through Matplotlib."""

from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.core.drawing.palette import colour, css, text_colour
from dispatchlab.envs.core.drawing.pictures import figure_bytes, new_figure, print_style
from dispatchlab.envs.soc.viewer.graph_facts import CRITICAL, MAX_NAMES, MAX_VOLUMES, GraphFacts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LAYER_INCHES, _MIN_WIDTH, _MAX_WIDTH = 1.15, 7.0, 16.0
_ROW_INCHES, _MIN_HEIGHT, _MAX_HEIGHT = 0.75, 1.8, 14.0
_HEAD, _FOOT = 0.5, 0.4
_LARGEST, _SMALLEST, _NUMBERED = 32.0, 4.0, 13.0  # points


def draw_graph(facts: GraphFacts, file_format: str) -> bytes:
    """Draw a job type; the same one gives the same bytes.

    Args:
        facts: The laid-out job type.
        file_format: ``"png"``, ``"svg"`` or ``"pdf"``.

    Returns:
        The content of the file.

    Raises:
        MissingExtraError: If Matplotlib is not installed.
    """
    drawing = facts.drawing
    width = min(_MAX_WIDTH, max(_MIN_WIDTH, _LAYER_INCHES * drawing.width))
    inner = min(_MAX_HEIGHT, max(_MIN_HEIGHT, _ROW_INCHES * drawing.height))
    height = _HEAD + inner + _FOOT
    with print_style():
        figure = new_figure(width, height)
        axes = figure.add_axes((0.01, _FOOT / height, 0.98, inner / height))
        room = int(width * 72 / (12 * 0.62))
        axes.set_title(clip(facts.headline, room), loc="left", fontsize=12, fontweight="bold")
        axes.set_axis_off()
        axes.set_xlim(-0.6, drawing.width - 0.4)
        axes.set_ylim(drawing.height - 0.2, -0.7)
        points_per_row = inner * 72 / (drawing.height + 0.5)
        _draw_arcs(axes, facts)
        _draw_tasks(axes, facts, points_per_row)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="lower left", ncols=len(labels), frameon=False, fontsize=9,
            columnspacing=1.5, handletextpad=0.4, borderaxespad=0.6, markerscale=1.0,
        )  # fmt: skip
        return figure_bytes(figure, file_format)


def _draw_arcs(axes: "Axes", facts: GraphFacts) -> None:
    """Lines and volumes."""
    from matplotlib.collections import LineCollection

    shape, routes = facts.shape, facts.drawing.routes
    for critical, ink, width, name in (
        (False, "#9a9aa4", 0.9, "arc"),
        (True, css(CRITICAL), 2.2, "critical path"),
    ):
        lines = [route.points for route in routes if facts.is_critical(route.arc) == critical]
        if lines:
            axes.add_collection(
                LineCollection(
                    lines, colors=ink, linewidths=width, label=name, zorder=1 + critical
                ),
                autolim=False,
            )
    for route in routes if len(routes) <= MAX_VOLUMES else ():
        axes.text(
            *route.label, f"{shape.volume[route.arc]:g}", fontsize=7, color="#55555f",
            ha="center", va="center", zorder=3,
            bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"},
        )  # fmt: skip


def _draw_tasks(axes: "Axes", facts: GraphFacts, points_per_row: float) -> None:
    """Circles by cluster, numbers inside, names below."""
    least = _SMALLEST if facts.shape.num_tasks > MAX_NAMES else _NUMBERED
    sizes = facts.diameters(min(_LARGEST, 0.62 * points_per_row), min(least, 0.5 * points_per_row))
    x, y, chip = facts.drawing.x, facts.drawing.y, facts.instance.chip
    for cluster in np.unique(facts.best).tolist():
        tasks = np.flatnonzero(facts.best == cluster)
        critical = [task in facts.path for task in tasks.tolist()]
        axes.scatter(
            x[tasks], y[tasks], s=sizes[tasks] ** 2, color=css(colour(cluster)), zorder=4,
            edgecolors=[css(CRITICAL) if c else "#444444" for c in critical],
            linewidths=[2.0 if c else 0.6 for c in critical],
        )  # fmt: skip
        axes.scatter(
            [], [], s=60, color=css(colour(cluster)), edgecolors="#444444", linewidths=0.6,
            label=f"fastest on {chip.cluster_names[cluster]}",
        )  # fmt: skip
    if facts.shape.num_tasks > MAX_NAMES:
        return
    for task in range(facts.shape.num_tasks):
        ink = css(text_colour(colour(int(facts.best[task]))))
        axes.text(
            x[task], y[task], str(task), fontsize=max(6.0, min(9.0, 0.42 * float(sizes[task]))),
            ha="center", va="center_baseline", color=ink, zorder=5,
        )  # fmt: skip
        axes.annotate(
            clip(facts.shape.task_names[task], 17), (x[task], y[task]), fontsize=6.5,
            xytext=(0, -float(sizes[task]) / 2 - 2), textcoords="offset points", ha="center",
            va="top", color="#333333", zorder=2,
        )  # fmt: skip

"""An interactive drawing of a task graph."""

from typing import TYPE_CHECKING, Any

import numpy as np

from dispatchlab.envs.core.drawing.figures import FONT, escape
from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.core.drawing.palette import colour, css, text_colour
from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.envs.soc.instance import FloatArray, SocInstance
from dispatchlab.envs.soc.viewer.graph_facts import CRITICAL, MAX_NAMES, MAX_VOLUMES, GraphFacts

if TYPE_CHECKING:
    import plotly.graph_objects as go

_ROW_PIXELS, _FRAME_PIXELS, _MIN_PIXELS, _MAX_PIXELS = 62, 130, 380, 1800
_LARGEST, _SMALLEST, _NUMBERED = 44.0, 7.0, 19.0
_HOVER = (
    "<b>%{customdata[0]}</b><br>kernel %{customdata[1]}<br>expected µs: %{customdata[2]}<br>"
    "mean %{customdata[3]:.1f}, upward rank %{customdata[4]:.1f}, downward rank "
    "%{customdata[5]:.1f}%{customdata[6]}<extra></extra>"
)


def graph_figure(instance: SocInstance, graph_name: str | int = 0) -> "go.Figure":
    """Draw a job type in layers, from its entries on the left to its exits on the right.

    The area of a task is as its mean expected execution, its colour tells the cluster that is
    fastest; the critical path (by mean times) is red. Volumes of arcs are written, or in the
    hover text where there are many.

    Args:
        instance: The instance.
        graph_name: Name or index of the job type.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        DispatchlabError: If there is no such job type.
        MissingExtraError: If Plotly is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise MissingExtraError("plotly", "viz") from None
    facts = GraphFacts.of(instance, graph_name)
    room = (_MAX_PIXELS - _FRAME_PIXELS) / facts.drawing.height
    per_row = min(_ROW_PIXELS, room)
    least = _SMALLEST if facts.shape.num_tasks > MAX_NAMES else _NUMBERED
    sizes = facts.diameters(min(_LARGEST, 0.75 * per_row), min(least, 0.6 * per_row))
    traces = [*_arc_traces(facts), _volume_trace(facts), *_task_traces(facts, sizes)]
    figure = go.Figure([go.Scatter(**trace) for trace in traces])
    pixels = max(_MIN_PIXELS, _FRAME_PIXELS + per_row * facts.drawing.height)
    figure.update_layout(**_layout(facts, sizes, round(pixels)))
    return figure


def _arc_traces(facts: GraphFacts) -> list[dict[str, Any]]:
    """Lines of the arcs, those of the critical path apart."""
    traces = []
    for name, critical, ink, width in (
        ("arcs", False, "#9a9aa4", 1.2),
        ("critical path", True, css(CRITICAL), 3.0),
    ):
        routes = [r for r in facts.drawing.routes if facts.is_critical(r.arc) == critical]
        if routes:
            traces.append({
                "mode": "lines", "name": name, "hoverinfo": "skip",
                "x": [x for r in routes for x in (*(p[0] for p in r.points), None)],
                "y": [y for r in routes for y in (*(p[1] for p in r.points), None)],
                "line": {"color": ink, "width": width, "shape": "spline", "smoothing": 0.6},
            })  # fmt: skip
    return traces


def _volume_trace(facts: GraphFacts) -> dict[str, Any]:
    """Volumes at the middle of the arcs: written if they are few, always on hover."""
    shape, routes = facts.shape, facts.drawing.routes
    volumes = [f"{shape.volume[route.arc]:g}" for route in routes]
    about = [
        f"arc {shape.arc_from[r.arc]} to {shape.arc_to[r.arc]}: volume {volume}"
        for r, volume in zip(routes, volumes, strict=True)
    ]
    written = len(routes) <= MAX_VOLUMES
    return {
        "mode": "markers+text" if written else "markers",
        "name": "volumes",
        "x": [route.label[0] for route in routes],
        "y": [route.label[1] for route in routes],
        "text": volumes,
        "textfont": {"size": 10, "color": "#55555f"},
        "marker": {"size": 15 if written else 5, "color": "white", "opacity": 0.85},
        "customdata": about,
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _task_traces(facts: GraphFacts, sizes: FloatArray) -> list[dict[str, Any]]:
    """One trace per cluster that is the fastest for some task."""
    named = facts.shape.num_tasks <= MAX_NAMES
    traces = []
    for cluster in np.unique(facts.best).tolist():
        tasks = np.flatnonzero(facts.best == cluster).tolist()
        fill = colour(cluster)
        lines = [css(CRITICAL) if t in facts.path else "#444" for t in tasks]
        traces.append({
            "mode": "markers+text" if named else "markers",
            "name": f"fastest on {escape(facts.instance.chip.cluster_names[cluster])}",
            "x": facts.drawing.x[tasks].tolist(), "y": facts.drawing.y[tasks].tolist(),
            "marker": {"size": sizes[tasks].tolist(), "opacity": 1, "color": css(fill),
                       "line": {"color": lines,
                                "width": [2.5 if t in facts.path else 0.8 for t in tasks]}},
            "text": [str(t) for t in tasks], "textposition": "middle center",
            "textfont": {"size": 11, "color": css(text_colour(fill))},
            "customdata": [_hover(facts, task) for task in tasks], "hovertemplate": _HOVER,
        })  # fmt: skip
    return traces


def _hover(facts: GraphFacts, task: int) -> tuple[str | float, ...]:
    """What `_HOVER` shows about a task."""
    return (
        escape(f"{task}: {facts.shape.task_names[task]}"), escape(facts.shape.kernels[task]),
        escape(facts.times(task)), float(facts.mean[task]), float(facts.up[task]),
        float(facts.down[task]), "<br>on the critical path" if task in facts.path else "",
    )  # fmt: skip


def _layout(facts: GraphFacts, sizes: FloatArray, pixels: int) -> dict[str, Any]:
    hidden = {"visible": False, "showgrid": False, "zeroline": False}
    drawing = facts.drawing
    names = [
        {"x": float(drawing.x[t]), "y": float(drawing.y[t]), "showarrow": False,
         "yshift": -float(sizes[t]) / 2,
         "text": escape(clip(facts.shape.task_names[t], 16)), "yanchor": "top",
         "font": {"size": 9.5, "color": "#333"}}
        for t in range(facts.shape.num_tasks if facts.shape.num_tasks <= MAX_NAMES else 0)
    ]  # fmt: skip
    return {
        "title": {"text": escape(facts.headline), "x": 0.01, "xanchor": "left",
                  "font": {"size": 18}},
        "template": "plotly_white",
        "font": {"family": FONT},
        "hovermode": "closest",
        "height": pixels,
        "margin": {"l": 10, "r": 10, "t": 60, "b": 10},
        "legend": {"itemsizing": "constant"},
        "hoverlabel": {"align": "left"},
        "xaxis": hidden | {"range": [-0.6, drawing.width - 0.4]},
        "yaxis": hidden | {"range": [drawing.height - 0.2, -0.7]},
        "annotations": names,
    }  # fmt: skip

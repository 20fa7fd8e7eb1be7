"""A day of a fleet to play and to explore: the map in motion, and the curves of the day."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.drawing.curves import Curve
from dispatchlab.envs.core.drawing.figures import escape
from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.viewer.day import best_look
from dispatchlab.envs.uam.viewer.moving_map import moving_styles, moving_traces, still_traces
from dispatchlab.envs.uam.viewer.page import Span, page_layout
from dispatchlab.envs.uam.viewer.panels import (
    Trace,
    charge_traces,
    demand_traces,
    highest,
    moments_ms,
    port_traces,
    profit_traces,
)
from dispatchlab.envs.uam.viewer.scene import Scene, look_at
from dispatchlab.envs.uam.viewer.words import describe

if TYPE_CHECKING:
    import plotly.graph_objects as go

OWN_NAME = "this day"
_CURSOR = {
    "mode": "lines", "hoverinfo": "skip", "showlegend": False,
    "line": {"width": 1, "color": "#be1e2d"},
}  # fmt: skip


def day_figure(
    instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule, *,
    title: str | None = None, name: str = OWN_NAME, others: Mapping[str, Curve] | None = None,
    bound_usd: float | None = None,
) -> "go.Figure":  # fmt: skip
    """Build the day as a Plotly figure.

    On the left the map, with a slider and a button to play the day: vertiports with their slots
    and the passengers who wait, aircraft in the colour of their charge. On the right the profit
    and the charge over the day, below the passengers of every bin and how full the vertiports are.

    Args:
        instance: The instance.
        realisation: Tells who came, and which aircraft failed.
        schedule: A schedule of it, complete or not.
        title: Headline; the instance and what the day has come to by default.
        name: Who made the schedule, for the legend.
        others: Profit of other methods on this day, by name, as `profit_curve` gives it.
        bound_usd: What no schedule can exceed.

    Returns:
        A ``plotly.graph_objects.Figure``.

    Raises:
        DispatchlabError: If the schedule is of another instance.
        MissingExtraError: If Plotly is not installed.
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise MissingExtraError("plotly", "viz") from None
    scene = look_at((instance, realisation, schedule))
    first = best_look(instance, schedule, scene.moments)
    panels = (
        profit_traces(scene, name, others or {}, bound_usd), charge_traces(scene),
        demand_traces(scene), port_traces(scene),
    )  # fmt: skip
    spans = [
        highest(panels[0]),
        (0.0, 103.0),
        highest(panels[2]),
        (0.0, float(len(instance.ports))),
    ]
    still, moving = still_traces(scene), _first_look(scene, first, spans)
    traces = [*still, *moving]
    for axis, own in zip("2345", panels, strict=True):
        place = {"xaxis": f"x{axis}", "yaxis": f"y{axis}", "legend": f"legend{axis}"}
        traces += [{**trace, **place} for trace in own]
    moved = range(len(still), len(still) + len(moving))
    figure = go.Figure({
        # Plotly moves nothing but scatter, and clears panels of anything else while it does
        "data": [{"type": "scatter", **trace} for trace in traces],
        "frames": _frames(scene, spans, list(moved)) if len(scene.times) > 1 else [],
    })  # fmt: skip
    headline = escape(title or describe(instance, realisation, schedule))
    figure.update_layout(**page_layout(scene, headline, spans, first))
    return figure


def _first_look(scene: Scene, first: int, spans: list[Span]) -> list[Trace]:
    """What moves, before it does: the same traces in the same order as in every frame."""
    moving = zip(moving_traces(scene, first), moving_styles(), strict=True)
    cursors = zip("2345", _cursors(scene, first, spans), strict=True)
    return [
        *(_with_style(*pair) for pair in moving),
        *({**_CURSOR, **c, "xaxis": f"x{axis}", "yaxis": f"y{axis}"} for axis, c in cursors),
    ]


def _with_style(trace: Trace, style: Trace) -> Trace:
    """What moves with how it looks; both may say something about its markers."""
    markers = {**style.get("marker", {}), **trace.get("marker", {})}
    return {**trace, **style, **({"marker": markers} if markers else {})}


def _frames(scene: Scene, spans: list[Span], moved: list[int]) -> list[dict[str, Any]]:
    """All that moves, at every time."""
    return [
        {"name": str(index), "traces": moved,
         "data": [{"type": "scatter", **trace}
                  for trace in [*moving_traces(scene, index), *_cursors(scene, index, spans)]]}
        for index in range(len(scene.times))
    ]  # fmt: skip


def _cursors(scene: Scene, index: int, spans: list[Span]) -> list[Trace]:
    """A line in every panel at the time of the map."""
    now = moments_ms(scene.played[0], scene.times)[index]
    return [{"x": [now, now], "y": list(span)} for span in spans]

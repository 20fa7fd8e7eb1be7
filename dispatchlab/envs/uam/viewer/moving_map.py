"""The map of a fleet for interactive pictures: what stays, and what moves from frame to frame."""

from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.drawing.figures import escape
from dispatchlab.envs.core.drawing.palette import css, text_colour
from dispatchlab.envs.uam.viewer.fleet import DOWN, LEAVING, STAGES
from dispatchlab.envs.uam.viewer.places import HEIGHT, Marks, lane_ends, put_marks, slot_places
from dispatchlab.envs.uam.viewer.scene import Scene, busy_routes, headline
from dispatchlab.envs.uam.viewer.shades import CHARGER, FREE, OUT_OF_SERVICE, ROUTE, SLATE, shade

IntArray = npt.NDArray[np.int64]
Trace = dict[str, Any]
_WIDTHS = (1.0, 2.5, 5.0)  # of routes: few flights in the day, more, most
_DOT, _ARROW, _HUB = 8, 13, 25
_SIDE_POINTS = 24


def still_traces(scene: Scene) -> list[Trace]:
    """What does not move: routes by the flights of the day, free slots, chargers, names."""
    instance, places = scene.played[0], scene.places
    slots = [slot_places(places, n, int(instance.slots[n])) for n in range(instance.num_ports)]
    arcs: list[tuple[float, float] | None] = []
    for n in range(instance.num_ports):
        share = int(instance.charge_slots[n]) / max(1, int(instance.slots[n]))
        angle = np.linspace(0.0, 2 * np.pi * share, _SIDE_POINTS) if share else np.zeros(0)
        x, y = places.x[n] + 1.28 * np.sin(angle), places.y[n] + 1.28 * np.cos(angle)
        arcs += [*zip(x.tolist(), y.tolist(), strict=True), None]
    free = {
        "mode": "markers", "hoverinfo": "skip", "name": "free slot",
        "x": _round(np.concatenate([x for x, _, _ in slots])),
        "y": _round(np.concatenate([y for _, y, _ in slots])),
        "marker": {"size": _DOT - 2, "color": css(FREE)},
    }  # fmt: skip
    names = {
        "mode": "text", "hoverinfo": "skip", "showlegend": False,
        "x": _round(places.label_x), "y": _round(places.label_y),
        "text": [escape(name) for name in places.names], "textfont": {"size": 11, "color": "#333"},
    }  # fmt: skip
    chargers = {
        **_lines(arcs), "name": "with charger", "line": {"width": 2, "color": css(CHARGER)},
    }  # fmt: skip
    full = css(shade(1.0))
    key = [
        {"mode": "markers", "x": [None], "y": [None], "name": name,
         "marker": {"size": 9, "symbol": symbol, "color": full, "angle": 90}}
        for name, symbol in (("on the ground", "circle"), ("flying", "arrow"))
    ]  # fmt: skip
    return [*_traffic(scene), free, chargers, names, *key]


def moving_traces(scene: Scene, index: int) -> list[Trace]:
    """What moves, as it is at one of the times; the same keys for every time."""
    marks = put_marks(scene.played[0], scene.places, scene.moments, index)
    up = np.flatnonzero(marks.is_up)
    stage = scene.moments.stage[index]
    stands = np.flatnonzero(~marks.is_up & (stage != DOWN))
    lanes = zip(
        *lane_ends(scene.places, scene.moments.origin[index, up], scene.moments.port[index, up]),
        strict=True,
    )
    routes = [point for a, b in lanes for point in (tuple(a), tuple(b), None)]
    return [
        _lines(routes),
        _hubs(scene, index),
        _aircraft(scene, index, marks, stands),
        _expected(scene, marks),
        _spots(marks, np.flatnonzero(~marks.is_up & (stage == DOWN))),
        _aircraft(scene, index, marks, up) | {"marker": _flying_marker(scene, index, marks, up)},
        _head(scene, index),
    ]


def moving_styles() -> list[Trace]:
    """How `moving_traces` look, for their first frame."""
    ring = {"symbol": "circle-open", "size": _DOT - 1, "color": "#6d7390", "line": {"width": 1.6}}
    edge = {"width": 1, "color": "#333"}
    return [
        {"line": {"width": 1.5, "color": css(SLATE)}, "opacity": 0.45, "showlegend": False},
        {"mode": "markers+text", "name": "passengers",
         "marker": {"size": _HUB, "opacity": 1},
         "textfont": {"size": 10, "color": css(text_colour(SLATE))},
         "hovertemplate": "%{customdata}<extra></extra>"},
        {"mode": "markers", "showlegend": False, "marker": {"size": _DOT},
         "hovertemplate": "%{customdata}<br>charge %{marker.color} %<extra></extra>"},
        {"mode": "markers", "name": "reserved", "marker": ring, "hoverinfo": "skip"},
        {"mode": "markers", "name": "out of service", "hoverinfo": "skip",
         "marker": {"symbol": "x", "size": _DOT, "color": css(OUT_OF_SERVICE)}},
        {"mode": "markers", "showlegend": False,
         "marker": {"symbol": "arrow", "size": _ARROW, "line": edge},
         "hovertemplate": "%{customdata}<br>charge %{marker.color} %<extra></extra>"},
        {"mode": "text", "showlegend": False, "hoverinfo": "skip", "textposition": "middle right",
         "textfont": {"size": 15, "color": "#222"}, "cliponaxis": False},
    ]  # fmt: skip


def _traffic(scene: Scene) -> list[Trace]:
    """Routes, the wider the more flights they have had up to the schedule's time."""
    pairs, share = busy_routes(scene)
    group = np.digitize(share, (1 / 3, 2 / 3))
    x, y = _round(scene.places.x), _round(scene.places.y)
    traces = []
    for index, width in enumerate(_WIDTHS):
        points = [
            point
            for i, j in pairs[group == index].tolist()
            for point in ((x[i], y[i]), (x[j], y[j]), None)
        ]
        ink = {"width": width, "color": css(ROUTE)}
        traces.append({**_lines(points), "line": ink, "opacity": 0.6, "showlegend": False})
    return traces


def _lines(points: list[Any]) -> Trace:
    """Lines through points, broken where there is none."""
    return {
        "mode": "lines",
        "hoverinfo": "skip",
        "x": [None if point is None else round(float(point[0]), 2) for point in points],
        "y": [None if point is None else round(float(point[1]), 2) for point in points],
    }


def _hubs(scene: Scene, index: int) -> Trace:
    instance, places, ports = scene.played[0], scene.places, scene.ports
    told = []
    for n, name in enumerate(instance.ports):
        queue = f", {ports.queued[index, n]} queued" if ports.queued[index, n] else ""
        told.append(
            f"<b>{escape(name)}</b><br>{ports.waiting[index, n]} passengers waiting<br>"
            f"{instance.slots[n] - ports.held[index, n]} of {instance.slots[n]} slots free<br>"
            f"{instance.charge_slots[n] - ports.charging[index, n]} of {instance.charge_slots[n]} "
            f"chargers free{queue}"
        )
    waiting = ports.waiting[index].tolist()
    return {
        "x": _round(places.x), "y": _round(places.y), "customdata": told,
        "text": [str(count) if count else "" for count in waiting],
        "marker": {"color": [css(SLATE if count else FREE) for count in waiting]},
    }  # fmt: skip


def _aircraft(scene: Scene, index: int, marks: Marks, some: IntArray) -> Trace:
    """Aircraft with their charge as colour."""
    return {
        **_spots(marks, some),
        "customdata": [_told(scene, index, k) for k in some.tolist()],
        "marker": {"color": _charges(scene, index, some), "coloraxis": "coloraxis"},
    }


def _flying_marker(scene: Scene, index: int, marks: Marks, some: IntArray) -> Trace:
    angles = np.rint(marks.heading[some]).astype(int).tolist()
    return {
        "color": _charges(scene, index, some), "angle": angles, "coloraxis": "coloraxis",
    }  # fmt: skip


def _charges(scene: Scene, index: int, some: IntArray) -> list[int]:
    battery = scene.played[0].aircraft.battery_wh
    share = np.rint(100.0 * scene.moments.wh[index, some] / battery)
    charges: list[int] = share.astype(int).tolist()
    return charges


def _told(scene: Scene, index: int, k: int) -> str:
    """What is said about an aircraft."""
    moments, names = scene.moments, scene.played[0].ports
    stage, port = int(moments.stage[index, k]), escape(names[moments.port[index, k]])
    if stage < LEAVING:
        return f"aircraft {k}: {STAGES[stage]}, {port}"
    origin, aboard = escape(names[moments.origin[index, k]]), moments.passengers[index, k]
    seats = scene.played[0].aircraft.seats
    return f"aircraft {k}: {STAGES[stage]}, {origin} → {port}, {aboard} of {seats} seats taken"


def _expected(scene: Scene, marks: Marks) -> Trace:
    """Slots that wait for an aircraft on its way."""
    x, y = [], []
    for n, taken in enumerate(marks.slot):
        slot_x, slot_y, _ = slot_places(scene.places, n, len(taken))
        wanted = [slot for slot, k in enumerate(taken) if k >= 0 and marks.is_up[k]]
        x += _round(slot_x[wanted])
        y += _round(slot_y[wanted])
    return {"x": x, "y": y}


def _spots(marks: Marks, some: IntArray) -> Trace:
    return {"x": _round(marks.x[some]), "y": _round(marks.y[some])}


def _head(scene: Scene, index: int) -> Trace:
    """`headline` above the map, the time bold."""
    time, _, rest = headline(scene, index).partition("  ")
    return {"x": [0.2], "y": [HEIGHT + 0.6], "text": [f"<b>{time}</b>  {rest}"]}


def _round(values: npt.NDArray[np.float64]) -> list[float]:
    rounded: list[float] = np.round(values, 2).tolist()
    return rounded

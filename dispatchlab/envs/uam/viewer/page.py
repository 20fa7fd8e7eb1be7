"""Where the parts of an interactive day lie: map, panels, axes, legends, slider and button."""

from typing import Any

from dispatchlab.envs.core.drawing.figures import base_layout, escape
from dispatchlab.envs.uam.viewer.panels import moments_ms
from dispatchlab.envs.uam.viewer.places import HEIGHT, WIDTH
from dispatchlab.envs.uam.viewer.scene import Scene
from dispatchlab.envs.uam.viewer.shades import scale
from dispatchlab.envs.uam.viewer.words import clock

Span = tuple[float, float]
_PIXELS = 1020
_FRAME_MS = 110
_SMALL = 11
_MANY = 12  # vertiports, from which on their names are smaller
_HEAD_ROOM = 1.4  # above the map, for the time and the profit
# as shares of the picture: left, right, bottom, top
_MAP = (0.0, 0.55, 0.42, 1.0)
_PANELS = {
    "2": (0.665, 1.0, 0.76, 0.965), "3": (0.665, 1.0, 0.43, 0.635),
    "4": (0.045, 0.36, 0.0, 0.245), "5": (0.47, 1.0, 0.0, 0.245),
}  # fmt: skip
_HEADINGS = {
    "2": "profit so far, $",
    "3": "charge, % of the battery",
    "4": "passengers, by the bin in which they came",
    "5": "vertiports: slots and chargers",
}


def page_layout(scene: Scene, title: str, spans: list[Span], first: int) -> dict[str, Any]:
    """Plotly's layout of a day.

    Args:
        scene: The day.
        title: Headline, as HTML.
        spans: Vertical ranges of the four panels.
        first: The time that the map shows at first.

    Returns:
        The layout.
    """
    layout = {
        **base_layout(title, _PIXELS),
        "margin": {"l": 10, "r": 10, "t": 60, "b": 40},
        "legend": {**_legend(0.0, 0.41), "font": {"size": _SMALL - 1}},
        "coloraxis": {"colorscale": scale(), "cmin": 0, "cmax": 100,
                      "colorbar": _bar("charge, %", 0.56, (0.47, 0.93))},
        "xaxis": {"domain": _MAP[:2], "range": [0, WIDTH], "visible": False, "constrain": "domain"},
        "yaxis": {"domain": _MAP[2:], "range": [0, HEIGHT + _HEAD_ROOM], "visible": False,
                  "scaleanchor": "x", "constrain": "domain"},
        **({"sliders": [_slider(scene, first)], "updatemenus": [_buttons()]}
           if len(scene.times) > 1 else {}),
        "annotations": [_heading(axis) for axis in _PANELS],
    }  # fmt: skip
    for (axis, place), span in zip(_PANELS.items(), spans, strict=True):
        layout[f"xaxis{axis}"] = _time_axis(scene, axis, place)
        layout[f"yaxis{axis}"] = _value_axis(scene, axis, place, span)
        layout[f"legend{axis}"] = _legend(place[0], place[3])
    left, _, _, top = _PANELS["2"]  # names of methods may be long: they stand inside
    layout["legend2"].update(orientation="v", x=left + 0.008, y=top - 0.012, yanchor="top")
    return layout


def _time_axis(scene: Scene, axis: str, place: tuple[float, ...]) -> dict[str, Any]:
    instance = scene.played[0]
    return {
        "type": "date", "domain": place[:2], "anchor": f"y{axis}", "tickformat": "%H:%M",
        "hoverformat": "%H:%M", "range": moments_ms(instance, [0, instance.horizon_s]),
        "nticks": 7, "tickfont": {"size": _SMALL}, "showline": True, "linecolor": "#444",
        "ticks": "outside", "showgrid": True,
        **({} if axis == "2" else {"matches": "x2"}),
    }  # fmt: skip


def _value_axis(scene: Scene, axis: str, place: tuple[float, ...], span: Span) -> dict[str, Any]:
    shared: dict[str, Any] = {
        "domain": place[2:], "anchor": f"x{axis}", "range": list(span), "fixedrange": True,
        "tickfont": {"size": _SMALL}, "zeroline": axis == "2",
    }  # fmt: skip
    if axis in "234":
        return {**shared, "nticks": 6, "exponentformat": "none", "separatethousands": True}
    names = [escape(name) for name in scene.places.names]
    return {
        **shared, "ticktext": names, "showgrid": False,
        "tickvals": [len(names) - 0.55 - n for n in range(len(names))],
        "tickfont": {"size": _SMALL - (2 if len(names) > _MANY else 0)},
    }  # fmt: skip


def _legend(x: float, y: float) -> dict[str, Any]:
    return {
        "orientation": "h", "x": x, "y": y, "xanchor": "left", "yanchor": "bottom",
        "font": {"size": _SMALL}, "itemsizing": "constant", "bgcolor": "rgba(255,255,255,0.7)",
    }  # fmt: skip


def _heading(axis: str) -> dict[str, Any]:
    place = _PANELS[axis]
    lift = 26 if axis != "2" else 6
    return {
        "text": f"<b>{_HEADINGS[axis]}</b>", "x": place[0], "y": place[3], "xref": "paper",
        "yref": "paper", "xanchor": "left", "yanchor": "bottom", "showarrow": False,
        "yshift": lift, "font": {"size": _SMALL + 1},
    }  # fmt: skip


def _bar(title: str, x: float, rows: Span) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": _SMALL}}, "x": x, "xanchor": "left",
        "y": sum(rows) / 2, "len": rows[1] - rows[0], "thickness": 10, "nticks": 6,
        "tickfont": {"size": _SMALL},
    }  # fmt: skip


def _slider(scene: Scene, first: int) -> dict[str, Any]:
    """Chooses the time of the map."""
    jump = {"mode": "immediate", "frame": {"duration": 0, "redraw": False},
            "transition": {"duration": 0}}  # fmt: skip
    steps = [
        {"method": "animate", "label": clock(scene.played[0], time), "args": [[str(index)], jump]}
        for index, time in enumerate(scene.times.tolist())
    ]
    return {
        "active": first, "steps": steps, "x": 0.07, "len": 0.48, "y": 0.37, "yanchor": "top",
        "pad": {"t": 4, "b": 0}, "currentvalue": {"visible": False},
        "font": {"size": _SMALL}, "ticklen": 3, "minorticklen": 0,
    }  # fmt: skip


def _buttons() -> dict[str, Any]:
    """Play and stop."""
    play = {"frame": {"duration": _FRAME_MS, "redraw": False}, "transition": {"duration": 0},
            "fromcurrent": True, "mode": "immediate"}  # fmt: skip
    stop = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate"}
    return {
        "type": "buttons", "direction": "left", "showactive": False, "x": 0.0, "y": 0.37,
        "xanchor": "left", "yanchor": "top", "pad": {"t": 2, "r": 4}, "font": {"size": 14},
        "buttons": [
            {"label": "▶", "method": "animate", "args": [None, play]},
            {"label": "❚❚", "method": "animate", "args": [[None], stop]},
        ],
    }  # fmt: skip

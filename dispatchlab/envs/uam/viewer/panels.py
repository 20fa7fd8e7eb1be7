"""Curves of a day for interactive pictures: profit, charge, passengers, slots and chargers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.drawing.curves import Curve
from dispatchlab.envs.core.drawing.figures import escape
from dispatchlab.envs.core.drawing.letters import clip
from dispatchlab.envs.core.drawing.palette import colour, css
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.viewer.day import demand_bars, profit_curve
from dispatchlab.envs.uam.viewer.fleet import Fleet
from dispatchlab.envs.uam.viewer.scene import Scene
from dispatchlab.envs.uam.viewer.shades import CHARGER, LOST, SERVED, WAITING

FloatArray = npt.NDArray[np.float64]
Trace = dict[str, Any]
BAND = (10, 90)  # percentiles of the charge
NAME = 30  # letters of a method
MOST_CURVES = 5  # what a legend inside the panel can hold
_SIDE = 0.07  # of a bar's bin stays free on either side
OWN = css(colour(0))


def moments_ms(instance: UamInstance, times_s: npt.ArrayLike) -> list[int]:
    """Times of a day as Plotly's date axes want them."""
    times: list[int] = ((np.asarray(times_s, np.int64) + instance.clock_start_s) * 1000).tolist()
    return times


def profit_traces(
    scene: Scene, name: str, others: Mapping[str, Curve], bound_usd: float | None
) -> list[Trace]:
    """The profit of the day, of other methods, and the bound."""
    instance, _, schedule = scene.played
    traces = []
    for index, (other, (times, values)) in enumerate(list(others.items())[: MOST_CURVES - 1]):
        ink = {"shape": "hv", "color": css(colour(1 + index)), "width": 1.4}
        traces.append(
            _step(instance, times, values) | {"name": escape(clip(other, NAME)), "line": ink}
        )
    own = _step(instance, *profit_curve(instance, schedule))
    ink = {"shape": "hv", "color": OWN, "width": 2.6}
    traces.append({**own, "name": escape(clip(name, NAME)), "line": ink, "legendrank": 1})
    if bound_usd is not None:
        ends = moments_ms(instance, [0, instance.horizon_s])
        traces.append({
            "x": ends, "y": [round(bound_usd, 2)] * 2, "mode": "lines", "name": "bound",
            "line": {"color": "#222", "width": 1.5, "dash": "dashdot"},
            "hovertemplate": "no schedule makes more than $%{y:,.0f}<extra>bound</extra>",
        })  # fmt: skip
    return traces


def charge_traces(scene: Scene) -> list[Trace]:
    """Every aircraft, pale; the middle four fifths of the fleet, and its mean."""
    instance, realisation, schedule = scene.played
    fleet, battery = Fleet(instance, realisation, schedule), instance.aircraft.battery_wh
    x: list[int | None] = []
    y: list[float | None] = []
    who: list[int | None] = []
    for k in range(instance.num_aircraft):
        times, energy = fleet.energy_curve(k, schedule.now_s)
        x += [*moments_ms(instance, times), None]
        y += [*_percent(energy, battery), None]
        who += [k] * len(times) + [None]
    at = moments_ms(instance, scene.times)
    low, high = (_percent(np.percentile(scene.moments.wh, q, axis=1), battery) for q in BAND)
    names = (f"{BAND[0]} to {BAND[1]} % of the fleet", "mean", "single aircraft")
    shared = {"mode": "lines", "hoverinfo": "skip"}
    return [
        {"x": x, "y": y, "customdata": who, "mode": "lines", "name": names[2],
         "line": {"color": "rgba(90,100,140,0.18)", "width": 0.7}, "connectgaps": False,
         "hovertemplate": "aircraft %{customdata}: %{y:.0f} % at %{x|%H:%M}<extra></extra>"},
        {**shared, "x": at, "y": low, "line": {"width": 0}, "showlegend": False},
        {**shared, "x": at, "y": high, "line": {"width": 0}, "fill": "tonexty", "name": names[0],
         "fillcolor": "rgba(0,114,178,0.20)"},
        {"x": at, "y": _percent(scene.moments.wh.mean(axis=1), battery), "mode": "lines",
         "name": names[1], "line": {"color": OWN, "width": 2.4},
         "hovertemplate": "mean charge %{y:.0f} % at %{x|%H:%M}<extra></extra>"},
    ]  # fmt: skip


def demand_traces(scene: Scene) -> list[Trace]:
    """Bars of the passengers of each bin, and how many were expected."""
    instance = scene.played[0]
    demand = demand_bars(*scene.played)
    starts = np.arange(instance.num_bins) * instance.bin_s
    floor = np.zeros(instance.num_bins, dtype=np.int64)
    traces = []
    for name, counts, ink in (("served", demand.served, SERVED),
                              ("waiting", demand.waiting, WAITING),
                              ("left", demand.lost, LOST)):  # fmt: skip
        bars = [
            (moments_ms(instance, [start + _SIDE * instance.bin_s,
                                   start + (1 - _SIDE) * instance.bin_s]), low, low + count, count)
            for start, low, count in zip(*map(np.ndarray.tolist, (starts, floor, counts)),
                                         strict=True)
        ]  # fmt: skip
        floor = floor + counts
        traces.append({
            **_areas([([a, a, b, b], [low, top, top, low], [count] * 4)
                      for (a, b), low, top, count in bars]),
            "name": name, "fillcolor": ink, "line": {"width": 0},
            "hovertemplate": f"%{{customdata}} {name}<extra>%{{x|%H:%M}}</extra>",
        })  # fmt: skip
    expected = {
        "x": moments_ms(instance, starts + instance.bin_s // 2),
        "y": np.round(demand.expected, 1).tolist(), "mode": "lines+markers",
        "name": "expected", "line": {"color": "#333", "width": 1.2, "dash": "dot"},
        "marker": {"size": 4}, "hovertemplate": "%{y:.0f} expected<extra>%{x|%H:%M}</extra>",
    }  # fmt: skip
    return [*traces, expected]


def port_traces(scene: Scene) -> list[Trace]:
    """Slots and chargers of each vertiport over the day, a band for each; full is 0.9 high."""
    instance, ports = scene.played[0], scene.ports
    at = moments_ms(instance, scene.times)
    at += at[-1:] * (len(at) == 1)
    traces = []
    for what, used, there, fill, ink in (
        ("slots taken or reserved", ports.held, instance.slots, "#d3d6e2", "#b9bdce"),
        ("chargers in use", ports.charging, instance.charge_slots, "rgba(0,0,0,0)", css(CHARGER)),
    ):
        share = used / np.maximum(1, there)
        areas = []
        for n, name in enumerate(scene.places.names):
            base = instance.num_ports - 1 - n
            line = (base + 0.9 * share[:, n]).round(3).tolist()
            told = [f"{count} of {there[n]} {what}, {escape(name)}" for count in used[:, n]]
            areas.append(([at[0], *at, at[-1]], [base, *line, base], [told[0], *told, told[-1]]))
        traces.append({
            **_areas(areas), "name": what, "fillcolor": fill,
            "line": {"width": 1.2, "color": ink},
            "hovertemplate": "%{customdata}<extra>%{x|%H:%M}</extra>",
        })  # fmt: skip
    return traces


def _areas(outlines: list[tuple[list[Any], list[Any], list[Any]]]) -> Trace:
    """Filled outlines: times, heights and what is said at each of their points."""
    columns: list[list[Any]] = [[], [], []]
    for outline in outlines:
        for column, values in zip(columns, outline, strict=True):
            column += [*values, None]
    x, y, told = columns
    return {
        "x": x, "y": y, "customdata": told, "mode": "lines", "fill": "toself",
        "hoveron": "points", "connectgaps": False,
    }  # fmt: skip


def highest(traces: list[Trace], least: float = 1.0) -> tuple[float, float]:
    """Range of the values of some curves, with room above."""
    values = np.array([0.0, least] + [v for t in traces for v in t["y"] if v is not None])
    low, high = float(values.min()), float(values.max())
    return low - (0.04 * (high - low) if low < 0 else 0.0), high + 0.06 * (high - low)


def _step(instance: UamInstance, times: Any, values: Any) -> Trace:  # noqa: ANN401 (arrays)
    return {
        "x": moments_ms(instance, times), "y": np.round(values, 2).tolist(), "mode": "lines",
        "hovertemplate": "$%{y:,.0f} at %{x|%H:%M}",
    }  # fmt: skip


def _percent(energy: FloatArray, battery: int) -> list[float]:
    share: list[float] = np.round(100.0 * energy / battery, 1).tolist()
    return share

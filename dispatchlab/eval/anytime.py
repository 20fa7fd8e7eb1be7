"""Quality over time: the incumbents of solvers and hybrids, beside what rules and agents take."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dispatchlab.envs.core.drawing.curves import MARKERS, line_style
from dispatchlab.envs.core.drawing.figures import empty_figure, escape
from dispatchlab.eval.cases import Case
from dispatchlab.eval.compare import Comparison, Run, relative_gap
from dispatchlab.eval.formatting import duration
from dispatchlab.eval.summary import Summary

Steps = list[tuple[float, float]]  # seconds, and the value from then on
_LEAST_S = 1e-6  # what a logarithmic axis begins with
_MARGIN = 1.3  # on either side of a logarithmic axis
_MOST_POINTS = 400
_DOT = 9
_MANY_TICKS = 100  # from this ratio on, decades are enough
_HOVER = "%{y:.6~g} after %{x:.3g} s<extra>%{fullData.name}</extra>"


class Trail(NamedTuple):
    """What a method found when.

    Attributes:
        steps: Incumbents, each better than the one before.
        bounds: Lower bounds that it proved, ascending; none for most methods.
        is_logged: Whether the method tells more than its end.
    """

    steps: Steps
    bounds: Steps
    is_logged: bool


def trail(comparison: Comparison, run: Run) -> Trail:
    """The incumbents of a run.

    Args:
        comparison: Where the run is from.
        run: A run that the checker accepted.

    Returns:
        Its trail; of a method without a log a single step, at its end.
    """
    result = comparison.results.get((run.method, run.instance, run.seed))
    log = () if result is None else result.log
    steps: Steps = []
    bounds: Steps = []
    # Where no objective is negative, a bound of 0 says nothing.
    bound = -math.inf if any(entry["objective"] < 0 for entry in log) else 0.0
    for entry in log:
        if math.isfinite(entry["objective"]) and (not steps or entry["objective"] < steps[-1][1]):
            steps.append((entry["time_s"], entry["objective"]))
        if entry["lower_bound"] > bound:
            bound = entry["lower_bound"]
            bounds.append((entry["time_s"], bound))
    if not steps or steps[-1][1] != run.objective:  # replayed, or another instance's log
        return Trail([(run.runtime_s, run.objective)], [], False)
    return Trail(steps, bounds, True)


def time_figure(comparison: Comparison, summaries: Sequence[Summary]) -> Any:  # noqa: ANN401
    """Mean gap over the seconds spent, of all methods, on the cases that all of them solved.

    Args:
        comparison: The runs.
        summaries: Output of `summarise`: the intervals, where no method has a log.

    Returns:
        A figure of Plotly, or None where nothing is known; a method begins where it has a schedule
        for every case.
    """
    trails = _common_trails(comparison)
    curves = {name: _mean_steps(found) for name, found in trails.items() if found}
    if not curves:
        return None
    times = [t for steps in curves.values() for t, _ in steps]
    is_logged = any(told.is_logged for found in trails.values() for told, _ in found)
    intervals = {s.method: s.mean_gap_interval for s in summaries}
    figure = empty_figure(420)
    figure.update_layout(meta={"cases": len(next(iter(trails.values())))})
    for index, name in enumerate(comparison.methods):
        if name not in curves:
            continue
        trace = _curve(name, index, curves[name], max(times) * _MARGIN if is_logged else None)
        figure.add_scatter(**trace)
        if not is_logged:
            value, interval = curves[name][-1][1], intervals[name]
            figure.data[-1].error_y = _bars(value, 100 * interval.low, 100 * interval.high)
    _time_axis(figure, times)
    figure.update_yaxes(title_text="mean gap, %", rangemode="tozero")
    return figure


def _bars(value: float, low: float, high: float) -> dict[str, Any]:
    """An interval around a mark, or nothing."""
    if not low <= value <= high:
        return {"visible": False}
    return {
        "array": [high - value], "arrayminus": [value - low], "symmetric": False, "width": 3,
        "thickness": 1,
    }  # fmt: skip


def case_figures(comparison: Comparison, most: int) -> list[tuple[str, Any]]:
    """Objectives and bounds over the seconds spent, of the first cases in which a method has a log.

    Args:
        comparison: The runs.
        most: Cases at most.

    Returns:
        Names and figures of Plotly.
    """
    figures: list[tuple[str, Any]] = []
    for case in comparison.cases:
        if len(figures) == most:
            break
        found = {run.method: trail(comparison, run) for run in _good(comparison, case)}
        if any(t.is_logged and len(t.steps) + len(t.bounds) > 2 for t in found.values()):
            figures.append((f"{case.instance}, seed {case.seed}", _case(comparison, case, found)))
    return figures


def _case(comparison: Comparison, case: Case, found: Mapping[str, Trail]) -> Any:  # noqa: ANN401
    figure = empty_figure(360)
    times = [t for told in found.values() for t, _ in (*told.steps, *told.bounds)]
    end = max(times) * _MARGIN
    for index, name in enumerate(comparison.methods):
        if name not in found:
            continue
        steps, bounds, _ = found[name]
        figure.add_scatter(**_curve(name, index, steps, end))
        if bounds:
            figure.add_scatter(**_bound_curve(name, index, bounds, end))
    run = next(r for r in comparison.runs if (r.instance, r.seed) == (case.instance, case.seed))
    if run.reference_is_known:
        figure.add_hline(run.reference, line={"color": "#222", "width": 1, "dash": "dot"})
    _time_axis(figure, times)
    figure.update_yaxes(title_text=run.objective_name.replace("_", " "))
    return figure


def _good(comparison: Comparison, case: Case) -> list[Run]:
    key = (case.instance, case.seed)
    return [r for r in comparison.runs if (r.instance, r.seed) == key and r.verified]


def _common_trails(comparison: Comparison) -> dict[str, list[tuple[Trail, Run]]]:
    """By method, on the cases where every method has a gap that ever has one."""
    found: dict[str, dict[tuple[str, int], tuple[Trail, Run]]] = {}
    for run in comparison.runs:
        if run.verified and math.isfinite(run.gap):
            pair = trail(comparison, run), run
            found.setdefault(run.method, {})[run.instance, run.seed] = pair
    common = set.intersection(*(set(pairs) for pairs in found.values())) if found else set()
    return {name: [pairs[key] for key in pairs if key in common] for name, pairs in found.items()}


def _mean_steps(pairs: Sequence[tuple[Trail, Run]]) -> Steps:
    """Mean gap in per cent from the time on at which every case has a schedule."""
    changes = sorted(
        (time, case, 100.0 * relative_gap(value, run.reference))
        for case, (told, run) in enumerate(pairs)
        for time, value in told.steps
    )
    now: dict[int, float] = {}
    steps: Steps = []
    for time, case, gap in changes:
        now[case] = gap
        if len(now) == len(pairs):
            steps.append((time, math.fsum(now.values()) / len(pairs)))
    return _thinned(steps)


def _thinned(steps: Steps) -> Steps:
    """Evenly chosen ones where there are too many, the first and the last among them."""
    if len(steps) <= _MOST_POINTS:
        return steps
    kept = {round(i * (len(steps) - 1) / (_MOST_POINTS - 1)) for i in range(_MOST_POINTS)}
    return [step for index, step in enumerate(steps) if index in kept]


def _curve(name: str, index: int, steps: Steps, end: float | None) -> dict[str, Any]:
    """A trace that holds what it has until the end, or a mark if there is none."""
    last = [] if end is None else [(end, steps[-1][1])]
    x, y = zip(*((max(t, _LEAST_S), value) for t, value in (*steps, *last)), strict=True)
    return {
        "x": x, "y": y, "cliponaxis": False, "name": escape(name), "hovertemplate": _HOVER,
        "mode": "markers" if end is None else "lines+markers",
        "line": {**line_style(index), "shape": "hv"},
        "marker": {"symbol": MARKERS[index % len(MARKERS)], "color": line_style(index)["color"],
                   "size": [_DOT, *[0] * (len(x) - 1)]},
    }  # fmt: skip


def _bound_curve(name: str, index: int, bounds: Steps, end: float) -> dict[str, Any]:
    """Thin, and without a name of its own."""
    curve = _curve(name, index, bounds, end) | {"showlegend": False, "mode": "lines"}
    hover = "bound %{y:.6~g} after %{x:.3g} s<extra>%{fullData.name}</extra>"
    return curve | {"line": {**curve["line"], "width": 1}, "hovertemplate": hover}


def _time_axis(figure: Any, times: Sequence[float]) -> None:  # noqa: ANN401
    """Times in fitting units, on a logarithmic axis."""
    low, high = max(min(times), _LEAST_S) / _MARGIN, max(*times, _LEAST_S) * _MARGIN
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    marks = (1, 2, 5) if high / low < _MANY_TICKS else (1,)
    ticks = [mark * 10.0**decade for decade in decades for mark in marks]
    figure.update_xaxes(
        type="log", title_text="time per case", range=[math.log10(low), math.log10(high)],
        tickvals=ticks, ticktext=[duration(tick) for tick in ticks],
    )  # fmt: skip

"""Learning curves: validation scores of the agents beside the rules."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dispatchlab.eval.formatting import number
from dispatchlab.eval.run_report.charts import Chart, Curve, curves_chart
from dispatchlab.eval.run_report.progress import Series
from dispatchlab.eval.run_report.record import RunRecord
from dispatchlab.train.families import SETTINGS
from dispatchlab.train.families.base import COMPLETED

_AGENT = "greedy"

Scores = Mapping[str, Series]  # by method


def learning_charts(runs: Sequence[RunRecord]) -> list[Chart]:
    """A chart for each validation set and measure, with all runs that were judged on it.

    Args:
        runs: The runs.

    Returns:
        The charts; none where nothing was validated.
    """
    found = [run.progress.validation() for run in runs]
    charts = []
    for group in dict.fromkeys(name for scores in found for name in scores):
        judged = [(run, scores[group]) for run, scores in zip(runs, found, strict=True)
                  if group in scores]  # fmt: skip
        charts += _charts(runs, group, group, judged)
    labelled = [(run, _before(run)) for run in runs if run.evaluation.self_labelling]
    for group in dict.fromkeys(name for _, scores in labelled for name in scores):
        judged = [(run, scores[group]) for run, scores in labelled if group in scores]
        charts += _charts(runs, group, f"{group}, while it labelled its own schedules", judged)
    return charts


def final_rows(runs: Sequence[RunRecord]) -> list[list[str]]:
    """Validation set with method, and the score in each run, at the end of those that ended."""
    finals = [run.evaluation.final for run in runs]
    found = dict.fromkeys((g, m) for final in finals for g, scores in final.items() for m in scores)
    return [
        [
            f"{group}: {method.replace(COMPLETED, ', completed')}",
            *(number(final.get(group, {}).get(method, math.nan)) for final in finals),
        ]
        for group, method in found
    ]


def _before(run: RunRecord) -> dict[str, dict[str, Series]]:
    """Curves of self-labelling, as `Progress.validation` has those of what follows."""
    found: dict[str, dict[str, Series]] = {}
    for decisions, scores in run.evaluation.self_labelling:
        for group, methods in scores.items():
            for method, score in methods.items():
                x, y = found.setdefault(group, {}).setdefault(method, ([], []))
                x.append(decisions)
                y.append(score)
    return found


def _charts(
    runs: Sequence[RunRecord], group: str, heading: str, judged: Sequence[tuple[RunRecord, Scores]]
) -> list[Chart]:
    """The scores, and how much was completed where the set tells."""
    unit, completed, direction = _units(group, [run for run, _ in judged])
    charts = []
    for suffix, words in (("", f"{unit}; {direction}" if direction else unit),
                          (COMPLETED, completed)):  # fmt: skip
        curves = [*_agents(runs, judged, suffix), *_rules(judged, suffix)]
        if curves:
            charts.append(curves_chart(heading, f"{words}.".capitalize(), curves))
    return charts


def _units(group: str, runs: Sequence[RunRecord]) -> tuple[str, str, str]:
    """What scores are, what was completed, and which way is better."""
    facts: Iterable[Mapping[str, Any]] = (run.evaluation.sets.get(group, {}) for run in runs)
    known = next((fact for fact in facts if fact), {})
    is_higher = SETTINGS[runs[0].config.family].higher_is_better
    direction = "higher is better" if is_higher else "lower is better"
    if "gap_to" in known:
        return f"mean gap to the {known['gap_to']} in %", "completed", direction
    match = re.fullmatch(r"(.*) \((.*)\)", str(known.get("unit", "")))
    if match is None:
        return str(known.get("unit", "mean score")), "completed", direction
    return match[1], match[2], direction


def _agents(
    runs: Sequence[RunRecord], judged: Sequence[tuple[RunRecord, Scores]], suffix: str
) -> list[Curve]:
    return [
        Curve(run.name, scores[_AGENT + suffix], runs.index(run))
        for run, scores in judged
        if scores.get(_AGENT + suffix, ([], []))[0]
    ]


def _rules(judged: Sequence[tuple[RunRecord, Scores]], suffix: str) -> list[Curve]:
    """A flat line for each rule; one for all runs in which its score is the same."""
    lines: dict[tuple[str, float], list[RunRecord]] = {}
    for run, scores in judged:
        for method, (_, values) in scores.items():
            if values and _shown(method, suffix):
                lines.setdefault((method, round(values[-1], 9)), []).append(run)
    end = max((max(x) for _, scores in judged for x, _ in scores.values() if x), default=0.0)
    everywhere = len(judged)
    return [
        Curve(
            method.removesuffix(suffix)
            + ("" if len(who) == everywhere else f" ({', '.join(run.name for run in who)})"),
            ([0.0, end], [value, value]),
        )
        for (method, value), who in lines.items()
    ]


def _shown(method: str, suffix: str) -> bool:
    """Whether a score is that of a rule, and of the measure that is drawn."""
    if not method.endswith(suffix) or method.removesuffix(suffix) == _AGENT:
        return False
    return suffix == COMPLETED or not method.endswith(COMPLETED)

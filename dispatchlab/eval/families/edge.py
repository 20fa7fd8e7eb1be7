"""Drones at an edge: utility, and beside it always the share of the tasks that were on time.

What is minimised is minus the utility. Gaps are the shortfall to a bound that no scheduler can
exceed, in per cent of the bound, episode by episode.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.baselines.edge.fluid import fluid_bound
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.edge.metrics import metrics, utility_curve
from dispatchlab.envs.edge.schedule import OUTCOMES, EdgeSchedule
from dispatchlab.envs.edge.schedule_files import EdgeEpisode, read_schedule, write_schedule
from dispatchlab.envs.edge.verify import verify
from dispatchlab.eval.cases import Case
from dispatchlab.eval.families.base import INTERVALS, Charts, Column, Note, Sweep
from dispatchlab.eval.families.columns import (
    AGAINST,
    DECISION,
    GAP,
    METHOD,
    TIME,
    VERIFIED,
    mean_of,
    percent_of,
)
from dispatchlab.eval.families.shared import first_schedules, plain_outcome, refuse_misreports
from dispatchlab.eval.formatting import MISSING, duration, number, number_interval, percent
from dispatchlab.eval.statistics import Interval

if TYPE_CHECKING:
    from dispatchlab.envs.edge.outcome import Outcome
    from dispatchlab.eval.compare import Comparison, Run

MEASURES = ("utility", "qos", "qoe", "completion", "tasks", *OUTCOMES, "edge_utilisation")
TIMELINES = 3  # methods whose timeline is drawn
TIMELINE_MS = 60_000


def _interval(name: str, factor: float = 1.0, digits: int = 0) -> Any:  # noqa: ANN401 (a cell)
    def cell(s: Any) -> str:  # noqa: ANN401 (a summary)
        interval = s.measures[name].interval
        return number_interval(Interval(factor * interval.low, factor * interval.high), digits)

    return cell


def _moved(heading: str, cell: Any) -> Column:  # noqa: ANN401 (a cell function)
    return Column(heading, cell, 300, is_moved=True)


class EdgeEval:
    """Evaluation of episodes of an `EdgeInstance`."""

    cell_note = "Mean utility, with the share of the tasks that were on time in brackets."
    sweep = Sweep({"utility": "utility", "completion": "share of the tasks on time"})
    tails = ()
    bounds_take_time = True
    columns: tuple[Column, ...] = (
        METHOD,
        Column("utility", mean_of("utility"), 0),
        Column("95 % CI", _interval("utility"), 100),
        Column("on time %", percent_of("completion"), 0),
        Column("QoS", mean_of("qos"), 110, is_moved=True),
        Column("QoE", mean_of("qoe"), 110, is_moved=True),
        Column("of bound %", percent_of("bound_ratio"), 0),
        Column(GAP.heading, GAP.cell, 170),
        *AGAINST,
        TIME,
        DECISION,
        _moved("on time % CI", _interval("completion", 100.0, 1)),
        _moved("QoS CI", _interval("qos")),
        _moved("QoE CI", _interval("qoe")),
        *(_moved(name.replace("_", " "), mean_of(name, 1)) for name in OUTCOMES),
        VERIFIED,
    )

    def objective_name(self, case: Case) -> str:
        """Minus the utility, for it is minimised."""
        return "minus_utility"

    def known_bounds(self, case: Case) -> tuple[float, float]:
        """The fluid bound on the episode, which is also what gaps refer to."""
        bound = -fluid_bound(case.encoding, case.realisation).utility
        return bound, bound

    def has_bounds(self, case: Case) -> bool:
        """No method proves a better bound than the fluid one."""
        return False

    def verify(self, case: Case, result: Result) -> None:
        """Check the schedule, every decision, and every figure that was reported."""
        outcome: Outcome = result.info["outcome"]
        verify(
            case.encoding, case.realisation, result.schedule, utility=outcome.utility,
            qos=outcome.qos, qoe=outcome.qoe,
        )  # fmt: skip
        counted = metrics(case.encoding, case.realisation, result.schedule)
        reported = dict(zip(OUTCOMES, outcome.outcomes, strict=True))
        refuse_misreports(counted, reported, result.objective, -outcome.utility)

    def measures(self, case: Case, result: Result, lower_bound: float) -> Mapping[str, float]:
        """What the episode came to, and how much of the bound that is."""
        counted = metrics(case.encoding, case.realisation, result.schedule)
        measures = {name: counted[name] for name in MEASURES}
        bound = -lower_bound
        ratio = measures["utility"] / bound if bound > 0 else math.nan
        return {**measures, "lp_bound": bound, "bound_ratio": ratio}

    def write_schedule(
        self, path: Path, case: Case, method: str, result: Result, info: Mapping[str, Any]
    ) -> None:
        """With its utility."""
        outcome: Outcome = result.info["outcome"]
        played = (case.encoding, case.realisation, result.schedule)
        told = (outcome.utility, outcome.qos, outcome.qoe)
        write_schedule(path, EdgeEpisode(*played, *told, method, info))

    def read_schedule(self, path: Path, case: Case) -> EdgeSchedule:
        """The file holds instance and realisation too, which are those of the case."""
        return read_schedule(path).schedule

    def outcome(self, told: Mapping[str, Any], schedule: Any) -> "Outcome":  # noqa: ANN401
        """What the episode came to."""
        from dispatchlab.envs.edge.outcome import Outcome

        return Outcome(**plain_outcome(told, Outcome), schedule=schedule)

    def goal(self, run: "Run") -> str:
        """Utility."""
        return "utility"

    def value(self, objective: float) -> str:
        """The utility."""
        return number(-objective)

    def facts(self, run: "Run") -> list[tuple[str, str]]:
        """Utility, bound and what became of the tasks."""
        m = run.measures
        ends = (f"{m[name]:.0f} {name.replace('_', ' ')}" for name in OUTCOMES if m[name])
        return [
            ("method", run.method),
            ("utility", f"{number(m['utility'])} (QoS {number(m['qos'])}, QoE {number(m['qoe'])})"),
            ("LP bound", number(m["lp_bound"])),
            ("gap", f"{percent(run.gap, 2)} %"),
            ("on time", f"{percent(m['completion'])} % of {m['tasks']:.0f} tasks"),
            ("tasks", ", ".join(ends)),
            ("time", duration(run.runtime_s)),
            ("status", run.status),
        ]

    def legend(self, goal: str, runs: str, reference: str) -> list[Note]:
        """What counts, and what the gap is to."""
        return [
            Note(
                f"Mean utility, QoS and QoE together, {runs}, all methods on the same arrivals, "
                "execution times and networks."
            ),
            Note(
                "of bound: against the LP bound, which nobody can exceed, episode by episode.",
                ("of bound %",),
            ),
            Note("gap: against the same bound.", ("gap %", "Δ gap %")),
            Note(INTERVALS, ("95 % CI",)),
            Note(
                "decision: wall time over decisions; agents decide for all episodes of an instance "
                "at once.",
                ("decision",),
            ),
        ]

    def cell(self, objective: float, measures: Mapping[str, float]) -> str:
        """Utility, and completed tasks in brackets."""
        if not measures:
            return MISSING
        return f"{measures['utility']:.0f} ({percent(measures['completion'], 0)} %)"

    def charts(self, comparison: "Comparison", most: int) -> Charts:
        """Of the first case: utility over time of all methods, and the best timelines."""
        from dispatchlab.envs.edge.viewer import utility_figure

        case, good, schedules = first_schedules(comparison)
        curves = {
            name: utility_curve(case.encoding, case.realisation, schedule)
            for name, schedule in schedules.items()
        }
        title = f"Utility over time: {case.instance}, seed {case.seed}"
        bound = -good[0].lower_bound if good else None
        figures = [utility_figure(curves, bound, title=title)]
        shown = good[: min(most, TIMELINES)]
        figures += [_timeline(case, schedules[run.method], run) for run in shown]
        note = (
            f"The first of {len(comparison.cases)} episodes; timelines of the best methods while "
            "the network is at its worst."
        )
        return Charts("An episode", note, tuple(figures))


FAMILY = EdgeEval()


def _timeline(case: Case, schedule: Any, run: "Run") -> Any:  # noqa: ANN401 (a figure of plotly)
    """The minute in which the network is at its worst."""
    from dispatchlab.envs.edge.viewer import hardest_window, timeline_figure

    low, high = hardest_window(case.realisation, TIMELINE_MS, schedule.now_ms)
    title = f"{case.instance}, seed {case.seed}: utility {-run.objective:.0f} by {run.method}"
    return timeline_figure(
        case.encoding, case.realisation, schedule, title=f"{title}, {low // 1000} to "
        f"{-(-high // 1000)} s", since_ms=low, until_ms=high,
    )  # fmt: skip

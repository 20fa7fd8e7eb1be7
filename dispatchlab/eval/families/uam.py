"""Air taxis: the profit of a day, beside it the share of a bound, and the worst days.

What is minimised is minus the profit. Gaps are the shortfall to what nobody can exceed who knows
the day before it begins, in per cent of it, day by day.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.uam.metrics import metrics
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.schedule_files import UamEpisode, read_schedule, write_schedule
from dispatchlab.envs.uam.verify import verify
from dispatchlab.eval.cases import Case
from dispatchlab.eval.families.base import INTERVALS, Charts, Column, Note, Sweep
from dispatchlab.eval.families.columns import (
    AGAINST,
    DECISION,
    GAP,
    METHOD,
    TIME,
    VERIFIED,
    fixed,
    mean_of,
    percent_of,
)
from dispatchlab.eval.families.shared import first_schedules, plain_outcome, refuse_misreports
from dispatchlab.eval.formatting import MISSING, duration, number, number_interval, percent

if TYPE_CHECKING:
    from dispatchlab.envs.uam.outcome import Outcome
    from dispatchlab.eval.compare import Comparison, Run

PROFIT = "profit_usd"
_COUNTS = ("flights", "empty_flights", "served", "requests")


class UamEval:
    """Evaluation of days of a `UamInstance`."""

    cell_note = "Mean profit in dollars, with the share of the bound in brackets."
    sweep = Sweep({PROFIT: "profit, $ per day", "served_share": "share of the passengers served"})
    tails = (PROFIT,)
    bounds_take_time = True
    columns: tuple[Column, ...] = (
        METHOD,
        Column("$ per day", mean_of(PROFIT), 0),
        Column("95 % CI", lambda s: number_interval(s.measures[PROFIT].interval, 0), 100),
        Column("of bound %", percent_of("bound_share"), 0),
        Column("worst 5 %", lambda s: fixed(s.measures[PROFIT].low), 0),
        Column("served %", percent_of("served_share"), 90),
        Column("empty %", percent_of("empty_share"), 110),
        Column("load %", percent_of("load_factor"), 110),
        Column("flights", mean_of("flights"), 180),
        Column("bound", lambda s: number(s.measures["bound_usd"].mean), 200),
        Column("decisions", mean_of("decisions"), 130),
        Column(GAP.heading, GAP.cell, 190),
        *(Column(c.heading, c.cell, max(c.width, 170), c.is_relative) for c in AGAINST),
        TIME,
        Column(DECISION.heading, DECISION.cell, 130),
        VERIFIED,
    )

    def objective_name(self, case: Case) -> str:
        """Minus the profit, for it is minimised."""
        return "minus_profit_usd"

    def known_bounds(self, case: Case) -> tuple[float, float]:
        """The bound on the profit of the day, which is also what gaps refer to, if it is wanted.

        A day whose program the solver gives up has none: it must not end a long comparison.
        """
        if not case.wants_bound:
            return math.nan, math.nan
        from dispatchlab.baselines.uam.bound import profit_bound

        try:
            bound = -profit_bound(case.encoding, case.realisation).value_usd
        except RuntimeError:
            return math.nan, math.nan
        return bound, bound

    def has_bounds(self, case: Case) -> bool:
        """No method proves a bound."""
        return False

    def verify(self, case: Case, result: Result) -> None:
        """Check the schedule, every decision, and every figure that was reported."""
        outcome: Outcome = result.info["outcome"]
        verify(case.encoding, case.realisation, result.schedule, profit=outcome.profit_usd)
        counted = metrics(case.encoding, case.realisation, result.schedule)
        reported = {name: getattr(outcome, name) for name in _COUNTS}
        refuse_misreports(counted, reported, result.objective, -outcome.profit_usd)

    def measures(self, case: Case, result: Result, lower_bound: float) -> Mapping[str, float]:
        """What the day came to, and how much of the bound that is."""
        counted = metrics(case.encoding, case.realisation, result.schedule)
        bound = -lower_bound
        return {
            **counted,
            "decisions": float(result.info["decisions"]),
            "bound_usd": bound,
            "bound_share": counted[PROFIT] / bound if bound > 0 else math.nan,
        }

    def write_schedule(
        self, path: Path, case: Case, method: str, result: Result, info: Mapping[str, Any]
    ) -> None:
        """With its profit."""
        played = (case.encoding, case.realisation, result.schedule)
        profit = result.info["outcome"].profit_usd
        write_schedule(path, UamEpisode(*played, profit, method, info))

    def read_schedule(self, path: Path, case: Case) -> UamSchedule:
        """The file holds instance and realisation too, which are those of the case."""
        return read_schedule(path).schedule

    def outcome(self, told: Mapping[str, Any], schedule: Any) -> "Outcome":  # noqa: ANN401
        """What the episode came to."""
        from dispatchlab.envs.uam.outcome import Outcome

        return Outcome(**plain_outcome(told, Outcome), schedule=schedule)

    def goal(self, run: "Run") -> str:
        """Profit."""
        return "profit"

    def value(self, objective: float) -> str:
        """The profit in dollars."""
        return number(-objective)

    def facts(self, run: "Run") -> list[tuple[str, str]]:
        """Profit, bound and what was flown."""
        m = run.measures
        made = f"{percent(m['empty_share'])} % of them empty, load factor"
        return [
            ("method", run.method),
            ("profit", f"${number(m[PROFIT])} (revenue ${number(m['revenue_usd'])}, miles "
                       f"${number(m['operating_usd'])}, energy ${number(m['energy_usd'])})"),
            ("bound", f"${number(m['bound_usd'])}"),
            ("gap", f"{percent(run.gap, 2)} %"),
            ("served", f"{m['served']:.0f} of {m['requests']:.0f} passengers"),
            ("flights", f"{m['flights']:.0f}, {made} {percent(m['load_factor'])} %"),
            ("decisions", f"{m['decisions']:.0f}"),
            ("time", duration(run.runtime_s)),
            ("status", run.status),
        ]  # fmt: skip

    def legend(self, goal: str, runs: str, reference: str) -> list[Note]:
        """What counts, and what the gap is to."""
        return [
            Note(
                f"Mean profit in dollars, {runs}, all methods on the same days. worst 5 %: mean of "
                "the days with the lowest profit, one at least, of each instance."
            ),
            Note(
                "of bound: against the profit that nobody can exceed, even knowing the day, day by "
                "day.",
                ("of bound %",),
            ),
            Note("gap: to the same bound; without bounds, to the best day found here.", ("gap %",)),
            Note(INTERVALS, ("95 % CI",)),
            Note("served: share of the passengers.", ("served %",)),
            Note(
                "empty: share of the flights; load: share of the seats of all flights.",
                ("empty %", "load %"),
            ),
            Note(
                "decision: wall time over decisions; agents decide for several days at once.",
                ("decision",),
            ),
        ]

    def cell(self, objective: float, measures: Mapping[str, float]) -> str:
        """Profit, and the share of the bound in brackets."""
        if not measures:
            return MISSING
        return f"{measures[PROFIT]:.0f} ({percent(measures['bound_share'], 0)} %)"

    def charts(self, comparison: "Comparison", most: int) -> Charts:
        """Of the first case: profit over the day of all methods, and the best day in motion."""
        from dispatchlab.envs.uam.viewer import day_figure, profit_curve, profit_figure
        from dispatchlab.envs.uam.viewer.words import dollars

        case, good, schedules = first_schedules(comparison)
        if not good:
            return Charts("A day", "", ())
        instance, best = case.encoding, good[0]
        curves = {name: profit_curve(instance, legs) for name, legs in schedules.items()}
        bound = -best.lower_bound if math.isfinite(best.lower_bound) else None
        day = f"{case.instance}, seed {case.seed}"
        others = {name: curve for name, curve in curves.items() if name != best.method}
        title = f"{day}: profit {dollars(-best.objective)} by {best.method}"
        figures = [
            profit_figure(instance, curves, bound, title=f"Profit over the day: {day}"),
            day_figure(
                instance, case.realisation, schedules[best.method], title=title, name=best.method,
                others=others, bound_usd=bound,
            ),
        ]  # fmt: skip
        days = len(comparison.cases)
        note = f"The first of {days} days; " if days > 1 else "The day; "
        note += "the map shows it as the best method flew it."
        return Charts("A day", note, tuple(figures[:1] if most < 1 else figures))


FAMILY = UamEval()

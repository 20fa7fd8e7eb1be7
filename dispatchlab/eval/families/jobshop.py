"""Job shops and whatever else a CP encoding holds: one objective, gaps to a reference."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.schedule import Result, Schedule
from dispatchlab.envs.jobshop.schedule_files import read_schedule, write_schedule
from dispatchlab.envs.jobshop.verify import verify
from dispatchlab.eval.cases import Case, known_bounds
from dispatchlab.eval.families.base import INTERVALS, Charts, Column, Note, Sweep
from dispatchlab.eval.families.columns import AGAINST, DECISION, GAP, METHOD, TIME, VERIFIED
from dispatchlab.eval.families.shared import best_schedules, plain_facts
from dispatchlab.eval.formatting import number, percent, percent_interval

if TYPE_CHECKING:
    from dispatchlab.eval.compare import Comparison, Run


class JobShopEval:
    """Evaluation of schedules of a `CpEncoding`."""

    cell_note = "Mean objective."
    sweep = Sweep({})
    tails = ()
    bounds_take_time = False

    columns: tuple[Column, ...] = (
        METHOD,
        GAP,
        Column("95 % CI", lambda s: percent_interval(s.mean_gap_interval), 0),
        Column("IQM %", lambda s: percent(s.iqm_gap, 2), 110),
        Column("95 % CI", lambda s: percent_interval(s.iqm_gap_interval)),
        Column("best %", lambda s: percent(s.best_share, 0)),
        *AGAINST,
        TIME,
        DECISION,
        VERIFIED,
    )

    def objective_name(self, case: Case) -> str:
        """As the instance says."""
        name: str = case.encoding.objective
        return name

    def known_bounds(self, case: Case) -> tuple[float, float]:
        """From the library, for unchanged benchmarks."""
        return known_bounds(case)

    def has_bounds(self, case: Case) -> bool:
        """Where everything happens as expected."""
        return case.realisation is None

    def verify(self, case: Case, result: Result) -> None:
        """Check the schedule and its objective."""
        verify(case.encoding, case.realisation, result.schedule, objective=result.objective)

    def measures(self, case: Case, result: Result, lower_bound: float) -> Mapping[str, float]:
        """None: the objective says it all."""
        return {}

    def write_schedule(
        self, path: Path, case: Case, method: str, result: Result, info: Mapping[str, Any]
    ) -> None:
        """As JSON, which holds a digest of the instance."""
        write_schedule(
            path, case.encoding, result.schedule, method=method, info=info,
            realisation=case.realisation,
        )  # fmt: skip

    def read_schedule(self, path: Path, case: Case) -> Schedule:
        """Read it for the instance of the case."""
        return read_schedule(path, case.encoding)

    def outcome(self, told: Mapping[str, Any], schedule: Any) -> None:  # noqa: ANN401
        """There is none."""

    def goal(self, run: "Run") -> str:
        """The name of the objective."""
        return run.objective_name.replace("_", " ")

    def value(self, objective: float) -> str:
        """As it is."""
        return number(objective)

    def facts(self, run: "Run") -> list[tuple[str, str]]:
        """Objective, bound and gap."""
        return plain_facts(run)

    def legend(self, goal: str, runs: str, reference: str) -> list[Note]:
        """What is minimised, and what the gap is to."""
        return [
            Note(f"{goal} of {runs}, all methods on the same instances and realisations."),
            Note(f"gap: to {reference}. {INTERVALS}", ("gap %",)),
        ]

    def cell(self, objective: float, measures: Mapping[str, float]) -> str:
        """The objective."""
        return number(objective)

    def charts(self, comparison: "Comparison", most: int) -> Charts:
        """The best schedule of each case."""
        return best_schedules(comparison, most, _gantt)


FAMILY = JobShopEval()


def _gantt(case: Case, schedule: Any, title: str) -> Any:  # noqa: ANN401 (a figure of plotly)
    """The chart of the viewer, breakdowns included."""
    from dispatchlab.envs.jobshop.viewer import gantt_figure

    return gantt_figure(case.encoding, schedule, title=title, realisation=case.realisation)

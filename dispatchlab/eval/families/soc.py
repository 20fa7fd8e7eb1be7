"""Task graphs on chips: latency, and beside it always the jobs completed."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.metrics import metrics
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.schedule_files import SocEpisode, read_schedule, write_schedule
from dispatchlab.envs.soc.verify import verify
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
)
from dispatchlab.eval.families.shared import best_schedules, plain_facts, plain_outcome
from dispatchlab.eval.formatting import MISSING, number, number_interval

if TYPE_CHECKING:
    from dispatchlab.envs.soc.outcome import Outcome
    from dispatchlab.eval.compare import Comparison, Run

MEASURES = (
    "latency_us", "completed", "arrived", "lost", "blocked_us", "in_system", "mean_in_system",
    "utilisation",
)  # fmt: skip
_REPORTED = ("latency_us", "completed", "in_system")
_REPORTED_IN_ALL = ("arrived", "lost")  # outcomes count these from the start of the episode


class SocEval:
    """Evaluation of episodes on a `SocInstance`."""

    cell_note = "Mean latency in µs, with the mean number of completed jobs in brackets."
    sweep = Sweep(
        {"latency_us": "mean latency, µs", "completed": "jobs completed"},
        "compare the latency only where the completed jobs agree",
    )
    tails = ()
    bounds_take_time = False

    columns: tuple[Column, ...] = (
        METHOD,
        Column("latency µs", mean_of("latency_us", 2), 0),
        Column("95 % CI", lambda s: number_interval(s.measures["latency_us"].interval), 0),
        Column("IQM µs", lambda s: fixed(s.measures["latency_us"].iqm, 2), 110),
        Column("completed", mean_of("completed", 1), 0),
        Column("lost", mean_of("lost", 1), 180),
        Column("in system", mean_of("in_system", 1), 180),
        GAP,
        *AGAINST,
        TIME,
        DECISION,
        VERIFIED,
    )

    def objective_name(self, case: Case) -> str:
        """The latency; of a single job that is the makespan."""
        injection = case.encoding.injection
        return "makespan" if (injection.mode, injection.num_jobs) == ("batch", 1) else "latency_us"

    def known_bounds(self, case: Case) -> tuple[float, float]:
        """None are known."""
        return math.nan, math.nan

    def has_bounds(self, case: Case) -> bool:
        """Where nothing is left to chance: a batch without noise."""
        return is_certain(case.encoding)

    def verify(self, case: Case, result: Result) -> None:
        """Check the schedule, its objective and every figure that was reported."""
        outcome: Outcome = result.info["outcome"]
        planned: bool = result.info["planned"]
        verify(
            case.encoding, case.realisation, result.schedule, objective=outcome.job_time_us,
            planned=planned, check_eager=not planned,
        )  # fmt: skip
        counted = metrics(case.encoding, result.schedule)
        whole = metrics(case.encoding.with_injection(warmup_us=0), result.schedule)
        computed = {name: counted[name] for name in _REPORTED}
        computed |= {name: whole[name] for name in _REPORTED_IN_ALL}
        wrong = [*_cut_short(case.encoding, counted, result.schedule.now_us)]
        wrong += [
            f"{name} is {value:g}, but {getattr(outcome, name):g} was reported."
            for name, value in computed.items()
            if not _equal(value, float(getattr(outcome, name)))
        ]
        promised: float = result.info.get("planned_job_time_us", outcome.job_time_us)
        if not _equal(promised, outcome.job_time_us):
            wrong.append(
                f"The plan promises {promised:g} job·µs in the system, but played it comes to "
                f"{outcome.job_time_us:g}."
            )
        if wrong:
            raise InfeasibleScheduleError(wrong)

    def measures(self, case: Case, result: Result, lower_bound: float) -> Mapping[str, float]:
        """What the episode came to, all of it counted from the warm-up on."""
        outcome: Outcome = result.info["outcome"]
        counted = metrics(case.encoding, result.schedule, case.realisation)
        measures = {name: counted[name] for name in MEASURES}
        return {**measures, "job_time_us": outcome.job_time_us}

    def write_schedule(
        self, path: Path, case: Case, method: str, result: Result, info: Mapping[str, Any]
    ) -> None:
        """With the time of the jobs in the system."""
        episode = SocEpisode(
            case.encoding, case.realisation, result.schedule, planned=result.info["planned"],
            objective=result.info["outcome"].job_time_us, method=method, info=info,
        )  # fmt: skip
        write_schedule(path, episode)

    def read_schedule(self, path: Path, case: Case) -> SocSchedule:
        """The file holds instance and realisation too, which are those of the case."""
        return read_schedule(path).schedule

    def outcome(self, told: Mapping[str, Any], schedule: Any) -> "Outcome":  # noqa: ANN401
        """What the episode came to."""
        from dispatchlab.envs.soc.outcome import Outcome

        return Outcome(**plain_outcome(told, Outcome), schedule=schedule)

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
        """What counts, and what the gap is to."""
        return [
            Note(
                f"Mean latency of the completed jobs and their number, {runs}, all methods on the "
                "same arrivals and execution times; a low latency with few jobs completed is no "
                "success."
            ),
            Note(
                f"gap: of the latency, to {reference}, episode by episode. {INTERVALS}", ("gap %",)
            ),
            Note(
                "decision: wall time over decisions (of planners: over tasks); agents decide for "
                "all episodes of an instance at once.",
                ("decision",),
            ),
        ]

    def cell(self, objective: float, measures: Mapping[str, float]) -> str:
        """Latency, and completed jobs in brackets."""
        if not measures:
            return MISSING
        shown = MISSING if math.isnan(objective) else f"{objective:.1f}"
        return f"{shown} ({measures['completed']:.0f})"

    def charts(self, comparison: "Comparison", most: int) -> Charts:
        """The best schedule of each case."""
        return best_schedules(comparison, most, _gantt)


def is_certain(instance: SocInstance) -> bool:
    """Whether nothing is left to chance: a batch of one job type without noise."""
    calm = instance.noise.kind == "none" or instance.noise.std == 0.0
    return instance.injection.mode == "batch" and len(instance.graphs) == 1 and calm


FAMILY = SocEval()


def _gantt(case: Case, schedule: Any, title: str) -> Any:  # noqa: ANN401 (a figure of plotly)
    """The chart of the viewer."""
    from dispatchlab.envs.soc.viewer import gantt_figure

    return gantt_figure(case.encoding, schedule, title=title)


def _cut_short(instance: SocInstance, counted: Mapping[str, float], now_us: int) -> Iterator[str]:
    """An episode ends at the horizon, or when no job is left."""
    if now_us != instance.injection.horizon_us and counted["in_system"]:
        yield (
            f"The episode ends at {now_us} µs with {counted['in_system']:g} jobs in the system, "
            "but it must be played to its horizon or until all jobs are complete."
        )


def _equal(one: float, other: float) -> bool:
    return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-9)

"""Methods × instances × realisation seeds, paired and verified."""

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.methods.base import Method, SelectiveMethod
from dispatchlab.eval.running.carrying import carry_out
from dispatchlab.eval.running.engines import Engine, ThisProcess
from dispatchlab.eval.running.folder import open_folder
from dispatchlab.eval.running.tasks import Bounded
from dispatchlab.eval.running.workbench import ALONE, LOAD

NAN = float("nan")
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Run:
    """One method on one case: a row of the tidy table.

    Attributes:
        method: Name of the method.
        instance: Name of the instance.
        seed: Seed of the realisation and of the method.
        objective_name: What is minimised.
        objective: Its value, in the instance's unit; NaN where no schedule was found, or a wrong
            one.
        lower_bound: Best bound known or proven by any of the methods; NaN under a random
            realisation.
        reference: Best-known value or bound, else the best found by any of the methods.
        reference_is_known: Whether the reference is a best-known value.
        gap: ``(objective - reference) / |reference|``; NaN where the reference is 0 and the
            objective not.
        runtime_s: Wall-clock seconds, without compiling and loading.
        decisions: Decisions of the episode; 0 for solvers.
        time_per_decision_s: Runtime over decisions; NaN for solvers.
        status: As in `Result`.
        verified: Whether the independent checker accepts schedule and objective; None without
            a schedule.
        settings: What tells the instance from others like it.
        measures: What the family measures beside the objective; NaN where the schedule is wrong.
    """

    method: str
    instance: str
    seed: int
    objective_name: str
    objective: float
    lower_bound: float
    reference: float
    reference_is_known: bool
    gap: float
    runtime_s: float
    decisions: int
    time_per_decision_s: float
    status: str
    verified: bool | None
    settings: Mapping[str, Any] = field(default_factory=dict)
    measures: Mapping[str, float] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The columns by name."""
        columns = asdict(self)
        settings, measures = columns.pop("settings"), columns.pop("measures")
        return {**columns, **settings, **measures}


@dataclass(frozen=True, slots=True)
class Comparison:
    """All runs of a comparison.

    Attributes:
        runs: Tidy rows, case by case, methods in the order given.
        cases: The cases.
        results: Result by ``(method, instance, seed)``.
        violations: Complaint of the checker by the same key.
    """

    runs: tuple[Run, ...]
    cases: tuple[Case, ...]
    results: Mapping[Key, Result] = field(default_factory=dict)
    violations: Mapping[Key, str] = field(default_factory=dict)

    @property
    def schedules(self) -> dict[Key, Any]:
        """Schedule by ``(method, instance, seed)``, where one was found."""
        found = ((key, result.schedule) for key, result in self.results.items())
        return {key: schedule for key, schedule in found if schedule is not None}

    @property
    def family(self) -> str:
        """The family of the cases."""
        return self.cases[0].family

    @property
    def methods(self) -> list[str]:
        """Names of the methods, in the order given."""
        return list(dict.fromkeys(run.method for run in self.runs))

    @property
    def loads(self) -> list[str]:
        """What was at work beside each other while the times of the runs were taken."""
        return sorted({result.info.get(LOAD, ALONE) for result in self.results.values()})

    def best(self, case: Case) -> Run | None:
        """The run with the best verified schedule of a case, or None."""
        runs = [r for r in self.runs if (r.instance, r.seed) == (case.instance, case.seed)]
        good = [run for run in runs if run.verified and not math.isnan(run.objective)]
        return min(good, key=lambda run: run.objective, default=None)


def compare(
    methods: Sequence[Method],
    cases: Sequence[Case],
    on_run: Callable[[str, Case], None] | None = None,
    on_check: Callable[[Case], None] | None = None,
    *,
    engine: Engine | None = None,
    keep: str | Path | None = None,
    on_refused: Callable[[str], None] | None = None,
) -> Comparison:
    """Run every method on every case.

    Args:
        methods: The methods; all meet the same realisations.
        cases: The cases.
        on_run: Called after each run, when its schedule has been checked, with the method's name
            and the case.
        on_check: Called when the bound of a case is found.
        engine: Who carries it out, as `make_engine` makes it; this process by default. The rows
            are the same but for times.
        keep: Folder in which every result is kept as soon as it is there. What a folder of the same
            comparison has already is read and checked, not computed again unless the checker
            rejects it.
        on_refused: Called with a sentence for each kept result that is not taken.

    Returns:
        The runs; every schedule has been through `verify`.

    Raises:
        DispatchlabError: If there is no method or no case, a method cannot play one, a process was
            lost, or the folder is of another comparison or in use.
    """
    if not methods or not cases:
        raise DispatchlabError("Nothing to compare: give at least one method and one instance.")
    for method in methods:
        if isinstance(method, SelectiveMethod):
            for case in cases:
                method.check(case)
    with nullcontext() if keep is None else open_folder(Path(keep), methods, cases) as folder:
        found = carry_out(
            methods, cases, engine or ThisProcess(), folder, on_run, on_check, on_refused
        )
    runs: list[Run] = []
    kept: dict[Key, Result] = {}
    violations: dict[Key, str] = {}
    for index, case in enumerate(cases):
        results = {}
        for number, method in enumerate(methods):
            key = (method.name, case.instance, case.seed)
            result, complaint = found.played[number, index]
            kept[key] = results[method.name] = result
            if complaint is not None:
                violations[key] = complaint
        runs += _rows(case, results, violations, found.bounds[index])
    return Comparison(tuple(runs), tuple(cases), kept, violations)


def _rows(
    case: Case, results: Mapping[str, Result], violations: Mapping[Key, str], bounds: Bounded
) -> list[Run]:
    """Tidy rows of one case; its methods share bounds and references, without what is wrong."""
    family = eval_family(case.family)
    lower, upper = bounds.lower, bounds.upper
    rejected = {method for method, *where in violations if where == [case.instance, case.seed]}
    found = [
        result.objective
        for method, result in results.items()
        if result.objective is not None and method not in rejected
    ]
    if family.has_bounds(case):
        proven = [r.lower_bound for method, r in results.items() if method not in rejected]
        lower = max([*proven, lower], key=_nan_last)
    reference = upper if not math.isnan(upper) else min(found, default=NAN)
    return [
        _row(case, method, result, lower, reference, not math.isnan(upper), method in rejected)
        for method, result in results.items()
    ]


def _row(
    case: Case, method: str, result: Result, lower: float, reference: float, is_known: bool,
    is_rejected: bool,
) -> Run:  # fmt: skip
    family = eval_family(case.family)
    objective = NAN if result.objective is None or is_rejected else result.objective
    measures = family.measures(case, result, lower)
    decisions = int(result.info.get("decisions", 0))
    return Run(
        method=method,
        instance=case.instance,
        seed=case.seed,
        objective_name=family.objective_name(case),
        objective=objective,
        lower_bound=lower,
        reference=reference,
        reference_is_known=is_known,
        gap=relative_gap(objective, reference),
        runtime_s=result.runtime_s,
        decisions=decisions,
        time_per_decision_s=result.runtime_s / decisions if decisions else NAN,
        status="optimal" if objective == lower else "unknown" if is_rejected else result.status,
        verified=None if result.schedule is None else not is_rejected,
        settings=case.settings,
        measures=dict.fromkeys(measures, NAN) if is_rejected else measures,
    )


def relative_gap(objective: float, reference: float) -> float:
    """Relative distance to a reference.

    Args:
        objective: A value, minimised.
        reference: What it is compared with.

    Returns:
        ``(objective - reference) / |reference|``; NaN where the reference is 0 and the objective
        is not.
    """
    if objective == reference:
        return 0.0
    if reference == 0:
        return NAN
    ratio = objective / reference
    return ratio - 1.0 if reference > 0 else 1.0 - ratio


def _nan_last(value: float) -> float:
    """Sort key that never prefers NaN."""
    return -math.inf if math.isnan(value) else value

"""The CP-SAT model of a planning problem: variables, constraints, objective and hint."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatchlab.baselines.soc.elements import element_classes, interchangeable

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from dispatchlab.baselines.soc.plan import Plan
    from dispatchlab.baselines.soc.problem import PlanningProblem
    from dispatchlab.envs.soc.instance import IntArray


@dataclass(slots=True)
class SocCpSatModel:
    """A CP-SAT model beside its variables, so that constraints can be added before solving.

    Attributes:
        problem: What is planned.
        model: The model, open to further constraints.
        classes: Elements by their links.
        groups: Elements that could be exchanged; the model fixes which of them is used first.
        start: Start of each task.
        end: End of each task: an affine view of the start where all elements are equally fast.
        presence: For each task ``{element: literal}``.
        inside: ``{(task, class): literal}``, true if the task is on an element of the class; only
            for classes with several elements that support it.
        used: ``{(task, element): literal}``, true only if this task or one before is on it.
        completion: Completion time of each job.
    """

    problem: "PlanningProblem"
    model: "cp_model.CpModel"
    classes: list[list[int]]
    groups: list[list[int]]
    start: list["cp_model.IntVar"] = field(default_factory=list)
    end: list[Any] = field(default_factory=list)
    presence: list[dict[int, Any]] = field(default_factory=list)
    inside: dict[tuple[int, int], Any] = field(default_factory=dict)
    used: dict[tuple[int, int], Any] = field(default_factory=dict)
    completion: list["cp_model.IntVar"] = field(default_factory=list)


def build_model(problem: "PlanningProblem", known: "Plan") -> SocCpSatModel:
    """Build the model: minimise the sum of the completion times of the jobs.

    Args:
        problem: The tasks to place.
        known: A feasible plan in the order of the problem's tasks: it bounds all times, and is
            the hint.

    Returns:
        The model with its variables.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    groups = interchangeable(problem)
    built = SocCpSatModel(problem, model, element_classes(problem.instance.chip), groups)
    least = problem.completions_us(_earliest_ends(problem))
    # in a plan that is not worse, a job is late at most by what all others can be early
    latest = problem.completions_us(known.end_us).sum() - (least.sum() - least)
    intervals = [
        [model.new_fixed_size_interval_var(a, b - a, f"busy_{pe}_{a}") for a, b in busy]
        for pe, busy in enumerate(problem.busy)
    ]
    for u, position in enumerate(problem.position.tolist()):
        _add_task(built, u, int(latest[position]), intervals)
    for pe, here in enumerate(intervals):
        if len(here) > len(problem.busy[pe]):
            model.add_no_overlap(here)
    _add_precedences(built)
    for members in groups:
        _break_symmetry(built, members)
    for job in range(len(problem.jobs)):
        span = int(least[job]), int(latest[job])
        built.completion.append(model.new_int_var(*span, f"completion_{job}"))
    for u, position in enumerate(problem.position.tolist()):
        model.add(built.completion[position] >= built.end[u])
    _add_loads(built)
    model.minimize(sum(built.completion))
    _add_hint(built, known)
    return built


def _earliest_ends(problem: "PlanningProblem") -> "IntArray":
    """``(U,)`` ends by precedence alone, every task on its fastest element."""
    never = np.iinfo(np.int64).max
    shortest = np.where(problem.expected_us >= 0, problem.expected_us, never).min(axis=1)
    end: IntArray = problem.ready_us.min(axis=1) + shortest
    while True:
        later = end.copy()
        np.maximum.at(later, problem.arc_to, end[problem.arc_from] + shortest[problem.arc_to])
        if (later == end).all():
            return end
        end = later


def _add_task(
    built: SocCpSatModel, u: int, latest: int, intervals: list[list["cp_model.IntervalVar"]]
) -> None:
    """Start, end and one optional interval per element that supports the task."""
    problem, model = built.problem, built.model
    expected, ready = problem.expected_us[u].tolist(), problem.ready_us[u].tolist()
    elements = [pe for pe, duration in enumerate(expected) if duration >= 0]
    first = min(ready[pe] for pe in elements)
    shortest = min(expected[pe] for pe in elements)
    start = model.new_int_var(first, latest - shortest, f"start_{u}")
    literals = {pe: model.new_bool_var(f"on_{u}_{pe}") for pe in elements}
    model.add_exactly_one(literals.values())
    end: Any = start + shortest
    varies = len({expected[pe] for pe in elements}) > 1
    if varies:
        end = model.new_int_var(first + shortest, latest, f"end_{u}")
        model.add(end == start + sum(expected[pe] * on for pe, on in literals.items()))
    for pe, on in literals.items():
        name = f"run_{u}_{pe}"
        # an interval over start and the end variable would do, but where tasks take no time the
        # presolve of CP-SAT 9.15 then finds some feasible models infeasible
        interval = model.new_optional_fixed_size_interval_var(start, expected[pe], on, name)
        intervals[pe].append(interval)
        if varies:
            model.add(end == start + expected[pe]).only_enforce_if(on)
        if ready[pe] > first:
            model.add(start >= ready[pe]).only_enforce_if(on)
    built.start.append(start)
    built.end.append(end)
    built.presence.append(literals)


def _add_precedences(built: SocCpSatModel) -> None:
    """A task starts behind its predecessors, and behind a transfer where that takes time."""
    problem = built.problem
    for u, v, delay in zip(
        problem.arc_from.tolist(), problem.arc_to.tolist(), problem.arc_delay_us, strict=True
    ):
        least = int(delay[np.ix_(list(built.presence[u]), list(built.presence[v]))].min())
        built.model.add(built.start[v] >= built.end[u] + least)
        for literals, time_us in _transfers(built, u, v, delay):
            if time_us > least:
                later = built.start[v] >= built.end[u] + time_us
                built.model.add(later).only_enforce_if(literals)


def _transfers(
    built: SocCpSatModel, u: int, v: int, delay: "IntArray"
) -> Iterator[tuple[list[Any], int]]:
    """Literals under which data takes a time from one task to another, and that time.

    All transfers between two classes of elements take the same time, so 16 elements of 3 classes
    need some 40 cases instead of 256.
    """
    for a, sources in enumerate(built.classes):
        if (at_source := _within(built, u, a)) is None:
            continue
        for b, targets in enumerate(built.classes):
            if (at_target := _within(built, v, b)) is None:
                continue
            if a != b:
                yield [at_source, at_target], int(delay[sources[0], targets[0]])
            else:
                yield from _transfers_within(built, u, v, sources, at_target, delay)


def _transfers_within(
    built: SocCpSatModel, u: int, v: int, members: Sequence[int],
    at_target: Any, delay: "IntArray",  # noqa: ANN401 (a literal)
) -> Iterator[tuple[list[Any], int]]:  # fmt: skip
    """The cases of `_transfers` where both tasks are in one class."""
    for pe in members:
        here, there = built.presence[u].get(pe), built.presence[v].get(pe)
        if here is None:
            continue
        if there is not None:
            yield [here, there], int(delay[pe, pe])
        if len(members) > 1:
            other = members[0] if pe != members[0] else members[1]
            moved = [] if there is None else [~there]
            yield [here, at_target, *moved], int(delay[pe, other])


def _add_loads(built: SocCpSatModel) -> None:
    """Implied: a job lasts as long as its work on any element, which bounds large jobs well."""
    problem = built.problem
    for job, completion in enumerate(built.completion):
        mine = np.flatnonzero(problem.position == job).tolist()
        first = min(
            (int(problem.ready_us[u, list(built.presence[u])].min()) for u in mine), default=0
        )
        for pe in range(problem.instance.chip.num_pes):
            here = [u for u in mine if pe in built.presence[u]]
            if len(here) > 1:
                work = [int(problem.expected_us[u, pe]) * built.presence[u][pe] for u in here]
                built.model.add(completion >= first + sum(work))


def _within(built: SocCpSatModel, u: int, index: int) -> Any:  # noqa: ANN401 (a literal)
    """Literal of a task being in a class; None if no element of it supports the task."""
    literals = [on for pe, on in built.presence[u].items() if pe in built.classes[index]]
    if len(literals) < 2:
        return literals[0] if literals else None
    if (u, index) not in built.inside:
        literal = built.model.new_bool_var(f"in_{u}_{index}")
        built.model.add(sum(literals) == literal)
        built.inside[u, index] = literal
    return built.inside[u, index]


def _break_symmetry(built: SocCpSatModel, members: Sequence[int]) -> None:
    """Of elements that can be exchanged, each is used only behind the one before it."""
    model = built.model
    for before, pe in pairwise(members):
        so_far: list[Any] = []
        for u, literals in enumerate(built.presence):
            if pe not in literals:
                continue
            model.add_bool_or([~literals[pe], *so_far])
            used = built.used[u, before] = model.new_bool_var(f"used_{u}_{before}")
            model.add_bool_or([~used, literals[before], *so_far])
            so_far = [used]


def _add_hint(built: SocCpSatModel, known: "Plan") -> None:
    """Hint every variable, elements renamed to obey the broken symmetries."""
    model, problem = built.model, built.problem
    chosen = known.pe.tolist()
    for members in built.groups:
        met = list(dict.fromkeys(pe for pe in chosen if pe in members))
        rename = dict(zip(met, members, strict=False))
        chosen = [rename.get(pe, pe) for pe in chosen]
    for u, pe in enumerate(chosen):
        model.add_hint(built.start[u], int(known.start_us[u]))
        if len({int(problem.expected_us[u, q]) for q in built.presence[u]}) > 1:
            model.add_hint(built.end[u], int(known.end_us[u]))
        for q, on in built.presence[u].items():
            model.add_hint(on, q == pe)
    for (u, index), literal in built.inside.items():
        model.add_hint(literal, chosen[u] in built.classes[index])
    for (u, pe), literal in built.used.items():
        model.add_hint(literal, pe in chosen[: u + 1])
    completions = problem.completions_us(known.end_us).tolist()
    for variable, value in zip(built.completion, completions, strict=True):
        model.add_hint(variable, value)

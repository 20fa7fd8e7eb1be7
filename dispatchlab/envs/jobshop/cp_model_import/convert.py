"""`from_cp_model`: the steps of the conversion, in order."""

from typing import Any

from dispatchlab.envs.core.errors import UnsupportedModelError
from dispatchlab.envs.jobshop.cp_model_import.activities import find_activities
from dispatchlab.envs.jobshop.cp_model_import.bounds import check_latest
from dispatchlab.envs.jobshop.cp_model_import.choices import Choices, find_choices
from dispatchlab.envs.jobshop.cp_model_import.circuits import find_dummies, find_sequences
from dispatchlab.envs.jobshop.cp_model_import.draft import Draft
from dispatchlab.envs.jobshop.cp_model_import.jobs import Ends, Jobs, read_jobs
from dispatchlab.envs.jobshop.cp_model_import.objective import read_goal
from dispatchlab.envs.jobshop.cp_model_import.precedence import (
    Order,
    check_not_early,
    read_order,
    rough_horizon,
)
from dispatchlab.envs.jobshop.cp_model_import.reading import read_source
from dispatchlab.envs.jobshop.cp_model_import.resources import Resource, find_resources
from dispatchlab.envs.jobshop.cp_model_import.setups import MustPrecede, read_setups
from dispatchlab.envs.jobshop.cp_model_import.source import Constraint, Linear, Source, var_of
from dispatchlab.envs.jobshop.cp_model_import.spans import find_spans
from dispatchlab.envs.jobshop.cp_model_import.timing import check_tight, read_times
from dispatchlab.envs.jobshop.instance import CpEncoding


def from_cp_model(model: Any, name: str = "cp-model") -> CpEncoding:  # noqa: ANN401
    """Convert a CP-SAT scheduling model into an encoding with the same optimum.

    Recognised are fixed and optional intervals; alternatives, whether by exactly-one presences,
    by a master interval, or by linears enforced by mode literals; no-overlap and cumulative
    constraints of constant capacity; minimum time lags between starts and ends; releases;
    set-up times by circuits; and the makespan, total flow time and total weighted tardiness.
    Without an objective the makespan is minimised. Hints, search strategies and unused variables
    are ignored. Upper bounds on times are accepted where some optimal schedule keeps them anyway.

    The jobs are the connected components of the precedences; where the objective counts several
    completion times, each of these is a job.

    Args:
        model: A ``CpModel``, a parsed ``CpModelProto``, or the path of a .pb or .pbtxt file as
            written by ``CpModel.export_to_file``.
        name: Name of the encoding.

    Returns:
        The encoding; the objective value of a schedule is the same as in the model.

    Raises:
        UnsupportedModelError: If a constraint cannot be expressed; the message names it.
        MissingExtraError: If OR-Tools is not installed.
    """
    source = read_source(model)
    _check_kinds(source)
    dummies = find_dummies(source)
    choices = find_choices(source, dummies)
    activities = find_activities(source, choices)
    if not activities:
        raise UnsupportedModelError("The model has no intervals of known size; add activities.")
    draft = Draft(source, choices, activities)
    spans = find_spans(draft)
    resources, blocked = find_resources(draft, spans)
    sequences, implied = find_sequences(source, dummies, choices.sequence, choices.time)
    missing = read_setups(draft, sequences, resources, implied)
    timing = read_times(draft, [*_on_times(source, choices), *spans.linears], blocked)
    graph = timing.graph
    horizon = rough_horizon(draft, graph) + _setup_work(resources)
    check_tight(draft, timing, horizon)
    check_not_early(draft, graph)
    goal = read_goal(draft, timing)
    for con in timing.sums:
        raise con.refuse("it relates more than two times, or adds times up")
    for v in goal.free:
        graph.eliminate(draft.node(v))
    order = read_order(draft, graph, horizon)
    _check_missing(draft, order, missing)
    jobs = read_jobs(draft, goal, order)
    encoding = _encode(draft, resources, order, jobs, name)
    check_latest(encoding, order.latest)
    return encoding


def _check_kinds(source: Source) -> None:
    """Refuse every kind of constraint that has no reading."""
    for con in source.constraints:
        if type(con) is Constraint:
            raise con.refuse(
                "constraints of this kind have no counterpart in the encoding (supported are "
                "intervals, no_overlap, cumulative, circuit, linear, lin_max and Boolean ones)"
            )


def _on_times(source: Source, choices: Choices) -> list[Linear]:
    """Linears that name times, without those on the arcs of circuits."""
    return [
        con
        for con in source.constraints
        if isinstance(con, Linear)
        and not choices.time.isdisjoint(con.expr.variables)
        and choices.sequence.isdisjoint((*con.expr.variables, *map(var_of, con.literals)))
    ]


def _setup_work(resources: list[Resource]) -> int:
    """More than all set-ups of a schedule together."""
    return sum(
        max(column)
        for resource in resources
        if resource.setups is not None
        for column in zip(*resource.setups[1], strict=True)
    )


def _check_missing(draft: Draft, order: Order, missing: list[MustPrecede]) -> None:
    """Successions that a circuit does not offer must be impossible by precedence."""
    ends = Ends(draft, order.arcs)
    for must in missing:
        gap = ends.ahead_of(must.head).get(must.tail)
        shortest = min(m.duration for m in draft.activities[must.head].modes)
        if gap is None or gap < shortest:
            raise must.sequence.con.refuse(
                f"it forbids activity {must.tail} to follow activity {must.head} directly"
            )


def _encode(
    draft: Draft, resources: list[Resource], order: Order, jobs: Jobs, name: str
) -> CpEncoding:
    """Put the parts together."""
    named = any(a.name for a in draft.activities)
    return CpEncoding.build(
        [[(m.duration, sorted(m.uses.items())) for m in a.modes] for a in draft.activities],
        [r.capacity for r in resources],
        order.arcs,
        job=jobs.job,
        release=jobs.release,
        due=jobs.due,
        weight=jobs.weight,
        setups={r: res.setups for r, res in enumerate(resources) if res.setups is not None},
        objective=jobs.objective,
        name=name,
        activity_names=[a.name or f"activity {i}" for i, a in enumerate(draft.activities)]
        if named
        else (),
        resource_names=[r.name or f"resource {i}" for i, r in enumerate(resources)]
        if any(r.name for r in resources)
        else (),
    )

"""Precedences, releases and objectives of CP-SAT models, in all their forms."""

from collections.abc import Callable
from typing import Any

import pytest

from dispatchlab.envs.jobshop.cp_model_import import from_cp_model
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE

cp_model = pytest.importorskip("ortools.sat.python.cp_model")

from tests.envs.jobshop.cp_models import optimum, solved  # noqa: E402


def timed_model(lags: Callable[[Any, Any, Any, Any, Any], None]) -> "cp_model.CpModel":
    """Two activities of length 3 and 4 and a precedence written by the caller."""
    model = cp_model.CpModel()
    first, second = (model.new_int_var(0, 100, n) for n in "ab")
    model.new_fixed_size_interval_var(first, 3, "a")
    model.new_fixed_size_interval_var(second, 4, "b")
    lags(model, first, first + 3, second, second + 4)
    makespan = model.new_int_var(0, 100, "makespan")
    model.add(makespan >= second + 4)
    model.add(makespan >= first + 3)
    model.minimize(makespan)
    return model


@pytest.mark.parametrize(
    ("lags", "arc"),
    [
        (lambda m, s, e, t, f: m.add(t >= e + 2), (2, 0)),
        (lambda m, s, e, t, f: m.add(e - t <= -2), (2, 0)),
        (lambda m, s, e, t, f: m.add(t >= s + 1), (1, 1)),
        (lambda m, s, e, t, f: m.add(f >= e), (-1, 1)),
        (lambda m, s, e, t, f: m.add(f >= s + 8), (1, 0)),
        (lambda m, s, e, t, f: m.add(2 * t >= 2 * s + 13), (4, 0)),
        (lambda m, s, e, t, f: m.add(t > e), (1, 0)),
    ],
)
def test_forms_of_precedence(lags: Callable[..., None], arc: tuple[int, int]) -> None:
    """Start and end lags, signs, offsets, factors and strictness reduce to one arc."""
    encoding = from_cp_model(timed_model(lags))
    found = list(zip(encoding.arc_lag.tolist(), encoding.arc_from_start.tolist(), strict=True))
    assert found == [arc]
    assert optimum(timed_model(lags)) == solved(encoding)


def test_named_end_keeps_its_arc() -> None:
    """A lag from an end variable stays a lag from the end, even where it is negative."""
    model = cp_model.CpModel()
    start, end, other = (model.new_int_var(0, 100, n) for n in "aeb")
    model.new_interval_var(start, 5, end, "a")
    model.new_fixed_size_interval_var(other, 4, "b")
    model.add(other >= end - 2)
    encoding = from_cp_model(model)
    assert (encoding.arc_lag.tolist(), encoding.arc_from_start.tolist()) == ([-2], [0])


def test_releases() -> None:
    """Lower bounds of variables, linears and late ends all become releases."""
    model = cp_model.CpModel()
    starts = [model.new_int_var(4 if i == 0 else 0, 90, f"s{i}") for i in range(3)]
    for start in starts:
        model.new_fixed_size_interval_var(start, 5, "run")
    model.add(starts[1] >= 7)
    model.add(starts[2] + 5 >= 11).only_enforce_if(model.new_constant(1))
    assert from_cp_model(model).release.tolist() == [4, 7, 6]


def sequence_model(goal: Callable[[Any, list[Any]], Any]) -> "cp_model.CpModel":
    """Activities of 4, 2 and 3 units on one machine, the last released at 5."""
    model = cp_model.CpModel()
    starts = [model.new_int_var(5 if i == 2 else 0, 80, f"s{i}") for i in range(3)]
    ends = [s + d for s, d in zip(starts, (4, 2, 3), strict=True)]
    model.add_no_overlap(
        [
            model.new_fixed_size_interval_var(s, d, "run")
            for s, d in zip(starts, (4, 2, 3), strict=True)
        ]
    )
    goal(model, ends)
    return model


def _late(model: "cp_model.CpModel", ends: list[Any], *, as_max: bool) -> list[Any]:
    """Tardiness variables against due dates 4, 3 and 9."""
    late = [model.new_int_var(0, 100, f"late {i}") for i in range(3)]
    for variable, end, due in zip(late, ends, (4, 3, 9), strict=True):
        if as_max:
            model.add_max_equality(variable, [end - due, 0])
        else:
            model.add(variable >= end - due)
    return late


def _weigh(model: "cp_model.CpModel", ends: list[Any], *, as_max: bool, through: bool) -> None:
    terms = [w * v for w, v in zip((1, 2, 3), _late(model, ends, as_max=as_max), strict=True)]
    if through:
        total = model.new_int_var(0, 10_000, "total")
        model.add(total == sum(terms))
        model.minimize(total)
    else:
        model.minimize(sum(terms))


@pytest.mark.parametrize("as_max", [True, False])
@pytest.mark.parametrize("through", [True, False])
def test_weighted_tardiness(as_max: bool, through: bool) -> None:
    """Tardiness as a maximum or by inequalities, summed directly or through a variable.

    By hand: order 1, 0, 2 ends at 2, 6, 9 and only activity 0 is late, by 2.
    """
    goal = lambda m, ends: _weigh(m, ends, as_max=as_max, through=through)  # noqa: E731
    encoding = from_cp_model(sequence_model(goal))
    assert encoding.objective == "total_weighted_tardiness"
    assert encoding.job_due.tolist() == [4, 3, 9]
    assert encoding.job_weight.tolist() == [1, 2, 3]
    assert optimum(sequence_model(goal)) == solved(encoding) == 2


def test_flow_time_counts_from_the_release() -> None:
    """Ends minus releases are the total flow time: 2 + 6 + 9 - 5 = 12."""
    goal = lambda m, ends: m.minimize(sum(ends) - 5)  # noqa: E731
    encoding = from_cp_model(sequence_model(goal))
    assert encoding.objective == "total_flow_time"
    assert optimum(sequence_model(goal)) == solved(encoding) == 12


def test_completion_times_count_from_zero() -> None:
    """A bare sum of ends with releases is tardiness against due dates 0: 2 + 6 + 9 = 17."""
    goal = lambda m, ends: m.minimize(sum(ends))  # noqa: E731
    encoding = from_cp_model(sequence_model(goal))
    assert (encoding.objective, encoding.job_due.tolist()) == (
        "total_weighted_tardiness", [0, 0, 0],
    )  # fmt: skip
    assert solved(encoding) == 17


def test_objective_that_counts_one_of_two_ends() -> None:
    """What the objective ignores becomes a job without due date."""
    goal = lambda m, ends: m.minimize(ends[0])  # noqa: E731
    encoding = from_cp_model(sequence_model(goal))
    assert encoding.job.tolist() == [0, 1, 2]
    assert encoding.job_due.tolist() == [0, NO_DUE_DATE, NO_DUE_DATE]
    assert solved(encoding) == 4


def test_no_objective_means_makespan() -> None:
    """A model without objective is converted to the makespan."""
    encoding = from_cp_model(sequence_model(lambda m, ends: None))
    assert encoding.objective == "makespan"
    assert solved(encoding) == 9


def test_shared_chain_of_stages() -> None:
    """A free variable between two stages becomes an arc for every pair across it."""
    model = cp_model.CpModel()
    starts = [model.new_int_var(0, 60, f"s{i}") for i in range(4)]
    for start, duration in zip(starts, (3, 5, 2, 4), strict=True):
        model.new_fixed_size_interval_var(start, duration, "run")
    gate = model.new_int_var(0, 60, "gate")
    model.add_max_equality(gate, [starts[0] + 3, starts[1] + 5])
    for start in starts[2:]:
        model.add(start >= gate + 1)
    encoding = from_cp_model(model)
    arcs = set(zip(encoding.arc_from.tolist(), encoding.arc_to.tolist(), strict=True))
    assert arcs == {(0, 2), (0, 3), (1, 2), (1, 3)}
    assert encoding.arc_lag.tolist() == [1] * 4
    assert solved(encoding) == 10

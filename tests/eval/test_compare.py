"""Tests of the comparison: pairing, references and verification."""

import math

import numpy as np
import pytest

from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import run_dispatcher
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.eval.cases import Case, instance_cases
from dispatchlab.eval.compare import compare, relative_gap
from dispatchlab.eval.methods import make_methods
from dispatchlab.eval.summary import summarise
from tests.eval.helpers import TINY


class Liar:
    """Claims one time unit less than it needs."""

    name = "liar"

    def prepare(self) -> None:
        """Nothing."""

    def solve(self, case: Case) -> Result:
        """A feasible schedule with a wrong objective."""
        honest = run_dispatcher(PriorityRule("spt"), [(case.encoding, case.realisation)])[0]
        assert honest.objective is not None
        return Result(honest.schedule, honest.objective - 1, 0.0, "feasible", 0.1)


class GivesUp:
    """Never finds anything."""

    name = "gives-up"

    def prepare(self) -> None:
        """Nothing."""

    def solve(self, case: Case) -> Result:
        """Nothing."""
        return Result(None, None, 1.0, "unknown", 0.2)


def test_rows() -> None:
    """One row per method, instance and seed, with best-known references and verified schedules."""
    cases = instance_cases([load_instance("ft06"), TINY], [0, 1])
    seen = []
    result = compare(make_methods(["spt", "mwkr"]), cases, lambda m, c: seen.append((m, c.seed)))
    assert len(result.runs) == len(seen) == 8
    assert result.methods == ["spt", "mwkr"]
    assert all(run.verified for run in result.runs)
    first = result.runs[0]
    assert (first.method, first.instance, first.objective, first.reference) == (
        "spt", "ft06", 88.0, 55.0,
    )  # fmt: skip
    assert first.gap == pytest.approx(0.6)
    assert first.reference_is_known
    assert first.lower_bound == 55.0
    assert first.time_per_decision_s == pytest.approx(first.runtime_s / first.decisions)


def test_reference_without_a_best_known_value() -> None:
    """The best schedule of the comparison is the reference then."""
    result = compare(make_methods(["spt", "lpt", "random:k=8"]), [Case("tiny", 0, TINY)])
    best = min(run.objective for run in result.runs)
    assert {run.reference for run in result.runs} == {best}
    assert not result.runs[0].reference_is_known
    assert result.best(result.cases[0]).gap == 0.0


def test_wrong_schedules_are_marked() -> None:
    """A wrong objective is unverified, is nobody's reference, and is never the best."""
    case = Case("tiny", 0, TINY)
    result = compare([Liar(), *make_methods(["spt"])], [case])
    liar, spt = result.runs
    assert (liar.verified, spt.verified) == (False, True)
    assert liar.reference == spt.objective
    assert math.isnan(liar.objective)
    assert math.isnan(liar.gap)
    assert result.best(case) == spt
    assert [summary.solved for summary in summarise(result)] == [1, 0]
    assert "too low" in result.violations["liar", "tiny", 0]


def test_missing_schedules() -> None:
    """No schedule is neither verified nor wrong, and has no gap."""
    case = Case("tiny", 0, TINY)
    result = compare([GivesUp()], [case])
    run = result.runs[0]
    assert run.verified is None
    assert math.isnan(run.gap)
    assert math.isnan(run.objective)
    assert result.best(case) is None
    assert not result.schedules


def test_nothing_to_compare() -> None:
    """Without methods or cases there is nothing to do."""
    with pytest.raises(DispatchlabError, match="Nothing to compare"):
        compare([], [])


class Picky(GivesUp):
    """Takes nothing but ft06, and never gets to it."""

    name = "picky"

    def check(self, case: Case) -> None:
        """Refuse all others."""
        if case.instance != "ft06":
            raise DispatchlabError(f"Picky cannot take {case.instance}.")


def test_what_cannot_be_played_is_refused_before_anything_is() -> None:
    """A method that is not for the last case refuses it before the first method begins."""
    played: list[str] = []
    cases = instance_cases([load_instance(name) for name in ("ft06", "ft10")])
    with pytest.raises(DispatchlabError, match="Picky cannot take ft10"):
        compare([GivesUp(), Picky()], cases, lambda name, _: played.append(name))
    assert played == []


def test_relative_gap() -> None:
    """Zero over zero is no gap; something over zero has none."""
    assert relative_gap(0, 0) == 0.0
    assert relative_gap(11, 10) == pytest.approx(0.1)
    assert np.isnan(relative_gap(1, 0))
    assert np.isnan(relative_gap(1, float("nan")))

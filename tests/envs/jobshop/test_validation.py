"""Tests of the validation of encodings: each contradiction is named, with a remedy."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.jobshop.instance import MAX_TIME, CpEncoding, Mode
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.envs.jobshop.validation import find_cycle

GOOD: dict[str, Any] = {
    "activities": [
        [Mode(3, ((0, 1),)), Mode(2, ((1, 1), (2, 3)))],
        [Mode(4, ((1, 1),))],
        [Mode(0)],
    ],
    "capacities": [1, 1, 4],
    "arcs": [(0, 1), (1, 2, -1), (0, 2, 1, True)],
    "job": [0, 0, 1],
    "setups": {1: ({0: 1}, [[0, 2], [3, 0], [1, 1]])},
}


def build(**changes: Any) -> CpEncoding:
    """The good instance with some arguments changed."""
    return CpEncoding.build(**(GOOD | changes))


def replaced(**changes: Any) -> CpEncoding:
    """The good instance with some arrays replaced."""
    good = build()
    fields = {f.name: getattr(good, f.name) for f in dataclasses.fields(good)}
    return CpEncoding(**(fields | changes))


def test_good_instance() -> None:
    """The instance that the others break is valid, and its arrays are read-only."""
    good = build()
    assert (good.num_activities, good.num_modes, good.num_resources, good.num_jobs) == (3, 4, 3, 2)
    assert np.array_equal(good.setup_matrix(1), [[0, 2], [3, 0], [1, 1]])
    with pytest.raises(ValueError, match="read-only"):
        good.release[0] = 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"activities": [[Mode(1)], [], [Mode(1)]]}, "activity 1 has no mode"),
        ({"activities": []}, "no activities"),
        ({"activities": [[Mode(1)], [Mode(-2)], [Mode(1)]]}, "activity 1 has duration -2"),
        ({"activities": [[Mode(1)], [Mode(MAX_TIME + 1)], [Mode(1)]]}, "activity 1 has duration"),
        ({"activities": [[Mode(1.5)], [Mode(1)], [Mode(1)]]}, "mode duration at position 0 is 1.5"),
        ({"activities": [[Mode(1)], [Mode(float("nan"))], [Mode(1)]]}, "is nan; give integers"),
        ({"activities": [Mode(1), Mode(1), Mode(1)]}, "give a list of modes"),
        ({"activities": [[Mode(1, ((7, 1),))], [Mode(1)], [Mode(1)]]},
         "activity 0 in mode 0 uses resource 7, but resources are numbered 0 to 2"),
        ({"activities": [[Mode(1)], [Mode(1, ((2, 5),))], [Mode(1)]]},
         "activity 1 in mode 1 demands 5 of resource 2, whose capacity is 4"),
        ({"activities": [[Mode(1)], [Mode(1, ((2, 0),))], [Mode(1)]]}, "demands 0 of resource 2"),
        ({"activities": [[Mode(1)], [Mode(1, ((2, 1), (0, 1), (2, 1)))], [Mode(1)]]},
         "activity 1 in mode 1 lists resource 2 twice"),
        ({"capacities": [1, 1, 0]}, "capacity of resource 2 is 0"),
        ({"arcs": [(0, 3)]}, "successor of arc 0 is 3; activities are numbered 0 to 2"),
        ({"arcs": [(0, 1), (-1, 1)]}, "predecessor of arc 1 is -1"),
        ({"arcs": [(0, 1), (2, 2)]}, "arc 1 leads from activity 2 to itself"),
        ({"arcs": [(0, 2), (2, 1), (1, 0)]}, "cyclic: activities 0 -> 2 -> 1 -> 0"),
        ({"arcs": [(0, 1, 2 * MAX_TIME)]}, "lag of arc 0"),
        ({"job": [0, 2, 2]}, "job 1 has no activity"),
        ({"job": [0, -1, 0]}, "job of activity 1 is -1"),
        ({"job": [0, 0, 10**12]}, "job of activity 2 is 1000000000000"),
        ({"job": [0, 0]}, "job has 2 entries, but 3 are needed"),
        ({"release": [0, -5, 0]}, "release of activity 1 is -5"),
        ({"weight": [1, -1]}, "weight of job 1 is -1"),
        ({"due": [5]}, "job_weight has 2 entries, but 1 are needed"),
        ({"due": [5, 2**50]}, "due date of job 1"),
        ({"objective": "money"}, "objective 'money' is unknown"),
        ({"setups": {2: ({}, [[0], [1]])}}, "resource 2 has set-up times and capacity 4"),
        ({"setups": {1: ({}, [[0, 1], [1, 0]])}}, "resource 1 has 4 set-up times"),
        ({"setups": {1: ({0: 2}, [[0, 2], [3, 0], [1, 1]])}}, "has set-up family 2 on resource 1"),
        ({"setups": {1: ({}, [[0], [-1]])}}, "set-up time at position 1 is -1"),
        ({"setups": {5: ({}, [[0], [1]])}}, "given for resource 5"),
        ({"activity_names": ["a"]}, "1 activity names are given, but there are 3"),
        ({"resource_names": ["a"]}, "1 resource names are given, but there are 3"),
    ],
)  # fmt: skip
def test_contradictions_are_named(changes: dict[str, Any], message: str) -> None:
    """Every contradiction raises one sentence that names index and value."""
    with pytest.raises(InvalidInstanceError, match=message) as caught:
        build(**changes)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mode_ptr": [0, 2, 3, 5]}, "mode_ptr runs from 0 to 5"),
        ({"use_ptr": [0, 1, 3, 2, 4]}, "use_ptr decreases after entry 2"),
        ({"use_ptr": [0, 1]}, "use_ptr has 2 entries, but 5 are needed"),
        ({"setup_family": [5, 0, 0, 0]}, "set-up family 5 on resource 0"),
        ({"arc_from_start": [0, 0, 2]}, "from_start flag of arc 2 is 2"),
        ({"arc_lag": [[0, 0, 0]]}, "arc lag column has shape"),
        ({"release": ["a", "b", "c"]}, "release column holds a non-number"),
        ({"release": [2**70, 0, 0]}, "release at position 0"),
    ],
)
def test_broken_arrays_are_named(changes: dict[str, Any], message: str) -> None:
    """Arrays that contradict each other are found too."""
    with pytest.raises(InvalidInstanceError, match=message):
        replaced(**changes)


def test_generators_of_uses_are_read_once() -> None:
    """Uses may be given as generators."""
    lazy = CpEncoding.build(
        [[(1, ((r, 1) for r in (0,)))], [(2, iter([(0, 1)]))]], [1], setups={0: ({}, [[1], [2]])}
    )
    assert lazy.use_resource.tolist() == [0, 0]
    assert lazy.setup_family.tolist() == [0, 0]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_found_cycles_are_cycles(arcs: list[tuple[int, int]]) -> None:
    """A cycle is found if and only if there is one, and it consists of arcs."""
    tails = np.array([a for a, _ in arcs], dtype=np.int64)
    heads = np.array([b for _, b in arcs], dtype=np.int64)
    cycle = find_cycle(7, tails, heads)
    assert all(pair in arcs for pair in zip(cycle, [*cycle[1:], *cycle[:1]], strict=True))
    reach = np.zeros((7, 7), dtype=bool)
    reach[tails, heads] = True
    for middle in range(7):
        reach |= reach[:, [middle]] & reach[[middle], :]
    assert bool(cycle) == bool(reach.diagonal().any())


def test_acyclic_in_any_numbering() -> None:
    """Arcs from higher to lower numbers are fine when there is no cycle."""
    assert build(arcs=[(2, 0), (1, 0), (2, 1)]).num_arcs == 3


def test_equality_ignores_names() -> None:
    """Encodings with equal data are equal and hash alike, whatever they are called."""
    first, second = job_shop([[0]], [[3]], name="a"), job_shop([[0]], [[3]], name="b")
    assert first == second
    assert hash(first) == hash(second)
    assert first != job_shop([[0]], [[4]])

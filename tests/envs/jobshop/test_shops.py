"""Tests of the builders of shops and projects."""

import math
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE, CpEncoding, Mode
from dispatchlab.envs.jobshop.shops import (
    flexible_job_shop,
    flow_shop,
    job_shop,
    open_shop,
    project,
)

Matrix = list[list[float]]


def test_job_shop_equals_the_nested_form() -> None:
    """The flat construction gives what `CpEncoding.build` gives."""
    flat = job_shop([[0, 1], [1, 0]], [[3, 2], [4, 1]], due=[9, 8], weight=[2, 1], release=[0, 5])
    nested = CpEncoding.build(
        [[Mode(d, ((m, 1),))] for m, d in ((0, 3), (1, 2), (1, 4), (0, 1))],
        [1, 1],
        [(0, 1), (2, 3)],
        job=[0, 0, 1, 1],
        due=[9, 8],
        weight=[2, 1],
        release=[0, 0, 5, 5],
    )
    assert flat == nested


def test_arrays_and_lists_agree() -> None:
    """Arrays, lists and whole floats build the same encoding."""
    machines, durations = [[0, 1], [1, 0]], [[3, 2], [4, 1]]
    from_arrays = job_shop(np.array(machines), np.array(durations))
    assert from_arrays == job_shop(machines, durations)
    assert from_arrays == job_shop(machines, np.array(durations, dtype=float))


def test_ragged_jobs_and_revisits() -> None:
    """Jobs may differ in length and come back to a machine."""
    shop = job_shop([[0, 1, 0], [1]], [[1, 2, 3], [4]], num_machines=5)
    assert shop.num_resources == 5
    assert shop.arc_from.tolist() == [0, 1]
    assert shop.job.tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("machines", "durations", "options", "message"),
    [
        ([], [], {}, "no jobs"),
        ([[0], []], [[1], []], {}, "Job 1 has no operations"),
        ([[0, 1]], [[1]], {}, "Job 0 has 2 machines and 1 durations"),
        ([[0], [1]], [[1]], {}, "machines for 2 jobs and durations for 1"),
        ([[0, 1], [2, 0]], [[1, 1], [1, 1]], {"num_machines": 2},
         "Operation 0 of job 1 is on machine 2, but machines are numbered 0 to 1"),
        ([[0, -1]], [[1, 1]], {}, "Operation 1 of job 0 is on machine -1"),
        ([[0]], [[math.nan]], {}, "duration at position 0 is nan"),
        ([[0]], [[1.5]], {}, "duration at position 0 is 1.5"),
        ([[0]], [["long"]], {}, "duration is not a number"),
        ([[0]], [[-1]], {}, "has duration -1"),
        ([[10**9]], [[1]], {}, "1000000001 machines; at most"),
        ([[0]], [[1]], {"due": [1, 2]}, "2 values are given for the due date"),
        ([[0]], [[1]], {"release": [-1]}, "release of activity 0 is -1"),
    ],
)  # fmt: skip
def test_job_shop_refuses(
    machines: Matrix, durations: Matrix, options: dict[str, Any], message: str
) -> None:
    """Bad input is named with its place."""
    with pytest.raises(InvalidInstanceError, match=message):
        job_shop(machines, durations, **options)


def test_flow_shop_visits_machines_in_order() -> None:
    """Every job visits machine 0, 1, 2."""
    shop = flow_shop([[1, 2, 3], [4, 5, 6]], objective="total_flow_time")
    assert shop.use_resource.tolist() == [0, 1, 2, 0, 1, 2]
    assert shop == job_shop([[0, 1, 2]] * 2, [[1, 2, 3], [4, 5, 6]], objective="total_flow_time")
    with pytest.raises(InvalidInstanceError, match="Job 1 has 1 durations"):
        flow_shop([[1, 2], [3]])


def test_open_shop_has_job_resources_and_no_arcs() -> None:
    """An operation uses its machine and its job."""
    shop = open_shop([[1, 2], [3, 4], [5, 6]])
    assert shop.num_arcs == 0
    assert shop.num_resources == 2 + 3
    assert shop.use_resource.reshape(-1, 2).tolist() == [
        [0, 2], [1, 2], [0, 3], [1, 3], [0, 4], [1, 4],
    ]  # fmt: skip
    assert (shop.job_due == NO_DUE_DATE).all()


def test_flexible_job_shop_modes() -> None:
    """Alternatives become modes in the order given."""
    shop = flexible_job_shop([[[(1, 5), (0, 7)], [(2, 3)]], [[(0, 1)]]], num_machines=4)
    assert shop.mode_ptr.tolist() == [0, 2, 3, 4]
    assert shop.use_resource.tolist() == [1, 0, 2, 0]
    assert shop.mode_duration.tolist() == [5, 7, 3, 1]
    assert shop.arc_from.tolist() == [0]


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ([], "no jobs"),
        ([[]], "Job 0 has no operations"),
        ([[[(0, 1)]], [[(0, 1)], []]], "Operation 1 of job 1 has no machine"),
        ([[[(9, 1)]]], "Alternative 0 of job 0 is on machine 9, but machines are numbered 0 to 2"),
        ([[[(0, math.inf)]]], "duration at position 0 is inf"),
    ],
)
def test_flexible_job_shop_refuses(jobs: list[list[list[tuple[int, float]]]], message: str) -> None:
    """Empty operations and unknown machines are named."""
    with pytest.raises(InvalidInstanceError, match=message):
        flexible_job_shop(jobs, num_machines=3)


def test_project_with_modes() -> None:
    """Zero demands vanish, modes keep their order, successors become arcs."""
    rcpsp = project(
        [0, [3, 5], 2, 0],
        [[0, 0], [[2, 0], [1, 1]], [1, 1], [0, 0]],
        [2, 1],
        [[1, 2], [3], [3], []],
    )
    assert rcpsp.mode_ptr.tolist() == [0, 1, 3, 4, 5]
    assert rcpsp.use_ptr.tolist() == [0, 0, 1, 3, 5, 5]
    assert rcpsp.use_demand.tolist() == [2, 1, 1, 1, 1]
    assert rcpsp.arc_to.tolist() == [1, 2, 3, 3]
    assert rcpsp.num_jobs == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1], [[0], [0]], [1], [[]]), "have 1, 2 and 1 entries"),
        (([1], [[0, 0]], [1], [[]]), "activity 0 has 2 demands, but there are 1"),
        (([[1, 2]], [[[0]]], [1], [[]]), "activity 0 has 2 durations and 1 demand rows"),
        (([1, 1], [[0], [2]], [1], [[1], []]), "activity 1 in mode 1 demands 2"),
        (([1, 1], [[0], [0]], [1], [[1], [0]]), "cyclic: activities 0 -> 1 -> 0"),
    ],
)
def test_project_refuses(arguments: tuple[Any, ...], message: str) -> None:
    """Columns that do not fit are named."""
    with pytest.raises(InvalidInstanceError, match=message):
        project(*arguments)

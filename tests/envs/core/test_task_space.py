"""Tests of Parameter and TaskSpace."""

import copy
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.task_space import Parameter, TaskSpace

SPACE = TaskSpace(
    [
        Parameter("jobs", 5, 10, 8, integer=True),
        Parameter("load", 0.5, 0.9, 0.7, "1"),
        Parameter("still", 3.0, 3.0, 3.0),
    ]
)


def test_mapping_interface() -> None:
    """Names, lengths and look-ups follow the order of the parameters."""
    assert list(SPACE) == ["jobs", "load", "still"]
    assert len(SPACE) == 3
    assert SPACE["load"].high == 0.9
    assert "other" not in SPACE
    assert SPACE.defaults() == {"jobs": 8, "load": 0.7, "still": 3.0}


def test_validate_completes_and_casts() -> None:
    """Missing values get their defaults; integers come back as int."""
    task = SPACE.validate({"jobs": 6.0})
    assert task == {"jobs": 6, "load": 0.7, "still": 3.0}
    assert isinstance(task["jobs"], int)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"jobz": 5}, "'jobz' is unknown; there are: jobs, load, still"),
        ({"jobs": 11}, "jobs = 11; it must be between 5 and 10"),
        ({"jobs": 5.5}, "whole number"),
        ({"load": math.nan}, "load = nan; give a number"),
        ({"load": "much"}, "load = 'much'; give a number"),
        ({"load": math.inf}, "between 0.5 and 0.9"),
    ],
)
def test_validate_refuses(task: dict[str, float], message: str) -> None:
    """Unknown names, NaN and values out of range are named."""
    with pytest.raises(DispatchlabError, match=message):
        SPACE.validate(task)


def test_clip_brings_into_range() -> None:
    """Values beyond a bound move to it, and integers are rounded."""
    assert SPACE.clip({"jobs": 99, "load": -1.0}) == {"jobs": 10, "load": 0.5, "still": 3.0}
    assert SPACE.clip({"jobs": 6.4})["jobs"] == 6
    with pytest.raises(DispatchlabError, match="give a number"):
        SPACE.clip({"jobs": math.nan})


@given(st.integers(5, 10), st.floats(0.5, 0.9))
def test_normalise_round_trip(jobs: int, load: float) -> None:
    """denormalise(normalise(task)) is the task."""
    vector = SPACE.normalise({"jobs": jobs, "load": load})
    assert ((vector >= 0) & (vector <= 1)).all()
    back = SPACE.denormalise(vector)
    assert back["jobs"] == jobs
    assert back["load"] == pytest.approx(load)


@pytest.mark.parametrize("vector", [[0.5], [0.1, 0.2, math.nan], [[0.1, 0.2, 0.3]]])
def test_denormalise_refuses(vector: list[float]) -> None:
    """A vector of another shape, or with NaN, does not fit."""
    with pytest.raises(DispatchlabError, match="give 3 numbers"):
        SPACE.denormalise(vector)


def test_denormalise_clips() -> None:
    """Points outside the cube land on its faces."""
    assert SPACE.denormalise([-1, 2, 0]) == {"jobs": 5, "load": 0.9, "still": 3.0}


def test_sample_covers_the_range_and_is_reproducible() -> None:
    """Both ends of an integer range occur, and the same seed gives the same task."""
    rng = np.random.default_rng(0)
    jobs = [SPACE.sample(rng)["jobs"] for _ in range(200)]
    assert set(jobs) == {5, 6, 7, 8, 9, 10}
    assert SPACE.sample(np.random.default_rng(1)) == SPACE.sample(np.random.default_rng(1))


@pytest.mark.parametrize(
    "arguments",
    [("a", 2, 1, 2), ("a", 0, 1, 5), ("a", 0, math.inf, 1), ("a", 0, math.nan, 0)],
)
def test_parameter_refuses_bad_bounds(arguments: tuple[str, float, float, float]) -> None:
    """Bounds must be finite and hold the default."""
    with pytest.raises(DispatchlabError, match="low <= default <= high"):
        Parameter(*arguments)


def test_integer_parameter_refuses_fractions() -> None:
    """An integer parameter has whole bounds."""
    with pytest.raises(DispatchlabError, match="give whole numbers"):
        Parameter("a", 0.5, 2, 1, integer=True)


def test_names_are_unique() -> None:
    """Two parameters cannot share a name."""
    with pytest.raises(DispatchlabError, match="'a' is given twice"):
        TaskSpace([Parameter("a", 0, 1, 0), Parameter("a", 0, 1, 0)])


def test_pickle_copy_and_print() -> None:
    """A space survives pickling and copying, and prints its parameters."""
    assert pickle.loads(pickle.dumps(SPACE)) == SPACE
    assert copy.deepcopy(SPACE) == SPACE
    assert hash(SPACE) == hash(copy.deepcopy(SPACE))
    assert "jobs: 5 to 10" in str(SPACE)


def test_denormalised_bounds_are_bounds() -> None:
    """0.6 + (1.8 - 0.6) is more than 1.8 in floats; the corner of the cube is in range anyway."""
    space = TaskSpace([Parameter("x", 0.6, 1.8, 1.0)])
    assert space.validate(space.denormalise([1.0])) == {"x": 1.8}

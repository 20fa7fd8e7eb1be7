"""What all teachers of points have in common."""

import pickle
import warnings

import numpy as np
import pytest

from dispatchlab.envs.core.task_space import Parameter, TaskSpace
from dispatchlab.train.teachers.base import Episode
from tests.train.teachers.point_teachers import MAKERS, easy_score, run_vectorised

EVERY = pytest.mark.parametrize("name", MAKERS)


@EVERY
def test_resumes_bit_for_bit(name: str) -> None:
    """A teacher that was saved in the middle, with open plays, goes on like the one that stayed."""
    teacher, other = MAKERS[name](0), MAKERS[name](1)
    run_vectorised(teacher, 160)
    state = teacher.state_dict()
    saved = pickle.dumps(state)
    expected = run_vectorised(teacher, 160)
    assert pickle.dumps(state) == saved  # what goes on does not reach back
    other.load_state_dict(pickle.loads(saved))
    assert run_vectorised(other, 160) == expected


@EVERY
def test_open_plays_survive(name: str) -> None:
    """Plays that were asked for before the save count after it."""
    teacher, other = MAKERS[name](0), MAKERS[name](1)
    run_vectorised(teacher, 100)
    plays = teacher.sample(30)
    other.load_state_dict(pickle.loads(pickle.dumps(teacher.state_dict())))
    for one in (teacher, other):
        one.observe([Episode(play=play, score=easy_score(play)) for play in plays])
    assert teacher.sample(50) == other.sample(50)
    assert teacher.summary() == pytest.approx(other.summary(), nan_ok=True)


@EVERY
def test_seeded_and_independent(name: str) -> None:
    """The seed decides everything, and two teachers in one process do not disturb each other."""
    alone = run_vectorised(MAKERS[name](0), 60)
    one, two = MAKERS[name](0), MAKERS[name](1)
    pairs = [(one.sample(1)[0], two.sample(1)[0]) for _ in range(5)]
    assert alone[0].level in [first.level for first, _ in pairs]
    assert run_vectorised(MAKERS[name](0), 60) == alone
    assert run_vectorised(MAKERS[name](1), 60) != alone


@EVERY
def test_points_are_in_the_cube(name: str) -> None:
    """No point leaves the unit cube, and every play has a seed of its own."""
    plays = run_vectorised(MAKERS[name](0), 200)
    points = np.array([play.level.point for play in plays])
    assert points.shape == (200, 2)
    assert points.min() >= 0.0
    assert points.max() <= 1.0
    assert len({play.level.seed for play in plays}) == 200


@EVERY
def test_nothing_global_changes(name: str) -> None:
    """The global generator, the error state and the warning filters stay as they were."""
    before = pickle.dumps(np.random.get_state())  # noqa: NPY002 - the one that must not be touched
    errors, filters = np.geterr(), list(warnings.filters)
    run_vectorised(MAKERS[name](0), 220)
    assert pickle.dumps(np.random.get_state()) == before  # noqa: NPY002 - as above
    assert np.geterr() == errors
    assert list(warnings.filters) == filters


@EVERY
def test_summary_and_regions_are_plain(name: str) -> None:
    """Numbers for the log are floats; regions are lists of numbers with weights of at most 1."""
    teacher = MAKERS[name](0)
    run_vectorised(teacher, 200)
    assert all(type(value) is float for value in teacher.summary().values())
    regions = teacher.regions()
    assert sum(region["weight"] for region in regions) <= 1.0 + 1e-9
    for region in regions:
        shape = {"low": (2,), "high": (2,), "mean": (2,), "cov": (2, 2), "weight": ()}
        assert all(np.shape(value) == shape[key] for key, value in region.items())
        assert {"low", "high", "weight"} == set(region) or {"mean", "cov", "weight"} == set(region)


@EVERY
def test_units_do_not_matter(name: str) -> None:
    """The same tasks are chosen whether a parameter goes from 0 to 1 or from -100 to 300."""
    sequences = []
    for low, high in ((0.0, 1.0), (-100.0, 300.0)):
        space = TaskSpace([Parameter(n, low, high, low) for n in ("a", "b")])
        teacher, tasks = MAKERS[name](0), []
        for _ in range(100):
            (play,) = teacher.sample(1)
            task = np.array(list(space.denormalise(play.level.point).values()))
            tasks.append((task - low) / (high - low))
            # The student knows the task alone; the digits are those that survive both units.
            teacher.observe([Episode(play=play, score=round(1.0 - max(tasks[-1]), 9))])
        sequences.append(tasks)
    assert np.allclose(*sequences, rtol=0.0, atol=1e-12)

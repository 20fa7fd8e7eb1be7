"""The level buffer and its distribution of replays."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Level
from dispatchlab.train.teachers.level_buffer import LevelBuffer
from dispatchlab.train.teachers.replay_masses import TRANSFORMS, mean_ranks, replay_masses

SCORES = np.array([0.5, 0.1, 0.9])
FRESH = np.zeros(3)
A, B, C, D = (Level((value,), 7) for value in (0.1, 0.2, 0.3, 0.4))


def filled(**settings: Any) -> LevelBuffer:
    """Levels A, B, C with the scores .5, .1, .9."""
    buffer = LevelBuffer(**{"capacity": 3} | settings)
    for level, score in zip((A, B, C), SCORES, strict=True):
        buffer.record(level, score, drawn=0)
    return buffer


@pytest.mark.parametrize(
    ("temperature", "expected"),
    [
        (1.0, [0.27272727, 0.18181818, 0.54545455]),
        (0.3, [0.08819737, 0.02282889, 0.88897375]),
        (0.1, [9.7559e-4, 1.692e-5, 0.99900749]),
    ],
)
def test_ranks(temperature: float, expected: list[float]) -> None:
    """One over the rank, to the power of one over the temperature: ranks 2, 3, 1."""
    masses = replay_masses(SCORES, FRESH, temperature=temperature, staleness_share=0.0)
    assert masses == pytest.approx(expected, abs=5e-9)


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]) | st.floats(-1e6, 1e6)))
def test_ranks_are_those_of_scipy(scores: list[float]) -> None:
    """Also where scores are equal."""
    assert mean_ranks(np.array(scores)).tolist() == rankdata([-x for x in scores]).tolist()


def test_staleness_is_mixed_in() -> None:
    """.7 of the ranks 2, 3, 1 and .3 of [0, 3, 1] / 4."""
    masses = replay_masses(SCORES, np.array([0.0, 3.0, 1.0]), temperature=1.0)
    assert masses == pytest.approx([0.19090909, 0.35227273, 0.45681818])


def test_power_follows_the_positive_part() -> None:
    """Squares of .5, 0 and .9 at temperature 1/2; without staleness .001 is added to each."""
    scores = np.array([0.5, -0.1, 0.9])
    squares = np.array([0.25, 0.0, 0.81]) / 1.06
    power = replay_masses(scores, FRESH, transform="power", temperature=0.5, staleness_share=1e-12)
    assert power == pytest.approx(squares, abs=1e-9)
    floored = np.array([0.501, 0.001, 0.901])
    power = replay_masses(scores, FRESH, transform="power", temperature=1.0, staleness_share=0.0)
    assert power == pytest.approx(floored / floored.sum())


def test_top_k_is_a_softmax_of_the_best() -> None:
    """The two best of three, .4 apart, at temperature .4: e to 1."""
    masses = replay_masses(
        SCORES, FRESH, transform="top-k", temperature=0.4, staleness_share=0.0, top_k=2
    )
    assert masses == pytest.approx(np.array([1.0, 0.0, np.e]) / (1.0 + np.e))


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_equal_scores_are_equally_likely(transform: str) -> None:
    """Without any difference every level that was seen is as likely, the others impossible."""
    scores = np.array([0.0, np.nan, 0.0, 0.0])
    masses = replay_masses(scores, np.zeros(4), transform=transform)
    assert masses == pytest.approx([1 / 3, 0.0, 1 / 3, 1 / 3])


@given(
    rows=st.lists(
        st.tuples(st.floats(-1e6, 1e6) | st.just(float("nan")), st.integers(0, 10**6)),
        max_size=30,
    ),
    transform=st.sampled_from(TRANSFORMS),
    temperature=st.floats(0.01, 10.0),
    share=st.floats(0.0, 1.0),
)
def test_masses_are_a_distribution(
    rows: list[tuple[float, int]], transform: str, temperature: float, share: float
) -> None:
    """Whatever the scores: sums to one, and a higher score never makes a replay less likely."""
    scores = np.array([row[0] for row in rows])
    staleness = np.array([row[1] for row in rows], np.float64)
    settings = {"transform": transform, "temperature": temperature, "top_k": 3}
    masses = replay_masses(scores, staleness, staleness_share=share, **settings)
    seen = ~np.isnan(scores)
    assert masses.sum() == pytest.approx(float(seen.any()))
    assert (masses >= 0.0).all()
    assert not masses[~seen].any()
    by_score = replay_masses(scores[seen], staleness[seen], staleness_share=0.0, **settings)
    assert (np.diff(by_score[np.argsort(scores[seen], kind="stable")]) >= -1e-12).all() or (
        transform == "top-k"
    )


def test_a_weak_level_does_not_enter_a_full_buffer() -> None:
    """A score below that of the level it would replace changes nothing; an equal one enters."""
    buffer = filled(staleness=0.0)
    assert not buffer.record(D, 0.05, drawn=1)
    assert buffer.levels == (A, B, C)
    assert buffer.record(D, 0.1, drawn=1)
    assert buffer.levels == (A, D, C)
    assert B not in buffer
    assert buffer.scores.tolist() == [0.5, 0.1, 0.9]


def test_the_victim_depends_on_the_rule() -> None:
    """Staleness protects the lowest score under replay support, but not under scores."""
    for insertion, expected in (("replay-support", (D, B, C)), ("score", (A, D, C))):
        buffer = filled(staleness=0.9, insertion=insertion)
        buffer.clock = 10
        buffer._drawn[:3] = (10, 0, 9)
        assert buffer.record(D, 0.6, drawn=10)
        assert buffer.levels == expected


def test_no_level_is_there_twice() -> None:
    """The second time is an update, smoothed if asked for; the best return only rises."""
    buffer = LevelBuffer(capacity=3, smoothing=0.25)
    buffer.record(A, 1.0, best_return=5.0, drawn=0)
    buffer.record(A, 0.0, best_return=4.0, drawn=0)
    assert len(buffer) == 1
    assert buffer.scores.tolist() == [0.75]
    assert buffer.best_return(A) == 5.0
    assert buffer.best_return(B) == -np.inf


def test_draws_make_the_others_stale() -> None:
    """Every draw, also of new levels, ages all but the drawn; new levels age since their draw."""
    buffer = filled(temperature=0.01, staleness=0.0)
    buffer.tick()
    assert buffer.draw(np.random.default_rng(0)) == C
    assert buffer.staleness.tolist() == [2.0, 2.0, 0.0]
    assert buffer.draw(np.random.default_rng(0)) == C
    assert buffer.record(D, 0.2, drawn=1)
    assert buffer.staleness.tolist() == [3.0, 2.0, 0.0]


def test_state_survives_json() -> None:
    """A buffer that was saved as text goes on with the same draws."""
    buffer = filled()
    generators = [np.random.default_rng(3) for _ in range(2)]
    buffer.draw(generators[0])
    buffer.draw(generators[1])
    other = LevelBuffer(capacity=3)
    other.load_state_dict(json.loads(json.dumps(buffer.state_dict())))
    assert other.rows() == buffer.rows()
    for _ in range(20):
        assert other.draw(generators[0]) == buffer.draw(generators[1])
    with pytest.raises(DispatchlabError, match="capacity is 2; raise it"):
        LevelBuffer(capacity=2).load_state_dict(buffer.state_dict())


def test_rows_say_everything() -> None:
    """One row a level, with masses that sum to one."""
    rows = filled().rows()
    assert [row["key"] for row in rows] == [level.key for level in (A, B, C)]
    assert rows[0]["point"] == [0.1]
    assert rows[0]["edits"] == []
    assert sum(row["mass"] for row in rows) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"capacity": 0}, "capacity is 0"),
        ({"transform": "softmax"}, "Unknown transform 'softmax'"),
        ({"temperature": 0.0}, "temperature is 0.0"),
        ({"staleness": 1.5}, "staleness is 1.5"),
        ({"top_k": 0}, "top_k is 0"),
        ({"insertion": "random"}, "Unknown insertion 'random'"),
        ({"smoothing": 0.0}, "smoothing is 0.0"),
    ],
)
def test_wrong_settings(settings: dict[str, Any], message: str) -> None:
    """Each is refused with its value."""
    with pytest.raises(DispatchlabError, match=message):
        LevelBuffer(**settings)
    with pytest.raises(DispatchlabError, match="must be finite"):
        LevelBuffer().record(A, float("nan"), drawn=0)

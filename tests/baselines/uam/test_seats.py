"""What flights carry, piece by piece: against enumeration."""

import numpy as np
import pytest

from dispatchlab.baselines.uam.flow_model import Pieces
from dispatchlab.baselines.uam.seats import (
    expected_boarding,
    expected_pieces,
    known_pieces,
    mean_pieces,
    recourse_pieces,
)


def _revenue(pieces: Pieces, group: int, flights: float) -> float:
    """Of some flights of a group, the best pieces first."""
    chosen = pieces.group == group
    total = 0.0
    for worth, most in sorted(zip(pieces.worth_usd[chosen], pieces.most[chosen], strict=True))[
        ::-1
    ]:
        total += worth * min(most, flights)
        flights -= min(most, flights)
    return total


def test_known_passengers() -> None:
    """Exact for whole flights, and the straight line between them: the mixed-integer cut."""
    people, fare = np.arange(14), np.full(14, 2.0)
    pieces = known_pieces(people, fare, 4)
    for count in people:
        for flights in range(6):
            here, after = (2.0 * min(4 * n, count) for n in (flights, flights + 1))
            assert _revenue(pieces, count, flights) == pytest.approx(here)
            assert _revenue(pieces, count, flights + 0.25) == pytest.approx(
                0.75 * here + 0.25 * after
            )


@pytest.mark.parametrize(("waiting", "mean"), [(0, 0.7), (3, 0.0), (2, 5.5), (9, 1.0), (0, 30.0)])
def test_expected_boarding(waiting: int, mean: float) -> None:
    """E[min(seats, waiting + Poisson(mean))], against a million draws."""
    people = waiting + np.random.default_rng(0).poisson(mean, 1_000_000)
    seats = np.array([0, 4, 8, 12])
    found = expected_boarding(np.array([waiting]), np.array([mean]), seats)[0]
    assert found == pytest.approx([np.minimum(people, n).mean() for n in seats], abs=0.02)


def test_pieces_of_an_expectation() -> None:
    """Whole flights earn what they carry by expectation; concave; nothing that carries nobody."""
    waiting, mean = np.array([0, 5, 0]), np.array([1.3, 2.0, 0.0])
    pieces = expected_pieces(waiting, mean, np.array([1.0, 3.0, 1.0]), 4, 3)
    carried = expected_boarding(waiting, mean, np.arange(0, 16, 4))
    for group, fare in ((0, 1.0), (1, 3.0)):
        for flights in range(3):
            # flights that are expected to carry less than a fiftieth of a passenger are left out
            expected = fare * carried[group, flights]
            assert _revenue(pieces, group, flights) == pytest.approx(expected, abs=0.07)
        assert (np.diff(pieces.worth_usd[pieces.group == group]) < 0).all()
    assert 2 not in pieces.group


@pytest.mark.parametrize(("waiting", "mean"), [(0, 0.7), (3, 0.0), (2, 5.5), (9, 1.0)])
def test_pieces_with_recourse(waiting: int, mean: float) -> None:
    """How often a flight has 4, 3, 2, 1 passengers, against a million draws."""
    people = waiting + np.random.default_rng(0).poisson(mean, 1_000_000)
    pieces = recourse_pieces(np.array([waiting]), np.array([mean]), np.array([2.0]), 4, 6)
    found = dict(zip(pieces.seats.tolist(), pieces.most.tolist(), strict=True))
    full, rest = np.divmod(people, 4)
    assert found.get(4.0, 0.0) == pytest.approx(full.mean(), abs=0.01)
    for seats in (3, 2, 1):
        assert found.get(float(seats), 0.0) == pytest.approx((rest == seats).mean(), abs=0.01)
    assert pieces.worth_usd.tolist() == (2.0 * pieces.seats).tolist()


def test_mean_passengers() -> None:
    """The plain plan: full seats for as many flights as the mean fills."""
    pieces = mean_pieces(np.array([6.0, 0.0]), np.array([2.0, 2.0]), 4)
    assert [_revenue(pieces, 0, n) for n in (0.5, 1.0, 2.0)] == [4.0, 8.0, 12.0]
    assert 1 not in pieces.group

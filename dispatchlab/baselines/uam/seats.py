"""Revenue of the flights of a pair in a bin of demand: concave in their number, in pieces.

The first flights fill up, later ones carry what is left. Of D known passengers, floor(D / seats)
flights are full and one more carries the rest: the concave hull of min(seats * n, D) over whole n,
which as a row of the program is a mixed-integer-rounding cut: without it, a fraction of a flight
carries few passengers at that fraction of its cost. Of a number of passengers that is not known,
n flights carry E[min(seats * n, D)], if they depart whatever D is; if they are flown only where D
turns out to be worth it, they do better.
"""

import math

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.flow_model import Pieces

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
LEAST_SEATS = 0.02  # flights expected to carry fewer passengers than that carry none
LEAST_FLIGHTS = 1e-4  # and those that are less probable than that are not flown


def known_pieces(passengers: IntArray, fare_usd: FloatArray, seats: int) -> Pieces:
    """Pieces of groups whose passengers are known.

    Args:
        passengers: ``(Q,)`` of each group.
        fare_usd: ``(Q,)``.
        seats: Of a flight.

    Returns:
        Up to two pieces for each group.
    """
    full, rest = np.divmod(passengers, seats)
    most = np.stack([full, rest > 0], axis=1)
    carried = np.stack([np.full_like(rest, seats), rest], axis=1)
    return _pieces(most, carried, fare_usd)


def expected_pieces(
    waiting: IntArray, mean: FloatArray, fare_usd: FloatArray, seats: int, num_pieces: int
) -> Pieces:
    """Pieces of groups with some passengers there and a Poisson number to come.

    Args:
        waiting: ``(Q,)`` passengers of each group who are there.
        mean: ``(Q,)`` expected number of those to come.
        fare_usd: ``(Q,)``.
        seats: Of a flight.
        num_pieces: Of each group; flights beyond them carry nobody.

    Returns:
        The pieces that carry anybody.
    """
    carried = np.diff(expected_boarding(waiting, mean, seats * np.arange(num_pieces + 1)), axis=1)
    return _pieces((carried >= LEAST_SEATS).astype(np.int64), carried, fare_usd)


def expected_boarding(waiting: IntArray, mean: FloatArray, seats: IntArray) -> FloatArray:
    """``(Q, C)`` E[min(seats, waiting + Poisson(mean))] for each of C ascending seat counts."""
    more = _poisson_exceeds(mean, int(seats[-1]))
    # E[min(c, Poisson)] = sum of P(Poisson > k) over k < c
    least = np.concatenate([np.zeros((len(mean), 1)), np.cumsum(more, axis=1)], axis=1)
    free = np.maximum(seats[None, :] - waiting[:, None], 0)
    to_come = np.take_along_axis(least, free, axis=1)
    return np.minimum(seats[None, :], waiting[:, None]) + to_come


def recourse_pieces(
    waiting: IntArray, mean: FloatArray, fare_usd: FloatArray, seats: int, num_flights: int
) -> Pieces:
    """Pieces of groups whose passengers will be known before anybody has to depart.

    A flight counts with the probability that it is flown: those that will be full first, then
    those that will have one seat left, and so on.

    Args:
        waiting: ``(Q,)`` passengers of each group who are there.
        mean: ``(Q,)`` expected number of those to come.
        fare_usd: ``(Q,)``.
        seats: Of a flight.
        num_flights: Of each group; flights beyond them carry nobody.

    Returns:
        A piece for each number of passengers that a flight can have.
    """
    most = seats * num_flights
    exceeds = np.concatenate([np.ones((len(mean), 1)), _poisson_exceeds(mean, most)], axis=1)
    # people[:, n] = P(waiting + Poisson >= n)
    index = np.clip(np.arange(1, most + 2)[None, :] - waiting[:, None], 0, most + 1)
    people = np.take_along_axis(exceeds, index, axis=1)
    exactly = (people[:, :-1] - people[:, 1:]).reshape(-1, num_flights, seats)
    flown = exactly.sum(axis=1)[:, ::-1].copy()
    flown[:, 0] = people[:, seats - 1 : most : seats].sum(axis=1)
    carried = np.broadcast_to(np.arange(seats, 0, -1), flown.shape)
    return _pieces(np.where(flown >= LEAST_FLIGHTS, flown, 0.0), carried, fare_usd)


def _poisson_exceeds(mean: FloatArray, most: int) -> FloatArray:
    """``(Q, most + 1)`` probabilities that Poisson numbers exceed 0, 1, ..."""
    counts = np.arange(most + 1)
    log_factorial = np.array([math.lgamma(count + 1) for count in counts])
    with np.errstate(divide="ignore", invalid="ignore"):
        log_mass = np.where(counts == 0, 0.0, counts * np.log(mean)[:, None])
    mass = np.exp(log_mass - mean[:, None] - log_factorial)
    return 1.0 - np.minimum(np.cumsum(mass, axis=1), 1.0)


def mean_pieces(mean: FloatArray, fare_usd: FloatArray, seats: int) -> Pieces:
    """Pieces of groups that are planned as if their expected passengers came, in fractions."""
    flights = (mean / seats)[:, None]
    return _pieces(flights, np.full_like(flights, seats), fare_usd)


def _pieces(
    most: npt.NDArray[np.generic], carried: npt.NDArray[np.generic], fare: FloatArray
) -> Pieces:
    """Drop the pieces that are good for no flight."""
    group, piece = np.nonzero(most)
    seats = carried[group, piece].astype(np.float64)
    return Pieces(group, most[group, piece].astype(np.float64), seats, seats * fare[group])

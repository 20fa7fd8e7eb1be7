"""Realisation: what will happen in a day, drawn once."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.uam.instance import BATCH, UamInstance

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class UamRealisation:
    """Passengers, delays, closures and outages; no scheduler may look ahead in it.

    Attributes:
        request_s: ``(P,)`` when each passenger comes. Passengers are grouped by ordered pair
            (``origin * N + destination`` ascending), and ascend in time within a pair.
        leaves_s: ``(P,)`` when they leave if they have not boarded; ascends likewise.
        pair_offset: ``(N * N + 1,)`` first passenger of each pair, and P at the end.
        takeoff_delay_s: ``(N, W)`` delay of the take-offs that are decided at each port from one
            tick of ``wait_s`` to the next: a matter of place and time, not of the aircraft.
        closed: ``(T, N, N)`` whether a route is closed for departures decided in a bin.
        down_from_s: ``(K,)`` start of each aircraft's outage, -1 for none.
        down_until_s: ``(K,)`` its end, -1 for none.
    """

    request_s: IntArray
    leaves_s: IntArray
    pair_offset: IntArray
    takeoff_delay_s: IntArray
    closed: BoolArray
    down_from_s: IntArray
    down_until_s: IntArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for item in fields(self):
            kind = np.bool_ if item.name == "closed" else np.int64
            array = np.array(getattr(self, item.name), dtype=kind)
            array.setflags(write=False)
            object.__setattr__(self, item.name, array)

    @property
    def num_passengers(self) -> int:
        """P."""
        return len(self.request_s)

    def require_fit(self, instance: UamInstance) -> None:
        """Refuse a realisation of another instance, or one that cannot be played.

        Raises:
            InvalidInstanceError: If a column has the wrong length, is out of order or holds
                impossible times.
        """
        ports, aircraft, passengers = instance.num_ports, instance.num_aircraft, len(self.request_s)
        shapes = {
            "leaves_s": (passengers,),
            "pair_offset": (ports * ports + 1,),
            "takeoff_delay_s": (ports, instance.num_waits),
            "closed": (instance.num_bins, ports, ports),
            "down_from_s": (aircraft,),
            "down_until_s": (aircraft,),
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                _refuse(instance, name, f"of shape {getattr(self, name).shape}", f"{shape}")
        self._check_passengers(instance)
        if self.takeoff_delay_s.min() < 0:
            _refuse(instance, "takeoff_delay_s", f"{self.takeoff_delay_s.min()}", "0 or more")
        if self.closed[:, range(ports), range(ports)].any():
            _refuse(instance, "closed", "true on the diagonal", "false there")
        none = (self.down_from_s == -1) & (self.down_until_s == -1)
        wrong = ~none & ((self.down_from_s < 0) | (self.down_until_s <= self.down_from_s))
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            times = f"{self.down_from_s[k]} to {self.down_until_s[k]}"
            _refuse(instance, f"down_from_s[{k}] to down_until_s[{k}]", times, "ascending, or -1")

    def _check_passengers(self, instance: UamInstance) -> None:
        offset, request, leaves = self.pair_offset, self.request_s, self.leaves_s
        if offset[0] != 0 or offset[-1] != len(request) or (np.diff(offset) < 0).any():
            ends = f"from {offset[0]} to {offset[-1]}"
            _refuse(instance, "pair_offset", ends, f"ascending from 0 to {len(request)}")
        if not len(request):
            return
        if request.min() < 0 or request.max() >= instance.horizon_s:
            ends = f"from {request.min()} to {request.max()}"
            _refuse(instance, "request_s", ends, f"in [0, {instance.horizon_s})")
        if (leaves <= request).any():
            _refuse(instance, "leaves_s", "not after request_s", "after it")
        same = np.diff(np.repeat(np.arange(len(offset) - 1), np.diff(offset))) == 0
        for name, times in (("request_s", request), ("leaves_s", leaves)):
            if (np.diff(times)[same] < 0).any():
                _refuse(instance, name, "descending within a pair", "ascending")


def draw(rng: np.random.Generator, instance: UamInstance) -> UamRealisation:
    """Draw a realisation: passengers, delays, closures and outages, each from its own stream.

    With the same generator, instances that differ in one of these only have the others alike.

    Args:
        rng: The only source of randomness.
        instance: What is known of the day.

    Returns:
        What will happen.
    """
    # spawn() would count children outside the generator's state, which a resumed run restores
    passengers, delays, closures, outages = (
        np.random.default_rng(rng.integers(0, 1 << 32, 4)) for _ in range(4)
    )
    ports, aircraft, noise = instance.num_ports, instance.num_aircraft, instance.disturbance
    counts = passengers.poisson(instance.demand)
    within = passengers.random(int(counts.sum())) if instance.arrivals != BATCH else None
    delay = delays.standard_normal((ports, instance.num_waits)) * noise.delay_spread_s
    delay += instance.expected_delay_s[:, None]
    closed = closures.random((instance.num_bins, ports, ports)) < instance.closure_prob
    down = outages.random(aircraft) < noise.downtime_prob
    start = outages.integers(0, instance.horizon_s, aircraft)
    if not noise.downtime_s:
        start[:] = 0
    until = start + (noise.downtime_s or instance.horizon_s)
    return UamRealisation(
        *_passengers(instance, counts, within),
        takeoff_delay_s=np.rint(np.clip(delay, 0, noise.delay_max_s)),
        closed=closed,
        down_from_s=np.where(down, start, -1),
        down_until_s=np.where(down, until, -1),
    )


def nominal(instance: UamInstance) -> UamRealisation:
    """The realisation without surprises.

    The passengers of a pair are its expected ones, rounded so that they add up over the day; they
    come evenly within their bin. Delays are the expected ones, nothing closes or fails.

    Args:
        instance: The instance.

    Returns:
        The realisation.
    """
    so_far = np.floor(np.cumsum(instance.demand, axis=0) + 0.5 + 1e-9).astype(np.int64)
    counts = np.diff(so_far, axis=0, prepend=0)
    per_pair_bin = counts.transpose(1, 2, 0).reshape(-1)
    firsts = np.repeat(np.cumsum(per_pair_bin) - per_pair_bin, per_pair_bin)
    rank = np.arange(len(firsts)) - firsts
    within = (rank + 0.5) / np.repeat(per_pair_bin, per_pair_bin)
    none = np.full(instance.num_aircraft, -1)
    delay = np.minimum(instance.expected_delay_s, instance.disturbance.delay_max_s)
    return UamRealisation(
        *_passengers(instance, counts, within if instance.arrivals != BATCH else None),
        takeoff_delay_s=np.repeat(delay[:, None], instance.num_waits, axis=1),
        closed=np.zeros(instance.demand.shape, dtype=np.bool_),
        down_from_s=none,
        down_until_s=none,
    )


def _passengers(
    instance: UamInstance, counts: IntArray, within: npt.NDArray[np.float64] | None
) -> tuple[IntArray, IntArray, IntArray]:
    """Columns of the passengers, from their numbers per bin and pair and their place in the bin."""
    ports, bins = instance.num_ports, instance.num_bins
    by_pair = counts.transpose(1, 2, 0).reshape(ports * ports, bins)
    offset = np.concatenate(([0], np.cumsum(by_pair.sum(axis=1))))
    bin_of = np.repeat(np.tile(np.arange(bins), ports * ports), by_pair.reshape(-1))
    start = bin_of * instance.bin_s
    if within is None:
        return start, start + instance.bin_s, offset
    length = np.minimum(instance.bin_s, instance.horizon_s - start)
    request = start + np.floor(within * length).astype(np.int64)
    pair = np.repeat(np.arange(ports * ports), by_pair.sum(axis=1))
    request = request[np.lexsort((request, pair))]
    return request, request + instance.patience_s, offset


def _refuse(instance: UamInstance, field: str, has: str, needs: str) -> None:
    raise InvalidInstanceError(
        f"The realisation has {field} {has}, but {instance.name} needs it {needs}; draw it for "
        "this instance."
    )

"""Demand: how passengers are spread over the day and the pairs, and how many there are."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.uam.aircraft import AircraftType, charge_seconds
from dispatchlab.envs.uam.instance import UamInstance

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

PROFILES = (TWO_PEAKS, AAM_SIM, LAX_DTLA, UNIFORM) = (
    "two-peaks", "aam-sim", "lax-dtla", "uniform",
)  # fmt: skip

# two peaks (ours): 08:30 and 16:30, about the commuter peaks that studies of air taxis assume
BASE, PEAK_H, PEAK_SD_H = 0.35, (8.5, 16.5), 0.75
TO_BUSY, AMONG_BUSY = 1.5, 1.2  # height of the morning peak; from busy ports in the afternoon
# mean and deviation in hours, github.com/adam7758/AAM-SIM
MIXTURE_H = ((8.0, 2.0), (16.0, 2.0), (12.0, 6.0))
# passengers per hour from LAX to the centre of Los Angeles and back, configuration of
# github.com/akshastry/vertisim_tutorial (MIT); that the first value is that of 00:00 is ours
LAX_DTLA_HOURLY = (
    (8, 12, 8, 12, 24, 24, 31, 28, 28, 26, 34, 18, 20, 24, 30, 24, 20, 30, 24, 14, 22, 14, 12, 8),
    (8, 14, 6, 12, 24, 21, 34, 25, 32, 26, 34, 14, 16, 30, 24, 20, 24, 30, 14, 24, 22, 12, 14, 8),
)


def bin_hours(num_bins: int, bin_s: int, clock_start_s: int) -> FloatArray:
    """Time of day in the middle of each bin, in hours from midnight.

    Args:
        num_bins: T.
        bin_s: Length of a bin.
        clock_start_s: Time of day at which the first one begins.

    Returns:
        ``(T,)`` hours from 0 to 24.
    """
    seconds = (np.arange(num_bins) + 0.5) * bin_s + clock_start_s
    return np.asarray(seconds / 3600.0 % 24.0)


def profile_shape(
    profile: str, hours: FloatArray, busy: BoolArray, weight: FloatArray, peak: float = 1.0
) -> FloatArray:
    """Demand up to a factor.

    Args:
        profile: ``"two-peaks"``: towards busy ports in the morning, from them in the afternoon,
            among them in both, and a little everywhere all day; ``"aam-sim"``: a mixture of three
            normal distributions, alike for all pairs; ``"lax-dtla"``: an hourly table of the two
            directions of a pair; ``"uniform"``: always and everywhere the same.
        hours: ``(T,)`` times of day.
        busy: ``(N,)`` ports of high demand.
        weight: ``(N, N)`` factor of each pair; read by the first two.
        peak: Height of the two peaks, relative; 0 leaves none.

    Returns:
        ``(T, N, N)`` numbers, 0 on the diagonal.

    Raises:
        InvalidInstanceError: If the profile is unknown or does not fit the number of ports.
    """
    ports = len(busy)
    if profile == TWO_PEAKS:
        shape = _two_peaks(hours, busy, peak) * weight
    elif profile == AAM_SIM:
        mixture = np.sum([_bell(hours, mean, sd) / sd for mean, sd in MIXTURE_H], axis=0)
        shape = mixture[:, None, None] * weight
    elif profile == LAX_DTLA:
        if ports != 2:
            raise InvalidInstanceError(
                f"profile is {LAX_DTLA!r}, which has two ports, but there are {ports}; choose "
                f"{TWO_PEAKS}, {AAM_SIM} or {UNIFORM}."
            )
        hourly = np.array(LAX_DTLA_HOURLY, dtype=np.float64)[:, hours.astype(np.int64)]
        shape = np.zeros((len(hours), 2, 2))
        shape[:, 0, 1], shape[:, 1, 0] = hourly
    elif profile == UNIFORM:
        shape = np.ones((len(hours), ports, ports))
    else:
        raise InvalidInstanceError(
            f"profile is {profile!r}; choose one of {', '.join(PROFILES)}."
        )  # fmt: skip
    return np.asarray(shape * ~np.eye(ports, dtype=np.bool_))


def cycle_s(aircraft: AircraftType, top_wh: int, distance_mi: FloatArray) -> FloatArray:
    """How long a leg keeps an aircraft: take-off, flight, landing and the charge to the top again.

    Args:
        aircraft: Its type.
        top_wh: Energy to which it charges.
        distance_mi: Lengths of the legs, each within reach.

    Returns:
        Seconds, of the same shape.
    """
    block = aircraft.takeoff_s + aircraft.flight_s(distance_mi) + aircraft.landing_s
    legs = aircraft.leg_wh(distance_mi).ravel().tolist()
    charge = [charge_seconds(aircraft, top_wh - leg, top_wh) for leg in legs]
    return np.asarray(block + np.reshape(charge, block.shape), dtype=np.float64)


def mean_cycle_s(
    aircraft: AircraftType, top_wh: int, distance_mi: FloatArray, demand: FloatArray
) -> float:
    """Mean of `cycle_s` over the pairs that have demand, weighted by it.

    Args:
        aircraft: Its type.
        top_wh: Energy to which it charges.
        distance_mi: ``(N, N)`` lengths of the legs.
        demand: ``(T, N, N)`` demand, up to a factor.

    Returns:
        Seconds; 0 where there is no demand.
    """
    per_pair = demand.sum(axis=0)
    has = per_pair > 0.0
    if not has.any():
        return 0.0
    return float(np.average(cycle_s(aircraft, top_wh, distance_mi[has]), weights=per_pair[has]))


def seat_capacity(
    num_aircraft: int, seats: int, horizon_s: int, cycle: float
) -> float:  # fmt: skip
    """Passengers that a fleet could carry if it flew full all day.

    Args:
        num_aircraft: K.
        seats: Of each aircraft.
        horizon_s: Length of the day.
        cycle: Mean seconds of a leg, charge included.

    Returns:
        The number, not rounded.
    """
    return num_aircraft * seats * horizon_s / cycle


def load_of(instance: UamInstance) -> float:
    """The load (rho): expected passengers over the seat capacity of the fleet.

    Args:
        instance: Any instance.

    Returns:
        The load; 0 where nobody wants to fly.
    """
    demand = instance.demand * instance.flyable
    top = int(instance.level_wh[-1])
    cycle = mean_cycle_s(instance.aircraft, top, instance.distance_mi, demand)
    if not cycle:
        return 0.0
    capacity = seat_capacity(
        instance.num_aircraft, instance.aircraft.seats, instance.horizon_s, cycle
    )
    return float(instance.demand.sum()) / capacity


def _two_peaks(hours: FloatArray, busy: BoolArray, peak: float) -> FloatArray:
    """``(T, N, N)`` of the two commuter peaks."""
    among = AMONG_BUSY * (busy[:, None] & busy)
    heights = TO_BUSY * (~busy[:, None] & busy) + among, TO_BUSY * (busy[:, None] & ~busy) + among
    shape = np.full((len(hours), len(busy), len(busy)), BASE)
    for height, middle in zip(heights, PEAK_H, strict=True):
        shape += peak * _bell(hours, middle, PEAK_SD_H)[:, None, None] * height
    return shape


def _bell(hours: FloatArray, mean: float, sd: float) -> FloatArray:
    return np.asarray(np.exp(-0.5 * ((hours - mean) / sd) ** 2))

"""What passengers pay, and what electricity costs."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.checks import is_number
from dispatchlab.envs.core.errors import InvalidInstanceError

FloatArray = npt.NDArray[np.float64]

FARE_RULES = (DEMAND, FLAT, FLOOR) = ("demand", "flat", "floor-1.5")
FLOOR_USD_PER_MI = 1.5
MAX_FACTOR = 3.0

TIME_OF_USE = "tou"
# base and multipliers: github.com/DDNALab/uam_fleet_scheduling (MIT), configuration; the peak from
# 16 to 21 h is that of business tariffs of PG&E, the shoulder hours are ours
BASE_USD_PER_KWH = 0.1482
PEAK, SHOULDER, OFF = 1.5, 1.05, 0.6
PEAK_H = (16.0, 21.0)
SHOULDER_H = (14.0, 23.0)


def fare_table(
    rule: str, base_usd: float, usd_per_mi: float, distance_mi: FloatArray, demand: FloatArray
) -> FloatArray:
    """Fare per passenger.

    Args:
        rule: ``"demand"``: ``base + per mile * distance * factor``, where the factor grows with
            the demand of the bin and pair over the mean, ``clip(1 + ln(ratio) / 2, 1, 3)`` (ours);
            ``"flat"``: the same without the factor; ``"floor-1.5"``: 1.5 dollars per mile, cut to
            whole dollars (github.com/iamstevepaul/UAM_fleet_Scheduling, MIT).
        base_usd: Part that does not depend on the distance; not read by the third rule.
        usd_per_mi: Part that does; not read by the third rule.
        distance_mi: ``(N, N)`` distances.
        demand: ``(T, N, N)`` expected passengers.

    Returns:
        ``(T, N, N)`` dollars, 0 on the diagonal.

    Raises:
        InvalidInstanceError: If the rule is unknown.
    """
    off = distance_mi > 0.0
    if rule == FLOOR:
        return np.broadcast_to(np.floor(FLOOR_USD_PER_MI * distance_mi), demand.shape)
    if rule == FLAT:
        return np.broadcast_to((base_usd + usd_per_mi * distance_mi) * off, demand.shape)
    if rule != DEMAND:
        raise InvalidInstanceError(
            f"fare_rule is {rule!r}; choose one of {', '.join(FARE_RULES)}."
        )  # fmt: skip
    wanted = demand > 0.0
    mean = float(demand[wanted].mean()) if wanted.any() else 1.0
    factor = np.clip(1.0 + 0.5 * np.log(np.maximum(demand / mean, 1.0)), 1.0, MAX_FACTOR)
    return np.asarray((base_usd + usd_per_mi * distance_mi * factor) * off)


def price_table(price: object, hours: FloatArray) -> FloatArray:
    """Price of electricity in each bin.

    Args:
        price: Dollars per kWh, or ``"tou"``: by time of use.
        hours: ``(T,)`` times of day.

    Returns:
        ``(T,)`` dollars per kWh.

    Raises:
        InvalidInstanceError: If the price is neither.
    """
    if price == TIME_OF_USE:
        is_peak = (hours >= PEAK_H[0]) & (hours < PEAK_H[1])
        is_shoulder = (hours >= SHOULDER_H[0]) & (hours < SHOULDER_H[1])
        factor = np.where(is_peak, PEAK, np.where(is_shoulder, SHOULDER, OFF))
        return np.asarray(BASE_USD_PER_KWH * factor)
    if not is_number(price) or float(price) < 0.0:  # type: ignore[arg-type]
        raise InvalidInstanceError(
            f"price is {price!r}; give dollars per kWh or {TIME_OF_USE!r}."
        )  # fmt: skip
    return np.full(len(hours), float(price))  # type: ignore[arg-type]

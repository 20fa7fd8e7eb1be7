"""Validation of air-taxi problem data: every contradiction is one sentence with a remedy."""

from typing import TYPE_CHECKING

from dispatchlab.envs.core.checks import (
    check_name,
    check_number,
    check_strings,
    check_unique,
    check_whole,
)
from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.uam.aircraft import CHARGE_CURVES, TAPER, TOP_TAPER, AircraftType
from dispatchlab.envs.uam.table_checks import MAX_MI, check_fleet, check_shapes, check_tables

if TYPE_CHECKING:
    from dispatchlab.envs.uam.instance import UamInstance

MAX_PORTS = 1000
MAX_S = 10**7  # more than three months
MAX_WH = 10**9
MAX_USD = 1e9
MAX_LEVELS = 100
LEAST_LEVEL = 0.01


def check_instance(instance: "UamInstance") -> None:
    """Check every field of an instance, and of its parts.

    Args:
        instance: The instance.

    Raises:
        InvalidInstanceError: With the first contradiction found.
    """
    check_name("instance", instance.name)
    where = f"The instance {instance.name!r}"
    check_strings(f"{where}: ports", instance.ports)
    check_unique(f"{where}: ports", instance.ports)
    if len(instance.ports) < 2:
        raise InvalidInstanceError(f"{where} has {len(instance.ports)} ports; give 2 at least.")
    if len(instance.ports) > MAX_PORTS:
        raise InvalidInstanceError(
            f"{where} has {len(instance.ports)} ports; give {MAX_PORTS} at most."
        )
    _check_types(instance, where)
    _check_times(instance, where)
    check_aircraft(instance.aircraft, where)
    _check_disturbance(instance, where)
    _check_options(instance, where)
    check_shapes(instance, where)
    check_tables(instance, where)
    check_fleet(instance, where)


def check_aircraft(aircraft: AircraftType, where: str) -> None:
    """Check a type of aircraft.

    Args:
        aircraft: The type.
        where: Subject of the error message.

    Raises:
        InvalidInstanceError: With the first field that is out of range.
    """
    for name, least, most in (
        ("seats", 1, 1000), ("battery_wh", 1, MAX_WH), ("reserve_wh", 0, MAX_WH),
        ("takeoff_s", 0, MAX_S), ("landing_s", 0, MAX_S), ("charge_w", 1, MAX_WH),
    ):  # fmt: skip
        check_whole(where, f"aircraft.{name}", getattr(aircraft, name), least, most)
    check_number(where, "aircraft.cruise_mph", aircraft.cruise_mph, 1.0, 10_000.0)
    for name in ("fixed_wh", "near_wh_per_mi", "far_wh_per_mi"):
        check_number(where, f"aircraft.{name}", getattr(aircraft, name), 0.0, MAX_WH)
    if aircraft.near_mi != float("inf"):
        check_number(where, "aircraft.near_mi", aircraft.near_mi, 0.0, MAX_MI)
    _check_choice(where, "aircraft.charge_curve", aircraft.charge_curve, CHARGE_CURVES)
    if aircraft.reserve_wh >= aircraft.battery_wh:
        raise InvalidInstanceError(
            f"{where}: aircraft.reserve_wh is {aircraft.reserve_wh}, not below battery_wh "
            f"{aircraft.battery_wh}; lower it."
        )


def _check_types(instance: "UamInstance", where: str) -> None:
    """Refuse parts that are something else, such as a name where the object is meant."""
    from dispatchlab.envs.uam.instance import Disturbance

    for name, kind in (("aircraft", AircraftType), ("disturbance", Disturbance)):
        part = getattr(instance, name)
        if not isinstance(part, kind):
            raise InvalidInstanceError(f"{where}: {name} is {part!r}; give a {kind.__name__}.")


def _check_times(instance: "UamInstance", where: str) -> None:
    for name in ("horizon_s", "bin_s", "wait_s", "patience_s"):
        check_whole(where, name, getattr(instance, name), 1, MAX_S)
    check_whole(where, "separation_s", instance.separation_s, 0, MAX_S)
    check_whole(where, "clock_start_s", instance.clock_start_s, 0, 86_399)
    if instance.bin_s % instance.wait_s:
        raise InvalidInstanceError(
            f"{where}: bin_s is {instance.bin_s}; give a multiple of wait_s, which is "
            f"{instance.wait_s}."
        )


def _check_disturbance(instance: "UamInstance", where: str) -> None:
    noise = instance.disturbance
    for name in ("delay_spread_s", "delay_max_s", "downtime_s"):
        check_whole(where, f"disturbance.{name}", getattr(noise, name), 0, MAX_S)
    check_number(where, "disturbance.downtime_prob", noise.downtime_prob, 0.0, 1.0)


def _check_options(instance: "UamInstance", where: str) -> None:
    from dispatchlab.envs.uam.instance import ARRIVALS, RESERVES

    check_number(where, "op_cost_usd_per_mi", instance.op_cost_usd_per_mi, 0.0, MAX_USD)
    check_whole(where, "corridors", instance.corridors, 1, 100)
    _check_choice(where, "arrivals", instance.arrivals, ARRIVALS)
    _check_choice(where, "reserve", instance.reserve, RESERVES)
    check_levels(instance.charge_levels, instance.aircraft, where)


def check_levels(levels: tuple[float, ...], aircraft: AircraftType, where: str) -> None:
    """Check the shares of the battery to which aircraft may charge.

    Args:
        levels: The shares.
        aircraft: The type; a tapered charge never fills its battery.
        where: Subject of the error message.

    Raises:
        InvalidInstanceError: If there are none, or they do not ascend or are out of range.
    """
    if not 1 <= len(levels) <= MAX_LEVELS:
        raise InvalidInstanceError(
            f"{where}: charge_levels has {len(levels)} levels; give 1 to {MAX_LEVELS}."
        )
    most = TOP_TAPER if aircraft.charge_curve == TAPER else 1.0
    for index, level in enumerate(levels):
        check_number(where, f"charge_levels[{index}]", level, LEAST_LEVEL, most)
        if index and level <= levels[index - 1]:
            raise InvalidInstanceError(
                f"{where}: charge_levels[{index}] is {level}, not above the {levels[index - 1]} "
                "before it; sort them."
            )


def _check_choice(where: str, field: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidInstanceError(
            f"{where}: {field} is {value!r}; choose one of {', '.join(known)}."
        )

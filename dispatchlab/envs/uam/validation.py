"""Validation of air-taxi problem data: every contradiction is one sentence with a remedy."""

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.checks import (
    check_name,
    check_number,
    check_strings,
    check_unique,
    check_whole,
)
from dispatchlab.envs.core.errors import InvalidInstanceError

if TYPE_CHECKING:
    from dispatchlab.envs.uam.instance import AircraftType, UamInstance

MAX_PORTS = 1000
MAX_AIRCRAFT = 10_000
MAX_SLOTS = 100_000
MAX_S = 10**7  # more than three months
MAX_MI = 1e5
MAX_WH = 10**9
MAX_USD = 1e9
MAX_DEMAND = 1e6  # per bin and pair
MAX_LEVELS = 100
MAX_TAPER = 0.95  # with a tapered curve a full charge never ends


def to_array(owner: str, field: str, values: Any, kind: Any) -> npt.NDArray[Any]:  # noqa: ANN401
    """A field as an array of one kind.

    Args:
        owner: Name of the instance, for the error.
        field: Name of the field.
        values: What was given.
        kind: The kind of its entries.

    Returns:
        A new array.

    Raises:
        InvalidInstanceError: If it is ragged, or holds anything but numbers (whole ones where the
            kind is an integer).
    """
    where = f"The instance {owner!r}: {field}"
    try:
        given = np.array(values)
        numbers = given.astype(np.float64) if given.dtype.kind in "iuf" else None
    except (ValueError, TypeError) as error:
        raise InvalidInstanceError(f"{where} is {_short(values)}; give a plain table.") from error
    if given.size == 0:
        return given.astype(kind)
    if numbers is None:
        raise InvalidInstanceError(f"{where} is {_short(values)}; give numbers.")
    if kind is np.int64:
        wrong = np.argwhere(~np.isfinite(numbers) | (numbers != np.rint(numbers)))
        if len(wrong):
            place, value = _place(wrong[0]), given[tuple(wrong[0])]
            raise InvalidInstanceError(f"{where}{place} is {value}; give a whole number.")
    return given.astype(kind)


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
    _check_shapes(instance, where)
    _check_tables(instance, where)
    _check_fleet(instance, where)


def check_reachable(instance: "UamInstance") -> None:
    """Refuse ports that no aircraft can leave, and fleets that cannot fly at all.

    Args:
        instance: The instance, its tables of legs made.

    Raises:
        InvalidInstanceError: With the first port or aircraft found.
    """
    where, top = f"The instance {instance.name!r}", int(instance.level_wh[-1])
    aircraft, names = instance.aircraft, instance.ports
    if not (instance.charge_slots > 0).any():
        raise InvalidInstanceError(
            f"{where}: charge_slots is 0 at every port; give at least one port a charger."
        )
    shortest = int(instance.leg_wh[instance.distance_mi > 0].min())
    if top < shortest + aircraft.reserve_wh:
        raise InvalidInstanceError(
            f"{where}: aircraft.battery_wh is {aircraft.battery_wh}, of which charging fills "
            f"{top}, but the shortest leg takes {shortest} and reserve_wh is "
            f"{aircraft.reserve_wh}; give a larger battery."
        )
    onward = instance.onward_wh()
    stuck = np.flatnonzero(onward + aircraft.reserve_wh > top)
    if len(stuck):
        raise InvalidInstanceError(
            f"{where}: charge_slots[{stuck[0]}] is 0, and from {names[stuck[0]]!r} no port with a "
            f"charger can be reached with {top} Wh; give it a charger or a larger battery."
        )
    stuck = np.flatnonzero(~instance.flyable.any(axis=1))
    if len(stuck):
        raise InvalidInstanceError(
            f"{where}: from ports[{stuck[0]}], {names[stuck[0]]!r}, no other port can be reached "
            f"with {top} Wh; move it, or give a larger battery."
        )
    least = np.where(instance.charge_slots > 0, 0, onward + aircraft.reserve_wh)
    short = np.flatnonzero(instance.start_wh < least[instance.start_port])
    if len(short):
        k = int(short[0])
        port = int(instance.start_port[k])
        raise InvalidInstanceError(
            f"{where}: start_wh[{k}] is {instance.start_wh[k]}, but from {names[port]!r}, which "
            f"has no charger, the nearest one is {least[port]} Wh away, reserve included; raise it."
        )


def check_aircraft(aircraft: "AircraftType", where: str) -> None:
    """Check a type of aircraft.

    Args:
        aircraft: The type.
        where: Subject of the error message.

    Raises:
        InvalidInstanceError: With the first field that is out of range.
    """
    from dispatchlab.envs.uam.instance import CHARGE_CURVES

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
    from dispatchlab.envs.uam.instance import AircraftType, Disturbance

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
    from dispatchlab.envs.uam.instance import ARRIVALS, RESERVES, TAPER

    check_number(where, "op_cost_usd_per_mi", instance.op_cost_usd_per_mi, 0.0, MAX_USD)
    check_whole(where, "corridors", instance.corridors, 1, 100)
    _check_choice(where, "arrivals", instance.arrivals, ARRIVALS)
    _check_choice(where, "reserve", instance.reserve, RESERVES)
    levels = instance.charge_levels
    if not 1 <= len(levels) <= MAX_LEVELS:
        raise InvalidInstanceError(
            f"{where}: charge_levels has {len(levels)} levels; give 1 to {MAX_LEVELS}."
        )
    most = MAX_TAPER if instance.aircraft.charge_curve == TAPER else 1.0
    for index, level in enumerate(levels):
        check_number(where, f"charge_levels[{index}]", level, 0.01, most)
        if index and level <= levels[index - 1]:
            raise InvalidInstanceError(
                f"{where}: charge_levels[{index}] is {level}, not above the {levels[index - 1]} "
                "before it; sort them."
            )


def _check_shapes(instance: "UamInstance", where: str) -> None:
    ports, bins = instance.num_ports, instance.num_bins
    if instance.start_port.ndim != 1 or not 1 <= instance.num_aircraft <= MAX_AIRCRAFT:
        raise InvalidInstanceError(
            f"{where}: start_port has shape {instance.start_port.shape}; give 1 to {MAX_AIRCRAFT} "
            "aircraft in a list."
        )
    table = (bins, ports, ports)
    shapes = {
        **dict.fromkeys(("x_mi", "y_mi", "park_slots", "charge_slots", "expected_delay_s"),
                        (ports,)),
        "distance_mi": (ports, ports), "closure_prob": (ports, ports),
        "start_wh": (instance.num_aircraft,), "price_usd_per_kwh": (bins,),
        "demand": table, "fare_usd": table,
    }  # fmt: skip
    for name, shape in shapes.items():
        if getattr(instance, name).shape != shape:
            raise InvalidInstanceError(
                f"{where}: {name} has shape {getattr(instance, name).shape}; give {shape}, for "
                f"there are {ports} ports, {bins} bins and {instance.num_aircraft} aircraft."
            )


def _check_tables(instance: "UamInstance", where: str) -> None:
    ranges = {
        "x_mi": (-MAX_MI, MAX_MI), "y_mi": (-MAX_MI, MAX_MI), "distance_mi": (0.0, MAX_MI),
        "park_slots": (0, MAX_SLOTS), "charge_slots": (0, MAX_SLOTS),
        "expected_delay_s": (0, MAX_S), "start_port": (0, instance.num_ports - 1),
        "start_wh": (0, instance.aircraft.battery_wh), "demand": (0.0, MAX_DEMAND),
        "fare_usd": (0.0, MAX_USD), "price_usd_per_kwh": (0.0, MAX_USD),
        "closure_prob": (0.0, 1.0),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        values = getattr(instance, name)
        bad = np.argwhere(~((values >= low) & (values <= high)))  # NaN too
        if len(bad):
            raise InvalidInstanceError(
                f"{where}: {name}{_place(bad[0])} is {values[tuple(bad[0])]}; it must be between "
                f"{low:g} and {high:g}."
            )
    diagonal = np.eye(instance.num_ports, dtype=bool)
    bad = np.argwhere((instance.distance_mi == 0) != diagonal)
    if len(bad):
        i, j = bad[0]
        needed = "0, the way from a port to itself" if i == j else "above 0, as the ports differ"
        raise InvalidInstanceError(
            f"{where}: distance_mi[{i}, {j}] is {instance.distance_mi[i, j]}; make it {needed}."
        )
    bad = np.argwhere((instance.demand != 0) & diagonal)
    if len(bad):
        raise InvalidInstanceError(
            f"{where}: demand{_place(bad[0])} is {instance.demand[tuple(bad[0])]}; nobody flies "
            "from a port to itself, make it 0."
        )


def _check_fleet(instance: "UamInstance", where: str) -> None:
    slots = instance.park_slots + instance.charge_slots
    standing = np.bincount(instance.start_port, minlength=instance.num_ports)
    over = np.flatnonzero(standing > slots)
    if len(over):
        i = int(over[0])
        raise InvalidInstanceError(
            f"{where}: {standing[i]} aircraft start at {instance.ports[i]!r}, which has "
            f"{instance.park_slots[i]} park_slots and {instance.charge_slots[i]} charge_slots; "
            "spread start_port or add slots."
        )


def _check_choice(where: str, field: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InvalidInstanceError(
            f"{where}: {field} is {value!r}; choose one of {', '.join(known)}."
        )


def _place(index: npt.NDArray[np.int64]) -> str:
    return f"[{', '.join(str(part) for part in index)}]"


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."

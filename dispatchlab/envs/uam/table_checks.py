"""Validation of the tables of air-taxi problems: shapes, ranges, and what can be reached."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.fields import shorten

if TYPE_CHECKING:
    from dispatchlab.envs.uam.instance import UamInstance

MAX_AIRCRAFT = 10_000
MAX_SLOTS = 100_000
MAX_DELAY_S = 10**7
MAX_MI = 1e5
MAX_MONEY = 1e9
MAX_DEMAND = 1e6  # per bin and pair
MAX_PASSENGERS = 10**7  # of a day; each has its own entry in a realisation


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
        given = _plain(values)
        numbers = given.astype(np.float64) if given.dtype.kind in "iuf" else None
    except OverflowError as error:
        raise InvalidInstanceError(
            f"{where} holds {shorten(values)}, beyond every range; give numbers below 2^63."
        ) from error
    except (ValueError, TypeError) as error:
        place, value = _first_odd(values)
        raise InvalidInstanceError(
            f"{where}{place} is {value}; give a plain table, with rows of one length."
        ) from error
    if given.size == 0:
        return given.astype(kind)
    if numbers is None:
        place, value = _first_odd(values)
        raise InvalidInstanceError(f"{where}{place} is {value}; give numbers.")
    if kind is np.int64:
        whole = (np.abs(numbers) < 2.0**63) & (numbers == np.rint(numbers))  # NaN is not
        if not whole.all():
            wrong = np.argwhere(~whole)
            place, value = _place(wrong[0]), given[tuple(wrong[0])]
            raise InvalidInstanceError(f"{where}{place} is {value}; give a whole number.")
    return given.astype(kind)


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


def check_on_map(
    ports: Sequence[str], x_mi: npt.NDArray[np.float64], y_mi: npt.NDArray[np.float64],
    area_mi: float,
) -> None:  # fmt: skip
    """Refuse ports outside a square.

    Args:
        ports: Their names.
        x_mi: Their positions eastwards.
        y_mi: Their positions northwards.
        area_mi: Side of the square, which begins at (0, 0).

    Raises:
        InvalidInstanceError: With the first port outside.
    """
    for name, x, y in zip(ports, x_mi, y_mi, strict=False):
        if not (0.0 <= x <= area_mi and 0.0 <= y <= area_mi):
            raise InvalidInstanceError(
                f"The vertiport {name!r} is off the map: x_mi is {x:g} and y_mi {y:g}, but area_mi "
                f"is {area_mi:g}; move it inside or enlarge the map."
            )


def check_shapes(instance: "UamInstance", where: str) -> None:
    """Refuse tables that do not fit the numbers of ports, bins and aircraft."""
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


def check_tables(instance: "UamInstance", where: str) -> None:
    """Refuse entries out of range, NaN among them, and wrong diagonals."""
    ranges = {
        "x_mi": (-MAX_MI, MAX_MI), "y_mi": (-MAX_MI, MAX_MI), "distance_mi": (0.0, MAX_MI),
        "park_slots": (0, MAX_SLOTS), "charge_slots": (0, MAX_SLOTS),
        "expected_delay_s": (0, MAX_DELAY_S), "start_port": (0, instance.num_ports - 1),
        "start_wh": (0, 2**62), "demand": (0.0, MAX_DEMAND),
        "fare_usd": (0.0, MAX_MONEY), "price_usd_per_kwh": (0.0, MAX_MONEY),
        "closure_prob": (0.0, 1.0),
    }  # fmt: skip
    for name, (low, high) in ranges.items():
        values = getattr(instance, name)
        good = (values >= low) & (values <= high)  # NaN is not
        if not good.all():
            bad = np.argwhere(~good)
            raise InvalidInstanceError(
                f"{where}: {name}{_place(bad[0])} is {values[tuple(bad[0])]}; it must be between "
                f"{low:g} and {high:g}."
            )
    diagonal = np.eye(instance.num_ports, dtype=bool)
    wrong = (instance.distance_mi == 0) != diagonal
    if wrong.any():
        i, j = np.argwhere(wrong)[0]
        needed = "0, the way from a port to itself" if i == j else "above 0, as the ports differ"
        raise InvalidInstanceError(
            f"{where}: distance_mi[{i}, {j}] is {instance.distance_mi[i, j]}; make it {needed}."
        )
    for name, why in (("demand", "nobody flies"), ("closure_prob", "no route leads")):
        values = getattr(instance, name)
        wrong = (values != 0) & diagonal
        if wrong.any():
            bad = np.argwhere(wrong)
            raise InvalidInstanceError(
                f"{where}: {name}{_place(bad[0])} is {values[tuple(bad[0])]}; {why} from a port to "
                "itself, make it 0."
            )
    if instance.demand.sum() > MAX_PASSENGERS:
        raise InvalidInstanceError(
            f"{where}: demand adds up to {instance.demand.sum():g} passengers a day; give "
            f"{MAX_PASSENGERS:g} at most."
        )


def check_fleet(instance: "UamInstance", where: str) -> None:
    """Refuse fleets that do not fit the slots of their first ports."""
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
    battery = instance.aircraft.battery_wh
    over = np.flatnonzero(instance.start_wh > battery)
    if len(over):
        raise InvalidInstanceError(
            f"{where}: start_wh[{over[0]}] is {instance.start_wh[over[0]]}, more than "
            f"aircraft.battery_wh, which is {battery}; lower it or give a larger battery."
        )


def _plain(values: Any) -> npt.NDArray[Any]:  # noqa: ANN401 (users may pass anything)
    """An array of numbers; of lists with anything else one of objects.

    Arrays of texts would have room for the longest one in every entry.
    """
    if not isinstance(values, list | tuple):
        return np.array(values)
    given = np.array(values, dtype=object)
    kinds = {type(value) for value in given.ravel()}  # flat has a limit of 32 dimensions
    if list in kinds:
        raise ValueError("the rows have several lengths")
    if bool in kinds or not all(issubclass(kind, int | float | np.number) for kind in kinds):
        return given
    is_whole = all(issubclass(kind, int | np.integer) for kind in kinds)
    return given.astype(np.int64 if is_whole else np.float64)


def _first_odd(values: Any) -> tuple[str, str]:  # noqa: ANN401 (users may pass anything)
    """Where a table goes wrong, and what stands there: no number, or a row of another length.

    What is no list of lists is odd as a whole.
    """
    lengths: dict[int, int] = {}
    rest: list[tuple[tuple[int, ...], Any]] = [((), values)] if isinstance(values, list) else []
    while rest:
        index, value = rest.pop()
        if isinstance(value, list):
            if lengths.setdefault(len(index), len(value)) != len(value):
                return _place(index), shorten(value)
            rest += [((*index, k), entry) for k, entry in reversed(list(enumerate(value)))]
        elif isinstance(value, bool) or not isinstance(value, int | float | np.number):
            return _place(index), shorten(value)
    return "", shorten(values)


def _place(index: Iterable[int]) -> str:
    return f"[{', '.join(str(part) for part in index)}]"

"""Settings of air-taxi days, and how they change recipes and instances.

Any instance takes

* numbers and options of `UamInstance`: ``wait_s``, ``corridors``, ``separation_s``,
  ``patience_s``, ``arrivals``, ``reserve``, ``op_cost_usd_per_mi``, and ``charge_levels``, shares
  of the battery between plus signs (``0.5+0.8+1``);
* the fields of `AircraftType` (``seats``, ``charge_curve``, ...), or ``aircraft_type``, one of
  `AIRCRAFT_TYPES`, with these as changes; with a tapered curve the highest charge level is
  lowered to 0.95;
* ``delay``, ``closure`` and ``downtime``, multipliers of the disturbances (0: none), and the
  fields of `Disturbance`;
* ``rho``, the load to which the demand is scaled; ``price``, dollars per kWh or ``tou``;
  ``demand``, a CSV file.

Presets take the fields of `DayRecipe` too, among them ``aircraft``, the size of the fleet, and
``seed``, ``horizon_s`` and ``bin_s``: the day is made anew, at the same load. Without ``rho`` the
demand of a file is left as it is.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from dispatchlab.envs.core.checks import check_number, is_whole
from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.parts import find_part
from dispatchlab.envs.core.ranges import split_names
from dispatchlab.envs.uam.aircraft import AIRCRAFT_TYPES, TAPER, TOP_TAPER, AircraftType
from dispatchlab.envs.uam.days import disturb
from dispatchlab.envs.uam.demand import bin_hours, load_of
from dispatchlab.envs.uam.demand_files import Bins, read_demand
from dispatchlab.envs.uam.instance import Disturbance, IntArray, UamInstance
from dispatchlab.envs.uam.recipe import MAX_RHO, MAX_TIMES, DayRecipe
from dispatchlab.envs.uam.tariffs import price_table

PLAIN = ("wait_s", "corridors", "separation_s", "patience_s", "arrivals", "reserve",
         "op_cost_usd_per_mi", "charge_levels")  # fmt: skip
CLOCK = ("horizon_s", "bin_s", "clock_start_s")
AIRCRAFT = tuple(item.name for item in fields(AircraftType))
DISTURBANCE = tuple(item.name for item in fields(Disturbance))
TIMES = ("delay", "closure", "downtime")
MAKING = ("aircraft", "seed", "area_mi", "profile", "peak", "fare_rule", "base_fare_usd",
          "fare_usd_per_mi", "park", "charge", "vertistops", *CLOCK)  # fmt: skip
ALWAYS = ("rho", "aircraft_type", *TIMES, "price", "demand", *PLAIN, *AIRCRAFT, *DISTURBANCE)
SETTINGS = (*MAKING[:2], *ALWAYS, *MAKING[2:])


def change_recipe(recipe: DayRecipe, settings: Mapping[str, Any]) -> DayRecipe:
    """A recipe with other settings.

    Args:
        recipe: The recipe.
        settings: Values by name.

    Returns:
        The copy.

    Raises:
        InvalidInstanceError: If a setting is unknown, out of range or without effect.
    """
    _check_known(recipe.name, settings, SETTINGS)
    if recipe.network is not None and "area_mi" in settings:
        raise InvalidInstanceError(
            f"area_mi has no effect on {recipe.name!r}, whose ports are where they are; leave it "
            "out."
        )
    craft = _other_aircraft(recipe.craft, settings)
    options = dict(recipe.options)
    options |= {name: settings[name] for name in (*PLAIN, *CLOCK) if name in settings}
    if "charge_levels" in options:
        options["charge_levels"] = _levels(options["charge_levels"], craft, settings)
    own = [item.name for item in fields(DayRecipe)]
    changes = {name: value for name, value in settings.items() if name in own}
    if "demand" in settings and "rho" not in settings:
        changes["rho"] = None
    noise = {name: settings[name] for name in DISTURBANCE if name in settings}
    disturbance = replace(recipe.disturbance, **noise)
    changes |= {"craft": craft, "options": options, "disturbance": disturbance}
    return replace(recipe, **changes)


def change_instance(instance: UamInstance, settings: Mapping[str, Any]) -> UamInstance:
    """An instance with other settings.

    Args:
        instance: The instance.
        settings: Values by name; none of those with which a preset's day is made anew.

    Returns:
        The copy.

    Raises:
        InvalidInstanceError: If a setting is unknown, out of range, or only one of presets.
    """
    made = next((name for name in settings if name in MAKING), None)
    if made is not None:
        raise InvalidInstanceError(
            f"{made} would make the day of {instance.name!r} anew, which is finished; give it with "
            f"the name of a preset, as in random-8x40:{made}={settings[made]}."
        )
    _check_known(instance.name, settings, ALWAYS)
    craft = _other_aircraft(instance.aircraft, settings)
    changes: dict[str, Any] = {name: settings[name] for name in PLAIN if name in settings}
    levels = changes.get("charge_levels", instance.charge_levels)
    changes["charge_levels"] = _levels(levels, craft, settings)
    bins = Bins(instance.num_bins, instance.bin_s, instance.clock_start_s)
    if "price" in settings:
        changes["price_usd_per_kwh"] = price_table(settings["price"], bin_hours(*bins))
    if "demand" in settings:
        demand, fares = read_demand(settings["demand"], instance.ports, bins)
        changes |= {"demand": demand} | ({} if fares is None else {"fare_usd": fares})
    if craft.battery_wh != instance.aircraft.battery_wh:
        changes["start_wh"] = _same_share(instance, craft.battery_wh)
    noise = {name: settings[name] for name in DISTURBANCE if name in settings}
    changed = replace(
        instance, aircraft=craft, disturbance=replace(instance.disturbance, **noise), **changes
    )
    times = {name: settings[name] for name in TIMES if name in settings}
    for name, value in times.items():
        check_number(f"The instance {instance.name!r}", name, value, 0.0, MAX_TIMES)
    changed = disturb(changed, **times)
    return scale_to(changed, settings["rho"]) if "rho" in settings else changed


def scale_to(instance: UamInstance, rho: float) -> UamInstance:
    """A copy with another load.

    Args:
        instance: The instance.
        rho: The load, see `load_of`.

    Returns:
        The copy, with the demand scaled; fares stay.

    Raises:
        InvalidInstanceError: If the load is out of range, or there is no demand to scale.
    """
    check_number(f"The instance {instance.name!r}", "rho", rho, 0.0, MAX_RHO)
    load = load_of(instance)
    if not load:
        raise InvalidInstanceError(
            f"rho is {rho}, but {instance.name!r} has no demand on legs within reach; leave it out."
        )
    return replace(instance, demand=instance.demand * (rho / load))


def _other_aircraft(craft: AircraftType, settings: Mapping[str, Any]) -> AircraftType:
    if "aircraft_type" in settings:
        given = settings["aircraft_type"]
        name = given.lower() if isinstance(given, str) else given
        craft = find_part("aircraft_type", name, AIRCRAFT_TYPES)
    return replace(craft, **{name: settings[name] for name in AIRCRAFT if name in settings})


def _levels(given: object, craft: AircraftType, settings: Mapping[str, Any]) -> tuple[Any, ...]:
    """Charge levels from a number, a list or a text; a tapered charge stays below the full one."""
    levels: tuple[Any, ...] = tuple(given) if isinstance(given, tuple | list) else (given,)
    if isinstance(given, str):
        levels = tuple(_number(level) for level in split_names(given))
    if craft.charge_curve == TAPER and "charge_levels" not in settings:
        levels = tuple(dict.fromkeys(min(level, TOP_TAPER) for level in levels))
    return levels


def _same_share(instance: UamInstance, battery_wh: object) -> IntArray:
    """Energy at the start in batteries of another size, as full as before."""
    if not is_whole(battery_wh):
        return instance.start_wh  # the instance will say so
    return instance.start_wh * int(battery_wh) // instance.aircraft.battery_wh  # type: ignore[call-overload, no-any-return]


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _check_known(name: str, settings: Mapping[str, Any], known: tuple[str, ...]) -> None:
    stray = next((setting for setting in settings if setting not in known), None)
    if stray is not None:
        raise InvalidInstanceError(
            f"The instance {name!r} has no setting {stray!r}; there are {', '.join(known)}."
        )

"""Names of the features, in the order in which the kernels write them."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import inlined_kernel
from dispatchlab.envs.core.graph_spec import FEATURE_LIMIT, Feature

Float32Array = npt.NDArray[np.float32]
SCALE_S = 1800.0
SCALE_MI = 25.0
AHEAD = 8  # bins of demand and fares that are shown, the present one first
_TIME = "multiple of half an hour"
_MONEY = "multiple of the mean fare of a full aircraft"
_SEATS = "log1p of aircraft loads"
_FLEET = "log1p"


def _time(name: str) -> Feature:
    return Feature(name, "s", _TIME)


def money(name: str) -> Feature:
    """A feature in dollars."""
    return Feature(name, "USD", _MONEY)


def _seats(name: str) -> Feature:
    return Feature(name, "passengers", _SEATS)


def _series(name: str, unit: str, scaling: str) -> tuple[Feature, ...]:
    return tuple(Feature(f"{name}+{k}", unit, scaling) for k in range(AHEAD))


PORT_FEATURES = (
    Feature("is_here"),
    Feature("is_vertistop"),
    Feature("east", "mi", "multiple of 25 mi from the middle"),
    Feature("north", "mi", "multiple of 25 mi from the middle"),
    Feature("slots_free", "1", _FLEET),
    Feature("chargers_free", "1", _FLEET),
    _time("takeoff_delay_expected"),
    Feature("idle", "1", _FLEET),
    Feature("ready_within_30_min", "1", _FLEET),
    Feature("ready_within_60_min", "1", _FLEET),
    Feature("ready_within_120_min", "1", _FLEET),
    _seats("passengers_waiting"),
    _seats("passengers_waiting_for_it"),
    *_series("demand_from", "passengers", _SEATS),
    *_series("demand_to", "passengers", _SEATS),
    *_series("fare_from", "USD", "multiple of the mean fare"),
)
# where the series begin, and how many there are, for encoders that read them as series
SERIES_START, NUM_SERIES = 13, 3
AIRCRAFT_FEATURES = (
    Feature("is_asked"),
    Feature("is_flying"),
    Feature("is_queued"),
    Feature("is_charging"),
    Feature("is_idle"),
    Feature("is_down"),
    Feature("energy", "Wh", "share of the battery"),
    _time("time_until_ready"),
)
OPTION_FEATURES = (
    Feature("is_stay"),
    money("profit"),
    Feature("seats_taken", "1", "share"),
    money("profit_per_half_hour"),
    _time("block_time"),
    _time("time_until_ready"),
    Feature("energy_at_landing", "Wh", "share of the battery"),
    Feature("charge_level", "Wh", "share of the battery"),
    _seats("passengers_waiting"),
    _seats("demand_next_bin"),
    _seats("demand_from_there_then"),
    Feature("aircraft_there_then", "1", _FLEET),
    _seats("demand_from_there_per_aircraft"),
    money("best_profit_from_there_then"),
    money("profit_of_both_per_half_hour"),
)
PAIR_FEATURES = (
    Feature("distance", "mi", "multiple of 25 mi"),
    _time("block_time"),
    Feature("energy", "Wh", "share of the battery"),
    Feature("is_closed"),
    money("profit"),
    _seats("passengers_waiting"),
    _seats("demand_next_bin"),
    _seats("demand_bin_after"),
    Feature("fare", "USD", "multiple of the mean fare"),
)
AT_FEATURES = (_time("time_until_ready"),)
GLOBAL_FEATURES = (
    Feature("time_of_day", "s", "share of the day"),
    _time("time_left"),
    _time("time_left_in_bin"),
    Feature("idle", "1", "share of the fleet"),
    Feature("aircraft", "1", _FLEET),
    Feature("ports", "1", _FLEET),
    Feature("price", "USD/kWh", "times 5"),
    _seats("passengers_waiting_per_aircraft"),
    _seats("demand_left_per_aircraft"),
    _time("block_time_mean"),
)


@inlined_kernel
def clip(x: float) -> float:
    """Keep a feature within its limits."""
    return max(-FEATURE_LIMIT, min(FEATURE_LIMIT, x))

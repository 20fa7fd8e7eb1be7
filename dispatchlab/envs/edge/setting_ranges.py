"""Ranges of the settings of edge/cloud problems, and how their values become settings."""

from collections.abc import Mapping
from typing import Any

from dispatchlab.envs.core.checks import check_whole
from dispatchlab.envs.core.task_space import Parameter, Task
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.library import CORNERS, NETWORK_SETTINGS, with_settings
from dispatchlab.envs.edge.network import TRAPEZIUM
from dispatchlab.envs.edge.validation import (
    MAX_DRONES,
    MAX_FACTOR,
    MAX_LATENCY_MS,
    MAX_MS,
    MAX_SIGMA,
)

# shares of the duration; the defaults are those of `Network` in an episode of 300 s
TRAPEZIUM_SHARES = (
    Parameter("trapezium_start", 0, 1, 0.2, description="where the latency begins to rise"),
    Parameter("trapezium_ramp", 0, 1, 0.1, description="how long it rises, and falls"),
    Parameter("trapezium_hold", 0, 1, 0.3, description="how long it stays"),
)
_SHARES = tuple(parameter.name for parameter in TRAPEZIUM_SHARES)
VOCABULARY = (
    Parameter("num_drones", 1, MAX_DRONES, 4, integer=True, description="drones on the edge"),
    Parameter("duration_ms", 1, MAX_MS, 300_000, "ms", True, "length of the episode"),
    Parameter("peak_ms", 0, MAX_LATENCY_MS, 400, "ms", True, "latency of a trapezium"),
    *TRAPEZIUM_SHARES,
    Parameter("edge_low", 0.01, MAX_FACTOR, 0.88, description="least time on the edge, relative"),
    Parameter("edge_high", 0.01, MAX_FACTOR, 1.0, description="most time on the edge, relative"),
    Parameter("cloud_sigma", 0, MAX_SIGMA, 0.15, description="spread of the time in the cloud"),
)


def apply_values(
    instance: EdgeInstance, fixed: Mapping[str, Any], drawn: Mapping[str, Any]
) -> EdgeInstance:
    """A copy with other settings, those of other networks left aside.

    Args:
        instance: The instance, its network chosen.
        fixed: Settings of `with_settings`, and the shares of `TRAPEZIUM_SHARES`.
        drawn: More of them; a drawn duration is cut to whole periods.

    Returns:
        The copy, or the instance itself if nothing is set.

    Raises:
        InvalidInstanceError: If a setting is unknown or out of range.
    """
    kind = instance.network.kind
    values = {**fixed, **drawn}
    settings = {
        name: value
        for name, value in values.items()
        if name not in _SHARES and NETWORK_SETTINGS.get(name, kind) == kind
    }
    if "duration_ms" in drawn:
        period = settings.get("period_ms", instance.period_ms)
        check_whole(f"The instance {instance.name!r}", "period_ms", period, 1, MAX_MS)
        settings["duration_ms"] = max(drawn["duration_ms"] // period, 1) * period
    if kind == TRAPEZIUM and any(name in values for name in _SHARES):
        duration = settings.get("duration_ms", instance.duration_ms)
        settings = _corners(values, duration) | settings
    return with_settings(instance, settings) if settings else instance


def _corners(values: Mapping[str, Any], duration_ms: int) -> Task:
    """Times of a trapezium from its shares."""
    start, ramp, hold = (values.get(p.name, p.default) for p in TRAPEZIUM_SHARES)
    shares = (start, start + ramp, start + ramp + hold, start + 2 * ramp + hold)
    return {name: round(share * duration_ms) for name, share in zip(CORNERS, shares, strict=True)}

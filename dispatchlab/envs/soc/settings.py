"""Validation of the injection and noise settings of a SoC instance."""

import math
from typing import Any

from dispatchlab.envs.core.checks import check_number, check_whole, is_whole
from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.soc.checks import MAX_US
from dispatchlab.envs.soc.instance import INJECTIONS, NOISES, Injection, Noise

MAX_JOBS = 10_000
MAX_ARRIVALS = 1_000_000
MIN_GAP_US, MAX_GAP_US = 0.5, 1e9
MAX_STD = 10.0
STREAMS = ("lossy", "blocked", "unbounded")


def check_injection(injection: Injection, num_graphs: int, where: str) -> None:
    """Check how jobs arrive.

    Args:
        injection: The settings.
        num_graphs: Number of job types, which a trace refers to.
        where: Subject of the error message.

    Raises:
        InvalidInstanceError: With the first setting that is out of range.
    """
    mode = injection.mode
    if mode not in INJECTIONS:
        raise InvalidInstanceError(
            f"{where}: injection.mode is {mode!r}; choose one of {', '.join(INJECTIONS)}."
        )
    gap = injection.mean_gap_us
    check_number(where, "injection.mean_gap_us", gap, MIN_GAP_US, MAX_GAP_US)
    _check_whole(where, "max_jobs", injection.max_jobs, 1, MAX_JOBS)
    _check_whole(where, "warmup_us", injection.warmup_us, 0, MAX_US)
    if not isinstance(injection.prefill, bool):
        raise InvalidInstanceError(
            f"{where}: injection.prefill is {injection.prefill!r}; give true or false."
        )
    _check_end(injection, where)
    _check_jobs(injection, where)
    _check_trace(injection, num_graphs, where)


def check_noise(noise: Noise, where: str) -> None:
    """Check how execution times vary.

    Args:
        noise: The settings.
        where: Subject of the error message.

    Raises:
        InvalidInstanceError: With the first setting that is out of range.
    """
    if noise.kind not in NOISES:
        raise InvalidInstanceError(
            f"{where}: noise.kind is {noise.kind!r}; choose one of {', '.join(NOISES)}."
        )
    check_number(where, "noise.std", noise.std, 0.0, MAX_STD)


def _check_end(injection: Injection, where: str) -> None:
    horizon = injection.horizon_us
    if horizon is None:
        if injection.mode in STREAMS:
            raise InvalidInstanceError(
                f"{where}: injection.horizon_us is missing; jobs of the mode "
                f"{injection.mode!r} never end, so say when the episode does."
            )
        return
    _check_whole(where, "horizon_us", horizon, 1, MAX_US)
    if injection.warmup_us >= horizon:
        raise InvalidInstanceError(
            f"{where}: injection.warmup_us is {injection.warmup_us}, but the episode ends at "
            f"horizon_us {horizon}; let the warm-up end before."
        )
    rate = math.expm1(1.0 / injection.mean_gap_us)
    if injection.mode in STREAMS and horizon * rate > MAX_ARRIVALS:
        raise InvalidInstanceError(
            f"{where}: injection.mean_gap_us {injection.mean_gap_us:g} and horizon_us {horizon} "
            f"make more than {MAX_ARRIVALS} arrivals; raise the gap or shorten the horizon."
        )


def _check_jobs(injection: Injection, where: str) -> None:
    if injection.mode == "batch":
        _check_whole(where, "num_jobs", injection.num_jobs, 1, MAX_ARRIVALS)
    elif injection.num_jobs != 0:
        raise InvalidInstanceError(
            f"{where}: injection.num_jobs is {injection.num_jobs!r}, but the mode is "
            f"{injection.mode!r}; only a batch has a number of jobs, leave it at 0."
        )


def _check_trace(injection: Injection, num_graphs: int, where: str) -> None:
    trace = injection.trace
    if (injection.mode == "trace") != (len(trace) > 0):
        raise InvalidInstanceError(
            f"{where}: injection.trace has {len(trace)} arrivals, but the mode is "
            f"{injection.mode!r}; give arrivals for the mode 'trace', and only for it."
        )
    before = 0
    for index, entry in enumerate(trace):
        field = f"{where}: injection.trace[{index}] is {entry!r}"
        if len(entry) != 2 or not all(is_whole(v) for v in entry):
            raise InvalidInstanceError(f"{field}; give whole numbers (time_us, graph).")
        time, graph = entry
        if not 0 <= time <= MAX_US or time < before:
            raise InvalidInstanceError(
                f"{field}, after time {before}; sort the arrivals by time, from 0 to {MAX_US}."
            )
        if not 0 <= graph < num_graphs:
            raise InvalidInstanceError(f"{field}; graphs are numbered 0 to {num_graphs - 1}.")
        before = time


def _check_whole(where: str, field: str, value: Any, low: int, high: int) -> None:  # noqa: ANN401
    check_whole(where, f"injection.{field}", value, low, high)

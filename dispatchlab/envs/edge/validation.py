"""Validation of edge/cloud problem data: every contradiction is one sentence with a remedy."""

from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.envs.core.checks import check_name, check_number, check_unique, check_whole
from dispatchlab.envs.core.errors import InvalidInstanceError

if TYPE_CHECKING:
    from dispatchlab.envs.edge.instance import DnnModel, EdgeInstance, Jitter
    from dispatchlab.envs.edge.network import BandwidthTrace, Network

MAX_MS = 10**8  # more than a day
MAX_KBPS = 10**9
MAX_LATENCY_MS = 10**6
MAX_DRONES = 1000
MAX_TASKS = 1_000_000
MAX_BYTES = 10**9
MAX_UTILITY = 1e9
MAX_FACTOR = 100.0
MAX_SIGMA = 3.0


def check_instance(instance: "EdgeInstance") -> None:
    """Check every field of an instance, and of its parts.

    Args:
        instance: The instance.

    Raises:
        InvalidInstanceError: With the first contradiction found.
    """
    check_name("instance", instance.name)
    where = f"The instance {instance.name!r}"
    if not instance.models:
        raise InvalidInstanceError(f"{where} has no models; give at least one.")
    _check_types(instance, where)
    for model in instance.models:
        _check_model(model, where)
    check_unique(f"{where}: models", [model.name for model in instance.models])
    check_whole(where, "num_drones", instance.num_drones, 1, MAX_DRONES)
    for name in ("period_ms", "duration_ms", "qoe_window_ms", "cloud_timeout_ms"):
        check_whole(where, name, getattr(instance, name), 1, MAX_MS)
    check_whole(where, "upload_bytes", instance.upload_bytes, 0, MAX_BYTES)
    if instance.duration_ms % instance.period_ms:
        raise InvalidInstanceError(
            f"{where}: duration_ms is {instance.duration_ms}; give a multiple of period_ms, which "
            f"is {instance.period_ms}."
        )
    if instance.num_tasks > MAX_TASKS:
        raise InvalidInstanceError(
            f"{where} has {instance.num_tasks} tasks; shorten duration_ms or take fewer drones, at "
            f"most {MAX_TASKS} tasks can be played."
        )
    check_jitter(instance.jitter, where)
    check_network(instance.network, where)


def check_reachable(instance: "EdgeInstance") -> None:
    """Refuse models whose deadline nothing can meet, and networks longer than the cloud's time.

    Args:
        instance: The instance, its columns made.

    Raises:
        InvalidInstanceError: With the first model found.
    """
    for index, model in enumerate(instance.models):
        where = f"The instance {instance.name!r}: the model {model.name!r}"
        if instance.cloud_exec_ms[index] < 1:
            raise InvalidInstanceError(
                f"{where} has a cloud_ms of {model.cloud_ms}, which includes nominal_ms "
                f"{instance.network.nominal_ms} of the network; lower nominal_ms."
            )
        edge, cloud = instance.edge_fastest_ms[index], instance.cloud_fastest_ms[index]
        if model.deadline_ms < min(edge, cloud):
            raise InvalidInstanceError(
                f"{where} has a deadline_ms of {model.deadline_ms}, but takes {edge} ms on the "
                f"edge and {cloud} ms in the cloud at best; raise it."
            )


def check_jitter(jitter: "Jitter", where: str) -> None:
    """Check how execution times vary.

    Args:
        jitter: The settings.
        where: Subject of the error message.

    Raises:
        InvalidInstanceError: With the first setting that is out of range.
    """
    from dispatchlab.envs.edge.instance import CLOUD_EXPECTED

    check_number(where, "jitter.edge_low", jitter.edge_low, 0.01, MAX_FACTOR)
    check_number(where, "jitter.edge_high", jitter.edge_high, 0.01, MAX_FACTOR)
    check_number(where, "jitter.cloud_sigma", jitter.cloud_sigma, 0.0, MAX_SIGMA)
    if jitter.edge_low > jitter.edge_high:
        raise InvalidInstanceError(
            f"{where}: jitter.edge_low is {jitter.edge_low}, above edge_high {jitter.edge_high}; "
            "lower it to that at most, or raise edge_high."
        )
    if jitter.cloud_expected not in CLOUD_EXPECTED:
        raise InvalidInstanceError(
            f"{where}: jitter.cloud_expected is {jitter.cloud_expected!r}; choose one of "
            f"{', '.join(CLOUD_EXPECTED)}."
        )


def check_network(network: "Network", where: str) -> None:
    """Check the network between edge and cloud.

    Args:
        network: The settings.
        where: Subject of the error message.

    Raises:
        InvalidInstanceError: With the first setting that is out of range.
    """
    from dispatchlab.envs.edge.network import ANY_MOBILITY, MOBILITIES, NETWORKS, TRACE

    for name, value, known in (
        ("kind", network.kind, NETWORKS),
        ("mobility", network.mobility, (ANY_MOBILITY, *MOBILITIES)),
    ):
        if value not in known:
            raise InvalidInstanceError(
                f"{where}: network.{name} is {value!r}; choose one of {', '.join(known)}."
            )
    check_whole(where, "network.peak_ms", network.peak_ms, 0, MAX_LATENCY_MS)
    check_whole(where, "network.nominal_ms", network.nominal_ms, 0, MAX_LATENCY_MS)
    before, earliest = "time 0", 0
    for name in ("ramp_start_ms", "hold_start_ms", "hold_end_ms", "ramp_end_ms"):
        time = getattr(network, name)
        check_whole(where, f"network.{name}", time, 0, MAX_MS)
        if time < earliest:
            raise InvalidInstanceError(
                f"{where}: network.{name} is {time}, before {before} at {earliest}; order them "
                "ramp_start_ms, hold_start_ms, hold_end_ms, ramp_end_ms."
            )
        before, earliest = name, time
    if network.traces and network.kind != TRACE:
        raise InvalidInstanceError(
            f"{where}: network.traces has {len(network.traces)} traces, but network.kind is "
            f"{network.kind!r}; set it to {TRACE!r} or leave the traces out."
        )


def check_trace(trace: "BandwidthTrace") -> None:
    """Check a trace of a network.

    Args:
        trace: The trace; its columns are integers already.

    Raises:
        InvalidInstanceError: With the first second that is out of range.
    """
    check_name("trace", trace.name)
    where = f"The trace {trace.name!r}"
    bandwidth, latency = trace.bandwidth_kbps, trace.latency_ms
    if len(bandwidth) != len(latency):
        raise InvalidInstanceError(
            f"{where} has {len(bandwidth)} values of bandwidth_kbps and {len(latency)} of "
            "latency_ms; give one of each per second."
        )
    if not len(bandwidth):
        raise InvalidInstanceError(f"{where} is empty; give at least one second.")
    for name, values, most in (
        ("bandwidth_kbps", bandwidth, MAX_KBPS),
        ("latency_ms", latency, MAX_LATENCY_MS),
    ):
        bad = np.flatnonzero((values < 0) | (values > most))
        if len(bad):
            raise InvalidInstanceError(
                f"{where}: {name}[{bad[0]}] is {values[bad[0]]}; it must be between 0 and {most}."
            )


def _check_types(instance: "EdgeInstance", where: str) -> None:
    """Refuse parts that are something else, such as a name where the object is meant."""
    from dispatchlab.envs.edge.instance import DnnModel, Jitter
    from dispatchlab.envs.edge.network import BandwidthTrace, Network

    network = instance.network
    traces = network.traces if isinstance(network, Network) else ()
    parts: list[tuple[str, object, type]] = [
        *((f"models[{index}]", model, DnnModel) for index, model in enumerate(instance.models)),
        ("network", network, Network),
        ("jitter", instance.jitter, Jitter),
        *((f"network.traces[{k}]", trace, BandwidthTrace) for k, trace in enumerate(traces)),
    ]
    for name, part, kind in parts:
        if not isinstance(part, kind):
            raise InvalidInstanceError(f"{where}: {name} is {part!r}; give a {kind.__name__}.")


def _check_model(model: "DnnModel", where: str) -> None:
    check_name("model", model.name)
    where = f"{where}: the model {model.name!r}"
    for name in ("deadline_ms", "edge_ms", "cloud_ms"):
        check_whole(where, name, getattr(model, name), 1, MAX_MS)
    for name in ("benefit", "edge_cost", "cloud_cost", "qoe_bonus"):
        check_number(where, name, getattr(model, name), 0.0, MAX_UTILITY)
    check_number(where, "qoe_rate", model.qoe_rate, 0.0, 1.0)

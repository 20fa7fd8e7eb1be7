"""Connecting to Ray, quietly: a cluster of this machine's own or one that is running."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError, first_line

KNOCK_TIMEOUT_S = 10.0


def import_ray() -> Any:  # noqa: ANN401 - a module
    """Ray, which comes with the extra ``distributed``.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise MissingExtraError("ray", "distributed") from error
    return ray


@contextmanager
def connected(address: str, num_cpus: int) -> Iterator[Any]:
    """Be connected to a cluster; one that is started here ends with the block.

    A connection that the process has already is used and left alone.

    Args:
        address: Of a running cluster, as ``ray.init`` takes it; empty: start one on this machine.
        num_cpus: Actors of one CPU each that are to run at the same time.

    Yields:
        The module ``ray``.

    Raises:
        MissingExtraError: Ray is not installed.
        DispatchlabError: There is no such cluster, or it is too small.
    """
    ray = import_ray()
    is_ours = not ray.is_initialized()
    if is_ours:
        _connect(ray, address, num_cpus)
    try:
        cpus = int(ray.cluster_resources().get("CPU", 0))
        if cpus < num_cpus:
            raise DispatchlabError(
                f"{num_cpus} workers were asked for, but the Ray cluster has {cpus} CPUs: ask for "
                "fewer or add nodes first."
            )
        yield ray
    finally:
        if is_ours:
            ray.shutdown()


def _connect(ray: Any, address: str, num_cpus: int) -> None:  # noqa: ANN401 - a module
    """Start a cluster or join one."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else Ray warns of a change
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address:
            _knock(address)
            ray.init(address=address, **quiet)
        else:
            # An address in RAY_ADDRESS would be taken otherwise.
            ray.init(address="local", num_cpus=num_cpus, include_dashboard=False, **quiet)
    except Exception as error:  # Ray raises all kinds, plain ones among them
        ray.shutdown()  # ends what has been started so far
        where = f"the Ray cluster at {address!r}" if address else "a Ray cluster on this machine"
        reason = first_line(error).rstrip(".")
        remedy = (
            "give the address of a running one (RAY_AUTH_MODE=token if it wants a token) or none"
        )
        raise DispatchlabError(f"Cannot connect to {where} ({reason}): {remedy}.") from error


def _knock(address: str) -> None:
    """Fail soon where nobody listens: Ray would try for many minutes."""
    host, colon, port = address.rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), timeout=KNOCK_TIMEOUT_S).close()

"""Connecting to Ray, quietly: a cluster of this machine's own or one that is running.

What training, searches and evaluations have in common on it is here too: whose packages fit, what
is a loss of a worker, and when it is given up.
"""

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError, first_line
from dispatchlab.envs.core.versions import installed_versions

KNOCK_TIMEOUT_S = 10.0
START_TIMEOUT_S = 300.0  # until a worker has started and answers
MOST_LOSSES = 3  # of workers over the same piece of work; then it is given up


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
def connected(
    address: str, num_cpus: int, packages: Sequence[str] = (), flag: str = ""
) -> Iterator[Any]:
    """Be connected to a cluster; one that is started here ends with the block.

    A connection that the process has already is used and left alone.

    Args:
        address: Of a running cluster, as ``ray.init`` takes it; empty: start one on this machine.
        num_cpus: Actors of one CPU each that are to run at the same time.
        packages: What decides the results, and has to be of the same version on all nodes.
        flag: Of the command line, that says how many actors there are.

    Yields:
        The module ``ray``.

    Raises:
        MissingExtraError: Ray is not installed.
        DispatchlabError: There is no such cluster, it is too small, or its packages do not fit.
    """
    check_address(address)
    ray = import_ray()
    is_ours = not ray.is_initialized()
    if is_ours:
        _connect(ray, address, num_cpus)
    try:
        cpus = int(ray.cluster_resources().get("CPU", 0))
        if cpus < num_cpus:
            raise DispatchlabError(
                f"{num_cpus} workers were asked for, but the Ray cluster has {cpus} CPUs: ask for "
                f"fewer{flag and f' ({flag})'} or add nodes first."
            )
        if packages and (address or not is_ours):
            check_versions(ray, packages)
        yield ray
    finally:
        if is_ours:
            ray.shutdown()


def check_versions(ray: Any, packages: Sequence[str]) -> None:  # noqa: ANN401 - a module
    """Refuse nodes whose packages might compute something else.

    Args:
        ray: The module, connected to a cluster.
        packages: Names; those that are not installed here do not matter.

    Raises:
        DispatchlabError: With the first node and package that do not fit.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as OnNode

    own = installed_versions(packages)
    ask = ray.remote(num_cpus=0)(installed_versions)
    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    asked = [
        ask.options(scheduling_strategy=OnNode(node["NodeID"], soft=False)).remote(tuple(own))
        for node in nodes
    ]
    for node, ref in zip(nodes, asked, strict=True):
        name = node["NodeManagerHostname"]
        try:
            theirs = ray.get(ref, timeout=START_TIMEOUT_S)
        except ray.exceptions.RayError as error:
            raise DispatchlabError(
                f"The node {name!r} of the Ray cluster does not tell its versions "
                f"({reason(error)}): install dispatchlab and what it needs on all nodes."
            ) from error
        for package, version in own.items():
            if theirs.get(package) != version:
                has = f"{package} {theirs[package]}" if package in theirs else f"no {package}"
                raise DispatchlabError(
                    f"The node {name!r} of the Ray cluster has {has}, but this process {version}: "
                    "install the same versions on all nodes."
                )


def losses(ray: Any) -> tuple[type[Exception], ...]:  # noqa: ANN401 - a module
    """What Ray raises where a worker is lost, as opposed to what work itself may raise.

    Args:
        ray: The module.

    Returns:
        Classes for an ``except``.
    """
    kinds = ray.exceptions
    return (
        kinds.LocalRayletDiedError, kinds.NodeDiedError, kinds.ObjectLostError,
        kinds.OutOfMemoryError, kinds.RayActorError, kinds.WorkerCrashedError,
    )  # fmt: skip


def answers(ray: Any, refs: Any, timeout_s: float | None = None) -> Any:  # noqa: ANN401 - Ray's
    """What workers answer; an error of ours looks as if it had been raised here.

    Args:
        ray: The module.
        refs: One reference, or a list of them.
        timeout_s: How long to wait; for ever by default.

    Returns:
        What the references stand for.

    Raises:
        Exception: What the work ended with, or one of Ray's own.
    """
    try:
        return ray.get(refs, timeout=timeout_s)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, DispatchlabError):
            raise error.cause from error
        raise


def reason(error: Exception) -> str:
    """What Ray says about a loss or a failure, to stand in brackets.

    Args:
        error: One of Ray's; of an error that work ended with, the error itself is told.

    Returns:
        A line.
    """
    return first_line(getattr(error, "cause", None) or error).rstrip(".:")


def check_address(address: str) -> None:
    """Refuse addresses of Ray's client, by which no run can be a part of the cluster.

    Args:
        address: Of a cluster; empty for none.

    Raises:
        DispatchlabError: If it is one.
    """
    if "://" in address:
        raise DispatchlabError(
            f"The address of the Ray cluster is {address!r}: start this on a node of the cluster "
            "and give auto or host:6379."
        )


def _connect(ray: Any, address: str, num_cpus: int) -> None:  # noqa: ANN401 - a module
    """Start a cluster or join one."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # else Ray warns of a change
    terminate = _handler()
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
    finally:
        if terminate is not None:  # Ray puts its own in place
            signal.signal(signal.SIGTERM, terminate)


def _handler() -> Callable[[int, FrameType | None], Any] | None:
    """Who handles SIGTERM in this process, if anybody does."""
    found = signal.getsignal(signal.SIGTERM)
    is_main = threading.current_thread() is threading.main_thread()
    return found if is_main and callable(found) else None


def _knock(address: str) -> None:
    """Fail soon where nobody listens: Ray would try for many minutes."""
    host, colon, port = address.rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), timeout=KNOCK_TIMEOUT_S).close()

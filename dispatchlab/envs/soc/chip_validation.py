"""Validation of a `Chip`: every contradiction is one sentence with a remedy."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from dispatchlab.envs.core.checks import check_name, check_strings, check_unique, is_number
from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.soc.checks import MAX_US, check_shape

if TYPE_CHECKING:
    from dispatchlab.envs.soc.instance import Chip, OperatingPoints


def check_chip(chip: "Chip") -> None:
    """Check that the tables of a chip fit each other.

    Args:
        chip: The chip; its arrays are already int64 and float64.

    Raises:
        InvalidInstanceError: With the first contradiction found.
    """
    where = f"The chip {chip.name!r}"
    check_name("chip", chip.name)
    for field in ("pe_names", "cluster_names", "kernels"):
        names = getattr(chip, field)
        if not names:
            raise InvalidInstanceError(f"{where} has no {field}; give at least one.")
        check_strings(f"{where}: {field}", names)
        check_unique(f"{where}: {field}", names)
    count = chip.num_pes
    check_shape(where, "cluster", chip.cluster, (count,))
    check_shape(where, "exec_us", chip.exec_us, (len(chip.kernels), count))
    check_shape(where, "bandwidth", chip.bandwidth, (count, count))
    bad = (chip.cluster < 0) | (chip.cluster >= len(chip.cluster_names))
    if bad.any():
        pe = int(np.argmax(bad))
        raise InvalidInstanceError(
            f"{where}: cluster of {chip.pe_names[pe]!r} is {chip.cluster[pe]}; it must be between "
            f"0 and {len(chip.cluster_names) - 1}, one of the cluster_names."
        )
    _check_exec(chip, where)
    _check_bandwidths(chip, where)
    _check_points(chip, where)


def _check_exec(chip: "Chip", where: str) -> None:
    bad = (chip.exec_us < -1) | (chip.exec_us > MAX_US)
    if bad.any():
        row, pe = (int(i) for i in np.argwhere(bad)[0])
        raise InvalidInstanceError(
            f"{where}: exec_us of the kernel {chip.kernels[row]!r} on {chip.pe_names[pe]!r} is "
            f"{chip.exec_us[row, pe]}; it must be between 0 and {MAX_US}, or -1 where the PE "
            "does not support the kernel."
        )


def _check_bandwidths(chip: "Chip", where: str) -> None:
    # written so that NaN fails too; infinite bandwidth is a link that takes no time
    bad = ~(chip.bandwidth > 0) & ~np.eye(chip.num_pes, dtype=bool)
    if bad.any():
        a, b = (int(i) for i in np.argwhere(bad)[0])
        raise InvalidInstanceError(
            f"{where}: bandwidth from {chip.pe_names[a]!r} to {chip.pe_names[b]!r} is "
            f"{chip.bandwidth[a, b]}; it must be positive between different PEs."
        )
    if chip.memory_bandwidth is None:
        return
    check_shape(where, "memory_bandwidth", chip.memory_bandwidth, (chip.num_pes, 2))
    bad = ~(chip.memory_bandwidth > 0)
    if bad.any():
        pe, way = (int(i) for i in np.argwhere(bad)[0])
        raise InvalidInstanceError(
            f"{where}: memory_bandwidth {('to', 'from')[way]} memory of {chip.pe_names[pe]!r} is "
            f"{chip.memory_bandwidth[pe, way]}; it must be positive."
        )


def _check_points(chip: "Chip", where: str) -> None:
    if not chip.operating_points:
        return
    if len(chip.operating_points) != len(chip.cluster_names):
        raise InvalidInstanceError(
            f"{where} has operating_points for {len(chip.operating_points)} of "
            f"{len(chip.cluster_names)} clusters; give them for all or none."
        )
    sizes = np.bincount(chip.cluster, minlength=len(chip.cluster_names))
    for name, points, size in zip(
        chip.cluster_names, chip.operating_points, sizes.tolist(), strict=True
    ):
        _check_cluster(f"{where}: operating_points of the cluster {name!r}", points, size)


def _check_cluster(where: str, points: "OperatingPoints", size: int) -> None:
    for field in ("frequency_mhz", "voltage_mv", "active_power_w"):
        values = getattr(points, field)
        if not values or not all(is_number(v) and v > 0 for v in values):
            raise InvalidInstanceError(
                f"{where} have {field} {values!r}; give positive numbers, at least one."
            )
    frequencies = points.frequency_mhz
    if any(a >= b for a, b in pairwise(frequencies)):
        raise InvalidInstanceError(
            f"{where} have frequency_mhz {frequencies!r}; list them in ascending order."
        )
    if len(points.voltage_mv) != len(frequencies) or len(points.active_power_w) != size:
        raise InvalidInstanceError(
            f"{where} have {len(frequencies)} frequencies, {len(points.voltage_mv)} voltages and "
            f"{len(points.active_power_w)} powers; give a voltage for each frequency and a power "
            f"for each number of active elements, 1 to {size}."
        )

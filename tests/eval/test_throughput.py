"""Tests of the throughput measurement; no speed is asserted."""

import json

import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.throughput import machine, measure_all, to_json


def test_measures_every_combination() -> None:
    """Scalar and vector form, with and without observations, finish episodes on the way."""
    seen = []
    found = measure_all(
        ["3x2"], [2], stops=["every"], observed=["none", "tokens"], seconds=0.01,
        on_measurement=seen.append,
    )  # fmt: skip
    assert [(m.face, m.batch, m.observation) for m in found] == [
        ("scalar", 1, "none"), ("vector", 2, "none"), ("scalar", 1, "tokens"),
        ("vector", 2, "tokens"),
    ]  # fmt: skip
    assert seen == found
    # More steps than one episode of 6 activities has, so resets are part of it.
    assert all(m.steps >= 20 * m.batch for m in found)
    assert all(0 < m.steps_per_s_with_choice < m.steps_per_s for m in found)
    document = json.loads(to_json(found, machine()))
    assert document["measurements"][0]["size"] == "3x2"
    assert document["machine"]["numpy"]


def test_bad_size() -> None:
    """A size is jobs x machines."""
    with pytest.raises(DispatchlabError, match="'15'"):
        measure_all(["15"])

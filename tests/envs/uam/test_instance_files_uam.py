"""Instance files come back as they were, and errors name the file and the field."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.uam.instance_files import (
    dump_instance,
    parse_instance,
    read_instance,
    write_instance,
)
from dispatchlab.envs.uam.library import load_instance

SMALL = load_instance("random-3x4:horizon_s=7200")


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000), kind=st.sampled_from(["cityairbus", "joby-s4", "lax-study"]),
    wait=st.sampled_from([300, 900]), arrivals=st.sampled_from(["batch", "spread"]),
    factor=st.floats(0, 100), levels=st.sampled_from([(0.95,), (0.3, 0.8, 0.9)]),
)  # fmt: skip
def test_files_come_back(
    seed: int, kind: str, wait: int, arrivals: str, factor: float, levels: tuple[float, ...]
) -> None:
    """Writing and reading gives an equal instance, bit for bit."""
    day = load_instance(f"random-4x6:seed={seed},aircraft_type={kind},horizon_s=9000,wait_s={wait}")
    day = replace(day, demand=day.demand * factor, arrivals=arrivals, charge_levels=levels)
    again = parse_instance(dump_instance(day))
    assert again == day
    assert np.array_equal(again.leg_wh, day.leg_wh)


def test_files(tmp_path: Path) -> None:
    """Written files are read back, by `load_instance` too, and have settings of their own."""
    path = write_instance(SMALL, tmp_path / "mine.json")
    assert read_instance(path) == load_instance(path) == load_instance(str(path)) == SMALL
    assert dump_instance(SMALL) == path.read_text()
    assert load_instance(f"{path}:wait_s=900").wait_s == 900
    with pytest.raises(InstanceFormatError, match=r"extension '.csv' .* use .json"):
        write_instance(SMALL, tmp_path / "mine.csv")


def test_what_may_be_left_out() -> None:
    """Defaults, the name, and the miles of the first rate; the map may be named."""
    data = json.loads(dump_instance(SMALL))
    assert "near_mi" not in data["aircraft"]
    for key in ("name", "aircraft", "disturbance", "charge_levels", "wait_s", "reserve"):
        del data[key]
    data |= {"area_mi": 50, "source": "a test"}
    assert parse_instance(json.dumps(data), "stem") == replace(SMALL, name="stem")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "dispatchlab-edge", 'lacks "format": "dispatchlab-uam"; add it'),
        (("version",), 2, "the field 'version' is 2, but this release reads version 1"),
        (("colour",), "red", "the field 'colour' is unknown; remove it"),
        (("ports",), "A", "the field 'ports' is 'A'; write a list"),
        (("ports", 1), 7, r"the field 'ports\[1\]' is 7; write a text"),
        (("area_mi",), 5, "The vertiport 'V.' is off the map: x_mi is .* area_mi is 5; move it"),
        (("x_mi", 1), None, r"x_mi\[1\] is None; give numbers"),
        (("demand", 1, 0, 2), float("nan"), r"demand\[1, 0, 2\] is nan"),
        (("demand", 1, 0, 2), -1.0, r"demand\[1, 0, 2\] is -1.0"),
        (("demand", 1, 0), [0.0], r"demand\[1, 0\] is \[0.0\]; give a plain table"),
        (("demand",), "demand.csv", "the field 'demand' is 'demand.csv'; write a list"),
        (("wait_s",), 2.5, "the field 'wait_s' is 2.5; write a whole number"),
        (("charge_levels",), ["full"], r"the field 'charge_levels\[0\]' is 'full'"),
        (("aircraft", "seats"), "four", "the field 'aircraft.seats' is 'four'"),
        (("aircraft", "wings"), 2, "the field 'aircraft.wings' is unknown"),
        (("disturbance", "downtime_prob"), 3, "disturbance.downtime_prob is 3"),
    ],
)
def test_bad_files(path: tuple[Any, ...], value: object, message: str) -> None:
    """Each error names the file and the field."""
    data = json.loads(dump_instance(SMALL))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InstanceFormatError, match=f"^mine.json: .*{message}"):
        parse_instance(json.dumps(data), "mine", "mine.json")


def test_missing_tables_are_named() -> None:
    """A field without default must be there."""
    whole = json.loads(dump_instance(SMALL))
    for key in ("ports", "distance_mi", "demand", "fare_usd", "start_port"):
        data = {name: value for name, value in whole.items() if name != key}
        with pytest.raises(InstanceFormatError, match=f"the field '{key}' is missing; add it"):
            parse_instance(json.dumps(data))

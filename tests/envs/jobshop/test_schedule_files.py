"""Schedule files: round trips, and one clear sentence for every damaged or foreign file."""

import json
from pathlib import Path

import numpy as np
import pytest

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.schedule_files import (
    instance_digest,
    read_schedule,
    write_schedule,
)
from tests.naive import naive_schedule


@pytest.fixture
def encoding() -> CpEncoding:
    """Two jobs on two machines; the second activity has two modes, one of them on both."""
    return CpEncoding.build(
        [[(3, [(0, 1)])], [(2, [(1, 1)]), (1, [(0, 1), (1, 1)])], [(4, [])], [(0, [(1, 1)])]],
        [1, 1],
        [(0, 1), (2, 3)],
        job=[0, 0, 1, 1],
        objective="total_flow_time",
        name="tiny",
        activity_names=("cut, then saw", 'weld "hot"', "glue", "naïve"),
    )


@pytest.fixture
def schedule() -> Schedule:
    """A feasible schedule of the tiny instance."""
    return Schedule(start=[0, 3, 0, 4], end=[3, 4, 4, 4], mode=[0, 2, 3, 4])


def _error(path: Path, encoding: CpEncoding) -> str:
    """The sentence that reading raises with."""
    with pytest.raises(InstanceFormatError) as caught:
        read_schedule(path, encoding)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [".json", ".csv", ".JSON"])
def test_round_trip(tmp_path: Path, encoding: CpEncoding, schedule: Schedule, suffix: str) -> None:
    """What is written is read back, whatever characters the names have."""
    path = tmp_path / f"plan{suffix}"
    write_schedule(path, encoding, schedule)
    assert read_schedule(path, encoding) == schedule


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_round_trip_of_partial_and_wrong_schedules(
    tmp_path: Path, encoding: CpEncoding, suffix: str
) -> None:
    """Unscheduled activities and impossible modes survive, so that `verify` can judge them."""
    odd = Schedule(start=[0, -1, 5, -1], end=[3, -1, 2, -1], mode=[77, -1, 0, 2])
    path = tmp_path / f"plan{suffix}"
    write_schedule(path, encoding, odd)
    assert read_schedule(path, encoding) == odd


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_round_trip_of_a_job_shop(tmp_path: Path, suffix: str) -> None:
    """A larger schedule with drawn durations comes back unchanged."""
    rng = np.random.default_rng(5)
    acts = [[(int(rng.integers(1, 99)), [(r, 1)])] for _ in range(10) for r in rng.permutation(5)]
    arcs = [(a, a + 1) for a in range(49) if (a + 1) % 5]
    shop = CpEncoding.build(acts, [1] * 5, arcs, job=[a // 5 for a in range(50)])
    plan = naive_schedule(shop, rng)
    write_schedule(tmp_path / f"plan{suffix}", shop, plan)
    assert read_schedule(tmp_path / f"plan{suffix}", shop) == plan


def test_json_content(tmp_path: Path, encoding: CpEncoding, schedule: Schedule) -> None:
    """The JSON file says what it is, for which instance, and how good the schedule is."""
    path = tmp_path / "plan.json"
    info = {"runtime_s": np.float64(0.5), "seeds": np.arange(2), "where": Path("x")}
    write_schedule(path, encoding, schedule, method="rule:SPT", info=info)
    document = json.loads(path.read_text())
    assert document["format"] == "dispatchlab-schedule"
    assert document["version"] == 1
    assert document["instance"] == "tiny"
    assert (document["objective"], document["objective_value"]) == ("total_flow_time", 8.0)
    assert document["method"] == "rule:SPT"
    assert document["info"] == {"runtime_s": 0.5, "seeds": [0, 1], "where": "x"}
    assert document["activities"][1] == {
        "activity": 1, "name": 'weld "hot"', "job": 0, "mode": 2, "resources": [0, 1],
        "start": 3, "end": 4,
    }  # fmt: skip


def test_objective_counts_from_the_arrival(
    tmp_path: Path, encoding: CpEncoding, schedule: Schedule
) -> None:
    """With a realisation the flow time of a late job starts at its arrival."""
    nominal = Realisation.nominal(encoding)
    columns = {name: getattr(nominal, name) for name in Realisation.__slots__}
    late = Realisation(**columns | {"job_arrival": np.array([0, 3])})
    write_schedule(tmp_path / "plan.json", encoding, schedule, realisation=late)
    assert json.loads((tmp_path / "plan.json").read_text())["objective_value"] == 5.0


def test_csv_content(tmp_path: Path, encoding: CpEncoding, schedule: Schedule) -> None:
    """The CSV file opens in a spreadsheet: a header and one line per activity."""
    write_schedule(tmp_path / "plan.csv", encoding, schedule)
    lines = (tmp_path / "plan.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "activity,name,job,mode,resources,start,end"
    assert lines[1] == '0,"cut, then saw",0,0,0,0,3'
    assert lines[2] == '1,"weld ""hot""",0,2,0 1,3,4'


def test_hand_written_csv(tmp_path: Path, encoding: CpEncoding, schedule: Schedule) -> None:
    """Four columns in any order suffice, rows in any order, with a byte-order mark."""
    path = tmp_path / "plan.csv"
    text = "start,end,activity,mode\r\n0,4,2,3\r\n4,4,3,4\r\n3,4,1,2\r\n0,3,0,0\r\n"
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_schedule(path, encoding) == schedule


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_every_truncation_is_noticed(
    tmp_path: Path, encoding: CpEncoding, schedule: Schedule, suffix: str
) -> None:
    """A file cut anywhere before its last row is refused with one sentence."""
    path = tmp_path / f"plan{suffix}"
    write_schedule(path, encoding, schedule)
    content = path.read_bytes()
    last_row = content.rstrip(b"\n ]}").rindex(b"\n")
    for size in range(last_row):
        path.write_bytes(content[:size])
        assert _error(path, encoding).endswith(".")


def test_unknown_extension(tmp_path: Path, encoding: CpEncoding, schedule: Schedule) -> None:
    """Neither reading nor writing guesses a format."""
    path = tmp_path / "plan.xlsx"
    with pytest.raises(InstanceFormatError, match=r"extension '\.xlsx'; use \.json or \.csv"):
        write_schedule(path, encoding, schedule)
    assert "use .json or .csv" in _error(path, encoding)
    assert not path.exists()


def test_writing_with_another_instance(tmp_path: Path, encoding: CpEncoding) -> None:
    """A schedule of the wrong size is not written."""
    with pytest.raises(InstanceFormatError, match="has 1 activities, but tiny has 4"):
        write_schedule(tmp_path / "a.csv", encoding, Schedule(start=[0], end=[3], mode=[0]))


def test_json_of_another_instance(tmp_path: Path, encoding: CpEncoding, schedule: Schedule) -> None:
    """The digest tells instances of the same size apart, but not by their names."""
    other = CpEncoding.build([[(3, [])]] * 4, [1, 1], job=[0, 0, 1, 1], name="other")
    write_schedule(tmp_path / "plan.json", encoding, schedule)
    assert "was written for instance 'tiny', whose data differ from 'other'" in _error(
        tmp_path / "plan.json", other
    )
    renamed = CpEncoding.build([[(3, [])]] * 4, [1, 1], job=[0, 0, 1, 1], name="renamed")
    assert instance_digest(other) == instance_digest(renamed) != instance_digest(encoding)


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("[1, 2]", "is not a schedule"),
        ('{"format": "gantt"}', 'lacks "format": "dispatchlab-schedule"'),
        ('{"format": "dispatchlab-schedule", "version": 2}', "has version 2 of the schedule"),
        ('{"format": "dispatchlab-schedule", "version": 1}', 'has no list "activities"'),
        ('{"format": "dispatchlab-schedule", "version": 1, "activities": [3]}', "one object per"),
        ('{"format": "dispatchlab-schedule", "version": 1, "activities": []}', "has 0 activities"),
        ("[" * 100_000, "is not a complete JSON file"),
        ("\0", "is not a complete JSON file"),
    ],
)
def test_foreign_json(tmp_path: Path, encoding: CpEncoding, document: str, sentence: str) -> None:
    """Files of other kinds are named as such."""
    (tmp_path / "plan.json").write_text(document)
    assert sentence in _error(tmp_path / "plan.json", encoding)


def test_binary_file(tmp_path: Path, encoding: CpEncoding) -> None:
    """A file that is no text is not decoded by force."""
    (tmp_path / "plan.csv").write_bytes(b"\xff\xfe\x00\x01")
    assert "is not a text file in UTF-8" in _error(tmp_path / "plan.csv", encoding)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("activity,", "task,", "has no column 'activity'"),
        ("0 1,3,4", "0 1,3", "Row 2 of"),
        ("0 1,3,4", "0 1,3,4,9", "does not have 7 cells"),
        ("0 1,3,4", "0 1,soon,4", "has start 'soon'; it must be an integer from -1"),
        ("0 1,3,4", "0 1,3.5,4", "has start '3.5'"),
        ("0 1,3,4", "0 1,3,99999999999999999999", "has end '99999999999999999999'"),
        ("0 1,3,4", "1,3,4", "uses [0, 1]; the file belongs to another instance."),
        (",0,2,0 1,", ",1,2,0 1,", "into job 1, but in tiny it belongs to job 0"),
        ("2,glue", "1,glue", "Row 3 of"),
        ("2,glue", ",glue", "has activity ''; it must be an integer from 0 to 3."),
        ("2,glue", "4,glue", "has activity '4'"),
    ],
)
def test_damaged_csv(
    tmp_path: Path, encoding: CpEncoding, schedule: Schedule, old: str, new: str, sentence: str
) -> None:
    """Every wrong cell is named with its row."""
    path = tmp_path / "plan.csv"
    write_schedule(path, encoding, schedule)
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert sentence in _error(path, encoding)


@pytest.mark.parametrize("value", [1.5, True, "x", [1], float("nan"), -2])
def test_damaged_json_cell(
    tmp_path: Path, encoding: CpEncoding, schedule: Schedule, value: object
) -> None:
    """Only integers are times, in JSON too."""
    path = tmp_path / "plan.json"
    write_schedule(path, encoding, schedule)
    document = json.loads(path.read_text())
    document["activities"][2]["start"] = value
    path.write_text(json.dumps(document))
    assert "Row 3 of" in _error(path, encoding)

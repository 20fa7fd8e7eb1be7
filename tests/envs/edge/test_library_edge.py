"""The published workloads, each number with its source; settings; files."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dispatchlab.envs.core.errors import DispatchlabError, InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.edge.instance import BandwidthTrace, DnnModel, EdgeInstance, Jitter, Network
from dispatchlab.envs.edge.instance_files import (
    dump_instance,
    parse_instance,
    read_instance,
    write_instance,
)
from dispatchlab.envs.edge.library import (
    instance_names,
    is_edge_problem,
    load_instance,
    with_settings,
)
from dispatchlab.envs.edge.realisation import nominal
from dispatchlab.envs.soc.library import instance_names as soc_names
from dispatchlab.envs.soc.library import is_soc_problem

MODEL = DnnModel("m", 100, 40, 60, benefit=50.0, edge_cost=1.0, cloud_cost=10.0)


@pytest.mark.parametrize(
    ("name", "deadline", "edge", "cloud", "benefit", "cloud_cost", "edge_cost", "bonus"),
    [
        ("HV", 650, 174, 398, 125, 25, 1, 100),
        ("DEV", 750, 172, 429, 100, 26, 1, 120),
        ("MD", 850, 142, 589, 75, 15, 1, 130),
        ("BP", 900, 244, 542, 40, 43, 2, 150),
        ("CD", 1000, 563, 878, 175, 152, 4, 140),
        ("DEO", 950, 739, 832, 250, 210, 6, 160),
    ],
)
def test_models(
    name: str, deadline: int, edge: int, cloud: int, benefit: int, cloud_cost: int,
    edge_cost: int, bonus: int,
) -> None:  # fmt: skip
    """Constants of Application.java and GateKeeper.java, ocularone-scheduler, commit 5455f67."""
    model = next(model for model in load_instance("4d-a").models if model.name == name)
    expected = DnnModel(name, deadline, edge, cloud, benefit, edge_cost, cloud_cost, bonus, 0.9)
    assert model == expected


def test_utilities() -> None:
    """Only body pose is worth less than nothing in the cloud (same source)."""
    active = load_instance("2d-a")
    assert active.edge_utility.tolist() == [124, 99, 74, 38, 171, 244]
    assert active.cloud_utility.tolist() == [100, 74, 60, -3, 23, 40]


@pytest.mark.parametrize(
    ("name", "tasks", "demand", "all_cloud"),
    [
        ("2d-p", 2400, 1464, 468),
        ("3d-p", 3600, 2196, 702),
        ("4d-p", 4800, 2928, 936),
        ("2d-a", 3600, 4068, 594),
        ("3d-a", 5400, 6102, 891),
        ("4d-a", 7200, 8136, 1188),
    ],
)
def test_workloads(name: str, tasks: int, demand: int, all_cloud: int) -> None:
    """Tasks in 300 s, ms of edge work and utility of a perfect cloud per second.

    They follow from the constants: drones times the sums of the models' columns.
    """
    instance = load_instance(name)
    realisation = nominal(instance)
    assert len(realisation.arrival_ms) == instance.num_tasks == tasks
    assert realisation.edge_time_ms.sum() == 300 * demand
    paying = instance.cloud_utility.clip(min=0)  # nobody sends what costs more than it brings
    assert paying[realisation.model].sum() == 300 * all_cloud
    assert (instance.duration_ms, instance.period_ms, instance.qoe_window_ms) == (
        300_000, 1000, 20_000,
    )  # fmt: skip
    assert instance.network == Network("stationary")
    assert instance.jitter == Jitter(0.88, 1.0, 0.15, "p95")


def test_names() -> None:
    """The six published workloads are listed; any number of drones and upper case will do."""
    assert instance_names() == ["2d-p", "3d-p", "4d-p", "2d-a", "3d-a", "4d-a"]
    assert instance_names("4D") == ["4d-p", "4d-a"]
    assert load_instance("4D-A") is load_instance("4d-a")
    many = load_instance("12D-p")
    assert (many.name, many.num_drones, many.num_models) == ("12d-p", 12, 4)
    assert load_instance(many) is many


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("4da", "no edge/cloud instance named '4da'; did you mean 4d-a"),
        ("5d-x", "named '5d-x'; choose one of"),
        ("zebra", "choose one of 2d-p, 3d-p, 4d-p, 2d-a, 3d-a, 4d-a, or give the path"),
        ("missing.json", "There is no file 'missing.json'"),
        ("0d-a", "num_drones is 0"),
        ("4d-a:", "named '4d-a:'"),
        ("4d-a:network", "named '4d-a:network'"),
        ("4d-a:network=", "The option 'network=' in .* is incomplete"),
    ],
)
def test_bad_names(given: str, message: str) -> None:
    """What is neither a preset nor a file says so."""
    with pytest.raises(DispatchlabError, match=message):
        load_instance(given)


def test_settings() -> None:
    """Settings after a colon change duration, jitter and network."""
    instance = load_instance(
        "4d-a:network=trapezium,peak_ms=250,duration_ms=60000,cloud_expected=median,"
        "edge_high=1.1,num_drones=5,cloud_timeout_ms=2000"
    )
    assert (instance.name, instance.num_drones, instance.duration_ms) == ("4d-a", 5, 60_000)
    assert instance.jitter == Jitter(0.88, 1.1, 0.15, "median")
    assert instance.cloud_timeout_ms == 2000
    # the corners are at the same shares of the episode as in 300 s
    assert instance.network == Network("trapezium", 250, 12_000, 18_000, 36_000, 42_000)
    longer = with_settings(instance, {"duration_ms": 120_000, "ramp_end_ms": 120_000})
    assert longer.network == Network("trapezium", 250, 24_000, 36_000, 72_000, 120_000)
    assert with_settings(longer, {}) == longer


def test_networks() -> None:
    """Synthetic traces, and traces of a file or a folder."""
    synthetic = load_instance("2d-p:network=4g,mobility=bus,nominal_ms=30").network
    assert synthetic == Network("trace", mobility="bus", nominal_ms=30)
    assert with_settings(load_instance("2d-p"), {"network": synthetic}).network == synthetic


def test_networks_of_files(tmp_path: Path) -> None:
    """Traces of a file or a folder; going back to another network drops them."""
    for name, rate in (("b", 2000), ("a", 1000)):
        (tmp_path / f"{name}.csv").write_text(f"time_s,bandwidth_kbps\n0,{rate}\n1,{rate}\n")
    (tmp_path / "notes.txt").write_text("no trace")
    one = load_instance(f"2d-a:network={tmp_path / 'a.csv'}")
    trace = BandwidthTrace("a", [1000, 1000], [20, 20])
    assert one.network == Network("trace", traces=(trace,))
    both = load_instance(f"2d-a:network={tmp_path}")
    assert [trace.name for trace in both.network.traces] == ["a", "b"]
    back = with_settings(both, {"network": "stationary"})
    assert back == load_instance("2d-a")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InstanceFormatError, match=r"empty' has no bandwidth traces; put .csv or"):
        load_instance(f"2d-a:network={empty}")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("colour=red", "has no setting 'colour'; there are num_drones, duration_ms"),
        ("peak_ms=300", "peak_ms has no effect on a stationary network; add network=trapezium"),
        ("network=4g,peak_ms=300", "peak_ms has no effect on a trace network"),
        ("network=trapezium,mobility=bus", "on a trapezium network; add network=4g"),
        ("network=5g", "network is '5g'; choose stationary, trapezium, 4g, or the path"),
        ("network=7", "network is 7; choose"),
        ("network=none.csv", "There is no file 'none.csv'"),
        ("duration_ms=1500", "duration_ms is 1500; give a multiple of period_ms"),
        ("duration_ms=soon,network=trapezium", "duration_ms is 'soon'; it must be a whole number"),
        ("cloud_sigma=true", "jitter.cloud_sigma is True"),
        ("num_drones=2-4", r"num_drones is \(2, 4\); it must be a whole number"),
        ("num_drones=2,num_drones=3", "'num_drones' stands twice"),
    ],
)
def test_bad_settings(settings: str, message: str) -> None:
    """Settings that are unknown, out of range or without effect are refused."""
    with pytest.raises(DispatchlabError, match=message):
        load_instance(f"4d-a:{settings}")


def test_files_come_back(tmp_path: Path) -> None:
    """Writing and reading gives an equal instance, whatever is in it."""
    trace = BandwidthTrace("t", [1000, 0], [20, 30])
    unusual = EdgeInstance(
        "unusual", (MODEL, replace(MODEL, name="n", qoe_bonus=3.5, qoe_rate=0.25)), 7,
        duration_ms=5000, period_ms=500, network=Network("trace", traces=(trace,), nominal_ms=7),
        jitter=Jitter(0.5, 1.5, 0.0, "median"), qoe_window_ms=1000, upload_bytes=0,
        cloud_timeout_ms=99,
    )  # fmt: skip
    for instance in (unusual, load_instance("4d-a:network=trapezium")):
        path = write_instance(instance, tmp_path / f"{instance.name}.json")
        assert read_instance(path) == instance
        assert load_instance(path) == instance
        assert dump_instance(read_instance(path)) == path.read_text()
    assert load_instance(f"{path}:num_drones=2").num_drones == 2
    with pytest.raises(InstanceFormatError, match=r"extension '.csv' .* use .json"):
        write_instance(unusual, tmp_path / "x.csv")


def test_short_file() -> None:
    """What has a default may be left out; the name then is the file's."""
    models = [{"name": "m", "deadline_ms": 100, "edge_ms": 40, "cloud_ms": 60, "benefit": 50,
               "edge_cost": 1, "cloud_cost": 10}]  # fmt: skip
    data = {"format": "dispatchlab-edge", "version": 1, "models": models, "num_drones": 2}
    assert parse_instance(json.dumps(data), "stem") == EdgeInstance("stem", (MODEL,), 2)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("format",), "dispatchlab-soc", 'lacks "format": "dispatchlab-edge"; add it'),
        (("version",), 2, "the field 'version' is 2, but this release reads version 1"),
        (("num_drones",), None, "the field 'num_drones' is None; write a whole number"),
        (("num_drones",), 2.5, "the field 'num_drones' is 2.5; write a whole number"),
        (("num_drones",), 0, "num_drones is 0; it must be a whole number between"),
        (("drones",), 3, "the field 'drones' is unknown; remove it"),
        (("models",), {}, "the field 'models' is {}; write a list"),
        (("models", 0, "edge_ms"), "fast", r"the field 'models\[0\].edge_ms' is 'fast'"),
        (("models", 0, "speed"), 1, r"the field 'models\[0\].speed' is unknown"),
        (("models", 1, "name"), "HV", "name 'HV' twice"),
        (("jitter", "cloud_sigma"), "x", "the field 'jitter.cloud_sigma' is 'x'; write a number"),
        (("jitter", "cloud_sigma"), -1, "jitter.cloud_sigma is -1"),
        (("network", "kind"), 4, "the field 'network.kind' is 4; write a text"),
        (("network", "traces"), [{}], r"the field 'network.traces\[0\].bandwidth_kbps' is missing"),
        (("network", "traces"),
         [{"name": "t", "bandwidth_kbps": [1, "a"], "latency_ms": [1, 1]}],
         r"the field 'network.traces\[0\].bandwidth_kbps\[1\]' is 'a'"),
    ],
)  # fmt: skip
def test_bad_files(path: tuple[Any, ...], value: object, message: str) -> None:
    """Each error names the file and the field."""
    data = json.loads(dump_instance(load_instance("2d-p")))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InstanceFormatError, match=f"^mine.json: .*{message}"):
        parse_instance(json.dumps(data), "mine", "mine.json")


def test_missing_fields_are_named() -> None:
    """A field without default must be there."""
    whole = json.loads(dump_instance(load_instance("2d-p")))
    for key in ("models", "num_drones"):
        data = {name: value for name, value in whole.items() if name != key}
        with pytest.raises(InstanceFormatError, match=f"the field '{key}' is missing"):
            parse_instance(json.dumps(data))
    del whole["models"][2]["edge_ms"]
    with pytest.raises(InstanceFormatError, match=r"the field 'models\[2\].edge_ms' is missing"):
        parse_instance(json.dumps(whole))


def test_no_text_and_no_file(tmp_path: Path) -> None:
    """Half a file, another language and a missing file are named."""
    (tmp_path / "half.json").write_text(dump_instance(load_instance("2d-p"))[:100])
    (tmp_path / "empty.json").write_text("\n")
    for name, message in (("half", "no valid JSON"), ("empty", "is empty"), ("no", "no file")):
        with pytest.raises(InstanceFormatError, match=f"{name}.json.*{message}|{message}"):
            read_instance(tmp_path / f"{name}.json")


def test_family(tmp_path: Path) -> None:
    """Names, near names and files of this family are told from those of others."""
    mine = write_instance(load_instance("2d-p"), tmp_path / "mine.json")
    yes = [
        "4d-a",
        "4D-A",
        "17d-p",
        "4d-a:network=4g",
        "4da",
        "4d-x",
        str(mine),
        f"{mine}:network=4g",
    ]
    no = ["ft06", "la01", "top-1", "soc16-mix", "job:Top_1", "4d-a.json", "x.csv", str(tmp_path)]
    assert [name for name in yes if not is_edge_problem(name)] == []
    assert [name for name in no if is_edge_problem(name)] == []
    assert not any(is_soc_problem(name) for name in yes)
    assert not any(is_edge_problem(name) for name in soc_names())


def test_shared_errors() -> None:
    """Settings of other families are no settings here."""
    with pytest.raises(InvalidInstanceError, match="no setting 'mean_gap_us'"):
        with_settings(load_instance("2d-p"), {"mean_gap_us": 50})

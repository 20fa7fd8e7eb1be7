"""Readers and writers of the SoC family: round trips, published layouts, and broken files."""

import contextlib
import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.soc.formats import (
    FORMATS,
    detect_format,
    dump_instance,
    parse_instance,
    read_instance,
    write_instance,
)
from dispatchlab.envs.soc.instance import (
    Chip,
    Injection,
    Noise,
    OperatingPoints,
    SocInstance,
    TaskGraph,
)
from dispatchlab.envs.soc.library import instance_names, load_instance, single_job

# A diamond in the layout of WfFormat since 1.5; runtimes of one program differ.
WORKFLOW: dict[str, Any] = {
    "name": "diamond",
    "schemaVersion": "1.5",
    "workflow": {
        "specification": {
            "tasks": [
                {"name": "split", "id": "split_1", "parents": [], "children": ["work_2", "work_3"],
                 "inputFiles": ["in"], "outputFiles": ["left", "right"]},
                {"name": "work", "id": "work_2", "parents": ["split_1"], "children": ["join_4"],
                 "inputFiles": ["left", "in"], "outputFiles": ["l.out", "l.log"]},
                {"name": "work", "id": "work_3", "parents": ["split_1"], "children": ["join_4"],
                 "inputFiles": ["right"], "outputFiles": ["r.out"]},
                {"name": "join", "id": "join_4", "parents": ["work_2", "work_3"], "children": [],
                 "inputFiles": ["l.out", "r.out", "l.log"], "outputFiles": ["out"]},
            ],
            "files": [{"id": name, "sizeInBytes": size} for name, size in
                      [("in", 7), ("left", 100), ("right", 200), ("l.out", 10), ("l.log", 5),
                       ("r.out", 20), ("out", 1)]],
        },
        "execution": {
            "makespanInSeconds": 9.0,
            "executedAt": "2024-01-01T00:00:00Z",
            "tasks": [
                {"id": "split_1", "runtimeInSeconds": 0.5, "command": {"program": "split"}},
                {"id": "work_2", "runtimeInSeconds": 2.0, "command": {"program": "work"}},
                {"id": "work_3", "runtimeInSeconds": 3.0, "command": {"program": "work"}},
                {"id": "join_4", "runtimeInSeconds": 0.000001, "command": {"program": "join"}},
            ],
        },
    },
}  # fmt: skip

# The same in the layout of 1.4; 1.3 calls the fields runtime and size.
JOINT: dict[str, Any] = {
    "name": "diamond",
    "schemaVersion": "1.4",
    "workflow": {
        "makespanInSeconds": 9.0,
        "tasks": [
            {"name": "split_1", "id": "ID1", "category": "split", "runtimeInSeconds": 0.5,
             "parents": [], "children": ["work_2", "work_3"],
             "files": [{"link": "input", "name": "in", "sizeInBytes": 7},
                       {"link": "output", "name": "left", "sizeInBytes": 100},
                       {"link": "output", "name": "right", "sizeInBytes": 200}]},
            {"name": "work_2", "id": "ID2", "category": "work", "runtimeInSeconds": 2.0,
             "parents": ["split_1"], "children": ["join_4"],
             "files": [{"link": "input", "name": "left", "sizeInBytes": 100},
                       {"link": "output", "name": "l.out", "sizeInBytes": 15}]},
            {"name": "work_3", "id": "ID3", "category": "work", "runtimeInSeconds": 3.0,
             "parents": ["split_1"], "children": ["join_4"],
             "files": [{"link": "input", "name": "right", "sizeInBytes": 200},
                       {"link": "output", "name": "r.out", "sizeInBytes": 20}]},
            {"name": "join_4", "id": "ID4", "category": "join", "runtimeInSeconds": 0.000001,
             "parents": ["work_2", "work_3"], "children": [],
             "files": [{"link": "input", "name": "l.out", "sizeInBytes": 15},
                       {"link": "input", "name": "r.out", "sizeInBytes": 20}]},
        ],
    },
}  # fmt: skip

# Numbers of the example on https://userweb.cs.txstate.edu/~zz11/software/scheduling (STG layout).
STG = """
         10
          0          0          0
          1          3          1          0
          2          3          1          1
          3          4          1          1
          4          2          1          1
          5          1          1          2
          6         10          1          2
          7         20          2          3          4
          8          7          2          5          6
          9          5          2          6          7
         10          8          2          8          9
         11          0          1         10
# Standard Task Graph Set Project
#   Tasks             : 10 (+dummy tasks : 2)
"""
COSTS = "4 2\n0 0 0\n1 5 1\n0 0\n2 6 1\n 0 3\n3 0 2\n1 4\n2 7\n# status\n"
DOT = """/* a graph */
strict digraph demo {
  rankdir = LR; bandwidth=2.5
  node [shape=box, weight=4]; edge [volume=6];
  a -> b -> c [label="3"];  // label gives way to volume
  a [weight=10, kernel="load"];
  "d e" [kernel=load weight=10]
  a -> "d e" [volume=0.5];
}
"""


def message_of(text: str, format: str) -> str:
    """What the one error says that a text gives."""
    with pytest.raises(InstanceFormatError) as caught:
        parse_instance(text, format, "file")
    return str(caught.value)


def changed(data: dict[str, Any], path: str, value: object) -> str:
    """JSON text with one field replaced, or removed where the value is the ellipsis."""
    result = copy.deepcopy(data)
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    inner: Any = result
    for key in parents:
        inner = inner[key]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return json.dumps(result)


def own_data() -> dict[str, Any]:
    """A small instance of our own format with every field, as parsed JSON."""
    graph = TaskGraph.build("g", ("a", "b"), [(0, 1, 1.5)], ("x", "y"))
    chip = Chip(
        "c", ("P1", "P2"), [0, 0], ("CPU",), ("a", "b"), [[1, 2], [3, -1]],
        [[math.inf, 2.0], [math.inf, 1.0]], [[1.0, 2.0], [3.0, math.inf]],
        (OperatingPoints((1.0, 2.0), (3.0, 4.0), (5.0, 6.0)),),
    )  # fmt: skip
    trace = Injection("trace", 25.0, 2, None, 0, False, 0, ((0, 0), (7, 0)))
    instance = SocInstance("i", chip, (graph,), (1.0,), trace, Noise("lognormal", 0.5))
    text = dump_instance(instance, "json")
    assert parse_instance(text, "json") == instance
    data: dict[str, Any] = json.loads(text)
    return data


@st.composite
def instances(draw: st.DrawFn) -> SocInstance:
    """Valid instances of all shapes."""
    pes, kernels = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    times = st.integers(-1, 50)
    table = [draw(st.lists(times, min_size=pes, max_size=pes)) for _ in range(kernels)]
    for row in table:
        row[draw(st.integers(0, pes - 1))] = draw(st.integers(0, 50))
    links = st.one_of(st.floats(0.01, 1e6), st.just(math.inf))
    matrix = [[draw(links) for _ in range(pes)] for _ in range(pes)]
    memory = draw(st.booleans())
    names = tuple(f"k{k}" for k in range(kernels))
    chip = Chip(
        draw(st.sampled_from(["chip", 'c "1"', "µ\\n"])), tuple(f"P{p}" for p in range(pes)),
        draw(st.lists(st.integers(0, 1), min_size=pes, max_size=pes)), ("A", "B"), names, table,
        matrix, [[draw(links), draw(links)] for _ in range(pes)] if memory else None,
    )  # fmt: skip
    graphs = tuple(draw(graph(f"g{g}", names)) for g in range(draw(st.integers(1, 3))))
    injection = draw(
        st.sampled_from(
            [
                Injection(),
                Injection("blocked", 12.25, 7, 1000, 10, False),
                Injection("batch", num_jobs=4, horizon_us=None),
                Injection("trace", trace=((0, 0), (3, len(graphs) - 1)), horizon_us=50),
            ]
        )
    )
    noise = draw(st.sampled_from([Noise(), Noise("gaussian", 0.2), Noise("lognormal", 1 / 3)]))
    weights = np.array([draw(st.integers(1, 9)) for _ in graphs], dtype=float)
    return SocInstance("i", chip, graphs, tuple(weights / weights.sum()), injection, noise)


@st.composite
def graph(draw: st.DrawFn, name: str, kernels: tuple[str, ...]) -> TaskGraph:
    """A task graph over these kernels."""
    tasks = draw(st.integers(1, 6))
    pairs = st.tuples(st.integers(0, tasks - 1), st.integers(0, tasks - 1))
    found = {(min(p), max(p)) for p in draw(st.lists(pairs, max_size=8)) if p[0] != p[1]}
    arcs = [(a, b, draw(st.floats(0, 1000))) for a, b in sorted(found)]
    used = draw(st.lists(st.sampled_from(kernels), min_size=tasks, max_size=tasks))
    named = draw(st.booleans())
    return TaskGraph.build(name, used, arcs, [f'task "{t}"' for t in range(tasks)] if named else ())


@given(instances())
def test_json_round_trip(instance: SocInstance) -> None:
    """Our own format holds everything, to the last bit."""
    assert parse_instance(dump_instance(instance, "json"), "json") == instance


@given(graph("g", ("a", "b", "c")), st.sampled_from([1.0, 2.5, math.inf]))
def test_dot_round_trip(drawn: TaskGraph, bandwidth: float) -> None:
    """A DOT file holds one job on a chip with uniform links."""
    used = sorted(set(drawn.kernels))
    times = {"a": [3, -1], "b": [0, 7], "c": [2, 2]}
    chip = Chip("c", ("P,1", "P2"), [0, 0], ("PE",), tuple(used), [times[k] for k in used],
                np.full((2, 2), bandwidth))  # fmt: skip
    alone = Injection("batch", max_jobs=1, horizon_us=None, prefill=False, num_jobs=1)
    instance = SocInstance("g", chip, (drawn,), injection=alone)
    again = parse_instance(dump_instance(instance, "dot"), "dot")
    assert again.graphs == instance.graphs
    assert again.injection == alone
    assert again.expected_us(0).tolist() == instance.expected_us(0).tolist()
    assert again.chip.bandwidth.tolist() == chip.bandwidth.tolist()


@given(st.integers(1, 6), st.data())
def test_stg_round_trip(tasks: int, data: st.DataObject) -> None:
    """A standard task graph comes back as it was, dummy tasks included."""
    pairs = [(a, b) for b in range(tasks) for a in range(b)]
    chosen = data.draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    cost = data.draw(st.sampled_from([0, 3]))
    names = [f"k{t}" for t in range(tasks)]
    drawn = TaskGraph.build("g", names, [(a, b, cost) for a, b in chosen])
    chip = Chip("c", ("P1", "P2", "P3", "P4"), [0] * 4, ("PE",), tuple(names),
                [[t + 1] * 4 for t in range(tasks)], np.ones((4, 4)))  # fmt: skip
    alone = Injection("batch", max_jobs=1, horizon_us=None, prefill=False, num_jobs=1)
    once = parse_instance(dump_instance(SocInstance("g", chip, (drawn,), injection=alone), "stg"),
                          "stg")  # fmt: skip
    assert once.graphs[0].num_tasks == tasks + 2
    inner = (once.graphs[0].arc_from > 0) & (once.graphs[0].arc_to < tasks + 1)
    found = zip(once.graphs[0].arc_from[inner] - 1, once.graphs[0].arc_to[inner] - 1, strict=True)
    assert set(found) == set(chosen)
    assert once.expected_us(0)[:, 0].tolist() == [0, *range(1, tasks + 1), 0]
    assert parse_instance(dump_instance(once, "stg"), "stg") == once


@pytest.mark.parametrize("name", instance_names())
def test_presets_round_trip(name: str, tmp_path: Path) -> None:
    """Every preset survives our own format, through a file."""
    path = write_instance(load_instance(name), tmp_path / "preset.json")
    assert read_instance(path) == load_instance(name)


def test_wfformat_split() -> None:
    """Since 1.5: volumes are the bytes that pass, times follow the speeds 1, 1, 2 and 4."""
    instance = parse_instance(json.dumps(WORKFLOW), "wfformat")
    graph = instance.graphs[0]
    arcs = list(zip(graph.arc_from.tolist(), graph.arc_to.tolist(), graph.volume, strict=True))
    assert sorted(arcs) == [(0, 1, 100.0), (0, 2, 200.0), (1, 3, 15.0), (2, 3, 20.0)]
    assert graph.kernels == ("split", "work@2000000", "work@3000000", "join")
    assert graph.task_names == ("split_1", "work_2", "work_3", "join_4")
    assert instance.expected_us(0).tolist() == [
        [500_000, 500_000, 250_000, 125_000],
        [2_000_000, 2_000_000, 1_000_000, 500_000],
        [3_000_000, 3_000_000, 1_500_000, 750_000],
        [1, 1, 1, 1],
    ]
    assert instance.chip.bandwidth[0, 1] == 125.0
    assert instance.injection == Injection("batch", 25.0, 1, None, 0, False, 1)


def test_wfformat_joint() -> None:
    """Versions 1.3 and 1.4 give the same graph; parents are named, not numbered."""
    split = parse_instance(json.dumps(WORKFLOW), "wfformat")
    joint = parse_instance(json.dumps(JOINT), "wfformat")
    text = json.dumps(JOINT).replace("InSeconds", "").replace("InBytes", "").replace("1.4", "1.3")
    assert parse_instance(text, "wfformat").graphs == joint.graphs
    assert joint.graphs[0].kernels == split.graphs[0].kernels
    assert joint.graphs[0].volume.tolist() == split.graphs[0].volume.tolist()
    assert joint.chip == split.chip


def test_wfformat_options(tmp_path: Path) -> None:
    """Speeds and bandwidth can be chosen, or a chip that knows the programs."""
    text = json.dumps(WORKFLOW)
    fast = parse_instance(text, "wfformat", speeds=(10.0,), bandwidth=5.0)
    assert fast.expected_us(0).tolist() == [[50_000], [200_000], [300_000], [1]]
    assert fast.chip.bandwidth.tolist() == [[5.0]]
    chip = Chip("c", ("P",), [0], ("PE",), ("split", "work", "join"), [[1], [2], [3]], [[1.0]])
    path = tmp_path / "diamond.json"
    path.write_text(text)
    placed = read_instance(path, chip=chip)
    assert placed.expected_us(0).tolist() == [[1], [2], [2], [3]]
    with pytest.raises(InstanceFormatError, match="chip is given with speeds"):
        read_instance(path, chip=chip, speeds=(1.0,))
    with pytest.raises(InstanceFormatError, match="the chip is a str; give a Chip"):
        read_instance(path, chip="soc16")  # type: ignore[arg-type]
    with pytest.raises(InstanceFormatError, match=r"speeds are \(0,\)"):
        read_instance(path, speeds=(0,))
    with pytest.raises(InstanceFormatError, match="bandwidth is -1"):
        read_instance(path, bandwidth=-1)


SPLIT_ERRORS = [
    ("schemaVersion", "1.0", "'schemaVersion' is '1.0'"),
    ("schemaVersion", ..., "'schemaVersion' is missing"),
    ("workflow", 3, "'workflow' holds 3; write an object"),
    ("workflow.execution", ..., "'workflow.execution' is missing"),
    ("workflow.specification.tasks", [], "list of tasks is empty"),
    ("workflow.specification.tasks", {}, "'workflow.specification.tasks' is {}; write a list"),
    ("workflow.specification.tasks.1.id", 7, "'workflow.specification.tasks[1].id' is 7"),
    ("workflow.specification.tasks.1.id", "split_1", "'split_1' is listed twice"),
    ("workflow.specification.tasks.1.parents", ["no"], "parents of the task 'work_2' name 'no'"),
    ("workflow.specification.tasks.3.children", ["split_1"], "is cyclic"),
    ("workflow.specification.tasks.1.parents", "split_1", "parents' is 'split_1'; write a list"),
    ("workflow.specification.files.1.sizeInBytes", -4, "files[1].sizeInBytes' is -4"),
    ("workflow.specification.files.1.sizeInBytes", "4", "files[1].sizeInBytes' is '4'"),
    ("workflow.specification.files.1", ..., "'left' passes from 'split_1' to 'work_2'"),
    ("workflow.execution.tasks.2", ..., "no entry with the id 'work_3'"),
    ("workflow.execution.tasks.2.runtimeInSeconds", ..., "tasks[2].runtimeInSeconds' is missing"),
    ("workflow.execution.tasks.2.runtimeInSeconds", -1, "tasks[2].runtimeInSeconds' makes -1e+06"),
    ("workflow.execution.tasks.2.runtimeInSeconds", math.nan, "runtimeInSeconds' is nan"),
    ("workflow.execution.tasks.2.runtimeInSeconds", True, "runtimeInSeconds' is True"),
    ("workflow.execution.tasks.2.runtimeInSeconds", 10**400, "runtimeInSeconds' is 1000"),
    ("workflow.execution.tasks.2.runtimeInSeconds", 1e300, "runtimeInSeconds' makes"),
    ("name", 3, "'name' is 3; write a text"),
]


@pytest.mark.parametrize(("path", "value", "message"), SPLIT_ERRORS)
def test_wfformat_bad_fields(path: str, value: object, message: str) -> None:
    """A missing or wrong field is named with its place, and the file with it."""
    found = message_of(changed(WORKFLOW, path, value), "wfformat")
    assert message in found
    assert found.startswith("file (read as wfformat): ")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("workflow.tasks.1.name", ..., "'workflow.tasks[1].name' is missing"),
        ("workflow.tasks.1.runtimeInSeconds", ..., "tasks[1].runtimeInSeconds' is missing"),
        ("workflow.tasks.1.files.0.link", "both", "files[0].link' is 'both'"),
        ("workflow.tasks.1.files.0.sizeInBytes", ..., "files[0].sizeInBytes' is missing"),
        ("workflow.tasks", ..., "'workflow.tasks' is missing"),
    ],
)
def test_wfformat_bad_joint_fields(path: str, value: object, message: str) -> None:
    """The older layout is read as strictly."""
    assert message in message_of(changed(JOINT, path, value), "wfformat")


@pytest.mark.parametrize("data", [WORKFLOW, JOINT])
def test_truncated_workflow(data: dict[str, Any]) -> None:
    """A file cut anywhere gives one sentence that names file and place, never anything else."""
    text = json.dumps(data)
    for cut in range(0, len(text) - 1, 7):
        assert message_of(text[:cut], "wfformat").startswith("file (read as wfformat): it is no")


@settings(max_examples=200)
@given(st.integers(0, 10_000), st.sampled_from(["x", "-1", "{", "]", '"', ",", " ", "9e999", "ß"]))
def test_damaged_files(at: int, junk: str) -> None:
    """Damage anywhere is read as something valid or refused in one sentence."""
    own = dump_instance(load_instance("top-3"), "json")
    for format, text in (("wfformat", json.dumps(WORKFLOW)), ("stg", STG), ("stg", COSTS),
                         ("dot", DOT), ("json", own)):  # fmt: skip
        place = at % len(text)
        damaged = text[:place] + junk + text[place + 1 :]
        with contextlib.suppress(InstanceFormatError):
            parse_instance(damaged, format)
            continue
        message = message_of(damaged, format)
        assert message.endswith(".")
        assert "\n" not in message


OWN_ERRORS = [
    ("format", "other", 'lacks "format": "dispatchlab-soc"'),
    ("version", 2, "'version' is 2, but this release reads version 1"),
    ("chip", ..., "'chip' is missing"),
    ("extra", 1, "'extra' is unknown"),
    ("chip.pes", ["P1", 2], "'chip.pes[1]' is 2; write a text"),
    ("chip.exec_us.a", [1], "'chip.exec_us.a' has 1 entries; write 2"),
    ("chip.exec_us.a", [1, 2.5], "'chip.exec_us.a[1]' is 2.5; write a whole number"),
    ("chip.exec_us.a", [1, -2], "kernel 'a' on 'P2' is -2"),
    ("chip.bandwidth", [[1, 1]], "bandwidth of shape (1, 2)"),
    ("chip.bandwidth", [[1, 1], [1, None]], "'chip.bandwidth[1][1]' is None"),
    ("chip.cluster", [0, True], "'chip.cluster[1]' is True"),
    ("chip.operating_points.0.voltage_mv", "3", "operating_points[0].voltage_mv' is '3'"),
    ("chip.operating_points.0.is_placeholder", 1, "is_placeholder' is 1; write true or false"),
    ("graphs.0.arcs", [[0, 1]], "'graphs[0].arcs[0]' has 2 entries; write 3"),
    ("graphs.0.arcs", [[0, 1, "x"]], "'graphs[0].arcs[0][2]' is 'x'"),
    ("graphs.0.arcs", [[0, 5, 1]], "arc_to[0] is 5"),
    ("graphs.0.kernels", ["a", "q"], "kernel 'q' of task 1 of the graph 'g'"),
    ("graphs", "g", "'graphs' is 'g'; write a list"),
    ("probabilities", [0.3], "sum to 0.3"),
    ("injection.mode", "lossy", "horizon_us is missing"),
    ("injection.prefill", 0, "'injection.prefill' is 0; write true or false"),
    ("injection.max_jobs", 1.5, "'injection.max_jobs' is 1.5"),
    ("injection.speed", 1, "'injection.speed' is unknown"),
    ("injection.trace", [[3]], "'injection.trace[0]' has 1 entries; write 2"),
    ("noise.std", "big", "'noise.std' is 'big'"),
    ("noise.kind", "loud", "noise.kind is 'loud'"),
]


@pytest.mark.parametrize(("path", "value", "message"), OWN_ERRORS)
def test_own_bad_fields(path: str, value: object, message: str) -> None:
    """A missing, unknown or wrong field of our own format is named with its place."""
    assert message in message_of(changed(own_data(), path, value), "json")


def test_own_defaults_and_repeats() -> None:
    """What may be left out has its default; a key that stands twice is refused."""
    data = own_data()
    for key in ("probabilities", "injection", "noise", "name"):
        del data[key]
    instance = parse_instance(json.dumps(data), "json", "short")
    assert (instance.name, instance.injection, instance.noise) == ("short", Injection(), Noise())
    assert "'name' stands twice" in message_of('{"name": 1, "name": 2}', "json")
    with pytest.raises(InstanceFormatError, match="leave out chip"):
        parse_instance(json.dumps(data), "json", speeds=(1,))


def test_stg() -> None:
    """The published example: ten tasks and two dummies, identical processors."""
    instance = parse_instance(STG, "stg")
    graph = instance.graphs[0]
    assert graph.num_tasks == 12
    assert instance.expected_us(0)[:, 0].tolist() == [0, 3, 3, 4, 2, 1, 10, 20, 7, 5, 8, 0]
    assert instance.chip.num_pes == 4
    assert sorted(zip(graph.arc_from.tolist(), graph.arc_to.tolist(), strict=True))[-4:] == [
        (7, 9), (8, 10), (9, 10), (10, 11),
    ]  # fmt: skip
    assert parse_instance(STG, "stg", speeds=(1, 2)).expected_us(0)[7].tolist() == [20, 10]


def test_stg_with_costs() -> None:
    """Costs stand on their own lines or behind each predecessor; the header counts processors."""
    instance = parse_instance(COSTS, "stg")
    assert instance.graphs[0].volume.tolist() == [0, 3, 4, 7]
    assert instance.chip.num_pes == 2
    flat = "4 2\n0 0 0\n1 5 1 0 0\n2 6 1 0 3\n3 0 2 1 4 2 7\n"
    assert parse_instance(flat, "stg") == instance
    assert parse_instance(dump_instance(instance, "stg"), "stg") == instance


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no numbers"),
        ("three\n", "line 1 holds 'three'"),
        ("1 2 3\n", "line 1 should hold the number of tasks"),
        ("0\n", "line 1 should hold the number of tasks"),
        ("1 9999\n0 1 0\n", "asks for 9999 processors"),
        ("3\n0 1 0\n", "line 1 announces 3 tasks"),
        ("2\n0 1 0\n2 1 0\n", "line 3 should begin with task 1"),
        ("2\n0 1 0\n1 1\n", "line 3 should begin with task 1"),
        ("2\n0 1 0\n1 -1 0\n", "line 3 holds '-1'"),
        ("2\n0 1 0\n1 1.5 0\n", "line 3 holds '1.5'"),
        ("2\n0 1 0\n1 1 2 0\n", "line 3 has 2 predecessors, but 1 numbers"),
        ("2\n0 1 0\n1 1 1 5\n", "arc_from[0] is 5"),
        ("2\n0 1 1 1\n1 1 1 0\n", "is cyclic"),
        ("3\n0 1 0\n1 1 1 0\n2 1 1 0 4\n", "line 4 gives communication costs, but line 3"),
        ("2\n0 1 0\n1 1 1\n0 1 2\n", "line 4 should hold a predecessor and its communication"),
        ("2\n0 1 0\n1 1 2\n0 1\n", "line 3 has 2 predecessors, but 2 numbers"),
        ("1\n0 999999999999 0\n", "the time of task 0 makes 1e+12"),
    ],
)
def test_bad_stg(text: str, message: str) -> None:
    """Every fault of a standard task graph is named with its line."""
    assert message in message_of(text, "stg")


def test_dot() -> None:
    """Weights, defaults, kernels and chains of edges; other attributes are skipped."""
    instance = parse_instance(DOT, "dot")
    graph = instance.graphs[0]
    assert (instance.name, graph.task_names) == ("demo", ("a", "b", "c", "d e"))
    assert graph.kernels == ("load", "b", "c", "load")
    assert instance.expected_us(0).tolist() == [[10] * 4, [4] * 4, [4] * 4, [10] * 4]
    assert graph.volume.tolist() == [6.0, 6.0, 0.5]
    assert instance.chip.bandwidth[0, 1] == 2.5


def test_dot_writes_the_execution_table() -> None:
    """The canonical example keeps graph, times and the names of its elements."""
    job = single_job("Top_1")
    again = parse_instance(dump_instance(job, "dot"), "dot")
    assert again.graphs == job.graphs
    assert again.chip.exec_us.tolist() == job.chip.exec_us.tolist()
    assert again.chip.pe_names == ("P1", "P2", "P3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: a directed graph begins with the word digraph, but the file ends"),
        ("graph { a -- b }", "begins with the word digraph"),
        ("digraph { a -- b }", "edges of a directed graph are written ->"),
        ("digraph { }", "has no nodes"),
        ("digraph { a -> b", "the file ends"),
        ("digraph { a [weight=1] } x", "should end after its first graph"),
        ("digraph { a }", "the node 'a' has neither weight nor exec_us"),
        ("digraph { a [weight=x] }", "the node 'a' has weight 'x'"),
        ("digraph { a [weight=-1] }", "the weight of the node 'a' makes -1"),
        ('digraph { a [exec_us="1,x"] }', "the node 'a' has exec_us 'x'"),
        ('digraph { a [exec_us="1,2.5"] }', "has exec_us '1,2.5'"),
        ('digraph { a [exec_us="1,2"] b [exec_us="1"] }', "the node 'b' has times for 1"),
        ("digraph { node [weight=1] a -> b [volume=q] }", "edge 'a' -> 'b' has volume 'q'"),
        ("digraph { node [weight=1] a -> b -> a }", "is cyclic: 0 (a) -> 1 (b) -> 0 (a)"),
        ("digraph { node [weight=1] a -> b a -> b }", "arc 0 -> 1 is given twice"),
        ("digraph { node [weight=1] a:n -> b }", "ports are not read"),
        ("digraph {\n subgraph c { a } }", "line 2: subgraphs are not read"),
        ("digraph { a [label=<b>] }", "line 1 holds '<b>"),
        ('digraph { "a }', "close quotes"),
        ("digraph { bandwidth=0; a [weight=1] }", "bandwidth of the graph is 0"),
        ('digraph { pes="A,B"; a [weight=1] }', "names 2 pes, but its nodes have times for 4"),
    ],
)
def test_bad_dot(text: str, message: str) -> None:
    """Every fault of a DOT text is named with its line, node or edge."""
    assert message in message_of(text, "dot")


@pytest.mark.parametrize(
    ("name", "format", "message"),
    [
        ("top-1", "dot", "no place for the stream of jobs (the injection 'lossy') of 'top-1'"),
        ("top-mix", "stg", "no place for the 10 graphs"),
        ("job:SC-T", "dot", "no place for the 2 different bandwidths"),
        ("job:Top_1", "stg", "the execution times of 'Top_1' would be lost"),
        ("job:Top_1", "wfformat", "is only read"),
        ("job:Top_1", "yaml", "The format 'yaml' is unknown; choose one of json, wfformat"),
    ],
)
def test_what_would_be_lost(name: str, format: str, message: str) -> None:
    """A format that cannot hold a problem says what it would lose."""
    with pytest.raises(InstanceFormatError) as caught:
        dump_instance(load_instance(name), format)
    assert message in str(caught.value)


def test_noise_and_memory_would_be_lost() -> None:
    """Neither has a place in a plain graph."""
    job = single_job("Top_1")
    with pytest.raises(InstanceFormatError, match="the noise"):
        dump_instance(job.with_noise("gaussian", 0.1), "dot")
    data = json.loads(dump_instance(job, "json"))
    data["chip"]["memory_bandwidth"] = [[1, 1]] * 3
    with pytest.raises(InstanceFormatError, match="the shared memory"):
        dump_instance(parse_instance(json.dumps(data), "json"), "dot")


def test_detection() -> None:
    """The extension decides where it can, else the content."""
    own = dump_instance(single_job("SC-T"), "json")
    texts = {"json": own, "wfformat": json.dumps(WORKFLOW), "stg": STG, "dot": DOT.split("*/")[1]}
    assert {format: detect_format(text) for format, text in texts.items()} == {
        f: f for f in FORMATS
    }
    assert detect_format(texts["wfformat"], ".json") == "wfformat"
    assert [detect_format("?", suffix) for suffix in (".stg", ".gv")] == ["stg", "dot"]


def test_files(tmp_path: Path) -> None:
    """Missing, empty and binary files, and unknown extensions, are named."""
    (tmp_path / "empty.stg").write_text(" \n")
    (tmp_path / "binary.stg").write_bytes(b"\xff\xfe\x00")
    for name, message in (("none.stg", "no file"), ("empty.stg", "is empty"),
                          ("binary.stg", "is no UTF-8 text"), ("", "is a folder")):  # fmt: skip
        with pytest.raises(InstanceFormatError, match=message):
            read_instance(tmp_path / name)
    with pytest.raises(InstanceFormatError, match=r"'.txt' of .* belongs to no format"):
        write_instance(single_job("SC-T"), tmp_path / "x.txt")
    (tmp_path / "broken.stg").write_text("2\n0 1 0\n")
    with pytest.raises(InstanceFormatError, match=r"broken\.stg \(read as stg\): line 1"):
        read_instance(tmp_path / "broken.stg")

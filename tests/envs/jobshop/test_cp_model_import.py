"""CP-SAT models as the OR-Tools documentation writes them become encodings."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.jobshop.cp_model_import import from_cp_model

cp_model = pytest.importorskip("ortools.sat.python.cp_model")

from tests.envs.jobshop.cp_models import optimum, solved  # noqa: E402

# Jobs of (machine, duration), and jobs of alternatives (duration, machine).
SHOP = [[(0, 3), (1, 2), (2, 2)], [(0, 2), (2, 1), (1, 4)], [(1, 4), (2, 3)]]
FLEXIBLE = [
    [[(3, 0), (1, 1), (5, 2)], [(2, 0), (4, 1), (6, 2)], [(2, 0), (3, 1), (1, 2)]],
    [[(2, 0), (3, 1), (4, 2)], [(1, 0), (5, 1), (4, 2)], [(2, 0), (1, 1), (4, 2)]],
    [[(2, 0), (1, 1), (4, 2)], [(2, 0), (3, 1), (4, 2)], [(3, 0), (1, 1), (5, 2)]],
]


def shop_model(horizon: int = 21) -> "cp_model.CpModel":
    """A job shop as the OR-Tools documentation writes it."""
    model = cp_model.CpModel()
    machines: dict[int, list[Any]] = {}
    ends = []
    for j, job in enumerate(SHOP):
        previous = None
        for t, (machine, duration) in enumerate(job):
            start = model.NewIntVar(0, horizon, f"start_{j}_{t}")
            end = model.NewIntVar(0, horizon, f"end_{j}_{t}")
            interval = model.NewIntervalVar(start, duration, end, f"interval_{j}_{t}")
            machines.setdefault(machine, []).append(interval)
            if previous is not None:
                model.Add(start >= previous)
            previous = end
        ends.append(previous)
    for intervals in machines.values():
        model.AddNoOverlap(intervals)
    makespan = model.NewIntVar(0, horizon, "makespan")
    model.AddMaxEquality(makespan, ends)
    model.Minimize(makespan)
    return model


def test_job_shop_of_the_documentation() -> None:
    """The documentation's job shop: structure, names and the published optimum of 11."""
    encoding = from_cp_model(shop_model(), "docs")
    assert (encoding.name, encoding.objective) == ("docs", "makespan")
    assert encoding.job.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert encoding.mode_duration.tolist() == [3, 2, 2, 2, 1, 4, 4, 3]
    assert encoding.use_resource.tolist() == [0, 1, 2, 0, 2, 1, 1, 2]
    assert encoding.arc_lag.tolist() == [0] * 5
    assert encoding.arc_from_start.tolist() == [0] * 5
    assert encoding.activity_names[0] == "interval_0_0"
    assert solved(encoding) == 11


@pytest.mark.parametrize("suffix", ["pb", "pbtxt"])
def test_model_files(suffix: str, tmp_path: Path) -> None:
    """An exported file, as a string or a Path, gives the encoding of the model itself."""
    path = tmp_path / f"model.{suffix}"
    shop_model().export_to_file(str(path))
    assert from_cp_model(path) == from_cp_model(str(path)) == from_cp_model(shop_model())


def test_parsed_message(tmp_path: Path) -> None:
    """A parsed protobuf message gives the encoding of the model itself."""
    from ortools.sat import cp_model_pb2

    shop_model().export_to_file(str(tmp_path / "model.pb"))
    message = cp_model_pb2.CpModelProto()
    message.ParseFromString((tmp_path / "model.pb").read_bytes())
    assert from_cp_model(message) == from_cp_model(shop_model())


def test_import_leaves_the_model_alone() -> None:
    """The model solves to the same optimum after the import."""
    model = shop_model()
    from_cp_model(model)
    assert optimum(model) == 11


def test_static_horizon() -> None:
    """A horizon below the sum of durations (21) passes where a greedy schedule keeps it."""
    assert solved(from_cp_model(shop_model(horizon=16))) == 11


def flexible_model(idiom: str) -> "cp_model.CpModel":
    """The documentation's flexible job shop, alternatives in one of three idioms."""
    model = cp_model.CpModel()
    horizon = sum(max(d for d, _ in task) for job in FLEXIBLE for task in job)
    machines: dict[int, list[Any]] = {}
    ends = []
    for job in FLEXIBLE:
        previous = None
        for task in job:
            start = model.new_int_var(0, horizon, "start")
            end = model.new_int_var(0, horizon, "end")
            sizes = [d for d, _ in task]
            size = model.new_int_var(min(sizes), max(sizes), "duration")
            presences = [model.new_bool_var("presence") for _ in task]
            model.add(sum(presences) == 1)
            if idiom != "shared start":
                model.new_interval_var(start, size, end, "master")
            for presence, (duration, machine) in zip(presences, task, strict=True):
                local_start, local_end = start, end
                if idiom == "local copies":
                    local_start = model.new_int_var(0, horizon, "local start")
                    local_end = model.new_int_var(0, horizon, "local end")
                    model.add(start == local_start).only_enforce_if(presence)
                    model.add(end == local_end).only_enforce_if(presence)
                if idiom != "shared start":
                    model.add(size == duration).only_enforce_if(presence)
                length = size if idiom == "variable size" else duration
                alternative = model.new_optional_interval_var(
                    local_start, length, local_end, presence, "alternative"
                )
                machines.setdefault(machine, []).append(alternative)
            if previous is not None:
                model.add(start >= previous)
            previous = end
        ends.append(previous)
    for intervals in machines.values():
        model.add_no_overlap(intervals)
    makespan = model.new_int_var(0, horizon, "makespan")
    model.add_max_equality(makespan, ends)
    model.minimize(makespan)
    return model


@pytest.mark.parametrize("idiom", ["local copies", "shared start", "variable size"])
def test_flexible_job_shop_of_the_documentation(idiom: str) -> None:
    """Each idiom of alternatives gives three modes per activity and the optimum of 6."""
    encoding = from_cp_model(flexible_model(idiom))
    assert (encoding.num_activities, encoding.num_modes, encoding.num_resources) == (9, 27, 3)
    durations = sorted(encoding.mode_duration[:3].tolist())
    assert durations == [1, 3, 5]
    assert optimum(flexible_model(idiom)) == solved(encoding) == 6


def project_model(style: str) -> "cp_model.CpModel":
    """Four activities on a cumulative of capacity 2, the second in two recipes."""
    model = cp_model.CpModel()
    horizon = 30
    recipes = [[(3, 1)], [(4, 2), (7, 1)], [(2, 2)], [(3, 1)]]
    starts, ends, intervals, demands = [], [], [], []
    for options in recipes:
        start, end = (model.new_int_var(0, horizon, n) for n in ("start", "end"))
        literals = [model.new_bool_var("recipe") for _ in options]
        model.add_exactly_one(literals)
        size = model.new_int_var_from_domain(
            cp_model.Domain.from_values([d for d, _ in options]), "size"
        )
        demand = model.new_int_var_from_domain(
            cp_model.Domain.from_values([q for _, q in options]), "demand"
        )
        for literal, (d, q) in zip(literals, options, strict=True):
            model.add(size == d).only_enforce_if(literal)
            model.add(demand == q).only_enforce_if(literal)
        intervals.append(model.new_interval_var(start, size, end, "task"))
        starts.append(start)
        ends.append(end)
        demands.append(demand)
    model.add(starts[2] >= ends[0])
    model.add(starts[3] >= ends[1])
    makespan = model.new_int_var(0, horizon, "makespan")
    if style == "interval":
        room = model.new_int_var(1, horizon, "room")
        rest = model.new_interval_var(makespan, room, model.new_constant(horizon + 1), "rest")
        model.add_cumulative([*intervals, rest], [*demands, 2], 2)
        model.add(makespan >= ends[2])
    else:
        model.add_cumulative(intervals, demands, 2)
    if style == "sink":
        sink = model.new_interval_var(makespan, 0, makespan, "sink")
        assert sink is not None
    if style != "interval":
        model.add(makespan >= ends[2])
        model.add(ends[3] <= makespan)
    model.minimize(makespan)
    return model


@pytest.mark.parametrize("style", ["variable", "sink", "interval"])
def test_project_of_the_documentation(style: str) -> None:
    """Recipes with demands on a cumulative; the makespan in three styles.

    By hand: work 3 + 7 + 4 + 3 = 17 units with the cheap recipe need 9 time units of capacity 2;
    the chain 7 + 3 = 10 binds. With the other recipe, 3 + 8 + 4 + 3 = 18 units need 9, and
    recipe (4, 2) first, then (3, 1) beside (3, 1), then (2, 2) takes 4 + 3 + 2 = 9.
    """
    encoding = from_cp_model(project_model(style))
    assert encoding.resource_capacity.tolist() == [2]
    assert encoding.num_activities == (5 if style == "sink" else 4)
    assert optimum(project_model(style)) == solved(encoding) == 9


def setup_model(*, objective: str = "makespan") -> "cp_model.CpModel":
    """Three activities of length 2, 3, 4 on one machine with set-ups, node 0 the dummy."""
    model = cp_model.CpModel()
    durations, setup, first = [2, 3, 4], [[0, 9, 1], [1, 0, 9], [9, 1, 0]], [0, 2, 5]
    starts = [model.new_int_var(0, 60, f"s{i}") for i in range(3)]
    intervals = [
        model.new_fixed_size_interval_var(s, d, "run")
        for s, d in zip(starts, durations, strict=True)
    ]
    ends = [s + d for s, d in zip(starts, durations, strict=True)]
    model.add_no_overlap(intervals)
    arcs = []
    for i in range(3):
        begins = model.new_bool_var(f"first {i}")
        arcs += [(0, i + 1, begins), (i + 1, 0, model.new_bool_var(f"last {i}"))]
        model.add(starts[i] >= first[i]).only_enforce_if(begins)
        for j in range(3):
            if i != j:
                follows = model.new_bool_var(f"{j} after {i}")
                arcs.append((i + 1, j + 1, follows))
                model.add(starts[j] >= ends[i] + setup[i][j]).only_enforce_if(follows)
    model.add_circuit(arcs)
    makespan = model.new_int_var(0, 60, "makespan")
    model.add_max_equality(makespan, ends)
    model.minimize(makespan if objective == "makespan" else sum(ends))
    return model


def test_setups_by_circuit() -> None:
    """Set-ups and initial set-ups of a circuit end up in the matrix; 0, 2, 1 takes 11."""
    encoding = from_cp_model(setup_model())
    matrix = encoding.setup_matrix(0)
    assert matrix.tolist() == [[0, 9, 1], [1, 0, 9], [9, 1, 0], [0, 2, 5]]
    # 2, then set-up 1 and 4, then set-up 1 and 3.
    assert optimum(setup_model()) == solved(encoding) == 11


def test_redundant_parts_change_nothing() -> None:
    """Hints, strategies, unused variables, duplicates and implied bounds leave no trace."""
    plain, model = shop_model(), shop_model()
    makespan = next(
        model.get_int_var_from_proto_index(v)
        for v in range(len(model.Proto().variables))
        if model.Proto().variables[v].name == "makespan"
    )
    start, end = (model.get_int_var_from_proto_index(v) for v in (0, 1))
    model.add_hint(start, 0)
    model.add_decision_strategy([start], cp_model.CHOOSE_FIRST, cp_model.SELECT_MIN_VALUE)
    model.new_bool_var("unused")
    unused = [model.new_bool_var("unused") for _ in range(2)]
    model.add_implication(unused[0], unused[1])
    model.add(makespan >= end)
    model.add(makespan >= 7)
    model.add(end - start >= 3)
    assert from_cp_model(model) == from_cp_model(plain)


def test_large_model_is_quick() -> None:
    """A 15 by 15 job shop keeps its data; every arc and use is there once."""
    model = cp_model.CpModel()
    rng = np.random.default_rng(0)
    machines: dict[int, list[Any]] = {}
    ends = []
    for _ in range(15):
        job = []
        for machine in rng.permutation(15).tolist():
            start = model.new_int_var(0, 30_000, "s")
            interval = model.new_fixed_size_interval_var(start, int(rng.integers(1, 99)), "i")
            machines.setdefault(machine, []).append(interval)
            job.append((start, interval))
        for (_, before), (after, _) in pairwise(job):
            model.add(after >= before.end_expr())
        ends.append(job[-1][1].end_expr())
    for intervals in machines.values():
        model.add_no_overlap(intervals)
    makespan = model.new_int_var(0, 30_000, "makespan")
    model.add_max_equality(makespan, ends)
    model.minimize(makespan)
    encoding = from_cp_model(model)
    assert (encoding.num_activities, encoding.num_arcs, encoding.num_jobs) == (225, 210, 15)
    assert np.bincount(encoding.use_resource).tolist() == [15] * 15

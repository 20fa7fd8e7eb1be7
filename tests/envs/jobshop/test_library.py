"""Tests of the benchmark library."""

from pathlib import Path

import numpy as np
import pytest

from dispatchlab.envs.core.errors import InstanceFormatError, InvalidInstanceError
from dispatchlab.envs.jobshop.formats import write_instance
from dispatchlab.envs.jobshop.library import (
    Bounds,
    best_known,
    instance_names,
    instance_set,
    load_instance,
)


def work_bound(name: str) -> int:
    """A lower bound on the makespan: the longest job, and the busiest machine where it is fixed."""
    encoding = load_instance(name)
    shortest = np.minimum.reduceat(encoding.mode_duration, encoding.mode_ptr[:-1])
    jobs = np.bincount(encoding.job, weights=shortest).max()
    if encoding.num_modes > encoding.num_activities:
        return int(jobs)
    machines = np.bincount(encoding.use_resource, weights=shortest)
    return int(max(jobs, machines.max()))


def test_every_benchmark_loads_and_has_consistent_bounds() -> None:
    """All 244 instances load, and no upper bound is below what the data imply."""
    names = instance_names()
    assert len(names) == len(set(names)) == 244
    for name in names:
        bounds = best_known(name)
        assert bounds is not None
        assert bounds.lower <= bounds.upper
        assert load_instance(name).name == name
        if name != "demo-rcpsp":
            assert bounds.upper >= work_bound(name)


@pytest.mark.parametrize(
    ("name", "jobs", "machines", "optimum"),
    [
        ("ft06", 6, 6, 55),
        ("ft10", 10, 10, 930),
        ("la01", 10, 5, 666),
        ("ta01", 15, 15, 1231),
        ("mk01", 10, 6, 40),
    ],
)
def test_sizes_and_published_optima(name: str, jobs: int, machines: int, optimum: int) -> None:
    """Sizes and optima are the published ones."""
    encoding = load_instance(name)
    assert (encoding.num_jobs, encoding.num_resources) == (jobs, machines)
    assert best_known(name) == Bounds(optimum, optimum)


def test_first_job_of_ft06() -> None:
    """The data are the published ones: first job of Fisher and Thompson's 6x6."""
    encoding = load_instance("ft06")
    assert encoding.use_resource[:6].tolist() == [2, 0, 1, 3, 5, 4]
    assert encoding.mode_duration[:6].tolist() == [1, 3, 6, 7, 3, 6]


def test_first_job_of_mk01() -> None:
    """Machines of the Brandimarte files are read from 0: two alternatives, then three."""
    encoding = load_instance("mk01")
    assert encoding.mode_ptr[:3].tolist() == [0, 2, 5]
    assert encoding.use_resource[:5].tolist() == [0, 2, 4, 2, 1]
    assert encoding.mode_duration[:5].tolist() == [5, 4, 3, 5, 1]


def test_demo_project() -> None:
    """The project has two shared resources; its best-known value is proven."""
    demo = load_instance("demo-rcpsp")
    assert demo.resource_capacity.tolist() == [4, 3]
    assert best_known("demo-rcpsp") == Bounds(20, 20)


def test_demo_optimum_is_proven_by_cp_sat() -> None:
    """CP-SAT proves the optimum of the demo project."""
    cp_model = pytest.importorskip("ortools.sat.python.cp_model")
    demo, model = load_instance("demo-rcpsp"), cp_model.CpModel()
    duration = demo.mode_duration.tolist()
    start = [model.new_int_var(0, sum(duration), "") for _ in duration]
    interval = [
        model.new_fixed_size_interval_var(s, d, "") for s, d in zip(start, duration, strict=True)
    ]
    for pred, succ in zip(demo.arc_from, demo.arc_to, strict=True):
        model.add(start[succ] >= start[pred] + duration[pred])
    for resource, capacity in enumerate(demo.resource_capacity.tolist()):
        uses = np.flatnonzero(demo.use_resource == resource)
        model.add_cumulative(
            [interval[demo.use_mode[u]] for u in uses], demo.use_demand[uses].tolist(), capacity
        )
    model.minimize(start[-1])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    assert solver.objective_value == 20


@pytest.mark.parametrize(
    ("name", "size"),
    [("ta", 80), ("ta15x15", 10), ("ta100x20", 10), ("la", 40), ("la10x5", 5), ("ft", 3),
     ("abz", 5), ("orb", 10), ("swv", 20), ("yn", 4), ("mk", 15), ("edata", 66), ("TA20x15", 10)],
)  # fmt: skip
def test_sets(name: str, size: int) -> None:
    """Sets have their published sizes and hold instances of one size where one is given."""
    members = instance_set(name)
    assert len(members) == size
    assert set(members) <= set(instance_names())
    if name == "ta15x15":
        assert members == [f"ta{i:02d}" for i in range(1, 11)]


def test_names_by_prefix() -> None:
    """Names are listed in natural order."""
    assert instance_names("ft") == [
        "ft06",
        "ft10",
        "ft20",
        "ft06_edata",
        "ft10_edata",
        "ft20_edata",
    ]
    orb = instance_names("orb1")
    assert orb == ["orb10", "orb1_edata", "orb10_edata"]
    assert instance_names("nothing") == []


def test_benchmarks_are_shared() -> None:
    """A benchmark is loaded once; names are not case-sensitive."""
    assert load_instance("ta01") is load_instance("TA01")
    encoding = load_instance("ft06")
    assert load_instance(encoding) is encoding


def test_files_are_loaded_too(tmp_path: Path) -> None:
    """A path works wherever a name does, and files are read anew."""
    path = write_instance(load_instance("ft06"), tmp_path / "mine.jsp")
    assert load_instance(path) == load_instance("ft06")
    write_instance(load_instance("la01"), path)
    assert load_instance(str(path)) == load_instance("la01")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ft6", "named 'ft6'; did you mean ft06.*or give the path of a file"),
        ("la1", "did you mean la01"),
        ("zzzzz", "dispatchlab envs --instances` lists them, or give the path"),
        ("missing.fjs", "There is no file 'missing.fjs'"),
        ("folder/x", "There is no file 'folder/x'"),
    ],
)
def test_unknown_instances(name: str, message: str) -> None:
    """The error names the value, what resembles it, and that a path is accepted."""
    with pytest.raises(InstanceFormatError, match=message):
        load_instance(name)


@pytest.mark.parametrize("name", ["tai", "ta7x7", "", "15x15", "la10 x5"])
def test_unknown_sets(name: str) -> None:
    """Unknown sets are named, with those there are."""
    with pytest.raises(InvalidInstanceError, match="choose one of ft, la"):
        instance_set(name)


def test_no_bounds_for_strangers() -> None:
    """Bounds of an unknown name are None."""
    assert best_known("mine") is None

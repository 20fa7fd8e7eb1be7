"""Tests of several processes: the same rows, and losses that are told in a sentence."""

import os
from pathlib import Path

import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.compare import compare
from dispatchlab.eval.edge_cases import edge_cases
from dispatchlab.eval.methods import make_methods
from dispatchlab.eval.methods.parse_edge import make_edge_methods
from dispatchlab.eval.running.engines import ThisProcess, make_engine
from dispatchlab.eval.running.processes import ONE_THREAD, Processes
from dispatchlab.eval.running.workbench import WorkerLostError
from dispatchlab.eval.summary import summarise
from dispatchlab.eval.table import legend
from tests.eval.running.helpers import (
    make_killer,
    make_refuser,
    schedules,
    tiny_cases,
    without_times,
)


def test_same_rows(tmp_path: Path) -> None:
    """Two processes find what one finds, in the same order, and go on where another stopped."""
    cases = edge_cases(["2d-p:duration_ms=2000"], seeds=2)
    names = ["edf", "random", "dems:preset=code"]
    alone = compare(make_edge_methods(names), cases)
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    shared = compare(
        make_edge_methods(names), cases, engine=make_engine(processes=2), keep=tmp_path
    )
    assert without_times(shared) == without_times(alone)
    assert (alone.loads, shared.loads) == (["1 process"], ["2 processes"])
    assert legend(shared, summarise(shared))[-1] == "Times were taken with 2 processes at work."
    assert schedules(shared) == schedules(alone)
    assert {name: os.environ.get(name) for name in ONE_THREAD} == before
    assert len(list(tmp_path.glob("results/*/*.json"))) == 6
    assert len(list(tmp_path.glob("bounds/*.json"))) == 2


@pytest.mark.slow
def test_a_process_that_dies(tmp_path: Path) -> None:
    """The sentence says what it was computing; the rest is kept, and the same call goes on."""
    marker, cases = tmp_path / "marker", tiny_cases(range(6))
    methods = [*make_methods(["spt"]), make_killer(marker)]
    with pytest.raises(WorkerLostError) as caught:
        compare(methods, cases, engine=Processes(2), keep=tmp_path / "kept")
    told = str(caught.value)
    assert "was killed by signal 9 (SIGKILL) while it computed killer on tiny, seed 1" in told
    assert f"what was finished is kept in '{tmp_path / 'kept'}'" in told
    kept = set((tmp_path / "kept").glob("results/001-spt/*.json"))
    assert len(kept) == 6
    again = compare(methods, cases, engine=Processes(2), keep=tmp_path / "kept")
    assert without_times(again) == without_times(compare(methods, cases))
    with pytest.raises(WorkerLostError, match="--keep"):
        compare([make_killer(marker, always=True)], cases, engine=Processes(2))


@pytest.mark.slow
def test_errors_of_methods(tmp_path: Path) -> None:
    """What a method raises in a process is raised here; what others had begun is kept."""
    with pytest.raises(DispatchlabError, match=r"^Seed 1 is not for me; take another\.$"):
        compare([make_refuser()], tiny_cases(), engine=Processes(2), keep=tmp_path)
    assert (tmp_path / "results" / "001-refuser" / "000001-tiny-0.json").exists()


def test_engines() -> None:
    """One process is this one; what makes no sense is refused with the value."""
    assert isinstance(make_engine(), ThisProcess)
    assert isinstance(make_engine("local", 2), Processes)
    for arguments, told in (
        (("cluster",), "'cluster'"), (("local", -1), "-1"), (("local", 9999), "9999"),
        (("local", 2, "auto"), "'auto'"),
    ):  # fmt: skip
        with pytest.raises(DispatchlabError, match=told):
            make_engine(*arguments)  # type: ignore[arg-type]

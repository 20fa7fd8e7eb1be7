"""Tests of a local Ray cluster of two workers, of which one is killed half-way."""

from pathlib import Path

import pytest

from dispatchlab.eval.compare import compare
from dispatchlab.eval.edge_cases import edge_cases
from dispatchlab.eval.methods import make_methods
from dispatchlab.eval.methods.parse_edge import make_edge_methods
from dispatchlab.eval.running.engines import make_engine
from dispatchlab.eval.running.workbench import WorkerLostError
from tests.eval.running.helpers import make_killer, tiny_cases, without_times

pytestmark = pytest.mark.slow
ray = pytest.importorskip("ray")


def test_a_worker_that_dies(tmp_path: Path) -> None:
    """It is replaced, its task is done again, and the rows are those of one process."""
    marker, cases = tmp_path / "marker", tiny_cases(range(6))
    methods = [*make_methods(["spt"]), make_killer(marker), *make_methods(["mwkr"])]
    made = compare(methods, cases, engine=make_engine("ray", 2), keep=tmp_path / "kept")
    assert marker.exists()  # now the method does no harm any more
    assert without_times(made) == without_times(compare(methods, cases))
    assert not ray.is_initialized()


def test_a_task_that_kills_all(tmp_path: Path) -> None:
    """After three workers it is given up in a sentence; a connection that was there stays."""
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        methods = [make_killer(tmp_path / "marker", always=True)]
        lost = r"3 Ray actors were lost over killer on tiny, seed 1 \(The actor .+\); give"
        with pytest.raises(WorkerLostError, match=lost):
            compare(methods, tiny_cases(), engine=make_engine("ray", 2))
        cases = edge_cases(["2d-p:duration_ms=2000"], seeds=2)
        names = ["edf", "random"]
        shared = compare(make_edge_methods(names), cases, engine=make_engine("ray", 2))
        assert without_times(shared) == without_times(compare(make_edge_methods(names), cases))
        assert shared.loads == ["2 processes of a Ray cluster"]
        assert ray.is_initialized()
    finally:
        ray.shutdown()

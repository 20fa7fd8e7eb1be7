"""Tests of records: what is written is read back, and nothing that is damaged is."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case, generated_cases
from dispatchlab.eval.edge_cases import edge_cases
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.methods import make_method
from dispatchlab.eval.methods.parse_edge import make_edge_method
from dispatchlab.eval.methods.parse_soc import make_soc_method
from dispatchlab.eval.methods.parse_uam import make_uam_method
from dispatchlab.eval.running.records import from_text, to_text
from dispatchlab.eval.soc_cases import soc_cases
from dispatchlab.eval.uam_cases import uam_cases
from tests.eval.helpers import TINY

SHOP = "random:num_jobs=3,num_machines=2,duration_noise=0.5"
PLAYS = {
    "job-shop": lambda: (make_method("spt"), generated_cases(SHOP, 2)),
    "soc": lambda: (make_soc_method("heft"), soc_cases(["top-1:horizon_us=100"], seeds=2)),
    "edge": lambda: (make_edge_method("dems"), edge_cases(["2d-a:duration_ms=2000"], seeds=2)),
    "uam": lambda: (
        make_uam_method("greedy"),
        uam_cases(["random-2x3:horizon_s=3600"], seeds=2, bound=False),
    ),
}


@pytest.mark.parametrize("family", PLAYS)
def test_round_trip(family: str) -> None:
    """A result of every family comes back as it was, is accepted by the checker, and alone."""
    method, (case, other) = PLAYS[family]()
    made = method.solve(case)
    text = to_text(method.name, case, made)
    read = from_text(text, method.name, case)
    assert read.schedule is not made.schedule
    for name in ("objective", "lower_bound", "status", "runtime_s"):
        assert repr(getattr(read, name)) == repr(getattr(made, name))
    told = read.info.get("outcome"), made.info.get("outcome")
    assert repr(told[0]) == repr(told[1])
    assert read.info["decisions"] == made.info["decisions"]
    evaluation = eval_family(family)
    evaluation.verify(case, read)
    assert repr(evaluation.measures(case, read, 1.0)) == repr(evaluation.measures(case, made, 1.0))
    for name, played in ((method.name, other), ("another", case)):
        with pytest.raises(DispatchlabError, match="another method or case"):
            from_text(text, name, played)
    for length in range(0, len(text) - 2, max(1, len(text) // 50)):
        with pytest.raises(DispatchlabError):
            from_text(text[:length], method.name, case)


def test_no_schedule() -> None:
    """That nothing was found is kept too, with numbers that JSON does not know."""
    case = Case("tiny", 0, TINY)
    log = ({"time_s": 0.5, "objective": math.inf, "lower_bound": -math.inf},)
    found = Result(None, None, math.nan, "unknown", 1.5, log, {"array": np.arange(2), "x": object})
    text = to_text("m", case, found)
    json.loads(text, parse_constant=pytest.fail)  # not even NaN
    read = from_text(text, "m", case)
    assert (read.schedule, read.objective, read.status) == (None, None, "unknown")
    assert math.isnan(read.lower_bound)
    assert read.log == log
    assert read.info == {"array": [0, 1]}


@pytest.mark.parametrize(
    "change",
    [
        {"status": "splendid"}, {"objective": "7"}, {"objective": [7]}, {"runtime_s": None},
        {"lower_bound": True}, {"log": 3}, {"info": []}, {"case": ""}, {"objective": None},
        {"runtime_s": -1.0}, {"runtime_s": "NaN"}, {"runtime_s": "Infinity"},
        {"info": {"decisions": -1}}, {"info": {"decisions": 0.5}}, {"objective": "NaN"},
    ],
)  # fmt: skip
def test_damaged_remarks(change: dict[str, Any], tmp_path: Path) -> None:
    """A file whose remarks make no sense does not count."""
    method, (case, _) = PLAYS["job-shop"]()
    document = json.loads(to_text("spt", case, method.solve(case)))
    document["info"]["result"] |= change
    with pytest.raises(DispatchlabError):
        from_text(json.dumps(document), "spt", case)


@pytest.mark.parametrize("text", ["", "null", "[]", "[" * 100_000, '{"info": 1}', "\x00"])
def test_anything_else(text: str) -> None:
    """Nothing that is no record is read as one."""
    with pytest.raises(DispatchlabError):
        from_text(text, "spt", Case("tiny", 0, TINY))

"""Tests of tables in files: what is written is read back with its types."""

import io
import json
import math
from dataclasses import replace

import pytest

from dispatchlab.eval.export import to_parquet
from tests.eval.helpers import make_run

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


def test_parquet() -> None:
    """Texts, whole numbers, truths and numbers keep their types; what is missing is null."""
    runs = [
        replace(
            make_run("spt", "a", 0, 0.5),
            settings={"load": 1, "network": "4g", "is_on": True, "empty": None},
            measures={"utility": 1.5, "tasks": 3},
        ),
        replace(
            make_run("ß,\"'\n", "b", 1, math.nan),
            objective=math.inf,
            settings={"load": 0.5, "network": 4, "is_on": False, "new": 7},
        ),
    ]
    file = pq.ParquetFile(io.BytesIO(to_parquet(runs, {"seeds": "0,1", "odd": math.nan})))
    table = file.read()
    types = {name: str(table.schema.field(name).type) for name in table.column_names}
    assert types == {
        "method": "string", "instance": "string", "seed": "int64", "objective_name": "string",
        "objective": "double", "lower_bound": "double", "reference": "double",
        "reference_is_known": "bool", "gap": "double", "runtime_s": "double", "decisions": "int64",
        "time_per_decision_s": "double", "status": "string", "verified": "bool",
        "load": "double", "network": "string", "is_on": "bool", "empty": "double",
        "utility": "double", "tasks": "int64", "new": "int64",
    }  # fmt: skip
    first, second = table.to_pylist()
    assert (first["method"], first["objective"], first["verified"]) == ("spt", 150.0, True)
    assert (first["load"], first["network"], first["new"]) == (1.0, "4g", None)
    assert (second["method"], second["objective"], second["verified"]) == ("ß,\"'\n", None, None)
    assert (second["network"], second["is_on"], second["utility"]) == ("4", False, None)
    assert json.loads(table.schema.metadata[b"dispatchlab"]) == {"seeds": "0,1", "odd": None}


def test_parquet_without_measures() -> None:
    """A column whose values are all missing has its type nevertheless."""
    table = pq.read_table(io.BytesIO(to_parquet([make_run("spt", "a", 0, math.nan)], {})))
    assert str(table.schema.field("verified").type) == "bool"
    assert table["objective"].null_count == 1

"""A comparison as CSV, as Parquet and as JSON."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError
from dispatchlab.eval.compare import Comparison, Run
from dispatchlab.eval.summary import Summary

# Parquet types of the columns that every run has; the others have the type of their values
_TYPES: dict[Any, str] = {
    str: "string", int: "int64", float: "float64", bool: "bool", bool | None: "bool",
}  # fmt: skip


def to_csv(runs: Sequence[Run]) -> str:
    """Tidy CSV, one line per run; missing numbers are empty.

    Args:
        runs: The runs.

    Returns:
        Text with a header.
    """
    buffer = io.StringIO()
    rows = [run.row() for run in runs]
    header = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(buffer, header, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _plain(value) for key, value in row.items()} for row in rows)
    return buffer.getvalue()


def to_parquet(runs: Sequence[Run], settings: Mapping[str, Any]) -> bytes:
    """The same rows as Parquet, with a type per column; what is missing is null.

    Args:
        runs: The runs.
        settings: How it was made, which becomes JSON under ``dispatchlab`` in the metadata.

    Returns:
        Content of a file.

    Raises:
        MissingExtraError: If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtraError("pyarrow", "parquet") from None
    rows = [run.row() for run in runs]
    types = {item.name: _TYPES.get(item.type, "") for item in fields(Run)}
    columns = {
        name: _column(pa, [_plain(row.get(name)) for row in rows], types.get(name, ""))
        for name in dict.fromkeys(key for row in rows for key in row)
    }
    note = {"dispatchlab": json.dumps(_plain(settings))}
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns).replace_schema_metadata(note), buffer)
    return buffer.getvalue()


def to_json(
    comparison: Comparison, summaries: Sequence[Summary], settings: Mapping[str, Any]
) -> str:
    """Everything as JSON; missing numbers are null.

    Args:
        comparison: The runs.
        summaries: Output of `summarise`.
        settings: How it was made.

    Returns:
        Text with the keys ``settings``, ``summary`` and ``runs``.
    """
    document = {
        "settings": dict(settings),
        "summary": [summary.row() for summary in summaries],
        "runs": [run.row() for run in comparison.runs],
    }
    return json.dumps(_plain(document), indent=1, allow_nan=False) + "\n"


def runs_to_json(runs: Sequence[Run]) -> str:
    """Runs alone as JSON; missing numbers are null.

    Args:
        runs: The runs.

    Returns:
        Text of a list.
    """
    return json.dumps(_plain([run.row() for run in runs]), indent=1, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON-able value
    """The value with None for what JSON and CSV cannot say."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _column(pa: Any, values: Sequence[Any], kind: str) -> Any:  # noqa: ANN401 (pyarrow, an array)
    """A column of a type that is known, or that all its values have."""
    found = {type(value) for value in values if value is not None}
    if not kind:
        kind = "string"
        if found <= {bool} and found:
            kind = "bool"
        elif found <= {int} and found:
            kind = "int64"
        elif found <= {int, float}:
            kind = "float64"
    if kind == "string":
        values = [None if value is None else str(value) for value in values]
    return pa.array(values, type=pa.type_for_alias(kind))

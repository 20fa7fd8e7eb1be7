"""A comparison as CSV and as JSON."""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from dispatchlab.eval.compare import Comparison, Run
from dispatchlab.eval.summary import Summary


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

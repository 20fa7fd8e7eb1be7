"""How runs were made: settings and versions, and in what the runs differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dispatchlab.eval.formatting import MISSING
from dispatchlab.eval.run_report.record import RunRecord
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.values import field_docs

_FIRST = (
    "family", "generator", "teacher", "observation", "encoder", "algo", "learning_rate",
    "schedule", "total_timesteps", "seed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table.

    Attributes:
        key: What it is.
        cells: Its value in each run.
        meaning: What it means.
        differs: Whether the values differ.
    """

    key: str
    cells: list[str]
    meaning: str
    differs: bool


def setting_rows(runs: Sequence[RunRecord]) -> list[Row]:
    """All settings."""
    return _rows([run.config.to_dict() for run in runs], field_docs(TrainConfig))


def first_rows(runs: Sequence[RunRecord]) -> list[Row]:
    """The settings that say most, and those in which the runs differ."""
    return [row for row in setting_rows(runs) if row.key in _FIRST or row.differs]


def version_rows(runs: Sequence[RunRecord]) -> list[Row]:
    """All versions."""
    return _rows([run.versions for run in runs], {})


def _rows(columns: Sequence[Mapping[str, object]], meanings: Mapping[str, str]) -> list[Row]:
    rows = []
    for key in dict.fromkeys(name for column in columns for name in column):
        cells = [_text(column.get(key)) for column in columns]
        rows.append(Row(key, cells, meanings.get(key, ""), len(set(cells)) > 1))
    return rows


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        value = ", ".join(map(str, value))
    return MISSING if value is None or value == "" else str(value)

"""Comparing the folders of two studies."""

import csv
from pathlib import Path


def table(folder: Path) -> list[dict[str, str]]:
    """Rows of ``trials.csv`` without the wall times."""
    with (folder / "trials.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def assert_same(first: Path, second: Path) -> None:
    """Both studies have the same trials and the same best settings."""
    assert table(first) == table(second)
    assert (first / "best.yaml").read_text() == (second / "best.yaml").read_text()

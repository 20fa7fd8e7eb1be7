"""Tests of tables and reports."""

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.eval.cases import instance_cases
from dispatchlab.eval.compare import compare
from dispatchlab.eval.export import to_csv, to_json
from dispatchlab.eval.formatting import duration, number, percent
from dispatchlab.eval.methods import make_methods
from dispatchlab.eval.report import html_report
from dispatchlab.eval.summary import summarise
from dispatchlab.eval.table import legend, summary_table
from tests.eval.helpers import chart_headings

NAN = float("nan")
Make = Callable[[dict[str, list[list[float]]]], Any]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(12.34, "12.3 s"), (0.0123, "12.3 ms"), (4.5e-5, "45 µs"), (4321.0, "4321 s"), (NAN, "–")],
)
def test_duration(seconds: float, text: str) -> None:
    """Three digits in a fitting unit."""
    assert duration(seconds) == text


def test_numbers() -> None:
    """Whole numbers have no point, and what is missing is a dash."""
    assert [number(55.0), number(5.25), number(NAN)] == ["55", "5.25", "–"]
    assert [percent(0.1234), percent(NAN)] == ["12.3", "–"]


@pytest.mark.parametrize("width", [80, 120, 160])
def test_summary_fits_its_width(comparison: Make, width: int) -> None:
    """No cell is cut off, whatever the terminal."""
    made = comparison({"fdd-mwkr": [[0.25], [0.75]], "agent=quick:sample=32": [[0.0], [0.5]]})
    stream = io.StringIO()
    Console(file=stream, width=width).print(summary_table(made, summarise(made), width))
    text = stream.getvalue()
    assert "…" not in text
    assert "agent=quick:sample=32" in text
    assert "25.00" in text
    assert "[0.0, 50.0]" in text
    assert max(map(len, text.splitlines())) <= width


def test_notes_are_of_what_is_shown(comparison: Make) -> None:
    """A method alone is compared with none, and columns that are left out are not explained."""
    alone = comparison({"spt": [[0.5], [0.25]]})
    assert "compare with" not in " ".join(legend(alone, summarise(alone)))
    two = comparison({"spt": [[0.5], [0.25]], "lpt": [[0.5], [0.75]]})
    told = [" ".join(legend(two, summarise(two), width)) for width in (80, 160)]
    assert "wins compare with spt" in told[0]
    assert "wins, P(better) and Δ gap compare with spt" in told[1]


def test_csv_and_json(comparison: Make) -> None:
    """Both read back; missing numbers are empty and null."""
    made = comparison({"spt": [[0.5], [NAN]]})
    rows = list(csv.DictReader(io.StringIO(to_csv(made.runs))))
    assert [row["objective"] for row in rows] == ["150.0", ""]
    document = json.loads(to_json(made, summarise(made), {"seeds": "0"}))
    assert document["settings"] == {"seeds": "0"}
    assert document["runs"][1]["objective"] is None
    assert document["summary"][0]["mean_gap"] == 0.5


def test_report_is_self_contained() -> None:
    """Every number and chart is inside one page that loads nothing; names are escaped."""
    pytest.importorskip("plotly")
    pytest.importorskip("jinja2")
    cases = instance_cases([load_instance("ft06"), load_instance("la01")])
    made = compare(make_methods(["spt", "mwkr"]), cases)
    page = html_report(made, summarise(made), {"note": "<b>&</b>"}, max_charts=1)
    assert page.startswith("<!DOCTYPE html>")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", page)
    assert chart_headings(page) == [
        "Cases within a gap", "Gap over time", "ft06, seed 0: 61 by mwkr"
    ]  # fmt: skip
    assert "1 more were run" in page
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in page
    assert '<td data-method="1" class="best">61</td>' in page

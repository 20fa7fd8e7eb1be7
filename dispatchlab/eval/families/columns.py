"""Columns that families share, and how instances and seeds are counted in sentences."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from dispatchlab.eval.families.base import Column
from dispatchlab.eval.formatting import MISSING, duration, percent, percent_interval

if TYPE_CHECKING:
    from dispatchlab.eval.summary import Summary

METHOD = Column("method", lambda s: s.method, 0)
GAP = Column("gap %", lambda s: percent(s.mean_gap, 2), 0)
WINS = Column("wins %", lambda s: percent(s.wins, 0), 0, is_relative=True)
IMPROVEMENT = Column("P(better)", lambda s: f"{s.improvement:.2f}", 110, is_relative=True)
DIFFERENCE = Column("Δ gap %", lambda s: percent(s.difference, 2), is_relative=True)
DIFFERENCE_INTERVAL = Column(
    "95 % CI", lambda s: percent_interval(s.difference_interval), is_relative=True
)
TIME = Column("time", lambda s: duration(s.mean_runtime_s), 0)
DECISION = Column("decision", lambda s: duration(s.mean_time_per_decision_s))
VERIFIED = Column("verified", lambda s: f"{s.verified}/{s.runs}", 0)
AGAINST = (WINS, IMPROVEMENT, DIFFERENCE, DIFFERENCE_INTERVAL)


def fixed(value: float, digits: int = 0) -> str:
    """A number with so many decimals, or a dash where it is missing."""
    return MISSING if math.isnan(value) else f"{value:.{digits}f}"


def mean_of(name: str, digits: int = 0) -> Callable[["Summary"], str]:
    """How the mean of a measure is shown.

    Args:
        name: The measure.
        digits: Digits behind the point.

    Returns:
        A cell function.
    """
    return lambda s: fixed(s.measures[name].mean, digits)


def percent_of(name: str) -> Callable[["Summary"], str]:
    """How the mean of a measure that is a share is shown.

    Args:
        name: The measure.

    Returns:
        A cell function.
    """
    return lambda s: percent(s.measures[name].mean, 1)

"""How numbers look in tables and reports."""

import math

from dispatchlab.eval.statistics import Interval

MISSING = "–"


def percent(value: float, digits: int = 1) -> str:
    """A relative number in percent.

    Args:
        value: 0.1 is 10 %.
        digits: Digits behind the point.

    Returns:
        The text, without the sign %.
    """
    return MISSING if math.isnan(value) else f"{100 * value:.{digits}f}"


def percent_interval(interval: Interval, digits: int = 1) -> str:
    """An interval of relative numbers in percent.

    Args:
        interval: The ends.
        digits: Digits behind the point.

    Returns:
        The text, or a dash where there is none.
    """
    return number_interval(Interval(100 * interval.low, 100 * interval.high), digits)


def number_interval(interval: Interval, digits: int = 1) -> str:
    """An interval of plain numbers.

    Args:
        interval: The ends.
        digits: Digits behind the point.

    Returns:
        The text, or a dash where there is none.
    """
    if math.isnan(interval.low):
        return MISSING
    return f"[{interval.low:.{digits}f}, {interval.high:.{digits}f}]"


def duration(seconds: float) -> str:
    """A time with three digits in a fitting unit.

    Args:
        seconds: Any time.

    Returns:
        Text such as ``"12.3 ms"``.
    """
    if math.isnan(seconds):
        return MISSING
    for unit, factor in (("s", 1.0), ("ms", 1e3)):
        if seconds * factor >= 1.0:
            return f"{seconds * factor:.3g} {unit}" if seconds < 1000 else f"{seconds:.0f} s"
    return f"{seconds * 1e6:.3g} µs"


def rate(value: float) -> str:
    """How often something happens in a second; whole numbers with separators.

    Args:
        value: Any rate.

    Returns:
        The text.
    """
    return MISSING if math.isnan(value) else f"{value:,.0f}"


def number(value: float) -> str:
    """An objective or bound; whole numbers without a point.

    Args:
        value: The number; NaN and infinity are missing.

    Returns:
        The text.
    """
    if not math.isfinite(value):
        return MISSING
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}"

"""Colours for states of charge, and what else the pictures of a day share."""

from dispatchlab.envs.core.drawing.palette import Rgb, css

# empty, half and full, after Okabe and Ito (2008): they stay apart for colour-blind readers
_STOPS: tuple[Rgb, ...] = ((213, 94, 0), (240, 205, 80), (0, 114, 178))
SLATE: Rgb = (74, 80, 104)
ROUTE: Rgb = (206, 210, 222)
FREE: Rgb = (220, 222, 230)
CHARGER: Rgb = (0, 158, 115)
OUT_OF_SERVICE: Rgb = (30, 30, 30)
SERVED, WAITING, LOST = css((0, 158, 115)), css((230, 159, 0)), "#d5d6de"


def shade(share: float) -> Rgb:
    """Colour of a battery.

    Args:
        share: State of charge from 0 to 1.

    Returns:
        Red, green and blue from 0 to 255.
    """
    place = min(1.0, max(0.0, share)) * (len(_STOPS) - 1)
    index = min(int(place), len(_STOPS) - 2)
    part = place - index
    low, high = _STOPS[index], _STOPS[index + 1]
    red, green, blue = (round(a + part * (b - a)) for a, b in zip(low, high, strict=True))
    return red, green, blue


def scale() -> list[tuple[float, str]]:
    """The same colours as shares and names, as drawing libraries want them."""
    last = len(_STOPS) - 1
    return [(index / last, css(stop)) for index, stop in enumerate(_STOPS)]

"""Colours that stay apart for colour-blind readers, and text that stays legible on them."""

# Eight hues after Okabe and Ito (2008), "Color universal design"; beyond eight groups the same
# hues return lighter, then darker, because lightness is what every reader can tell apart.
_HUES = (
    (0, 114, 178),
    (230, 159, 0),
    (0, 158, 115),
    (204, 121, 167),
    (86, 180, 233),
    (213, 94, 0),
    (240, 228, 66),
    (128, 128, 128),
)
_BLENDS = ((None, 0.0), ((255, 255, 255), 0.55), ((0, 0, 0), 0.40))

Rgb = tuple[int, int, int]


def colour(group: int) -> Rgb:
    """Colour of a job or activity.

    Args:
        group: Any non-negative number; colours repeat after 24.

    Returns:
        Red, green and blue from 0 to 255.
    """
    hue = _HUES[group % len(_HUES)]
    target, share = _BLENDS[group // len(_HUES) % len(_BLENDS)]
    if target is None:
        return hue
    red, green, blue = (round(h + share * (t - h)) for h, t in zip(hue, target, strict=True))
    return red, green, blue


def text_colour(background: Rgb) -> Rgb:
    """Black or white, whichever is easier to read on a background."""
    red, green, blue = background
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    return (20, 20, 20) if luminance > 140 else (255, 255, 255)


def css(rgb: Rgb) -> str:
    """The colour as ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*rgb)

"""Picture files: pages that open without a network, and print-ready figures."""

import io
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from dispatchlab.envs.core.drawing.figures import CONFIG
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.core.files import write_atomically

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STATIC = (".png", ".svg", ".pdf")
_METADATA = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
_DPI = 150
TITLE_FONT = 11.5


def write_picture(
    path: str | Path, page: Callable[[], str], static: Callable[[str], bytes]
) -> None:
    """Write a picture in the format of its extension.

    Args:
        path: Where to write; an existing file is replaced only once the new one is complete.
        page: Makes the content of an ``.html`` file.
        static: Makes that of ``"png"``, ``"svg"`` or ``"pdf"``.

    Raises:
        DispatchlabError: If the extension is unknown.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix != ".html" and suffix not in STATIC:
        raise DispatchlabError(
            f"The chart {path} has the extension {path.suffix!r}; use .html, .png, .svg or .pdf."
        )
    write_atomically(path, page() if suffix == ".html" else static(suffix[1:]))


def html_page(figure: "go.Figure", headline: str) -> str:
    """A page of its own that brings the Plotly library with it.

    Args:
        figure: A Plotly figure.
        headline: Title of the page.

    Returns:
        The page.
    """
    chart = figure.to_html(
        full_html=False,
        include_plotlyjs=True,
        auto_play=False,
        div_id="gantt",
        config={**CONFIG, "scrollZoom": True},
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(headline)}</title>\n</head>\n<body>\n{chart}\n</body>\n</html>\n"
    )


def print_style() -> AbstractContextManager[None]:
    """Settings under which the same figure gives the same bytes.

    Returns:
        A context to make and save the figure in.

    Raises:
        MissingExtraError: If Matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError:
        raise MissingExtraError("matplotlib", "viz") from None
    # The text that users give is no formula, whatever dollar signs it has.
    return mpl.rc_context({"svg.hashsalt": "dispatchlab", "text.parse_math": False})


def new_figure(width: float, height: float) -> "Figure":
    """An empty Matplotlib figure that no window or global state knows of.

    Args:
        width: Inches.
        height: Inches.

    Returns:
        The figure.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=_DPI)
    FigureCanvasAgg(figure)
    return figure


def style_timeline(
    axes: "Axes", title: str, label: str, lanes: Sequence[tuple[float, str]], font: float
) -> None:  # fmt: skip
    """Give a Gantt chart its headline, time axis, names of lanes and grid.

    Args:
        axes: Where it is drawn; the vertical axis points down.
        title: Headline.
        label: What the time axis shows, with its unit.
        lanes: Where each lane's name stands, and the name.
        font: Size of these names.
    """
    axes.set_title(title, loc="left", fontsize=TITLE_FONT, fontweight="bold", pad=13)
    axes.set_xlabel(label, fontsize=9.5)
    axes.tick_params(axis="x", labelsize=8.5, color="#666666")
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.set_yticks([middle for middle, _ in lanes], [name for _, name in lanes])
    axes.tick_params(axis="y", labelsize=font, length=0)
    axes.grid(axis="x", color="#ececf0", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#666666")


def figure_bytes(figure: "Figure", file_format: str) -> bytes:
    """The figure as a file.

    Args:
        figure: A Matplotlib figure.
        file_format: ``"png"``, ``"svg"`` or ``"pdf"``.

    Returns:
        The content of the file, without the time of its making.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format=file_format, metadata=_METADATA[file_format])
    return buffer.getvalue()

"""Write a Gantt chart to a file, in the format of its extension."""

from html import escape
from pathlib import Path

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.viewer.interactive import gantt_figure
from dispatchlab.envs.jobshop.viewer.layout import describe
from dispatchlab.envs.jobshop.viewer.static import draw

_STATIC = (".png", ".svg", ".pdf")


def write_gantt(
    path: str | Path,
    encoding: CpEncoding,
    schedule: Schedule,
    *,
    title: str | None = None,
    realisation: Realisation | None = None,
) -> None:
    """Write ``.html`` (interactive, opens without a network), ``.png``, ``.svg`` or ``.pdf``.

    Args:
        path: Where to write; an existing file is replaced only once the new one is complete.
        encoding: The instance.
        schedule: A schedule of it, complete or not.
        title: Headline; the instance and the makespan by default.
        realisation: Where given, breakdowns are shown.

    Raises:
        DispatchlabError: If the extension is unknown.
        MissingExtraError: If Plotly or Matplotlib is needed and not installed.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".html":
        data: str | bytes = _html(encoding, schedule, title, realisation)
    elif suffix in _STATIC:
        data = draw(encoding, schedule, suffix[1:], title=title, realisation=realisation)
    else:
        raise DispatchlabError(
            f"The chart {path} has the extension {path.suffix!r}; use .html, .png, .svg or .pdf."
        )
    write_atomically(path, data)


def _html(
    encoding: CpEncoding, schedule: Schedule, title: str | None, realisation: Realisation | None
) -> str:
    """A page of its own that brings the Plotly library with it."""
    figure = gantt_figure(encoding, schedule, title=title, realisation=realisation)
    chart = figure.to_html(
        full_html=False,
        include_plotlyjs=True,
        div_id="gantt",
        config={"displaylogo": False, "responsive": True, "scrollZoom": True},
    )
    headline = escape(title or describe(encoding, schedule, realisation))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{headline}</title>\n</head>\n<body>\n{chart}\n</body>\n</html>\n"
    )

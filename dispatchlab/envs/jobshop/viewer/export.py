"""Write a Gantt chart to a file, in the format of its extension."""

from pathlib import Path

from dispatchlab.envs.core.drawing.pictures import html_page, write_picture
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.viewer.interactive import gantt_figure
from dispatchlab.envs.jobshop.viewer.layout import describe
from dispatchlab.envs.jobshop.viewer.static import draw


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

    def page() -> str:
        figure = gantt_figure(encoding, schedule, title=title, realisation=realisation)
        return html_page(figure, title or describe(encoding, schedule, realisation))

    def static(file_format: str) -> bytes:
        return draw(encoding, schedule, file_format, title=title, realisation=realisation)

    write_picture(path, page, static)

"""Write timelines to files, in the format of the extension."""

from pathlib import Path

from dispatchlab.envs.core.drawing.pictures import html_page, write_picture
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import EdgeSchedule
from dispatchlab.envs.edge.viewer.interactive import timeline_figure
from dispatchlab.envs.edge.viewer.layout import describe
from dispatchlab.envs.edge.viewer.network_band import hardest_window
from dispatchlab.envs.edge.viewer.static import draw

PRINTED_MS = 15_000  # as much as can be told apart on paper


def write_timeline(
    path: str | Path, instance: EdgeInstance, realisation: EdgeRealisation,
    schedule: EdgeSchedule, *, title: str | None = None, since_ms: int | None = None,
    until_ms: int | None = None,
) -> None:  # fmt: skip
    """Write ``.html`` (interactive, opens without a network), ``.png``, ``.svg`` or ``.pdf``.

    Args:
        path: Where to write; an existing file is replaced only once the new one is complete.
        instance: The instance.
        realisation: Tells which model each task runs, and what the network does.
        schedule: A schedule of it, complete or not.
        title: Headline; the instance and what the schedule is worth by default.
        since_ms: Begin of what is drawn.
        until_ms: End of what is drawn; without either everything on a page, and for print
            15 s around the time at which the network is at its worst.

    Raises:
        DispatchlabError: If the extension is unknown or the window is empty.
        MissingExtraError: If Plotly or Matplotlib is needed and not installed.
    """
    headline = title or describe(instance, realisation, schedule)

    def page() -> str:
        figure = timeline_figure(
            instance, realisation, schedule, title=headline, since_ms=since_ms, until_ms=until_ms
        )
        return html_page(figure, headline)

    def static(file_format: str) -> bytes:
        window = (since_ms, until_ms)
        if since_ms is None and until_ms is None:
            window = hardest_window(realisation, PRINTED_MS, schedule.now_ms)
        return draw(
            instance, realisation, schedule, file_format, title=headline, since_ms=window[0],
            until_ms=window[1],
        )  # fmt: skip

    write_picture(path, page, static)

"""Write pictures of chips and task graphs to files, in the format of the extension."""

from pathlib import Path

from dispatchlab.envs.core.drawing.pictures import html_page, write_picture
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.viewer.graph_facts import GraphFacts
from dispatchlab.envs.soc.viewer.interactive import gantt_figure
from dispatchlab.envs.soc.viewer.interactive_graph import graph_figure
from dispatchlab.envs.soc.viewer.layout import describe
from dispatchlab.envs.soc.viewer.static import draw
from dispatchlab.envs.soc.viewer.static_graph import draw_graph


def write_gantt(
    path: str | Path, instance: SocInstance, schedule: SocSchedule, *, title: str | None = None,
    since_us: int | None = None, until_us: int | None = None,
) -> None:  # fmt: skip
    """Write ``.html`` (interactive, opens without a network), ``.png``, ``.svg`` or ``.pdf``.

    Args:
        path: Where to write; an existing file is replaced only once the new one is complete.
        instance: The instance.
        schedule: A schedule of it, complete or not.
        title: Headline; the instance and what the schedule is worth by default.
        since_us: Begin of what is drawn, 0 by default.
        until_us: End of what is drawn, the schedule's time by default.

    Raises:
        DispatchlabError: If the extension is unknown or the window is empty.
        MissingExtraError: If Plotly or Matplotlib is needed and not installed.
    """
    headline = title or describe(instance, schedule)

    def page() -> str:
        figure = gantt_figure(
            instance, schedule, title=headline, since_us=since_us, until_us=until_us
        )
        return html_page(figure, headline)

    def static(file_format: str) -> bytes:
        return draw(
            instance, schedule, file_format, title=headline, since_us=since_us, until_us=until_us
        )

    write_picture(path, page, static)


def write_graph(path: str | Path, instance: SocInstance, graph: str | int = 0) -> None:
    """Write the drawing of a job type, in the formats of `write_gantt`.

    Args:
        path: Where to write.
        instance: The instance.
        graph: Name or index of the job type.

    Raises:
        DispatchlabError: If the extension is unknown, or there is no such job type.
        MissingExtraError: If Plotly or Matplotlib is needed and not installed.
    """
    facts = GraphFacts.of(instance, graph)
    write_picture(
        path,
        lambda: html_page(graph_figure(instance, graph), facts.headline),
        lambda file_format: draw_graph(facts, file_format),
    )

"""Write days of a fleet to files, in the format of the extension."""

from collections.abc import Mapping
from pathlib import Path

from dispatchlab.envs.core.drawing.curves import Curve
from dispatchlab.envs.core.drawing.pictures import html_page, write_picture
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.viewer.interactive import OWN_NAME, day_figure
from dispatchlab.envs.uam.viewer.static import draw
from dispatchlab.envs.uam.viewer.words import describe


def write_day(
    path: str | Path, instance: UamInstance, realisation: UamRealisation,
    schedule: UamSchedule, *, title: str | None = None, name: str = OWN_NAME,
    others: Mapping[str, Curve] | None = None, bound_usd: float | None = None,
) -> None:  # fmt: skip
    """Write ``.html`` (to play and explore, opens without a network), ``.png``, ``.svg``, ``.pdf``.

    Args:
        path: Where to write; an existing file is replaced only once the new one is complete.
        instance: The instance.
        realisation: Tells who came, and which aircraft failed.
        schedule: A schedule of it, complete or not.
        title: Headline; the instance and what the day has come to by default.
        name: Who made the schedule, for the legend.
        others: Profit of other methods on this day, by name, as `profit_curve` gives it.
        bound_usd: What no schedule can exceed.

    Raises:
        DispatchlabError: If the extension is unknown, or the schedule is of another instance.
        MissingExtraError: If Plotly or Matplotlib is needed and not installed.
    """
    headline = title or describe(instance, realisation, schedule)

    def page() -> str:
        figure = day_figure(
            instance, realisation, schedule, title=headline, name=name, others=others,
            bound_usd=bound_usd,
        )  # fmt: skip
        return html_page(figure, headline)

    def static(file_format: str) -> bytes:
        return draw(
            instance, realisation, schedule, file_format, title=headline, name=name, others=others,
            bound_usd=bound_usd,
        )  # fmt: skip

    write_picture(path, page, static)

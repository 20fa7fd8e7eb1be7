"""Pages: templates and charts of reports; each is one file that opens without a network."""

from html import unescape
from typing import Any

from dispatchlab.envs.core.drawing.figures import CONFIG, escape
from dispatchlab.envs.core.errors import MissingExtraError

_LONGEST = 40  # letters of a name beside a chart, which else takes the room of the chart
_HEAD_PIXELS = 34  # above a chart: room for its buttons
_BUTTONS = ("select", "lasso", "autoscale")


def render_page(template: str, **values: Any) -> str:
    """Fill in a template.

    Args:
        template: Name of a file in ``templates/``.
        **values: What it shows; text is escaped.

    Returns:
        The page.

    Raises:
        MissingExtraError: If Jinja is not installed.
    """
    try:
        from jinja2 import Environment, PackageLoader
    except ImportError:
        raise MissingExtraError("jinja2", "viz") from None
    loader = PackageLoader("dispatchlab.eval", "templates")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True)
    return environment.get_template(template).render(values)


class Figures:
    """Makes figures of Plotly into parts of a page; the first one brings the library."""

    def __init__(self) -> None:
        """Begin a page."""
        self._count = 0

    def __call__(
        self, figure: Any, heading: str | None = None, note: str = "", *, pixels: int = 0,  # noqa: ANN401
    ) -> dict[str, Any]:  # fmt: skip
        """Heading, note, HTML and id of a figure, for the macro ``chart`` of the templates.

        Args:
            figure: A figure of Plotly; its headline becomes one of the page.
            heading: Stands above it; its own headline by default.
            note: A sentence below the heading, or nothing.
            pixels: Narrowest width in which it can be read; narrower screens scroll it.

        Returns:
            Values by name.
        """
        name, brings_library = f"chart-{self._count}", self._count == 0
        self._count += 1
        shown = figure.to_plotly_json()  # a copy
        title = shown["layout"].pop("title", {}).get("text", "")
        shown["layout"]["margin"] = {**shown["layout"].get("margin", {}), "t": _HEAD_PIXELS}
        shown["layout"]["modebar"] = {"remove": list(_BUTTONS)}
        for trace in shown["data"]:
            _shorten(trace)
        for axis in (a for name, a in shown["layout"].items() if name[1:5] == "axis"):
            if "ticktext" in axis:
                axis["ticktext"] = [_clipped(str(text)) for text in axis["ticktext"]]
        return {
            "id": name,
            "heading": unescape(title) if heading is None else heading,
            "note": note,
            "pixels": pixels,
            "html": _html(shown, name, brings_library=brings_library),
        }


def _shorten(trace: dict[str, Any]) -> None:
    """Clip the name of a trace; scripts find the whole one in ``meta``."""
    name = trace.get("name") or ""
    if _clipped(name) != name:
        trace["meta"] = {"name": name}
        trace["name"] = _clipped(name)


def _clipped(markup: str) -> str:
    """A name of sensible length; charts read names as HTML."""
    text = unescape(markup)
    return markup if len(text) <= _LONGEST else escape(text[: _LONGEST - 1] + "…")


def _html(figure: dict[str, Any], name: str, *, brings_library: bool) -> str:
    """The element and the script that draws in it."""
    from plotly.io import to_html

    text: str = to_html(
        figure,
        full_html=False,
        include_plotlyjs=brings_library,
        auto_play=False,
        div_id=name,
        validate=False,
        config={**CONFIG, "displayModeBar": True},
    )
    return text

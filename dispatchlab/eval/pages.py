"""Pages: templates and charts of reports; each is one file that opens without a network."""

from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError


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


def figure_html(
    figure: Any,  # noqa: ANN401 (a figure of plotly)
    name: str,
    *,
    brings_library: bool,
    scroll_zoom: bool = True,
) -> str:
    """A figure as a part of a page.

    Args:
        figure: A figure of Plotly.
        name: Id of its element.
        brings_library: Whether the library comes with it, as it must with the first of a page.
        scroll_zoom: Whether the wheel zooms; else it scrolls the page.

    Returns:
        HTML.
    """
    text: str = figure.to_html(
        full_html=False,
        include_plotlyjs=brings_library,
        auto_play=False,
        div_id=name,
        config={"displaylogo": False, "responsive": True, "scrollZoom": scroll_zoom},
    )
    return text

"""All generated pages."""

from .commands import command_pages
from .environments import environment_pages
from .learning import learning_pages
from .methods import method_pages
from .repository import EXAMPLES, example_page


def all_pages() -> dict[str, str]:
    """Every generated page: path in the site, and text in Markdown."""
    return {
        **environment_pages(), **method_pages(), **learning_pages(), **command_pages(),
        EXAMPLES: example_page(),
    }  # fmt: skip


__all__ = ["all_pages"]

"""Pages of the site that the package writes: nothing that has a name is missing."""

import functools
import re
from pathlib import Path

import pytest

from dispatchlab.baselines.dispatchers import RULES as SHOP_RULES
from dispatchlab.baselines.edge.settings import RULES as EDGE_RULES
from dispatchlab.baselines.soc.planners import PLANNERS
from dispatchlab.baselines.soc.rules import CODES as CHIP_RULES
from dispatchlab.baselines.uam.settings import ALIASES
from dispatchlab.baselines.uam.settings import RULES as UAM_RULES
from dispatchlab.envs.core.registry import ENVIRONMENTS
from dispatchlab.eval.methods.parse_uam import GENETIC, ROLLING

ROOT = Path(__file__).resolve().parents[2]
METHODS = {
    "job-shop": [*SHOP_RULES, "lookahead", "cp-sat", "hybrid", "agent=RUN"],
    "soc": [*CHIP_RULES, *PLANNERS, "lookahead-RULE"],
    "edge": list(EDGE_RULES),
    "uam": [*UAM_RULES, *ALIASES, *ROLLING, *GENETIC],
}


@functools.cache
def pages() -> dict[str, str]:
    """The generated pages; teachers and policies need torch."""
    for package in ("torch", "stable_baselines3", "ortools"):
        pytest.importorskip(package)
    from scripts.site_pages.pages import all_pages

    return all_pages()


@pytest.mark.parametrize("record", ENVIRONMENTS, ids=lambda record: record.id)
def test_every_environment_has_a_place(record) -> None:  # noqa: ANN001 (a record)
    """The page of its family names every id with its summary, and the overview leads there."""
    page = pages()[f"reference/environments/{record.family}.md"]
    assert f"| `{record.id}` | {record.summary} |" in page
    assert "## Action Space" in page
    assert f"[`{record.id}`]({record.family}.md)" in pages()["reference/environments/index.md"]


@pytest.mark.parametrize("family", METHODS)
def test_every_method_has_a_place(family: str) -> None:
    """The page of a family names every rule, planner and solver."""
    page = pages()[f"reference/methods/{family}.md"]
    assert [name for name in METHODS[family] if f"`{name}`" not in page] == []


def test_every_teacher_schedule_and_policy_has_a_place() -> None:
    """Their pages name each with its text, source or facts."""
    teachers = pages()["reference/teachers.md"]
    from dispatchlab.agents.pretrained import pretrained_names
    from dispatchlab.train.schedules import SCHEDULES
    from dispatchlab.train.teachers.registry import TEACHERS

    missing = [n for n, e in TEACHERS.items() if f"[`{n}`](#{n}) | {e.text} |" not in teachers]
    assert missing == []
    assert [n for n in TEACHERS if f"\n## {n}\n" not in teachers] == []
    assert [n for n in SCHEDULES if f"\n## {n}\n" not in pages()["reference/schedules.md"]] == []
    policies = pages()["reference/policies.md"]
    assert [name for name in pretrained_names() if f"| `{name}` |" not in policies] == []


def test_every_command_has_its_options() -> None:
    """Commands have pages with their options, and no tag of rich is left."""
    texts = {path: text for path, text in pages().items() if "commands/" in path}
    assert "`--time-limit <float>`" in texts["reference/commands/solve.md"]
    assert "dispatchlab train uam" in texts["reference/commands/train.md"]
    assert [path for path, text in texts.items() if re.search(r"\[/|\[(dim|cyan)\]", text)] == []


def test_docstrings_become_markdown() -> None:
    """Sections of Google's style become lists, wrapped lines stay in their item."""
    from scripts.site_pages.text import docstring, table

    def documented() -> None:
        """Head.

        Args:
            first: One
                and more.

        Returns:
            Something.
        """

    assert docstring(documented) == (
        "Head.\n\n**Arguments**\n\n- `first`: One\n  and more.\n\n**Returns**\n\nSomething.\n"
    )
    assert table(("a",), [("x|y\nz",)]) == "| a |\n| --- |\n| x\\|y z |\n"


def test_links_lead_to_pages_of_the_site() -> None:
    """Links of the repository are rewritten where their file has another place, others are not."""
    from scripts.site_pages.repository import site_links

    text = "[a](../CHANGELOG.md#x) [b](soc.md) [c](https://x.org) [d](../dispatchlab/cli.py)"
    expected = "[a](about/changelog.md#x) [b](soc.md) [c](https://x.org) [d](../dispatchlab/cli.py)"
    assert site_links(text, "faq.md", "docs/faq.md") == expected
    assert site_links("[a](docs/soc.md)", "index.md", "README.md") == "[a](soc.md)"
    assert site_links("[a](../../examples/custom_rule.py)", "t/x.md", "docs/t/x.md") == (
        "[a](../examples.md)"
    )

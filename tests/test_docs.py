"""What the documents claim: links that lead somewhere, examples that run."""

import doctest
import re
from pathlib import Path

import pytest

from dispatchlab.envs.jobshop import env

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_relative_links_lead_somewhere(document: Path) -> None:
    """Every relative link and picture of a document exists."""
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    missing = [
        link
        for link in links
        if not link.startswith("http") and not (document.parent / link).exists()
    ]
    assert missing == []


def test_the_environment_page_runs() -> None:
    """The example in the docstring of the environment prints what it says."""
    failed, attempted = doctest.testmod(env)
    assert attempted > 0
    assert failed == 0


def test_the_readme_runs() -> None:
    """The Python of the README runs as it stands."""
    pytest.importorskip("ortools")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)
    assert names["encoding"].num_activities == 3
    assert names["done"] is True

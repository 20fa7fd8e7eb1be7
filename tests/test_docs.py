"""What the documents claim: links that lead somewhere, examples that run."""

import doctest
import re
from pathlib import Path
from types import ModuleType

import pytest

from dispatchlab.envs.edge import env as edge_env
from dispatchlab.envs.jobshop import env as jobshop_env
from dispatchlab.envs.soc import env as soc_env
from dispatchlab.envs.uam import env as uam_env

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")])


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


@pytest.mark.parametrize(
    "page", [jobshop_env, soc_env, edge_env, uam_env], ids=["jobshop", "soc", "edge", "uam"]
)
def test_the_environment_page_runs(page: ModuleType) -> None:
    """The example in the docstring of the environment prints what it says."""
    failed, attempted = doctest.testmod(page)
    assert attempted > 0
    assert failed == 0


def _run(document: Path) -> dict[str, object]:
    """Run the Python of a document as it stands, block after block."""
    names: dict[str, object] = {}
    for block in re.findall(r"```python\n(.*?)```", document.read_text("utf-8"), re.S):
        exec(block, names)
    return names


def test_the_readme_runs() -> None:
    """The Python of the README runs as it stands."""
    pytest.importorskip("ortools")
    names = _run(ROOT / "README.md")
    assert names["encoding"].num_activities == 3
    assert names["done"] is True


def test_the_soc_page_runs() -> None:
    """The Python of the page on chips runs as it stands, the twin included."""
    pytest.importorskip("simpy")
    names = _run(ROOT / "docs" / "soc.md")
    assert names["done"] is True
    assert len(names["etf"]) == len(names["heft"]) == 5


def test_the_edge_page_runs() -> None:
    """The Python of the page on edges runs as it stands, and DEM-Q is the better one there."""
    pytest.importorskip("simpy")
    names = _run(ROOT / "docs" / "edge.md")
    assert names["done"] is True
    earned = [sum(outcome.utility for outcome in names[rule]) for rule in ("dem", "dem_q")]
    assert earned[0] < earned[1] < sum(names["bounds"])


def test_the_air_taxi_page_runs() -> None:
    """The Python of the page on air taxis runs as it stands, PettingZoo and the twin included."""
    pytest.importorskip("simpy")
    pytest.importorskip("pettingzoo")
    names = _run(ROOT / "docs" / "uam.md")
    assert names["done"] is True
    earned = [sum(outcome.profit_usd for outcome in names[rule]) for rule in ("greedy", "price")]
    assert earned[0] < earned[1] < sum(names["bounds"])

"""What the documents claim: links that lead somewhere, examples that run."""

import doctest
import itertools
import re
import shlex
from pathlib import Path
from types import ModuleType

import pytest
import typer

from dispatchlab.cli import app
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


def test_the_quickstart_runs() -> None:
    """The Python of the quickstart runs as it stands."""
    names = _run(ROOT / "docs" / "quickstart.md")
    assert names["done"] is True


def _commands(document: Path) -> list[list[str]]:
    """The words of every command of ours in the blocks of a document, up to the shell's own."""
    found = []
    for block in re.findall(r"^```(?:sh)?\n(.*?)^```", document.read_text("utf-8"), re.S | re.M):
        lines = re.sub(r"\\\n|\$\([^)]*\)", " ", block).splitlines()  # nor what it puts in
        for line in (line for line in lines if line.startswith("dispatchlab ")):
            words = shlex.split(line, comments=True)[1:]
            found.append(list(itertools.takewhile(lambda w: w not in ("2>&1", "||", "|"), words)))
    return found


def _complaint(words: list[str]) -> str | None:
    """What is wrong with a command: a name or an option that does not exist."""
    command = typer.main.get_command(app)
    context = typer.Context(command, info_name="dispatchlab")
    rest = list(words)
    while isinstance(command, typer.core.TyperGroup) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        command = command.get_command(context, name)
        if command is None:
            return f"there is no command {name!r} in {words}"
    known = {option for param in command.params for option in param.opts} | {"--help"}
    strange = [word for word in rest if re.match(r"--?[a-z]", word) and word not in known]
    return f"{strange} in {words}" if strange else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_exist(document: Path) -> None:
    """Every command in a document exists, and so do its options."""
    complaints = [_complaint(words) for words in _commands(document)]
    assert [complaint for complaint in complaints if complaint] == []


def test_commands_that_do_not_exist_are_noticed(tmp_path: Path) -> None:
    """A document with a wrong command, group or option is not believed."""
    document = tmp_path / "wrong.md"
    document.write_text(
        "```sh\ndispatchlab solve ft06 \\\n  --methd spt  # x\ndispatchlab slove\n"
        "dispatchlab evaluate job-sop || true\ndispatchlab evaluate soc --seeds 3 || --no\n```\n"
    )
    complaints = [_complaint(words) for words in _commands(document)]
    assert [complaint is None for complaint in complaints] == [False, False, False, True]

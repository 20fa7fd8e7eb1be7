"""``dispatchlab convert`` for task graphs and whole SoC problems."""

from pathlib import Path

from typer.testing import CliRunner

from dispatchlab.cli import app
from dispatchlab.envs.soc.formats import read_instance
from dispatchlab.envs.soc.library import load_instance, single_job


def run(*arguments: object, code: int = 0) -> str:
    """Output of a call of convert that ends with a code."""
    result = CliRunner().invoke(app, ["convert", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def test_presets_and_files(tmp_path: Path) -> None:
    """A preset becomes a file, a file of one format one of another."""
    shown = run("top-1:max_jobs=4", "--out", tmp_path / "a.json")
    assert "top-1: 1 task graph(s) of up to 10 tasks on 3 processing elements" in shown
    assert read_instance(tmp_path / "a.json") == load_instance("top-1:max_jobs=4")
    run("job:Top_1", "--out", tmp_path / "b.dot")
    run(tmp_path / "b.dot", "--out", tmp_path / "c.json")
    assert read_instance(tmp_path / "c.json").graphs == single_job("Top_1").graphs
    run(tmp_path / "c.json", "--out", tmp_path / "d.gv")
    assert (tmp_path / "d.gv").read_text() == (tmp_path / "b.dot").read_text()


def test_standard_task_graph(tmp_path: Path) -> None:
    """A standard task graph is read by its extension."""
    (tmp_path / "a.stg").write_text("2\n0 0 0\n1 5 1 0\n2 4 1 0\n3 0 2 1 2\n")
    run(tmp_path / "a.stg", "--out", tmp_path / "b.txt", "--format", "stg")
    assert (tmp_path / "b.txt").read_text() == (tmp_path / "a.stg").read_text()


def test_errors(tmp_path: Path) -> None:
    """What a format would lose, and formats of another family, end with a sentence."""
    shown = run("top-1", "--out", tmp_path / "a.stg", code=1)
    assert "no place for the stream of jobs" in shown
    assert "format 'fjs' is unknown" in run(
        "top-1", "--out", tmp_path / "a", "--format", "fjs", code=1
    )
    assert not list(tmp_path.iterdir())


def test_job_shops_are_untouched(tmp_path: Path) -> None:
    """Job shops keep their formats, JSON included."""
    run("ft06", "--out", tmp_path / "a.json")
    assert "36 activities" in run(tmp_path / "a.json", "--out", tmp_path / "a.jsp")

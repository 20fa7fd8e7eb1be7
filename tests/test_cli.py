"""Tests of the command line: what it prints and writes, and one sentence for every user error."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dispatchlab.cli import app
from dispatchlab.commands.inputs import parse_seeds
from dispatchlab.commands.method_options import method_spec
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.registry import ENVIRONMENTS

COMMANDS = (
    [], ["envs"], ["solve"], ["verify"], ["render"], ["convert"], ["demo"], ["train"],
    ["train", "job-shop"], ["evaluate"], ["evaluate", "job-shop"], ["benchmark"],
    ["benchmark", "throughput"], ["report"], ["agents"], ["export"],
)  # fmt: skip
SHOP = "2 2\n0 3 1 2\n1 2 0 4\n"  # optimum 7
TINY_RUN = (
    "total_timesteps=256", "num_envs=8", "n_steps=16", "batch_size=64", "hidden=8", "num_heads=2",
    "feedforward=8", "num_layers=1", "generator=random:num_jobs=3,num_machines=3", "eval_every=0",
    "eval_instances=2", "eval_generator=random:num_jobs=3,num_machines=3", "eval_samples=2",
    "tensorboard=false", "threads=1",
)  # fmt: skip


def run(*args: object, code: int = 0) -> str:
    """Call the command line and give back what it printed."""
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(arg) for arg in args])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def fails(*args: object) -> str:
    """The one sentence with which a call fails."""
    output = run(*args, code=1)
    lines = [line for line in output.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, output
    assert "Traceback" not in output
    return lines[0]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A file with the tiny shop."""
    path = tmp_path / "shop.jsp"
    path.write_text(SHOP)
    return path


def test_usage_errors_name_the_value() -> None:
    """Exit code 2, with what was given beside what may be."""
    output = run("train", "edge", "--seed", "-3", code=2)
    assert "'-3'; input should be greater than or equal to 0" in output


def test_a_bound_that_is_reached_proves_the_schedule() -> None:
    """Lookahead finds 666 on la01, below which there is nothing, and no solver has to say so."""
    assert "status      optimal" in run("solve", "la01", "--method", "lookahead")
    assert "status      feasible" in run("solve", "ft20", "--method", "lookahead")


def test_export_needs_a_model_to_compare() -> None:
    """A generator without an ONNX model would be ignored."""
    assert "--generator x is for" in fails(
        "export", "job-shop-classic", "--hub", "x", "--generator", "x"
    )


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help(command: list[str]) -> None:
    """Every command explains itself."""
    assert "Usage" in run(*command, "--help")


def test_start_is_light() -> None:
    """Help and version load nothing heavy."""
    heavy = (
        "numba", "torch", "ortools", "scipy", "matplotlib", "plotly", "simpy", "ray", "optuna",
        "onnx", "onnxruntime", "pandas", "pyarrow", "stable_baselines3",
    )  # fmt: skip
    code = (
        "import sys\nfrom dispatchlab.cli import app\n"
        "app(['--help'], standalone_mode=False)\napp(['--version'], standalone_mode=False)\n"
        f"sys.exit(', '.join(set({heavy}) & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "Usage" in done.stdout
    assert "dispatchlab 0" in done.stdout


def test_version() -> None:
    """The version is one line."""
    assert run("--version").startswith("dispatchlab ")


def test_usage_errors_have_code_2() -> None:
    """Unknown commands and options are usage errors."""
    run("schedule", code=2)
    run("solve", "ft06", "--colour", "red", code=2)


def test_envs() -> None:
    """Every id is listed; families filter."""
    output = run("envs")
    assert all(record.id in output for record in ENVIRONMENTS)
    assert "Unknown family 'trains'" in fails("envs", "--family", "trains")


def test_envs_lists_instances() -> None:
    """Benchmark sets with their sizes; a set or the beginning of a name gives the names."""
    lines = [line.split() for line in run("envs", "--instances").replace("│", " ").splitlines()]
    assert ["la", "40", "la01", "la40"] in lines
    assert run("envs", "--instances", "ft").split() == ["ft06,", "ft10,", "ft20"]
    assert run("envs", "--instances", "ft0").split() == ["ft06,", "ft06_edata"]
    assert run("envs", "--instances", "ta15x15").startswith("ta01, ta02")


def test_solve_one(shop: Path, tmp_path: Path) -> None:
    """The optimum, its proof and all four files."""
    pytest.importorskip("ortools")
    pytest.importorskip("plotly")
    out = tmp_path / "out"
    output = run("solve", shop, "--workers", 1, "--out", out)
    facts = dict(line.split(maxsplit=1) for line in output.splitlines()[1:] if line[:2] == "  ")
    assert (facts["makespan"], facts["gap"], facts["status"]) == ("7", "0.00 %", "optimal")
    assert {path.name for path in out.iterdir()} == {
        "shop.json", "shop.csv", "shop.html", "shop.png",
    }  # fmt: skip
    assert "feasible: makespan 7" in run("verify", shop, out / "shop.json")
    assert "feasible: makespan 7" in run("verify", shop, out / "shop.csv")


def test_solve_many(shop: Path) -> None:
    """Names, sets and files together; JSON on stdout is nothing but JSON."""
    rows = json.loads(run("solve", "ft06,la01", shop, "--method", "spt", "--json", "-"))
    assert [row["instance"] for row in rows] == ["ft06", "la01", "shop"]
    assert rows[0]["objective"] == 88.0
    assert all(row["verified"] for row in rows)
    assert "88" in run("solve", "ft06", "la01", "--method", "spt")


def test_solve_hybrid(shop: Path) -> None:
    """The lines say what it started from, and where the time went."""
    pytest.importorskip("ortools")
    output = run("solve", shop, "--method", "hybrid", "--workers", 1, "--time-limit", 20)
    assert "makespan    7" in output
    assert "start       7 by fdd-mwkr" in output
    assert "time for    rules" in output


def test_solve_cp_model(tmp_path: Path) -> None:
    """An exported CP-SAT model is an instance like any other."""
    cp_model = pytest.importorskip("ortools.sat.python.cp_model")
    path = tmp_path / "pair.pb"
    _two_on_one_machine(cp_model).export_to_file(str(path))
    assert "makespan    5" in run("solve", path, "--method", "spt")


@pytest.mark.parametrize(
    ("arguments", "spec"),
    [
        (("mwkr", None, None, None, None), "mwkr"),
        (("mwkr", None, 8, None, "active"), "mwkr:k=8:semantics=active"),
        (("agent", Path("r"), None, None, None), "agent=r:sample=32"),
        (("agent", Path("r"), 4, None, None), "agent=r:sample=4"),
        (("agent", Path("r"), None, 16, None), "agent=r:beam=16"),
        (("agent=r:greedy", None, None, None, None), "agent=r:greedy"),
        (("agent", Path("r"), 4, None, None, 0.5), "agent=r:sample=4:temperature=0.5"),
        (("hybrid", None, None, None, None), "hybrid"),
        (("hybrid", Path("r"), None, None, None), "hybrid=r"),
        (("hybrid", Path("r"), 4, None, None, 2.0), "hybrid=r:sample=4:temperature=2.0"),
    ],
)
def test_method_options(arguments: tuple[Any, ...], spec: str) -> None:
    """Options become the string that `evaluate` takes."""
    assert method_spec(*arguments) == spec


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("agent", None, None, None, None), "--policy"),
        (("spt", None, None, 4, None), "--beam 4"),
        (("cp-sat", None, 4, None, None), "--samples"),
        (("spt", Path("r"), None, None, None), "--policy goes with --method agent"),
        (("agent=r", Path("r"), None, None, None), "--policy goes with --method agent"),
        (("agent", Path("r"), 3, 2, None), "give either --beam or --samples"),
        (("agent", Path("r"), None, 2, None, 0.5), "--temperature 0.5 is for samples"),
        (("mwkr", None, 3, None, None, 0.5), "--temperature 0.5 is for samples of an agent"),
        (("hybrid", None, 8, None, None), "hybrid without --policy takes no --samples 8"),
        (("hybrid", None, None, None, None, 0.5), "add --policy"),
        (("hybrid", Path("r"), None, 4, None), "--beam 4 is for the agent alone"),
        (("hybrid", Path("r"), None, None, "append"), "takes no --semantics append"),
    ],
)
def test_method_options_that_clash(arguments: tuple[Any, ...], message: str) -> None:
    """Options that mean nothing together are refused."""
    with pytest.raises(DispatchlabError, match=message):
        method_spec(*arguments)


def test_seeds() -> None:
    """Lists and ranges; anything else is refused."""
    assert parse_seeds("0") == [0]
    assert parse_seeds("3, 5-7") == [3, 5, 6, 7]
    for text in ("", "a", "1-", "1,1", "3-1", "-1", "0-999999999", "9" * 9999, "²"):
        with pytest.raises(DispatchlabError, match="seeds"):
            parse_seeds(text)


def test_verify_lists_violations(shop: Path, tmp_path: Path) -> None:
    """Each violation has a line, and the exit code tells."""
    path = tmp_path / "wrong.csv"
    path.write_text("activity,mode,start,end\n0,0,0,3\n1,1,2,4\n2,2,0,2\n3,3,2,6\n")
    output = run("verify", shop, path, code=1)
    assert output.count("\n  ") + output.startswith("  ") >= 2
    assert "Error: The schedule" in output


def test_verify_checks_the_claimed_objective(shop: Path, tmp_path: Path) -> None:
    """A JSON file that claims too good a value is wrong."""
    run("solve", shop, "--method", "spt", "--schedule", tmp_path / "s.json")
    document = json.loads((tmp_path / "s.json").read_text())
    document["objective_value"] -= 1
    (tmp_path / "s.json").write_text(json.dumps(document))
    assert "too low" in run("verify", shop, tmp_path / "s.json", code=1)


def test_render(shop: Path, tmp_path: Path) -> None:
    """To the terminal, to a text file and to a page."""
    pytest.importorskip("plotly")
    assert "shop: makespan" in run("render", shop, "--method", "spt")
    run("solve", shop, "--method", "spt", "--schedule", tmp_path / "s.csv")
    run("render", shop, tmp_path / "s.csv", "--out", tmp_path / "chart.txt")
    assert "shop: makespan" in (tmp_path / "chart.txt").read_text()
    run("render", shop, "--out", tmp_path / "chart.html")
    assert "<html" in (tmp_path / "chart.html").read_text()


def test_report(tmp_path: Path) -> None:
    """A page about a run, from its settings alone if it has nothing else yet."""
    pytest.importorskip("stable_baselines3")
    pytest.importorskip("jinja2")
    from dispatchlab.train import preset
    from dispatchlab.train.config_files import write_config

    write_config(preset("quick", "job-shop"), tmp_path / "config.yaml")
    page = tmp_path / "run.html"
    assert f"wrote {page}" in run("report", tmp_path, "--out", page)
    assert "total_timesteps" in page.read_text()


def test_convert(shop: Path, tmp_path: Path) -> None:
    """The instance survives a change of format."""
    run("convert", shop, "--out", tmp_path / "shop.json")
    run("convert", tmp_path / "shop.json", "--out", tmp_path / "again.jsp")
    lines = (tmp_path / "again.jsp").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == SHOP.splitlines()


def test_evaluate(shop: Path, tmp_path: Path) -> None:
    """A paired table, and tidy files for machines."""
    table, rows = tmp_path / "runs.csv", tmp_path / "all.json"
    output = run(
        "evaluate", "job-shop", "--instances", f"ft06,{shop}", "--methods", "spt,random:k=4",
        "--seeds", "0-1", "--duration-noise", 0.3, "--against", "spt", "--csv", table,
        "--json", rows,
    )  # fmt: skip
    assert "95 % CI" in output
    assert "best value found here" in output
    with table.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 8
    assert {line["verified"] for line in lines} == {"True"}
    document = json.loads(rows.read_text())
    assert {summary["baseline"] for summary in document["summary"]} == {"spt"}


def test_evaluate_drawn_instances() -> None:
    """Instances and realisations of a generator."""
    output = run(
        "evaluate", "job-shop", "--generator", "random:num_jobs=3,num_machines=2,duration_noise=1",
        "--count", 3, "--methods", "spt", "--csv", "-",
    )  # fmt: skip
    assert len(output.strip().splitlines()) == 4


def test_benchmark(tmp_path: Path) -> None:
    """The figures come with the machine they were measured on."""
    path = tmp_path / "speed.json"
    output = run(
        "benchmark", "throughput", "--sizes", "3x2", "--batches", 2, "--seconds", 0.01,
        "--json", path,
    )  # fmt: skip
    assert "vector, 2" in output
    assert "numba" in output
    assert len(json.loads(path.read_text())["measurements"]) == 12


def test_train_evaluate_resume(shop: Path, tmp_path: Path) -> None:
    """A run is trained, solves an instance it has never seen, and is not overwritten."""
    pytest.importorskip("stable_baselines3")
    folder = tmp_path / "run"
    settings = [part for setting in TINY_RUN for part in ("--set", setting)]
    assert "256 decisions" in run("train", "job-shop", "--out", folder, *settings)
    output = run("solve", "ft06", "--method", "agent", "--policy", folder, "--samples", 2)
    assert "agent=run:sample=2" in output
    assert "holds another run" in fails("train", "job-shop", "--out", folder, *settings)
    resume = ("train", "job-shop", "--out", folder, "--resume")
    assert "started with seed=0, not 5: keep its settings" in fails(*resume, "--seed", 5)
    assert "started with generator='random:" in fails(*resume, "--preset", "full")
    assert "│ 256 " in run(*resume, "--settings")  # of the run, not of a preset
    assert "256 decisions" in run(*resume)
    assert "256 decisions" in run(*resume, "--config", folder / "config.yaml")


def test_train_settings() -> None:
    """All settings are listed with what they mean; nothing is trained."""
    pytest.importorskip("yaml")
    output = run("train", "job-shop", "--settings", "--set", "n_epochs=7")
    assert "n_epochs" in output
    assert "Passes over the decisions" in output


def test_demo(tmp_path: Path) -> None:
    """The toy demo leaves its table, report and charts, and does not train twice."""
    for package in ("stable_baselines3", "ortools", "plotly", "matplotlib"):
        pytest.importorskip(package)
    output = run("demo", "--fast", "--out", tmp_path / "demo")
    assert "FDD/MWKR" in output
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {
        "quick", "table.csv", "table.json", "report.html", "agent-la01.html", "agent-la01.png",
        "agent-la01.json",
    }  # fmt: skip
    assert "trained already" in run("demo", "--fast", "--out", tmp_path / "demo")


BAD_FILES = {
    "truncated.jsp": ("2 2\n0 3 1 2\n1 2", "line"),
    "machine.jsp": ("2 2\n0 3 7 2\n1 2 0 4\n", "7"),
    "negative.jsp": ("2 2\n0 -3 1 2\n1 2 0 4\n", "-3"),
    "nan.jsp": ("2 2\n0 nan 1 2\n1 2 0 4\n", "nan"),
    "empty_job.fjs": ("2 2 1\n1 1 1 3\n0\n", "job"),
    "no_machine.fjs": ("1 2 1\n1 0\n", "machine"),
    "empty.jsp": ("", "empty"),
    "broken.json": ("{", "JSON"),
    "model.pb": ("not a model", "model"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_instances(name: str, tmp_path: Path) -> None:
    """Damaged files are named with what is wrong in them, and nothing is written."""
    if name.endswith(".pb"):
        pytest.importorskip("ortools")
    text, expected = BAD_FILES[name]
    (tmp_path / name).write_text(text)
    message = fails("solve", tmp_path / name, "--method", "spt", "--schedule", tmp_path / "s.json")
    assert expected in message
    assert not (tmp_path / "s.json").exists()


def test_cyclic_precedence(shop: Path, tmp_path: Path) -> None:
    """A cycle among the activities is found when the file is read."""
    run("convert", shop, "--out", tmp_path / "shop.json")
    document = json.loads((tmp_path / "shop.json").read_text())
    for column, value in {"arc_from": 1, "arc_to": 0, "arc_lag": 0, "arc_from_start": 0}.items():
        document[column].append(value)
    (tmp_path / "cycle.json").write_text(json.dumps(document))
    assert "cycl" in fails("solve", tmp_path / "cycle.json", "--method", "spt")


def test_unsupported_model(tmp_path: Path) -> None:
    """A constraint outside the vocabulary is named with its index."""
    cp_model = pytest.importorskip("ortools.sat.python.cp_model")
    model = _two_on_one_machine(cp_model)
    a, b = model.new_int_var(0, 9, "a"), model.new_int_var(0, 9, "b")
    model.add_multiplication_equality(model.new_int_var(0, 81, "c"), [a, b])
    path = tmp_path / "product.pb"
    model.export_to_file(str(path))
    message = fails("solve", path, "--method", "spt")
    assert "Constraint" in message
    assert "int_prod" in message


def test_list_of_teachers() -> None:
    """`train --list-teachers` prints one line for each, and trains nobody."""
    pytest.importorskip("torch")
    from dispatchlab.train.teachers.registry import TEACHERS

    result = CliRunner().invoke(app, ["train", "--list-teachers"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines == [f"{name}: {entry.text}" for name, entry in TEACHERS.items()]


def test_checkpoint_of_another_layout(tmp_path: Path) -> None:
    """A policy whose features are not those of this release is refused by name."""
    pytest.importorskip("torch")
    from dispatchlab.agents.checkpoint import _layout_hash
    from tests.eval.helpers import save_untrained

    folder = save_untrained(tmp_path / "old")
    path = folder / "policy.json"
    data = json.loads(path.read_text())
    data["layout"]["nodes"]["option"][0]["name"] = "age"
    data["layout_hash"] = _layout_hash(data["layout"])
    path.write_text(json.dumps(data))
    message = fails(
        "solve", "ft06", "--method", "agent", "--policy", folder, "--out", tmp_path / "o"
    )
    assert "age" in message
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["solve", "ft99", "--method", "spt"], "'ft99'"),
        (["solve", "nowhere/shop.jsp"], "no file"),
        (["solve", "ft06", "--method", "sbt"], "Unknown method 'sbt'"),
        (
            ["solve", "ft06", "--method", "all-rules"],
            "atc, random, lookahead, tabu, cp-sat, hybrid or agent=RUN.",
        ),
        (["solve", "ft06", "--method", "spt", "--semantics", "lazy"], "semantics 'lazy'"),
        (["solve", "ft06,la01", "--method", "spt", "--schedule", "s.json"], "--out"),
        (["solve", "ft06", "--method", "spt", "--gantt", "chart.bmp"], ".bmp"),
        (["solve", "ft06", "--method", "spt", "--schedule", "nowhere/s.json"], "nowhere"),
        (["render", "ft06", "--out", "nowhere/chart.html"], "nowhere"),
        (["verify", "ft06", "nowhere.json"], "nowhere.json"),
        (["verify", "ft06", "nowhere.json"], "no schedule file"),
        (["solve", "zzzzz", "--method", "spt"], "dispatchlab envs --instances"),
        (["solve", "ft06", "--method", "spt", "--samples", "100000000"], "from 1 to 100000"),
        (["solve", "ft06", "--method", "spt", "--time-limit", "nan"], "time limit is nan"),
        (["solve", "4d-a", "--temperature", "2"], "--temperature 2 is for"),
        (
            ["solve", "4d-a", "--method", "hybrid", "--policy", "edge-fleet"],
            "--policy goes with --method agent, not with 'hybrid'",
        ),
        (["solve", "4d-a", "--policy", "nowhere"], "nowhere"),
        (["evaluate", "job-shop", "--json", "-", "--csv", "-"], "would go to stdout; name a file"),
        (["solve", "ft06", "--method", "hybrid", "--policy", "nowhere"], "nowhere"),
        (["solve", "ft06", "--method", "hybrid", "--time-limit", "0"], "time limit is 0"),
        (["solve", "ft06", "--workers", "100000"], "workers is 100000; give 0"),
        (["solve", "ft06", "--method", "spt", "--gantt", "."], "extension"),
        (["render", "ft06", "s.json", "--method", "spt"], "leave one out"),
        (["render", "ft06", "--out", "chart.xyz"], ".txt"),
        (["envs", "ta"], "--instances"),
        (["envs", "--instances", "zzzzz"], "no benchmark set named 'zzzzz'"),
        (["evaluate", "job-shop", "--seeds", "0-999999999"], "at most 100000"),
        (["evaluate", "job-shop", "--seeds", "1", "--episodes", "3"], "keep one"),
        (["evaluate", "job-shop", "--instances", ""], "instances '' name none"),
        (["evaluate", "job-shop", "--methods", ""], "--methods is '', which names nothing"),
        (["benchmark", "throughput", "--sizes", ""], "--sizes is '', which names nothing"),
        (["evaluate", "job-shop", "--generator", "random:", "--count", "100001"], "at most 100000"),
        (["evaluate", "job-shop", "--duration-noise", "1e300"], "give at most 10"),
        (["benchmark", "throughput", "--sizes", "6x6,99999x9999"], "1000x100"),
        (["benchmark", "throughput", "--sizes", "0x5"], "1000x100"),
        (["benchmark", "throughput", "--batches", "100000000"], "from 1 to 10000"),
        (["evaluate", "job-shop", "--instances", "ft99"], "'ft99'"),
        (["evaluate", "job-shop", "--methods", "spt", "--against", "lpt"], "'lpt'"),
        (["evaluate", "job-shop", "--generator", "random:jobs=3"], "jobs"),
        (["evaluate", "job-shop", "--report", "nowhere/r.html"], "nowhere"),
        (["benchmark", "throughput", "--sizes", "15"], "'15'"),
        (["train", "job-shop", "--preset", "slow"], "'slow'"),
        (["train", "job-shop", "--set", "speed=9"], "'speed'"),
        (["report", "nowhere"], "'nowhere' is no run folder: there is no such folder"),
        (["report", "nowhere", "--out", "run.txt"], "use .html"),
        (["report", "nowhere", "--out", "nowhere/run.html"], "does not exist"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_arguments(arguments: list[str], expected: str) -> None:
    """Whatever is wrong is named, in one sentence, before any work is done."""
    pytest.importorskip("ortools")
    pytest.importorskip("stable_baselines3")
    assert expected in fails(*arguments)


@pytest.mark.parametrize("family", ["job-shop", "soc", "edge", "uam"])
def test_a_number_of_episodes_is_no_list(family: str) -> None:
    """A list of seeds where a number of episodes belongs is named, with what to write."""
    assert "'0,1' is no number of episodes" in run("evaluate", family, "--episodes", "0,1", code=2)


def test_episodes_are_seeds_from_zero(shop: Path) -> None:
    """Of job shops as well, a number of episodes stands for that many seeds."""
    output = run("evaluate", "job-shop", "--instances", shop, "--methods", "spt", "--episodes", 2)
    assert "1 instance, 2 seeds" in output


def test_large_seeds_are_for_every_method(shop: Path) -> None:
    """CP-SAT knows seeds of 31 bits only; larger ones still give a schedule."""
    pytest.importorskip("ortools")
    assert "makespan    7" in run("solve", shop, "--seed", 99999999999)


def test_out_of_memory(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last net: too little memory is a sentence as well."""

    def refuse(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("dispatchlab.commands.inputs.load_problems", refuse)
    assert "not enough memory" in fails("solve", shop, "--method", "spt")


def test_obstacles_are_told_apart(shop: Path, tmp_path: Path) -> None:
    """A folder, a missing folder and a file in the way of a folder each have a sentence."""
    (tmp_path / "folder.html").mkdir()
    for path, reason in (
        (tmp_path / "folder.html", "it is a folder"),
        (tmp_path / "nowhere" / "a.html", "does not exist"),
        (shop / "a.html", "is a file"),
    ):
        assert reason in fails("render", shop, "--out", path)


def test_unwritable_folder(shop: Path) -> None:
    """A file where a folder should be cannot hold results."""
    assert "Cannot" in fails("solve", shop, "--method", "spt", "--out", shop)
    assert "Cannot" in fails("demo", "--fast", "--out", shop / "demo")


def _two_on_one_machine(cp_model: Any) -> Any:  # noqa: ANN401 - an optional module
    """Activities of 2 and 3 on one machine."""
    model = cp_model.CpModel()
    makespan = model.new_int_var(0, 99, "makespan")
    intervals = []
    for index, length in enumerate((2, 3)):
        start, end = model.new_int_var(0, 99, f"s{index}"), model.new_int_var(0, 99, f"e{index}")
        intervals.append(model.new_interval_var(start, length, end, f"i{index}"))
        model.add(makespan >= end)
    model.add_no_overlap(intervals)
    model.minimize(makespan)
    return model

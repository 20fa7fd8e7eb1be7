"""``dispatchlab tune`` and ``train --config`` from end to end."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("optuna")
pytest.importorskip("stable_baselines3")

from dispatchlab.cli import app
from tests.train.helpers import SMALL
from tests.tune.helpers import table

RUN = CliRunner()
_SETTINGS = SMALL | {
    "generator": "random:num_jobs=3-5,num_machines=3-4", "eval_instances": 4,
    "eval_generator": "random:num_jobs=5,num_machines=4",
}  # fmt: skip
SET = [word for key, value in _SETTINGS.items() for word in ("--set", f"{key}={value}")]


def test_search_continue_and_train(tmp_path: Path) -> None:
    """A search writes settings, goes on, and `train --config` takes what it has found."""
    study, space, zoo = tmp_path / "study", tmp_path / "space.yaml", tmp_path / "ppo.yml"
    space.write_text("learning_rate: {low: 1e-3, high: 1e-2, log: true}\ngamma: 0.99\n")
    begun = RUN.invoke(
        app,
        ["tune", "job-shop", *SET, "-n", "256", "--trials", "1", "--evaluations", "2", "--seed",
         "3", "--space", str(space), "--only", "learning_rate", "--out", str(study)],
    )  # fmt: skip
    assert begun.exit_code == 0, begun.output
    assert len(table(study)) == 1
    shown = RUN.invoke(app, ["tune", "job-shop", "--resume", str(study), "--show-space"])
    assert "0.99 (fixed)" in shown.output
    assert "best.yaml" not in shown.output
    resumed = RUN.invoke(
        app, ["tune", "job-shop", "--resume", str(study), "--trials", "2", "--zoo", str(zoo)]
    )
    assert resumed.exit_code == 0, resumed.output
    assert "best.yaml" in resumed.output
    assert "dispatchlab/JobShop-v0:" in zoo.read_text()
    best = min(table(study), key=lambda row: float(row["score"]))
    run = tmp_path / "run"
    trained = RUN.invoke(
        app, ["train", "job-shop", "--config", str(study / "best.yaml"), "--out", str(run)]
    )
    assert trained.exit_code == 0, trained.output
    trial = study / "trials" / f"{int(best['number']):04}"
    assert (run / "policy.safetensors").read_bytes() == (trial / "policy.safetensors").read_bytes()
    assert "seed: 3" in (run / "config.yaml").read_text()
    assert "gamma: 0.99" in (run / "config.yaml").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["job-sho"], "There is no family 'job-sho'"),
        (["job-shop", "--only", "gama"], "did you mean gamma"),
        (["job-shop", "--space", "none.yaml"], "There is no file 'none.yaml'"),
        (["job-shop", "--report", "page.txt"], "use .html"),
        (["job-shop", "--engine", "slurm", "--out", "{tmp}/new"], "engine is 'slurm'"),
        (["job-shop", "--resume", "{tmp}/none"], "holds no study to continue"),
        (["job-shop", "--resume", "{tmp}", "--seed", "1"], "--seed cannot change with --resume"),
        (
            ["job-shop", "--resume", "{tmp}/shop.yaml"],
            "shop.yaml' is a file: give --resume the folder of a study",
        ),
        (
            ["job-shop", "--resume", "{tmp}", "--preset", "full"],
            "--preset cannot change with --resume",
        ),
        (["soc", "--config", "{tmp}/shop.yaml"], "is of the family 'job-shop'"),
    ],
)
def test_refusals(options: list[str], message: str, tmp_path: Path) -> None:
    """Bad options get one sentence and a bad exit code, and nothing is written."""
    (tmp_path / "shop.yaml").write_text("family: job-shop\n")
    result = RUN.invoke(app, ["tune", *(word.replace("{tmp}", str(tmp_path)) for word in options)])
    assert result.exit_code != 0
    assert message in " ".join(result.output.split())
    assert [path.name for path in tmp_path.iterdir()] == ["shop.yaml"]


def test_the_space_can_be_seen() -> None:
    """What is searched is one table."""
    result = RUN.invoke(app, ["tune", "uam", "--show-space"])
    assert result.exit_code == 0, result.output
    assert "imitation_temperature" in result.output

"""Tracking services, played by small modules that keep what they are sent."""

import json
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest
from rich.console import Console
from stable_baselines3.common.callbacks import BaseCallback

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.folder import RunFolder
from dispatchlab.train.tracking import start_tracker
from tests.train.helpers import Interrupt, progress

Metric = tuple[str, float, int, int]


class FakeWandb(ModuleType):
    """What training uses of wandb."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        super().__init__("wandb")
        self.begun: list[dict[str, Any]] = []
        self.logged: list[tuple[int, dict[str, Any]]] = []
        self.codes: list[int] = []
        self.is_out = False
        self.errors = SimpleNamespace(Error=LookupError)
        self.refusal = ""

    def init(self, **settings: Any) -> "FakeWandb":
        """Begin a record."""
        if self.refusal:
            raise LookupError(self.refusal)
        self.begun.append(settings)
        self.id = settings["id"] or "abc123"
        return self

    def log(self, values: dict[str, Any], step: int) -> None:
        """Keep the values."""
        if self.is_out:
            raise ConnectionError("no route to host")
        self.logged.append((step, values))

    def finish(self, exit_code: int) -> None:
        """Keep how it ended."""
        self.codes.append(exit_code)


class FakeMlflow(ModuleType):
    """What training uses of mlflow; module and client in one."""

    def __init__(self) -> None:
        """Keep nothing yet."""
        super().__init__("mlflow")
        self.entities = SimpleNamespace(Metric=lambda *parts: parts, Param=lambda *parts: parts)
        self.exceptions = SimpleNamespace(MlflowException=LookupError)
        self.experiments: list[str] = []
        self.metrics: list[Metric] = []
        self.params: dict[str, str] = {}
        self.states: list[str] = []

    def MlflowClient(self) -> "FakeMlflow":
        """The client."""
        return self

    def get_experiment_by_name(self, name: str) -> None:
        """There is none."""

    def create_experiment(self, name: str) -> str:
        """Make one."""
        self.experiments.append(name)
        return "7"

    def create_run(self, experiment: str, run_name: str) -> SimpleNamespace:
        """Begin a record."""
        self.states.append(f"began in {experiment}")
        return SimpleNamespace(info=SimpleNamespace(run_id="r1"))

    def update_run(self, run_id: str, status: str) -> None:
        """Go on with a record."""
        self.states.append(f"{run_id} {status}")

    def log_batch(
        self, run_id: str, metrics: Sequence[Metric] = (), params: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Keep the values."""
        self.metrics += metrics
        self.params |= dict(params)

    def set_terminated(self, run_id: str, status: str) -> None:
        """End the record."""
        self.states.append(f"{run_id} {status}")


@pytest.fixture
def short(tiny: TrainConfig) -> TrainConfig:
    """A few updates."""
    return replace(tiny, total_timesteps=512, track_project="shops")


def test_wandb_hears_what_the_table_shows(
    short: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every row of progress.csv is sent under its timesteps; a resumed run keeps its record."""
    wandb = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    config = replace(short, track="wandb")
    said = Console(file=StringIO(), width=500)
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "run", console=said, callbacks=[Interrupt(400)])
    assert "wandb is told that the run was stopped" in cast("StringIO", said.file).getvalue()
    train(None, tmp_path / "run", resume=True, console=quiet)
    assert [begun["id"] for begun in wandb.begun] == [None, "abc123"]
    assert wandb.begun[0]["project"] == "shops"
    assert wandb.begun[0]["config"]["learning_rate"] == short.learning_rate
    assert wandb.codes == [1, 0]
    rows = progress(tmp_path / "run")
    sent = {step: values for step, values in wandb.logged}
    assert sorted(sent) == [int(row["timesteps"]) for row in rows]
    assert sent[512]["eval/generated/greedy"] == float(rows[-1]["eval/generated/greedy"])


def test_mlflow_hears_what_the_table_shows(
    short: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Metrics have names that MLflow allows, the settings are parameters, the record ends."""
    mlflow = FakeMlflow()
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    train(replace(short, track="mlflow"), tmp_path / "run", console=quiet)
    assert mlflow.experiments == ["shops"]
    assert mlflow.params["total_timesteps"] == "512"
    assert mlflow.states == ["began in 7", "r1 FINISHED"]
    names = {name for name, *_ in mlflow.metrics}
    assert {"eval/generated/greedy", "train/learning_rate"} <= names
    assert json.loads((tmp_path / "run" / "track.json").read_text()) == {"mlflow": "r1"}


def test_missing_library_is_named(
    short: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the library there is one sentence, and no folder."""
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(
        DispatchlabError, match=r"'wandb' is not installed: run `pip install wandb`"
    ):
        train(replace(short, track="wandb"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_refusal_of_the_service_leaves_no_folder(
    short: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the service complains about is passed on, and the run can be started again."""
    wandb = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    wandb.refusal = "api_key not configured.\nmore"
    with pytest.raises(DispatchlabError, match=r"api_key not configured; run `wandb login`"):
        train(replace(short, track="wandb"), tmp_path / "run", console=quiet)
    assert not (tmp_path / "run").exists()


class Outage(BaseCallback):
    """Cuts the line to wandb for the middle of a run."""

    def __init__(self, wandb: FakeWandb) -> None:
        """Name the service."""
        super().__init__()
        self._wandb = wandb

    def _on_step(self) -> bool:
        self._wandb.is_out = 130 < self.num_timesteps < 300
        return True


def test_an_outage_is_survived(
    short: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training goes on, one line says why, and what was missed is sent once the line is back."""
    wandb = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.setattr("dispatchlab.train.tracker._PAUSE_S", 0.0)
    said = Console(file=StringIO(), width=500)
    config = replace(short, track="wandb")
    train(config, tmp_path / "run", console=said, callbacks=[Outage(wandb)])
    steps = [int(row["timesteps"]) for row in progress(tmp_path / "run")]
    assert [step for step, _ in wandb.logged] == steps
    assert wandb.codes == [0]
    text = cast("StringIO", said.file).getvalue()
    assert text.count("cannot be reached (no route to host): training goes on") == 1


def test_a_service_that_does_not_come_back(
    short: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked now and then, not at every row, and the rows that it missed are counted."""
    wandb = FakeWandb()
    wandb.is_out = True
    asked: list[int] = []
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    log = wandb.log
    monkeypatch.setattr(wandb, "log", lambda *a, **k: (asked.append(1), log(*a, **k)))
    said = Console(file=StringIO(), width=500)
    result = train(replace(short, track="wandb"), tmp_path / "run", console=said)
    assert result.finished
    rows = len(progress(tmp_path / "run"))
    assert len(asked) == 1 + rows  # the first one at once, and all at the end
    assert f"did not get the last {rows} rows" in cast("StringIO", said.file).getvalue()


def test_a_row_that_is_refused_for_good_does_not_hold_up_others(
    short: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given up once a later one is taken, also two in a row; that is said once."""
    wandb = FakeWandb()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    log = wandb.log

    def picky(values: dict[str, Any], step: int) -> None:
        if step in (128, 256, 512):
            raise LookupError("NaN is not welcome")
        log(values, step)

    monkeypatch.setattr(wandb, "log", picky)
    said = Console(file=StringIO(), width=500)
    config = replace(short, track="wandb", total_timesteps=768)
    train(config, tmp_path / "run", console=said)
    steps = [int(row["timesteps"]) for row in progress(tmp_path / "run")]
    assert sorted(step for step, _ in wandb.logged) == [
        step for step in steps if step not in (128, 256, 512)
    ]
    text = cast("StringIO", said.file).getvalue()
    assert text.count("wandb refuses the row of 128 decisions: it is left out") == 1
    assert text.count("refuses") == 1
    assert "did not get the last" not in text


def test_a_service_that_hangs_at_the_end_is_not_waited_for(
    short: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends in time and says so."""
    wandb, over = FakeWandb(), threading.Event()
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.setattr("dispatchlab.train.tracker._CLOSE_S", 0.05)
    monkeypatch.setattr(wandb, "finish", lambda exit_code: over.wait(30.0))
    said = Console(file=StringIO(), width=500)
    train(replace(short, track="wandb", total_timesteps=128), tmp_path / "run", console=said)
    over.set()
    assert "has not ended the record within 0.05 s" in cast("StringIO", said.file).getvalue()


class TrialPruned(Exception):
    """What optuna's is called."""


@pytest.mark.parametrize(
    ("error", "state"),
    [(KeyboardInterrupt, "KILLED"), (TrialPruned, "KILLED"), (OSError, "FAILED")],
)
def test_the_record_says_how_a_run_ended(
    error: type[BaseException], state: str, short: TrainConfig, quiet: Console, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What was stopped or has failed is not shown as finished."""
    mlflow = FakeMlflow()
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    monkeypatch.setitem(sys.modules, "optuna", SimpleNamespace(TrialPruned=TrialPruned))
    with pytest.raises(error):
        train(
            replace(short, track="mlflow"), tmp_path / "run", console=quiet,
            callbacks=[Interrupt(100, error)],
        )  # fmt: skip
    assert mlflow.states[-1] == f"r1 {state}"


class Notes(BaseCallback):
    """Logs a word."""

    def _on_step(self) -> bool:
        self.logger.record("note", "well")
        return True


def test_a_run_that_the_clock_stops_is_not_finished(
    short: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is once it has been continued; words in the log are not sent."""
    mlflow = FakeMlflow()
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    late = replace(short, track="mlflow", max_minutes=1e-9)
    result = train(late, tmp_path / "run", console=quiet, callbacks=[Notes()])
    assert not result.finished
    assert mlflow.states[-1] == "r1 KILLED"
    again = replace(late, max_minutes=0.0)
    assert train(again, tmp_path / "run", resume=True, console=quiet, callbacks=[Notes()]).finished
    assert mlflow.states[-1] == "r1 FINISHED"


@pytest.mark.parametrize("text", ["{", "[]", '{"wandb": 3}', "\xff"])
def test_a_damaged_memory_of_the_record(
    text: str, short: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence names the file and the remedy."""
    monkeypatch.setitem(sys.modules, "wandb", FakeWandb())
    folder = RunFolder(tmp_path)
    folder.track.write_bytes(text.encode("latin-1"))
    with pytest.raises(CheckpointError, match=r"track\.json' does not say .* remove the file"):
        start_tracker(replace(short, track="wandb"), folder)

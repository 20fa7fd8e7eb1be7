"""``dispatchlab train``: what it says where a run is stopped or cannot begin."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

pytest.importorskip("stable_baselines3")

from stable_baselines3.common.callbacks import BaseCallback

import dispatchlab.train
from dispatchlab.cli import app
from dispatchlab.commands.interrupts import telling
from dispatchlab.train.result import RunResult
from dispatchlab.train.run import train
from tests.train.helpers import SMALL, progress, same_weights

RUN = CliRunner()
_SETTINGS = SMALL | {
    "generator": "random:num_jobs=3-5,num_machines=3-4", "eval_instances": 2, "eval_samples": 1,
    "eval_generator": "random:num_jobs=5,num_machines=4", "total_timesteps": 512,
    "self_labelling_instances": 2, "self_labelling_samples": 2, "imitation_steps": 8,
    "imitation_updates": 2,
}  # fmt: skip
SET = [word for key, value in _SETTINGS.items() for word in ("--set", f"{key}={value}")]


pytestmark = pytest.mark.usefixtures("terminal_signals")


class Signal(BaseCallback):
    """Sends this process a signal in the middle of a run."""

    def __init__(self, number: int, after: int) -> None:
        """Set the time."""
        super().__init__()
        self._number, self._after = number, after

    def _on_step(self) -> bool:
        if self.num_timesteps >= self._after:
            os.kill(os.getpid(), self._number)
        return True


def _train(*words: str) -> Result:
    return RUN.invoke(app, ["train", "job-shop", *words])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_a_run_that_goes_on(
    number: int, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command to go on with is told with what is kept, and it ends with the same weights."""

    def interrupted(*args: Any, **options: Any) -> RunResult:
        return train(*args, callbacks=[Signal(number, 400)], **options)

    run, handlers = tmp_path / "a run", [signal.getsignal(one) for one in (2, 15)]
    with monkeypatch.context() as patch:
        patch.setattr(dispatchlab.train, "train", interrupted)
        stopped = _train(*SET, "--out", str(run))
    assert stopped.exit_code == code
    go_on = f"dispatchlab train job-shop --resume --out '{run}'"
    told = f"Stopped at 400 decisions, of which the last checkpoint has 256; go on with: {go_on}\n"
    assert stopped.stderr.endswith(told)
    assert [signal.getsignal(one) for one in (2, 15)] == handlers
    assert not [path.name for path in run.iterdir() if "tmp" in path.name]
    again = _train("--resume", "--out", str(run))
    assert again.exit_code == 0, again.output
    assert "512 decisions in" in again.stdout
    assert "over all sittings; wrote" in again.stdout
    if number == signal.SIGINT:
        assert _train(*SET, "--out", str(tmp_path / "whole")).exit_code == 0
        assert same_weights(run, tmp_path / "whole")
        assert progress(run) == progress(tmp_path / "whole")


@pytest.mark.parametrize(
    ("stage", "where", "told"),
    [
        ("imitation_rounds=2", "imitation._Run._fit", "in imitation, which begins again"),
        (
            "self_labelling_rounds=2",
            "warm_up.passes_multiple",
            "decisions of self-labelling, of which the last checkpoint has 0;",
        ),
    ],
)
def test_a_signal_before_ppo(
    stage: str, where: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stage is named, and the run can be continued."""
    with monkeypatch.context() as patch:
        patch.setattr(f"dispatchlab.train.{where}", lambda *_, **__: os.kill(os.getpid(), 2))
        stopped = _train(*SET, "--set", stage, "--out", str(tmp_path / "run"))
    assert stopped.exit_code == 130
    assert told in stopped.stderr
    assert _train("--resume", "--out", str(tmp_path / "run")).exit_code == 0


def test_a_signal_before_anything_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder stays that could be neither continued nor begun."""
    killed = partial(os.kill, os.getpid(), 2)
    monkeypatch.setattr("dispatchlab.train.sitting.CsvWriter", lambda *_, **__: killed())
    stopped = _train(*SET, "--out", str(tmp_path / "run"))
    assert (stopped.exit_code, list(tmp_path.iterdir())) == (130, [])
    assert "Stopped before training began, so nothing is kept." in stopped.stderr


def test_the_second_signal_finds_no_handler() -> None:
    """While a command closes what it has open, another Ctrl-C ends the process."""
    with pytest.raises(typer.Exit), telling(str), _noting() as seen:
        os.kill(os.getpid(), signal.SIGINT)
    assert seen == [signal.SIG_DFL, signal.SIG_DFL]


@contextmanager
def _noting() -> Iterator[list[object]]:
    """Keeps who handles signals at the end of the block."""
    seen: list[object] = []
    try:
        yield seen
    finally:
        seen += [signal.getsignal(one) for one in (2, 15)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nope"], "There is no family 'nope': choose one of job-shop, soc, edge, uam."),
        (["job-shop", "--discount", ""], "--discount is empty: give a name, or leave it out."),
        (["job-shop", "--teacher", " "], "--teacher is empty: give a name, or leave it out."),
        (["soc", "--imitate", ""], "--imitate is empty: give a name, or leave it out."),
        (["uam", "--lr-schedule", ""], "There is no schedule ''"),
        (["edge", "--set", "gama=1"], "did you mean gamma (`dispatchlab train edge --settings`"),
        (["soc", "--workers", "2"], "(--workers) is 2, but engine is 'local'"),
    ],
)
def test_refusals(words: list[str], message: str, tmp_path: Path) -> None:
    """Bad options get one sentence and a bad exit code, and nothing is written."""
    refused = RUN.invoke(app, ["train", *words, "--out", str(tmp_path / "run")])
    assert refused.exit_code != 0
    assert message in " ".join(refused.output.split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("what", "known"), [("schedules", "rex:"), ("teachers", "alp-gmm: ")])
def test_lists_behind_the_family(what: str, known: str) -> None:
    """What options take is listed wherever one asks."""
    texts = [RUN.invoke(app, ["train", *at, f"--list-{what}"]).output for at in ([], ["soc"])]
    assert texts[0] == texts[1]
    assert known in texts[0]

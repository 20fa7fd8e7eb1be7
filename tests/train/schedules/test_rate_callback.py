"""A run whose learning rates are searched while it goes on."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.callback import RunCallback
from dispatchlab.train.checkpoint import read_checkpoint
from dispatchlab.train.interrupt import TrainingInterrupt
from dispatchlab.train.schedules import autolrs, rate_callback
from dispatchlab.train.schedules.autolrs import AutoLrs, Stage
from dispatchlab.train.schedules.sb3_trainee import AlgorithmTrainee
from tests.train.helpers import Interrupt, progress, same_weights

SEARCHED = "autolrs:low=1e-4,trials=2,first_stage=5,longest_stage=6"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials of two updates, which show less of a rate but more of the code a second."""
    monkeypatch.setattr(autolrs, "LEAST_LOSSES", 2)


def _column(folder: Path, name: str) -> list[str]:
    with (folder / "progress.csv").open(newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


@pytest.mark.parametrize("algo", ["ppo", "maskable-ppo"])
def test_resumed_search_equals_uninterrupted_search(
    algo: str, tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """A run that dies in its first and second stage, and is stopped by the clock, ends the same."""
    pytest.importorskip("optuna")
    config = replace(tiny, algo=algo, schedule=SEARCHED, learning_rate=1e-2, checkpoint_every=1,
                     total_timesteps=13 * 128)  # fmt: skip
    train(config, tmp_path / "whole", console=quiet)
    for at in (200, 900):
        with pytest.raises(KeyboardInterrupt):
            train(config, tmp_path / "cut", resume=at > 200, console=quiet,
                  callbacks=[Interrupt(at)])  # fmt: skip
    late = replace(config, max_minutes=1e-9)
    assert not train(late, tmp_path / "cut", resume=True, console=quiet).finished
    assert train(config, tmp_path / "cut", resume=True, console=quiet).finished
    assert same_weights(tmp_path / "whole", tmp_path / "cut")
    assert progress(tmp_path / "whole") == progress(tmp_path / "cut")
    rates = [float(rate) for rate in _column(tmp_path / "whole", "train/learning_rate") if rate]
    # Stages of 5, 6 and what is left of 13 updates.
    assert len(rates) == 13
    assert [len(set(part)) for part in (rates[:5], rates[5:11], rates[11:])] == [1, 1, 1]
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)


@pytest.mark.parametrize("algo", ["ppo", "maskable-ppo"])
def test_search_goes_on_where_the_clock_stopped_it(
    algo: str, tiny: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One trial a sitting, each with a checkpoint, and the run ends as one sitting does."""
    pytest.importorskip("optuna")
    config = replace(tiny, algo=algo, schedule=SEARCHED, total_timesteps=5 * 128)
    train(config, tmp_path / "whole", console=quiet)
    with monkeypatch.context() as patch:
        patch.setattr(RunCallback, "_boundary", _in_time(RunCallback._boundary))
        late = replace(config, max_minutes=1e-9)
        sitting = train(late, tmp_path / "cut", console=quiet)
    assert (sitting.finished, sitting.timesteps) == (False, 0)
    state = read_checkpoint(tmp_path / "cut" / "checkpoint.pt")
    assert len(state["rates"]["search"]["trials"]) == 1
    assert train(config, tmp_path / "cut", resume=True, console=quiet).finished
    assert same_weights(tmp_path / "whole", tmp_path / "cut")
    assert progress(tmp_path / "whole") == progress(tmp_path / "cut")


def _in_time(boundary: Callable[..., None]) -> Callable[..., None]:
    """The same at a moment when the time is not yet up."""

    def work(self: RunCallback, *, is_last: bool) -> None:
        limit, self._config = self._config, replace(self._config, max_minutes=0.0)
        boundary(self, is_last=is_last)
        self._config = limit

    return work


def test_trials_leave_no_trace(
    tiny: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that always ends with the largest rate is a run with that rate, bit for bit."""
    pytest.importorskip("optuna")

    def largest(tried: object, low: float, high: float, seed: int) -> float:
        return high

    train(replace(tiny, schedule="constant"), tmp_path / "constant", console=quiet)
    monkeypatch.setattr(rate_callback, "AutoLrs", partial(AutoLrs, suggest=largest))
    train(replace(tiny, schedule=SEARCHED), tmp_path / "searched", console=quiet)
    assert same_weights(tmp_path / "constant", tmp_path / "searched")
    assert progress(tmp_path / "constant") == progress(tmp_path / "searched")


def test_a_trial_that_is_stopped_does_not_count(
    tiny: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in a search is told with the decisions of training."""
    pytest.importorskip("optuna")

    def stop(self: AlgorithmTrainee, state: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(AlgorithmTrainee, "restore", stop)
    with pytest.raises(TrainingInterrupt) as stopped:
        train(replace(tiny, schedule=SEARCHED), tmp_path / "run", console=quiet)
    assert (stopped.value.timesteps, stopped.value.kept) == (0, 0)


def test_search_waits_for_the_critic(
    tiny: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the policy is frozen every rate is as good, so the largest is kept until it is not."""
    pytest.importorskip("optuna")

    def two(tried: Sequence[tuple[float, float]], low: float, high: float, seed: int) -> float:
        return (2e-3, 1e-4)[len(tried)]

    monkeypatch.setattr(autolrs, "LEAST_LOSSES", 5)
    monkeypatch.setattr(rate_callback, "AutoLrs", partial(AutoLrs, suggest=two))
    warm = replace(tiny, schedule=SEARCHED, critic_warm_up=2)
    train(warm, tmp_path / "run", console=quiet)
    rates = [float(rate) for rate in _column(tmp_path / "run", "train/learning_rate") if rate]
    assert rates[:2] == [warm.learning_rate] * 2
    assert rates[2] in {2e-3, 1e-4}
    assert set(rates[2:]) == {rates[2]}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 1e-5}, "learning_rate, the largest rate, is 1e-05: give a smaller low"),
        ({"teacher": "uniform"}, "teacher is 'uniform', but the schedule 'autolrs:.*leave out one"),
        (
            {"total_timesteps": 512},
            "is 512, but a search of rates needs 640 at least, 5 updates of",
        ),
        ({"engine": "ray", "rollout_workers": 1}, "engine is 'ray', but the schedule 'autolrs"),
    ],
)
def test_what_cannot_be_searched(
    changes: dict[str, object], message: str, tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """One sentence, and no folder."""
    with pytest.raises(DispatchlabError, match=message):
        train(replace(tiny, schedule=SEARCHED, **changes), tmp_path / "run", console=quiet)  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_search_without_optuna(
    tiny: TrainConfig, quiet: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before anything is written."""
    monkeypatch.setattr(rate_callback, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="optuna"):
        train(replace(tiny, schedule=SEARCHED), tmp_path / "run", console=quiet)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("tried", "message"),
    [
        ([], "too few to try others"),
        ([(1e-3, 2.0), (1e-2, 1.0)], "the best of 2 that were tried"),
        ([(1e-3, 2.0), (1e-2, 2.0)], "which 2 trials did not tell from others"),
    ],
)
def test_a_search_says_what_it_came_to(tried: list[tuple[float, float]], message: str) -> None:
    """A tie is no best."""
    text = rate_callback.describe_stage(Stage(7, 1e-2, tuple(tried)))
    assert text == f"learning rate 1.00e-02 for the next 7 updates, {message}"

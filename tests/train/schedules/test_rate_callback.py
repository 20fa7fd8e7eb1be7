"""A run whose learning rates are searched while it goes on."""

import csv
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.train import TrainConfig, train
from dispatchlab.train.schedules import rate_callback
from dispatchlab.train.schedules.autolrs import AutoLrs
from tests.train.helpers import Interrupt, progress, same_weights

SEARCHED = "autolrs:low=1e-4,trials=2,first_stage=256,longest_stage=512,share=0.5"


def _column(folder: Path, name: str) -> list[str]:
    with (folder / "progress.csv").open(newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


@pytest.mark.parametrize("algo", ["ppo", "maskable-ppo"])
def test_resumed_search_equals_uninterrupted_search(
    algo: str, tiny: TrainConfig, quiet: Console, tmp_path: Path
) -> None:
    """A run that dies in its first and third stage, and is stopped by the clock, ends the same."""
    pytest.importorskip("optuna")
    config = replace(tiny, algo=algo, schedule=SEARCHED, learning_rate=1e-2, checkpoint_every=1)
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
    # Stages of 2, 4 and what is left of 9 rollouts.
    assert len(rates) == 9
    assert [len(set(part)) for part in (rates[:2], rates[2:6], rates[6:])] == [1, 1, 1]
    assert all(1e-4 <= rate <= 1e-2 for rate in rates)


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


def test_search_waits_for_the_critic(tiny: TrainConfig, quiet: Console, tmp_path: Path) -> None:
    """While the policy is frozen every rate is as good, so the largest is kept until it is not."""
    pytest.importorskip("optuna")
    warm = replace(tiny, schedule=SEARCHED, critic_warm_up=2)
    train(warm, tmp_path / "run", console=quiet)
    rates = [float(rate) for rate in _column(tmp_path / "run", "train/learning_rate") if rate]
    assert rates[:2] == [warm.learning_rate] * 2
    assert rates[2] == rates[3] < warm.learning_rate


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rate": 1e-5}, "learning_rate, the largest rate, is 1e-05: give a smaller low"),
        ({"teacher": "uniform"}, "teacher is 'uniform', but the schedule 'autolrs:.*leave out one"),
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

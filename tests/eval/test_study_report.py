"""The page about a search for training settings."""

from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("optuna")
pytest.importorskip("plotly")
pytest.importorskip("stable_baselines3")

from dispatchlab.eval.study_report import study_report
from dispatchlab.train import TrainConfig
from dispatchlab.tune import TuneResult, TuneSettings
from dispatchlab.tune.driver import load_study
from dispatchlab.tune.folder import StudyFolder
from dispatchlab.tune.outcome import Outcome
from dispatchlab.tune.result import Tried
from dispatchlab.tune.search import ended_trial
from dispatchlab.tune.space import read_space


def _study(path: Path) -> TuneResult:
    """A study of four trials that nobody has played."""
    base = TrainConfig()
    space = read_space({"gamma": {"low": 0.9, "high": 1.0}, "n_epochs": {"choices": [1, 2]}}, base)
    settings = TuneSettings(base=base, space=space, trials=4)
    folder = StudyFolder(path)
    folder.write_settings(settings)
    study = load_study(folder, settings)
    trials = []
    for number, state in enumerate(("complete", "pruned", "complete", "failed")):
        score = None if state == "failed" else 20.125 - number
        params = {"gamma": 0.91 + 0.01 * number, "n_epochs": 1 + number % 2}
        outcome = Outcome(number, state, score, {1: 30.0, 2: 20.0})
        study.add_trial(ended_trial(settings, params, outcome))
        trials.append(Tried(number, state, score, params, 2, 1.0, ""))
    return TuneResult(path, settings, False, 21.5, trials, {})


def test_page_advises_base_settings_that_nothing_beats(tmp_path: Path) -> None:
    """It says so, and keeps their values."""
    page = study_report(replace(_study(tmp_path), base=17.0))
    assert "No trial beats the base settings: keep them." in " ".join(page.split())


def test_page_shows_every_trial_and_the_best(tmp_path: Path) -> None:
    """Scores, settings and the base are there; nothing is loaded from a network."""
    page = study_report(_study(tmp_path))
    text = " ".join(page.split())
    assert "Trial 2 has 18.125, the base settings 21.5. The best of many" in text
    for heading in ("Scores by trial", "Learning curves", "Each setting alone"):
        assert heading in text
    for cell in ("20.125", "pruned", "failed", "0.9 to 1", "1, 2"):
        assert cell in text
    assert 'src="http' not in page

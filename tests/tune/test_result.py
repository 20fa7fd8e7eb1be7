"""What a study advises."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from dispatchlab.commands.tune_outputs import print_result, write_extras
from dispatchlab.tune import TuneResult, TuneSettings
from dispatchlab.tune.folder import StudyFolder
from dispatchlab.tune.result import Tried


@pytest.mark.parametrize(
    ("higher", "score", "wins"),
    [(False, 19.0, True), (False, 20.0, True), (False, 20.5, False), (True, 20.5, True),
     (True, 19.0, False), (True, None, False)],
)  # fmt: skip
def test_base_settings_that_no_trial_beats_are_advised(
    higher: bool, score: float | None, wins: bool, small: Callable[..., TuneSettings],
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """best.yaml, the zoo's file and the last lines name them, equals included."""
    settings = small()
    params = {"learning_rate": 0.02, "n_epochs": 3, "gamma": 0.99}
    trial = Tried(0, "complete", 20.0, params, 4, 1.0, "")
    result = TuneResult(tmp_path, settings, higher, score, [trial], {})
    StudyFolder(tmp_path).write_results(result)
    print_result(result)
    write_extras(result, None, tmp_path / "zoo.yml")
    text = " ".join(capsys.readouterr().out.split())
    assert ("no trial beats the base settings, so keep them" in text) is wins
    assert ("flattered by chance" in text) is not wins
    rate = settings.base.learning_rate if wins else 0.02
    assert f"learning_rate: {rate}" in (tmp_path / "best.yaml").read_text()
    assert f"learning_rate: lin_{rate}" in (tmp_path / "zoo.yml").read_text()
    assert result.best_config == replace(settings.base, **({} if wins else params), max_minutes=0.0)

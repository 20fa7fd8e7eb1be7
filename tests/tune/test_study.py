"""Studies: what is kept, what is equal, and what is refused."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from filelock import FileLock

import dispatchlab.tune
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError, MissingExtraError
from dispatchlab.train import TrainConfig
from dispatchlab.train.config_files import read_config
from dispatchlab.tune import TuneResult, TuneSettings, resume, tune
from dispatchlab.tune.driver import load_study, next_tasks
from dispatchlab.tune.folder import StudyFolder
from dispatchlab.tune.outcome import Outcome, read_outcome
from dispatchlab.tune.search import ended_trial
from dispatchlab.tune.space import read_space
from dispatchlab.tune.trial import run_trial
from tests.tune.conftest import Make
from tests.tune.helpers import assert_same, table


def test_interrupted_study_equals_uninterrupted_study(small: Make, tmp_path: Path) -> None:
    """A study that dies between trials, and is made longer, has the trials of a long one."""
    settings = small(trials=4, pruner="hyperband")
    whole = tune(settings, tmp_path / "whole")
    assert whole.best is not None
    assert whole.settings == settings

    def die(outcome: Outcome) -> None:
        if outcome.number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(replace(settings, trials=3), tmp_path / "broken", on_outcome=die)
    journal = tmp_path / "broken" / "journal.log"
    with journal.open("a") as file:
        file.write('{"op_code": 4, "wor')  # as if it had died while it wrote
    journal.with_name("journal.log.lock").touch()
    heard: list[Outcome] = []
    again = resume(tmp_path / "broken", trials=4, on_outcome=heard.append)
    assert_same(tmp_path / "whole", tmp_path / "broken")
    assert [trial.params for trial in again.trials] == [trial.params for trial in whole.trials]
    assert heard[1].number == 1
    _check_folder(whole)
    with pytest.raises(DispatchlabError, match="trials is 3, but the study has 4 already"):
        resume(tmp_path / "broken", trials=3)
    _check_repairs(tmp_path / "broken")
    assert_same(tmp_path / "whole", tmp_path / "broken")


def _check_repairs(path: Path) -> None:
    """A damaged journal is told, and written anew from the trials, of which none is repeated."""
    journal = path / "journal.log"
    for damage in ("no JSON\n", "[1]\n", '{"op_code": 99}\n'):
        journal.write_text(damage)
        with pytest.raises(CheckpointError, match=r"journal\.log' is damaged: remove it and"):
            resume(path)
    journal.unlink()
    ended = (path / "trials" / "0002" / "outcome.json").stat().st_mtime_ns
    resume(path)
    assert (path / "trials" / "0002" / "outcome.json").stat().st_mtime_ns == ended


def _check_folder(whole: TuneResult) -> None:
    """Everything in the folder of a study can be read, and tells the same story."""
    path, settings = whole.path, whole.settings
    rows = table(path)
    ended = [row for row in rows if row["state"] == "complete"]
    best = min(ended, key=lambda row: float(row["score"]))
    assert read_config(path / "best.yaml") == whole.best_config
    assert settings.best_config(whole.ranking[0].params).learning_rate == float(
        best["learning_rate"]
    )
    number = int(best["number"])
    scores = json.loads((path / "trials" / f"{number:04}" / "eval.json").read_text())
    assert scores["final"]["generated"]["greedy"] == float(best["score"])
    storage = optuna.storages.JournalStorage(
        optuna.storages.journal.JournalFileBackend(str(path / "journal.log"))
    )
    study = optuna.load_study(study_name=None, storage=storage)
    assert study.best_value == float(best["score"])


def test_rounds_depend_on_the_rounds_before_alone(small: Make, tmp_path: Path) -> None:
    """The trials of a round are the same whether some of them have ended or none has."""
    settings = small(trials=12, round_size=4)
    folder = StudyFolder(tmp_path)
    study = load_study(folder, settings)
    for task in next_tasks(folder, settings, []):
        score = float(task.number)
        study.add_trial(ended_trial(settings, task.params, Outcome(task.number, "complete", score)))
    fresh = next_tasks(folder, settings, study.get_trials())
    assert [task.number for task in fresh] == [4, 5, 6, 7]
    assert len({tuple(task.params.items()) for task in fresh}) == 4
    for task in fresh[:2]:
        study.add_trial(ended_trial(settings, task.params, Outcome(task.number, "failed")))
    rest = next_tasks(folder, settings, study.get_trials())
    assert [task.number for task in rest] == [6, 7]
    assert [task.params for task in rest] == [task.params for task in fresh[2:]]
    assert len(rest[0].before) == 4


def test_trials_that_cannot_run_fail_alone(base: TrainConfig, tmp_path: Path) -> None:
    """Settings that clash make a trial fail with a reason; a study of nothing else has no best."""
    space = read_space({"batch_size": {"choices": [96, 100]}}, base)
    settings = TuneSettings(base=base, space=space, trials=1, evaluations=1)
    result = tune(settings, tmp_path / "study")
    assert [trial.state for trial in result.trials] == ["failed"]
    assert "let it divide" in result.trials[0].message
    assert result.best is None
    assert result.base is not None
    assert not (tmp_path / "study" / "best.yaml").exists()


def test_trials_lie_where_the_study_lies(
    small: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that is played by a process in another folder writes into that of the study."""
    monkeypatch.chdir(tmp_path)
    tasks = next_tasks(StudyFolder("study"), small(), [])
    assert tasks[0].folder == tmp_path / "study" / "trials" / "0000"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"number": 1, "curve": {}, "x": 2}'])
def test_damaged_outcomes_do_not_count(text: str, tmp_path: Path) -> None:
    """What is whole is read back; a trial whose outcome is not has yet to end."""
    outcome = Outcome(3, "pruned", 1.5, {1: 2.0, 2: 1.5}, {"completed_rung_0": 2.0}, 0.5)
    outcome.write(tmp_path)
    assert read_outcome(tmp_path) == outcome
    (tmp_path / "outcome.json").write_text(text)
    assert read_outcome(tmp_path) is None


def test_best_settings_have_no_time_limit(small: Make) -> None:
    """Trials ignore a limit, so settings that repeat them, or train longer, have none either."""
    settings = small()
    limited = replace(settings, base=replace(settings.base, max_minutes=1.0))
    assert limited.trial_config().max_minutes == 0.0
    assert limited.best_config({"gamma": 0.99}).max_minutes == 0.0


def test_times_of_earlier_sittings_count(small: Make, tmp_path: Path) -> None:
    """A trial that is pruned by what an earlier sitting has reported took as long as that did."""
    settings = small(startup_trials=1)
    (task,) = next_tasks(StudyFolder(tmp_path), settings, [])
    assert run_trial(task).seconds > 0.0
    (task.folder / "outcome.json").unlink()
    curve = dict.fromkeys(range(1, 5), -1e6)
    better = ended_trial(settings, task.params, Outcome(0, "complete", -1e6, curve))
    pruned = run_trial(replace(task, number=1, before=[better]))
    assert pruned.state == "pruned"
    assert pruned.seconds > 0.0


def test_missing_optuna_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without optuna the extra is named that brings it."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delitem(sys.modules, "dispatchlab.tune.driver")
    with pytest.raises(MissingExtraError, match=r"'optuna' is not installed: .*\[tune\]"):
        _ = dispatchlab.tune.tune


class TestErrors:
    """Bad folders and settings are refused in one sentence, before anything is trained."""

    def test_folder_with_another_study(self, small: Make, tmp_path: Path) -> None:
        """A study is not overwritten."""
        (tmp_path / "study").mkdir()
        StudyFolder(tmp_path / "study").write_settings(small())
        with pytest.raises(DispatchlabError, match="holds another study: continue it with"):
            tune(small(), tmp_path / "study")

    def test_folder_with_other_files(self, small: Make, tmp_path: Path) -> None:
        """A folder with somebody's files is not littered."""
        (tmp_path / "thesis.tex").touch()
        with pytest.raises(DispatchlabError, match="is not empty: choose another name"):
            tune(small(), tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]

    def test_path_below_a_file(self, small: Make, tmp_path: Path) -> None:
        """A path below a file cannot be made."""
        (tmp_path / "file").touch()
        with pytest.raises(DispatchlabError, match=r"Cannot make the folder .*another path"):
            tune(small(), tmp_path / "file" / "study")

    def test_folder_without_a_study(self, tmp_path: Path) -> None:
        """There is nothing to continue, and no folder is made."""
        with pytest.raises(CheckpointError, match="holds no study to continue"):
            resume(tmp_path / "none")
        assert not (tmp_path / "none").exists()

    def test_study_of_another_process(self, small: Make, tmp_path: Path) -> None:
        """Two processes do not work on one study."""
        StudyFolder(tmp_path).write_settings(small())
        with (
            FileLock(tmp_path / ".lock"),
            pytest.raises(DispatchlabError, match="is in use by another search; wait for its end"),
        ):
            resume(tmp_path)

    def test_bad_generator_leaves_no_folder(self, small: Make, tmp_path: Path) -> None:
        """What no run could begin with is refused before the folder is made."""
        settings = small()
        base = replace(settings.base, eval_generator="nonsense:1")
        with pytest.raises(DispatchlabError, match="nonsense"):
            tune(replace(settings, base=base), tmp_path / "study")
        assert not (tmp_path / "study").exists()

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"trials": 0}, "trials is 0: give a whole number between 1"),
            ({"trials": 2.5}, "trials is 2.5: give a whole number"),
            ({"sampler": "grid"}, "sampler is 'grid': choose one of tpe, random"),
            ({"pruner": "soon"}, "pruner is 'soon': choose one of median"),
        ],
    )
    def test_bad_settings(self, changes: dict[str, object], message: str, small: Make) -> None:
        """The value and what is allowed are named."""
        with pytest.raises(DispatchlabError, match=message):
            small(**changes)

    def test_nothing_to_judge_by(self, small: Make) -> None:
        """Without validation instances there are no scores."""
        settings = small()
        with pytest.raises(DispatchlabError, match="eval_instances is 0"):
            replace(settings, base=replace(settings.base, eval_instances=0))

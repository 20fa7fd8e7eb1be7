"""What optuna is asked: a trial to be judged, what the pruner notes of it, and importances."""

import optuna

from dispatchlab.tune.outcome import Outcome
from dispatchlab.tune.search import ended_trial, importances, judge, marks_of, suggest
from tests.tune.conftest import Make


def test_a_judged_trial_has_its_settings_and_number(small: Make) -> None:
    """The pruner knows which trial it judges, and what it has noted can be kept."""
    settings = small(pruner="hyperband", evaluations=9)
    before: list[optuna.trial.FrozenTrial] = []
    asked = [suggest(settings, before, [])]
    asked.append({"learning_rate": 0.02, "n_epochs": 2, "gamma": 1.0})
    trial = judge(settings, before, asked)
    assert (trial.number, trial.params) == (1, asked[1])
    assert marks_of(trial) == {}
    for step in range(1, 9):
        trial.report(4.0 + step, step)
        trial.should_prune()
    marks = marks_of(trial)
    assert marks["completed_rung_0"] >= 5.0
    kept = ended_trial(settings, asked[1], Outcome(1, "complete", 12.0, {}, marks))
    assert kept.system_attrs == marks


def test_importances(small: Make) -> None:
    """What decides the score has nearly all of it, as soon as ten trials tell."""
    settings = small()
    study = optuna.create_study()
    for number in range(14):
        rate, rest = 1e-4 * 1.2**number, {"n_epochs": 1 + number % 3, "gamma": 1.0}
        params, outcome = {"learning_rate": rate, **rest}, Outcome(number, "complete", rate)
        study.add_trial(ended_trial(settings, params, outcome))
        if number == 8:
            assert importances(study) == {}
    shares = importances(study)
    assert shares.keys() == settings.space.parts.keys()
    assert shares["learning_rate"] > 0.9

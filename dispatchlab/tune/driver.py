"""tune: the loop that asks for trials, has them played, and keeps what became of them."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.train.families import load_family
from dispatchlab.tune.engines import Engine, make_engine
from dispatchlab.tune.folder import StudyFolder
from dispatchlab.tune.outcome import Outcome
from dispatchlab.tune.result import Tried, TuneResult
from dispatchlab.tune.search import STATES, calm, direction, ended_trial, importances, suggest
from dispatchlab.tune.settings import TuneSettings
from dispatchlab.tune.trial import TrialTask

BASE = -1  # number of the run with the base settings, which is no trial
_WORDS = {state: word for word, state in STATES.items()}
Listener = Callable[[Outcome], None]


def tune(
    settings: TuneSettings, out_dir: str | os.PathLike[str], *, jobs: int | None = None,
    engine: str = "local", address: str = "", on_outcome: Listener = lambda _: None,
) -> TuneResult:  # fmt: skip
    """Search for the training settings with the best validation score.

    The score of a trial is that of its greedy agent on the generated validation instances of its
    run, at the end of the run. A study that was killed at any point goes on with `resume` and ends
    with the same trials.

    Args:
        settings: What is searched, and how.
        out_dir: A new folder.
        jobs: Trials played at the same time; as many as are chosen together by default.
        engine: ``"local"`` or ``"ray"``.
        address: Of a running Ray cluster; empty: one is started on this machine.
        on_outcome: Hears of each trial that ends; the base settings come first, as number -1.

    Returns:
        All trials.

    Raises:
        DispatchlabError: The settings do not fit, or the folder is taken.
    """
    folder = StudyFolder(out_dir)
    folder.check_free()
    check_runs(settings)
    with make_engine(engine, jobs or settings.round_size, address) as player, folder.locked():
        folder.check_free()
        folder.write_settings(settings)
        return _finish(folder, settings, player, on_outcome)


def resume(
    out_dir: str | os.PathLike[str], *, trials: int | None = None, jobs: int | None = None,
    engine: str = "local", address: str = "", on_outcome: Listener = lambda _: None,
) -> TuneResult:  # fmt: skip
    """Continue a study.

    Args:
        out_dir: Its folder.
        trials: How many there are to be in all; as first asked for by default.
        jobs: As for `tune`, like the rest; the trials do not depend on it.
        engine: Who plays.
        address: Of a Ray cluster.
        on_outcome: Hears of each trial that ends from now on.

    Returns:
        All trials.

    Raises:
        CheckpointError: There is no study, or its journal is damaged.
        DispatchlabError: Another process works on it, or it has more trials already.
    """
    folder = StudyFolder(out_dir)
    settings = folder.read()
    with make_engine(engine, jobs or settings.round_size, address) as player, folder.locked():
        if trials is not None and trials != settings.trials:
            _check_trials(trials, load_study(folder, settings))
            settings = replace(settings, trials=trials)
            folder.write_settings(settings)
        return _finish(folder, settings, player, on_outcome)


def load_study(folder: StudyFolder, settings: TuneSettings) -> optuna.Study:
    """The study in the journal of a folder.

    Args:
        folder: The folder, locked.
        settings: What it was begun with.

    Returns:
        The study, new if the journal is empty.

    Raises:
        CheckpointError: The journal is damaged.
    """
    try:
        with calm():
            return optuna.create_study(
                study_name=f"dispatchlab {settings.base.family}",
                storage=folder.storage(),
                direction=direction(settings),
                load_if_exists=True,
            )
    except (AssertionError, LookupError, TypeError, ValueError) as error:  # what optuna lets escape
        raise CheckpointError(
            f"{str(folder.journal)!r} is damaged: remove it and continue with --resume, which "
            "writes it anew from the folders of the trials."
        ) from error


@contextmanager
def open_study(path: str | os.PathLike[str]) -> Iterator[optuna.Study]:
    """The study of a folder as optuna knows it, for its charts and analyses.

    Args:
        path: The folder.

    Yields:
        The study, on which nobody else works meanwhile.

    Raises:
        CheckpointError: There is none.
    """
    folder = StudyFolder(path)
    settings = folder.read()
    with folder.locked():
        yield load_study(folder, settings)


def check_runs(settings: TuneSettings) -> None:
    """Refuse settings with which no run can begin, before anything is written.

    Args:
        settings: The study.

    Raises:
        DispatchlabError: A generator is unknown or does not fit.
    """
    config = settings.trial_config()
    family = load_family(config.family)
    family.training_env(config).reset(seed=0)
    family.validation_sets(replace(config, eval_instances=1))
    if config.imitation_rounds or config.discount:
        family.expert(config)


def _check_trials(trials: int, study: optuna.Study) -> None:
    """Trials that have ended cannot be taken back."""
    ended = len(study.get_trials(deepcopy=False))
    if trials < ended:
        raise DispatchlabError(
            f"trials is {trials}, but the study has {ended} already: give at least as many."
        )


def _finish(
    folder: StudyFolder, settings: TuneSettings, player: Engine, on_outcome: Listener
) -> TuneResult:
    """Play what is left, and write the results."""
    study = load_study(folder, settings)
    (base,) = player.run([TrialTask(BASE, folder.trial(BASE), settings, {})])
    on_outcome(base)
    while len(study.get_trials(deepcopy=False)) < settings.trials:
        _play_round(folder, settings, study, player, on_outcome)
        folder.write_results(_result(folder, settings, study, base))
    result = _result(folder, settings, study, base)
    folder.write_results(result)
    return result


def _play_round(
    folder: StudyFolder, settings: TuneSettings, study: optuna.Study, player: Engine,
    on_outcome: Listener,
) -> None:  # fmt: skip
    """Choose the trials of a round, play them, and tell the study in their order."""
    known = study.get_trials(deepcopy=False)
    tasks = next_tasks(folder, settings, known)
    outcomes: dict[int, Outcome] = {}
    for outcome in player.run(tasks):
        outcomes[outcome.number] = outcome
        on_outcome(outcome)
    for task in tasks:
        study.add_trial(ended_trial(settings, task.params, outcomes[task.number]))


def next_tasks(
    folder: StudyFolder, settings: TuneSettings, known: Sequence[FrozenTrial]
) -> list[TrialTask]:
    """The trials of the round that is not complete: a function of the trials before it.

    Args:
        folder: Where they are played.
        settings: The study.
        known: All trials that have ended.

    Returns:
        What is to be played.
    """
    begin = len(known) // settings.round_size * settings.round_size
    end = min(begin + settings.round_size, settings.trials)
    before = list(known[:begin])
    asked: list[Mapping[str, Any]] = [trial.params for trial in known[begin:]]
    tasks = []
    for number in range(len(known), end):
        params = suggest(settings, before, asked)
        tasks.append(
            TrialTask(number, folder.trial(number), settings, params, before, tuple(asked))
        )
        asked.append(params)
    return tasks


def _result(
    folder: StudyFolder, settings: TuneSettings, study: optuna.Study, base: Outcome
) -> TuneResult:
    """The study as it is known."""
    trials = study.get_trials(deepcopy=False)
    return TuneResult(
        folder.path,
        settings,
        direction(settings) == "maximize",
        base.score,
        [_tried(trial) for trial in trials],
        importances(study),
    )


def _tried(trial: FrozenTrial) -> Tried:
    return Tried(
        trial.number,
        _WORDS[trial.state],
        trial.value,
        trial.params,
        len(trial.intermediate_values),
        trial.user_attrs["seconds"],
        trial.user_attrs["message"],
    )

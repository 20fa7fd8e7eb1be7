"""What optuna decides, as functions of the trials so far: nothing depends on the process.

A study is built anew in memory from the trials that are known, with a sampler whose seed comes from
the number of the trial. So a search that was killed goes on with the very trials that it would
have had, and it does not matter where they run.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState, create_trial

from dispatchlab.train.families import SETTINGS
from dispatchlab.train.schedules.rate_search import quiet_optuna
from dispatchlab.tune.outcome import COMPLETE, FAILED, PRUNED, Outcome
from dispatchlab.tune.settings import TuneSettings
from dispatchlab.tune.space import Choices, Part

STATES = {COMPLETE: TrialState.COMPLETE, PRUNED: TrialState.PRUNED, FAILED: TrialState.FAIL}
_FEWEST_FOR_IMPORTANCES = 10
_NAME = "dispatchlab"  # Hyperband draws its brackets from this and the number of the trial


def direction(settings: TuneSettings) -> str:
    """Which way is better."""
    return "maximize" if SETTINGS[settings.base.family].higher_is_better else "minimize"


def distributions(settings: TuneSettings) -> dict[str, Any]:
    """The space in the words of optuna."""
    return {
        name: _distribution(part, getattr(settings.base, name))
        for name, part in settings.space.parts.items()
    }


def _distribution(part: Part, example: object) -> Any:  # noqa: ANN401 (several classes)
    if isinstance(part, Choices):
        return optuna.distributions.CategoricalDistribution(part.choices)
    if isinstance(example, int):
        return optuna.distributions.IntDistribution(
            int(part.low), int(part.high), log=part.log, step=int(part.step) or 1
        )
    return optuna.distributions.FloatDistribution(
        part.low, part.high, log=part.log, step=part.step or None
    )


def suggest(
    settings: TuneSettings, before: Sequence[FrozenTrial], asked: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The parameters of the next trial.

    Args:
        settings: The study.
        before: The trials that have ended, by number.
        asked: Parameters of those that were chosen since then.

    Returns:
        Values by setting; the same for equal arguments.
    """
    with calm():
        study = _study(settings, before, asked)
        return dict(study.ask(distributions(settings)).params)


def judge(
    settings: TuneSettings, before: Sequence[FrozenTrial], asked: Sequence[Mapping[str, Any]]
) -> optuna.Trial:
    """A running trial that can be told its scores, and asked whether to give up.

    Args:
        settings: The study.
        before: The trials that it is compared to.
        asked: Parameters of those that run beside it, and its own at the end.

    Returns:
        The trial.
    """
    with calm():
        study = _study(settings, before, asked[:-1])
        study.enqueue_trial(dict(asked[-1]))
        return study.ask(distributions(settings))


def marks_of(trial: optuna.Trial) -> dict[str, float]:
    """What the pruner has noted of a trial: the numbers among its attributes.

    Args:
        trial: A running trial.

    Returns:
        Numbers by name.
    """
    noted = trial.study.get_trials(deepcopy=False)[trial.number].system_attrs
    return {name: value for name, value in noted.items() if isinstance(value, float)}


def ended_trial(settings: TuneSettings, params: Mapping[str, Any], outcome: Outcome) -> FrozenTrial:
    """A trial that has ended in the words of optuna.

    Args:
        settings: The study.
        params: What was searched.
        outcome: What became of it.

    Returns:
        The trial.
    """
    return create_trial(
        state=STATES[outcome.state],
        value=outcome.score,
        params=dict(params),
        distributions=distributions(settings),
        intermediate_values=dict(outcome.curve),
        system_attrs=dict(outcome.marks),
        user_attrs={"seconds": outcome.seconds, "message": outcome.message},
    )


def importances(study: optuna.Study) -> dict[str, float]:
    """What the scores depend on, by PED-ANOVA.

    Args:
        study: The study.

    Returns:
        Shares by setting; none with fewer than ten trials that were trained to their end.
    """
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < _FEWEST_FOR_IMPORTANCES:
        return {}
    with calm():
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
        return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))


def _study(
    settings: TuneSettings, before: Sequence[FrozenTrial], asked: Sequence[Mapping[str, Any]]
) -> optuna.Study:
    """A study in memory that knows these trials."""
    spread = distributions(settings)
    study = optuna.create_study(
        study_name=_NAME,
        direction=direction(settings),
        sampler=_sampler(settings, len(before) + len(asked)),
        pruner=_pruner(settings),
    )
    study.add_trials(before)
    for params in asked:
        study.add_trial(
            create_trial(state=TrialState.RUNNING, params=dict(params), distributions=spread)
        )
    return study


def _sampler(settings: TuneSettings, number: int) -> optuna.samplers.BaseSampler:
    """Who chooses trial ``number``."""
    sequence = np.random.SeedSequence(settings.base.seed, spawn_key=(number,))
    seed = int(sequence.generate_state(1)[0])
    if settings.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(
        seed=seed,
        n_startup_trials=settings.startup_trials,
        multivariate=True,
        constant_liar=True,
    )


def _pruner(settings: TuneSettings) -> optuna.pruners.BasePruner:
    """Who ends trials early."""
    if settings.pruner == "median":
        return optuna.pruners.MedianPruner(
            n_startup_trials=settings.startup_trials, n_warmup_steps=settings.evaluations // 3
        )
    if settings.pruner == "hyperband":
        return optuna.pruners.HyperbandPruner(max_resource=settings.evaluations)
    return optuna.pruners.NopPruner()


@contextmanager
def calm() -> Iterator[None]:
    """Keep optuna from announcing studies, and from warning of what is still experimental."""
    with quiet_optuna(optuna), warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield

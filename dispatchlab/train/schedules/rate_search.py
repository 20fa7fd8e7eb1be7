"""Which learning rate to try next, by Bayesian optimisation."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError

Tried = tuple[float, float]


def suggest_rate(tried: Sequence[Tried], low: float, high: float, seed: int) -> float:
    """The next learning rate by a Gaussian process over its logarithm (optuna's ``GPSampler``).

    The same arguments give the same rate; nothing is kept between calls.

    Args:
        tried: Rates and the losses that they led to, in order.
        low: Smallest rate.
        high: Largest rate.
        seed: Of the first, random rate and of the search.

    Returns:
        A rate.

    Raises:
        MissingExtraError: optuna is not installed.
    """
    try:
        import optuna
    except ModuleNotFoundError as error:
        raise MissingExtraError("optuna", "tune") from error
    rates = {"rate": optuna.distributions.FloatDistribution(low, high, log=True)}
    with quiet_optuna(optuna):
        sampler = optuna.samplers.GPSampler(seed=seed, n_startup_trials=1)
        study = optuna.create_study(sampler=sampler)
        for rate, loss in tried:
            trial = optuna.trial.create_trial(
                params={"rate": rate}, distributions=rates, value=loss
            )
            study.add_trial(trial)
        return float(study.ask(rates).params["rate"])


@contextmanager
def quiet_optuna(optuna: Any) -> Iterator[None]:  # noqa: ANN401 - a module
    """Keep optuna from announcing every study, and how it would be faster.

    Args:
        optuna: The module.
    """
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)

"""Forecasts of losses and the search for learning rates."""

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.schedules.autolrs import AutoLrs, AutoLrsConfig
from dispatchlab.train.schedules.forecast import denoise, forecast
from dispatchlab.train.schedules.rate_search import suggest_rate

FloatArray = npt.NDArray[np.float64]


@settings(max_examples=25, deadline=None)
@given(
    rate=st.floats(0.3, 30), base=st.floats(0.5, 3), scale=st.floats(-0.4, 2),
    count=st.sampled_from([100, 250]),
)  # fmt: skip
def test_forecast_of_an_exponential(rate: float, base: float, scale: float, count: int) -> None:
    """Within 1 % of c + a exp(-b x), ten windows ahead."""
    times = np.arange(1, count + 1) / count
    found = forecast(base + scale * np.exp(-rate * times), 10)
    assert found == pytest.approx(base + scale * np.exp(-10 * rate), rel=0.01)


def test_forecast_survives_noise_and_spikes() -> None:
    """Within 5 % with noise of 1 % and a spike at the start."""
    rng = np.random.default_rng(0)
    times = np.arange(1, 201) / 200
    errors = []
    for _ in range(20):
        losses = 1 + 2 * np.exp(-4 * times) + rng.normal(0, 0.01, 200)
        losses[:3] += 5
        errors.append(forecast(losses, 10) - 1)
    assert np.abs(errors).max() < 0.05


def test_outliers_of_the_first_half_are_left_out() -> None:
    """Three spikes among the first fifty of a hundred are gone, everything later is kept."""
    times = np.arange(1, 101) / 100
    rng = np.random.default_rng(1)
    losses = 2 - times + rng.normal(0, 0.01, 100)
    losses[[5, 20, 33]] += 4
    left, curve = denoise(times, losses)
    assert not np.isin(times[[5, 20, 33]], left).any()
    assert np.isin(times[50:], left).all()
    assert np.abs(curve - (2 - left)).max() < 0.02


@pytest.mark.parametrize(
    ("losses", "expected"),
    [([], np.inf), ([1.0, np.nan, 2.0, 3.0, 1.0], np.inf), ([3.0, 2.0], 2.0), ([2.0] * 9, 2.0)],
)
def test_forecast_of_little(losses: list[float], expected: float) -> None:
    """Broken training leads to infinity; a few losses, or equal ones, to the last."""
    assert forecast(np.array(losses), 10) == pytest.approx(expected)


class Bowl:
    """Training whose final loss is a parabola of the logarithm of the rate, until it explodes."""

    def __init__(self) -> None:
        """Nothing is trained."""
        self.calls: list[tuple[int, float]] = []
        self.steps = 0

    def save(self) -> int:
        """The steps."""
        return self.steps

    def restore(self, state: int) -> None:
        """Back to so many steps."""
        self.steps = state

    def train_for(self, steps: int, rate: float) -> FloatArray:
        """An exponential towards the bowl."""
        self.calls.append((steps, rate))
        self.steps += steps
        if rate > 5e-2:
            return np.full(steps, np.nan)
        return 0.2 + np.log(rate / 3e-3) ** 2 / 10 + np.exp(-np.arange(1, steps + 1) / steps)


def _grid(tried: Sequence[tuple[float, float]], low: float, high: float, seed: int) -> float:
    """Rates in equal ratios."""
    return float(low * (high / low) ** (len(tried) / 9))


def test_stages_double_and_trials_are_taken_back() -> None:
    """Ten trials of a tenth, then the stage with the best of them; the last stage ends in time."""
    bowl, search = Bowl(), AutoLrs(AutoLrsConfig(first_stage=100, longest_stage=300), _grid)
    stages = search.play(bowl, 1000)
    assert [stage.steps for stage in stages] == [100, 200, 300, 300, 100]
    assert bowl.steps == search.steps == 1000
    assert sum(steps for steps, _ in bowl.calls) == 2000
    assert [steps for steps, _ in bowl.calls[:12]] == [10] * 10 + [100, 20]
    rates = [_grid([(0, 0)] * trial, 1e-5, 1e-1, 0) for trial in range(10)]
    assert [rate for _, rate in bowl.calls[:10]] == rates
    assert stages[0].rate == min(rates, key=lambda rate: abs(np.log(rate / 3e-3)))
    assert stages[0].tried[-1] == (0.1, np.inf)


def test_no_trial_is_shorter_than_five_steps() -> None:
    """Fewer losses show nothing of a rate; the last four steps keep the rate before them."""
    bowl, search = Bowl(), AutoLrs(AutoLrsConfig(first_stage=20, longest_stage=20), _grid)
    stages = search.play(bowl, 44)
    assert [stage.steps for stage in stages] == [20, 20, 4]
    assert [steps for steps, _ in bowl.calls] == ([5] * 10 + [20]) * 2 + [4]
    assert stages[2].tried == ()
    assert stages[2].rate == stages[1].rate
    assert [stage.is_chosen for stage in stages] == [True, True, False]


class Deaf(Bowl):
    """Training that no rate changes."""

    loss = 1.0

    def train_for(self, steps: int, rate: float) -> FloatArray:
        """Always the same."""
        self.calls.append((steps, rate))
        self.steps += steps
        return np.full(steps, self.loss)


def test_a_tie_chooses_nothing() -> None:
    """Equal losses say nothing for the first rate: the largest is kept, later the one before."""
    search = AutoLrs(AutoLrsConfig(first_stage=50, longest_stage=50), _grid)
    deaf = Deaf()
    first = search.choose(deaf)
    assert (first.rate, first.is_chosen) == (1e-1, False)
    chosen = search.choose(Bowl())
    assert chosen.is_chosen
    assert search.choose(deaf).rate == chosen.rate
    deaf.loss = np.nan
    broken = AutoLrs(AutoLrsConfig(first_stage=50), _grid).choose(deaf)
    assert broken.rate == min(rate for rate, _ in broken.tried)


def test_rates_that_break_training_are_told_as_a_little_worse() -> None:
    """The search sees finite losses alone."""
    seen: list[Sequence[tuple[float, float]]] = []

    def suggest(tried: Sequence[tuple[float, float]], low: float, high: float, seed: int) -> float:
        seen.append(tried)
        return (1e-1, 3e-3, 1e-2, 1e-1)[len(tried)]

    AutoLrs(AutoLrsConfig(trials=4), suggest).play_stage(Bowl())
    assert seen[1] == [(1e-1, 1.0)]
    losses = [loss for _, loss in seen[3]]
    assert losses[0] == pytest.approx(2 * losses[2] - losses[1])


def test_search_continues_from_its_state() -> None:
    """Stages after a break are those of an unbroken search."""
    config = AutoLrsConfig(first_stage=100, trials=3)

    def suggest(tried: Sequence[tuple[float, float]], low: float, high: float, seed: int) -> float:
        return float(np.random.default_rng(seed).uniform(low, high))

    whole = AutoLrs(config, suggest)
    whole.play(Bowl(), 1500)
    first, second = AutoLrs(config, suggest), AutoLrs(config, suggest)
    first.play(Bowl(), 300)
    second.load_state_dict(first.state_dict())
    assert second.play(Bowl(), 1500) == whole.stages


@pytest.mark.parametrize(
    "bad",
    [
        {"low": 0}, {"low": 1e-300}, {"low": 1, "high": 0.1}, {"share": 0}, {"trials": 1},
        {"trials": 101}, {"first_stage": 4}, {"first_stage": 900, "longest_stage": 800},
    ],
)  # fmt: skip
def test_bad_settings(bad: dict[str, float]) -> None:
    """Each is refused with what to give."""
    with pytest.raises(DispatchlabError, match="give"):
        AutoLrsConfig(**bad)


def test_bayesian_search_finds_the_bottom() -> None:
    """Ten trials come within 10 % of the best rate on a bowl of its logarithm."""
    pytest.importorskip("optuna")
    before = random.getstate(), torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    stage = AutoLrs(AutoLrsConfig(first_stage=500, seed=1)).play_stage(Bowl())
    assert stage.rate == pytest.approx(3e-3, rel=0.1)
    assert random.getstate() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])
    assert np.array_equal(np.random.get_state()[1], before[2][1])  # noqa: NPY002


def test_suggestions_repeat() -> None:
    """The same trials and seed give the same rate, inside the bounds."""
    pytest.importorskip("optuna")
    tried = [(1e-4, 1.0), (1e-2, 0.5)]
    first = suggest_rate(tried, 1e-5, 1e-1, 3)
    assert first == suggest_rate(tried, 1e-5, 1e-1, 3)
    assert 1e-5 <= first <= 1e-1
    assert suggest_rate([], 1e-5, 1e-1, 3) != suggest_rate([], 1e-5, 1e-1, 4)

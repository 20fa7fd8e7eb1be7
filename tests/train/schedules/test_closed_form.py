"""Schedules in closed form: published values and what must hold of all of them."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.schedules import SCHEDULES, Power, Schedule, Wsd, parse_schedule

CLOSED = [name for name in SCHEDULES if name not in {"refined", "autolrs"}]


@pytest.mark.parametrize(
    ("beta", "expected"),
    [
        (0.5, (1, 0.9473684211, 0.8571428571, 0.6666666667, 0.4, 0.1818181818, 0)),
        (0.9, (1, 0.9890109890, 0.9677419355, 0.9090909091, 0.7692307692, 0.5263157895, 0)),
    ],
)
def test_rex(beta: float, expected: tuple[float, ...]) -> None:
    """REX with the paper's beta of 1/2 and with that of a common port (arXiv:2107.04197)."""
    schedule = parse_schedule(f"rex:beta={beta}")
    found = [schedule.rate(1.0, p, 1000) for p in (0, 100, 250, 500, 750, 900, 1000)]
    assert found == pytest.approx(expected, abs=1e-10)


@given(st.floats(0, 0.99), st.lists(st.integers(0, 1000), min_size=2, unique=True))
def test_rex_lies_above_linear_decay(beta: float, steps: list[int]) -> None:
    """It falls strictly, from the peak to nothing, never below a line; beta 0 is the line."""
    schedule = parse_schedule(f"rex:beta={beta!r}")
    rates = [schedule.rate(1.0, n, 1000) for n in sorted(steps)]
    assert all(first > second for first, second in pairwise(rates))
    for n, rate in zip(sorted(steps), rates, strict=True):
        assert rate >= 1 - n / 1000 - 1e-12
        line = parse_schedule("rex:beta=0").rate(1.0, n, 1000)
        assert line == pytest.approx(1 - n / 1000, abs=1e-12)


def test_power() -> None:
    """Values of min(0.02, a n^-0.51) (arXiv:2408.13359), the knee and the law of doubling."""
    four, more = parse_schedule("power"), parse_schedule("power:a=4.6")
    for n, rate in ((1e5, 0.01127353), (1e6, 0.00348385), (1e7, 0.00107661)):
        assert four.rate(0.02, n, 1) == pytest.approx(rate, abs=5e-9)
    assert more.rate(0.02, 1e6, 1) == pytest.approx(0.00400643, abs=5e-9)
    for schedule, knee in ((four, 32495.522), (more, 42740.431)):
        assert schedule.rate(0.02, knee - 0.001, 1) == 0.02
        assert schedule.rate(0.02, knee + 0.001, 1) < 0.02
    assert four.rate(1, 2e6, 1) / four.rate(1, 1e6, 1) == pytest.approx(0.70222, abs=5e-6)
    assert parse_schedule("power:batch=3").rate(1, 1e6, 1) == pytest.approx(
        3 * 0.00348385, rel=1e-5
    )


def test_power_warms_up_to_its_own_value() -> None:
    """The warm-up is a line to the rate at its end, which a power law that is capped keeps."""
    schedule = Power(warm_up=2e6)
    end = schedule.rate(1, 2e6, 1)
    assert end == pytest.approx(4 * 2e6**-0.51)
    assert [schedule.rate(1, n, 1) for n in (0, 1e6)] == pytest.approx([0, end / 2])


def test_infinite() -> None:
    """Warm-up to 10, cosine to 40, constant to 80, annealing to 100 (arXiv:2503.02844)."""
    schedule = parse_schedule(
        "infinite:warm_up=0.1,cool_down=0.3,anneal=0.2,constant=0.4,end=0.04,shape=cosine"
    )
    expected = {
        0: 0, 5: 5e-4, 10: 1e-3, 25: 7e-4, 40: 4e-4, 80: 4e-4, 90: 1.2649111e-4, 100: 4e-5,
    }  # fmt: skip
    found = {n: schedule.rate(1e-3, n, 100) for n in expected}
    assert found == pytest.approx(expected, abs=1e-11)
    assert schedule.rate(1e-3, 130, 100) == pytest.approx(4e-5)


def test_infinite_in_decisions_does_not_know_the_end() -> None:
    """Without annealing and with lengths in decisions the total does not matter."""
    text = "infinite:warm_up=10,cool_down=30,anneal=0,shape={shape}"
    for shape, middle in (("cosine", 0.7), ("linear", 0.7), ("inv-sqrt", None)):
        schedule = parse_schedule(text.format(shape=shape))
        for n in (0, 7, 25, 40, 1000):
            assert schedule.rate(1, n, 50) == schedule.rate(1, n, 10**9)
        assert schedule.rate(1, 1e6, 50) == 0.4
        if middle is not None:
            assert schedule.rate(1, 25, 50) == pytest.approx(middle)
    # eta_max + (eta_c - eta_max) / f(1) * f(t), f(t) = 1 / sqrt(1 + 10 t) - 1
    f_half, f_one = 1 / math.sqrt(6) - 1, 1 / math.sqrt(11) - 1
    assert schedule.rate(1, 25, 50) == pytest.approx(1 - 0.6 * f_half / f_one)


def test_later_tasks_begin_in_the_constant_phase() -> None:
    """Without warm-up and cool-down the rate is constant at once, until it anneals."""
    schedule = parse_schedule("infinite:warm_up=0,cool_down=0")
    assert [schedule.rate(1, n, 100) for n in (0, 1, 80)] == [0.4, 0.4, 0.4]
    assert schedule.rate(1, 100, 100) == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("linear", (0.75, 0.5, 0.25)),
        ("cosine", (0.85355339, 0.5, 0.14644661)),
        ("1-sqrt", (0.5, 0.29289322, 0.1339746)),
    ],
)
def test_wsd(shape: str, expected: tuple[float, ...]) -> None:
    """Warm-up to 10, stable to 80, decay to 100, at 85, 90 and 95 (arXiv:2404.06395)."""
    schedule = Wsd(warm_up=0.1, decay=0.2, shape=shape)
    assert [schedule.rate(1, n, 100) for n in (0, 5, 10, 50, 80, 100)] == pytest.approx(
        [0, 0.5, 1, 1, 1, 0], abs=1e-12
    )
    assert [schedule.rate(1, n, 100) for n in (85, 90, 95)] == pytest.approx(expected, abs=1e-8)


def test_linear_and_cosine() -> None:
    """A line and half a cosine, after a warm-up of a tenth, down to a tenth."""
    for name, middle in (("linear", 0.55), ("cosine", 0.55)):
        schedule = parse_schedule(f"{name}:warm_up=0.1,end=0.1")
        found = [schedule.rate(2, n, 100) for n in (5, 10, 55, 100)]
        assert found == pytest.approx([1, 2, 2 * middle, 0.2])
    assert parse_schedule("cosine").rate(1, 25, 100) == pytest.approx(0.85355339)


@pytest.mark.parametrize("name", CLOSED)
@given(
    warm_up=st.one_of(st.floats(0, 0.3), st.integers(2, 5000)),
    done=st.floats(0, 2e4),
    total=st.integers(0, 10_000),
)
def test_rates_lie_between_nothing_and_the_peak(
    name: str, warm_up: float, done: float, total: int
) -> None:
    """Whatever the lengths, also where a phase has no room or the run is over."""
    schedule: Schedule = parse_schedule(f"{name}:warm_up={warm_up!r}")
    assert 0 <= schedule.rate(3e-3, done, total) <= 3e-3 * (1 + 1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rexx", "no schedule 'rexx': choose one of linear, constant, cosine, rex, power"),
        ("", "no schedule ''"),
        ("rex:bta=1", "'rex' has no 'bta': did you mean beta"),
        ("rex:beta", "option 'beta' of the schedule 'rex:beta' has no value: write option=value"),
        ("rex:beta=0.1,beta=0.2", "'beta' stands twice"),
        ("rex:beta=x", "beta is 'x': give a number"),
        ("rex:beta=1", "beta is 1.0: give a number from 0 to below 1"),
        ("rex:end=2", "end is 2.0: give a number from 0 to 1"),
        ("cosine:warm_up=-1", "warm_up is -1.0: give a share of the run"),
        ("wsd:shape=round", "shape is 'round': choose one of linear, cosine, 1-sqrt, inv-sqrt"),
        ("wsd:warm_up=0.6,decay=0.5", "warm_up and decay are 1.1 of the run together"),
        ("power:b=0.5", "b is 0.5: give a number below 0"),
        ("power:a=0", "a is 0.0: give a number above 0"),
        ("infinite:end=0", "end is 0.0 and constant 0.4"),
        ("refined", "'refined' names no run: write refined:run=FOLDER"),
        ("refined:run=x,window=2", "window is 2.0: give a number from 0 to 1"),
        ("autolrs:share=2", "share is 2.0: give a number above 0, at most 1"),
        ("autolrs:low=0", "low is 0.0: give a rate of at least 1e-12"),
        ("autolrs:trials=0", "trials is 0: give 2 to 100"),
    ],
)
def test_errors_name_value_and_remedy(text: str, message: str) -> None:
    """Each bad text is refused in one sentence."""
    with pytest.raises(DispatchlabError) as caught:
        parse_schedule(text)
    assert message in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)

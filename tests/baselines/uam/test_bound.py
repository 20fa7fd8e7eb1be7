"""The bound on a day's profit: hand-made days where it is exact, and days that stay below it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.baselines.uam.bound import profit_bound
from dispatchlab.baselines.uam.rollout import begin, run_dispatcher
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.realisation import draw
from tests.envs.uam.uam_strategies import Case, Passenger, tiny, uam_cases

RULES = ("random", "greedy", "nearest")
OUT = (0, 1, 0, 1800)  # from A to B
BACK = (1, 0, 0, 1800)
# a flight costs 1.5 and 3 kWh, of 0.25 $ if it lands in the first half hour and 0.75 $ later
EARLY, LATE = 10 - 1.5 - 0.75, 20 - 1.5 - 2.25


@pytest.mark.parametrize(
    ("passengers", "profit"),
    [
        ([], 0.0),
        ([OUT], EARLY),
        ([OUT, OUT], EARLY + 10),
        # the aircraft comes back empty for the third passenger
        ([OUT, OUT, OUT], EARLY + 10 - 2.25 + EARLY),
        ([OUT, BACK], 2 * EARLY),
        ([(0, 1, 0, 3600)], LATE),
        # one of them in each bin, which needs both flights; nobody boards twice
        ([(0, 1, 1500, 2100)], LATE),
        ([(0, 1, 1500, 2100), (0, 1, 1500, 2100)], LATE + 20),
    ],
)
def test_days_made_by_hand(passengers: list[Passenger], profit: float) -> None:
    """One aircraft with two seats at A, turned in 480 s: the optimum."""
    case = tiny(passengers, starts=[(0, 10_000)])
    assert profit_bound(*case).value_usd == pytest.approx(profit)
    assert _best(case) == pytest.approx(profit)


def test_delays() -> None:
    """After a take-off of 1700 s nobody can be brought back before the next half hour."""
    case = tiny([OUT, BACK], starts=[(0, 10_000)], delay={(0, w): 1700 for w in range(6)})
    assert profit_bound(*case).value_usd == pytest.approx(EARLY)
    assert profit_bound(*case, delays=False).value_usd == pytest.approx(2 * EARLY)


def test_the_least_delay_of_a_cell_counts() -> None:
    """Ticks of 60 s in cells of 300 s: to be ready first, the aircraft leaves after 240 s."""
    delay = {(0, w): 1700 for w in range(30) if w != 4}
    case = tiny([OUT, BACK], starts=[(0, 10_000)], wait_s=60, delay=delay)
    assert profit_bound(*case, cell_s=300).value_usd == pytest.approx(2 * EARLY)


def test_closures_and_outages() -> None:
    """No flight where the route is closed, and none of an aircraft that is out of service."""
    start = [(0, 10_000)]
    assert profit_bound(*tiny([OUT], starts=start, closed=((0, 0, 1),))).value_usd == 0.0
    assert profit_bound(*tiny([OUT], starts=start, down={0: (0, 3600)})).value_usd == 0.0
    later = tiny([(0, 1, 0, 600), (0, 1, 1800, 2000)], starts=start, down={0: (0, 1900)})
    assert profit_bound(*later).value_usd == pytest.approx(LATE)


def test_slots_are_taken() -> None:
    """An aircraft that never leaves keeps the only slot of B."""
    slots = {"park_slots": [1, 0], "charge_slots": [1, 1]}
    starts = [(0, 10_000), (1, 10_000)]
    case = tiny([OUT], starts=starts, down={1: (0, 3600)}, **slots)
    assert profit_bound(*case).value_usd == 0.0
    # without the outage it makes room
    case = tiny([OUT, BACK], starts=starts, **slots)
    assert profit_bound(*case).value_usd == pytest.approx(2 * EARLY)


@settings(max_examples=60, deadline=None)
@given(case=uam_cases(), cell_s=st.sampled_from((20, 60, 300)), rule=st.sampled_from(RULES))
def test_nobody_earns_more(case: Case, cell_s: int, rule: str) -> None:
    """Random days with every option of the model."""
    outcome = run_dispatcher(UamRule(rule), [case], log=False)[0]
    assert outcome.profit_usd <= profit_bound(*case, cell_s=cell_s).value_usd + 1e-6


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1 << 32))
def test_not_even_the_best_schedule(seed: int) -> None:
    """Every schedule of an aircraft, with random passengers and delays."""
    rng = np.random.default_rng(seed)
    times = [(int(rng.integers(2)), int(rng.integers(2200))) for _ in range(6)]
    patience = int(rng.integers(1, 900))
    passengers = [(i, 1 - i, t, t + patience) for i, t in times]
    delay = {(i, w): int(rng.choice((0, 60, 700))) for i in range(2) for w in range(9)}
    case = tiny(passengers, starts=[(0, 10_000)], horizon_s=2700, delay=delay)
    assert _best(case) <= profit_bound(*case).value_usd + 1e-6


def test_longer_cells_bound_less_well() -> None:
    """A day of a preset: cells of a half, a tenth and a thirtieth of an hour, and of no length."""
    instance = load_instance("random-5x20")
    day = (instance, draw(np.random.default_rng(0), instance))
    bounds = [profit_bound(*day, cell_s=cell_s) for cell_s in (1800, 360, 120)]
    values = [bound.value_usd for bound in bounds]
    assert values == sorted(values, reverse=True)
    assert values[2] < 0.95 * values[0]
    assert bounds[0].num_columns < bounds[2].num_columns
    with pytest.raises(DispatchlabError, match="have 0 s"):
        profit_bound(*day, cell_s=0)


def _best(case: Case) -> float:
    """Most profit of any sequence of choices: all are tried, in the order of a counter."""
    dynamics = begin([case], log=False)
    best, choices = 0.0, [0]
    while choices:
        dynamics.reset()
        options = []
        while not dynamics.done()[0]:
            legal = np.flatnonzero(dynamics.legal()[0])
            options.append(len(legal))
            if len(options) > len(choices):
                choices.append(0)
            dynamics.step(legal[[choices[len(options) - 1]]])
        best = max(best, -float(dynamics.objective()[0]))
        while choices and choices[-1] + 1 == options[len(choices) - 1]:
            choices.pop()
        if choices:
            choices[-1] += 1
    return best

"""Graph observation with what two rules hold of every option on the expected day."""

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.core.graph_spec import Arrays, Feature
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.uam.dynamics.apply import reset_row
from dispatchlab.envs.uam.dynamics.engine import Dynamics
from dispatchlab.envs.uam.dynamics.flights import bin_of, energy_after, leg_profit
from dispatchlab.envs.uam.dynamics.layout import (
    CHARGE_WH,
    DONE,
    NOW,
    NUM_LEVELS,
    NUM_PORTS,
    POINTED,
    PORT,
    SLOT,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State, make_state
from dispatchlab.envs.uam.observation.arcs import load_value
from dispatchlab.envs.uam.observation.arrays import OPTION
from dispatchlab.envs.uam.observation.features import OPTION_FEATURES, Float32Array, clip, money
from dispatchlab.envs.uam.observation.graph import GraphObservation
from dispatchlab.envs.uam.outlook.knowledge import Known, action_of, leg_s, level_at
from dispatchlab.envs.uam.outlook.lookahead import leg_rate, stay_rate
from dispatchlab.envs.uam.outlook.outlook import Outlook
from dispatchlab.envs.uam.outlook.prices import UNKNOWN, Prices, find_prices
from dispatchlab.envs.uam.outlook.worth import price_at, stay_worth, worth_at

PRICED_FEATURES = (
    money("worth_over_staying"),
    Feature("worth", "USD", "multiple of the mean fare of ten full aircraft"),
    money("price_there_over_here"),
    Feature("flights_planned", "1", "log1p"),
    Feature("rate_over_staying", "USD/h", "multiple of the mean fare of a full aircraft"),
    Feature("looks_best", "1"),
)
_FIRST = len(OPTION_FEATURES)


class PricedObservation(GraphObservation):
    """`GraphObservation` whose options also tell what they are worth, and what lookahead earns.

    The rate is that of `dispatchlab.envs.uam.outlook.lookahead`; the option that looks best by it
    is the choice of the rule ``lookahead``. The prices are those of
    `dispatchlab.envs.uam.outlook.prices` at the first decision of the day, from what is known then:
    what one more aircraft at a vertiport and time would earn until the evening. When they are
    computed makes no difference.
    """

    option_features = (*OPTION_FEATURES, *PRICED_FEATURES)

    def __init__(self) -> None:
        """Know no day yet."""
        self._memory: _Memory | None = None

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        super().fill(dynamics, rows, out)
        if self._memory is None or self._memory.dynamics is not dynamics:
            self._memory = _Memory(dynamics)
        known, prices = self._memory.recall(rows)
        _fill_prices(
            dynamics.problem, dynamics.state, known, prices, rows, out["candidates"],
            out[f"edge_attr/{OPTION}"],
        )  # fmt: skip


class _Memory:
    """The prices of the days that the rows of some dynamics play."""

    def __init__(self, dynamics: Dynamics) -> None:
        """Have room."""
        self.dynamics = dynamics
        self._outlook = Outlook(dynamics, np.zeros(dynamics.batch, np.uint64), priced=True)
        self._mornings = make_state(dynamics.batch, dynamics.limits, log=False)
        self._days: list[tuple[object, object]] = [(None, None)] * dynamics.num_slots
        self._numbers = np.zeros(dynamics.num_slots, np.int64)
        self._found = np.full(dynamics.batch, UNKNOWN)

    def recall(self, rows: IntArray) -> tuple[Known, Prices]:
        """What is known, with the prices of rows whose day is new."""
        d = self.dynamics
        for slot, (instance, day) in enumerate(zip(d.instances, d.realisations, strict=True)):
            known_instance, known_day = self._days[slot]
            if instance is not known_instance or day is not known_day:
                self._days[slot] = instance, day
                self._numbers[slot] = self._numbers.max() + 1
        slots = d.state.row[rows, SLOT]
        is_new = self._found[rows] != self._numbers[slots]
        known, prices = self._outlook.recall()
        if is_new.any():
            new, choices = rows[is_new], d.stop_at == "choices"
            _find_mornings(d.problem, self._mornings, prices, new, slots[is_new], choices)
            self._found[new] = self._numbers[slots[is_new]]
        return known, prices


@entry_kernel
def _find_mornings(
    p: Problem, mornings: State, prices: Prices, rows: IntArray, slots: IntArray, choices: bool
) -> None:
    for index in range(len(rows)):
        reset_row(p, mornings, rows[index], slots[index], choices)
        find_prices(p, mornings, prices, rows[index])


@entry_kernel
def _fill_prices(
    p: Problem, s: State, known: Known, prices: Prices, rows: IntArray, candidates: IntArray,
    options: Float32Array,
) -> None:  # fmt: skip
    """Write `PRICED_FEATURES` for every legal action."""
    for index in range(len(rows)):
        b = rows[index]
        if s.row[b, DONE] == 0:
            _write_worth(p, s, known, prices, b, candidates[index], options[index])
            _write_rates(p, s, known, b, candidates[index], options[index])


@kernel
def _write_worth(
    p: Problem, s: State, known: Known, prices: Prices, b: int, candidates: IntArray,
    options: Float32Array,
) -> None:  # fmt: skip
    """What follows from the prices."""
    i, k, load = s.row[b, SLOT], s.row[b, POINTED], load_value(p, s, b)
    levels, here, now = p.counts[i, NUM_LEVELS], s.craft[b, k, PORT], s.row[b, NOW]
    staying, price = stay_worth(p, s, known, prices, b), price_at(p, s, prices, b, here, now)
    for action in range(p.counts[i, NUM_PORTS] * levels):
        arc = candidates[action, 2]
        if arc < 0:
            continue
        port, level = action // levels, action % levels
        x, worth = options[arc], staying
        if port != here:
            pair = here * p.counts[i, NUM_PORTS] + port
            then = now + leg_s(p, s, b, k, port, level)
            there = worth_at(p, s, known, prices, b, port, then)
            worth = leg_profit(p, s, b, pair) + there
            x[_FIRST + 2] = clip((price_at(p, s, prices, b, port, then) - price) / load)
            x[_FIRST + 3] = np.log1p(prices.flow[b, bin_of(p, s, b), pair])
        x[_FIRST] = clip((worth - staying) / load)
        x[_FIRST + 1] = clip(worth / load / 10.0)


@kernel
def _write_rates(
    p: Problem, s: State, known: Known, b: int, candidates: IntArray, options: Float32Array
) -> None:
    """What the rule lookahead compares, and its choice."""
    i, k, per_hour = s.row[b, SLOT], s.row[b, POINTED], 3600.0 / load_value(p, s, b)
    levels, here = p.counts[i, NUM_LEVELS], s.craft[b, k, PORT]
    staying = most = stay_rate(p, s, known, b)
    best = action_of(p, s, b, here, level_at(p, known, i, here, s.craft[b, k, CHARGE_WH]))
    for action in range(p.counts[i, NUM_PORTS] * levels):
        arc, port = candidates[action, 2], action // levels
        if arc < 0 or port == here:
            continue
        rate = leg_rate(p, s, known, b, port, action % levels)
        options[arc, _FIRST + 4] = clip((rate - staying) * per_hour)
        is_usual = action % levels == level_at(p, known, i, port, energy_after(p, s, b, k, port))
        if is_usual and rate > most:
            best, most = action, rate
    if candidates[best, 2] >= 0:
        options[candidates[best, 2], _FIRST + 5] = 1.0

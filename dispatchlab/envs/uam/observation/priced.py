"""Graph observation with prices: what every option is worth on the expected day."""

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.core.graph_spec import Arrays, Feature
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.uam.dynamics.engine import Dynamics
from dispatchlab.envs.uam.dynamics.flights import bin_of, leg_profit
from dispatchlab.envs.uam.dynamics.layout import (
    DONE,
    NOW,
    NUM_LEVELS,
    NUM_PORTS,
    POINTED,
    PORT,
    SLOT,
)
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.observation.arcs import load_value
from dispatchlab.envs.uam.observation.arrays import OPTION
from dispatchlab.envs.uam.observation.features import OPTION_FEATURES, Float32Array, clip, money
from dispatchlab.envs.uam.observation.graph import GraphObservation
from dispatchlab.envs.uam.outlook.knowledge import Known, leg_s
from dispatchlab.envs.uam.outlook.outlook import Outlook
from dispatchlab.envs.uam.outlook.prices import Prices, begins, find_prices
from dispatchlab.envs.uam.outlook.worth import price_at, stay_worth, worth_at

PRICED_FEATURES = (
    money("worth_over_staying"),
    Feature("worth", "USD", "multiple of the mean fare of ten full aircraft"),
    money("price_there_over_here"),
    Feature("flights_planned", "1", "log1p"),
)
_FIRST = len(OPTION_FEATURES)


class PricedObservation(GraphObservation):
    """`GraphObservation` whose options also tell what they are worth.

    The prices are those of `dispatchlab.envs.uam.outlook.prices`, found when a day begins from what
    is known then: what one more aircraft at a vertiport and time would earn until the evening.
    """

    option_features = (*OPTION_FEATURES, *PRICED_FEATURES)

    def __init__(self) -> None:
        """Know no day yet."""
        self._outlook: Outlook | None = None

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        super().fill(dynamics, rows, out)
        if self._outlook is None or self._outlook.dynamics is not dynamics:
            nobody = np.zeros(dynamics.batch, np.uint64)
            self._outlook = Outlook(dynamics, nobody, priced=True)
        known, prices = self._outlook.recall()
        _fill_prices(
            dynamics.problem, dynamics.state, known, prices, rows, out["candidates"],
            out[f"edge_attr/{OPTION}"],
        )  # fmt: skip


@entry_kernel
def _fill_prices(
    p: Problem, s: State, known: Known, prices: Prices, rows: IntArray, candidates: IntArray,
    options: Float32Array,
) -> None:  # fmt: skip
    """Find the prices of the days that begin; write `PRICED_FEATURES` for every legal action."""
    for index in range(len(rows)):
        b = rows[index]
        if s.row[b, DONE] != 0:
            continue
        if begins(s, prices, b):
            find_prices(p, s, prices, b)
        i, k, load = s.row[b, SLOT], s.row[b, POINTED], load_value(p, s, b)
        levels, here, now = p.counts[i, NUM_LEVELS], s.craft[b, k, PORT], s.row[b, NOW]
        staying, price = stay_worth(p, s, known, prices, b), price_at(p, s, prices, b, here, now)
        for action in range(p.counts[i, NUM_PORTS] * levels):
            arc = candidates[index, action, 2]
            if arc < 0:
                continue
            port, level = action // levels, action % levels
            x, worth = options[index, arc], staying
            if port != here:
                pair = here * p.counts[i, NUM_PORTS] + port
                then = now + leg_s(p, s, b, k, port, level)
                there = worth_at(p, s, known, prices, b, port, then)
                worth = leg_profit(p, s, b, pair) + there
                x[_FIRST + 2] = clip((price_at(p, s, prices, b, port, then) - price) / load)
                x[_FIRST + 3] = np.log1p(prices.flow[b, bin_of(p, s, b), pair])
            x[_FIRST] = clip((worth - staying) / load)
            x[_FIRST + 1] = clip(worth / load / 10.0)

"""State: what changes during episodes."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.uam.dynamics.layout import (
    MONEY_COLUMNS,
    ROW_COLUMNS,
    STATE_CRAFT_COLUMNS,
    STATE_PAIR_COLUMNS,
    STATE_PORT_COLUMNS,
)
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.schedule import LEG_COLUMNS

IntArray = npt.NDArray[np.int64]


class State(NamedTuple):
    """B rows; room for N vertiports, K aircraft and their logs.

    Attributes:
        row: ``(B, ROW_COLUMNS)``.
        money: ``(B, MONEY_COLUMNS)`` dollars so far: revenue, cost of operation, cost of energy.
        craft: ``(B, K, STATE_CRAFT_COLUMNS)``.
        port: ``(B, N, STATE_PORT_COLUMNS)``.
        pair: ``(B, N * N, STATE_PAIR_COLUMNS)`` passengers that wait, as indices; up to date where
            `flights.refresh` has been called.
        lane: ``(B, N * N, lanes)`` last entry of each lane.
        leg_log: ``(B, M, 12)`` with the columns of `UamSchedule.legs`; M = 0 without log.
        decision_log: ``(B, D, 3)`` time, aircraft, action.
    """

    row: IntArray
    money: npt.NDArray[np.float64]
    craft: IntArray
    port: IntArray
    pair: IntArray
    lane: IntArray
    leg_log: IntArray
    decision_log: IntArray


def make_state(batch: int, limits: UamLimits, *, log: bool = True) -> State:
    """Zeroed arrays."""
    pairs = limits.ports**2
    legs, decisions = (limits.legs, limits.decisions) if log else (0, 0)
    return State(
        row=np.zeros((batch, ROW_COLUMNS), np.int64),
        money=np.zeros((batch, MONEY_COLUMNS)),
        craft=np.zeros((batch, limits.aircraft, STATE_CRAFT_COLUMNS), np.int64),
        port=np.zeros((batch, limits.ports, STATE_PORT_COLUMNS), np.int64),
        pair=np.zeros((batch, pairs, STATE_PAIR_COLUMNS), np.int64),
        lane=np.zeros((batch, pairs, limits.lanes), np.int64),
        leg_log=np.zeros((batch, legs, len(LEG_COLUMNS)), np.int64),
        decision_log=np.zeros((batch, decisions, 3), np.int64),
    )

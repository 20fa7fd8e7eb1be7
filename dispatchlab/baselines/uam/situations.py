"""Situations: what plans start from, read from a day that is being played."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.plans import Situation
from dispatchlab.envs.core.compiling import entry_kernel
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.flights import refresh
from dispatchlab.envs.uam.dynamics.layout import DOWN, HELD, PORT, SLOT, STATUS
from dispatchlab.envs.uam.dynamics.problem import Problem
from dispatchlab.envs.uam.dynamics.state import State
from dispatchlab.envs.uam.outlook.knowledge import ready_s

IntArray = npt.NDArray[np.int64]


def situation_of(dynamics: Dynamics, row: int) -> Situation:
    """What a scheduler knows at a decision of a row.

    Args:
        dynamics: The batch.
        row: Which one.

    Returns:
        The situation. Aircraft that are out of service are not expected back.
    """
    d, slot = dynamics, int(dynamics.state.row[row, SLOT])
    instance = d.instances[slot]
    if instance is None:
        raise RuntimeError(f"Row {row} plays slot {slot}, in which there is no instance.")
    ports, aircraft = instance.num_ports, instance.num_aircraft
    now = d.now(row)
    ready, waiting = np.zeros(aircraft, np.int64), np.zeros(ports * ports, np.int64)
    _look(d.problem, d.state, row, ready, waiting)
    craft = d.state.craft[row, :aircraft]
    flies = np.flatnonzero(craft[:, STATUS] != DOWN)
    closed = d.problem.closed[slot, now // instance.bin_s, : ports * ports] != 0
    return Situation(
        now,
        craft[flies, PORT],
        np.maximum(ready[flies], now),
        d.state.port[row, :ports, HELD].copy(),
        waiting.reshape(ports, ports),
        closed.reshape(ports, ports),
    )


@entry_kernel
def _look(p: Problem, s: State, b: int, ready: IntArray, waiting: IntArray) -> None:
    """When aircraft are expected to be ready, and who waits."""
    for k in range(len(ready)):
        ready[k] = ready_s(p, s, b, k)
    for pair in range(len(waiting)):
        waiting[pair] = refresh(p, s, b, pair)

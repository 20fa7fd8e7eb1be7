"""What plans start from, how they are made, and what comes out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.time_grid import CELL_S
from dispatchlab.envs.core.errors import DispatchlabError

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# a mean number of passengers to come; a Poisson number, for flights that depart whatever it is; or
# one that will be known before they have to depart
DEMANDS = (MEAN, EXPECTED, RECOURSE) = ("mean", "expected", "recourse")


@dataclass(frozen=True, slots=True)
class Situation:
    """What a plan starts from.

    Attributes:
        now_s: The time.
        port: ``(K,)`` where aircraft are or will land; those that are out of service are left out.
        ready_s: ``(K,)`` when each is expected to be ready to depart, not before now.
        held: ``(N,)`` slots that are taken.
        waiting: ``(N, N)`` passengers who wait now.
        closed: ``(N, N)`` routes that are closed in the present bin.
    """

    now_s: int
    port: IntArray
    ready_s: IntArray
    held: IntArray
    waiting: IntArray
    closed: BoolArray


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """How to plan.

    Attributes:
        horizon_s: Departures up to this far ahead are planned.
        whole_s: Departures up to this far ahead are whole flights, later ones may be fractions.
        demand: One of `DEMANDS`: how passengers to come count.
        end_worth: Weight of what aircraft are worth at the end of the plan.
        margin_s: Added to each expected turn.
        cell_s: Cells of time are the longest up to this length that divide a bin of demand.
        haste_usd: What an hour of waiting within a bin costs: of flights that are equally good the
            earlier is planned.
        gap: The solver stops when it is that close to the optimum, relatively.
        time_limit_s: And when this is over.
    """

    horizon_s: int = 7200
    whole_s: int = 1800
    demand: str = RECOURSE
    end_worth: float = 1.0
    margin_s: int = 0
    cell_s: int = CELL_S
    haste_usd: float = 1.0
    gap: float = 0.01
    time_limit_s: float = 5.0

    def __post_init__(self) -> None:
        """Check the name."""
        if self.demand not in DEMANDS:
            names = ", ".join(DEMANDS)
            raise DispatchlabError(f"demand is {self.demand!r}; choose one of {names}.")


@dataclass(frozen=True, slots=True)
class Plan:
    """Planned departures, by time; one row for each flight.

    Attributes:
        time_s: ``(D,)`` not to depart before.
        origin: ``(D,)``.
        destination: ``(D,)``.
        profit_usd: Expected from now on, with what aircraft are worth at the end.
    """

    time_s: IntArray
    origin: IntArray
    destination: IntArray
    profit_usd: float

"""Rolling horizon: plan the next hours over and over again, and fly what is planned."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.planning import Planner
from dispatchlab.baselines.uam.plans import Plan, PlanOptions
from dispatchlab.baselines.uam.situations import situation_of
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import (
    CHARGE_WH,
    DECISIONS,
    DEPARTED,
    POINTED,
    PORT,
    SLOT,
)
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.view import UamView

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
REPLAN_S = 1800
EARLY_S = 150
OTHER_LEVEL_USD = 5.0  # what it counts to charge to another level than the plan assumes


@dataclass(slots=True)
class _Standing:
    """The standing plan of a row.

    Attributes:
        realisation: Of the day that it was made for.
        plan: The plan.
        open: ``(D,)`` departures that have not been flown.
        until_s: From then on there is a new plan.
        decisions: Decisions taken when it was last looked at.
        aircraft: Who was asked then.
        given: Departure that this aircraft was given, or -1.
        asked_s: When that was.
        prices: What aircraft are worth, once it has been asked for.
    """

    realisation: UamRealisation | None
    plan: Plan
    open: BoolArray
    until_s: int
    decisions: int
    aircraft: int = -1
    given: int = -1
    asked_s: int = -1
    prices: FloatArray | None = None


class RollingHorizon:
    """A dispatcher that plans by mixed-integer programs.

    Planned departures queue at their ports. An aircraft that is asked takes the first one that is
    legal and whose time has come, or nearly; otherwise it stays. What is left over is planned
    again.

    Args:
        options: How to plan.
        replan_s: Plans are made at multiples of this, at the first decision from then on.
        early_s: A departure may be taken that much before its time, but not in an earlier bin of
            demand.
    """

    def __init__(
        self, options: PlanOptions | None = None, *, replan_s: int = REPLAN_S,
        early_s: int = EARLY_S,
    ) -> None:  # fmt: skip
        """Keep the options."""
        if replan_s < 1:
            raise DispatchlabError(f"replan_s is {replan_s}; give at least 1 s.")
        self.options = PlanOptions() if options is None else options
        self.replan_s, self.early_s = replan_s, early_s
        self.num_plans = 0
        self._planners: dict[int, Planner] = {}
        self._standing: dict[int, _Standing] = {}

    def act(self, view: UamView) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: UamView) -> IntArray:
        """``(B,)`` one action per environment; 0 where the day is over."""
        actions = np.zeros(view.dynamics.batch, dtype=np.int64)
        for row in np.flatnonzero(~view.dynamics.done()):
            actions[row] = self._decide(view, int(row))
        return actions

    def plan(self, view: UamView, row: int) -> Plan:
        """Plan from the present state of a row, whatever has been planned before."""
        self.num_plans += 1
        return self.planner(view.dynamics, row).plan(situation_of(view.dynamics, row))

    def value_batch(
        self, view: UamView, wanted: BoolArray | None = None
    ) -> tuple[FloatArray, IntArray]:
        """What every action is worth by the prices of the plan, to imitate more than the choice.

        Args:
            view: The batch.
            wanted: ``(B,)`` rows to look at, all by default; elsewhere legal actions are worth 0.

        Returns:
            ``(B, A)`` dollars, of the passengers who wait now, less costs, plus what the aircraft
            is worth where and when it is ready again; minus infinity for illegal actions. And
            ``(B,)`` the actions of `act_batch`, which nothing is worth more than; 0 elsewhere.
        """
        actions = np.zeros(view.dynamics.batch, dtype=np.int64)
        values = np.where(view.legal, 0.0, -np.inf)
        open_rows = ~view.dynamics.done()
        for row in np.flatnonzero(open_rows if wanted is None else open_rows & wanted):
            actions[row] = self._decide(view, int(row))
            values[row] += self._values(view, int(row))
            values[row, actions[row]] = values[row].max()
        return values, actions

    def _values(self, view: UamView, row: int) -> FloatArray:
        """``(A,)`` what the actions of a row are worth."""
        d, now, standing = view.dynamics, int(view.now[row]), self._standing[row]
        planner, situation = self.planner(d, row), situation_of(d, row)
        if standing.prices is None:
            standing.prices = planner.prices(situation)
        instance, k = planner.instance, int(d.state.row[row, POINTED])
        port = int(d.state.craft[row, k, PORT])
        energy = int(d.state.craft[row, k, CHARGE_WH])
        values = np.zeros(view.legal.shape[1])  # of no use beyond the ports of a smaller instance
        for j in range(instance.num_ports):
            after = planner.ready_s(now, port, j) // planner.cell_s
            worth = standing.prices[j, min(after, standing.prices.shape[1] - 1)]
            level = slice(j * instance.num_levels, (j + 1) * instance.num_levels)
            values[level] = worth + planner.profit_usd(situation, port, j) - OTHER_LEVEL_USD
            values[planner.action(j, energy, port)] += OTHER_LEVEL_USD
        return values

    def planner(self, dynamics: Dynamics, row: int) -> Planner:
        """The planner of the instance that a row plays."""
        instance = dynamics.instances[int(dynamics.state.row[row, SLOT])]
        if instance is None:
            raise RuntimeError(f"Row {row} plays a slot in which there is no instance.")
        kept = self._planners.get(row)
        if kept is None or kept.instance is not instance:
            kept = self._planners[row] = Planner(instance, self.options)
        return kept

    def _decide(self, view: UamView, row: int) -> int:
        """The action of the aircraft that is asked in a row."""
        d, now = view.dynamics, int(view.now[row])
        planner, standing = self.planner(d, row), self._recall(view, row)
        k = int(d.state.row[row, POINTED])
        port, energy = int(d.state.craft[row, k, PORT]), int(d.state.craft[row, k, CHARGE_WH])
        bin_s = planner.instance.bin_s
        soon = min(now + self.early_s, (now // bin_s + 1) * bin_s - 1)
        plan, legal = standing.plan, view.legal[row]
        due = standing.open & (plan.origin == port) & (plan.time_s <= soon)
        standing.aircraft, standing.given = k, -1
        for index in np.flatnonzero(due):
            action = planner.action(int(plan.destination[index]), energy, port)
            if legal[action]:
                standing.given = int(index)
                return action
        return planner.action(port, energy, port)

    def _recall(self, view: UamView, row: int) -> _Standing:
        """The standing plan of a row, a new one if it is time for it, without what was flown."""
        d, now = view.dynamics, int(view.now[row])
        decisions = int(d.state.row[row, DECISIONS])
        realisation = d.realisations[int(d.state.row[row, SLOT])]
        standing = self._standing.get(row)
        if (
            standing is None or standing.realisation is not realisation
            or decisions < standing.decisions or now >= standing.until_s
        ):  # fmt: skip
            plan = self.plan(view, row)
            until = (now // self.replan_s + 1) * self.replan_s
            is_open = np.ones(len(plan.time_s), dtype=np.bool_)
            standing = _Standing(realisation, plan, is_open, until, decisions)
            self._standing[row] = standing
        if decisions > standing.decisions and standing.given >= 0:
            craft = d.state.craft[row, standing.aircraft]
            to_there = craft[PORT] == standing.plan.destination[standing.given]
            if to_there and craft[DEPARTED] == standing.asked_s:
                standing.open[standing.given] = False
        standing.decisions, standing.asked_s = decisions, now
        return standing

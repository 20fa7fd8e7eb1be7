"""Plans of departures for the next hours: whole flights on a time-expanded network.

Where the fleet is and who waits is known; passengers to come count by expectation. What an
aircraft is worth at the end of the plan comes from the prices of a program of the whole day.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.flow_model import Arcs, Fleet, FlowProgram, Pieces
from dispatchlab.baselines.uam.knowledge import useful_levels
from dispatchlab.baselines.uam.seats import expected_pieces, mean_pieces
from dispatchlab.baselines.uam.time_grid import Legs, TimeGrid, cell_length
from dispatchlab.envs.uam.instance import BATCH, UamInstance

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
PIECES = 6


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
        cuts: Whether passengers to come count as a Poisson number; otherwise the mean of them.
        end_worth: Weight of what aircraft are worth at the end of the plan.
        margin_s: Added to each expected turn.
        haste_usd: Of flights that are equally good the earlier is planned: an hour costs that much.
        gap: The solver stops when it is that close to the optimum, relatively.
        time_limit_s: And when this is over.
    """

    horizon_s: int = 7200
    whole_s: int = 1800
    cuts: bool = True
    end_worth: float = 1.0
    margin_s: int = 0
    haste_usd: float = 1.0
    gap: float = 0.01
    time_limit_s: float = 5.0


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


class Planner:
    """Plans the fleet of one instance."""

    def __init__(self, instance: UamInstance, options: PlanOptions) -> None:
        """Keep what all plans share."""
        self.instance, self.options = instance, options
        self.legs, self.cell_s = Legs.usual(instance), cell_length(instance)
        self.levels = useful_levels(instance)
        self._turn_s = (
            self.legs.block_s + self.legs.charge_s + options.margin_s
            + instance.expected_delay_s[self.legs.origin]
        )  # fmt: skip

    def action(self, destination: int, energy_wh: int, port: int) -> int:
        """The action of an aircraft at a port that flies to another, or stays, and charges there.

        It charges to the level that the legs assume, if it has less and there are chargers.
        """
        instance, level = self.instance, int(self.levels[destination])
        left = energy_wh - int(instance.leg_wh[port, destination])
        charges = instance.charge_slots[destination] > 0 and instance.level_wh[level] > left
        return destination * instance.num_levels + (level if charges else 0)

    def plan(self, now: Situation) -> Plan:
        """Plan the departures of the next hours; nothing, if the solver finds no plan in time."""
        options = self.options
        start = now.now_s // self.cell_s * self.cell_s
        last = min(start + options.horizon_s, self.instance.horizon_s)
        grid = TimeGrid(start, self.cell_s, -(-(last - start) // self.cell_s), self.instance.bin_s)
        worth = self._end_worth(grid)
        arcs = self._arcs(grid, now.closed, worth)
        pieces = self._pieces(grid, now)
        program = FlowProgram.build(arcs, pieces, self._fleet(grid, now, worth))
        whole = arcs.depart * self.cell_s < options.whole_s
        solved = program.plan(whole, options.gap, options.time_limit_s)
        if solved.x is None:
            none = np.zeros(0, dtype=np.int64)
            return Plan(none, none, none, 0.0)
        flights = np.rint(solved.x[: program.num_arcs]).astype(np.int64) * whole
        arc = np.repeat(np.arange(program.num_arcs), flights)
        arc = arc[np.argsort(arcs.depart[arc], kind="stable")]
        return Plan(
            grid.starts[arcs.depart[arc]], arcs.origin[arc], arcs.destination[arc],
            -float(solved.fun),
        )  # fmt: skip

    @cached_property
    def worth_usd(self) -> FloatArray:
        """``(N, G + 1)`` what one more aircraft at a port is worth in each cell of the day.

        The prices of the program of an expected day, which allows fractions of flights.
        """
        grid = TimeGrid.of_day(self.instance)
        ports = self.instance.num_ports
        at_start = Situation(
            0,
            self.instance.start_port,
            np.zeros_like(self.instance.start_port),
            np.bincount(self.instance.start_port, minlength=ports),
            np.zeros((ports, ports), dtype=np.int64),
            np.zeros((ports, ports), dtype=np.bool_),
        )
        arcs = self._arcs(grid, at_start.closed, None)
        pieces = self._pieces(grid, None)
        program = FlowProgram.build(arcs, pieces, self._fleet(grid, at_start, None))
        solved = program.relax("highs-ipm", 60.0)
        worth = np.zeros((ports, grid.num_cells + 1))
        if solved.status == 0:
            prices = -solved.eqlin.marginals[: ports * grid.num_cells]
            worth[:, :-1] = prices.reshape(ports, grid.num_cells)
        return worth

    def _arcs(self, grid: TimeGrid, closed: BoolArray, worth: FloatArray | None) -> Arcs:
        """Departures in all cells, without the routes that are closed in the first bin."""
        legs, instance, bins = self.legs, self.instance, grid.bins
        is_open = np.ones((len(legs), grid.num_cells), dtype=np.bool_)
        is_open[:, bins == bins[0]] = ~closed[legs.origin, legs.destination][:, None]
        pair, depart = np.nonzero(is_open)
        ready = depart + self._cells(self._turn_s)[pair]
        landing = grid.starts[depart] + legs.block_s[pair]
        price = instance.price_usd_per_kwh[np.minimum(landing // grid.bin_s, instance.num_bins - 1)]
        origin, destination = legs.origin[pair], legs.destination[pair]
        gain = -legs.cost_usd[pair] - instance.leg_wh[origin, destination] / 1000.0 * price
        gain -= self.options.haste_usd * depart * self.cell_s / 3600.0
        if worth is not None:
            after = np.flatnonzero(ready >= grid.num_cells)
            cell = np.minimum(grid.start_s // self.cell_s + ready[after], worth.shape[1] - 1)
            gain[after] += worth[destination[after], cell]
        group = pair * instance.num_bins + bins[depart]
        return Arcs(origin, destination, depart, ready, gain, group)

    def _end_worth(self, grid: TimeGrid) -> FloatArray | None:
        """What aircraft are worth after the plan, more or less than the mean at its end.

        All aircraft of a plan are somewhere at its end, so what they share changes no plan; but
        the gap of the solver is relative to the whole objective.
        """
        if not self.options.end_worth:
            return None
        at = min(grid.start_s // self.cell_s + grid.num_cells, self.worth_usd.shape[1] - 1)
        return self.options.end_worth * (self.worth_usd - self.worth_usd[:, at].mean())

    def _cells(self, seconds: IntArray) -> IntArray:
        """The nearest number of cells."""
        return (seconds + self.cell_s // 2) // self.cell_s

    def _pieces(self, grid: TimeGrid, now: Situation | None) -> Pieces:
        """Revenue of all legs in all bins of the day; only those of the grid are used."""
        instance, legs = self.instance, self.legs
        mean = instance.demand[:, legs.origin, legs.destination].T.copy()
        waiting = np.zeros(mean.shape, dtype=np.int64)
        if now is not None:
            present = now.now_s // instance.bin_s
            waiting[:, present] = now.waiting[legs.origin, legs.destination]
            to_come = 1.0 - (now.now_s - present * instance.bin_s) / instance.bin_s
            mean[:, present] *= 0.0 if instance.arrivals == BATCH else to_come
        fare = instance.fare_usd[:, legs.origin, legs.destination].T.ravel()
        seats = instance.aircraft.seats
        if not self.options.cuts:
            return mean_pieces((waiting + mean).ravel(), fare, seats)
        return expected_pieces(waiting.ravel(), mean.ravel(), fare, seats, PIECES)

    def _fleet(self, grid: TimeGrid, now: Situation, worth: FloatArray | None) -> Fleet:
        """Aircraft in the cells in which they are expected to be ready."""
        instance = self.instance
        supply = np.zeros((instance.num_ports, grid.num_cells))
        cell = self._cells(np.maximum(now.ready_s - grid.start_s, 0))
        soon = cell < grid.num_cells
        np.add.at(supply, (now.port[soon], cell[soon]), 1.0)
        end = np.zeros(instance.num_ports)
        if worth is not None:
            at = min(grid.start_s // self.cell_s + grid.num_cells, worth.shape[1] - 1)
            end = worth[:, at]
        slots = instance.slots.astype(np.float64)
        return Fleet(supply, now.held.astype(np.float64), slots, end)

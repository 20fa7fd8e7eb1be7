"""Plans of departures for the next hours: whole flights on a time-expanded network.

Where the fleet is and who waits is known; passengers to come count by what is expected. What an
aircraft is worth at the end of the plan comes from the prices of a program of the whole day.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.flow_model import Arcs, Fleet, FlowProgram, Pieces
from dispatchlab.baselines.uam.plans import MEAN, RECOURSE, Plan, PlanOptions, Situation
from dispatchlab.baselines.uam.seats import expected_pieces, mean_pieces, recourse_pieces
from dispatchlab.baselines.uam.time_grid import Legs, TimeGrid, cell_length
from dispatchlab.envs.uam.instance import BATCH, UamInstance
from dispatchlab.envs.uam.outlook.knowledge import useful_levels

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
PIECES = 6


class Planner:
    """Plans the fleet of one instance."""

    def __init__(self, instance: UamInstance, options: PlanOptions) -> None:
        """Keep what all plans share."""
        self.instance, self.options = instance, options
        self.legs, self.cell_s = Legs.usual(instance), cell_length(instance, options.cell_s)
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
        grid, arcs, program = self._program(now)
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

    def prices(self, now: Situation) -> FloatArray:
        """``(N, G + 1)`` what an aircraft is worth at each port from now on, cell by cell.

        As `worth_usd`, but of a plan from the present situation, which may have fractions of
        flights, and from the mean worth at the end of that plan.
        """
        grid, _, program = self._program(now)
        worth = self.worth_usd - self.worth_usd[:, self._end(grid)].mean()
        solved = program.relax("highs-ds", self.options.time_limit_s)
        if solved.status == 0:
            stock = self.instance.num_ports * grid.num_cells
            first = grid.start_s // self.cell_s
            marginal = -solved.eqlin.marginals[:stock].reshape(-1, grid.num_cells)
            worth[:, first : first + grid.num_cells] = marginal
        return worth

    @cached_property
    def worth_usd(self) -> FloatArray:
        """``(N, G + 1)`` what one more aircraft at a port is worth in each cell of the day.

        The prices of the program of an expected day, which allows fractions of flights.
        """
        grid = TimeGrid.of_day(self.instance, self.options.cell_s)
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
        pieces = self._pieces(None)
        program = FlowProgram.build(arcs, pieces, self._fleet(grid, at_start, None))
        solved = program.relax("highs-ipm", 60.0)
        worth = np.zeros((ports, grid.num_cells + 1))
        if solved.status == 0:
            prices = -solved.eqlin.marginals[: ports * grid.num_cells]
            worth[:, :-1] = prices.reshape(ports, grid.num_cells)
        return worth

    def _program(self, now: Situation) -> tuple[TimeGrid, Arcs, FlowProgram]:
        """The program of a plan from now on."""
        start = now.now_s // self.cell_s * self.cell_s
        last = min(start + self.options.horizon_s, self.instance.horizon_s)
        grid = TimeGrid(start, self.cell_s, -(-(last - start) // self.cell_s), self.instance.bin_s)
        worth = None
        if self.options.end_worth:
            # all aircraft are somewhere at the end, so what they share changes no plan; but the
            # gap of the solver is relative to the whole objective
            end = self._end(grid)
            worth = self.options.end_worth * (self.worth_usd - self.worth_usd[:, end].mean())
        arcs, pieces = self._arcs(grid, now.closed, worth), self._pieces(now)
        return grid, arcs, FlowProgram.build(arcs, pieces, self._fleet(grid, now, worth))

    def _end(self, grid: TimeGrid) -> int:
        """The cell of the day after those of a plan."""
        return min(grid.start_s // self.cell_s + grid.num_cells, self.worth_usd.shape[1] - 1)

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
        gain -= self.options.haste_usd * (grid.starts % grid.bin_s)[depart] / 3600.0
        if worth is not None:
            after = np.flatnonzero(ready >= grid.num_cells)
            cell = np.minimum(grid.start_s // self.cell_s + ready[after], worth.shape[1] - 1)
            gain[after] += worth[destination[after], cell]
        group = pair * instance.num_bins + bins[depart]
        return Arcs(origin, destination, depart, ready, gain, group)

    def ready_s(self, now_s: int, port: int, destination: int) -> int:
        """When an aircraft that departs now is expected to be ready; when one that stays is asked.

        Legs that no plan would have count as those of an aircraft that need not charge.
        """
        if port == destination:
            return (now_s // self.instance.wait_s + 1) * self.instance.wait_s
        leg = np.flatnonzero((self.legs.origin == port) & (self.legs.destination == destination))
        turn_s = self._turn_s[leg].sum() if len(leg) else self.instance.block_s[port, destination]
        return int(now_s + turn_s)

    def profit_usd(self, now: Situation, port: int, destination: int) -> float:
        """Of an aircraft that departs now; 0 of one that stays."""
        instance, bins = self.instance, self.instance.num_bins - 1
        at = min((now.now_s + int(instance.block_s[port, destination])) // instance.bin_s, bins)
        energy = instance.leg_wh[port, destination] / 1000.0 * instance.price_usd_per_kwh[at]
        seats = min(instance.aircraft.seats, int(now.waiting[port, destination]))
        fare = instance.fare_usd[now.now_s // instance.bin_s, port, destination]
        miles = instance.distance_mi[port, destination]
        return float(seats * fare - miles * instance.op_cost_usd_per_mi - energy)

    def _cells(self, seconds: IntArray) -> IntArray:
        """The nearest number of cells."""
        return (seconds + self.cell_s // 2) // self.cell_s

    def _pieces(self, now: Situation | None) -> Pieces:
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
        if self.options.demand == MEAN:
            return mean_pieces((waiting + mean).ravel(), fare, seats)
        pieces = recourse_pieces if self.options.demand == RECOURSE else expected_pieces
        return pieces(waiting.ravel(), mean.ravel(), fare, seats, PIECES)

    def _fleet(self, grid: TimeGrid, now: Situation, worth: FloatArray | None) -> Fleet:
        """Aircraft in the cells in which they are expected to be ready."""
        instance = self.instance
        supply = np.zeros((instance.num_ports, grid.num_cells))
        cell = self._cells(np.maximum(now.ready_s - grid.start_s, 0))
        soon = cell < grid.num_cells
        np.add.at(supply, (now.port[soon], cell[soon]), 1.0)
        end = np.zeros(instance.num_ports)
        if worth is not None:
            end = worth[:, self._end(grid)]
        slots = instance.slots.astype(np.float64)
        return Fleet(supply, now.held.astype(np.float64), slots, end)

"""Upper bounds on the profit of a day: aircraft as a flow, and everything known beforehand.

No schedule can earn more, whatever it knows. A departure counts for the cell of time in which it
is decided, and its aircraft is ready again in the earliest cell that this allows, so the flights of
any real day are a feasible flow. What the flow does not see: lanes, queues for chargers, energy
(but for the least charge after each leg), and fractions of flights are allowed.
"""

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.flow_model import Arcs, Fleet, FlowProgram
from dispatchlab.baselines.uam.seats import known_pieces
from dispatchlab.baselines.uam.time_grid import Legs, TimeGrid
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
CELL_S = 100


@dataclass(frozen=True, slots=True)
class Bound:
    """An upper bound on the profit of a day.

    Attributes:
        value_usd: The bound.
        runtime_s: Wall time that it took.
        num_rows: Of the linear program.
        num_columns: Of the linear program.
    """

    value_usd: float
    runtime_s: float
    num_rows: int
    num_columns: int


def profit_bound(
    instance: UamInstance, realisation: UamRealisation, *, cell_s: int = CELL_S,
    delays: bool = True, method: str = "highs-ipm", time_limit_s: float = 600.0,
) -> Bound:  # fmt: skip
    """Bound what any scheduler can earn in a day, even one that knows the future.

    Args:
        instance: What is known of the day.
        realisation: What happens.
        cell_s: Most seconds of a cell of time; the longest cells that divide the bins of demand
            are used. Shorter ones bound a little better.
        delays: Whether the delays of take-offs count; without them the bound is looser.
        method: A linear-programming method of SciPy. Days are fastest with interior points.
        time_limit_s: For the solver.

    Returns:
        The bound: 2 s of work for 40 aircraft, 8 ports and 12 h.

    Raises:
        DispatchlabError: If the cells have no length.
        RuntimeError: If the solver fails or runs out of time.
    """
    start = time.perf_counter()
    realisation.require_fit(instance)
    grid, legs = TimeGrid.of_day(instance, cell_s), Legs.shortest(instance)
    windows = _Windows.of(instance, realisation, legs)
    pieces = known_pieces(windows.present, windows.fare_usd, instance.aircraft.seats)
    arcs = _arcs(instance, realisation, grid, legs, delays=delays)
    if not len(arcs.origin) or not len(pieces.group):
        return Bound(0.0, time.perf_counter() - start, 0, 0)
    program = FlowProgram.build(arcs, pieces, _fleet(instance, realisation, grid))
    if not windows.within_bins:
        program = _carry_over(program, windows)
    solved = program.relax(method, time_limit_s)
    if solved.status != 0:
        raise RuntimeError(f"The linear program of the bound failed: {solved.message}")
    rows, columns = program.matrix.shape
    return Bound(-float(solved.fun), time.perf_counter() - start, rows, columns)


def _arcs(
    instance: UamInstance, realisation: UamRealisation, grid: TimeGrid, legs: Legs, *, delays: bool
) -> Arcs:
    """Every departure that is not closed, ready again as early as it can be."""
    bins = grid.bins
    is_open = ~realisation.closed[bins][:, legs.origin, legs.destination].T
    pair, depart = np.nonzero(is_open)
    takeoff = _earliest_takeoff(instance, realisation, grid) if delays else None
    entry = takeoff[legs.origin[pair], depart] if takeoff is not None else grid.starts[depart]
    ready = (entry + legs.block_s[pair] + legs.charge_s[pair]) // grid.cell_s
    landing = grid.starts[depart] + legs.block_s[pair]
    last = instance.num_bins - 1
    price = np.minimum(
        instance.price_usd_per_kwh[np.minimum(landing // grid.bin_s, last)],
        instance.price_usd_per_kwh[np.minimum((landing + grid.cell_s - 1) // grid.bin_s, last)],
    )
    origin, destination = legs.origin[pair], legs.destination[pair]
    energy = instance.leg_wh[origin, destination] / 1000.0 * price
    group = pair * instance.num_bins + bins[depart]
    return Arcs(origin, destination, depart, ready, -legs.cost_usd[pair] - energy, group)


def _earliest_takeoff(
    instance: UamInstance, realisation: UamRealisation, grid: TimeGrid
) -> IntArray:
    """``(N, G)`` earliest take-off of what is decided in each cell."""
    ticks = np.arange(instance.num_waits) * instance.wait_s
    cuts = np.union1d(ticks, grid.starts)  # delays and cells change at these times only
    takeoff = cuts + realisation.takeoff_delay_s[:, cuts // instance.wait_s]
    return np.minimum.reduceat(takeoff, np.searchsorted(cuts, grid.starts), axis=1)


def _fleet(instance: UamInstance, realisation: UamRealisation, grid: TimeGrid) -> Fleet:
    """Aircraft that are down from the start come when their outage ends, if they ever do."""
    down = realisation.down_from_s == 0
    from_s = np.where(down, realisation.down_until_s, 0)
    flies = from_s < instance.horizon_s
    supply = np.zeros((instance.num_ports, grid.num_cells))
    np.add.at(supply, (instance.start_port[flies], from_s[flies] // grid.cell_s), 1.0)
    held = np.bincount(instance.start_port, minlength=instance.num_ports).astype(np.float64)
    slots = instance.slots.astype(np.float64)
    return Fleet(supply, held, slots, np.zeros(instance.num_ports))


@dataclass(frozen=True, slots=True)
class _Windows:
    """When passengers of legs can board; arrays over leg and bin, or flat ``(P * T,)``.

    Attributes:
        present: ``(P * T,)`` passengers who can board in the bin.
        fare_usd: ``(P * T,)``.
        gone: ``(P, T)`` passengers who have left by the end of the bin, boarded or not.
        come: ``(P, T)`` passengers who have come by the end of the bin.
        within_bins: Whether nobody can board in more than one bin.
    """

    present: IntArray
    fare_usd: FloatArray
    gone: IntArray
    come: IntArray
    within_bins: bool

    @classmethod
    def of(cls, instance: UamInstance, realisation: UamRealisation, legs: Legs) -> "_Windows":
        """Count the passengers."""
        ports, bins = instance.num_ports, instance.num_bins
        pair = np.repeat(np.arange(ports * ports), np.diff(realisation.pair_offset))
        first = realisation.request_s // instance.bin_s
        left = -(-realisation.leaves_s // instance.bin_s)  # first bin that starts without them
        counts = np.zeros((2, ports * ports, bins + 1), dtype=np.int64)
        np.add.at(counts[0], (pair, first), 1)
        np.add.at(counts[1], (pair, np.minimum(left, bins)), 1)
        chosen = legs.origin * ports + legs.destination
        come, gone = np.cumsum(counts[:, chosen], axis=2)
        fare = instance.fare_usd[:, legs.origin, legs.destination].T.ravel()
        within = bool((left == first + 1).all())
        present = (come - gone)[:, :-1].ravel()
        return cls(present, fare, gone[:, 1:], come[:, :-1], within)


def _carry_over(program: FlowProgram, windows: _Windows) -> FlowProgram:
    """Add who has boarded or left by the end of each bin, less those who must have left by then.

    ``gone' + boarded <= gone``, from bin to bin: nobody boards twice.
    """
    from scipy.sparse import block_array, csc_array

    bins = windows.gone.shape[1]
    groups = np.arange(windows.gone.size)
    later = np.flatnonzero(groups % bins > 0)
    ones = np.concatenate([np.full(len(groups), -1.0), np.ones(len(later))])
    index = np.concatenate([groups, later]), np.concatenate([groups, later - 1])
    chain = csc_array((ones, index), shape=(len(groups), len(groups)))
    columns, pieces = program.matrix.shape[1], program.pieces
    first = columns - len(pieces.group)
    index = program.groups[pieces.group], first + np.arange(len(pieces.group))
    boarded = csc_array((pieces.seats, index), shape=(len(groups), columns))
    leaving = np.diff(windows.gone, axis=1, prepend=0).ravel().astype(np.float64)
    waiting = (windows.come - windows.gone).ravel().astype(np.float64)
    return replace(
        program,
        matrix=block_array([[program.matrix, None], [boarded, chain]], format="csc"),
        right=np.concatenate([program.right, leaving]),
        gain=np.concatenate([program.gain, np.zeros(len(groups))]),
        most=np.concatenate([program.most, waiting]),
    )

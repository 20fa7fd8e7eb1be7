"""Upper bounds on the utility of an episode: work as a fluid, and everything known beforehand.

No schedule can earn more, whatever it knows: a task on the edge needs its actual time between
arrival and deadline, shares of tasks may be worked on at the same time and may be interrupted, and
the edge does no more than a ms of work per ms. A task may go to the cloud if there is a time to
send it at which the actual call returns by the deadline. Time is cut into cells, which loosens the
bound a little and keeps the linear program small.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge.fluid_tasks import EdgeTasks, Windows
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
CELL_MS = 500


@dataclass(frozen=True, slots=True)
class FluidBound:
    """Upper bounds for one realisation.

    Attributes:
        qos: On the utility of results alone.
        qoe: On the bonuses alone: all that windows with something to finish in time can pay.
        utility: On the sum of both, from one linear program; at most ``qos + qoe``.
    """

    qos: float
    qoe: float
    utility: float


@dataclass(frozen=True, slots=True)
class _Work:
    """Possible work on the edge: entry j is for a task in a cell of time, at most so many ms.

    Cells in which nothing can be done are not counted.
    """

    task: IntArray
    cell: IntArray
    most_ms: FloatArray
    num_cells: int


def fluid_bound(
    instance: EdgeInstance, realisation: EdgeRealisation, *, qoe: bool = True,
    cell_ms: int = CELL_MS,
) -> FluidBound:  # fmt: skip
    """Bound what any scheduler can earn in an episode, even one that knows the future.

    Args:
        instance: The instance.
        realisation: What happens.
        qoe: Whether bonuses count; otherwise ``qoe`` is 0 and ``utility`` is ``qos``.
        cell_ms: Length of the cells of time; shorter ones bound a little better.

    Returns:
        The bounds; 0.2 s of work for 7200 tasks, 0.5 s with bonuses.

    Raises:
        DispatchlabError: If the cells have no length.
    """
    if cell_ms < 1:
        raise DispatchlabError(f"cell_ms is {cell_ms}; give at least 1 ms.")
    realisation.require_fit(instance)
    tasks = EdgeTasks.of(instance, realisation)
    work = _possible_work(tasks, cell_ms)
    qos = _solve(tasks, work, cell_ms, Windows.none(len(tasks.arrival)))
    if not qoe:
        return FluidBound(qos, 0.0, qos)
    windows = Windows.of(instance, tasks)
    bonuses = windows.sure_bonus + float(windows.bonus.sum())
    utility = _solve(tasks, work, cell_ms, windows)
    return FluidBound(qos, bonuses, min(utility, qos + bonuses))


def _possible_work(tasks: EdgeTasks, cell_ms: int) -> _Work:
    """Every task with every cell that it can be worked on in."""
    candidates = np.flatnonzero(tasks.edge_time <= tasks.due - tasks.arrival)
    first, last = tasks.arrival // cell_ms, (tasks.due - 1) // cell_ms
    count = (last - first + 1)[candidates]
    task = np.repeat(candidates, count)
    nth = np.arange(len(task)) - np.repeat(np.cumsum(count) - count, count)
    cell = first[task] + nth
    overlap = np.minimum(tasks.due[task], (cell + 1) * cell_ms)
    overlap -= np.maximum(tasks.arrival[task], cell * cell_ms)
    most = np.minimum(overlap, tasks.edge_time[task]).astype(np.float64)
    used, cell = np.unique(cell, return_inverse=True)
    return _Work(task, cell, most, len(used))


def _solve(tasks: EdgeTasks, work: _Work, cell_ms: int, windows: Windows) -> float:
    """Greatest utility; columns are ms of work, shares of calls, and shares of bonuses.

    A task that is worth a call is called where it is not on the edge: only the gain of the edge
    over the call is left to decide. The calls of the others are columns, and pay for bonuses only.
    """
    from scipy.optimize import linprog
    from scipy.sparse import block_array, csr_array

    base = np.where(tasks.sure, tasks.cloud_utility, 0.0)
    rate = (tasks.edge_utility - base)[work.task] / tasks.edge_time[work.task]
    n, calls, total = len(base), tasks.costly, float(base.sum()) + windows.sure_bonus
    columns, cells = np.arange(len(rate)), work.num_cells
    if len(rate) + len(calls) == 0:
        return total
    capacity = csr_array((np.ones(len(rate)), (work.cell, columns)), shape=(cells, len(rate)))
    share = csr_array(
        (1.0 / tasks.edge_time[work.task], (work.task, columns)), shape=(n, len(rate))
    )
    call = csr_array((np.ones(len(calls)), (calls, np.arange(len(calls)))), shape=(n, len(calls)))
    matrix = block_array([
        [capacity, csr_array((cells, len(calls))), csr_array((cells, len(windows.bonus)))],
        [share, call, csr_array((n, len(windows.bonus)))],
        [-(windows.counts @ share), -(windows.counts @ call), windows.pays],
    ], format="csr")  # fmt: skip
    most = np.concatenate([work.most_ms, np.ones(len(calls) + len(windows.bonus))])
    solved = linprog(
        -np.concatenate([rate, tasks.cloud_utility[calls], windows.bonus]),
        A_ub=matrix,
        b_ub=np.concatenate([np.full(cells, float(cell_ms)), np.ones(n), windows.offset]),
        bounds=np.column_stack([np.zeros(len(most)), most]),
        method="highs-ds",
    )
    if solved.status != 0:
        raise RuntimeError(f"The linear program of the bound failed: {solved.message}")
    return total - float(solved.fun)

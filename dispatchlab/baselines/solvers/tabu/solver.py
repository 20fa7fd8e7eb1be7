"""`TabuSolver`: searches in several threads, from a schedule or from nothing."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from dispatchlab.baselines.solvers.tabu.search import begin, search, wander
from dispatchlab.baselines.solvers.tabu.shop import (
    BEST,
    ITERATION,
    IntArray,
    Shop,
    Work,
    check_shop,
    shop_of,
    work_for,
)
from dispatchlab.envs.core.cores import check_workers, usable_cores
from dispatchlab.envs.core.schedule import Result, Schedule
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.verify import verify

PATIENCE = 12_500  # moves without a better makespan, as Peng, Lü and Cheng (2015)
WANDERINGS = 20
ROUNDS = 100
_EFFORT = 400_000  # between two looks at the clock: some 10 ms


class TabuSolver:
    """Iterated tabu search for shops in which only orders on machines are open.

    The neighbourhood is N7 (Zhang, Li, Guan and Rao 2007) with the estimates of Balas and
    Vazacopoulos (1998); a pair that was turned round stays so for 10 iterations plus jobs over
    machines, times 1 to 1.4 (Zhang, Li, Rao and Guan 2008). Where nothing better comes for
    `PATIENCE` moves, some random ones lead away from the best schedule, and a new round begins.

    Args:
        num_workers: Threads, each with a search of its own; 0 uses every core.
        rounds: Rounds in a row without a better schedule after which a thread ends; 0 leaves the
            end to time and bound.

    Raises:
        DispatchlabError: If the number of workers is negative or above 1024.
    """

    def __init__(self, num_workers: int = 0, *, rounds: int = ROUNDS) -> None:
        """Note the settings."""
        self._num_workers = check_workers(num_workers) or usable_cores()
        self._rounds = rounds

    def solve(
        self, encoding: CpEncoding, *, time_limit_s: float = 10.0, seed: int = 0,
        hint: Schedule | None = None, lower_bound: float = 0.0,
    ) -> Result:  # fmt: skip
        """Search for a shorter schedule.

        Args:
            encoding: The instance.
            time_limit_s: Wall-clock limit in seconds.
            seed: Seed of the searches; what the time does not end repeats exactly, but for which
                of several workers comes first to the bound.
            hint: A feasible schedule to start from; the result is never worse.
            lower_bound: A makespan that is known to be the least possible ends the search.

        Returns:
            The best schedule, with a log of the better and better ones.

        Raises:
            DispatchlabError: If more is open than orders on machines.
            InfeasibleScheduleError: If the hint violates the instance.
        """
        check_shop(encoding)
        if hint is not None:
            verify(encoding, None, hint)
        shop = shop_of(encoding)
        common = _Common(time_limit_s, lower_bound)
        works = [work_for(shop, [seed, index]) for index in range(self._num_workers)]
        first = _machine_predecessors(shop, works[0], hint)
        if len(works) == 1:
            best = [_climb(shop, works[0], first, common, self._rounds)]
        else:
            best = self._climb_together(shop, works, first, common)
        found = min(best, key=lambda before: _makespan(shop, works[0], before))
        return common.result(_schedule(shop, works[0], found))

    def _climb_together(
        self, shop: Shop, works: list[Work], first: IntArray, common: "_Common"
    ) -> list[IntArray]:
        """All searches at once."""
        with ThreadPoolExecutor(len(works)) as threads:
            climbs = [
                threads.submit(_climb, shop, work, first, common, self._rounds) for work in works
            ]
            try:
                return [climb.result() for climb in climbs]
            finally:
                common.is_stopped = True  # before the threads are waited for


class _Common:
    """What the searches share: the time, and the best makespan."""

    def __init__(self, limit_s: float, enough: float) -> None:
        """Start the clock."""
        self._begin, self._limit_s = time.perf_counter(), limit_s
        self._lock = threading.Lock()
        self.enough, self.is_stopped = int(np.ceil(enough)), False
        self._best = np.inf
        self._log: list[dict[str, float]] = []

    def is_over(self) -> bool:
        """Whether time is up, or somebody has found enough."""
        late = time.perf_counter() - self._begin >= self._limit_s
        return late or self.is_stopped or self._best <= self.enough

    def tell(self, makespan: float) -> None:
        """Note a makespan if it is the best."""
        with self._lock:
            if makespan < self._best:
                self._best = makespan
                self._log.append(
                    {
                        "time_s": time.perf_counter() - self._begin,
                        "objective": float(makespan),
                        "lower_bound": float(self.enough),
                    }
                )

    def result(self, schedule: Schedule) -> Result:
        """A schedule with what is known of it."""
        makespan = float(schedule.makespan)
        return Result(
            schedule=schedule,
            objective=makespan,
            lower_bound=float(self.enough),
            status="optimal" if makespan <= self.enough else "feasible",
            runtime_s=time.perf_counter() - self._begin,
            log=tuple(self._log),
        )


def _climb(shop: Shop, w: Work, first: IntArray, common: _Common, rounds: int) -> IntArray:
    """Machine predecessors of the best schedule of one search."""
    tenure = _tenure(shop)
    begin(shop, w, first)
    best, home, idle = int(w.tally[BEST]), first, 0
    common.tell(best)
    while not common.is_over() and not 0 < rounds <= idle:
        while search(shop, w, _EFFORT, PATIENCE, common.enough, tenure) and not common.is_over():
            common.tell(int(w.tally[BEST]))
        common.tell(int(w.tally[BEST]))
        idle = 0 if w.tally[BEST] < best else idle + 1
        if w.tally[BEST] <= best:
            best, home = int(w.tally[BEST]), w.best.copy()
        if w.tally[ITERATION] == 0:  # no move is legal
            break
        begin(shop, w, home)
        for _ in range(WANDERINGS):
            if not common.is_over():  # a single one takes a while where blocks are long
                wander(shop, w, 1)
    return home


def _tenure(shop: Shop) -> int:
    """10 plus jobs per machine, or what stands for them."""
    on = np.bincount(shop.machine[shop.machine >= 0], minlength=1)
    return 10 + int(on.mean()) // len(on)


def _machine_predecessors(shop: Shop, w: Work, hint: Schedule | None) -> IntArray:
    """``(N,)`` those of a schedule, or of operations in topological order."""
    none = np.full(len(shop.machine), -1)
    begin(shop, w, none)
    rank = np.empty(len(none), np.int64)
    rank[w.order] = np.arange(len(none))
    keys = (rank,) if hint is None else (rank, hint.end, hint.start)
    order = np.lexsort((*keys, shop.machine))
    last, a = order[:-1], order[1:]
    before: IntArray = none.copy()
    follows = (shop.machine[a] >= 0) & (shop.machine[a] == shop.machine[last])
    before[a[follows]] = last[follows]
    return before


def _makespan(shop: Shop, w: Work, before: IntArray) -> int:
    begin(shop, w, before)
    return int(w.tally[BEST])


def _schedule(shop: Shop, w: Work, before: IntArray) -> Schedule:
    """Everything as early as the orders allow."""
    begin(shop, w, before)
    start = w.head.copy()
    return Schedule(start=start, end=start + shop.duration, mode=np.arange(len(start)))

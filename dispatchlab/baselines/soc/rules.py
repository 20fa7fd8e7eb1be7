"""Run-time rules and lookahead as dispatchers."""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.soc import rule_kernels as kernels
from dispatchlab.baselines.soc.lookahead_kernels import judge_all, judge_orders, play_lookahead
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.random_bits import grow_streams
from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.dynamics.state import State, make_state
from dispatchlab.envs.soc.view import SocView

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

CODES: dict[str, int] = {
    "random": kernels.RANDOM,
    "met": kernels.MET,
    "met-lq": kernels.MET_LEAST_QUEUE,
    "stf": kernels.STF,
    "eft": kernels.EFT,
    "eft-sync": kernels.EFT_SYNC,
    "eft-rank": kernels.EFT_RANK,
    "etf": kernels.ETF,
    "etf-sync": kernels.ETF_SYNC,
    "heft-rt": kernels.HEFT_RT,
    "heft-rt-edge-free": kernels.HEFT_RT_EDGE_FREE,
    "peft-rt": kernels.PEFT_RT,
}
DESCRIPTIONS: dict[str, str] = {
    "random": "the ready task that waits longest, on a PE drawn uniformly",
    "met": "minimum execution time: the fastest PE, whatever its queue; ties as published",
    "met-lq": "minimum execution time; ties go to the shortest queue",
    "stf": "shortest task first, on its fastest PE",
    "eft": "the ready task that waits longest, on the PE where it ends first (as published: "
    "availabilities are estimates that nothing corrects)",
    "eft-sync": "as eft, with availabilities that follow what happened",
    "eft-rank": "the ready task with the largest upward rank, on the PE where it ends first "
    "(availabilities as published)",
    "etf": "earliest task first: the pair of ready task and PE that ends first (availabilities as "
    "published)",
    "etf-sync": "as etf, with availabilities that follow what happened",
    "heft-rt": "HEFT at run time with communication: largest upward rank first, on the PE where it "
    "ends first, gaps in queues included",
    "heft-rt-edge-free": "HEFT at run time as published: blind to data and communication",
    "peft-rt": "PEFT at run time: largest mean optimistic cost first, on the PE with the least sum "
    "of end and optimistic cost",
}


class SocRule:
    """A run-time rule; it never waits.

    Args:
        name: One of `CODES`.
        seed: Seeds the random rule's stream of row b with ``(seed, b)``.
    """

    def __init__(self, name: str, *, seed: int = 0) -> None:
        """Look the rule up."""
        if name not in CODES:
            raise DispatchlabError(f"Unknown rule {name!r}; choose one of {', '.join(CODES)}.")
        self.name, self.seed, self.code = name, seed, CODES[name]
        self._streams = np.zeros(0, np.uint64)

    def act(self, view: SocView) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: SocView) -> IntArray:
        """``(B,)`` one action per environment; 0 where nothing is ready."""
        d = view.dynamics
        actions = np.zeros(d.batch, np.int64)
        kernels.choose_all(d.problem, d.state, self.code, self.streams(d.batch), actions)
        return actions // d.limits.pes if d.actions == "ordering" else actions

    def play(self, dynamics: Dynamics) -> None:
        """Play all rows to their ends inside one kernel: the same decisions, without Python."""
        _require_pairs(dynamics)
        kernels.play_all(dynamics.problem, dynamics.state, self.code, self.streams(dynamics.batch))

    def streams(self, batch: int) -> npt.NDArray[np.uint64]:
        """``(B,)`` states of the rows' random streams."""
        self._streams = grow_streams(self._streams, self.seed, batch)
        return self._streams[:batch]


class Lookahead:
    """One-step policy improvement of rules: every action is judged by rehearsing them after it.

    Rehearsals run on expected times and without further arrivals, until the jobs in work are
    complete; the action with the least sum of completion times wins, the first on ties. With
    several rules, the best outcome of an action counts (parallel rollout).

    Args:
        rules: Names of the base rules, joined by ``+``.
        seed: For the random rule.
    """

    def __init__(self, rules: str = "etf", *, seed: int = 0) -> None:
        """Look the rules up."""
        parts = [SocRule(name, seed=seed) for name in rules.split("+")]
        self.name = f"lookahead-{rules}"
        self._first = parts[0]
        self._codes = np.array([rule.code for rule in parts])
        self._scratch: tuple[object, State] | None = None

    def act(self, view: SocView) -> int:
        """The action for a view of one environment."""
        return int(self.act_batch(view)[0])

    def act_batch(self, view: SocView) -> IntArray:
        """``(B,)`` one action per environment; 0 where nothing is ready."""
        best: IntArray = self.costs(view.dynamics).argmin(axis=1)
        return best

    def costs(self, dynamics: Dynamics) -> FloatArray:
        """``(B, A)`` expected remaining time of the jobs in work after each action, in job·µs.

        Infinite where an action is illegal.
        """
        costs = np.full((dynamics.batch, dynamics.num_actions), np.inf)
        scratch, streams = self._scratch_for(dynamics), self._first.streams(dynamics.batch)
        problem, state = dynamics.problem, dynamics.state
        if dynamics.actions == "ordering":
            judge_orders(problem, state, scratch, self._codes, streams, costs)
            return costs
        _require_pairs(dynamics)
        judge_all(problem, state, scratch, self._codes, dynamics.wait, streams, costs)
        return costs

    def play(self, dynamics: Dynamics) -> None:
        """Play all rows to their ends inside one kernel."""
        _require_pairs(dynamics)
        play_lookahead(
            dynamics.problem, dynamics.state, self._scratch_for(dynamics), self._codes,
            dynamics.wait, self._first.streams(dynamics.batch),
        )  # fmt: skip

    def _scratch_for(self, dynamics: Dynamics) -> State:
        if self._scratch is None or self._scratch[0] is not dynamics.limits:
            self._scratch = (dynamics.limits, make_state(1, dynamics.limits, log=False))
        return self._scratch[1]


def _require_pairs(dynamics: Dynamics) -> None:
    if dynamics.actions != "task-pe":
        raise DispatchlabError(
            f"Rules choose a task and a PE, but actions={dynamics.actions!r}; use 'task-pe'."
        )

"""What a clairvoyant scheduler knows of an episode, task by task and window by window."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge.fluid_calls import call_ends
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class EdgeTasks:
    """The N tasks of an episode, with hindsight.

    Attributes:
        arrival: ``(N,)`` in ms, as all times.
        due: ``(N,)`` deadline.
        latest: ``(N,)`` latest time at which the task can end in any way, late runs included.
        model: ``(N,)`` its model.
        edge_time: ``(N,)`` what it takes on the edge.
        edge_utility: ``(N,)`` of a run in time on the edge.
        cloud_utility: ``(N,)`` of a call in time.
        reachable: ``(N,)`` whether a call can return by the deadline.
    """

    arrival: IntArray
    due: IntArray
    latest: IntArray
    model: IntArray
    edge_time: IntArray
    edge_utility: FloatArray
    cloud_utility: FloatArray
    reachable: BoolArray

    @classmethod
    def of(cls, instance: EdgeInstance, realisation: EdgeRealisation) -> "EdgeTasks":
        """Look at what happens."""
        model, arrival = realisation.model, realisation.arrival_ms
        due = arrival + instance.deadline_ms[model]
        soonest, latest = call_ends(instance, realisation)
        edge_latest = due - instance.edge_fastest_ms[model] + realisation.edge_time_ms
        return cls(
            arrival=arrival,
            due=due,
            latest=np.maximum(np.maximum(due, edge_latest), latest),
            model=model,
            edge_time=realisation.edge_time_ms,
            edge_utility=instance.edge_utility[model],
            cloud_utility=instance.cloud_utility[model],
            reachable=soonest <= due,
        )

    @property
    def sure(self) -> BoolArray:
        """``(N,)`` tasks that are in time in any case: a call can be, and does not cost more."""
        return self.reachable & (self.cloud_utility >= 0)

    @property
    def costly(self) -> IntArray:
        """Tasks whose call can be in time, but costs more than it brings."""
        return np.flatnonzero(self.reachable & (self.cloud_utility < 0))


@dataclass(frozen=True, slots=True)
class Windows:
    """The K windows of models in which a bonus is not certain.

    With on_time the shares of tasks that are in time, the share b of a bonus that is paid obeys
    ``pays @ b <= counts @ on_time + offset``. A task that may end in several windows counts as
    on time in each of them, and as missed in none: the bound stays a bound.

    Attributes:
        sure_bonus: Bonuses that nothing endangers.
        bonus: ``(K,)`` the others.
        counts: ``(2 K, N)`` sparse.
        pays: ``(2 K, K)`` sparse.
        offset: ``(2 K,)``.
    """

    sure_bonus: float
    bonus: FloatArray
    counts: Any
    pays: Any
    offset: FloatArray

    @classmethod
    def none(cls, num_tasks: int) -> "Windows":
        """No bonuses at all."""
        return _make_windows(0.0, [], num_tasks)

    @classmethod
    def of(cls, instance: EdgeInstance, tasks: EdgeTasks) -> "Windows":
        """All windows of all models."""
        first, due, last = (
            times // instance.qoe_window_ms for times in (tasks.arrival, tasks.due, tasks.latest)
        )
        sure_bonus, contested = 0.0, []
        for model, facts in enumerate(instance.models):
            if facts.qoe_bonus <= 0:
                continue
            own = np.flatnonzero(tasks.model == model)
            for window in range(int(first[own].min()), int(last[own].max()) + 1):
                maybe = own[(first[own] <= window) & (window <= due[own])]
                within = maybe[last[maybe] == first[maybe]]
                entry = _Window.of(tasks, maybe, within, facts.qoe_bonus, facts.qoe_rate)
                if entry.certain:
                    sure_bonus += facts.qoe_bonus
                elif entry.possible:
                    contested.append(entry)
        return _make_windows(sure_bonus, contested, len(tasks.arrival))


@dataclass(frozen=True, slots=True)
class _Window:
    """A window of a model.

    Attributes:
        bonus: What it pays.
        rate: Share that has to be in time.
        maybe: Tasks that may end in it, and may miss their deadline.
        within: Those of them that cannot end outside.
        sure: How many further tasks may end in it, in time in any case.
    """

    bonus: float
    rate: float
    maybe: IntArray
    within: IntArray
    sure: int

    @classmethod
    def of(
        cls, tasks: EdgeTasks, maybe: IntArray, within: IntArray, bonus: float, rate: float
    ) -> "_Window":
        """Leave out what is in time in any case."""
        unsure = ~tasks.sure
        return cls(
            bonus, rate, maybe[unsure[maybe]], within[unsure[within]], int((~unsure)[maybe].sum())
        )

    @property
    def most_missing(self) -> float:
        """By how much the bonus is missed if every task that may be late is."""
        return self.rate * len(self.within) - (1.0 - self.rate) * self.sure

    @property
    def certain(self) -> bool:
        """Whether the bonus is paid in any case (as far as this bound sees)."""
        return self.rate == 0 or (self.sure > 0 and self.most_missing <= 0)

    @property
    def possible(self) -> bool:
        """Whether anything can be in time."""
        return self.sure + len(self.maybe) > 0


def _make_windows(sure_bonus: float, contested: list[_Window], num_tasks: int) -> Windows:
    """Two rows per window: enough tasks in time for the rate, and at least one at all.

    If the bonus is paid, rate * missed <= (1 - rate) * on time; if not, the left side exceeds the
    right by ``most_missing`` at most.
    """
    from scipy.sparse import csr_array

    row: list[IntArray] = [np.zeros(0, np.int64)]
    column, value = list(row), [np.zeros(0)]
    pays, offset = np.zeros((2, len(contested))), np.zeros((2, len(contested)))
    for k, window in enumerate(contested):
        pays[:, k] = max(window.most_missing, 0.0), 1.0
        offset[1, k] = window.sure
        for place, tasks, weight in (
            (2 * k, window.within, window.rate),
            (2 * k, window.maybe, 1.0 - window.rate),
            (2 * k + 1, window.maybe, 1.0),
        ):
            row.append(np.full(len(tasks), place))
            column.append(tasks)
            value.append(np.full(len(tasks), weight))
    size, every = 2 * len(contested), np.arange(2 * len(contested))
    entries = (np.concatenate(value), (np.concatenate(row), np.concatenate(column)))
    return Windows(
        sure_bonus=sure_bonus,
        bonus=np.array([window.bonus for window in contested]),
        counts=csr_array(entries, shape=(size, num_tasks)),
        pays=csr_array((pays.T.reshape(-1), (every, every // 2)), shape=(size, len(contested))),
        offset=offset.T.reshape(-1),
    )

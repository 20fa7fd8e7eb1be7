"""SocSchedule: what happened to every job and task of an episode."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
NOT_YET = -1


@dataclass(frozen=True, slots=True, eq=False)
class SocSchedule:
    """Jobs in the order of their arrival; n arrivals, T the most tasks of any graph.

    Times are µs from the start of the episode; -1 marks what has not happened (or, for tasks
    beyond the end of a smaller graph, does not exist).

    Attributes:
        now_us: Time up to which the episode has been played.
        graph: ``(n,)`` job type of each arrival.
        arrival_us: ``(n,)`` when it reached the system.
        injected_us: ``(n,)`` when it got a place among the jobs in work; -1 if not (yet).
        lost: ``(n,)`` whether it found the system full and was lost.
        pe: ``(n, T)`` processing element of each task; -1 until it is mapped.
        mapped_us: ``(n, T)`` when it was mapped.
        order: ``(n, T)`` rank of the decision among all mappings of the episode.
        start_us: ``(n, T)`` start of execution.
        end_us: ``(n, T)`` end of execution; of a running task, the end that it will have.
    """

    now_us: int
    graph: IntArray
    arrival_us: IntArray
    injected_us: IntArray
    lost: npt.NDArray[np.bool_]
    pe: IntArray
    mapped_us: IntArray
    order: IntArray
    start_us: IntArray
    end_us: IntArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name in self.__dataclass_fields__:
            if name == "now_us":
                continue
            kind = np.bool_ if name == "lost" else np.int64
            array = np.array(getattr(self, name), dtype=kind)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def decisions(self) -> list[tuple[int, int, int, int]]:
        """``(mapped_us, arrival, task, pe)`` of every mapping, in the order of decision."""
        jobs, tasks = np.nonzero(self.order >= 0)
        ranked = np.argsort(self.order[jobs, tasks])
        return [
            (int(self.mapped_us[j, t]), int(j), int(t), int(self.pe[j, t]))
            for j, t in zip(jobs[ranked], tasks[ranked], strict=True)
        ]

    def __eq__(self, other: object) -> bool:
        """Two schedules are equal when all their parts are."""
        return isinstance(other, SocSchedule) and all(
            np.array_equal(getattr(self, name), getattr(other, name))
            for name in self.__dataclass_fields__
        )

    __hash__ = None  # type: ignore[assignment]

"""EdgeSchedule: what happened to every task of an episode, and what was decided."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
NOT_YET = -1
ON_EDGE, IN_CLOUD = 0, 1
# verbs of decisions
EDGE, CLOUD, DEFER, DROP, IDLE = range(5)
VERBS = ("edge", "cloud", "defer", "drop", "idle")
# kinds of decisions
ARRIVAL, TRIGGER, EDGE_FREE = range(3)
# how tasks end
(
    EDGE_ON_TIME, CLOUD_ON_TIME, DROPPED_TIME, DROPPED_COST, EXPIRED_EDGE, EXPIRED_CLOUD,
    MISSED_EDGE, MISSED_CLOUD,
) = range(8)  # fmt: skip
OUTCOMES = (
    "edge_on_time", "cloud_on_time", "dropped_time", "dropped_cost", "expired_edge",
    "expired_cloud", "missed_edge", "missed_cloud",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class EdgeSchedule:
    """Tasks in the order of their arrival; N tasks of the whole episode, K decisions so far.

    Times are ms from the start of the episode; -1 marks what has not happened (yet).

    Attributes:
        now_ms: Time up to which the episode has been played.
        outcome: ``(N,)`` how the task ended, an index of `OUTCOMES`; -1 while it has not.
        place: ``(N,)`` `ON_EDGE` or `IN_CLOUD` for what was started or sent; else -1.
        start_ms: ``(N,)`` when it started on the edge or was sent to the cloud.
        end_ms: ``(N,)`` when it ended: finished, was dropped or expired; of a task that runs or is
            in flight, the end that it will have.
        decisions: ``(K, 5)`` time, kind (`ARRIVAL`, `TRIGGER` or `EDGE_FREE`), task, verb, and the
            trigger of a deferral; task -1 for `IDLE`, trigger -1 for the other verbs.
    """

    now_ms: int
    outcome: IntArray
    place: IntArray
    start_ms: IntArray
    end_ms: IntArray
    decisions: IntArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name in ("outcome", "place", "start_ms", "end_ms", "decisions"):
            array = np.array(getattr(self, name), dtype=np.int64)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

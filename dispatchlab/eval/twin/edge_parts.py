"""What the SimPy processes of `EdgeTwin` pass around: moments, tasks, the network, a window."""

from collections.abc import Iterator
from dataclasses import dataclass

from simpy.events import EventPriority

from dispatchlab.envs.edge.instance import DnnModel, EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import NOT_YET

# In this order what happens at one time takes its turn; SimPy's own events (a process starts: 0,
# an event succeeds: 1) come first.
CLOSE, EDGE_ENDS, CLOUD_ENDS, EXPIRE, LAND, ADMIT, WAKE, SETTLE = map(EventPriority, range(2, 10))
NEW, QUEUED, DEFERRED, GONE = "new", "queued", "deferred", "gone"
SECOND = 1000


@dataclass(eq=False)
class Task:
    """One model on one video segment; times are -1 until they have come.

    Attributes:
        index: Its number, in the order of arrival.
        model: What it runs.
        kind: Number of the model.
        arrival_ms: When it reaches the edge.
        status: Whether it is new, queued for the edge, deferred, or waits no more.
        trigger_ms: When it comes up again, if it is deferred.
        place: Where it was started or sent.
        start_ms: When.
        end_ms: When it ended, or will end where it is.
        outcome: How it ended.
    """

    index: int
    model: DnnModel
    kind: int
    arrival_ms: int
    status: str = NEW
    trigger_ms: int = NOT_YET
    place: int = NOT_YET
    start_ms: int = NOT_YET
    end_ms: int = NOT_YET
    outcome: int = NOT_YET

    @property
    def deadline_ms(self) -> int:
        """Until when its result counts."""
        return self.arrival_ms + self.model.deadline_ms

    @property
    def name(self) -> str:
        """How errors call it."""
        return f"task {self.index} ({self.model.name})"


class Network:
    """What lies between the edge and the cloud.

    Args:
        instance: Knows the size of a segment and how long a call may take.
        realisation: Knows the state of the network in every second.
    """

    def __init__(self, instance: EdgeInstance, realisation: EdgeRealisation) -> None:
        """Keep the tables."""
        self._latency = realisation.latency_ms.tolist()
        self._bandwidth = realisation.bandwidth_kbps.tolist()
        self._bits = 8 * instance.upload_bytes
        self._timeout = instance.cloud_timeout_ms

    def call_ms(self, sent_ms: int, execution_ms: int) -> int:
        """How long a call takes that is sent now: latency, upload and execution, or a time-out."""
        lasts = self._latency_ms(sent_ms) + self._upload_ms(sent_ms) + execution_ms
        return min(self._timeout, lasts)

    def _latency_ms(self, now: int) -> int:
        """Extra latency: as measured at every full second, and between them on a line."""
        last = (len(self._latency) - 1) * SECOND
        if now >= last:
            return int(self._latency[-1])
        second, past = now // SECOND, now % SECOND
        change = self._latency[second + 1] - self._latency[second]
        return int(self._latency[second] + change * past // SECOND)

    def _upload_ms(self, now: int) -> int:
        """How long the segment takes through the bandwidth of this and the following seconds."""
        left, spent = self._bits, 0
        if not self._bandwidth:
            return 0
        for length, rate in self._stretches(now):
            if left <= length * rate:
                return spent + (-(-left // rate) if left else 0)
            left, spent = left - length * rate, spent + length
            if spent >= self._timeout:
                break
        return spent

    def _stretches(self, now: int) -> Iterator[tuple[int, int]]:
        """Length in ms and bits per ms of the rest of this second, and of all that follow."""
        second, length = now // SECOND, SECOND - now % SECOND
        while True:
            yield length, self._bandwidth[second % len(self._bandwidth)]
            second, length = second + 1, SECOND


class Window:
    """The results of one window of time, by model."""

    def __init__(self, models: tuple[DnnModel, ...]) -> None:
        """Begin with none."""
        self._models = models
        self._ended, self._on_time = [0] * len(models), [0] * len(models)

    def count(self, kind: int, *, on_time: bool) -> None:
        """A task of a model ended."""
        self._ended[kind] += 1
        self._on_time[kind] += on_time

    def bonus(self) -> float:
        """What the models earn that were in time often enough."""
        rows = zip(self._models, self._ended, self._on_time, strict=True)
        return sum(
            model.qoe_bonus
            for model, ended, on_time in rows
            if ended and on_time >= model.qoe_rate * ended
        )

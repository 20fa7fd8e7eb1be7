"""The dispatch semantics once more: slow, in plain Python, written from their definitions.

Time is scanned unit by unit and nothing is cached. It asks before every dispatch, like
``stop_at="every"``, and names an option by its activity and global mode index.
"""

from typing import NamedTuple

import numpy as np

from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.structure import Structure


class Option(NamedTuple):
    """An activity in one of its modes."""

    activity: int
    mode: int


class Run(NamedTuple):
    """A scheduled activity."""

    start: int
    end: int
    expected_end: int
    mode: int


class Reference:
    """One episode of append, non-delay or active."""

    def __init__(
        self, encoding: CpEncoding, semantics: str, realisation: Realisation | None = None
    ) -> None:
        """Begin."""
        self.encoding, self.semantics = encoding, semantics
        self.real = realisation if realisation is not None else Realisation.nominal(encoding)
        self.runs: dict[int, Run] = {}
        self.held: dict[Option, int] = {}  # passed over, until when
        self.now = 0
        lanes = Structure.of(encoding)
        self.lane = lanes.lane.tolist()
        self.follower = lanes.lane_next.tolist()
        self.uses: list[list[tuple[int, int, int]]] = [[] for _ in range(encoding.num_modes)]
        for mode, *use in _rows(
            encoding.use_mode, encoding.use_resource, encoding.use_demand, encoding.setup_family
        ):
            self.uses[mode].append((use[0], use[1], use[2]))
        self.arcs = _rows(
            encoding.arc_from, encoding.arc_to, encoding.arc_lag, encoding.arc_from_start
        )

    # What is open

    def open_options(self) -> list[Option]:
        """Options whose predecessors are all scheduled, in the order of their lanes."""
        missing = {b for a, b, _, _ in self.arcs if a not in self.runs}
        free = [a for a in range(len(self.lane)) if a not in self.runs and a not in missing]
        free.sort(key=lambda a: self.lane[a])
        return [Option(a, m) for a in free for m in self.modes(a)]

    def modes(self, activity: int) -> range:
        """Global indices of an activity's modes."""
        return range(*self.encoding.mode_ptr[activity : activity + 2].tolist())

    def ready(self, activity: int) -> int:
        """Earliest start by release, arrival and precedences."""
        times = [
            (self.runs[a].start if from_start else self.runs[a].end) + lag
            for a, b, lag, from_start in self.arcs
            if b == activity
        ]
        arrival = self.real.job_arrival[self.encoding.job[activity]]
        return max(int(self.encoding.release[activity]), int(arrival), *times)

    def earliest(self, option: Option) -> int:
        """First time at which an option can start: behind everything scheduled, and no wait.

        Where decisions follow the order of time, also not in the past.
        """
        time = max(self.ready(option.activity), self.held.get(option, 0))
        if self.semantics.startswith("non-delay"):
            time = max(time, self.now)
        uses, work = self.uses[option.mode], self.work(option)
        while work > 0 and not all(self._admits(use, time, work) for use in uses):
            time += 1
        return time

    def work(self, option: Option) -> int:
        """Actual processing time."""
        return int(self.real.mode_duration[option.mode])

    def duration(self, option: Option) -> int:
        """Expected processing time."""
        return int(self.encoding.mode_duration[option.mode])

    def _admits(self, use: tuple[int, int, int], time: int, work: int) -> bool:
        """Whether one resource lets an activity start at a time."""
        resource, demand, family = use
        capacity = self.encoding.resource_capacity[resource]
        if capacity == 1:
            ready = self._free(resource) + self._setup(resource, family)
            return time >= ready and not self.is_down(resource, time)
        return all(demand + self.usage(resource, t) <= capacity for t in range(time, time + work))

    def runs_on(self, resource: int) -> list[Run]:
        """What was scheduled on a resource and lasts, in the order of the ends."""
        users = [
            run
            for run in self.runs.values()
            if run.end > run.start and any(r == resource for r, _, _ in self.uses[run.mode])
        ]
        return sorted(users, key=lambda run: run.end)

    def usage(self, resource: int, time: int) -> int:
        """Demand on a resource at a time."""
        running = [run for run in self.runs_on(resource) if run.start <= time < run.end]
        return sum(d for run in running for r, d, _ in self.uses[run.mode] if r == resource)

    def _free(self, resource: int) -> int:
        """End of the last activity on a resource."""
        return max((run.end for run in self.runs_on(resource)), default=0)

    def _setup(self, resource: int, family: int) -> int:
        """Set-up time of a family behind the last activity, or before the first."""
        matrix = self.encoding.setup_matrix(resource)
        if matrix is None:
            return 0
        last = self.runs_on(resource)[-1:]
        before = [f for run in last for r, _, f in self.uses[run.mode] if r == resource]
        return int(matrix[before[0] if before else -1][family])

    def is_down(self, resource: int, time: int) -> bool:
        """Whether a resource is broken."""
        real = self.real
        windows = range(real.down_ptr[resource], real.down_ptr[resource + 1])
        return any(real.down_start[d] <= time < real.down_end[d] for d in windows)

    # What may be done

    def legal(self) -> set[Option]:
        """The options on offer; moves the clock to this decision."""
        options = self.open_options()
        if self.semantics == "append":
            return set(options)
        if self.semantics == "active":
            return self._conflict_set(options)
        times = {option: self.earliest(option) for option in options}
        self.now = min(times.values())
        return {option for option in options if times[option] == self.now}

    def _conflict_set(self, options: list[Option]) -> set[Option]:
        """Giffler and Thompson: what could start before the earliest possible end."""
        first = min(options, key=lambda o: self.earliest(o) + self.duration(o))
        end = self.earliest(first) + self.duration(first)
        rivals = {o for o in options if self.earliest(o) < end} | {first}
        if self.is_classical():
            return {o for o in rivals if self.uses[o.mode][0][0] == self.uses[first.mode][0][0]}
        return rivals

    def is_classical(self) -> bool:
        """One machine per activity, and every activity lasts and waits for its predecessors."""
        encoding = self.encoding
        return bool(
            encoding.num_modes == encoding.num_activities
            and all(len(uses) == 1 for uses in self.uses)
            and (encoding.resource_capacity == 1).all()
            and len(encoding.setup_time) == 0
            and (encoding.mode_duration > 0).all()
            and all(lag >= 0 and not from_start for _, _, lag, from_start in self.arcs)
        )

    def play(self, option: Option) -> None:
        """Start an option at its earliest time."""
        start = self.earliest(option)
        end, left = start, self.work(option)
        while left > 0:
            left -= not any(self.is_down(r, end) for r, _, _ in self.uses[option.mode])
            end += 1
        expected = start + self.duration(option)
        self.runs[option.activity] = Run(start, end, expected, option.mode)


def _rows(*columns: np.ndarray) -> list[tuple[int, ...]]:
    """Columns of one table as a list of rows."""
    return list(zip(*(column.tolist() for column in columns), strict=True))

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
    """One episode of append, non-delay, active or (for plain job shops) non-delay-wait."""

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
        """First time at which an option can start: behind everything scheduled, and no wait."""
        time = max(self.ready(option.activity), self.held.get(option, 0))
        if self.work(option) > 0:
            uses = self.uses[option.mode]
            while not all(self._admits(use, time, self.work(option)) for use in uses):
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
        if self.encoding.resource_capacity[resource] == 1:
            last = self._last(resource)
            behind = 0 if last is None else last[0]
            setup = self._setup(resource, None if last is None else last[1], family)
            return time >= behind + setup and not self.is_down(resource, time)
        capacity = self.encoding.resource_capacity[resource]
        return all(demand + self._usage(resource, t) <= capacity for t in range(time, time + work))

    def _on(self, resource: int) -> list[tuple[Run, int, int]]:
        """What was scheduled on a resource and lasts, with demand and family."""
        return [
            (run, demand, family)
            for run in self.runs.values()
            if run.end > run.start
            for r, demand, family in self.uses[run.mode]
            if r == resource
        ]

    def _last(self, resource: int) -> tuple[int, int] | None:
        """End and family of the last activity on a resource."""
        return max(((run.end, family) for run, _, family in self._on(resource)), default=None)

    def _usage(self, resource: int, time: int) -> int:
        return sum(demand for run, demand, _ in self._on(resource) if run.start <= time < run.end)

    def _setup(self, resource: int, before: int | None, family: int) -> int:
        matrix = self.encoding.setup_matrix(resource)
        return 0 if matrix is None else int(matrix[-1 if before is None else before][family])

    def is_down(self, resource: int, time: int) -> bool:
        """Whether a resource is broken."""
        real = self.real
        windows = range(real.down_ptr[resource], real.down_ptr[resource + 1])
        return any(real.down_start[d] <= time < real.down_end[d] for d in windows)

    # What may be done

    def legal(self) -> tuple[set[Option], bool]:
        """The options on offer, and whether waiting is; moves the clock to this decision."""
        options = self.open_options()
        if self.semantics == "append":
            return set(options), False
        if self.semantics == "active":
            return self._conflict_set(options), False
        times = {o: self.earliest(o) for o in options}
        self.now = min(times.values())
        startable = [o for o in options if times[o] == self.now]
        if self.semantics == "non-delay":
            return set(startable), False
        machine = self._machine(startable[0])
        offered = {o for o in startable if self._machine(o) == machine}
        return offered, self._can_wait(machine, offered)

    def _conflict_set(self, options: list[Option]) -> set[Option]:
        """Giffler and Thompson: what could start before the earliest possible end."""
        first = min(options, key=lambda o: self.earliest(o) + self.duration(o))
        end = self.earliest(first) + self.duration(first)
        rivals = {o for o in options if self.earliest(o) < end} | {first}
        if self.is_classical():
            return {o for o in rivals if self._machine(o) == self._machine(first)}
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

    def _machine(self, option: Option) -> int:
        return self.uses[option.mode][0][0]

    def _limit(self, option: Option) -> int:
        """How long an option may be passed over: as long as it would have taken."""
        return self.held.get(option, self.now + self.duration(option))

    def _can_wait(self, machine: int, offered: set[Option]) -> bool:
        """Whether another activity could come to the machine before the first would end."""
        limit = min(self._limit(option) for option in offered)
        for option in self.open_options():
            arrival = self.real.job_arrival[self.encoding.job[option.activity]]
            if arrival > self.now:
                continue
            time, activity = self._believed_start(option), option.activity
            while activity >= 0:
                mode = self.modes(activity)[0]
                passed = Option(activity, mode) in offered | self.held.keys()
                if self._machine(Option(activity, mode)) == machine and not passed and time < limit:
                    return True
                time += int(self.encoding.mode_duration[mode])
                activity = self.follower[activity]
        return False

    def _believed_start(self, option: Option) -> int:
        """Earliest start as known now: the fact once it has passed, else the expectation.

        A repair time is known once the breakdown has begun.
        """
        times = [self.now, self.ready(option.activity)]
        if times[1] > self.now:
            times[1] = self._expected_ready(option.activity)
        machine = self._machine(option)
        on_machine = [run for run, _, _ in self._on(machine)]
        if on_machine:
            times.append(self._believed_end(max(on_machine, key=lambda run: run.end)))
        real = self.real
        for d in range(real.down_ptr[machine], real.down_ptr[machine + 1]):
            if real.down_start[d] <= self.now < real.down_end[d]:
                times.append(int(real.down_end[d]))
        return max(times)

    def _expected_ready(self, activity: int) -> int:
        """As `ready`, by the expected ends."""
        times = [self.runs[a].expected_end + lag for a, b, lag, _ in self.arcs if b == activity]
        return max(int(self.encoding.release[activity]), *times, 0)

    def _believed_end(self, run: Run) -> int:
        return run.end if run.end <= self.now else max(run.expected_end, self.now)

    # Doing it

    def play(self, option: Option) -> None:
        """Start an option at its earliest time."""
        start = self.earliest(option)
        end, left = start, self.work(option)
        while left > 0:
            left -= not any(self.is_down(r, end) for r, _, _ in self.uses[option.mode])
            end += 1
        expected = start + self.duration(option)
        self.runs[option.activity] = Run(start, end, expected, option.mode)
        if self.semantics == "non-delay-wait":
            machine = self._machine(option)
            self.held = {o: t for o, t in self.held.items() if self._machine(o) != machine}

    def wait(self, offered: set[Option]) -> None:
        """Pass the offered over, each until its limit or until another starts on its machine."""
        self.held.update({option: self._limit(option) for option in offered})


def _rows(*columns: np.ndarray) -> list[tuple[int, ...]]:
    """Columns of one table as a list of rows."""
    return list(zip(*(column.tolist() for column in columns), strict=True))

"""Non-delay with waits once more, from its definition; see `reference`.

At the earliest possible time the candidates of one conflict are on offer. A wait passes them
over, each as long as it would have taken, or until something starts on one of its resources.
"""

from tests.envs.jobshop.reference import Option, Reference, Run


class WaitingReference(Reference):
    """One episode of non-delay-wait."""

    def legal(self) -> set[Option]:
        """The options on offer; moves the clock to this decision."""
        options = self.open_options()
        times = {option: self.earliest(option) for option in options}
        self.now = min(times.values())
        startable = [option for option in options if times[option] == self.now]
        return self._conflict(startable)

    def _conflict(self, startable: list[Option]) -> set[Option]:
        """The first candidate and what is linked to it: contested resources, alternatives."""
        contested = set()
        for resource, capacity in enumerate(self.encoding.resource_capacity.tolist()):
            demand = sum(d for o in startable for r, d, _ in self.uses[o.mode] if r == resource)
            if demand + self.usage(resource, self.now) > capacity:
                contested.add(resource)
        found = {startable[0]}
        for _ in startable:
            for option in startable:
                if any(self._linked(option, other, contested) for other in found):
                    found.add(option)
        return found

    def _linked(self, left: Option, right: Option, contested: set[int]) -> bool:
        shared = self._resources(left) & self._resources(right)
        return left.activity == right.activity or bool(shared & contested)

    def _resources(self, option: Option) -> set[int]:
        return {resource for resource, _, _ in self.uses[option.mode]}

    # The wait

    def limit(self, option: Option) -> int:
        """How long an option may be passed over: as long as it would have taken, with set-up."""
        longest = 0
        for resource, _, family in self.uses[option.mode]:
            matrix = self.encoding.setup_matrix(resource)
            longest = max(longest, 0 if matrix is None else int(matrix[family].max()))
        return self.held.get(option, self.now + self.duration(option) + longest)

    def wait(self, offered: set[Option]) -> None:
        """Pass the offered over."""
        self.held.update({option: self.limit(option) for option in offered})

    def play(self, option: Option) -> None:
        """Start an option; what shares its resources competes again."""
        super().play(option)
        taken = self._resources(option) if self.work(option) > 0 else set()
        self.held = {
            o: until
            for o, until in self.held.items()
            if o.activity != option.activity and not self._resources(o) & taken
        }

    def wait_must_be_legal(self, offered: set[Option]) -> bool:
        """Whether a newcomer could start before the limit, if nothing but precedences delays it.

        What an earlier wait passed over is no newcomer.
        """
        limit = min(self.limit(option) for option in offered)
        return limit > self.now and any(
            self._competes(Option(activity, mode), offered)
            and self.now < self._soonest(Option(activity, mode)) < limit
            for activity in range(self.encoding.num_activities)
            if activity not in self.runs
            for mode in self.modes(activity)
            if Option(activity, mode) not in self.held
        )

    def wait_may_be_legal(self, offered: set[Option]) -> bool:
        """Whether anything is left that competes with the offered, whose time is not over."""
        return min(self.limit(option) for option in offered) > self.now and any(
            self._competes(Option(activity, mode), offered)
            for activity in range(self.encoding.num_activities)
            if activity not in self.runs
            for mode in self.modes(activity)
        )

    def _competes(self, option: Option, offered: set[Option]) -> bool:
        return option not in offered and any(
            option.activity == other.activity or self._resources(option) & self._resources(other)
            for other in offered
        )

    def _soonest(self, option: Option) -> int:
        """Earliest start if nothing but precedences stands in the way from now on."""
        activity = option.activity
        if all(a in self.runs for a, b, _, _ in self.arcs if b == activity):
            return self.earliest(option)
        times = [self.now, int(self.encoding.release[activity])]
        for a, b, lag, from_start in self.arcs:
            if b == activity and a in self.runs:
                times.append((self.runs[a].start if from_start else self.runs[a].end) + lag)
            elif b == activity:
                before = [self._soonest(Option(a, m)) + self._length(m, from_start)
                          for m in self.modes(a)]  # fmt: skip
                times.append(min(before) + lag)
        return max(times)

    def _length(self, mode: int, from_start: int) -> int:
        return 0 if from_start else int(self.encoding.mode_duration[mode])


class JobShopWaitingReference(WaitingReference):
    """The same for plain job shops, where it is also exact which waits are legal."""

    def can_wait(self, offered: set[Option]) -> bool:
        """Whether another operation could come to the machine before the first would end.

        Judged by what is known now: the expectation of what has not happened yet, and nothing
        of jobs that have not arrived.
        """
        limit = min(self.limit(option) for option in offered)
        machine = self._machine(next(iter(offered)))
        for option in self.open_options():
            if self.real.job_arrival[self.encoding.job[option.activity]] > self.now:
                continue
            time, activity = self._believed_start(option), option.activity
            while activity >= 0:
                current = Option(activity, self.modes(activity)[0])
                is_rival = current not in offered and current not in self.held
                if is_rival and self._machine(current) == machine and time < limit:
                    return True
                time += self.duration(current)
                activity = self.follower[activity]
        return False

    def _machine(self, option: Option) -> int:
        return self.uses[option.mode][0][0]

    def _believed_start(self, option: Option) -> int:
        """Earliest start as known now: the fact once it has passed, else the expectation.

        A repair time is known once the breakdown has begun.
        """
        times = [self.now, self.ready(option.activity)]
        if times[1] > self.now:
            times[1] = self._expected_ready(option.activity)
        machine, real = self._machine(option), self.real
        times += [self._believed_end(run) for run in self.runs_on(machine)]
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

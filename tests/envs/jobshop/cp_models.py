"""CP-SAT models as their users write them, drawn at random: input for the import tests."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from dispatchlab.baselines.solvers.cpsat import CpSatSolver
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.verify import verify

HORIZON = 400


@dataclass
class Task:
    """One activity of a model under construction."""

    start: Any
    end: Any
    presences: list[Any] = field(default_factory=list)
    copies: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass
class RandomModel:
    """A random model of 2 to 4 jobs, and handles on what it is made of.

    Attributes:
        model: The model.
        tasks: Activities, job by job.
        ends: Completion of each job.
        machines: Interval, start, end and presence of everything on a machine.
    """

    rng: np.random.Generator
    model: cp_model.CpModel = field(default_factory=cp_model.CpModel)
    tasks: list[list[Task]] = field(default_factory=list)
    ends: list[Any] = field(default_factory=list)
    machines: dict[int, list[tuple[Any, Any, Any, Any]]] = field(default_factory=dict)

    def flip(self, probability: float = 0.5) -> bool:
        """A biased coin."""
        return bool(self.rng.random() < probability)

    def number(self, low: int, high: int) -> int:
        """A uniform integer, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def time(self, low: int = 0) -> cp_model.IntVar:
        """A fresh time variable."""
        return self.model.new_int_var(low, HORIZON, f"t{self.number(0, 10**6)}")

    def task(self, alternatives: list[tuple[int, int]], idiom: str) -> Task:
        """An activity with alternatives ``(machine, duration)``, in one of the idioms."""
        release = self.number(0, 6) if self.flip(0.2) else 0
        start = self.time(release)
        if len(alternatives) == 1:
            machine, duration = alternatives[0]
            return self._single(start, machine, duration)
        presences = [self.model.new_bool_var(f"p{k}") for k in range(len(alternatives))]
        self.choose_one(presences)
        task = Task(start, None, presences)
        if idiom == "master":
            self._master(task, alternatives)
        elif idiom == "shared":
            self._shared(task, alternatives)
        else:
            self._reified(task, alternatives)
        return task

    def choose_one(self, presences: list[Any]) -> None:
        """Exactly one of the presences, in one of four ways."""
        model, way = self.model, self.number(0, 3)
        if way == 0:
            model.add_exactly_one(presences)
        elif way == 1:
            model.add(sum(presences) == 1)
        elif way == 2:
            model.add_bool_or(presences)
            model.add_at_most_one(presences)
        else:
            model.add(sum(presences) >= 1)
            for i, first in enumerate(presences):
                for second in presences[i + 1 :]:
                    model.add_implication(first, ~second)

    def _single(self, start: cp_model.IntVar, machine: int, duration: int) -> Task:
        model, name = self.model, f"m{machine}"
        if self.flip():
            interval = model.new_fixed_size_interval_var(start, duration, name)
            end = start + duration
        else:
            end = self.time()
            interval = model.new_interval_var(start, duration, end, name)
        self.machines.setdefault(machine, []).append((interval, start, end, None))
        return Task(start, end)

    def _master(self, task: Task, alternatives: list[tuple[int, int]]) -> None:
        """A master interval of variable size, tied to local copies by enforced equalities."""
        durations = [d for _, d in alternatives]
        size = self.model.new_int_var(min(durations), max(durations), "size")
        task.end = self.time()
        tie = self.number(0, 2)
        self.model.new_interval_var(task.start, size, task.end, "master")
        for presence, (machine, duration) in zip(task.presences, alternatives, strict=True):
            start, end = self.time(), self.time()
            interval = self.model.new_optional_interval_var(start, duration, end, presence, "alt")
            self.model.add(task.start == start).only_enforce_if(presence)
            if tie != 1:
                self.model.add(size == duration).only_enforce_if(presence)
            if tie != 2:
                self.model.add(task.end == end).only_enforce_if(presence)
            task.copies.append((start, end))
            self.machines.setdefault(machine, []).append((interval, start, end, presence))

    def _shared(self, task: Task, alternatives: list[tuple[int, int]]) -> None:
        """Optional intervals on one start; the end is a variable, enforced or by interval."""
        task.end = self.time()
        through_interval = self.flip()
        for presence, (machine, duration) in zip(task.presences, alternatives, strict=True):
            if through_interval:
                interval = self.model.new_optional_interval_var(
                    task.start, duration, task.end, presence, "alt"
                )
            else:
                interval = self.model.new_optional_fixed_size_interval_var(
                    task.start, duration, presence, "alt"
                )
                self.model.add(task.end == task.start + duration).only_enforce_if(presence)
            self.machines.setdefault(machine, []).append(
                (interval, task.start, task.start + duration, presence)
            )

    def _reified(self, task: Task, alternatives: list[tuple[int, int]]) -> None:
        """One size variable for all alternatives, set by linears that the modes enforce."""
        size = self.model.new_int_var(0, HORIZON, "size")
        task.end = self.time()
        self.model.new_interval_var(task.start, size, task.end, "master")
        for presence, (machine, duration) in zip(task.presences, alternatives, strict=True):
            self.model.add(size == duration).only_enforce_if(presence)
            assigned = self.model.new_bool_var("assigned")
            self.model.add(assigned == 1).only_enforce_if(presence)
            self.model.add(assigned <= presence)
            interval = self.model.new_optional_interval_var(
                task.start, size, task.end, assigned, "alt"
            )
            self.machines.setdefault(machine, []).append((interval, task.start, task.end, assigned))

    def link(self, before: Task, after: Task) -> None:
        """A precedence in one of many forms."""
        lag = self.number(-3, 5) if self.flip(0.4) else 0
        way = self.number(0, 4)
        if way == 0:
            self.model.add(after.start >= before.end + lag)
        elif way == 1:
            self.model.add(before.end - after.start <= -lag)
        elif way == 2 and not before.presences:
            self.model.add(after.end >= before.end + abs(lag)).only_enforce_if(
                self.model.new_constant(1)
            )
            self.model.add(after.start - before.start >= abs(lag))
        elif way == 3 and before.copies:
            for presence, (_, end) in zip(before.presences, before.copies, strict=True):
                constraint = self.model.add(after.start >= end + lag)
                if self.flip():
                    constraint.only_enforce_if(presence)
        else:
            self.model.add(after.start >= before.end)
            self.model.add(after.start + 1 > before.end)

    def add_machines(self, *, cumulative: bool, setups: bool) -> None:
        """No-overlaps, cumulatives, and a circuit on machine 0."""
        for machine, rows in self.machines.items():
            intervals = [row[0] for row in rows]
            if machine == 2 and cumulative:
                demands = [self.number(0, 2) for _ in intervals]
                self.model.add_cumulative(intervals, demands, 2 + self.number(0, 1))
                continue
            optional = any(row[3] is not None for row in rows)
            if machine or not setups or optional or self.flip():
                self.model.add_no_overlap(intervals)
            if machine == 0 and setups:
                self._circuit(rows)

    def _circuit(self, rows: list[tuple[Any, Any, Any, Any]]) -> None:
        """Set-up times by a circuit through the intervals, node 0 the dummy."""
        model, arcs = self.model, []
        for j, (_, start, _, presence) in enumerate(rows):
            first = model.new_bool_var("first")
            arcs += [(0, j + 1, first), (j + 1, 0, model.new_bool_var("last"))]
            if self.flip(0.3):
                model.add(start >= self.number(0, 6)).only_enforce_if(first)
            if presence is not None:
                arcs.append((j + 1, j + 1, ~presence))
            for i, (_, _, end, other) in enumerate(rows):
                if i == j:
                    continue
                follows = model.new_bool_var("follows")
                arcs.append((i + 1, j + 1, follows))
                conditions = [follows]
                if presence is not None and self.flip(0.3):
                    conditions.append(presence)
                model.add(start >= end + self.number(0, 7)).only_enforce_if(conditions)
                if other is not None and self.flip(0.3):
                    model.add_implication(follows, other)
        if all(row[3] is not None for row in rows):
            arcs.append((0, 0, model.new_bool_var("unused")))
        model.add_circuit(arcs)

    def add_objective(self, kind: str) -> None:
        """One of the supported objectives, in one of its forms."""
        model = self.model
        if kind == "makespan":
            makespan = model.new_int_var(0, HORIZON, "makespan")
            if self.flip():
                model.add_max_equality(makespan, self.ends)
            else:
                for end in self.ends:
                    model.add(makespan >= end)
            model.minimize(makespan)
        elif kind == "flow":
            model.minimize(sum(self.ends))
        elif kind == "completion":
            model.minimize(sum(self.number(1, 3) * end for end in self.ends))
        else:
            self._tardiness()

    def _tardiness(self) -> None:
        model, terms = self.model, []
        total = model.new_int_var(0, 100 * HORIZON, "total")
        for end in self.ends:
            late, due = model.new_int_var(0, HORIZON, "late"), self.number(0, 25)
            if self.flip():
                model.add_max_equality(late, [0, end - due])
            else:
                model.add(late >= end - due)
            terms.append(self.number(1, 3) * late)
        if self.flip():
            model.minimize(sum(terms))
        else:
            model.add(total == sum(terms))
            model.minimize(total)


def random_model(seed: int) -> RandomModel:
    """A random model in a mixture of idioms.

    Args:
        seed: Seed of everything random.

    Returns:
        The model and its parts.
    """
    made = RandomModel(np.random.default_rng(seed))
    idiom = ["master", "shared", "reified"][made.number(0, 2)]
    flexible = made.flip(0.7)
    for _ in range(made.number(2, 3)):
        job = []
        for _ in range(made.number(1, 3)):
            count = made.number(1, 3) if flexible else 1
            machines = made.rng.permutation(3)[:count].tolist()
            job.append(made.task([(m, made.number(1, 9)) for m in machines], idiom))
        for before, after in pairwise(job):
            made.link(before, after)
        made.tasks.append(job)
        made.ends.append(job[-1].end)
    # A negative lag may let an earlier activity end last, so the objective names every end.
    kind = ["makespan", "flow", "completion", "tardiness"][made.number(0, 3)]
    if kind == "makespan":
        made.ends = [task.end for job in made.tasks for task in job]
    made.add_machines(cumulative=made.flip(0.4), setups=made.flip(0.4))
    made.add_objective(kind)
    return made


def add_anything(made: RandomModel) -> None:
    """Add a constraint over variables picked at random, most often one that must be refused."""
    model, rng = made.model, made.rng
    proto = model.Proto()
    size = len(proto.variables)
    high = [proto.variables[v].domain[-1 + len(proto.variables[v].domain)] for v in range(size)]
    bools = [model.get_bool_var_from_proto_index(v) for v in range(size) if high[v] == 1]
    times = [model.get_int_var_from_proto_index(v) for v in range(size) if high[v] > 1]
    bools = bools or [model.new_bool_var("unused")]

    def time() -> cp_model.IntVar:
        return times[rng.integers(len(times))]

    def literal() -> cp_model.BoolVarT:
        picked = bools[rng.integers(len(bools))]
        return picked if made.flip(0.7) else ~picked

    conditions = [literal() for _ in range(made.number(0, 2))]
    extra = model.new_int_var(made.number(0, 5), HORIZON, "extra")
    number = made.number
    choices = [
        lambda: model.add(time() >= time() + number(-5, 10)).only_enforce_if(conditions),
        lambda: model.add(time() <= number(3, 60)).only_enforce_if(conditions),
        lambda: model.add(time() >= number(1, 25)).only_enforce_if(conditions),
        lambda: model.add(time() == time() + number(0, 6)).only_enforce_if(conditions),
        lambda: model.add_implication(literal(), literal()),
        lambda: model.add(literal() + literal() == 1),
        lambda: model.add_max_equality(extra, [time(), time()]),
        lambda: model.add(time() >= extra + number(-3, 3)),
        lambda: model.add_min_equality(extra, [time(), time()]),
        lambda: model.add(time() + time() >= number(1, 30)),
        lambda: model.add(time() != number(0, 10)),
        lambda: model.add(time() >= time() + number(0, 9) - number(50, 500) * literal()),
        lambda: model.add_no_overlap(
            [model.new_fixed_size_interval_var(time(), number(0, 3), "extra") for _ in range(2)]
        ),
        lambda: model.add_max_equality(time(), [time(), time()]),
    ]
    for _ in range(number(1, 2)):
        choices[rng.integers(len(choices))]()


def optimum(model: cp_model.CpModel) -> int | None:
    """Optimal objective of a model, None if it is infeasible."""
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 20
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    assert status == cp_model.OPTIMAL, solver.status_name(status)
    return round(solver.objective_value)


def solved(encoding: CpEncoding) -> float:
    """Proven optimum of an encoding, with a verified schedule behind it."""
    result = CpSatSolver(num_workers=1).solve(encoding, time_limit_s=20)
    assert result.status == "optimal"
    verify(encoding, None, result.schedule, objective=result.objective)
    return result.objective

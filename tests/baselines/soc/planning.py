"""Random planning problems, an independent check of plans, and exhaustive search."""

from itertools import permutations, product

import numpy as np
from hypothesis import strategies as st

from dispatchlab.baselines.soc.plan import Plan
from dispatchlab.baselines.soc.problem import JobProgress, PlanningProblem
from dispatchlab.envs.soc.instance import Chip, Injection, SocInstance, TaskGraph

Arcs = list[tuple[int, int, float]]


def one_job(
    execution: list[list[int]], arcs: Arcs, *, bandwidth: object = 1.0, memory: object = None
) -> SocInstance:
    """A batch of one job with a kernel per task; a row of times per task."""
    pes = len(execution[0])
    kernels = tuple(f"k{task}" for task in range(len(execution)))
    links = np.array(np.broadcast_to(np.asarray(bandwidth, dtype=float), (pes, pes)))
    names = tuple(f"p{pe}" for pe in range(pes))
    chip = Chip("chip", names, np.zeros(pes), ("all",), kernels, execution, links, memory)
    once = Injection("batch", max_jobs=1, horizon_us=None, prefill=False, num_jobs=1)
    return SocInstance("job", chip, (TaskGraph.build("graph", kernels, arcs),), injection=once)


def with_busy(problem: PlanningProblem, *busy: tuple[tuple[int, int], ...]) -> PlanningProblem:
    """The same problem around what is busy."""
    return PlanningProblem(problem.instance, problem.now_us, problem.jobs, busy)


def earliest(
    problem: PlanningProblem, at: dict[tuple[int, int], tuple[int, int]],
    task: tuple[int, int], pe: int,
) -> int:  # fmt: skip
    """When a task (position of the job, index) may start on an element, data considered.

    Args:
        problem: The problem.
        at: Element and end of what has been placed.
        task: The task.
        pe: The element.
    """
    job = problem.jobs[task[0]]
    graph, chip = problem.instance.graphs[job.graph], problem.instance.chip
    read = max(problem.now_us, job.release_us)
    written = reading = 0
    for source, target, volume in zip(graph.arc_from, graph.arc_to, graph.volume, strict=True):
        if target != task[1]:
            continue
        started = job.pe[source] >= 0
        home, end = (job.pe[source], job.end_us[source]) if started else at[task[0], source]
        if chip.memory_bandwidth is not None:
            written = max(written, end + int(volume / chip.memory_bandwidth[home, 0]))
            reading = max(reading, int(volume / chip.memory_bandwidth[pe, 1]))
        else:
            read = max(read, end + (0 if home == pe else int(volume / chip.bandwidth[home, pe])))
    return int(max(read, written + reading))


def assert_feasible(problem: PlanningProblem, plan: Plan) -> None:
    """Check a plan against the definition of the problem, with nothing precomputed."""
    positions = {job.arrival: position for position, job in enumerate(problem.jobs)}
    rows = {
        (positions[arrival], task): row
        for row, (arrival, task) in enumerate(
            zip(plan.arrival.tolist(), plan.task.tolist(), strict=True)
        )
    }
    wanted = {
        (position, int(task))
        for position, job in enumerate(problem.jobs)
        for task in np.flatnonzero(job.pe < 0)
    }
    assert rows.keys() == wanted
    assert len(plan) == len(wanted)
    at = {key: (int(plan.pe[row]), int(plan.end_us[row])) for key, row in rows.items()}
    taken = [list(intervals) for intervals in problem.busy]
    for key, row in rows.items():
        pe, start, end = int(plan.pe[row]), int(plan.start_us[row]), int(plan.end_us[row])
        duration = problem.instance.expected_us(problem.jobs[key[0]].graph)[key[1], pe]
        assert duration >= 0
        assert end == start + duration
        assert start >= earliest(problem, at, key, pe)
        assert all(end <= begin or start >= behind for begin, behind in taken[pe])
        taken[pe].append((start, end))
    _assert_ordered(problem, plan, rows)


def _assert_ordered(problem: PlanningProblem, plan: Plan, rows: dict[tuple[int, int], int]) -> None:
    """The ranks follow the starts on every element, and the arcs."""
    for pe in range(problem.instance.chip.num_pes):
        here = np.flatnonzero(plan.pe == pe)
        here = here[np.argsort(plan.order[here])]
        assert (plan.end_us[here[:-1]] <= plan.start_us[here[1:]]).all()
    assert len(set(plan.order.tolist())) == len(plan)
    for (position, task), row in rows.items():
        graph = problem.instance.graphs[problem.jobs[position].graph]
        for target in graph.arc_to[graph.arc_from == task].tolist():
            assert plan.order[row] < plan.order[rows[position, target]]


def total_completion(problem: PlanningProblem, plan: Plan) -> int:
    """Sum of the times at which the jobs are complete."""
    return sum(
        max([job.end_us.max(), job.release_us, *plan.end_us[plan.arrival == job.arrival]])
        for job in problem.jobs
    )


def least_completion(problem: PlanningProblem) -> int:
    """The optimum, by trying every order and every choice of elements."""
    tasks = [
        (position, int(task))
        for position, job in enumerate(problem.jobs)
        for task in np.flatnonzero(job.pe < 0)
    ]
    best = 10**9
    for order in permutations(tasks):
        for choice in product(range(problem.instance.chip.num_pes), repeat=len(tasks)):
            best = min(best, _play(problem, order, choice))
    return best


def _play(
    problem: PlanningProblem, order: tuple[tuple[int, int], ...], choice: tuple[int, ...]
) -> int:
    """Objective of placing tasks one behind the other; huge if that is not allowed."""
    at: dict[tuple[int, int], tuple[int, int]] = {}
    free = [0] * problem.instance.chip.num_pes
    done = [int(max(job.end_us.max(), job.release_us)) for job in problem.jobs]
    for task, pe in zip(order, choice, strict=True):
        duration = int(problem.instance.expected_us(problem.jobs[task[0]].graph)[task[1], pe])
        try:
            start = max(free[pe], earliest(problem, at, task, pe))
        except KeyError:  # a predecessor comes later
            return 10**9
        if duration < 0:
            return 10**9
        for begin, end in problem.busy[pe]:
            if start < end and start + duration > begin:
                start = end
        free[pe] = start + duration
        at[task] = pe, free[pe]
        done[task[0]] = max(done[task[0]], free[pe])
    return sum(done)


@st.composite
def problems(draw: st.DrawFn, *, max_tasks: int = 6, max_pes: int = 4) -> PlanningProblem:
    """Planning problems with unsupported pairs, work in progress, reservations, both memories."""
    pes = draw(st.integers(1, max_pes))
    kernels = ("a", "b", "c")
    table = []
    for _ in kernels:
        row = draw(st.lists(st.integers(-1, 9), min_size=pes, max_size=pes))
        table.append(row if max(row) >= 0 else [2, *row[1:]])
    speeds = st.sampled_from([1.0, 2.0, 3.5])
    links = draw(st.lists(st.lists(speeds, min_size=pes, max_size=pes), min_size=pes, max_size=pes))
    if draw(st.booleans()):  # elements that can be exchanged
        table = [[row[0]] * pes if row[0] >= 0 else row for row in table]
        links = [[links[0][0]] * pes] * pes
    memory = None
    if draw(st.integers(0, 3)) == 0:
        memory = draw(st.lists(st.tuples(speeds, speeds), min_size=pes, max_size=pes))
    chip = Chip(
        "chip", tuple(f"p{p}" for p in range(pes)), np.zeros(pes), ("all",), kernels, table,
        links, memory,
    )  # fmt: skip
    num_jobs = draw(st.integers(1, 2))
    graphs = tuple(draw(_graphs(f"g{k}", max_tasks // num_jobs)) for k in range(num_jobs))
    instance = SocInstance("random", chip, graphs)
    now = draw(st.integers(0, 5))
    jobs = tuple(draw(_progress(instance, k)) for k in range(num_jobs))
    return PlanningProblem(instance, now, jobs, tuple(draw(_busy()) for _ in range(pes)))


@st.composite
def _graphs(draw: st.DrawFn, name: str, max_tasks: int) -> TaskGraph:
    size = draw(st.integers(1, max_tasks))
    kernels = draw(st.lists(st.sampled_from("abc"), min_size=size, max_size=size))
    arcs = [
        (i, j, float(draw(st.integers(0, 12))))
        for j in range(size)
        for i in range(j)
        if draw(st.booleans())
    ]
    return TaskGraph.build(name, kernels, arcs)


@st.composite
def _progress(draw: st.DrawFn, instance: SocInstance, graph: int) -> JobProgress:
    """Some tasks have started, and with each all of its predecessors."""
    shape, expected = instance.graphs[graph], instance.expected_us(graph)
    pe, end = np.full(shape.num_tasks, -1), np.full(shape.num_tasks, -1)
    for task in range(shape.num_tasks):
        before = shape.arc_from[shape.arc_to == task]
        if (pe[before] >= 0).all() and draw(st.integers(0, 3)) == 0:
            pe[task] = draw(st.sampled_from(np.flatnonzero(expected[task] >= 0).tolist()))
            end[task] = draw(st.integers(0, 9))
    return JobProgress(graph + 4, graph, draw(st.integers(0, 3)), pe, end)


@st.composite
def _busy(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    times = sorted(draw(st.lists(st.integers(0, 25), max_size=4, unique=True)))
    return tuple(zip(times[::2], times[1::2], strict=False))

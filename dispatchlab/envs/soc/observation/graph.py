"""Graph observation: tasks, elements and jobs, and an arc for every open decision."""

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel, inlined_kernel, kernel
from dispatchlab.envs.core.graph_spec import (
    FEATURE_LIMIT,
    Arrays,
    EdgeType,
    Feature,
    GraphSpec,
    NodeType,
)
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.soc.dynamics.apply import num_visible
from dispatchlab.envs.soc.dynamics.engine import ORDERING, Dynamics
from dispatchlab.envs.soc.dynamics.events import may_wait
from dispatchlab.envs.soc.dynamics.layout import (
    ABSENT,
    ARRIVAL,
    ARRIVED,
    AVAIL_PUBLISHED,
    COUNT_READY,
    DONE,
    FAST_PATH,
    IN_WORK,
    IS_DONE,
    IS_QUEUED,
    IS_READY,
    IS_RUNNING,
    LEFT,
    MAX_JOBS,
    MEAN_EXEC,
    MEAN_GAP,
    MEAN_PATH,
    MEAN_TRANSFER,
    MEAN_WORK,
    MIN_EXEC,
    NEXT_ARRIVAL,
    NEXT_INJECT,
    NOISE_STD,
    NONE,
    NOW,
    NUM_PES,
    NUM_PREDS,
    PE,
    PRED_PTR,
    PREDS_LEFT,
    QUEUED,
    READY,
    RUNNING,
    SIZE,
    SLOT,
    STATUS,
    SUCC_PTR,
    UPWARD,
)
from dispatchlab.envs.soc.dynamics.problem import Problem
from dispatchlab.envs.soc.dynamics.state import State
from dispatchlab.envs.soc.dynamics.timing import (
    expected_work,
    finish_estimate,
    running_end,
    stamp_if_mapped,
    template,
)
from dispatchlab.envs.soc.observation.features import (
    GLOBAL_FEATURES,
    JOB_FEATURES,
    ON_FEATURES,
    OPTION_FEATURES,
    PE_FEATURES,
    PRECEDES_FEATURES,
    TASK_FEATURES,
    Float32Array,
)

Int8Array = np.ndarray[tuple[int, ...], np.dtype[np.int8]]
PRECEDES, ON, OF, OPTION = (
    "task-precedes-task", "task-on-pe", "task-of-job", "task-option-pe"
)  # fmt: skip


class GraphObservation:
    """Nodes ``task``, ``pe`` and ``job`` of the jobs in work.

    Tasks that are complete are there as long as a successor is not, since their data lies on the
    element they ran on. A (task, PE) action points at its task, its element and its arc of
    ``task-option-pe``; an ordering action at its task; the wait at nothing. Ends of running tasks
    are expected ends; nothing here knows the realisation's future.
    """

    option_features: tuple[Feature, ...] = OPTION_FEATURES

    def spec(self, dynamics: Dynamics) -> GraphSpec:
        """Layout and sizes for a dynamics."""
        limits = dynamics.limits
        tasks = limits.jobs * limits.tasks
        nodes = (
            NodeType("task", tasks, TASK_FEATURES),
            NodeType("pe", limits.pes, PE_FEATURES),
            NodeType("job", limits.jobs, JOB_FEATURES),
        )
        precedes = max(1, limits.jobs * limits.graph_arcs)
        edges = (
            EdgeType("task", "precedes", "task", precedes, PRECEDES_FEATURES),
            EdgeType("task", "on", "pe", tasks, ON_FEATURES),
            EdgeType("task", "of", "job", tasks),
            EdgeType("task", "option", "pe", dynamics.visible * limits.pes, self.option_features),
        )
        types = ("task",) if dynamics.code == ORDERING else ("task", "pe", OPTION)
        return GraphSpec(nodes, edges, GLOBAL_FEATURES, types, dynamics.num_actions)

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        p, s = dynamics.problem, dynamics.state
        place = np.full((len(rows), s.task.shape[1]), NONE, np.int64)
        _fill_nodes(
            p, s, rows, place, out["x/task"], out["n/task"], out["x/pe"], out["n/pe"],
            out["x/job"], out["n/job"], out["globals"],
        )  # fmt: skip
        _fill_relations(
            p, s, rows, place, out[f"edge/{PRECEDES}"], out[f"edge_attr/{PRECEDES}"],
            out[f"e/{PRECEDES}"], out[f"edge/{ON}"], out[f"edge_attr/{ON}"], out[f"e/{ON}"],
            out[f"edge/{OF}"], out[f"e/{OF}"],
        )  # fmt: skip
        _fill_options(
            p, s, rows, place, out[f"edge/{OPTION}"], out[f"edge_attr/{OPTION}"],
            out[f"e/{OPTION}"], out["candidates"], out["action_mask"],
            dynamics.code == ORDERING, dynamics.wait,
        )  # fmt: skip


@inlined_kernel
def squash(x: float) -> float:
    """Signed log1p: fine where it is small, bounded where it is large."""
    return min(FEATURE_LIMIT, np.log1p(x)) if x >= 0 else -min(FEATURE_LIMIT, np.log1p(-x))


@kernel
def _matters(p: Problem, s: State, b: int, task: int) -> bool:
    """Whether a task is unfinished or has an unfinished successor."""
    status = s.task[b, task, STATUS]
    if status != IS_DONE:
        return status != ABSENT
    i, k, most = s.row[b, SLOT], template(p, s, b, task), p.factor.shape[2]
    for e in range(p.task[i, k, SUCC_PTR], p.task[i, k + 1, SUCC_PTR]):
        if s.task[b, task - task % most + p.succ[i, e], STATUS] < IS_QUEUED:
            return True
    return False


@entry_kernel
def _fill_nodes(
    p: Problem, s: State, rows: IntArray, place: IntArray, x: Float32Array,
    count: IntArray, pe_x: Float32Array, pe_count: IntArray, job_x: Float32Array,
    job_count: IntArray, context: Float32Array,
) -> None:  # fmt: skip
    most = p.factor.shape[2]
    for index in range(len(rows)):
        b = rows[index]
        i = s.row[b, SLOT]
        for pe in range(p.counts[i, NUM_PES]):
            _write_pe(p, s, b, pe, pe_x[index, pe])
        pe_count[index, 0] = p.counts[i, NUM_PES]
        tasks = jobs = 0
        for j in range(s.job.shape[1]):
            if s.job[b, j, ARRIVAL] == NONE:
                continue
            _write_job(p, s, b, j, job_x[index, jobs])
            jobs += 1
            for k in range(s.job[b, j, SIZE]):
                task = j * most + k
                if _matters(p, s, b, task):
                    _write_task(p, s, b, task, x[index, tasks])
                    place[index, task] = tasks
                    tasks += 1
        count[index, 0], job_count[index, 0] = tasks, jobs
        _write_globals(p, s, b, context[index])


@kernel
def _write_task(p: Problem, s: State, b: int, task: int, x: Float32Array) -> None:
    """Write the features in the order of `TASK_FEATURES`."""
    i, now, k = s.row[b, SLOT], s.row[b, NOW], template(p, s, b, task)
    work, path = p.scales[i, MEAN_WORK], p.scales[i, MEAN_PATH]
    status = s.task[b, task, STATUS]
    x[0] = 1.0 if status < IS_READY else 0.0
    x[1] = 1.0 if status == IS_READY else 0.0
    x[2] = 1.0 if status == IS_QUEUED else 0.0
    x[3] = 1.0 if status == IS_RUNNING else 0.0
    x[4] = 1.0 if status == IS_DONE else 0.0
    x[5] = squash(p.task[i, k, MIN_EXEC] / work)
    x[6] = squash(p.rank[i, k, MEAN_EXEC] / work)
    x[7] = squash(p.rank[i, k, UPWARD] / path)
    x[8] = squash(p.rank[i, k, FAST_PATH] / path)
    x[9] = s.task[b, task, PREDS_LEFT] / max(1, p.task[i, k, NUM_PREDS])
    if status == IS_RUNNING:
        x[10] = squash((running_end(p, s, b, s.task[b, task, PE]) - now) / work)
    elif status == IS_QUEUED:
        x[10] = squash(expected_work(p, s, b, task, s.task[b, task, PE]) / work)
    if status == IS_READY:
        x[11] = squash((now - s.task[b, task, READY]) / work)


@kernel
def _write_pe(p: Problem, s: State, b: int, pe: int, x: Float32Array) -> None:
    """Write the features in the order of `PE_FEATURES`."""
    now, work = s.row[b, NOW], p.scales[s.row[b, SLOT], MEAN_WORK]
    x[0] = 1.0 if s.pe[b, pe, RUNNING] == NONE and s.pe[b, pe, QUEUED] == 0 else 0.0
    x[1] = squash((running_end(p, s, b, pe) - now) / work)
    x[2] = min(FEATURE_LIMIT, s.pe[b, pe, QUEUED] / 4.0)
    x[3] = squash((finish_estimate(p, s, b, pe, 0, -1) - now) / work)
    x[4] = squash((s.pe[b, pe, AVAIL_PUBLISHED] - now) / work)


@kernel
def _write_job(p: Problem, s: State, b: int, j: int, x: Float32Array) -> None:
    """Write the features in the order of `JOB_FEATURES`."""
    i, most = s.row[b, SLOT], p.factor.shape[2]
    path, left, ready, running = p.scales[i, MEAN_PATH], 0.0, 0, 0
    for k in range(s.job[b, j, SIZE]):
        task = j * most + k
        status = s.task[b, task, STATUS]
        if status < IS_DONE:
            left = max(left, p.rank[i, template(p, s, b, task), FAST_PATH])
        ready += status == IS_READY
        running += status == IS_RUNNING
    x[0] = squash((s.row[b, NOW] - s.job[b, j, ARRIVED]) / path)
    x[1] = s.job[b, j, LEFT] / s.job[b, j, SIZE]
    x[2] = squash(left / path)
    x[3] = min(FEATURE_LIMIT, ready / 4.0)
    x[4] = min(FEATURE_LIMIT, running / 4.0)


@kernel
def _write_globals(p: Problem, s: State, b: int, x: Float32Array) -> None:
    """Write the features in the order of `GLOBAL_FEATURES`."""
    i, idle = s.row[b, SLOT], 0
    for pe in range(p.counts[i, NUM_PES]):
        idle += s.pe[b, pe, RUNNING] == NONE
    x[0] = min(FEATURE_LIMIT, s.row[b, IN_WORK] / 8.0)
    x[1] = min(FEATURE_LIMIT, p.counts[i, MAX_JOBS] / 8.0)
    x[2] = min(FEATURE_LIMIT, s.row[b, COUNT_READY] / 8.0)
    x[3] = idle / p.counts[i, NUM_PES]
    x[4] = squash(p.scales[i, MEAN_GAP] / p.scales[i, MEAN_PATH])
    x[5] = min(FEATURE_LIMIT, p.scales[i, NOISE_STD])
    x[6] = min(FEATURE_LIMIT, (s.row[b, NEXT_ARRIVAL] - s.row[b, NEXT_INJECT]) / 8.0)


@entry_kernel
def _fill_relations(
    p: Problem, s: State, rows: IntArray, place: IntArray, arcs: IntArray, arc_x: Float32Array,
    arc_count: IntArray, on: IntArray, on_x: Float32Array, on_count: IntArray, of: IntArray,
    of_count: IntArray,
) -> None:  # fmt: skip
    most = p.factor.shape[2]
    for index in range(len(rows)):
        b = rows[index]
        jobs = members = placed = count = 0
        for j in range(s.job.shape[1]):
            if s.job[b, j, ARRIVAL] == NONE:
                continue
            for k in range(s.job[b, j, SIZE]):
                task = j * most + k
                here = place[index, task]
                if here == NONE:
                    continue
                of[index, 0, members], of[index, 1, members] = here, jobs
                members += 1
                if s.task[b, task, STATUS] >= IS_QUEUED:
                    on[index, 0, placed], on[index, 1, placed] = here, s.task[b, task, PE]
                    _write_on(p, s, b, task, on_x[index, placed])
                    placed += 1
                count = _write_precedes(
                    p, s, b, task, place[index], arcs[index], arc_x[index], count
                )
            jobs += 1
        of_count[index, 0], on_count[index, 0], arc_count[index, 0] = members, placed, count


@kernel
def _write_on(p: Problem, s: State, b: int, task: int, x: Float32Array) -> None:
    """Write the features in the order of `ON_FEATURES`."""
    work, status, pe = p.scales[s.row[b, SLOT], MEAN_WORK], s.task[b, task, STATUS], 0
    pe = s.task[b, task, PE]
    if status == IS_RUNNING:
        x[0] = squash((running_end(p, s, b, pe) - s.row[b, NOW]) / work)
    elif status == IS_QUEUED:
        x[0] = squash(expected_work(p, s, b, task, pe) / work)
    x[1] = 1.0 if status == IS_DONE else 0.0


@kernel
def _write_precedes(
    p: Problem, s: State, b: int, task: int, place: IntArray, arcs: IntArray, x: Float32Array,
    count: int,
) -> int:  # fmt: skip
    """Arcs into a task from predecessors whose data it still needs; returns the new number."""
    if s.task[b, task, STATUS] >= IS_QUEUED:
        return count
    i, most = s.row[b, SLOT], p.factor.shape[2]
    k = template(p, s, b, task)
    for e in range(p.task[i, k, PRED_PTR], p.task[i, k + 1, PRED_PTR]):
        q = task - task % most + p.pred[i, e]
        arcs[0, count], arcs[1, count] = place[q], place[task]
        x[count, 0] = squash(p.volume[i, e] / p.scales[i, MEAN_TRANSFER])
        x[count, 1] = 1.0 if s.task[b, q, STATUS] < IS_DONE else 0.0
        count += 1
    return count


@entry_kernel
def _fill_options(
    p: Problem, s: State, rows: IntArray, place: IntArray, arcs: IntArray, x: Float32Array,
    count: IntArray, candidates: IntArray, mask: Int8Array, ordering: bool, wait: bool,
) -> None:  # fmt: skip
    pes = s.pe.shape[1]
    for index in range(len(rows)):
        b = rows[index]
        candidates[index] = NONE
        if s.row[b, DONE] != 0:
            continue
        found, visible = 0, num_visible(s, b)
        if ordering:
            for r in range(visible):
                candidates[index, r, 0] = place[index, s.ready[b, r]]
                mask[index, r] = 1
        for r in range(visible):
            task = s.ready[b, r]
            first = found
            for pe in range(pes):
                if expected_work(p, s, b, task, pe) < 0:
                    continue
                arcs[index, 0, found], arcs[index, 1, found] = place[index, task], pe
                _write_option(p, s, b, task, pe, x[index, found])
                if not ordering:
                    action = r * pes + pe
                    candidates[index, action, 0] = place[index, task]
                    candidates[index, action, 1] = pe
                    candidates[index, action, 2] = found
                    mask[index, action] = 1
                found += 1
            _compare(x[index], first, found)
        _squash_options(p, s, b, x[index], found)
        count[index, 0] = found
        if wait and may_wait(p, s, b):
            mask[index, mask.shape[1] - 1] = 1


@kernel
def _write_option(p: Problem, s: State, b: int, task: int, pe: int, x: Float32Array) -> None:
    """Times in µs from now, in the order of `OPTION_FEATURES`."""
    i, now, k = s.row[b, SLOT], s.row[b, NOW], template(p, s, b, task)
    work, stamp = p.work[i, k, pe], stamp_if_mapped(p, s, b, task, pe)
    finish = finish_estimate(p, s, b, pe, stamp, work)
    published = max(now, max(stamp, s.pe[b, pe, AVAIL_PUBLISHED])) + work
    x[0] = work
    x[1] = work - p.task[i, k, MIN_EXEC]
    x[2] = stamp - now
    x[3] = finish_estimate(p, s, b, pe, 0, -1) - now
    x[4] = finish - now
    x[5] = finish - now
    x[6] = finish - now
    x[7] = published - now
    x[8] = p.oct[i, k, pe]
    x[9] = finish - now + p.oct[i, k, pe]
    x[10] = stamp - now
    x[11] = 1.0 if s.pe[b, pe, RUNNING] == NONE and s.pe[b, pe, QUEUED] == 0 else 0.0
    x[12] = min(FEATURE_LIMIT, s.pe[b, pe, QUEUED] / 4.0)
    j = task // p.factor.shape[2]
    x[13] = finish - s.job[b, j, ARRIVED] + p.oct[i, k, pe]


@kernel
def _compare(x: Float32Array, first: int, last: int) -> None:
    """Turn finish, path and data times into what they exceed the task's best element by."""
    for column in (5, 7, 9, 10):
        best = np.float32(np.inf)
        for e in range(first, last):
            best = min(best, x[e, column])
        for e in range(first, last):
            x[e, column] -= best


@kernel
def _squash_options(p: Problem, s: State, b: int, x: Float32Array, found: int) -> None:
    """Scale the times of all options, and compare their ends."""
    i = s.row[b, SLOT]
    work, path = p.scales[i, MEAN_WORK], p.scales[i, MEAN_PATH]
    best = np.float32(np.inf)
    for e in range(found):
        best = min(best, x[e, 6])
    for e in range(found):
        x[e, 6] -= best
        for column in range(11):
            x[e, column] = squash(x[e, column] / (path if column == 8 else work))
        x[e, 13] = squash(x[e, 13] / path)

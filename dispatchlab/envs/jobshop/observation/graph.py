"""Graph observation: options, activities and resources with their relations.

The disjunctive graph without its quadratic arcs: a machine is a node of its own that the
activities point at, not a clique among them.
"""

import numpy as np

from dispatchlab.envs.core.compiling import entry_kernel, kernel
from dispatchlab.envs.core.graph_spec import Arrays, EdgeType, Feature, GraphSpec, NodeType
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.apply import count_left
from dispatchlab.envs.jobshop.dynamics.layout import (
    CAPACITY,
    DEMAND,
    DURATION,
    END,
    END_SEEN,
    FOCUS,
    FROM_START,
    HEAD_PATH,
    JOB,
    LAG,
    LANE,
    MEAN_DURATION,
    MEAN_WEIGHT,
    MIN_DURATION,
    MODE_ACTIVITY,
    NOW,
    NUM_ACTIVITIES,
    NUM_LANES,
    NUM_MODES,
    NUM_RESOURCES,
    READY,
    READY_SEEN,
    RESOURCE,
    SLOT,
    START,
    SUCC_PTR,
    SUCCESSOR,
    TAIL_PATH,
    TALLY,
    USE_MODE,
    USE_PTR,
    WEIGHT,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.dynamics.timing import seen
from dispatchlab.envs.jobshop.dynamics.waiting import lane_is_known
from dispatchlab.envs.jobshop.observation.context import (
    clip,
    due_slack,
    free_seen,
    remaining_horizon,
)
from dispatchlab.envs.jobshop.observation.features import (
    ACTIVITY_FEATURES,
    GLOBAL_FEATURES,
    OPTION_FEATURES,
    RESOURCE_FEATURES,
    Float32Array,
)
from dispatchlab.envs.jobshop.observation.tokens import fill_options

_LAG = (Feature("lag", "time", "mean duration"), Feature("counts_from_start"))
_USE = (Feature("duration", "time", "mean duration"), Feature("demand", "1", "capacity"))


class GraphObservation:
    """Nodes ``option``, ``activity``, ``resource``; ``candidates`` points at option and activity.

    Activities of jobs that have not arrived are present with zero features and no arcs: how much
    will come is known, what it is like is not.
    """

    def spec(self, dynamics: Dynamics) -> GraphSpec:
        """Layout and sizes for a dynamics."""
        limits = dynamics.limits
        nodes = (
            NodeType("option", dynamics.num_options, OPTION_FEATURES),
            NodeType("activity", limits.activities, ACTIVITY_FEATURES),
            NodeType("resource", limits.resources, RESOURCE_FEATURES),
        )
        edges = (
            EdgeType("activity", "precedes", "activity", limits.arcs, _LAG),
            EdgeType("activity", "uses", "resource", limits.uses, _USE),
        )
        return GraphSpec(
            nodes, edges, GLOBAL_FEATURES, ("option", "activity"), dynamics.num_actions
        )

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        fill_options(dynamics, rows, out)
        p, s = dynamics.problem, dynamics.state
        _fill_nodes(
            p, s, rows, out["x/activity"], out["n/activity"], out["x/resource"],
            out["n/resource"],
        )  # fmt: skip
        _fill_edges(
            p, s, rows, out["edge/activity-precedes-activity"],
            out["edge_attr/activity-precedes-activity"], out["e/activity-precedes-activity"],
            out["edge/activity-uses-resource"], out["edge_attr/activity-uses-resource"],
            out["e/activity-uses-resource"],
        )  # fmt: skip


@entry_kernel
def _fill_nodes(
    p: Problem, s: State, rows: IntArray, x: Float32Array, count: IntArray,
    resource_x: Float32Array, resource_count: IntArray,
) -> None:  # fmt: skip
    for index in range(len(rows)):
        b = rows[index]
        i = s.row[b, SLOT]
        horizon = remaining_horizon(s, b)
        count[index, 0] = p.counts[i, NUM_ACTIVITIES]
        for a in range(p.counts[i, NUM_ACTIVITIES]):
            if lane_is_known(p, s, b, a):
                _write_activity(p, s, b, a, horizon, x[index, a])
        resource_count[index, 0] = p.counts[i, NUM_RESOURCES]
        for r in range(p.counts[i, NUM_RESOURCES]):
            _write_resource(p, s, b, r, horizon, resource_x[index, r])


@kernel
def _write_activity(p: Problem, s: State, b: int, a: int, horizon: float, x: Float32Array) -> None:
    """Write the features in the order of `ACTIVITY_FEATURES`."""
    i, now, mean = s.row[b, SLOT], s.row[b, NOW], p.scales[s.row[b, SLOT], MEAN_DURATION]
    duration = p.activity[i, a, MIN_DURATION]
    if s.activity[b, a, START] >= 0:
        end = seen(p, s, b, s.activity[b, a, END], s.activity[b, a, END_SEEN])
        x[0] = 1.0
        x[1] = 1.0 if end <= now else 0.0
    else:
        ready = seen(p, s, b, s.activity[b, a, READY], s.activity[b, a, READY_SEEN])
        end = max(max(now, ready), p.activity[i, a, HEAD_PATH]) + duration
    x[2] = 1.0 if s.lane[b, p.activity[i, a, LANE]] == a else 0.0
    x[3] = clip(duration / mean)
    x[4] = clip((end - now) / horizon)
    x[5] = clip(p.activity[i, a, TAIL_PATH] / horizon)
    x[6] = clip(count_left(p, s, b, a) * p.counts[i, NUM_LANES] / p.counts[i, NUM_ACTIVITIES])
    x[7] = due_slack(p, s, b, a, 1.0 / mean)
    x[8] = clip(p.job[i, p.activity[i, a, JOB], WEIGHT] / p.scales[i, MEAN_WEIGHT])


@kernel
def _write_resource(p: Problem, s: State, b: int, r: int, horizon: float, x: Float32Array) -> None:
    """Write the features in the order of `RESOURCE_FEATURES`."""
    i, mean = s.row[b, SLOT], p.scales[s.row[b, SLOT], MEAN_DURATION]
    x[0] = clip(s.load[b, r] / p.resource[i, r, CAPACITY] / horizon)
    x[1] = clip((free_seen(p, s, b, r) - s.row[b, NOW]) / mean)
    x[2] = clip(np.log1p(float(p.resource[i, r, CAPACITY])))
    x[3] = 1.0 if s.row[b, FOCUS] == r else 0.0
    x[4] = clip(s.resource[b, r, TALLY] / p.counts[i, NUM_LANES])


@entry_kernel
def _fill_edges(
    p: Problem, s: State, rows: IntArray, arcs: IntArray, arc_x: Float32Array, arc_count: IntArray,
    uses: IntArray, use_x: Float32Array, use_count: IntArray,
) -> None:  # fmt: skip
    for index in range(len(rows)):
        b = rows[index]
        i = s.row[b, SLOT]
        mean = p.scales[i, MEAN_DURATION]
        arc_count[index, 0] = _write_arcs(p, s, b, mean, arcs[index], arc_x[index])
        use_count[index, 0] = _write_uses(p, s, b, mean, uses[index], use_x[index])


@kernel
def _write_arcs(p: Problem, s: State, b: int, mean: float, arcs: IntArray, x: Float32Array) -> int:
    """Precedences of the jobs that have arrived; returns their number."""
    i, count = s.row[b, SLOT], 0
    for a in range(p.counts[i, NUM_ACTIVITIES]):
        if not lane_is_known(p, s, b, a):
            continue
        for e in range(p.activity[i, a, SUCC_PTR], p.activity[i, a + 1, SUCC_PTR]):
            if lane_is_known(p, s, b, p.arc[i, e, SUCCESSOR]):
                arcs[0, count], arcs[1, count] = a, p.arc[i, e, SUCCESSOR]
                x[count, 0] = clip(p.arc[i, e, LAG] / mean)
                x[count, 1] = p.arc[i, e, FROM_START]
                count += 1
    return count


@kernel
def _write_uses(p: Problem, s: State, b: int, mean: float, uses: IntArray, x: Float32Array) -> int:
    """Resource uses of the jobs that have arrived; returns their number."""
    i, count = s.row[b, SLOT], 0
    for use in range(p.mode[i, p.counts[i, NUM_MODES], USE_PTR]):
        m, r = p.use[i, use, USE_MODE], p.use[i, use, RESOURCE]
        if lane_is_known(p, s, b, p.mode[i, m, MODE_ACTIVITY]):
            uses[0, count], uses[1, count] = p.mode[i, m, MODE_ACTIVITY], r
            x[count, 0] = clip(p.mode[i, m, DURATION] / mean)
            x[count, 1] = p.use[i, use, DEMAND] / p.resource[i, r, CAPACITY]
            count += 1
    return count

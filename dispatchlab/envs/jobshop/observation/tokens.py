"""Token observation: one node per option, that is per lane's next activity and mode.

Small (a 15x15 job shop is 15 nodes), free of the instance size, and defined for any encoding.
"""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.compiling import QuickCall, entry_kernel, kernel
from dispatchlab.envs.core.graph_spec import Arrays, Feature, GraphSpec, NodeType
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.layout import (
    CAN_WAIT,
    CAPACITY,
    DEMAND,
    DURATION,
    FOCUS,
    LEFT,
    MEAN_DURATION,
    MODE_PTR,
    NOW,
    NUM_ACTIVITIES,
    NUM_LANES,
    NUM_RESOURCES,
    OBJECTIVE,
    RESOURCE,
    SLOT,
    TALLY,
    USE_PTR,
)
from dispatchlab.envs.jobshop.dynamics.problem import Problem
from dispatchlab.envs.jobshop.dynamics.state import State
from dispatchlab.envs.jobshop.dynamics.waiting import lane_is_known
from dispatchlab.envs.jobshop.observation.context import clip, free_seen, remaining_horizon
from dispatchlab.envs.jobshop.observation.features import (
    GLOBAL_FEATURES,
    OPTION_FEATURES,
    Float32Array,
)
from dispatchlab.envs.jobshop.observation.option import (
    FloatArray,
    expected_end,
    make_scales,
    write_option,
)


class TokensObservation:
    """One ``option`` node per lane's next activity and mode; ``candidates`` is (A, 1)."""

    option_features: tuple[Feature, ...] = OPTION_FEATURES
    global_features: tuple[Feature, ...] = GLOBAL_FEATURES

    def spec(self, dynamics: Dynamics) -> GraphSpec:
        """Layout and sizes for a dynamics."""
        options = NodeType("option", self._num_options(dynamics), self.option_features)
        return GraphSpec((options,), (), self.global_features, ("option",), dynamics.num_actions)

    def fill(self, dynamics: Dynamics, rows: IntArray, out: Arrays) -> None:
        """Write the observation of some rows."""
        fill_options(dynamics, rows, out)

    def _num_options(self, dynamics: Dynamics) -> int:
        """Nodes at most."""
        return dynamics.num_options


def fill_options(
    dynamics: Dynamics, rows: IntArray, out: Arrays, shown: IntArray | None = None
) -> None:
    """Write options, globals, candidates and mask.

    Args:
        dynamics: What is observed.
        rows: n rows.
        out: Their observations.
        shown: ``(n, W)`` lanes that are shown, in rising order, or ``(1, W)`` for all rows; all
            lanes by default. What is not shown is masked.
    """
    if shown is None:
        shown = dynamics.all_lanes
    _fill(
        dynamics.problem, dynamics.state, np.ascontiguousarray(rows, np.int64),
        np.ascontiguousarray(shown), np.empty(dynamics.limits.resources),
        out["x/option"], out["n/option"], out["globals"], out["candidates"], out["action_mask"],
    )  # fmt: skip


@QuickCall
@entry_kernel
def _fill(
    p: Problem, s: State, rows: IntArray, shown: IntArray, queue: FloatArray, x: Float32Array,
    count: IntArray, globals_: Float32Array, candidates: IntArray, mask: npt.NDArray[np.int8],
) -> None:  # fmt: skip
    options = s.option.shape[1]
    for index in range(len(rows)):
        b = rows[index]
        horizon = remaining_horizon(s, b)
        count[index, 0] = _write_options(
            p, s, b, shown[index % len(shown)], horizon, queue, x[index], candidates[index]
        )
        _write_globals(p, s, b, horizon, globals_[index])
        for action in range(mask.shape[1]):
            is_shown = action >= options or candidates[index, action, 0] >= 0
            mask[index, action] = is_shown and s.legal[b, action]


@kernel
def _write_options(
    p: Problem, s: State, b: int, shown: IntArray, horizon: float, queue: FloatArray,
    x: Float32Array, candidates: IntArray,
) -> int:  # fmt: skip
    """Compact the present options; candidates point at their rows."""
    i = s.row[b, SLOT]
    k = s.option.shape[1] // s.lane.shape[1]
    candidates[:, :] = -1
    _count_rivals(p, s, b)
    _count_queues(p, s, b, queue)
    scales = make_scales(p, i, horizon)
    node = 0
    for lane in shown:
        a = s.lane[b, lane] if lane < p.counts[i, NUM_LANES] else -1
        if a < 0 or not lane_is_known(p, s, b, a):
            continue
        first, last = p.activity[i, a, MODE_PTR], p.activity[i, a + 1, MODE_PTR] - 1
        soonest = expected_end(p, s, b, a, first, lane * k)
        for m in range(first + 1, last + 1):
            soonest = min(soonest, expected_end(p, s, b, a, m, lane * k + m - first))
        for m in range(first, last + 1):
            option = lane * k + m - first
            write_option(p, s, b, lane, a, m, option, scales, queue, x[node])
            if last > first:
                late = expected_end(p, s, b, a, m, option) - soonest
                x[node, 30] = clip(late * scales.per_mean)
            candidates[option, 0] = node
            if candidates.shape[1] > 1:
                candidates[option, 1] = a
            node += 1
    return node


@kernel
def _count_rivals(p: Problem, s: State, b: int) -> None:
    """Tally the legal options on each resource."""
    i = s.row[b, SLOT]
    k = s.option.shape[1] // s.lane.shape[1]
    for r in range(p.counts[i, NUM_RESOURCES]):
        s.resource[b, r, TALLY] = 0
    for option in range(s.option.shape[1]):
        if s.legal[b, option]:
            m = p.activity[i, s.lane[b, option // k], MODE_PTR] + option % k
            for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
                s.resource[b, p.use[i, use, RESOURCE], TALLY] += 1


@kernel
def _count_queues(p: Problem, s: State, b: int, queue: FloatArray) -> None:
    """Work of the lanes' next activities on each resource, shared among their modes."""
    i = s.row[b, SLOT]
    for r in range(p.counts[i, NUM_RESOURCES]):
        queue[r] = 0.0
    for lane in range(p.counts[i, NUM_LANES]):
        a = s.lane[b, lane]
        if a < 0 or not lane_is_known(p, s, b, a):
            continue
        first, last = p.activity[i, a, MODE_PTR], p.activity[i, a + 1, MODE_PTR]
        for m in range(first, last):
            for use in range(p.mode[i, m, USE_PTR], p.mode[i, m + 1, USE_PTR]):
                r = p.use[i, use, RESOURCE]
                share = p.use[i, use, DEMAND] / (p.resource[i, r, CAPACITY] * (last - first))
                queue[r] += p.mode[i, m, DURATION] * share


@kernel
def _write_globals(p: Problem, s: State, b: int, horizon: float, out: Float32Array) -> None:
    """Write the global features in the order of `GLOBAL_FEATURES`."""
    i = s.row[b, SLOT]
    size, resources = p.counts[i, NUM_ACTIVITIES], p.counts[i, NUM_RESOURCES]
    per_lane = size / p.counts[i, NUM_LANES]
    legal, options = 0, s.option.shape[1]
    for option in range(options):
        legal += s.legal[b, option]
    busy = 0
    for r in range(resources):
        if p.resource[i, r, CAPACITY] == 1 and free_seen(p, s, b, r) > s.row[b, NOW]:
            busy += 1
    out[0] = clip(1.0 - s.row[b, LEFT] / size)
    out[1] = clip(horizon / (p.scales[i, MEAN_DURATION] * per_lane))
    out[2] = clip(legal / options)
    out[3] = clip(busy / max(1, resources))
    focus = s.row[b, FOCUS]
    if focus >= 0:
        out[4] = clip(s.load[b, focus] / horizon)
        out[5] = 1.0
    out[6] = clip(s.row[b, CAN_WAIT])
    out[7 + p.counts[i, OBJECTIVE]] = 1.0

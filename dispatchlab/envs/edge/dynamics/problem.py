"""Problem: instances and realisations as arrays, which kernels read and never write."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.edge.dynamics.layout import (
    MODEL_COLUMNS,
    NUM_COUNTS,
    NUM_SCALES,
    TASK_COLUMNS,
    VALUE_COLUMNS,
)
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.envs.edge.realisation import EdgeRealisation

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


class Problem(NamedTuple):
    """S slots with room for M models and N tasks.

    Attributes:
        counts: ``(S, NUM_COUNTS)``.
        model: ``(S, M, MODEL_COLUMNS)``.
        value: ``(S, M, VALUE_COLUMNS)``.
        task: ``(S, N, TASK_COLUMNS)`` what happens; kernels let schedulers see arrivals of the past
            and models only.
        latency: ``(S, K)`` extra latency of the network, per s.
        bandwidth: ``(S, L)`` kbit/s, which are bits per ms, per s.
        scales: ``(S, NUM_SCALES)`` mean benefit of a task, edge work that arrives per ms,
            mean and standard deviation of the logarithm of cloud times over CALL_EXEC, and a
            trivial upper bound on the utility.
    """

    counts: IntArray
    model: IntArray
    value: FloatArray
    task: IntArray
    latency: IntArray
    bandwidth: IntArray
    scales: FloatArray


def make_problem(slots: int, limits: EdgeLimits) -> Problem:
    """Zeroed arrays."""
    return Problem(
        counts=np.zeros((slots, NUM_COUNTS), np.int64),
        model=np.zeros((slots, limits.models, MODEL_COLUMNS), np.int64),
        value=np.zeros((slots, limits.models, VALUE_COLUMNS)),
        task=np.zeros((slots, limits.tasks, TASK_COLUMNS), np.int64),
        latency=np.zeros((slots, limits.latency), np.int64),
        bandwidth=np.zeros((slots, limits.bandwidth), np.int64),
        scales=np.zeros((slots, NUM_SCALES)),
    )


def write_instance(p: Problem, slot: int, instance: EdgeInstance, lead_ms: int) -> None:
    """Put an instance into a slot."""
    models = instance.models
    p.counts[slot] = (
        instance.num_tasks, len(models), 0, 0, instance.qoe_window_ms, 8 * instance.upload_bytes,
        instance.cloud_timeout_ms, lead_ms,
    )  # fmt: skip
    demand = instance.num_drones * instance.edge_ms.sum() / instance.period_ms
    benefit = max(1e-9, sum(model.benefit for model in models) / len(models))
    jitter = instance.jitter
    p.scales[slot] = (
        benefit, demand, jitter.cloud_log_shift, jitter.cloud_sigma, _everything(instance),
    )  # fmt: skip
    p.model[slot, : len(models)] = np.column_stack((
        instance.deadline_ms, instance.edge_ms, instance.cloud_ms, instance.edge_fastest_ms,
        instance.cloud_fastest_ms, instance.cloud_exec_ms,
    ))  # fmt: skip
    for m, model in enumerate(models):
        p.value[slot, m] = (
            model.benefit, model.edge_cost, model.cloud_cost, model.qoe_bonus, model.qoe_rate,
            model.edge_utility, model.cloud_utility,
        )  # fmt: skip


def write_realisation(p: Problem, slot: int, realisation: EdgeRealisation) -> None:
    """Put a realisation into a slot."""
    r = realisation
    n = len(r.arrival_ms)
    columns = (r.arrival_ms, r.model, r.edge_time_ms, r.cloud_exec_ms)
    p.task[slot, :n] = np.column_stack(columns)
    p.latency[slot, : len(r.latency_ms)] = r.latency_ms
    p.bandwidth[slot, : len(r.bandwidth_kbps)] = r.bandwidth_kbps
    p.counts[slot, 2:4] = len(r.latency_ms), len(r.bandwidth_kbps)


def _everything(instance: EdgeInstance) -> float:
    """Utility if every task were on time where it pays more, and every bonus were paid."""
    per_model = instance.num_tasks / len(instance.models)
    longest = instance.duration_ms + int(instance.deadline_ms.max()) + instance.cloud_timeout_ms
    windows = longest // instance.qoe_window_ms + 1
    best = sum(max(m.edge_utility, m.cloud_utility, 0.0) for m in instance.models)
    return per_model * best + windows * sum(m.qoe_bonus for m in instance.models)

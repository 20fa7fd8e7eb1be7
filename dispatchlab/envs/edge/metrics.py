"""What an episode of an edge and a cloud is worth: utility, bonuses, outcomes."""

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import (
    CLOUD_ON_TIME,
    EDGE_ON_TIME,
    MISSED_CLOUD,
    MISSED_EDGE,
    NOT_YET,
    ON_EDGE,
    OUTCOMES,
    EdgeSchedule,
)

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
ON_TIME = (EDGE_ON_TIME, CLOUD_ON_TIME)


def metrics(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule
) -> dict[str, float]:  # fmt: skip
    """Figures of an episode, or of its part up to the schedule's time.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs.
        schedule: A schedule of it.

    Returns:
        The number of tasks with each of `OUTCOMES`, under its name; ``tasks`` that have ended;
        ``completion``: share of them that were on time (nan without any); ``qos``: utility of
        the tasks; ``qoe``: bonuses of the windows that are closed; ``utility``: both;
        ``edge_utilisation``: share of the time in which the edge runs (nan at time 0).
    """
    counts = outcomes_by_model(instance, realisation, schedule).sum(axis=0)
    ended, now = int(counts.sum()), schedule.now_ms
    on_edge = schedule.place == ON_EDGE
    busy = np.minimum(schedule.end_ms[on_edge], now) - schedule.start_ms[on_edge]
    qos = float(task_utilities(instance, realisation, schedule).sum())
    qoe = float(window_bonuses(instance, realisation, schedule).sum())
    return {
        **{name: float(count) for name, count in zip(OUTCOMES, counts, strict=True)},
        "tasks": float(ended),
        "completion": float(counts[list(ON_TIME)].sum()) / ended if ended else float("nan"),
        "qos": qos,
        "qoe": qoe,
        "utility": qos + qoe,
        "edge_utilisation": float(busy.sum()) / now if now else float("nan"),
    }


def outcomes_by_model(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule
) -> IntArray:
    """How the tasks of each model ended.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs.
        schedule: A schedule of it.

    Returns:
        ``(M, 8)`` number of tasks of each model with each of `OUTCOMES`.
    """
    counts = np.zeros((instance.num_models, len(OUTCOMES)), dtype=np.int64)
    ended = schedule.outcome != NOT_YET
    np.add.at(counts, (realisation.model[ended], schedule.outcome[ended]), 1)
    return counts


def task_utilities(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule
) -> FloatArray:
    """What each task brings: benefit less cost of its place, only the cost if it is late.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs.
        schedule: A schedule of it.

    Returns:
        ``(N,)`` utilities; 0 of what was dropped, expired, or has not ended.
    """
    by_outcome = np.zeros((instance.num_models, len(OUTCOMES)))
    by_outcome[:, EDGE_ON_TIME] = instance.edge_utility
    by_outcome[:, CLOUD_ON_TIME] = instance.cloud_utility
    by_outcome[:, MISSED_EDGE] = -instance.edge_cost
    by_outcome[:, MISSED_CLOUD] = -instance.cloud_cost
    ended = schedule.outcome != NOT_YET
    return np.where(ended, by_outcome[realisation.model, schedule.outcome], 0.0)


def window_bonuses(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule
) -> FloatArray:
    """Bonuses for results in time of a model, in one window after the other.

    A task counts in the window in which it ends, in whatever way. A window is closed at its end,
    the last one at the end of the episode.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs.
        schedule: A schedule of it.

    Returns:
        ``(W, M)`` bonus of every window that is closed and every model; 0 where the share of
        results in time is too low or nothing ended.
    """
    ended = schedule.outcome != NOT_YET
    window, now = instance.qoe_window_ms, schedule.now_ms
    num_windows = now // window + bool(ended.all())
    finished, on_time = np.zeros((2, now // window + 1, instance.num_models), dtype=np.int64)
    at = (schedule.end_ms[ended] // window, realisation.model[ended])
    np.add.at(finished, at, 1)
    np.add.at(on_time, at, np.isin(schedule.outcome[ended], ON_TIME))
    earned = (finished > 0) & (on_time >= instance.qoe_rate * finished)
    return np.where(earned, instance.qoe_bonus, 0.0)[:num_windows]


def utility_curve(
    instance: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule
) -> tuple[IntArray, FloatArray]:
    """The total utility as it grows.

    Args:
        instance: The instance.
        realisation: Tells which model each task runs.
        schedule: A schedule of it.

    Returns:
        Times in ms, ascending from 0 to the schedule's time, and the utility up to and with each
        of them. Bonuses come at the end of their window, the last at the end of the episode.
    """
    ended = schedule.outcome != NOT_YET
    bonuses = window_bonuses(instance, realisation, schedule).sum(axis=1)
    closing = np.minimum(np.arange(1, len(bonuses) + 1) * instance.qoe_window_ms, schedule.now_ms)
    times = np.concatenate([[0, schedule.now_ms], schedule.end_ms[ended], closing])
    gains = np.concatenate(
        [[0.0, 0.0], task_utilities(instance, realisation, schedule)[ended], bonuses]
    )
    steps, place = np.unique(times, return_inverse=True)
    return steps.astype(np.int64), np.cumsum(np.bincount(place, gains))

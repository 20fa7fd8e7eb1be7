"""Decision variables of the CP-SAT model: starts, ends, modes and sequences."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatchlab.envs.jobshop.horizon import safe_horizon

if TYPE_CHECKING:
    from ortools.sat.python import cp_model

    from dispatchlab.envs.jobshop.instance import CpEncoding


@dataclass(slots=True)
class CpSatVariables:
    """What the model decides, indexed as the encoding is.

    Attributes:
        horizon: Upper bound of every end.
        start: Start variable of each activity.
        end: End of each activity: an affine view of the start, or a variable of its own where
            the modes differ in duration.
        presence: Literal of each mode, by global mode index; the constant 1 for an only mode.
        interval: Interval of each mode, optional unless it is the only one.
        sequence: For each resource with set-ups ``{(use, use): literal}``, true where the second
            use directly follows the first; ``-1`` stands for the beginning and for the end, and
            a use followed by itself is absent.
        completion: Completion variable of each job (only where the objective needs it).
        tardiness: Tardiness variable of each job (only where the objective needs it).
        makespan: Makespan variable (only where the objective needs it).
    """

    horizon: int
    start: list["cp_model.IntVar"]
    end: list[Any]
    presence: list[Any]
    interval: list["cp_model.IntervalVar"]
    sequence: dict[int, dict[tuple[int, int], Any]] = field(default_factory=dict)
    completion: dict[int, "cp_model.IntVar"] = field(default_factory=dict)
    tardiness: dict[int, "cp_model.IntVar"] = field(default_factory=dict)
    makespan: "cp_model.IntVar | None" = None


def add_variables(
    model: "cp_model.CpModel", encoding: "CpEncoding", horizon: int | None = None
) -> CpSatVariables:
    """Create starts, ends, mode literals and intervals.

    Args:
        model: The model to add to.
        encoding: The instance.
        horizon: Upper bound of every end; by default one that keeps an optimal schedule.

    Returns:
        The variables; sequences and objective terms are filled in later.
    """
    limit = safe_horizon(encoding) if horizon is None else horizon
    one = model.new_constant(1)
    made = CpSatVariables(horizon=limit, start=[], end=[], presence=[], interval=[])
    for activity in range(encoding.num_activities):
        first, behind = encoding.mode_ptr[activity : activity + 2].tolist()
        durations = encoding.mode_duration[first:behind].tolist()
        release = int(encoding.release[activity])
        start = model.new_int_var(release, limit - min(durations), f"start_{activity}")
        made.start.append(start)
        if len(durations) == 1:
            made.end.append(start + durations[0])
            made.presence.append(one)
            interval = model.new_fixed_size_interval_var(start, durations[0], f"run_{activity}")
            made.interval.append(interval)
        else:
            _add_alternatives(model, made, activity, durations)
    return made


def _add_alternatives(
    model: "cp_model.CpModel", made: CpSatVariables, activity: int, durations: list[int]
) -> None:
    """One optional interval per mode, all on the activity's start."""
    start = made.start[activity]
    literals = [model.new_bool_var(f"mode_{activity}_{k}") for k in range(len(durations))]
    model.add_exactly_one(literals)
    for k, (literal, duration) in enumerate(zip(literals, durations, strict=True)):
        made.interval.append(
            model.new_optional_fixed_size_interval_var(
                start, duration, literal, f"run_{activity}_{k}"
            )
        )
    made.presence.extend(literals)
    if len(set(durations)) == 1:
        made.end.append(start + durations[0])
        return
    end = model.new_int_var(0, made.horizon, f"end_{activity}")
    model.add(end == start + sum(d * p for d, p in zip(durations, literals, strict=True)))
    for literal, duration in zip(literals, durations, strict=True):
        model.add(end == start + duration).only_enforce_if(literal)
    made.end.append(end)


def lasting_uses(encoding: "CpEncoding") -> "np.ndarray[Any, np.dtype[np.int64]]":
    """Indices of the uses that occupy anything: those of modes with a positive duration."""
    return np.flatnonzero(encoding.mode_duration[encoding.use_mode] > 0)

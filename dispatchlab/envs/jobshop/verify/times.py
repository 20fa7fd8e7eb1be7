"""Checks of single activities and of pairs: presence, modes, starts, ends, precedences."""

from collections.abc import Iterator

import numpy as np

from dispatchlab.envs.core.schedule import UNSCHEDULED
from dispatchlab.envs.jobshop.verify.case import Case, activity_name, resource_name, short_name


def check_times(case: Case, *, allow_partial: bool) -> Iterator[str]:
    """Violations that concern one activity, or two and a precedence.

    Args:
        case: The schedule and its instance.
        allow_partial: Whether activities may be unscheduled.

    Yields:
        One sentence for every violation.
    """
    yield from _check_presence(case, allow_partial)
    yield from _check_modes(case)
    yield from _check_availability(case)
    yield from _check_ends(case)
    yield from _check_precedences(case)


def _check_presence(case: Case, allow_partial: bool) -> Iterator[str]:
    """Every activity is scheduled, or is wholly unscheduled in a partial schedule."""
    for activity in np.flatnonzero(~case.scheduled).tolist():
        name = activity_name(case.encoding, activity)
        end, mode = int(case.schedule.end[activity]), int(case.schedule.mode[activity])
        if not allow_partial:
            yield f"{name} is not scheduled."
        elif end != UNSCHEDULED or mode != UNSCHEDULED:
            yield f"{name} has end {end} and mode {mode}, but no start."


def _check_modes(case: Case) -> Iterator[str]:
    """An activity runs in a mode of its own."""
    for activity in np.flatnonzero(case.scheduled & ~case.mode_ok).tolist():
        first, behind = case.encoding.mode_ptr[activity : activity + 2].tolist()
        own = f"mode is {first}" if behind - first == 1 else f"modes are {first} to {behind - 1}"
        name = activity_name(case.encoding, activity)
        yield f"{name} runs in mode {case.schedule.mode[activity]}, but its {own}."


def _check_availability(case: Case) -> Iterator[str]:
    """Nothing starts before its release or before its job arrives."""
    encoding, start = case.encoding, case.schedule.start
    for activity in np.flatnonzero(case.scheduled & (start < encoding.release)).tolist():
        release = int(encoding.release[activity])
        yield (
            f"{activity_name(encoding, activity)} starts at {start[activity]}, "
            f"{release - start[activity]} before its release at {release}."
        )
    if case.realisation is None:
        return
    arrival = case.realisation.job_arrival[encoding.job]
    for activity in np.flatnonzero(case.scheduled & (start < arrival)).tolist():
        yield (
            f"{activity_name(encoding, activity)} starts at {start[activity]}, "
            f"{arrival[activity] - start[activity]} before its job {encoding.job[activity]} "
            f"arrives at {arrival[activity]}."
        )


def _check_ends(case: Case) -> Iterator[str]:
    """An activity ends after its duration and its pauses, and starts on working resources."""
    expected = case.schedule.start + case.duration
    for activity, windows in _breakdowns(case).items():
        start = int(case.schedule.start[activity])
        expected[activity] = _paused_end(start, int(case.duration[activity]), windows)
        for down, up, resource in windows:
            if down <= start < up:
                name = activity_name(case.encoding, activity)
                yield (
                    f"{name} starts at {start}, {up - start} too early: "
                    f"{resource_name(case.encoding, resource)} is down from {down} to {up}."
                )
    for activity in np.flatnonzero(case.mode_ok & (case.schedule.end != expected)).tolist():
        start, end = int(case.schedule.start[activity]), int(case.schedule.end[activity])
        work, right = int(case.duration[activity]), int(expected[activity])
        pauses = right - start - work
        paused = f" and breakdown pauses of {pauses}" if pauses else ""
        side = f"{end - right} too late" if end > right else f"{right - end} too early"
        yield (
            f"{activity_name(case.encoding, activity)} ends at {end}, {side}: it starts at {start} "
            f"with a duration of {work}{paused}."
        )


def _breakdowns(case: Case) -> dict[int, list[tuple[int, int, int]]]:
    """Breakdowns ``(down, up, resource)`` that concern each activity of positive duration."""
    windows: dict[int, list[tuple[int, int, int]]] = {}
    if case.realisation is None or len(case.realisation.down_start) == 0:
        return windows
    down, up = case.realisation.down_start.tolist(), case.realisation.down_end.tolist()
    ptr = case.realisation.down_ptr.tolist()
    resources = case.encoding.use_resource[case.use_index].tolist()
    for activity, resource in zip(case.use_activity.tolist(), resources, strict=True):
        if case.duration[activity] > 0:
            span = range(ptr[resource], ptr[resource + 1])
            windows.setdefault(activity, []).extend((down[i], up[i], resource) for i in span)
    return windows


def _paused_end(start: int, duration: int, windows: list[tuple[int, int, int]]) -> int:
    """When the work is done, if it rests while any of the windows is open."""
    clock, left = start, duration
    for down, up, _ in sorted(windows):
        if up <= clock:
            continue
        if down - clock >= left:
            break
        left -= max(0, down - clock)
        clock = up
    return clock + left


def _check_precedences(case: Case) -> Iterator[str]:
    """A successor starts late enough after its predecessor's end (or start)."""
    encoding, schedule = case.encoding, case.schedule
    pred, succ = encoding.arc_from, encoding.arc_to
    from_start = encoding.arc_from_start != 0
    origin = np.where(from_start, schedule.start[pred], schedule.end[pred])
    too_early = origin + encoding.arc_lag - schedule.start[succ]
    orphan = case.scheduled[succ] & ~case.scheduled[pred]
    wrong = case.scheduled[succ] & case.scheduled[pred] & (too_early > 0)
    for arc in np.flatnonzero(orphan | wrong).tolist():
        before = f"activity {short_name(encoding, int(pred[arc]))}"
        after = activity_name(encoding, int(succ[arc]))
        if orphan[arc]:
            yield f"{after} is scheduled, but its predecessor {before} is not."
            continue
        verb, lag = "starts" if from_start[arc] else "ends", int(encoding.arc_lag[arc])
        behind = f" and the lag is {lag}" if lag or from_start[arc] else ""
        yield (
            f"{after} starts at {schedule.start[succ[arc]]}, {too_early[arc]} too early: its "
            f"predecessor {before} {verb} at {origin[arc]}{behind}."
        )

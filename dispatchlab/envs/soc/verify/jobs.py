"""Checks of arrivals: when jobs come, which are lost, when they get a place."""

from bisect import insort
from collections.abc import Iterator

from dispatchlab.envs.soc.schedule import NOT_YET
from dispatchlab.envs.soc.verify.case import Case

NEVER = 1 << 62


def check_jobs(case: Case) -> Iterator[str]:
    """Violations of the source and of the limit on jobs in work.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every arrival or injection at a wrong time, wrong loss or missing arrival.
    """
    mode = case.instance.injection.mode
    if mode == "blocked":
        yield from _check_blocked(case)
        return
    yield from _check_arrivals(case)
    yield from _check_lossy(case) if mode == "lossy" else _check_backlog(case)


def _check_arrivals(case: Case) -> Iterator[str]:
    """Jobs arrive at the drawn times, whatever the scheduler does."""
    due = 0
    arrivals = case.schedule.arrival_us.tolist()
    for job, gap in enumerate(case.realisation.gap_us.tolist()):
        due += gap
        if job >= len(arrivals):
            if due <= case.last:
                yield (
                    f"Arrival {job} at {due} µs is missing from the schedule of time "
                    f"{case.schedule.now_us} µs."
                )
            return
        if arrivals[job] != due:
            yield f"Arrival {job} comes at {arrivals[job]} µs, {_off(arrivals[job], due)}."
        elif due > case.last:
            yield _beyond(case, f"Arrival {job} comes", due)


def _check_lossy(case: Case) -> Iterator[str]:
    """A job is lost exactly if it finds the system full, and is in work at once otherwise."""
    cap = case.instance.injection.max_jobs
    rows = zip(
        case.schedule.arrival_us.tolist(), case.schedule.injected_us.tolist(),
        case.schedule.lost.tolist(), strict=True,
    )  # fmt: skip
    admitted: list[int] = []
    for job, (arrival, injected, lost) in enumerate(rows):
        admitted = [other for other in admitted if not _has_left(case, other, arrival)]
        if lost != (len(admitted) >= cap):
            yield (
                f"Arrival {job} at {arrival} µs is {'lost' if lost else 'admitted'}, but "
                f"{len(admitted)} jobs are in work, of at most {cap}."
            )
        if lost and injected != NOT_YET:
            yield f"Arrival {job} is lost, but injected at {injected} µs."
        if not lost and injected != arrival:
            yield f"Arrival {job} is injected at {injected} µs, {_off(injected, arrival)}."
        if not lost:
            admitted.append(job)


def _has_left(case: Case, job: int, time: int) -> bool:
    """Whether a job has left when the arrivals of a time are admitted.

    What takes no time and starts at that time comes after the arrivals.
    """
    completion = case.completion[job]
    if completion == NOT_YET or completion > time:
        return False
    return completion < time or not (case.schedule.start_us[job] == time).any()


def _check_backlog(case: Case) -> Iterator[str]:
    """Jobs are injected in the order of arrival, each as soon as there is a place."""
    before = 0
    places = _places(case)
    for job, arrival in enumerate(case.schedule.arrival_us.tolist()):
        yield from _check_not_lost(case, job)
        yield from _check_injection(case, job, max(arrival, before, places[job]))
        before = _injection(case, job)


def _check_blocked(case: Case) -> Iterator[str]:
    """Each gap counts from the injection before; then the job waits outside for a place."""
    before, known = 0, len(case.schedule.graph)
    places = _places(case)
    for job, gap in enumerate(case.realisation.gap_us.tolist()):
        due = max(before + gap, places[job])
        if job == known:
            if due <= case.last:
                yield (
                    f"Arrival {job} at {due} µs is missing from the schedule of time "
                    f"{case.schedule.now_us} µs."
                )
            return
        yield from _check_not_lost(case, job)
        yield from _check_injection(case, job, due)
        before = _injection(case, job)
        arrival = int(case.schedule.arrival_us[job])
        if arrival != before:
            yield (
                f"Arrival {job} comes at {arrival} µs and is injected at "
                f"{case.schedule.injected_us[job]} µs; a blocked source makes a job at its "
                "injection."
            )


def _places(case: Case) -> list[int]:
    """When enough earlier jobs are complete to leave a place, for each job and one more."""
    cap = case.instance.injection.max_jobs
    left: list[int] = []
    places = []
    for job, completion in enumerate([*case.completion, NOT_YET]):
        places.append(left[job - cap] if job >= cap else 0)
        insort(left, NEVER if completion == NOT_YET else completion)
    return places


def _injection(case: Case, job: int) -> int:
    injected = int(case.schedule.injected_us[job])
    return NEVER if injected == NOT_YET else injected


def _check_injection(case: Case, job: int, due: int) -> Iterator[str]:
    """Compare an injection with the time at which it is due."""
    injected = int(case.schedule.injected_us[job])
    if due > case.last:
        if injected != NOT_YET:
            when = "there is no place" if due >= NEVER else f"it is not due before {due} µs"
            yield (
                f"Arrival {job} is injected at {injected} µs, but up to {case.last} µs, the last "
                f"time that was played, {when}."
            )
    elif injected == NOT_YET:
        yield f"Arrival {job} is not injected, but it has a place from {due} µs on."
    elif injected != due:
        yield f"Arrival {job} is injected at {injected} µs, {_off(injected, due)}."


def _check_not_lost(case: Case, job: int) -> Iterator[str]:
    if case.schedule.lost[job]:
        yield (
            f"Arrival {job} is lost, but injection mode {case.instance.injection.mode!r} "
            "loses none."
        )


def _off(found: int, due: int) -> str:
    if found == NOT_YET:
        return f"that is not yet, but it must be {due} µs"
    return f"{abs(found - due)} too {'late' if found > due else 'early'}: it must be {due} µs"


def _beyond(case: Case, event: str, time: int) -> str:
    return f"{event} at {time} µs, beyond {case.last} µs, the last time that was played."

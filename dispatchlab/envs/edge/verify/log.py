"""Check of the decisions: what they led to, derived once more, beside what is recorded."""

from collections.abc import Iterator

from dispatchlab.envs.edge.schedule import NOT_YET, ON_EDGE, OUTCOMES
from dispatchlab.envs.edge.verify.case import Case
from dispatchlab.envs.edge.verify.walk import Fate, Walk


def check_log(case: Case) -> Iterator[str]:
    """Violations of the rules by which decisions come up, and what does not follow from them.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every decision that could not be taken, every one that is missing, and
        every task that has another place, start or end than its decisions give it.
    """
    walk = Walk(case)
    walk.run()
    yield from walk.violations
    for task, fate in enumerate(walk.fates):
        yield from _check_fate(case, task, fate)


def _check_fate(case: Case, task: int, fate: Fate) -> Iterator[str]:
    """A task was started, sent, dropped or left as decided."""
    schedule, name = case.schedule, case.name(task)
    place, start = int(schedule.place[task]), int(schedule.start_ms[task])
    if (place, start) != (fate.place, fate.start):
        yield (
            f"{name} {_placed(place, start)}, but by the decisions it "
            f"{_placed(fate.place, fate.start)}."
        )
    elif place == NOT_YET:
        found = int(schedule.outcome[task]), int(schedule.end_ms[task])
        if found != (fate.outcome, fate.end):
            yield f"{name} {_ended(*found)}, but by the decisions it {_ended(*fate[2:])}."


def _placed(place: int, start: int) -> str:
    if place == NOT_YET:
        return "is neither started nor sent"
    return f"{'starts on the edge' if place == ON_EDGE else 'is sent to the cloud'} at {start} ms"


def _ended(outcome: int, end: int) -> str:
    return "has not ended" if outcome == NOT_YET else f"ends as {OUTCOMES[outcome]} at {end} ms"

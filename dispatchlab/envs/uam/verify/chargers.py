"""Check of the chargers: how many there are, who comes first, and how long a charge takes."""

import heapq
from collections.abc import Iterator
from itertools import groupby

from dispatchlab.envs.uam.verify.case import NOT_YET, Case

NEVER = 1 << 62


def check_chargers(case: Case) -> Iterator[str]:
    """Violations at the chargers.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every charge that starts before a charger is free or it is its turn,
        later than that, or takes too long or too short.
    """
    for index, leg in enumerate(case.legs):
        if leg.charges:
            yield from _check_length(case, index)
        elif (leg.charge_start, leg.charge_end) != (NOT_YET, NOT_YET):
            yield (
                f"{case.name(index)} has a charge from {leg.charge_start} to {leg.charge_end} s, "
                "but no target to charge to."
            )
    for port, count in enumerate(case.instance.charge_slots.tolist()):
        if not count:
            continue  # who charges there is reported already
        queue = _Queue(case, port, count)
        queue.run()
        for index, start in sorted(queue.starts.items()):
            yield from _check_start(case, index, start)


class _Queue:
    """The queue at the chargers of one port, played with the ends that are recorded.

    Attributes:
        starts: When each charge starts, by number of the leg; only those that start.
    """

    def __init__(self, case: Case, port: int, count: int) -> None:
        """Find who comes when: first those who land, then those who decide on the ground."""
        self._case, self._left = case, count
        legs = [(i, leg) for i, leg in enumerate(case.legs) if leg.destination == port]
        self._coming = sorted(
            (leg.land, not leg.flies, leg.aircraft, i) for i, leg in legs if leg.charges
        )
        self._waiting: list[tuple[int, int, int]] = []  # since when, aircraft, leg
        self._ends: list[int] = []
        self.starts: dict[int, int] = dict.fromkeys((who[3] for who in self._coming), NEVER)

    def run(self) -> None:
        """Let all come, and leave the chargers in between."""
        for (time, _), group in groupby(self._coming, key=lambda who: who[:2]):
            self._free(time)
            for _, _, aircraft, index in group:
                heapq.heappush(self._waiting, (time, aircraft, index))
            self._serve(time)
        self._free(NEVER - 1)

    def _free(self, until: int) -> None:
        """Charges end, and the next ones start."""
        while self._ends and self._ends[0] <= until:
            time = heapq.heappop(self._ends)
            self._left += 1
            self._serve(time)

    def _serve(self, time: int) -> None:
        while self._waiting and self._left:
            _, _, index = heapq.heappop(self._waiting)
            self._left -= 1
            self.starts[index] = time
            end = self._case.legs[index].charge_end
            heapq.heappush(self._ends, end if end != NOT_YET else NEVER)


def _check_start(case: Case, index: int, due: int) -> Iterator[str]:
    """A charge starts as soon as there is a charger for it."""
    leg, name = case.legs[index], case.name(index)
    if leg.charge_start == NOT_YET:
        if case.has_come(due):
            yield f"{name} does not charge, although from {due} s it has a charger."
    elif leg.charge_start < leg.land:
        yield (
            f"{name} charges from {leg.charge_start} s, {leg.land - leg.charge_start} before it "
            f"is at the charger at {leg.land} s."
        )
    elif leg.charge_start < due:
        early = f"{due - leg.charge_start} before it gets" if due < NEVER else "but never gets"
        yield (
            f"{name} charges from {leg.charge_start} s, {early} one of the "
            f"{case.instance.charge_slots[leg.destination]} chargers of "
            f"{case.port(leg.destination)}, first come, first served."
        )
    elif leg.charge_start > due:
        yield (
            f"{name} charges from {leg.charge_start} s, {leg.charge_start - due} after it has a "
            f"charger at {due} s."
        )
    if leg.charge_start != NOT_YET and not case.has_come(leg.charge_start):
        yield (
            f"{name} charges from {leg.charge_start} s, beyond {case.schedule.now_s} s, which was "
            "played up to."
        )


def _check_length(case: Case, index: int) -> Iterator[str]:
    """A charge takes the time that its energy needs."""
    leg = case.legs[index]
    if leg.charge_start == NOT_YET:
        if leg.charge_end != NOT_YET:
            yield f"{case.name(index)} has charged at {leg.charge_end} s, but never starts to."
        return
    landed = case.landing_wh(leg)
    lasts = case.charge_s(landed, leg.target) if landed < leg.target else 0
    late = leg.charge_end - leg.charge_start - lasts
    if late:
        yield (
            f"{case.name(index)} has charged at {leg.charge_end} s, {abs(late)} too "
            f"{'late' if late > 0 else 'early'}: it starts at {leg.charge_start} s and takes "
            f"{lasts} s from {landed} to {leg.target} Wh."
        )

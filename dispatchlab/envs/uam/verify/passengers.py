"""Check of the passengers on board: those who wait, longest first, as many as there are seats."""

from collections.abc import Iterator

import numpy as np

from dispatchlab.envs.uam.verify.case import Case


def check_passengers(case: Case) -> Iterator[str]:
    """Violations of who boards.

    Args:
        case: The schedule and its data.

    Yields:
        One sentence for every flight that carries more than wait, or fewer than wait and fit.
    """
    real, seats = case.realisation, case.instance.aircraft.seats
    boarded = np.zeros(len(real.request_s), dtype=np.bool_)
    for index, leg in enumerate(case.legs):
        if not leg.flies:
            continue
        pair = leg.origin * len(case.instance.ports) + leg.destination
        of_pair = slice(int(real.pair_offset[pair]), int(real.pair_offset[pair + 1]))
        here = (real.request_s[of_pair] <= leg.depart) & (leg.depart < real.leaves_s[of_pair])
        waiting = np.flatnonzero(here & ~boarded[of_pair]) + of_pair.start
        boarded[waiting[: max(leg.passengers, 0)]] = True
        due = min(seats, len(waiting))
        if leg.passengers != due:
            side = "more" if leg.passengers > due else "fewer"
            yield (
                f"{case.name(index)} carries {leg.passengers} passengers, "
                f"{abs(leg.passengers - due)} {side} than it must: {len(waiting)} wait, and there "
                f"are {seats} seats."
            )

"""UamSchedule: the legs of a day, and what was decided."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
NOT_YET = -1
# columns of UamSchedule.legs
(
    AIRCRAFT, ORIGIN, DESTINATION, DEPART_S, ENTER_S, LANE, LAND_S, CHARGE_START_S, CHARGE_END_S,
    BEFORE_WH, TARGET_WH, PASSENGERS,
) = range(12)  # fmt: skip
LEG_COLUMNS = (
    "aircraft", "origin", "destination", "depart_s", "enter_s", "lane", "land_s", "charge_start_s",
    "charge_end_s", "before_wh", "target_wh", "passengers",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class UamSchedule:
    """Legs in the order of their decisions; times are s from the start of the day, energies Wh.

    A charge without a flight is a leg whose origin is its destination, without lane or passengers.

    Attributes:
        now_s: Time up to which the day has been played.
        legs: ``(L, 12)`` with the columns `LEG_COLUMNS`: ``depart_s`` is when the leg was decided,
            ``enter_s`` the take-off into the lane, ``before_wh`` the energy at departure,
            ``target_wh`` the energy up to which the aircraft charges after landing (0: it does not
            charge); -1 marks what has not happened (yet). Landings are those that will happen.
        decisions: ``(D, 3)`` time, aircraft, action.
    """

    now_s: int
    legs: IntArray
    decisions: IntArray

    def __post_init__(self) -> None:
        """Freeze the arrays."""
        for name, columns in (("legs", len(LEG_COLUMNS)), ("decisions", 3)):
            array = np.array(getattr(self, name), dtype=np.int64).reshape(-1, columns)
            array.setflags(write=False)
            object.__setattr__(self, name, array)

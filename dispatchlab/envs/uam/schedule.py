"""UamSchedule: the legs of a day, and what was decided."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.uam.instance import UamInstance

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

    def require_fit(self, instance: "UamInstance") -> None:
        """Refuse legs that cannot be of an instance at all; whether they are feasible is open.

        Raises:
            DispatchlabError: If a leg has an aircraft, a vertiport or a departure out of range.
        """
        for column, count in (
            (AIRCRAFT, instance.num_aircraft), (ORIGIN, instance.num_ports),
            (DESTINATION, instance.num_ports), (DEPART_S, instance.horizon_s),
        ):  # fmt: skip
            values = self.legs[:, column]
            wrong = np.flatnonzero((values < 0) | (values >= count))
            if len(wrong):
                raise DispatchlabError(
                    f"The field 'legs[{wrong[0]}]' has {LEG_COLUMNS[column]} {values[wrong[0]]}, "
                    f"but in {instance.name} it is 0 to {count - 1}; take the schedule of this "
                    "instance."
                )

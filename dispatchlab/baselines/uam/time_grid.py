"""Cells of time, and the legs that aircraft may fly in them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.instance import UamInstance, charge_seconds

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
CELL_S = 300


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Equal cells of time from a start on; the last one may reach past the horizon.

    Attributes:
        start_s: Start of the first cell.
        cell_s: Length of a cell; bins of demand are a whole number of cells.
        num_cells: How many there are.
        bin_s: Length of a bin of demand.
    """

    start_s: int
    cell_s: int
    num_cells: int
    bin_s: int

    @classmethod
    def of_day(cls, instance: UamInstance, most_s: int = CELL_S) -> "TimeGrid":
        """All of the day."""
        cell = cell_length(instance, most_s)
        return cls(0, cell, -(-instance.horizon_s // cell), instance.bin_s)

    @property
    def starts(self) -> IntArray:
        """``(G,)`` start of every cell."""
        return self.start_s + self.cell_s * np.arange(self.num_cells)

    @property
    def bins(self) -> IntArray:
        """``(G,)`` bin of demand of every cell."""
        return self.starts // self.bin_s


def cell_length(instance: UamInstance, most_s: int = CELL_S) -> int:
    """The longest cell up to some length that divides a bin of demand."""
    if most_s < 1:
        raise DispatchlabError(f"The cells of time have {most_s} s; give at least 1 s.")
    most = min(most_s, instance.bin_s)
    return next(cell for cell in range(most, 0, -1) if instance.bin_s % cell == 0)


@dataclass(frozen=True, slots=True)
class Legs:
    """Ordered pairs of vertiports that an aircraft with a full battery may fly.

    Attributes:
        origin: ``(P,)``.
        destination: ``(P,)``.
        block_s: ``(P,)`` from departure to landing without delay.
        charge_s: ``(P,)`` least time at a charger of the destination after the leg.
        cost_usd: ``(P,)`` operating cost.
    """

    origin: IntArray
    destination: IntArray
    block_s: IntArray
    charge_s: IntArray
    cost_usd: FloatArray

    @classmethod
    def of(cls, instance: UamInstance) -> "Legs":
        """The legs of an instance.

        Who lands at a port with chargers charges to the lowest level at least, so the time that
        this takes after the fullest possible start is spent by everybody.
        """
        full = max(int(instance.level_wh[-1]), int(instance.start_wh.max(initial=0)))
        charger = instance.charge_slots > 0
        need = instance.leg_wh + instance.onward_wh()[None, :]
        flyable = full - need >= instance.aircraft.reserve_wh
        np.fill_diagonal(flyable, False)
        origin, destination = np.nonzero(flyable)
        left = full - instance.leg_wh[origin, destination]
        lowest = int(instance.level_wh[0])
        charge = [charge_seconds(instance.aircraft, int(wh), lowest) for wh in left]
        return cls(
            origin,
            destination,
            instance.block_s[origin, destination],
            np.where(charger[destination], np.array(charge, np.int64), 0),
            instance.distance_mi[origin, destination] * instance.op_cost_usd_per_mi,
        )

    def __len__(self) -> int:
        """How many there are."""
        return len(self.origin)

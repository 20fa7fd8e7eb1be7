"""Cells of time, and the legs that aircraft may fly in them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.instance import UamInstance, charge_seconds
from dispatchlab.envs.uam.outlook.knowledge import useful_levels

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
CELL_S = 300
TINY = 1e-9


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
    """Ordered pairs of vertiports between which aircraft may fly.

    Attributes:
        origin: ``(P,)``.
        destination: ``(P,)``.
        block_s: ``(P,)`` from departure to landing without delay.
        charge_s: ``(P,)`` at a charger of the destination after the leg.
        cost_usd: ``(P,)`` operating cost.
    """

    origin: IntArray
    destination: IntArray
    block_s: IntArray
    charge_s: IntArray
    cost_usd: FloatArray

    @classmethod
    def of(cls, instance: UamInstance, depart_wh: IntArray, level_wh: IntArray) -> "Legs":
        """The legs of an instance.

        Args:
            instance: The instance.
            depart_wh: ``(N,)`` energy of those who depart from each port.
            level_wh: ``(N,)`` to which those charge who land at each port.

        Returns:
            The legs for which the energy suffices.
        """
        left = depart_wh[:, None] - instance.leg_wh
        flyable = left - instance.onward_wh()[None, :] >= instance.aircraft.reserve_wh
        np.fill_diagonal(flyable, False)
        origin, destination = np.nonzero(flyable)
        charge = [
            charge_seconds(instance.aircraft, int(left[i, j]), int(level_wh[j]))
            for i, j in zip(origin, destination, strict=True)
        ]
        has_charger = instance.charge_slots[destination] > 0
        return cls(
            origin,
            destination,
            instance.block_s[origin, destination],
            np.where(has_charger, np.array(charge, np.int64), 0),
            instance.distance_mi[origin, destination] * instance.op_cost_usd_per_mi,
        )

    @classmethod
    def shortest(cls, instance: UamInstance) -> "Legs":
        """The legs that any aircraft may fly, and the least time that each takes.

        Who lands at a port with chargers charges to the lowest level at least, so the time that
        this takes after the fullest possible start is spent by everybody.
        """
        full = max(int(instance.level_wh[-1]), int(instance.start_wh.max(initial=0)))
        ports = np.ones(instance.num_ports, dtype=np.int64)
        return cls.of(instance, full * ports, instance.level_wh[0] * ports)

    @classmethod
    def usual(cls, instance: UamInstance) -> "Legs":
        """The legs of aircraft that charge as rules do; those at vertistops have a mean energy."""
        level_wh = instance.level_wh[useful_levels(instance)]
        flown = instance.demand.sum(axis=0) * (instance.charge_slots > 0)[:, None] + TINY
        flown *= instance.flyable
        brought = (flown * (level_wh[:, None] - instance.leg_wh)).sum(axis=0)
        mean_wh = np.floor(brought / np.maximum(flown.sum(axis=0), TINY)).astype(np.int64)
        depart_wh = np.where(instance.charge_slots > 0, level_wh, mean_wh)
        return cls.of(instance, depart_wh, level_wh)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.origin)

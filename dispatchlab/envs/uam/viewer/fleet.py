"""What every aircraft does at any moment of a day, and how much energy it has."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.uam.aircraft import CONSTANT, KNEE, AircraftType
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import (
    AIRCRAFT,
    BEFORE_WH,
    CHARGE_END_S,
    CHARGE_START_S,
    DEPART_S,
    DESTINATION,
    ENTER_S,
    LAND_S,
    LANE,
    LEG_COLUMNS,
    ORIGIN,
    PASSENGERS,
    TARGET_WH,
    UamSchedule,
)

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
STAGES = ("parked", "charging", "queued", "down", "taking off", "flying")
PARKED, CHARGING, QUEUED, DOWN, LEAVING, FLYING = range(len(STAGES))
_CURVE = np.linspace(0.0, 1.0, 7)[1:-1]  # where a tapered charge bends in drawings


class Moments(NamedTuple):
    """The fleet at G times.

    Attributes:
        stage: ``(G, K)`` index into `STAGES`.
        origin: ``(G, K)`` where the last leg began.
        port: ``(G, K)`` where each aircraft stands, or will land: it holds a slot there.
        way: ``(G, K)`` share of the leg that lies behind it, 1 on the ground.
        wh: ``(G, K)`` energy.
        passengers: ``(G, K)`` on board, 0 on the ground.
    """

    stage: IntArray
    origin: IntArray
    port: IntArray
    way: FloatArray
    wh: FloatArray
    passengers: IntArray


class Fleet:
    """The legs of a schedule by aircraft and time.

    Args:
        instance: The instance.
        realisation: Tells which aircraft fail.
        schedule: A schedule of it, complete or not.

    Raises:
        DispatchlabError: If a leg is not of the instance.
    """

    def __init__(
        self, instance: UamInstance, realisation: UamRealisation, schedule: UamSchedule
    ) -> None:
        """Sort the legs; before the first one, each aircraft is where it starts."""
        schedule.require_fit(instance)
        legs = np.concatenate([_starts(instance), schedule.legs])
        self.legs = legs[np.lexsort((legs[:, DEPART_S], legs[:, AIRCRAFT]))]
        self.instance, self.realisation = instance, realisation
        self._span = instance.horizon_s + 2
        self._key = self.legs[:, AIRCRAFT] * self._span + self.legs[:, DEPART_S] + 1

    def at(self, times_s: npt.ArrayLike) -> Moments:
        """The fleet at some times of the day.

        Args:
            times_s: ``(G,)`` seconds from 0 to the horizon.

        Returns:
            What the aircraft do then.
        """
        t = np.asarray(times_s, dtype=np.int64)[:, None]
        fleet = np.arange(self.instance.num_aircraft)
        row = np.searchsorted(self._key, fleet * self._span + t + 1, side="right") - 1
        legs = self.legs[row]
        enter, land = legs[..., ENTER_S], legs[..., LAND_S]
        way = np.where(t >= land, 1.0, np.clip((t - enter) / np.maximum(1, land - enter), 0.0, 1.0))
        flies = t < land
        return Moments(
            stage=self._stage(legs, t),
            origin=legs[..., ORIGIN],
            port=legs[..., DESTINATION],
            way=way,
            wh=self._energy(legs, t, way),
            passengers=np.where(flies, legs[..., PASSENGERS], 0),
        )

    def energy_curve(self, aircraft: int, until_s: int) -> tuple[IntArray, FloatArray]:
        """Energy of an aircraft over the day, as a line.

        Args:
            aircraft: Which.
            until_s: End of the line.

        Returns:
            Times in s at which the line bends, from 0 to the end, and the energy in Wh there.
        """
        own = self.legs[self.legs[:, AIRCRAFT] == aircraft]
        bends = [own[:, column] for column in (ENTER_S, LAND_S, CHARGE_START_S, CHARGE_END_S)]
        if self.instance.aircraft.charge_curve != CONSTANT:
            start, end = own[:, CHARGE_START_S, None], own[:, CHARGE_END_S, None]
            bends.append(np.rint(start + (end - start) * _CURVE).astype(np.int64).ravel())
        times = np.unique(np.concatenate([[0, until_s], *bends]))
        times = times[(times >= 0) & (times <= until_s)]
        row = np.searchsorted(self._key, aircraft * self._span + times + 1, side="right") - 1
        legs = self.legs[row]
        enter, land = legs[:, ENTER_S], legs[:, LAND_S]
        way = np.clip((times - enter) / np.maximum(1, land - enter), 0.0, 1.0)
        return times, self._energy(legs, times, np.where(times >= land, 1.0, way))

    def _stage(self, legs: IntArray, t: IntArray) -> IntArray:
        """Index into `STAGES` of aircraft whose last legs these are."""
        start, end = legs[..., CHARGE_START_S], legs[..., CHARGE_END_S]
        down = (self.realisation.down_from_s <= t) & (t < self.realisation.down_until_s)
        wants = legs[..., TARGET_WH] > self._landed(legs)
        charges = (start >= 0) & (start <= t) & (t < end)
        queues = wants & ((start < 0) | (t < start))
        return np.select(
            [t < legs[..., ENTER_S], t < legs[..., LAND_S], charges, queues, down],
            [LEAVING, FLYING, CHARGING, QUEUED, DOWN],
            PARKED,
        ).astype(np.int64)

    def _energy(self, legs: IntArray, t: IntArray, way: FloatArray) -> FloatArray:
        before, landed = legs[..., BEFORE_WH], self._landed(legs)
        start, end = legs[..., CHARGE_START_S], legs[..., CHARGE_END_S]
        charged = _charge(
            self.instance.aircraft, landed, legs[..., TARGET_WH], t - start, end - start
        )
        flown = before - way * (before - landed)
        return np.where((start >= 0) & (t >= start), charged, flown)

    def _landed(self, legs: IntArray) -> IntArray:
        needed = self.instance.leg_wh[legs[..., ORIGIN], legs[..., DESTINATION]]
        landed: IntArray = legs[..., BEFORE_WH] - needed
        return landed


def _charge(
    aircraft: AircraftType, start: IntArray, target: IntArray, since: IntArray, lasts: IntArray
) -> FloatArray:
    """Energy so many seconds after the begin of a charge."""
    is_over = since >= lasts
    if aircraft.charge_curve == CONSTANT:
        share = np.clip(since / np.maximum(1, lasts), 0.0, 1.0)
        return np.where(is_over, target, start + share * (target - start))
    per_second = aircraft.charge_w / 3600.0
    knee, rest = KNEE * aircraft.battery_wh, (1.0 - KNEE) * aircraft.battery_wh
    to_knee = np.maximum(knee - start, 0.0) / per_second
    missing = aircraft.battery_wh - np.maximum(start, knee)
    beyond = np.maximum(since - to_knee, 0.0)
    tapered = aircraft.battery_wh - missing * np.exp(-beyond * per_second / rest)
    energy = np.where(since < to_knee, start + since * per_second, tapered)
    return np.where(is_over, target, np.minimum(energy, target))


def _starts(instance: UamInstance) -> IntArray:
    """A leg per aircraft that ended where it starts, before the day."""
    legs = np.full((instance.num_aircraft, len(LEG_COLUMNS)), -1, dtype=np.int64)
    legs[:, AIRCRAFT] = np.arange(instance.num_aircraft)
    legs[:, ORIGIN] = legs[:, DESTINATION] = instance.start_port
    legs[:, BEFORE_WH] = instance.start_wh
    legs[:, [TARGET_WH, PASSENGERS]] = 0
    legs[:, LANE] = -1
    return legs

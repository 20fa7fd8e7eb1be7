"""Types of aircraft: what a leg takes, and how long a charge lasts."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

CHARGE_CURVES = (CONSTANT, TAPER) = ("constant", "taper")
KNEE = 0.2  # share of the battery up to which a tapered charge runs at full power
TOP_TAPER = 0.95  # a tapered charge to the full battery never ends
TINY = 1e-9  # 2200 * 0.1 is a hair above 220


@dataclass(frozen=True, slots=True)
class AircraftType:
    """What all aircraft of the fleet have in common.

    The energy of a leg of d miles is ``fixed_wh + near_wh_per_mi * min(d, near_mi) +
    far_wh_per_mi * max(0, d - near_mi)``, rounded up.

    Attributes:
        seats: Passengers that an aircraft can carry.
        battery_wh: Usable size of the battery.
        reserve_wh: Energy that no flight may touch.
        cruise_mph: Speed between take-off and landing.
        takeoff_s: From the entry into the corridor to cruise.
        landing_s: From cruise to the slot.
        fixed_wh: Energy of a leg of no length.
        near_wh_per_mi: Energy of each of the first miles.
        near_mi: How many these are.
        far_wh_per_mi: Energy of each mile after them.
        charge_w: Power of a charger.
        charge_curve: ``"constant"``, or ``"taper"``: full power up to a fifth of the battery, then
            falling in proportion to what is missing.
    """

    seats: int = 4
    battery_wh: int = 110_000
    reserve_wh: int = 0
    cruise_mph: float = 74.5
    takeoff_s: int = 360
    landing_s: int = 360
    fixed_wh: float = 0.0
    near_wh_per_mi: float = 2200.0
    near_mi: float = math.inf
    far_wh_per_mi: float = 0.0
    charge_w: int = 150_000
    charge_curve: str = CONSTANT

    def leg_wh(self, distance_mi: FloatArray) -> IntArray:
        """Energy of legs of some lengths, rounded up to whole Wh."""
        near = np.minimum(distance_mi, self.near_mi)
        far = np.maximum(distance_mi - self.near_mi, 0.0)
        energy = self.fixed_wh + self.near_wh_per_mi * near + self.far_wh_per_mi * far
        return np.asarray(np.ceil(energy - TINY), dtype=np.int64)

    def flight_s(self, distance_mi: FloatArray) -> IntArray:
        """Seconds in cruise over some distances, rounded up."""
        seconds = distance_mi / self.cruise_mph * 3600.0
        return np.asarray(np.ceil(seconds - TINY), dtype=np.int64)


def charge_seconds(aircraft: AircraftType, from_wh: int, to_wh: int) -> int:
    """How long a charge takes.

    Args:
        aircraft: Its charger and curve.
        from_wh: Energy at the start.
        to_wh: Energy at the end, below a full battery with a tapered curve.

    Returns:
        Whole seconds, rounded up; 0 if there is nothing to charge.
    """
    if to_wh <= from_wh:
        return 0
    if aircraft.charge_curve == CONSTANT:
        return int(-(-(to_wh - from_wh) * 3600 // aircraft.charge_w))
    battery, full = aircraft.battery_wh, 3600.0 / aircraft.charge_w
    knee = KNEE * battery
    seconds = max(min(to_wh, knee) - from_wh, 0.0) * full
    if to_wh > knee:
        start, end = ((max(wh, knee) / battery - KNEE) / (1.0 - KNEE) for wh in (from_wh, to_wh))
        seconds += (1.0 - KNEE) * battery * full * math.log((1.0 - start) / (1.0 - end))
    return math.ceil(seconds - TINY)


# Speeds, batteries and energies are those of the sources below. The rest is ours, as marked.
AIRCRAFT_TYPES = {
    # Airbus CityAirbus: 4 seats, 110 kWh, 120 km/h, 80 km (public announcements); 150 kW, 0.1 h for
    # take-off and landing each (github.com/iamstevepaul/UAM_fleet_Scheduling, MIT)
    "cityairbus": AircraftType(),
    # configuration of github.com/akshastry/vertisim_tutorial (MIT): 160 kWh, 67 m/s, 150 mi,
    # reserve 35 %, 350 kW at 0.9, embarking 120 s, 180 s before and after a charge, 110 s of climb;
    # ours: energy in proportion to the range, descent and disembarking like climb and embarking
    "joby-s4": AircraftType(
        battery_wh=160_000, reserve_wh=56_000, cruise_mph=149.9, takeoff_s=410, landing_s=410,
        near_wh_per_mi=1067.0, charge_w=315_000, charge_curve=TAPER,
    ),
    # facts of github.com/adam7758/AAM-SIM: 140 kWh, 150 mph, 5 % for take-off and for landing, 1 %
    # per minute of cruise, reserve 20 %, charging 4 % per minute, taxi 2 min each way, take-off and
    # landing 1 min each, unloading 2 min
    "aam-sim": AircraftType(
        battery_wh=140_000, reserve_wh=28_000, cruise_mph=150.0, takeoff_s=180, landing_s=300,
        fixed_wh=14_000.0, near_wh_per_mi=560.0, charge_w=336_000,
    ),
    # facts of github.com/Xuan-1998/UAM_system_optimization: 160 kWh of which 80 % are usable, 180
    # mph, 10 min per flight, 5 kWh + 1 kWh/mi up to 20 mi and 0.65 kWh/mi beyond, and charging
    # times that fit a taper of 317 kW
    "lax-study": AircraftType(
        battery_wh=160_000, reserve_wh=32_000, cruise_mph=180.0, takeoff_s=300, landing_s=300,
        fixed_wh=5000.0, near_wh_per_mi=1000.0, near_mi=20.0, far_wh_per_mi=650.0,
        charge_w=317_000, charge_curve=TAPER,
    ),
}  # fmt: skip

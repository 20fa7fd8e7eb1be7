"""Instance: what a scheduler may know of a day of an electric air-taxi fleet."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.uam.aircraft import CHARGE_CURVES, TINY, AircraftType, charge_seconds

__all__ = [
    "ARRIVALS",
    "CHARGE_CURVES",
    "RESERVES",
    "AircraftType",
    "Disturbance",
    "UamInstance",
    "charge_seconds",
]

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

ARRIVALS = (BATCH, SPREAD) = ("batch", "spread")
RESERVES = (SLOT, CHARGER) = ("slot", "charger")
NEVER_WH = 1 << 60  # more than any battery holds


@dataclass(frozen=True, slots=True)
class Disturbance:
    """How the day may deviate from what is expected.

    Attributes:
        delay_spread_s: Standard deviation of take-off delays about those expected at each port.
        delay_max_s: Delays are cut to the range from 0 to this.
        downtime_prob: Probability, per aircraft and day, of an outage.
        downtime_s: Its length; 0: the whole day.
    """

    delay_spread_s: int = 360
    delay_max_s: int = 1800
    downtime_prob: float = 0.005
    downtime_s: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class UamInstance:
    """Everything that a scheduler may know before the day begins.

    Times are seconds from the start of the day, energies Wh, distances statute miles, money US
    dollars. N vertiports, K aircraft, T bins, L charge levels.

    Attributes:
        name: Shown in tables.
        ports: ``(N,)`` names of the vertiports.
        x_mi: ``(N,)`` position on the map, eastwards.
        y_mi: ``(N,)`` position on the map, northwards.
        distance_mi: ``(N, N)`` length of each leg; zero diagonal, need not be symmetric.
        park_slots: ``(N,)`` slots without a charger.
        charge_slots: ``(N,)`` slots with a charger; 0 makes the port a vertistop.
        expected_delay_s: ``(N,)`` expected delay of take-offs.
        start_port: ``(K,)`` where each aircraft is when the day begins.
        start_wh: ``(K,)`` the energy it has then.
        demand: ``(T, N, N)`` expected passengers of each bin and ordered pair.
        fare_usd: ``(T, N, N)`` what a passenger pays who departs in that bin.
        price_usd_per_kwh: ``(T,)`` price of electricity.
        closure_prob: ``(N, N)`` probability, per bin, that the route is closed.
        aircraft: The aircraft's type.
        disturbance: Delays and outages.
        op_cost_usd_per_mi: Cost of an aircraft's mile but for energy.
        horizon_s: Length of the day.
        bin_s: Length of the bins of demand, fares, prices and closures.
        wait_s: An aircraft that waits is asked again at the next multiple of this.
        corridors: Lanes in each direction of a pair.
        separation_s: Least time between two entries into a lane.
        patience_s: How long a passenger waits, with ``arrivals="spread"``.
        arrivals: ``"batch"``: the passengers of a bin come at its start and leave at its end;
            ``"spread"``: each comes at a time of its own in the bin.
        charge_levels: ``(L,)`` shares of the battery to which aircraft may charge, ascending.
        reserve: ``"slot"``: a destination needs a free slot of either kind; ``"charger"``: it
            needs a free charger.
        clock_start_s: Time of day at which the day begins, for labels.
        level_wh: ``(L,)`` the charge levels as energy, rounded down.
        flight_s: ``(N, N)`` seconds in cruise, rounded up.
        leg_wh: ``(N, N)`` energy of each leg, 0 on the diagonal.
        block_s: ``(N, N)`` take-off, flight and landing together, 0 on the diagonal.
        slots: ``(N,)`` slots of either kind.
        flyable: ``(N, N)`` legs that an aircraft of the highest charge level can fly without
            touching the reserve, then or on the way from a vertistop to the nearest charger.
    """

    name: str
    ports: tuple[str, ...]
    x_mi: FloatArray
    y_mi: FloatArray
    distance_mi: FloatArray
    park_slots: IntArray
    charge_slots: IntArray
    expected_delay_s: IntArray
    start_port: IntArray
    start_wh: IntArray
    demand: FloatArray
    fare_usd: FloatArray
    price_usd_per_kwh: FloatArray
    closure_prob: FloatArray
    aircraft: AircraftType = field(default_factory=AircraftType)
    disturbance: Disturbance = field(default_factory=Disturbance)
    op_cost_usd_per_mi: float = 0.64
    horizon_s: int = 43_200
    bin_s: int = 1800
    wait_s: int = 300
    corridors: int = 2
    separation_s: int = 60
    patience_s: int = 1800
    arrivals: str = BATCH
    charge_levels: tuple[float, ...] = (1.0,)
    reserve: str = SLOT
    clock_start_s: int = 21_600
    level_wh: IntArray = field(init=False, repr=False)
    flight_s: IntArray = field(init=False, repr=False)
    leg_wh: IntArray = field(init=False, repr=False)
    block_s: IntArray = field(init=False, repr=False)
    slots: IntArray = field(init=False, repr=False)
    flyable: BoolArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the fields and derive the tables of legs."""
        from dispatchlab.envs.uam.table_checks import check_reachable, to_array
        from dispatchlab.envs.uam.validation import check_instance

        object.__setattr__(self, "ports", tuple(self.ports))
        object.__setattr__(self, "charge_levels", tuple(self.charge_levels))
        for item in fields(self):
            if item.init and item.type in (IntArray, FloatArray):
                kind = np.int64 if item.type == IntArray else np.float64
                self._keep(
                    item.name, to_array(self.name, item.name, getattr(self, item.name), kind)
                )
        check_instance(self)
        self._derive()
        check_reachable(self)

    def _derive(self) -> None:
        """Set the fields that follow from the others."""
        aircraft, legs = self.aircraft, self.distance_mi > 0.0
        self._keep("level_wh", level_energy(self.charge_levels, aircraft.battery_wh))
        self._keep("flight_s", aircraft.flight_s(self.distance_mi))
        self._keep("leg_wh", aircraft.leg_wh(self.distance_mi) * legs)
        self._keep("block_s", (aircraft.takeoff_s + self.flight_s + aircraft.landing_s) * legs)
        self._keep("slots", self.park_slots + self.charge_slots)
        top = int(self.level_wh[-1]) - aircraft.reserve_wh
        self._keep("flyable", flyable_legs(self.leg_wh, self.charge_slots > 0, top), np.bool_)

    def _keep(self, name: str, values: Any, kind: Any = None) -> None:  # noqa: ANN401 (any array)
        array = np.array(values, dtype=kind if kind else self._kind(name))
        array.setflags(write=False)
        object.__setattr__(self, name, array)

    @staticmethod
    def _kind(name: str) -> Any:  # noqa: ANN401 (a numpy type)
        return np.float64 if UamInstance.__annotations__[name] == FloatArray else np.int64

    def onward_wh(self) -> IntArray:
        """``(N,)`` energy from each vertistop to the nearest charger; 0 at ports with chargers."""
        return onward_energy(self.leg_wh, self.charge_slots > 0)

    @property
    def num_ports(self) -> int:
        """N."""
        return len(self.ports)

    @property
    def num_aircraft(self) -> int:
        """K."""
        return len(self.start_port)

    @property
    def num_bins(self) -> int:
        """T."""
        return -(-self.horizon_s // self.bin_s)

    @property
    def num_waits(self) -> int:
        """W, the ticks at which waiting aircraft are asked again."""
        return -(-self.horizon_s // self.wait_s)

    @property
    def num_levels(self) -> int:
        """L."""
        return len(self.charge_levels)

    def with_aircraft(self, **changes: Any) -> "UamInstance":
        """A copy with another type of aircraft."""
        return replace(self, aircraft=replace(self.aircraft, **changes))

    def with_disturbance(self, **changes: Any) -> "UamInstance":
        """A copy with other delays or outages."""
        return replace(self, disturbance=replace(self.disturbance, **changes))

    def __str__(self) -> str:
        """Say in one line what the problem is made of."""
        hours = self.horizon_s / 3600
        return (
            f"{self.name}: {self.num_aircraft} aircraft of {self.aircraft.seats} seats between "
            f"{self.num_ports} vertiports, {self.demand.sum():.0f} passengers expected in "
            f"{hours:g} h"
        )

    def __eq__(self, other: object) -> bool:
        """Instances are equal when all their parts are."""
        if not isinstance(other, UamInstance):
            return False
        given = [item.name for item in fields(self) if item.init]
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in given)

    __hash__ = None  # type: ignore[assignment]


def onward_energy(leg_wh: IntArray, has_charger: BoolArray) -> IntArray:
    """``(N,)`` energy from each port without a charger to the nearest one, 0 at the others."""
    to_chargers = np.where(has_charger[None, :], leg_wh, NEVER_WH)
    return np.where(has_charger, 0, to_chargers.min(axis=1))


def flyable_legs(leg_wh: IntArray, has_charger: BoolArray, usable_wh: int) -> BoolArray:
    """``(N, N)`` legs after which the energy still suffices to the nearest charger."""
    needed = leg_wh + onward_energy(leg_wh, has_charger)[None, :]
    return ~np.eye(len(leg_wh), dtype=np.bool_) & (needed <= usable_wh)


def level_energy(levels: tuple[float, ...], battery_wh: int) -> IntArray:
    """``(L,)`` shares of the battery as energy, rounded down to whole Wh."""
    return np.floor(np.array(levels) * battery_wh + TINY).astype(np.int64)

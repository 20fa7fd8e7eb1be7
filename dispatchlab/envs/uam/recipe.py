"""DayRecipe: all that a day is made from, so that a change of one part rebuilds what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from dispatchlab.envs.core.checks import check_name, check_number, check_whole
from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.uam.aircraft import TAPER, TOP_TAPER, AircraftType
from dispatchlab.envs.uam.demand import TWO_PEAKS
from dispatchlab.envs.uam.demand_files import Bins
from dispatchlab.envs.uam.instance import Disturbance, UamInstance, level_energy
from dispatchlab.envs.uam.table_checks import MAX_AIRCRAFT
from dispatchlab.envs.uam.tariffs import DEMAND
from dispatchlab.envs.uam.validation import MAX_PORTS, MAX_S, check_aircraft, check_levels

MAX_RHO = 50.0
MAX_TIMES = 1000.0  # of multipliers
MAX_CELLS = 25_000_000  # of a table over bins and pairs of ports
_DEFAULTS = {item.name: item.default for item in fields(UamInstance) if item.init}


@dataclass(frozen=True, slots=True)
class DayRecipe:
    """What a day is made from.

    The numbers of slots, the delays, closures and outages, the base fare, the fare and the cost
    per mile are our defaults; they are of the size that studies of air-taxi fleets assume.

    Attributes:
        name: Of the instances.
        network: Of `load_network`; None: random layouts.
        num_ports: Vertiports of a random layout.
        aircraft: Number of aircraft.
        seed: Of what is drawn: layout, first ports, weights of pairs, delays and closures. None:
            generators draw random layouts anew in every episode, and it is 0 elsewhere.
        area_mi: Side of the square of a random layout.
        rho: Load: expected passengers over the seat capacity of the fleet; None: as in the file.
        profile: Shape of the demand, see `profile_shape`.
        peak: Height of its peaks, relative.
        demand: A file with the demand, see `read_demand`; None: that of the profile.
        fare_rule: See `fare_table`.
        base_fare_usd: Part of the fare that does not depend on the distance.
        fare_usd_per_mi: Part that does.
        price: See `price_table`.
        park: Slots of each port without a charger.
        charge: Slots with one; none at vertistops.
        vertistops: Share of the ports that are vertistops, rounded; one port keeps its chargers.
        delay: Multiplier of the expected delays, their spread and their bound.
        closure: Multiplier of the probabilities of closures.
        downtime: Multiplier of the probability of outages.
        craft: The type of aircraft.
        disturbance: Delays and outages before their multipliers.
        options: Further fields of `UamInstance`.
    """

    name: str
    network: str | None = None
    num_ports: int = 8
    aircraft: int = 40
    seed: int | None = None
    area_mi: float = 50.0
    rho: float | None = 1.2
    profile: str = TWO_PEAKS
    peak: float = 1.0
    demand: str | None = None
    fare_rule: str = DEMAND
    base_fare_usd: float = 5.0
    fare_usd_per_mi: float = 0.64
    price: float | str = 0.2
    park: int = 10
    charge: int = 6
    vertistops: float = 0.0
    delay: float = 1.0
    closure: float = 1.0
    downtime: float = 1.0
    craft: AircraftType = field(default_factory=AircraftType)
    disturbance: Disturbance = field(default_factory=Disturbance)
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check what the instance cannot check."""
        check_name("recipe", self.name)
        where = f"The instance {self.name!r}"
        check_whole(where, "num_ports", self.num_ports, 2, MAX_PORTS)
        check_whole(where, "aircraft", self.aircraft, 1, MAX_AIRCRAFT)
        if self.seed is not None:
            check_whole(where, "seed", self.seed, 0, 2**63 - 1)
        check_whole(where, "park", self.park, 0, 1000)
        check_whole(where, "charge", self.charge, 1, 1000)
        check_number(where, "area_mi", self.area_mi, 1.0, 10_000.0)
        if self.rho is not None:
            check_number(where, "rho", self.rho, 0.0, MAX_RHO)
        check_number(where, "vertistops", self.vertistops, 0.0, 1.0)
        for name in ("peak", "delay", "closure", "downtime"):
            check_number(where, name, getattr(self, name), 0.0, MAX_TIMES)
        for name in ("base_fare_usd", "fare_usd_per_mi"):
            check_number(where, name, getattr(self, name), 0.0, 1e6)
        check_aircraft(self.craft, where)
        check_levels(self.charge_levels, self.craft, where)
        for name in ("horizon_s", "bin_s"):
            check_whole(where, name, self.option(name), 1, MAX_S)
        check_whole(where, "clock_start_s", self.option("clock_start_s"), 0, 86_399)
        cells = self.bins.num * self.num_ports**2
        if cells > MAX_CELLS:
            raise InvalidInstanceError(
                f"{where} has {self.bins.num} bins of {self.num_ports} ports, so {cells} cells of "
                f"demand; lengthen bin_s or take fewer ports, for {MAX_CELLS} cells at most."
            )

    @property
    def charge_levels(self) -> tuple[float, ...]:
        """To which an aircraft may charge: to the full battery, or nearly with a tapered curve."""
        full = (TOP_TAPER,) if self.craft.charge_curve == TAPER else (1.0,)
        return tuple(self.options.get("charge_levels", full))

    def option(self, name: str) -> Any:  # noqa: ANN401 (any field)
        """A field of the instance that is made."""
        return self.options.get(name, _DEFAULTS[name])

    @property
    def bins(self) -> Bins:
        """The bins of the day."""
        bin_s = self.option("bin_s")
        return Bins(-(-self.option("horizon_s") // bin_s), bin_s, self.option("clock_start_s"))

    @property
    def top_wh(self) -> int:
        """Energy of the highest charge level."""
        return int(level_energy(self.charge_levels, self.craft.battery_wh)[-1])

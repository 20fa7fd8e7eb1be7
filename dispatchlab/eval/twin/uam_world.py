"""The SimPy processes of `UamTwin`: passengers who come and lose patience, and aircraft.

Everything that happens at one time takes its turn by stage: passengers come and leave, charges
end, aircraft take off and land, waits and outages end, and when all that is done the aircraft on
the ground decide, port by port.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from dispatchlab.envs.uam.aircraft import charge_seconds
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import LEG_COLUMNS, NOT_YET, UamSchedule
from dispatchlab.eval.twin.moment import Moment
from dispatchlab.eval.twin.uam_parts import (
    CHARGED,
    CHARGING,
    COME,
    DECIDE,
    DOWN,
    FLYING,
    LANDED,
    LEAVE,
    QUEUED,
    READY,
    TAKEOFF,
    WAITING,
    WAKE,
    Aircraft,
    Corridor,
    Leg,
    Port,
    turn,
)

Process = Generator[simpy.Event, Any, None]


class World:
    """One day; who decides is left to a subclass.

    A disturbance, which is a process of the user, may change what is listed here: occupy slots or
    chargers, close routes, delay take-offs, slow down flights.

    Attributes:
        env: The SimPy environment.
        instance: What is known from the start.
        fleet: The aircraft.
        ports: The vertiports.
        corridors: Lanes by origin and destination.
        lines: Passengers who wait, by origin and destination, longest first; their numbers.
        closed: ``(T, N, N)`` whether a route is closed in a bin; this and the next two are copies
            of what the realisation and the instance have, which can be written to.
        takeoff_delay_s: ``(N, W)`` delay of the take-offs decided at each port between two ticks.
        block_s: ``(N, N)`` from take-off to landing.
        profit_usd: Fares less costs of the legs so far.
    """

    def __init__(self, instance: UamInstance, realisation: UamRealisation) -> None:
        """Start the processes."""
        self.instance, self._realisation = instance, realisation
        self.env = simpy.Environment()
        ports = range(instance.num_ports)
        pairs = [(origin, destination) for origin in ports for destination in ports]
        self.ports = [Port(self.env, instance, port) for port in ports]
        self.corridors = {p: Corridor(instance.corridors, instance.separation_s) for p in pairs}
        self.lines: dict[tuple[int, int], dict[int, None]] = {pair: {} for pair in pairs}
        self.closed = realisation.closed.copy()
        self.takeoff_delay_s = realisation.takeoff_delay_s.copy()
        self.block_s = instance.block_s.copy()
        starts = zip(instance.start_port.tolist(), instance.start_wh.tolist(), strict=True)
        self.fleet = [Aircraft(index, *start) for index, start in enumerate(starts)]
        self.profit_usd = 0.0
        self._legs: list[Leg] = []
        for aircraft in self.fleet:
            self.env.process(self._day(aircraft))
        for pair, first, end in zip(
            pairs, realisation.pair_offset[:-1], realisation.pair_offset[1:], strict=True
        ):
            for passenger in range(first, end):
                self.env.process(self._passenger(passenger, pair))

    @property
    def now_s(self) -> int:
        """The clock."""
        return int(self.env.now)

    @property
    def bin(self) -> int:
        """The bin of demand, fares and closures that it is."""
        return self.now_s // self.instance.bin_s

    def _moment(self, stage: int, delay: int, rank: int = 0) -> Moment:
        """A moment to come."""
        return Moment(self.env).happen(turn(stage, rank), delay)

    # -- passengers ---------------------------------------------------------------------------

    def _passenger(self, number: int, pair: tuple[int, int]) -> Process:
        """A passenger: stands in line, and leaves it unless boarded by then."""
        comes = int(self._realisation.request_s[number])
        patience = int(self._realisation.leaves_s[number]) - comes
        yield self._moment(COME, comes, number)
        self.lines[pair][number] = None
        yield self._moment(LEAVE, patience)
        self.lines[pair].pop(number, None)

    # -- aircraft -----------------------------------------------------------------------------

    def _day(self, aircraft: Aircraft) -> Process:
        """An aircraft: does what is decided, and is then ready again, unless it is down."""
        wait = self.instance.wait_s
        while True:
            yield from self._outage(aircraft)
            aircraft.status = READY
            action = yield self._question(aircraft)
            port, level = divmod(action, self.instance.num_levels)
            if port != aircraft.port:
                yield from self._flight(aircraft, port, level)
            elif self.would_charge(port, level, aircraft.energy_wh):
                leg = self._leg(aircraft, port, level, (self.now_s, NOT_YET, self.now_s))
                yield from self._charge(aircraft, leg)
            else:
                aircraft.status = WAITING
                yield self._moment(WAKE, wait - self.now_s % wait)

    def _outage(self, aircraft: Aircraft) -> Process:
        """The rest of an outage, if it is one."""
        start = int(self._realisation.down_from_s[aircraft.index])
        end = int(self._realisation.down_until_s[aircraft.index])
        if start <= self.now_s < end:
            aircraft.status = DOWN
            yield self._moment(WAKE, end - self.now_s)

    def _question(self, aircraft: Aircraft) -> simpy.Event:
        """What to do next, answered when it is the aircraft's turn at this time."""
        question = self.env.event()
        rank = aircraft.port * len(self.fleet) + aircraft.index
        # a callback and not a process, in which SimPy would wrap the errors of a policy
        asked = self._moment(DECIDE, 0, rank)
        asked.callbacks.append(lambda _: self._ask(aircraft, question))
        return question

    def _ask(self, aircraft: Aircraft, question: simpy.Event) -> None:
        """Let the question of an aircraft succeed with an action."""
        raise NotImplementedError

    def would_charge(self, port: int, level: int, energy_wh: int) -> bool:
        """Whether an aircraft has something to charge.

        Args:
            port: Where.
            level: The charge level.
            energy_wh: What it has when it is there.

        Returns:
            Whether there are chargers, and the level is above the energy.
        """
        has_chargers = self.ports[port].chargers is not None
        return has_chargers and int(self.instance.level_wh[level]) > energy_wh

    # -- flights and charges --------------------------------------------------------------------

    def _flight(self, aircraft: Aircraft, to: int, level: int) -> Process:
        """A flight, and the charge after it."""
        route = aircraft.port, to
        self.ports[route[0]].free_slots.put(1)
        self.ports[route[1]].free_slots.get(1)
        delay = int(self.takeoff_delay_s[route[0], self.now_s // self.instance.wait_s])
        lane, enter = self.corridors[route].enter(self.now_s + delay)
        land = enter + int(self.block_s[route])
        leg = self._leg(aircraft, to, level, (enter, lane, land))
        leg.passengers = self._board(route)
        self._book(route, leg.passengers)
        aircraft.port, aircraft.status = to, FLYING
        yield self._moment(TAKEOFF, enter - self.now_s)
        yield self._moment(LANDED, land - self.now_s, aircraft.index)
        aircraft.energy_wh -= int(self.instance.leg_wh[route])
        if leg.target_wh:
            yield from self._charge(aircraft, leg)

    def _leg(
        self, aircraft: Aircraft, to: int, level: int, way: tuple[int, int, int]
    ) -> Leg:  # fmt: skip
        """Record a leg; its way is the time of entry, the lane and the time of landing."""
        before = aircraft.energy_wh
        after = before - int(self.instance.leg_wh[aircraft.port, to])
        leg = Leg(aircraft.index, aircraft.port, to, self.now_s, *way, before_wh=before)
        if self.would_charge(to, level, after):
            leg.target_wh = int(self.instance.level_wh[level])
            self.ports[to].claims += 1
        self._legs.append(leg)
        return leg

    def _charge(self, aircraft: Aircraft, leg: Leg) -> Process:
        """A charge, after waiting for a charger: who came first is first, ties by number."""
        port, craft = self.ports[aircraft.port], self.instance.aircraft
        aircraft.status = QUEUED
        priority = self.now_s * len(self.fleet) + aircraft.index
        with port.chargers.request(priority) as charger:  # type: ignore[union-attr]
            yield charger
            aircraft.status = CHARGING
            lasts = charge_seconds(craft, aircraft.energy_wh, leg.target_wh)
            leg.charge_start_s, leg.charge_end_s = self.now_s, self.now_s + lasts
            yield self._moment(CHARGED, lasts, aircraft.index)
        aircraft.energy_wh = leg.target_wh
        port.claims -= 1

    # -- money ----------------------------------------------------------------------------------

    def _board(self, route: tuple[int, int]) -> int:
        """Let those board who have waited longest; how many."""
        line = self.lines[route]
        boarding = list(line)[: self.instance.aircraft.seats]
        for passenger in boarding:
            del line[passenger]
        return len(boarding)

    def _book(self, route: tuple[int, int], passengers: int) -> None:
        """Fares come in, and the miles and the energy are paid."""
        case = self.instance
        landing_bin = min((self.now_s + int(case.block_s[route])) // case.bin_s, case.num_bins - 1)
        revenue = passengers * float(case.fare_usd[self.bin][route])
        miles = float(case.distance_mi[route]) * case.op_cost_usd_per_mi
        energy = int(case.leg_wh[route]) / 1000 * float(case.price_usd_per_kwh[landing_bin])
        self.profit_usd += revenue - miles - energy

    # -- the record -----------------------------------------------------------------------------

    def _schedule(self, now: int, log: list[tuple[int, int, int]]) -> UamSchedule:
        rows = [leg.row() for leg in self._legs]
        legs = np.array(rows, dtype=np.int64).reshape(-1, len(LEG_COLUMNS))
        return UamSchedule(now, legs, np.array(log, dtype=np.int64).reshape(-1, 3))

"""How the scheduler of `UamTwin` is asked, and what it may answer."""

from collections.abc import Sequence

import simpy

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.eval.twin.uam import UNNAMED, Disturbance, Policy
from dispatchlab.eval.twin.uam_parts import Aircraft
from dispatchlab.eval.twin.uam_world import World


class DecidedWorld(World):
    """A day on which a policy decides; it may read everything that is public.

    Attributes:
        asked: The aircraft that is to decide.
    """

    def __init__(
        self, instance: UamInstance, realisation: UamRealisation, policy: Policy,
        disturbances: Sequence[Disturbance] = (),
    ) -> None:  # fmt: skip
        """Let the policy decide."""
        super().__init__(instance, realisation)
        self.asked = self.fleet[0]
        self._policy, self._stopped = policy, False
        self._log: list[tuple[int, int, int]] = []
        for disturbance in disturbances:
            self.env.process(disturbance(self))

    def play(self) -> UamSchedule:
        """Let time pass until nothing happens before the horizon, or the policy stops."""
        horizon = self.instance.horizon_s
        while not self._stopped and self.env.peek() < horizon:
            self.env.step()
        return self._schedule(self.now_s if self._stopped else horizon, self._log)

    def _ask(self, aircraft: Aircraft, question: simpy.Event) -> None:
        self.asked = aircraft
        action = self._policy(self)
        if action is None:
            self._stopped = True
            return
        if action == UNNAMED:
            action = aircraft.port * self.instance.num_levels
        else:
            self._require_possible(aircraft, action)
            self._log.append((self.now_s, aircraft.index, action))
        question.succeed(action)

    def _require_possible(self, aircraft: Aircraft, action: int) -> None:
        objection = self.objection(aircraft, action)
        if objection:
            raise InfeasibleScheduleError(
                [f"Decision {len(self._log)} at {self.now_s} s, action {action} for aircraft "
                 f"{aircraft.index} at {self.instance.ports[aircraft.port]!r}, is not possible: "
                 f"{objection}."]
            )  # fmt: skip

    # -- what it may answer -------------------------------------------------------------------

    def legal(self, aircraft: Aircraft) -> list[int]:
        """The actions that an aircraft on the ground may take.

        Args:
            aircraft: An aircraft that is asked.

        Returns:
            Their numbers, ascending.
        """
        count = self.instance.num_ports * self.instance.num_levels
        return [action for action in range(count) if not self.objection(aircraft, action)]

    def objection(self, aircraft: Aircraft, action: int) -> str:
        """Why an aircraft on the ground may not take an action.

        Args:
            aircraft: An aircraft that is asked.
            action: Number of a port times that of the charge levels, plus that of a level.

        Returns:
            The reason, as a part of a sentence; empty if it may.
        """
        case = self.instance
        if not 0 <= action < case.num_ports * case.num_levels:
            return f"actions are 0 to {case.num_ports * case.num_levels - 1}"
        to, level = divmod(action, case.num_levels)
        landed = aircraft.energy_wh - int(case.leg_wh[aircraft.port, to])
        if to != aircraft.port:
            objection = self._objection_to_flight(aircraft, to, landed)
            if objection:
                return objection
        if level and not self.would_charge(to, level, landed):
            return "there is nothing to charge to that level"
        return ""

    def _objection_to_flight(self, aircraft: Aircraft, to: int, landed: int) -> str:
        """Why an aircraft may not fly to a port."""
        port, case = self.ports[to], self.instance
        onward = 0
        if port.chargers is None:
            onward = min(
                int(case.leg_wh[to, other])
                for other, place in enumerate(self.ports)
                if place.chargers is not None
            )
        wrong = {
            "the route is closed": self.closed[self.bin, aircraft.port, to],
            "the energy is too low": landed < case.aircraft.reserve_wh,
            "it would be stranded": landed - onward < case.aircraft.reserve_wh,
            "no slot is free": port.free_slots.level < 1,
            "no charger is free": case.reserve == "charger"
            and port.chargers is not None
            and port.claims >= port.chargers.capacity,
        }
        return next((why for why, applies in wrong.items() if applies), "")

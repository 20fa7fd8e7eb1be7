"""UamTwin: a fleet of electric air taxis, played by SimPy processes."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.eval.twin.extra import load_part

if TYPE_CHECKING:
    from dispatchlab.eval.twin.uam_decisions import DecidedWorld
    from dispatchlab.eval.twin.uam_world import Process, World

UNNAMED = -1  # of actions: the aircraft stays, with the lowest charge level, and is not recorded
Policy = Callable[["DecidedWorld"], int | None]
Disturbance = Callable[["World"], "Process"]
Row = Sequence[int]


class UamTwin:
    """Plays one realisation of an instance as often as wanted, each time from the start.

    Args:
        instance: The vertiports, the fleet and what is known of the day.
        realisation: What will happen; a policy sees nothing of it in advance.
        disturbances: What else happens: functions that are given the `World` of a day and return
            a generator, which SimPy runs as one more process. It may wait (``yield
            world.env.timeout(600)``), and change whatever the attributes of the world list.

    Attributes:
        profit: Fares less costs of what was played last, in US dollars.

    Examples:
        A storm slows all flights down by ten minutes from noon on::

            def storm(world):
                yield world.env.timeout(6 * 3600)
                world.block_s += 600

            twin = UamTwin(instance, realisation, [storm])
            twin.run(policy)
    """

    def __init__(
        self, instance: UamInstance, realisation: UamRealisation,
        disturbances: Sequence[Disturbance] = (),
    ) -> None:  # fmt: skip
        """Keep all; SimPy is only needed to play."""
        self.instance, self.realisation = instance, realisation
        self.disturbances = tuple(disturbances)
        self.profit = 0.0

    def run(self, policy: Policy) -> UamSchedule:
        """Let a policy decide.

        Args:
            policy: Is shown the world whenever an aircraft, ``world.asked``, is ready, and
                answers with an action (``world.legal(world.asked)`` lists those possible), or with
                `UNNAMED`; None stops the play before the decision.

        Returns:
            The schedule at the end of the day, or where the policy stopped it.

        Raises:
            InfeasibleScheduleError: If the policy decides what is not possible then.
            MissingExtraError: Without SimPy.
        """
        world: DecidedWorld = load_part("uam_decisions").DecidedWorld(
            self.instance, self.realisation, policy, self.disturbances
        )
        schedule = world.play()
        self.profit = world.profit_usd
        return schedule

    def replay(
        self, decisions: Sequence[Row], *, until: tuple[int, int] | None = None
    ) -> UamSchedule:  # fmt: skip
        """Take recorded decisions; an aircraft that is not named when it is ready stays.

        Args:
            decisions: Time, aircraft and action, as `UamSchedule.decisions` has them.
            until: Time and aircraft of the decision before which the play stops; None plays to
                the end of the day.

        Returns:
            The schedule that follows from them.

        Raises:
            InfeasibleScheduleError: If a decision cannot be taken, or does not come up, at its
                time.
            MissingExtraError: Without SimPy.
        """
        tape = _Tape(decisions, until)
        schedule = self.run(tape)
        tape.require_end()
        return schedule


class _Tape:
    """A policy that takes recorded decisions at their times."""

    def __init__(self, decisions: Sequence[Row], until: tuple[int, int] | None) -> None:
        self._rows = [tuple(int(value) for value in row) for row in decisions]
        self._until, self._taken = until, 0

    def __call__(self, world: "DecidedWorld") -> int | None:
        """The decision for the aircraft that is asked, if there is one."""
        asked = world.now_s, world.asked.index
        if asked == self._until:
            return None
        if self._taken == len(self._rows):
            return UNNAMED
        time, aircraft, action = self._rows[self._taken]
        if (time, aircraft) == asked:
            self._taken += 1
            return action
        if time < world.now_s:
            self.require_end()
        return UNNAMED

    def require_end(self) -> None:
        """Refuse decisions that never came up."""
        left = len(self._rows) - self._taken
        if left:
            time, aircraft, _ = self._rows[self._taken]
            raise InfeasibleScheduleError(
                [f"Decision {self._taken} at {time} s for aircraft {aircraft}, before {left - 1} "
                 "more, does not come up: the aircraft cannot decide then, or the decisions are "
                 "not in the order of time, port and aircraft."]
            )  # fmt: skip

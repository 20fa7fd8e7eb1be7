"""EdgeTwin: drones, an edge and a cloud, played by SimPy processes."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import EdgeSchedule
from dispatchlab.eval.twin.extra import load_part

if TYPE_CHECKING:
    from dispatchlab.eval.twin.edge_decisions import DecidedWorld

Choice = tuple[int, int, int]
Policy = Callable[["DecidedWorld"], Choice | None]
Row = Sequence[int]


class EdgeTwin:
    """Plays one realisation of an instance as often as wanted, each time from the start.

    Args:
        instance: The models, the drones and what is known of times and network.
        realisation: What will happen; a policy sees nothing of it in advance.

    Attributes:
        qos: Utility of the tasks, in what was played last.
        qoe: Bonuses of the windows in it.
    """

    def __init__(self, instance: EdgeInstance, realisation: EdgeRealisation) -> None:
        """Keep both; SimPy is only needed to play."""
        self.instance, self.realisation = instance, realisation
        self.qos = self.qoe = 0.0

    @property
    def utility(self) -> float:
        """Total utility of what was played last."""
        return self.qos + self.qoe

    def run(self, policy: Policy) -> EdgeSchedule:
        """Let a policy decide.

        Args:
            policy: Is shown the world at every decision, and answers ``(task, verb, trigger)``,
                the task being -1 to idle and the trigger -1 unless it defers; None stops the
                play before the decision.

        Returns:
            The schedule at the end of the episode, or where the policy stopped it.

        Raises:
            InfeasibleScheduleError: If the policy decides what is not possible then.
            MissingExtraError: Without SimPy.
        """
        world: DecidedWorld = load_part("edge_decisions").DecidedWorld(
            self.instance, self.realisation, policy
        )
        schedule = world.play()
        self.qos, self.qoe = world.qos, world.qoe
        return schedule

    def replay(self, decisions: Sequence[Row]) -> EdgeSchedule:
        """Take recorded decisions.

        Args:
            decisions: Time, kind, task, verb and trigger, as `EdgeSchedule.decisions` has them.

        Returns:
            The schedule that follows from them; where they do not reach to the end of the
            episode, up to the first decision that is not recorded.

        Raises:
            InfeasibleScheduleError: If a decision cannot be taken, or does not come up, at its
                time.
            MissingExtraError: Without SimPy.
        """
        tape = _Tape(decisions)
        schedule = self.run(tape)
        tape.require_end()
        return schedule


class _Tape:
    """A policy that takes recorded decisions at their times."""

    def __init__(self, decisions: Sequence[Row]) -> None:
        self._rows = [tuple(int(value) for value in row) for row in decisions]
        self._taken = 0

    def __call__(self, world: "DecidedWorld") -> Choice | None:
        """The next decision, which must be the one that comes up."""
        if self._taken == len(self._rows):
            return None
        time, kind, task, verb, trigger = self._rows[self._taken]
        if (time, kind) != (world.now_ms, world.kind):
            raise InfeasibleScheduleError(
                [f"Decision {self._taken} is of kind {kind} at {time} ms, but the next one to be "
                 f"taken is of kind {world.kind} at {world.now_ms} ms."]
            )  # fmt: skip
        self._taken += 1
        return task, verb, trigger

    def require_end(self) -> None:
        """Refuse decisions that never came up."""
        left = len(self._rows) - self._taken
        if left:
            raise InfeasibleScheduleError(
                [f"Decision {self._taken} at {self._rows[self._taken][0]} ms and {left - 1} more "
                 "never come up: the episode is over before."]
            )  # fmt: skip

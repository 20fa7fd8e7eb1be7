"""SocTwin: task graphs streaming onto a chip, played by SimPy processes."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from dispatchlab.envs.core.errors import InfeasibleScheduleError
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.eval.twin.extra import load_part

if TYPE_CHECKING:
    from dispatchlab.eval.twin.soc_world import World

Policy = Callable[["World"], tuple[int, int, int] | None]
Plan = Mapping[tuple[int, int], tuple[int, int]]
Planner = Callable[["World"], Plan]


class SocTwin:
    """Plays one realisation of an instance as often as wanted, each time from the start.

    Args:
        instance: The chip, the job types and how jobs arrive.
        realisation: What will happen; a policy sees nothing of it in advance.
    """

    def __init__(self, instance: SocInstance, realisation: SocRealisation) -> None:
        """Keep both; SimPy is only needed to play."""
        self.instance, self.realisation = instance, realisation

    def run(self, policy: Policy) -> SocSchedule:
        """Let a policy decide.

        Args:
            policy: Is shown the world whenever tasks are ready, and answers
                ``(arrival, task, pe)``, or None to map nothing more until the next event.

        Returns:
            The schedule at the horizon or, without one, when all jobs are complete.

        Raises:
            InfeasibleScheduleError: If the policy maps what is not ready, or onto a PE that does
                not support the task, or waits when nothing else can happen.
            MissingExtraError: Without SimPy.
        """
        world: World = load_part("soc_modes").DispatchedWorld(
            self.instance, self.realisation, policy
        )
        return world.play()

    def replay(self, decisions: Sequence[tuple[int, int, int, int]]) -> SocSchedule:
        """Take recorded decisions.

        Args:
            decisions: ``(mapped_us, arrival, task, pe)`` in the order of decision, as
                `SocSchedule.decisions` gives them.

        Returns:
            The schedule that follows from them.

        Raises:
            InfeasibleScheduleError: If a decision cannot be taken at its time.
            MissingExtraError: Without SimPy.
        """
        tape = _Tape(decisions)
        schedule = self.run(tape)
        if tape.left:
            raise InfeasibleScheduleError([tape.complaint()])
        return schedule

    def follow(self, plan: Plan | Planner) -> SocSchedule:
        """Let every PE start its tasks strictly in planned order.

        Args:
            plan: ``(arrival, task)`` to ``(pe, rank)``, for all arrivals that will be injected;
                or a planner, which is shown the world whenever jobs were injected and answers
                with the plan that holds from then on for everything that has not started.

        Returns:
            The schedule; a task counts as mapped when it starts.

        Raises:
            InfeasibleScheduleError: If a task of a job in work has no place in the plan, or one
                on a PE that does not support it, or if the ranks contradict the precedences.
            MissingExtraError: Without SimPy.
        """
        planner = plan if callable(plan) else lambda _: plan
        world: World = load_part("soc_modes").PlannedWorld(self.instance, self.realisation, planner)
        return world.play()


class _Tape:
    """A policy that takes recorded decisions at their times."""

    def __init__(self, decisions: Sequence[tuple[int, int, int, int]]) -> None:
        self.left = deque(decisions)

    def __call__(self, world: "World") -> tuple[int, int, int] | None:
        """The next decision, if it is for now."""
        if not self.left or self.left[0][0] > world.now_us:
            return None
        time, arrival, task, pe = self.left[0]
        if time < world.now_us:
            raise InfeasibleScheduleError([self.complaint()])
        # of the same time, but it becomes ready only by a task that takes no time
        if (arrival, task) not in world.ready:
            return None
        self.left.popleft()
        return arrival, task, pe

    def complaint(self) -> str:
        """Why the next decision cannot be taken."""
        time, arrival, task, pe = self.left[0]
        return (
            f"Task {task} of arrival {arrival} cannot be mapped to PE {pe} at {time} µs, as "
            "decided: it is not ready then, or nothing happens then at which to decide."
        )

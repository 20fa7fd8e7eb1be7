"""The protocol of offline solvers: a whole instance in, a `Result` out."""

from typing import Protocol, TypeVar

from dispatchlab.envs.core.schedule import Result, Schedule

InstanceT = TypeVar("InstanceT", contravariant=True)


class Solver(Protocol[InstanceT]):
    """Whoever solves a whole instance offline; structural, so nothing needs to inherit."""

    def solve(
        self,
        instance: InstanceT,
        /,
        *,
        time_limit_s: float = 10.0,
        seed: int = 0,
        hint: Schedule | None = None,
    ) -> Result:
        """Search for a schedule of low objective.

        Args:
            instance: The problem.
            time_limit_s: Wall-clock limit in seconds, positive.
            seed: Seed of the search.
            hint: A feasible schedule to start from; the result is never worse.

        Returns:
            The best schedule found, its objective, a proven lower bound and the anytime log.
        """
        ...

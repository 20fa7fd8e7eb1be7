"""FixedInstances: a finite list of instances as a generator."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.task_space import Parameter, TaskSpace
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.realise import Disturbances


class FixedInstances:
    """Draws from a list of instances, uniformly or in turn.

    With two or more instances the task space has one parameter, ``instance``, the index in the
    list.
    """

    def __init__(
        self,
        instances: Sequence[str | os.PathLike[str] | CpEncoding],
        *,
        order: str = "random",
        arrival_load: float = 0.0,
        duration_noise: float = 0.0,
        breakdown_rate: float = 0.0,
        mean_time_to_repair: float = 50.0,
        max_breakdowns: int = 8,
    ) -> None:
        """Load the instances.

        Args:
            instances: Names, paths or encodings.
            order: ``"random"``, or ``"cycle"`` to go through the list again and again.
            arrival_load: See `Disturbances`, as for the others; off by default.
            duration_noise: Coefficient of variation of the processing times.
            breakdown_rate: Breakdowns per resource and time unit.
            mean_time_to_repair: Mean repair time.
            max_breakdowns: Breakdowns drawn for each resource.

        Raises:
            InvalidInstanceError: If the list is empty or the order unknown.
        """
        if order not in ("random", "cycle"):
            raise InvalidInstanceError(f"The order {order!r} is unknown; use 'random' or 'cycle'.")
        self.instances = tuple(load_instance(instance) for instance in instances)
        if not self.instances:
            raise InvalidInstanceError("The list of instances is empty; name at least one.")
        self._order = order
        self.turn = 0
        self.disturbances = Disturbances(
            arrival_load, duration_noise, breakdown_rate, mean_time_to_repair, max_breakdowns
        )
        last = len(self.instances) - 1
        index = Parameter("instance", 0, last, 0, integer=True, description="index in the list")
        self._space = TaskSpace([index] if last else [])
        self._limits = self._merged_limits()

    @property
    def task_space(self) -> TaskSpace:
        """The index of the instance."""
        return self._space

    @property
    def is_constant(self) -> bool:
        """Whether every draw is the same: one instance, and nothing random about it."""
        return len(self.instances) == 1 and self.disturbances == Disturbances()

    @property
    def limits(self) -> ProblemLimits:
        """Largest sizes over the list."""
        return self._limits

    def sample(
        self, rng: np.random.Generator, task: Mapping[str, float] | None = None
    ) -> tuple[CpEncoding, Realisation]:
        """Draw an instance and its realisation.

        Args:
            rng: The only source of randomness.
            task: ``{"instance": index}`` to choose one.

        Returns:
            The instance and its realisation.

        Raises:
            DispatchlabError: If the task is not a valid index.
        """
        encoding = self.instances[self._choose(rng, task)]
        return encoding, self.disturbances.draw(rng, encoding)

    def __repr__(self) -> str:
        """The names, shortened."""
        names = [encoding.name for encoding in self.instances[:3]]
        more = ["..."] if len(self.instances) > 3 else []
        return f"FixedInstances([{', '.join(names + more)}], order={self._order!r})"

    def _choose(self, rng: np.random.Generator, task: Mapping[str, float] | None) -> int:
        if task:
            return int(self._space.validate(task)["instance"])
        if self._order == "random":
            return int(rng.integers(len(self.instances)))
        self.turn += 1
        return (self.turn - 1) % len(self.instances)

    def _merged_limits(self) -> ProblemLimits:
        # Imported here: lanes need compiled code, which the random generators do without.
        from dispatchlab.envs.jobshop.structure import Structure

        merged = None
        for encoding in dict.fromkeys(self.instances):
            limits = ProblemLimits.of(encoding, Structure.of(encoding).num_lanes)
            limits = limits._replace(breakdowns=self.disturbances.breakdowns_of(encoding))
            merged = limits if merged is None else merged.merge(limits)
        return merged if merged is not None else ProblemLimits(0, 0, 0, 0, 0, 0, 0, 0)

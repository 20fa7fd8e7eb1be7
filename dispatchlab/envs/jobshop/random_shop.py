"""RandomJobShop: random (flexible) job shops, from the classic U{1..99} to structured ones."""

import math
from collections.abc import Mapping

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.ranges import Range, narrow
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.core.task_space import Parameter, TaskSpace
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE, OBJECTIVES, CpEncoding
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.realise import Disturbances
from dispatchlab.envs.jobshop.shop_arrays import JobColumns
from dispatchlab.envs.jobshop.shop_draws import (
    draw_jobs,
    encode_jobs,
    length_range,
    most_alternatives,
)

VOCABULARY = (
    Parameter("num_jobs", 1, 10_000, 10, integer=True, description="jobs"),
    Parameter("num_machines", 1, 1_000, 10, integer=True, description="machines"),
    Parameter("num_operations", 0, 1_000, 0, integer=True,
              description="mean operations per job; 0: as many as machines"),
    Parameter("operations_spread", 0, 1, 0, description="relative spread of that over the jobs"),
    Parameter("duration_low", 1, 1e6, 1, "time", True, "shortest processing time"),
    Parameter("duration_high", 1, 1e6, 99, "time", True, "longest processing time"),
    Parameter("duration_skew", 0, 10, 0, description="0: uniform; above: many short, few long"),
    Parameter("routing_structure", 0, 1, 0, description="share of jobs routed in two sets"),
    Parameter("revisits", 0, 1, 0, description="share of operations on any machine"),
    Parameter("operation_types", 0, 10_000, 0, integer=True,
              description="different operations; 0: every one differs"),
    Parameter("flexibility", 1, 100, 1, description="mean alternative machines per operation"),
    Parameter("flexibility_share", 0, 1, 0, description="further ones, as a share of the others"),
    Parameter("machine_spread", 0, 0.99, 0, description="relative spread over the alternatives"),
    Parameter("unrelated_times", 0, 1, 0, description="share with unrelated times on machines"),
    Parameter("due_tightness", 0.01, 10, 0.67, description="work over allowance of a job"),
    Parameter("arrival_load", 0, 10, 0, description="utilisation at which jobs arrive; 0: none"),
    Parameter("duration_noise", 0, 5, 0, description="coefficient of variation of durations"),
    Parameter("breakdown_rate", 0, 1, 0, "1/time", description="per machine and time unit"),
    Parameter("mean_time_to_repair", 1, 1e6, 50, "time", description="mean repair time"),
)  # fmt: skip

_ZERO = {
    "num_operations": "as many operations as machines",
    "operation_types": "that every operation differs",
}


class RandomJobShop:
    """Random job shops; every argument is a number or a range ``(low, high)``.

    Ranges become the parameters of `task_space`, which a teacher may choose; where it does not,
    they are drawn uniformly. All-fixed arguments give one distribution. The defaults are the
    distribution of Taillard's instances: every job visits every machine once, in an order and for
    times U{1..99} that are independent and uniform.

    * A job has ``num_operations`` operations (0: as many as there are machines), or from
      ``operations_spread`` of that less to as much more, uniformly, at least one.
    * It visits all machines once, in random order, before it visits any again; where it has fewer
      operations, it leaves machines out. A share ``revisits`` of the operations is on any machine
      instead, wherever the job has been: with 1 all machines are independent and uniform.
    * With ``operation_types`` there are only so many different operations, each with its machines
      and times (drawn as those of one job would be), and jobs are made of them: all different,
      in random order, before any again.
    * Processing times are ``duration_low + floor(u^(1 + duration_skew) * (duration_high -
      duration_low + 1))`` with u uniform on [0, 1).
    * With probability ``routing_structure`` a job visits all machines of the first half before
      those of the second half (rounded down), in random order within the halves.
    * An operation has 1 to ``ceil(2 * mean - 1)`` alternative machines, ``mean = flexibility +
      flexibility_share * (num_machines - 1)`` on average (less where there are fewer machines).
      The first keeps the processing time drawn above, the others vary uniformly by at most
      ``machine_spread`` of it; for a share ``unrelated_times`` of the operations they are drawn
      as the first was, independently.
    * With the objective ``"total_weighted_tardiness"`` a job's due date is its arrival plus its
      work divided by ``due_tightness``, and its weight is 1, 2 or 4 with probabilities 0.2, 0.6
      and 0.2. Other objectives have neither.
    * ``arrival_load``, ``duration_noise``, ``breakdown_rate`` and ``mean_time_to_repair``: see
      `dispatchlab.envs.jobshop.realise.Disturbances`.

    Times are in the time unit of the instance. `dispatchlab.envs.jobshop.shop_mixes` has the
    arguments that resemble the benchmark sets of flexible job shops.
    """

    def __init__(
        self,
        *,
        num_jobs: Range = 10,
        num_machines: Range = 10,
        num_operations: Range = 0,
        operations_spread: Range = 0.0,
        duration_low: Range = 1,
        duration_high: Range = 99,
        duration_skew: Range = 0.0,
        routing_structure: Range = 0.0,
        revisits: Range = 0.0,
        operation_types: Range = 0,
        flexibility: Range = 1.0,
        flexibility_share: Range = 0.0,
        machine_spread: Range = 0.0,
        unrelated_times: Range = 0.0,
        due_tightness: Range = 0.67,
        arrival_load: Range = 0.0,
        duration_noise: Range = 0.0,
        breakdown_rate: Range = 0.0,
        mean_time_to_repair: Range = 50.0,
        objective: str = "makespan",
    ) -> None:
        """Check the ranges."""
        given = {key: value for key, value in locals().items() if key not in ("self", "objective")}
        if objective not in OBJECTIVES:
            raise InvalidInstanceError(
                f"The objective {objective!r} is unknown; choose one of {', '.join(OBJECTIVES)}."
            )
        self._objective = objective
        ranges = [narrow(parameter, given[parameter.name]) for parameter in VOCABULARY]
        self._highest = {p.name: p.cast(p.high) for p in ranges}
        self._lowest = {p.name: p.cast(p.low) for p in ranges}
        self._fixed = {p.name: p.cast(p.low) for p in ranges if p.low == p.high}
        self._space = TaskSpace(p for p in ranges if p.low < p.high)
        if self._highest["duration_low"] > self._lowest["duration_high"]:
            raise InvalidInstanceError(
                f"duration_low goes up to {self._highest['duration_low']}, but duration_high goes "
                f"down to {self._lowest['duration_high']}; let them not cross."
            )
        for name, meaning in _ZERO.items():
            if self._lowest[name] == 0 < self._highest[name]:
                raise InvalidInstanceError(
                    f"{name} runs from 0 to {self._highest[name]}, but 0 means {meaning}; begin "
                    "at 1, or give 0 alone."
                )
        self._max_breakdowns = self._breakdowns_per_machine()

    @property
    def task_space(self) -> TaskSpace:
        """The arguments that were given as ranges."""
        return self._space

    @property
    def limits(self) -> ProblemLimits:
        """Sizes of the largest instance."""
        jobs, machines = int(self._highest["num_jobs"]), int(self._highest["num_machines"])
        longest, most = length_range(self._highest)[1], most_alternatives(self._highest)
        operations = jobs * longest
        return ProblemLimits(
            activities=operations,
            modes=operations * most,
            uses=operations * most,
            resources=machines,
            arcs=jobs * (longest - 1),
            jobs=jobs,
            lanes=jobs,
            modes_per_activity=most,
            setups=0,
            breakdowns=machines * self._max_breakdowns,
        )

    def sample(
        self, rng: np.random.Generator, task: Mapping[str, float] | None = None
    ) -> tuple[CpEncoding, Realisation]:
        """Draw a job shop and its realisation.

        Args:
            rng: The only source of randomness.
            task: Values of parameters of `task_space`; those not given are drawn uniformly.

        Returns:
            The instance and its realisation.

        Raises:
            DispatchlabError: If the task names an unknown parameter or leaves its range.
        """
        value = self._fixed | self._space.sample(rng) | self._space.chosen(task)
        jobs = draw_jobs(rng, value)
        disturbances = self.disturbances(value)
        work = jobs.work()
        arrival = disturbances.arrivals(rng, len(work), float(work.sum()) / value["num_machines"])
        encoding = encode_jobs(rng, jobs, value, self._columns(rng, value, work, arrival))
        return encoding, disturbances.draw(rng, encoding, arrival)

    def __repr__(self) -> str:
        """The arguments that differ from the defaults."""
        changed = {
            p.name: (low, high) if low < high else low
            for p in VOCABULARY
            for low, high in [(self._lowest[p.name], self._highest[p.name])]
            if (low, high) != (p.default, p.default)
        }
        parts = [f"{name}={value}" for name, value in changed.items()]
        return f"RandomJobShop({', '.join([*parts, f'objective={self._objective!r}'])})"

    def _columns(
        self,
        rng: np.random.Generator,
        value: Mapping[str, float],
        work: IntArray,
        arrival: IntArray,
    ) -> JobColumns:
        """Name, objective, due dates and weights."""
        name = f"random-{value['num_jobs']}x{value['num_machines']}"
        if self._objective != "total_weighted_tardiness":
            return JobColumns(name, self._objective)
        due = arrival + np.round(work / value["due_tightness"]).astype(np.int64)
        weight = rng.choice(np.array([1, 2, 4]), len(work), p=[0.2, 0.6, 0.2])
        return JobColumns(name, self._objective, np.minimum(due, NO_DUE_DATE - 1), weight)

    def disturbances(self, task: Mapping[str, float]) -> Disturbances:
        """What may happen in the problems of a task.

        Args:
            task: A value for each parameter that has a range.
        """
        value = {**self._fixed, **task}
        return Disturbances(
            arrival_load=value["arrival_load"],
            duration_noise=value["duration_noise"],
            breakdown_rate=value["breakdown_rate"],
            mean_time_to_repair=value["mean_time_to_repair"],
            max_breakdowns=self._max_breakdowns,
        )

    def _breakdowns_per_machine(self) -> int:
        """Enough breakdowns for one and a half times a long schedule of the largest instance."""
        rate = self._highest["breakdown_rate"]
        if rate <= 0:
            return 0
        jobs, longest = self._highest["num_jobs"], self._highest["duration_high"]
        operations = length_range(self._highest)[1]
        machines = self._lowest if self._highest["num_operations"] else self._highest
        visits = jobs * max(operations / machines["num_machines"], 1)  # of a machine
        horizon = longest * (visits + operations)
        if self._highest["arrival_load"] > 0:
            horizon += longest * visits / max(self._lowest["arrival_load"], 0.1)
        return min(math.ceil(1.5 * rate * horizon) + 2, 1000)

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
from dispatchlab.envs.jobshop.shop_arrays import JobColumns, chain_arcs, encode_chains, encode_shop

VOCABULARY = (
    Parameter("num_jobs", 1, 10_000, 10, integer=True, description="jobs"),
    Parameter("num_machines", 1, 1_000, 10, integer=True, description="machines"),
    Parameter("duration_low", 1, 1e6, 1, "time", True, "shortest processing time"),
    Parameter("duration_high", 1, 1e6, 99, "time", True, "longest processing time"),
    Parameter("duration_skew", 0, 10, 0, description="0: uniform; above: many short, few long"),
    Parameter("routing_structure", 0, 1, 0, description="share of jobs routed in two sets"),
    Parameter("flexibility", 1, 100, 1, description="mean alternative machines per operation"),
    Parameter("machine_spread", 0, 0.99, 0, description="relative spread over the alternatives"),
    Parameter("due_tightness", 0.01, 10, 0.67, description="work over allowance of a job"),
    Parameter("arrival_load", 0, 10, 0, description="utilisation at which jobs arrive; 0: none"),
    Parameter("duration_noise", 0, 5, 0, description="coefficient of variation of durations"),
    Parameter("breakdown_rate", 0, 1, 0, "1/time", description="per machine and time unit"),
    Parameter("mean_time_to_repair", 1, 1e6, 50, "time", description="mean repair time"),
)


class RandomJobShop:
    """Random job shops; every argument is a number or a range ``(low, high)``.

    Ranges become the parameters of `task_space`, which a teacher may choose; where it does not,
    they are drawn uniformly. All-fixed arguments give one distribution. The defaults are the
    distribution of Taillard's instances: every job visits every machine once, in an order and for
    times U{1..99} that are independent and uniform.

    * Processing times are ``duration_low + floor(u^(1 + duration_skew) * (duration_high -
      duration_low + 1))`` with u uniform on [0, 1).
    * With probability ``routing_structure`` a job visits all machines of the first half before
      those of the second half (rounded down), in random order within the halves.
    * An operation has 1 to ``ceil(2 * flexibility - 1)`` alternative machines, ``flexibility`` on
      average (less where there are fewer machines). The first keeps the processing time drawn
      above, the others vary uniformly by at most ``machine_spread`` of it.
    * With the objective ``"total_weighted_tardiness"`` a job's due date is its arrival plus its
      work divided by ``due_tightness``, and its weight is 1, 2 or 4 with probabilities 0.2, 0.6
      and 0.2. Other objectives have neither.
    * ``arrival_load``, ``duration_noise``, ``breakdown_rate`` and ``mean_time_to_repair``: see
      `dispatchlab.envs.jobshop.realise.Disturbances`.
    """

    def __init__(
        self,
        *,
        num_jobs: Range = 10,
        num_machines: Range = 10,
        duration_low: Range = 1,
        duration_high: Range = 99,
        duration_skew: Range = 0.0,
        routing_structure: Range = 0.0,
        flexibility: Range = 1.0,
        machine_spread: Range = 0.0,
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
        self._max_breakdowns = self._breakdowns_per_machine()

    @property
    def task_space(self) -> TaskSpace:
        """The arguments that were given as ranges."""
        return self._space

    @property
    def limits(self) -> ProblemLimits:
        """Sizes of the largest instance."""
        jobs, machines = int(self._highest["num_jobs"]), int(self._highest["num_machines"])
        operations = jobs * machines
        most = min(machines, math.ceil(2 * self._highest["flexibility"] - 1))
        return ProblemLimits(
            activities=operations,
            modes=operations * most,
            uses=operations * most,
            resources=machines,
            arcs=jobs * (machines - 1),
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
        machine, duration = draw_jobs(rng, value)
        disturbances = self._disturbances(value)
        work = duration.sum(axis=1)
        arrival = disturbances.arrivals(rng, len(work), float(work.sum()) / machine.shape[1])
        columns = self._columns(rng, value, work, arrival)
        encoding = _encode(rng, machine, duration, value, columns)
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

    def _disturbances(self, value: Mapping[str, float]) -> Disturbances:
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
        horizon = longest * (jobs + self._highest["num_machines"])
        if self._highest["arrival_load"] > 0:
            horizon += longest * jobs / max(self._lowest["arrival_load"], 0.1)
        return min(math.ceil(1.5 * rate * horizon) + 2, 1000)


def draw_jobs(rng: np.random.Generator, value: Mapping[str, float]) -> tuple[IntArray, IntArray]:
    """Draw the routes and processing times of a job shop.

    Args:
        rng: Source of randomness.
        value: A value for each parameter of `VOCABULARY`.

    Returns:
        Two ``(jobs, machines)`` arrays: machines and durations.
    """
    shape = (int(value["num_jobs"]), int(value["num_machines"]))
    low, high = int(value["duration_low"]), int(value["duration_high"])
    uniform = rng.random(shape)
    if value["duration_skew"] > 0:
        uniform **= 1.0 + value["duration_skew"]
    duration = low + (uniform * (high - low + 1)).astype(np.int64)
    keys = rng.random(shape)
    if value["routing_structure"] > 0:
        structured = rng.random((shape[0], 1)) < value["routing_structure"]
        keys += structured & (np.arange(shape[1]) >= shape[1] // 2)
    return keys.argsort(axis=1), duration


def _encode(
    rng: np.random.Generator,
    machine: IntArray,
    duration: IntArray,
    value: Mapping[str, float],
    columns: JobColumns,
) -> CpEncoding:
    """The job shop, with alternative machines where the flexibility asks for them."""
    jobs, machines = machine.shape
    lengths = np.full(jobs, machines, dtype=np.int64)
    if value["flexibility"] <= 1:
        return encode_chains(machine.ravel(), duration.ravel(), lengths, machines, columns)
    choices, mode_machine = _alternatives(rng, machine.ravel(), machines, value["flexibility"])
    mode_duration = np.repeat(duration.ravel(), choices)
    spread = value["machine_spread"]
    factor = rng.uniform(1.0 - spread, 1.0 + spread, len(mode_duration))
    factor[np.cumsum(choices) - choices] = 1.0
    mode_duration = np.maximum(1, np.round(mode_duration * factor)).astype(np.int64)
    return encode_shop(
        mode_duration,
        choices,
        np.ones(len(mode_duration), np.int64),
        mode_machine,
        machines,
        chain_arcs(lengths),
        np.repeat(np.arange(jobs), lengths),
        columns,
    )


def _alternatives(
    rng: np.random.Generator, machine: IntArray, machines: int, flexibility: float
) -> tuple[IntArray, IntArray]:
    """Number of alternatives of each operation and their machines, its own machine first."""
    count = len(machine)
    mean_count = 1.0 + rng.random(count) * (2.0 * flexibility - 2.0)
    # Random rounding keeps the mean.
    choices = np.minimum(np.floor(mean_count + rng.random(count)).astype(np.int64), machines)
    keys = rng.random((count, machines))
    keys[np.arange(count), machine] = -1.0
    order = keys.argsort(axis=1)
    return choices, order[np.arange(machines) < choices[:, None]]

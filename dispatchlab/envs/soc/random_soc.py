"""RandomSoc: random task graphs that stream onto random chips."""

from collections.abc import Mapping

import numpy as np

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.ranged_generator import RangedGenerator
from dispatchlab.envs.core.ranges import Range, narrow
from dispatchlab.envs.core.task_space import Parameter, Task
from dispatchlab.envs.soc.instance import Injection, Noise, SocInstance
from dispatchlab.envs.soc.limits import SocLimits
from dispatchlab.envs.soc.random_graphs import (
    MAX_PARENTS,
    ChipStyle,
    GraphStyle,
    random_chip,
    random_graph,
)
from dispatchlab.envs.soc.realisation import SocRealisation, draw, num_arrivals
from dispatchlab.envs.soc.stream_ranges import STREAM, draw_settings

VOCABULARY = (
    Parameter("num_tasks", 1, 1_000, 30, integer=True, description="tasks of a graph"),
    Parameter("num_graphs", 1, 100, 1, integer=True, description="job types"),
    Parameter("num_pes", 1, 64, 4, integer=True, description="processing elements"),
    Parameter("fat", 0.1, 10, 1, description="tasks per layer over the root of their number"),
    Parameter("density", 0, 1, 0.5, description="share of the layer before that may be parents"),
    Parameter("ccr", 0, 100, 1, description="mean transfer time over mean execution time"),
    Parameter("heterogeneity", 0, 2, 1, description="spread of execution times over elements"),
    Parameter("unsupported", 0, 1, 0, description="chance that an element lacks a kernel"),
    Parameter("mean_exec_us", 1, 1e6, 20, "µs", description="mean execution time"),
    *STREAM,
)
_SMALL: Task = {"num_tasks": 1, "num_graphs": 1}


class RandomSoc(RangedGenerator[SocInstance, SocRealisation, SocLimits]):
    """Random graphs and chips; every argument is a number or a range ``(low, high)``.

    Ranges become the parameters of `task_space`, which a teacher may choose; where it does not,
    they are drawn uniformly, but for ``mean_gap_us``, whose logarithm is uniform. Every episode
    has new graphs and a new chip, see `dispatchlab.envs.soc.random_graphs`.
    """

    def __init__(
        self,
        *,
        num_tasks: Range = (20, 50),
        num_graphs: Range = 1,
        num_pes: Range = 4,
        fat: Range = (0.5, 2.0),
        density: Range = (0.2, 0.8),
        ccr: Range = (0.1, 2.0),
        heterogeneity: Range = 1.0,
        unsupported: Range = 0.0,
        mean_exec_us: Range = 20.0,
        mean_gap_us: Range = 200.0,
        max_jobs: Range = 3,
        horizon_us: Range = 5000,
        noise_std: Range = 0.0,
        max_width: int = 16,
        mode: str = "lossy",
        prefill: bool = True,
        noise: str = "gaussian",
    ) -> None:
        """Check the ranges.

        Args:
            num_tasks: Tasks of each graph.
            num_graphs: Job types, equally likely.
            num_pes: Processing elements.
            fat: See `GraphStyle`, as for ``density``, ``ccr`` and ``max_width``.
            density: Share of the layer before that may be parents.
            ccr: Mean transfer time over mean execution time.
            heterogeneity: See `ChipStyle`, as for ``unsupported`` and ``mean_exec_us``.
            unsupported: Chance that an element lacks a kernel.
            mean_exec_us: Mean execution time.
            mean_gap_us: See `Injection`, as for ``max_jobs``, ``horizon_us`` and ``prefill``.
            max_jobs: Jobs in work at once.
            horizon_us: The episode ends here.
            noise_std: Relative standard deviation of execution times.
            max_width: Most tasks of a graph that may be ready at once.
            mode: ``"lossy"``, ``"blocked"`` or ``"unbounded"``.
            prefill: Whether the system starts full.
            noise: ``"gaussian"`` or ``"lognormal"``.

        Raises:
            InvalidInstanceError: If an argument is out of range.
        """
        given = dict(locals())
        ranges = [narrow(parameter, given[parameter.name]) for parameter in VOCABULARY]
        super().__init__((), ranges, {}, draw)
        self._lowest: Task = {p.name: p.cast(p.low) for p in ranges}
        self._highest: Task = {p.name: p.cast(p.high) for p in ranges}
        if type(max_width) is not int or max_width < 1:
            raise InvalidInstanceError(f"max_width is {max_width!r}; give a whole number above 0.")
        self._max_width = max_width
        self._words = (mode, prefill, noise)
        # one small draw at each end: what cannot be made is refused now, not at a reset
        for values in (self._lowest, self._highest):
            self._build(np.random.default_rng(0), values | _SMALL)

    @property
    def limits(self) -> SocLimits:
        """Bounds that no instance exceeds."""
        high = self._highest
        tasks, graphs, jobs = (int(high[n]) for n in ("num_tasks", "num_graphs", "max_jobs"))
        arcs = (tasks - 1) * min(MAX_PARENTS, tasks - 1)
        busiest = high | {"mean_gap_us": self._lowest["mean_gap_us"]}
        return SocLimits(
            pes=int(high["num_pes"]),
            graphs=graphs,
            tasks=tasks,
            total_tasks=tasks * graphs,
            arcs=arcs * graphs,
            graph_arcs=arcs,
            jobs=jobs,
            arrivals=num_arrivals(self._build(np.random.default_rng(0), busiest | _SMALL)),
            ready=jobs * min(tasks, self._max_width),
        )

    def __repr__(self) -> str:
        """The arguments."""
        parts = [
            f"{name}={low:g}" if low == high else f"{name}=({low:g}, {high:g})"
            for name, low in self._lowest.items()
            for high in [self._highest[name]]
        ]
        return f"RandomSoc({', '.join(parts)})"

    def _choose(self, rng: np.random.Generator, task: Mapping[str, float] | None) -> Task:
        return self._settings | draw_settings(rng, self._space, task)

    def _make(self, values: Task, rng: np.random.Generator) -> SocInstance:
        return self._build(rng, values)

    def _build(self, rng: np.random.Generator, values: Mapping[str, float]) -> SocInstance:
        style = GraphStyle(
            num_tasks=int(values["num_tasks"]),
            fat=values["fat"],
            density=values["density"],
            ccr=values["ccr"],
            max_width=self._max_width,
        )
        mean = values["mean_exec_us"]
        graphs = tuple(
            random_graph(rng, style, f"g{index}", mean)
            for index in range(int(values["num_graphs"]))
        )
        chip = ChipStyle(
            int(values["num_pes"]), mean, values["heterogeneity"], values["unsupported"]
        )
        kernels = tuple(kernel for graph in graphs for kernel in graph.kernels)
        mode, prefill, noise = self._words
        injection = Injection(
            mode=mode,
            mean_gap_us=float(values["mean_gap_us"]),
            max_jobs=int(values["max_jobs"]),
            horizon_us=int(values["horizon_us"]),
            prefill=prefill,
        )
        name = f"random-{len(graphs)}x{style.num_tasks}"
        return SocInstance(
            name, random_chip(rng, chip, kernels), graphs, (), injection,
            Noise(noise, float(values["noise_std"])),
        )  # fmt: skip

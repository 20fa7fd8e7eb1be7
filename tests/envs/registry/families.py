"""What the registry tests need to know of a family; a new family adds one row to `FAMILIES`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import pytest

import dispatchlab
from dispatchlab.envs.core.env import SchedulingEnv
from dispatchlab.envs.core.registry import ENVIRONMENTS, EnvRecord
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import EdgeSchedule
from dispatchlab.envs.edge.verify import verify as verify_edge
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.verify import verify as verify_soc
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation
from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.verify import verify as verify_uam

Kwargs = Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """Hooks of one family.

    Attributes:
        verify: Called with instance, realisation, schedule and reported objective; raises.
        options: Values of each categorical argument; the first one is the default.
        variants: Further arguments to run every test with, besides the defaults of the id.
        slow: Ids whose instances are too large for the quick tests.
        truncates: Whether episodes end at a horizon.
        objective_of: The objective from ``info["reward_terms"]``.
        shorten: Arguments that make the episodes of an id short.
        draws_anew: Whether every episode of an id has an instance of its own.
    """

    verify: Callable[[Any, Any, Any, float], None]
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variants: tuple[Kwargs, ...] = ({},)
    slow: frozenset[str] = frozenset()
    truncates: bool = False
    objective_of: Callable[[Mapping[str, float]], float] = lambda terms: -sum(terms.values())
    shorten: Callable[[EnvRecord], Kwargs] = lambda _: {}
    draws_anew: Callable[[EnvRecord], bool] = lambda record: "generator" in record.kwargs


def _verify_job_shop(
    problem: CpEncoding, realisation: Realisation, schedule: Schedule, objective: float
) -> None:
    dispatchlab.verify(problem, realisation, schedule, objective=objective)


def _verify_soc(
    problem: SocInstance, realisation: SocRealisation, schedule: SocSchedule, objective: float
) -> None:
    verify_soc(problem, realisation, schedule, objective, check_eager=True)


def _verify_edge(
    problem: EdgeInstance, realisation: EdgeRealisation, schedule: EdgeSchedule, objective: float
) -> None:
    verify_edge(problem, realisation, schedule, utility=-objective)


def _verify_uam(
    problem: UamInstance, realisation: UamRealisation, schedule: UamSchedule, objective: float
) -> None:
    verify_uam(problem, realisation, schedule, profit=-objective)


def _short_uam(record: EnvRecord) -> Kwargs:
    """An hour."""
    given = record.kwargs or {"generator": "random-8x40"}
    return {key: f"{name}:horizon_s=3600" for key, name in given.items()}


def _short_edge(record: EnvRecord) -> Kwargs:
    """Two seconds of video, and QoE windows of half a second."""
    given = record.kwargs.get("instance", "4d-a")
    return {"instance": f"{given}{',' if ':' in given else ':'}duration_ms=2000,qoe_window_ms=500"}


FAMILIES: dict[str, Family] = {
    "job-shop": Family(
        verify=_verify_job_shop,
        options={
            "observation": ("tokens", "graph"),
            "reward": ("bound", "completed", "sparse"),
            "semantics": ("non-delay", "non-delay-wait"),
            "stop_at": ("choices", "every"),
        },
        variants=(
            {},
            {"semantics": "non-delay-wait", "observation": "graph"},
        ),
        slow=frozenset(
            f"dispatchlab/JobShop-Taillard{size}-v0"
            for size in ("20x20", "30x15", "30x20", "50x15", "50x20", "100x20")
        ),
    ),
    "soc": Family(
        verify=_verify_soc,
        options={
            "observation": ("graph", "rehearsed"),
            "reward": ("job-time",),
            "actions": ("task-pe", "ordering"),
        },
        variants=({}, {"wait": True}, {"actions": "ordering"}),
        slow=frozenset({"dispatchlab/SoC-SixApps-v0", "dispatchlab/SoC-PulseDoppler-v0"}),
        truncates=True,
        objective_of=lambda terms: terms["job_time_us"],
        shorten=lambda record: {
            "instance": f"{record.kwargs.get('instance', 'top-1')}:horizon_us=400,warmup_us=100,"
            "mean_gap_us=40"
        },
    ),
    "edge": Family(
        verify=_verify_edge,
        options={"observation": ("graph",), "reward": ("utility",)},
        variants=({}, {"migrate": False}),
        objective_of=lambda terms: -(terms["qos"] + terms["qoe"]),
        shorten=_short_edge,
    ),
    "uam": Family(
        verify=_verify_uam,
        options={
            "observation": ("graph",),
            "reward": ("profit",),
            "stop_at": ("choices", "every"),
        },
        variants=({}, {"stop_at": "every"}),
        objective_of=lambda terms: (
            -terms["operating_cost"] - terms["energy_cost"] - terms["revenue"]
        ),
        shorten=_short_uam,
        draws_anew=lambda record: "instance" not in record.kwargs,
    ),
}


@dataclass(frozen=True)
class Case:
    """A registered id with arguments."""

    record: EnvRecord
    kwargs: Kwargs

    @property
    def family(self) -> Family:
        """Hooks of its family."""
        return FAMILIES[self.record.family]

    def make(self, **kwargs: Any) -> SchedulingEnv:
        """The scalar environment, without wrappers."""
        kwargs = {**self.family.shorten(self.record), **self.kwargs, **kwargs}
        env: SchedulingEnv = gym.make(self.record.id, **kwargs).unwrapped
        return env

    def make_vec(self, num_envs: int = 3, **kwargs: Any) -> SchedulingVectorEnv:
        """The native vector environment."""
        kwargs = {**self.family.shorten(self.record), **self.kwargs, **kwargs}
        env: SchedulingVectorEnv = gym.make_vec(self.record.id, num_envs=num_envs, **kwargs)
        return env

    def verify(self, env: SchedulingEnv, objective: float) -> None:
        """Raise unless the finished episode of a scalar environment is feasible."""
        self.family.verify(env.problem, env.realisation, env.schedule(), objective)


def _cases(*, with_variants: bool) -> list[Any]:
    """One pytest parameter for each id and variant."""
    params = []
    for record in ENVIRONMENTS:
        family = FAMILIES[record.family]
        for variant in family.variants if with_variants else ({},):
            name = "-".join([record.id.split("/")[1], *map(str, variant.values())])
            marks = [pytest.mark.slow] if record.id in family.slow else []
            params.append(pytest.param(Case(record, variant), id=name, marks=marks))
    return params


every_id = pytest.mark.parametrize("case", _cases(with_variants=False))
every_case = pytest.mark.parametrize("case", _cases(with_variants=True))


def every_option(name: str) -> pytest.MarkDecorator:
    """Every id with every value of an argument that its family knows."""
    params = [
        pytest.param(
            Case(case.record, {name: value}),
            id=f"{case.record.id.split('/')[1]}-{value}",
            marks=param.marks,
        )
        for param in _cases(with_variants=False)
        for case in param.values
        for value in case.family.options.get(name, ())
    ]
    return pytest.mark.parametrize("case", params)

"""Episodes of a few tasks, made by hand, and what rules make of them."""

from dispatchlab.baselines.edge.rollout import limits_of
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.instance import DnnModel, EdgeInstance, Jitter
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.realisation import EdgeRealisation
from dispatchlab.envs.edge.schedule import OUTCOMES
from dispatchlab.envs.edge.verify import verify

STOCK = load_instance("1d-a").models
Case = tuple[EdgeInstance, EdgeRealisation]
Task = tuple[int, str, int | None, int | None]
LOOSE = Jitter(edge_low=0.5, edge_high=1.0, cloud_sigma=0.5)  # so that any time can be given
_PERIOD_MS = 1_000_000


def only(arrival_ms: int, model: str, edge: int | None = None, cloud: int | None = None) -> Task:
    """A task; times are the expected ones unless given."""
    return arrival_ms, model, edge, cloud


def trace(tasks: list[Task], models: tuple[DnnModel, ...] = STOCK) -> Case:
    """The problem of some tasks; further ones, much later, fill it up to whole segments."""
    facts = {model.name: (number, model) for number, model in enumerate(models)}
    rows = [
        (at, facts[name][0], edge or facts[name][1].edge_ms, cloud or facts[name][1].cloud_ms)
        for at, name, edge, cloud in tasks
    ]
    segments = -(-len(rows) // len(models))
    last, first = segments * _PERIOD_MS - 1, models[0]
    filling = segments * len(models) - len(rows)
    rows += [(last, 0, first.edge_ms, first.cloud_ms)] * filling
    arrival, model, edge, cloud = zip(*rows, strict=True)
    instance = EdgeInstance(
        "trace", models, 1, duration_ms=segments * _PERIOD_MS, period_ms=_PERIOD_MS, jitter=LOOSE
    )
    return instance, EdgeRealisation(arrival, model, [0] * len(rows), edge, cloud, [0], [])


def play(
    rule: EdgeRule, tasks: list[Task], models: tuple[DnnModel, ...] = STOCK
) -> tuple[list[str], list[int], list[int]]:
    """How each task ended, when it was started or sent (-1: never), and when it ended."""
    case = trace(tasks, models)
    # more may wait than if each drone sent a segment per period
    every = case[0].num_tasks
    limits = limits_of([case])._replace(waiting=every, calls=every)
    dynamics = Dynamics(1, limits)
    dynamics.load(0, *case)
    dynamics.reset()
    rule.play(dynamics)
    schedule, (qos, qoe) = dynamics.schedule(0), dynamics.utility()[0].tolist()
    verify(*case, schedule, utility=qos + qoe, qos=qos, qoe=qoe)
    ends = [OUTCOMES[code] for code in schedule.outcome[: len(tasks)]]
    return ends, schedule.start_ms[: len(tasks)].tolist(), schedule.end_ms[: len(tasks)].tolist()

"""Small edge/cloud cases: made by hand, or by hypothesis."""

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st

from dispatchlab.envs.edge.instance import DnnModel, EdgeInstance, Jitter, Network
from dispatchlab.envs.edge.realisation import EdgeRealisation, draw
from dispatchlab.envs.edge.schedule import (
    ARRIVAL,
    CLOUD,
    DEFER,
    DROP,
    EDGE,
    EDGE_FREE,
    IDLE,
    NOT_YET,
)
from dispatchlab.eval.twin.edge_decisions import DecidedWorld

Case = tuple[EdgeInstance, EdgeRealisation]
# two models as in the hand-made cases: a for the edge, b cheap in the cloud
A = DnnModel("a", 100, 40, 60, benefit=50.0, edge_cost=1.0, cloud_cost=10.0, qoe_bonus=7.0)
B = DnnModel("b", 80, 20, 30, benefit=9.0, edge_cost=2.0, cloud_cost=12.0, qoe_bonus=3.0)
EXACT = Jitter(edge_low=1.0, edge_high=1.0, cloud_sigma=0.0)


def tiny(
    tasks: list[tuple[int, int, int, int]], *, models: tuple[DnnModel, ...] = (A, B),
    latency: tuple[int, ...] = (0,), bandwidth: tuple[int, ...] = (), **fields: object,
) -> Case:  # fmt: skip
    """A case to be solved by hand, by default without jitter.

    Args:
        tasks: Arrival, model, time on the edge and in the cloud of each task; as many as a
            multiple of the models.
        models: What they run.
        latency: Extra latency at 0, 1 s, ...
        bandwidth: Bandwidth in each second.
        fields: Other fields of the instance.

    Returns:
        The instance and its realisation.
    """
    arrival, model, on_edge, in_cloud = zip(*tasks, strict=True)
    fields = {"jitter": EXACT, "qoe_window_ms": 100, "period_ms": 10_000} | fields
    duration = len(tasks) // len(models) * int(str(fields["period_ms"]))
    instance = EdgeInstance("tiny", models, 1, duration_ms=duration, **fields)
    drone = [0] * len(tasks)
    return instance, EdgeRealisation(arrival, model, drone, on_edge, in_cloud, latency, bandwidth)


@st.composite
def dnn_models(draw_: st.DrawFn, name: str, unit: int) -> DnnModel:
    """A model with round times, so that things coincide, and perhaps a loss in the cloud."""
    edge, cloud = draw_(st.integers(1, 8)) * unit, draw_(st.integers(1, 12)) * unit
    slack = draw_(st.integers(0, 12)) * unit
    costs = st.sampled_from((0.0, 1.0, 4.5, 30.0))
    return DnnModel(
        name, min(edge, cloud) + slack, edge, cloud, draw_(st.sampled_from((5.0, 20.0))),
        draw_(costs), draw_(costs), draw_(st.sampled_from((0.0, 7.0))),
        draw_(st.sampled_from((0.3, 0.5, 0.9, 1.0))),
    )  # fmt: skip


@st.composite
def edge_instances(draw_: st.DrawFn, *, segments: int = 5) -> EdgeInstance:
    """A few models and drones; times of a few ms, or of seconds as the network's tables have."""
    unit = draw_(st.sampled_from((1, 3, 100)))
    count = draw_(st.integers(1, 3))
    period = draw_(st.integers(2, 15)) * unit
    return EdgeInstance(
        "random",
        tuple(draw_(dnn_models(f"m{m}", unit)) for m in range(count)),
        num_drones=draw_(st.integers(1, 3)),
        duration_ms=period * draw_(st.integers(1, segments)),
        period_ms=period,
        network=Network(draw_(st.sampled_from(("stationary", "trapezium", "trace"))), nominal_ms=0),
        jitter=draw_(st.sampled_from((EXACT, Jitter(), Jitter(0.5, 1.5, 0.4, "median")))),
        qoe_window_ms=draw_(st.integers(3, 30)) * unit,
        upload_bytes=draw_(st.sampled_from((0, 1, 5 * unit, 1000))),
        cloud_timeout_ms=draw_(st.integers(1, 40)) * unit,
    )


@st.composite
def edge_cases(draw_: st.DrawFn, *, segments: int = 5) -> Case:
    """A small instance and what happens: drones often in step, networks that change and fail."""
    instance = draw_(edge_instances(segments=segments))
    rng = np.random.default_rng(draw_(st.integers(0, 1 << 32)))
    if draw_(st.booleans()):
        return instance, draw(rng, instance)
    models, drones, period = instance.num_models, instance.num_drones, instance.period_ms
    phases = rng.integers(0, period, drones)
    phases[rng.random(drones) < 0.5] = 0
    arrival = np.arange(instance.num_segments)[:, None] * period + phases
    order = np.lexsort((np.tile(np.arange(drones), instance.num_segments), arrival.ravel()))
    model = np.concatenate([rng.permutation(models) for _ in order])
    factor = rng.choice((0.5, 1.0, 1.0, 1.5), (2, len(model)))
    tables = rng.choice((0, 1, 2, 9, 300, 1000), (2, rng.integers(1, 4)))
    return instance, EdgeRealisation(
        np.repeat(arrival.ravel()[order], models),
        model,
        np.repeat(order % drones, models),
        np.maximum(factor[0] * instance.edge_ms[model], 1),
        np.maximum(factor[1] * instance.cloud_ms[model], 1),
        tables[0],
        tables[1, : rng.integers(0, len(tables[1]) + 1)],
    )


def random_policy(
    seed: int, stop: float = 0.0
) -> Callable[[DecidedWorld], tuple[int, int, int] | None]:  # fmt: skip
    """A policy for the twin that decides anything that is possible.

    Args:
        seed: Of its choices.
        stop: How probably it stops the episode at a decision.

    Returns:
        The policy.
    """
    rng = np.random.default_rng(seed)
    liking = rng.choice((0.1, 1.0, 5.0), 5)  # of the verbs

    def choose(world: DecidedWorld) -> tuple[int, int, int] | None:
        if rng.random() < stop:
            return None
        free = world.kind == EDGE_FREE
        options = [(NOT_YET, IDLE)] if free else []
        for index, task in world.waiting.items():
            pointed = task is world.pointed
            options.append((index, DROP))
            if world.can_call(task):
                options.append((index, CLOUD))
            if pointed or (free and world.can_run(task)):
                options.append((index, EDGE))
            if pointed and world.kind == ARRIVAL:
                options.append((index, DEFER))
        weights = liking[[verb for _, verb in options]]
        index, verb = options[rng.choice(len(options), p=weights / weights.sum())]
        later = world.now_ms + int(rng.choice((1, 2, 5, 10, 100, 300)))
        return index, verb, later if verb == DEFER else NOT_YET

    return choose

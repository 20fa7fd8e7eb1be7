"""Edits of drones at an edge: deadlines, worth and times of models, network, fleet."""

from dataclasses import replace
from functools import partial

from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.library import CORNERS
from dispatchlab.envs.edge.network import TRAPEZIUM
from dispatchlab.train.levels.edits import Edit, Place, places

MODELS = 6  # that are told apart
COLUMNS = {"deadline_ms": "deadline", "benefit": "benefit", "edge_ms": "time on the edge",
           "cloud_ms": "time in the cloud"}  # fmt: skip
FACTORS = {0.8: "lower", 1.25: "raise"}
PEAKS = {0.7: "lower", 1.4: "raise"}
SPREADS = {0.7: "steadier", 1.4: "less steady"}
MOST = {"deadline_ms": 5000, "benefit": 1000.0, "edge_ms": 5000, "cloud_ms": 5000}
SHIFTS = {-0.1: "sooner", 0.1: "later"}  # shares of the duration


def scale_model(instance: EdgeInstance, model: Place, column: str, factor: float) -> EdgeInstance:
    """Change a number of a model, not below 1, and not above `MOST` if it is not there yet."""
    index = model.pick(instance.num_models)
    old = getattr(instance.models[index], column)
    value = min(max(old * factor, 1.0), max(old, MOST[column]))
    value = value if column == "benefit" else round(value)
    models = list(instance.models)
    models[index] = replace(models[index], **{column: value})
    return replace(instance, models=tuple(models))


def shift_network(instance: EdgeInstance, share: float) -> EdgeInstance:
    """Let the latency of a trapezium rise and fall at another time; it stays in the episode."""
    network = instance.network
    if network.kind != TRAPEZIUM:
        return instance
    by = max(round(share * instance.duration_ms), -network.ramp_start_ms)
    by = min(by, max(instance.duration_ms - network.ramp_end_ms, 0)) if by > 0 else by
    corners = {name: getattr(network, name) + by for name in CORNERS}
    return replace(instance, network=replace(network, **corners))


def hold_network(instance: EdgeInstance, share: float) -> EdgeInstance:
    """Let the latency of a trapezium fall at another time."""
    network = instance.network
    if network.kind != TRAPEZIUM:
        return instance
    by = max(round(share * instance.duration_ms), network.hold_start_ms - network.hold_end_ms)
    later = {name: getattr(network, name) + by for name in ("hold_end_ms", "ramp_end_ms")}
    return replace(instance, network=replace(network, **later))


def scale_peak(instance: EdgeInstance, factor: float) -> EdgeInstance:
    """Change the latency that a trapezium adds, at most to the longest deadline."""
    network = instance.network
    if network.kind != TRAPEZIUM:
        return instance
    most = max(network.peak_ms, int(instance.deadline_ms.max()))
    peak = min(round(network.peak_ms * factor), most)
    return replace(instance, network=replace(network, peak_ms=peak))


def scale_spread(instance: EdgeInstance, factor: float) -> EdgeInstance:
    """Change how much times in the cloud spread, at most as if they were unknown."""
    sigma = instance.jitter.cloud_sigma
    return instance.with_jitter(cloud_sigma=min(sigma * factor, max(sigma, 1.0)))


def change_drones(instance: EdgeInstance, by: int) -> EdgeInstance:
    """Add or remove a drone; one stays."""
    return replace(instance, num_drones=max(instance.num_drones + by, 1))


EDITS: tuple[Edit[EdgeInstance], ...] = (
    *(
        Edit(
            f"{verb} the {what} of model {model}",
            partial(scale_model, model=model, column=column, factor=factor),
        )
        for column, what in COLUMNS.items()
        for factor, verb in FACTORS.items()
        for model in places(MODELS)
    ),
    *(
        Edit(f"let the network get slow {when}", partial(shift_network, share=share))
        for share, when in SHIFTS.items()
    ),
    *(
        Edit(f"let the network recover {when}", partial(hold_network, share=share))
        for share, when in SHIFTS.items()
    ),
    *(
        Edit(f"{verb} the peak of the latency", partial(scale_peak, factor=factor))
        for factor, verb in PEAKS.items()
    ),
    *(
        Edit(f"make the cloud {how}", partial(scale_spread, factor=factor))
        for factor, how in SPREADS.items()
    ),
    Edit("remove a drone", partial(change_drones, by=-1)),
    Edit("add a drone", partial(change_drones, by=1)),
)

"""EdgeLimits: how large the arrays of an environment are."""

from typing import NamedTuple

from dispatchlab.envs.edge.instance import EdgeInstance


class EdgeLimits(NamedTuple):
    """Sizes that hold one or several instances.

    Attributes:
        models: DNN models.
        tasks: Tasks of an episode.
        waiting: Tasks that can wait at once.
        calls: Cloud calls that can be in flight at once.
        latency: Samples of the network's latency.
        bandwidth: Samples of its bandwidth.
    """

    models: int
    tasks: int
    waiting: int
    calls: int
    latency: int
    bandwidth: int

    @classmethod
    def of(cls, instance: EdgeInstance) -> "EdgeLimits":
        """What an instance needs."""
        latency, bandwidth = instance.network_samples()
        longest = max(model.deadline_ms for model in instance.models)
        per_period = instance.num_drones * len(instance.models)
        segments = -(-longest // instance.period_ms)
        in_flight = -(-(longest + instance.cloud_timeout_ms) // instance.period_ms) + 1
        return cls(
            models=len(instance.models),
            tasks=instance.num_tasks,
            waiting=min(per_period * segments, instance.num_tasks),
            calls=min(per_period * in_flight, instance.num_tasks),
            latency=latency,
            bandwidth=bandwidth,
        )

    def merge(self, other: "EdgeLimits") -> "EdgeLimits":
        """What both need."""
        return EdgeLimits(*(max(pair) for pair in zip(self, other, strict=True)))

"""Which problems the formats without a chip and a stream can express."""

from typing import NamedTuple

import numpy as np

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.soc.instance import SocInstance


class Plain(NamedTuple):
    """One job on a chip with uniform links.

    Attributes:
        rows: Execution times of each task.
        arcs: ``(source, target, volume)`` of each arc.
        bandwidth: Of every link.
    """

    rows: list[list[int]]
    arcs: list[tuple[int, int, float]]
    bandwidth: float


def plain_problem(instance: SocInstance, format: str) -> Plain:
    """The parts of a problem that is nothing but one job on a chip with uniform links.

    Args:
        instance: The instance.
        format: Name of the format, for the error message.

    Returns:
        Its parts.

    Raises:
        InstanceFormatError: Naming what the format would lose.
    """
    lost = _lost(instance)
    if lost is not None:
        raise InstanceFormatError(
            f"The {format} format has no place for {lost} of {instance.name!r}; write json instead."
        )
    graph, chip = instance.graphs[0], instance.chip
    arcs = zip(graph.arc_from.tolist(), graph.arc_to.tolist(), graph.volume.tolist(), strict=True)
    return Plain(instance.expected_us(0).tolist(), list(arcs), _links(instance)[0]
                 if chip.num_pes > 1 else 1.0)  # fmt: skip


def _lost(instance: SocInstance) -> str | None:
    if len(instance.graphs) > 1:
        return f"the {len(instance.graphs)} graphs"
    injection = instance.injection
    if (injection.mode, injection.num_jobs, injection.horizon_us) != ("batch", 1, None):
        return f"the stream of jobs (the injection {injection.mode!r})"
    if instance.noise.kind != "none" and instance.noise.std > 0:
        return "the noise"
    if instance.chip.memory_bandwidth is not None:
        return "the shared memory"
    if len(_links(instance)) > 1:
        return f"the {len(_links(instance))} different bandwidths"
    return None


def _links(instance: SocInstance) -> list[float]:
    """The different bandwidths between different elements."""
    chip = instance.chip
    between = chip.bandwidth[~np.eye(chip.num_pes, dtype=bool)]
    return [float(value) for value in np.unique(between)]

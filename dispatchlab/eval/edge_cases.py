"""Cases at an edge: workloads, their networks, and what else can be set.

Equal seeds draw alike: with another network or another spread of execution times, the arrivals and
the draws behind the times stay the same.
"""

from collections.abc import Sequence

from dispatchlab.envs.edge.instance import EdgeInstance
from dispatchlab.envs.edge.library import load_instance, with_settings
from dispatchlab.envs.edge.realisation import draw
from dispatchlab.eval.cases import Case
from dispatchlab.eval.stream_cases import Settings, StreamFamily, of_instance

_EDGES = StreamFamily("edge", load_instance, with_settings, of_instance(draw))


def edge_cases(
    instances: Sequence[str | EdgeInstance], points: Sequence[Settings] = ({},), seeds: int = 1
) -> list[Case]:
    """Every instance with every combination of settings under every seed; see `StreamFamily`."""
    return _EDGES.cases(instances, points, seeds)


def edge_case(
    name: str, instance: EdgeInstance, seed: int, settings: Settings | None = None
) -> Case:
    """One instance under one realisation; see `StreamFamily`."""
    return _EDGES.case(name, instance, seed, settings)

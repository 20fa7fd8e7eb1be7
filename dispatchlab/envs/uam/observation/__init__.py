"""Observations of the UAM family."""

from collections.abc import Callable

from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.parts import find_part
from dispatchlab.envs.uam.observation.graph import GraphObservation
from dispatchlab.envs.uam.observation.priced import PricedObservation

OBSERVATIONS: dict[str, Callable[[], Observation]] = {
    "graph": GraphObservation,
    "priced": PricedObservation,
}


def make_observation(observation: str | Observation) -> Observation:
    """The observation itself, or the one registered under that name."""
    if not isinstance(observation, str) and hasattr(observation, "fill"):
        return observation
    return find_part("observation", observation, OBSERVATIONS)()


__all__ = ["OBSERVATIONS", "GraphObservation", "PricedObservation", "make_observation"]

"""Observations of the SoC family."""

from collections.abc import Callable
from functools import partial

from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.parts import find_part
from dispatchlab.envs.soc.observation.graph import GraphObservation
from dispatchlab.envs.soc.observation.rehearsed import RehearsedObservation

OBSERVATIONS: dict[str, Callable[[], Observation]] = {
    "graph": GraphObservation,
    "rehearsed": RehearsedObservation,
    "rehearsed-etf": partial(RehearsedObservation, ways=1),
}


def make_observation(observation: str | Observation) -> Observation:
    """The observation itself, or the one registered under that name."""
    if not isinstance(observation, str) and hasattr(observation, "fill"):
        return observation
    return find_part("observation", observation, OBSERVATIONS)()


__all__ = ["OBSERVATIONS", "GraphObservation", "RehearsedObservation", "make_observation"]

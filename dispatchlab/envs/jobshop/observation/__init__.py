"""Observations: the graph specs of the job-shop family and the kernels that fill them."""

from collections.abc import Callable

from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.core.parts import find_part
from dispatchlab.envs.jobshop.observation.graph import GraphObservation
from dispatchlab.envs.jobshop.observation.rehearsed import RehearsedObservation
from dispatchlab.envs.jobshop.observation.tokens import TokensObservation
from dispatchlab.envs.jobshop.observation.window import WindowObservation

OBSERVATIONS: dict[str, Callable[[], Observation]] = {
    "tokens": TokensObservation,
    "graph": GraphObservation,
    "rehearsed": RehearsedObservation,
}


def make_observation(observation: str | Observation) -> Observation:
    """The observation itself, or the one registered under that name."""
    if not isinstance(observation, str) and hasattr(observation, "fill"):
        return observation
    return find_part("observation", observation, OBSERVATIONS)()


__all__ = ["OBSERVATIONS", "GraphObservation", "Observation", "RehearsedObservation",
           "TokensObservation", "WindowObservation", "make_observation"]  # fmt: skip

"""Observations: the graph specs of the job-shop family and the kernels that fill them."""

from collections.abc import Callable

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.jobshop.observation.graph import GraphObservation
from dispatchlab.envs.jobshop.observation.tokens import TokensObservation

OBSERVATIONS: dict[str, Callable[[], Observation]] = {
    "tokens": TokensObservation,
    "graph": GraphObservation,
}


def make_observation(observation: str | Observation) -> Observation:
    """The observation itself, or the one registered under that name."""
    if not isinstance(observation, str) and hasattr(observation, "fill"):
        return observation
    if not isinstance(observation, str) or observation not in OBSERVATIONS:
        raise DispatchlabError(
            f"Unknown observation {observation!r}; choose one of {', '.join(OBSERVATIONS)}."
        )
    return OBSERVATIONS[observation]()


__all__ = ["OBSERVATIONS", "GraphObservation", "Observation", "TokensObservation",
           "make_observation"]  # fmt: skip

"""Genes of a day: what they mean, where a search begins, and its settings."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.instance import UamInstance

FloatArray = npt.NDArray[np.float64]
Draw = Callable[[tuple[int, ...]], FloatArray]
KINDS = (DESTINATIONS, BIASES) = ("destinations", "biases")
SPREAD_USD = 30.0  # standard deviation of biases, per hour; 60 and 120 find less in 100 generations


class Operators(NamedTuple):
    """Settings of the search.

    Attributes:
        population: Individuals of a generation.
        generations: How many follow the first one.
        mutation: Probability that a gene of a child is drawn anew.
        elite: Share of the population that always survives.
        crossover: Probability that a parent has children.
        parents: Share of the population that is kept as parents, the elite included.
    """

    population: int = 100
    generations: int = 100
    mutation: float = 0.1
    elite: float = 0.01
    crossover: float = 0.5
    parents: float = 0.3

    @property
    def num_parents(self) -> int:
        """Individuals that are kept as parents."""
        return min(self.population - 1, max(1, round(self.parents * self.population)))

    def check(self) -> None:
        """Refuse settings that no search can have.

        Raises:
            DispatchlabError: If there are too few individuals, or a share is not within 0 and 1.
        """
        for name in ("population", "generations"):
            least = 2 if name == "population" else 0
            if getattr(self, name) < least:
                raise DispatchlabError(f"{name} is {getattr(self, name)}; give at least {least}.")
        for name in ("mutation", "elite", "crossover", "parents"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise DispatchlabError(f"{name} is {getattr(self, name)}; give 0 to 1.")


def num_genes(instance: UamInstance, kind: str) -> int:
    """How many genes a day has.

    Destinations suffice for every tick at which all ports ask, and for flights of mean length all
    day long; who decides more often begins again with the first gene.
    """
    ports = instance.num_ports
    if kind == BIASES:
        return instance.num_bins * ports * ports
    block = float(instance.block_s[instance.block_s > 0].mean())
    flights = instance.num_aircraft * int(instance.horizon_s / block)
    return instance.num_waits * min(ports, instance.num_aircraft) + flights


def drawing(instance: UamInstance, kind: str, rng: np.random.Generator) -> Draw:
    """Who draws genes: ports uniformly, or biases from a normal distribution."""
    if kind == BIASES:
        return lambda shape: rng.normal(0.0, SPREAD_USD, shape)
    return lambda shape: rng.integers(0, instance.num_ports, shape).astype(np.float64)


def first_generation(
    instance: UamInstance, kind: str, how: Operators, rng: np.random.Generator
) -> FloatArray:
    """``(population, G)`` genes at random; of biases, the greedy day and mutations of it."""
    shape = (how.population, num_genes(instance, kind))
    genes = drawing(instance, kind, rng)(shape)
    if kind == BIASES:
        genes[rng.random(shape) >= how.mutation] = 0.0
        genes[0] = 0.0
    return genes

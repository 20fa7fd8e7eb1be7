"""The genetic algorithm as a dispatcher: it knows the day, and replays the best one it finds.

The published comparator (Paul, Witter and Chowdhury, SAC 2024, arXiv 2401.04851) lets a genetic
algorithm choose the destinations of a day. The settings here are recalled, not confirmed; they are
the defaults of the package geneticalgorithm 1.0.2 as well. Candidates are evaluated on the day
itself, as ours assumes of that one, so the search sees passengers, delays and closures that no
online method can know.
"""

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.gene_kernels import choose_by_genes, play_genes
from dispatchlab.baselines.uam.genes import (
    BIASES,
    DESTINATIONS,
    KINDS,
    Operators,
    drawing,
    first_generation,
)
from dispatchlab.baselines.uam.rollout import Problem, limits_of
from dispatchlab.envs.core.errors import DispatchlabError, MissingExtraError
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import DECISIONS
from dispatchlab.envs.uam.outlook.knowledge import Known, learn, make_known
from dispatchlab.envs.uam.view import UamView

IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]


class GeneticDispatcher:
    """Searches for the best genes of each day when it begins, and plays them.

    Args:
        genes: ``"destinations"``: one destination for each decision, from random ones, as
            published; an illegal one is replaced by the nearest legal port, staying included.
            ``"biases"``: dollars per hour that are added to the profit per hour of each leg (and
            of staying) in each bin of demand, from the greedy day on, so that the result is at
            least as good as the rule ``"greedy-rate"``.
        seed: Of the search; row b searches with ``(seed, b)``.
        population: Individuals of a generation.
        generations: How many follow the first one.
        mutation: Probability that a gene is drawn anew; by default 0.1 for destinations and
            0.003 for biases.
        elite: Share of the population that always survives.
        crossover: Probability that a parent has children.
        parents: Share of the population that is kept as parents.
    """

    def __init__(
        self, genes: str = BIASES, *, seed: int = 0, population: int = 100, generations: int = 100,
        mutation: float | None = None, elite: float = 0.01, crossover: float = 0.5,
        parents: float = 0.3,
    ) -> None:  # fmt: skip
        """Check the settings."""
        if genes not in KINDS:
            raise DispatchlabError(f"genes is {genes!r}; give {' or '.join(map(repr, KINDS))}.")
        if mutation is None:
            mutation = 0.1 if genes == DESTINATIONS else 0.003
        self.operators = Operators(population, generations, mutation, elite, crossover, parents)
        self.operators.check()
        self.genes, self.seed = genes, seed
        self._of: Dynamics | None = None
        self._genes, self._sizes = np.zeros((0, 0)), np.zeros(0, np.int64)

    def search(
        self, problem: Problem, *, stop_at: str = "choices", row: int = 0
    ) -> tuple[FloatArray, float]:
        """Look for the best genes of a day.

        Args:
            problem: An instance and what will happen in it.
            stop_at: See `dispatchlab.envs.uam.dynamics.Dynamics`.
            row: Seeds the search, with the seed.

        Returns:
            The genes, and the profit of the day in dollars.
        """
        try:
            from dispatchlab.baselines.uam.genetic_search import search
        except ModuleNotFoundError as error:
            raise MissingExtraError("pymoo", "solvers") from error
        how, (instance, realisation) = self.operators, problem
        limits = limits_of([problem])
        dynamics = Dynamics(how.population, limits, stop_at=stop_at, slots=1, log=False)
        dynamics.load(0, instance, realisation)
        known, biases = _know(dynamics), self.genes == BIASES

        def play(genes: FloatArray) -> FloatArray:
            dynamics.reset()
            sizes = np.full(len(genes), genes.shape[1])
            d, choices = dynamics, stop_at == "choices"
            play_genes(d.problem, d.state, known, genes, sizes, biases, choices)
            return -dynamics.objective()[: len(genes)]

        rng = np.random.default_rng([self.seed, row])
        first = first_generation(instance, self.genes, how, rng)
        return search(first, play, drawing(instance, self.genes, rng), how, rng)

    def act_batch(self, view: UamView) -> IntArray:
        """``(B,)`` one action per environment; searches where a day begins."""
        d = view.dynamics
        self._look(d)
        actions = np.zeros(d.batch, np.int64)
        how = (self._genes, self._sizes, self.genes == BIASES)
        choose_by_genes(d.problem, d.state, _know(d), *how, actions)
        return actions

    def play(self, dynamics: Dynamics) -> None:
        """Search and play all rows to their ends."""
        d = dynamics
        self._look(d)
        how = (self._genes, self._sizes, self.genes == BIASES, d.stop_at == "choices")
        play_genes(d.problem, d.state, _know(d), *how)

    def _look(self, dynamics: Dynamics) -> None:
        """Search in the rows whose day begins."""
        if self._of is not dynamics:
            self._of, self._sizes = dynamics, np.zeros(dynamics.batch, np.int64)
            self._genes = np.zeros((dynamics.batch, 0))
        begins = (dynamics.state.row[:, DECISIONS] == 0) | (self._sizes == 0)
        for row in np.flatnonzero(begins & ~dynamics.done()).tolist():
            problem = (dynamics.encoding(row), dynamics.realisation(row))
            genes, _ = self.search(problem, stop_at=dynamics.stop_at, row=row)
            missing = max(0, len(genes) - self._genes.shape[1])
            self._genes = np.pad(self._genes, ((0, 0), (0, missing)))
            self._genes[row, : len(genes)], self._sizes[row] = genes, len(genes)


def _know(dynamics: Dynamics) -> Known:
    """What the kernels need to know of the instances."""
    streams = np.zeros(dynamics.batch, np.uint64)
    known = make_known(dynamics.num_slots, dynamics.limits, streams)
    for slot, instance in enumerate(dynamics.instances):
        if instance is not None:
            learn(known, slot, instance)
    return known

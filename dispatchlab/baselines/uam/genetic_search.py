"""The genetic algorithm on pymoo: which parents are kept, and how genes are redrawn."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from pymoo.algorithms.soo.nonconvex.ga import GA
from pymoo.core.mutation import Mutation
from pymoo.core.population import Population
from pymoo.core.problem import Problem
from pymoo.core.selection import Selection
from pymoo.core.survival import Survival
from pymoo.operators.crossover.ux import UniformCrossover
from pymoo.optimize import minimize

from dispatchlab.baselines.uam.genes import Draw, Operators

FloatArray = npt.NDArray[np.float64]


class _Days(Problem):  # type: ignore[misc]
    """Whole days, played from the genes of a population."""

    def __init__(self, num_genes: int, play: Callable[[FloatArray], FloatArray]) -> None:
        super().__init__(n_var=num_genes, n_obj=1, xl=-np.inf, xu=np.inf)
        self._play = play

    def _evaluate(
        self, x: FloatArray, out: dict[str, FloatArray], *_: object, **__: object
    ) -> None:
        out["F"] = -self._play(np.asarray(x, np.float64))[:, None]


class _Parents(Selection):  # type: ignore[misc]
    """Picks the elite and others by chance as parents, and lets some of them have children."""

    def __init__(self, how: Operators, rng: np.random.Generator) -> None:
        super().__init__()
        self.how, self.rng = how, rng
        self.kept = np.zeros(0, np.int64)

    def _do(
        self, _: Problem, pop: Population, n_select: int, n_parents: int, **__: object
    ) -> Population:
        cost = pop.get("F")[:, 0]
        count = self.how.num_parents
        elite = min(count, max(1, round(self.how.elite * len(cost))))
        share = cost.max() - cost + 1e-9
        drawn = self.rng.choice(len(cost), count - elite, p=share / share.sum())
        self.kept = np.append(np.argsort(cost, kind="stable")[:elite], drawn)
        fertile = self.kept[self.rng.random(count) < self.how.crossover]
        return pop[self.rng.choice(fertile if len(fertile) else self.kept, (n_select, n_parents))]


class _NextGeneration(Survival):  # type: ignore[misc]
    """The parents and all of the children."""

    def __init__(self, parents: _Parents) -> None:
        super().__init__(filter_infeasible=False)
        self.parents = parents

    def _do(
        self, _: Problem, pop: Population, *__: object, n_survive: int = 0, **___: object
    ) -> Population:
        if len(pop) == n_survive:
            return pop
        return Population.merge(pop[self.parents.kept], pop[n_survive:])


class _Redraw(Mutation):  # type: ignore[misc]
    """Draws genes anew."""

    def __init__(self, how: Operators, rng: np.random.Generator, draw: Draw) -> None:
        super().__init__(prob=1.0)
        self.how, self.rng, self.draw = how, rng, draw

    def _do(self, _: Problem, x: FloatArray, **__: object) -> FloatArray:
        return np.where(self.rng.random(x.shape) < self.how.mutation, self.draw(x.shape), x)


def search(
    first: FloatArray, play: Callable[[FloatArray], FloatArray], draw: Draw, how: Operators,
    rng: np.random.Generator,
) -> tuple[FloatArray, float]:  # fmt: skip
    """Look for the genes with the highest profit.

    Args:
        first: ``(population, G)`` genes of the first generation.
        play: Profits of the days of some rows of genes.
        draw: Fresh genes of a shape.
        how: Settings.
        rng: Draws parents and mutations.

    Returns:
        ``(G,)`` the best genes ever found, and their profit.
    """
    parents = _Parents(how, rng)
    algorithm = GA(
        pop_size=how.population, n_offsprings=how.population - how.num_parents, sampling=first,
        selection=parents, survival=_NextGeneration(parents),
        crossover=UniformCrossover(prob=1.0), mutation=_Redraw(how, rng, draw),
        eliminate_duplicates=False,
    )  # fmt: skip
    seed = int(rng.integers(1 << 31))
    found = minimize(
        _Days(first.shape[1], play), algorithm, ("n_gen", how.generations + 1), seed=seed
    )
    return np.asarray(found.X, np.float64), -float(found.F[0])

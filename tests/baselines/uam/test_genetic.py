"""The genetic algorithm: what its genes mean, and what its search finds."""

import numpy as np
import pytest

from dispatchlab.baselines.uam.genes import first_generation, num_genes
from dispatchlab.baselines.uam.genetic import GeneticDispatcher
from dispatchlab.baselines.uam.rollout import Problem, begin, run_dispatcher
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.observation import make_observation
from dispatchlab.envs.uam.realisation import draw
from dispatchlab.envs.uam.verify import verify
from dispatchlab.envs.uam.view import UamView
from tests.baselines.uam.hand_made import by_hand

pytest.importorskip("pymoo")
A, B = range(2)
PAIR = [[0.0, 3.0], [3.0, 0.0]]
FEW = {"population": 12, "generations": 4}


def small(seed: int = 0) -> Problem:
    """A drawn day of five ports."""
    instance = load_instance("random-5x20:rho=1.2")
    return instance, draw(np.random.default_rng(seed), instance)


@pytest.mark.parametrize(("genes", "least"), [("destinations", 34.0), ("biases", 37.0)])
def test_a_day_whose_optimum_is_known(genes: str, least: float) -> None:
    """An empty leg to B earns 37 dollars on the way back; nothing else earns anything.

    Destinations rarely lose all needless legs, since each one moves the genes that follow.
    """
    problem = by_hand(PAIR, [(1, B, A, 2, 20.0)], starts=[A], cost_usd_per_mi=0.5)
    long = {"population": 60, "generations": 80, "elite": 0.2, "mutation": 0.02}
    outcome = run_dispatcher(GeneticDispatcher(genes, **long), [problem])[0]
    assert least <= outcome.profit_usd <= 37.0


@pytest.mark.parametrize("genes", ["destinations", "biases"])
def test_the_best_day_is_replayed(genes: str) -> None:
    """What is played is what the search promised; the checker accepts it, a seed repeats it."""
    problem = small()
    dispatcher = GeneticDispatcher(genes, seed=5, **FEW)
    outcome = run_dispatcher(dispatcher, [problem])[0]
    assert outcome.schedule is not None
    verify(*problem, outcome.schedule, profit=outcome.profit_usd)
    best, profit = dispatcher.search(problem)
    assert outcome.profit_usd == pytest.approx(profit)
    assert len(best) == num_genes(problem[0], genes)
    assert GeneticDispatcher(genes, seed=6, **FEW).search(problem)[1] != profit


def test_biases_are_at_least_greedy() -> None:
    """The first generation has the greedy day; later ones never lose the best."""
    problems = [small(seed) for seed in range(3)]
    greedy = run_dispatcher(UamRule("greedy-rate"), problems, log=False)
    none = GeneticDispatcher("biases", population=2, generations=0, mutation=0.0)
    found = run_dispatcher(GeneticDispatcher("biases", **FEW), problems, log=False)
    start = run_dispatcher(none, problems, log=False)
    for rule, first, last in zip(greedy, start, found, strict=True):
        assert first.profit_usd == pytest.approx(rule.profit_usd)
        assert last.profit_usd > rule.profit_usd


def test_more_generations_find_no_less() -> None:
    """The elite survives: with the same seed, profits of longer searches never fall."""
    day, how = small(), {"population": 12, "elite": 0.2}
    profits = [
        GeneticDispatcher("destinations", generations=count, **how).search(day)[1]
        for count in (0, 10, 30)
    ]
    assert profits[0] <= profits[1] <= profits[2]
    assert profits[0] < profits[2]


def test_illegal_destinations_are_repaired() -> None:
    """A port out of range becomes the nearest legal one: of C it is B, 1 mile away, not A, 12.

    Every gene says C; the battery suffices for 10 miles.
    """
    miles = [[0.0, 9.0, 12.0], [9.0, 0.0, 1.0], [12.0, 1.0, 0.0]]
    problem = by_hand(miles, [], starts=[A])
    dispatcher = GeneticDispatcher("destinations", population=2, generations=0)
    dynamics = begin([problem])
    view = UamView(dynamics, make_observation("graph"))
    dispatcher.act_batch(view)
    dispatcher._genes[:] = 2.0
    assert dispatcher.act_batch(view) == [1]
    dynamics.step(dispatcher.act_batch(view))
    assert dynamics.state.craft[0, 0, 1] == 1


def test_stepping_is_playing() -> None:
    """Asked step by step, the dispatcher searches at the start of each row and plays the same."""
    problems = [small(1), small(2)]
    played = run_dispatcher(GeneticDispatcher("biases", **FEW), problems, log=False)
    dynamics, dispatcher = begin(problems), GeneticDispatcher("biases", **FEW)
    view = UamView(dynamics, make_observation("graph"))
    while not dynamics.done().all():
        dynamics.step(dispatcher.act_batch(view))
    assert (-dynamics.objective()).tolist() == pytest.approx([o.profit_usd for o in played])


def test_the_first_generation() -> None:
    """Destinations are ports; biases are the greedy day and few changes of it."""
    instance, rng = small()[0], np.random.default_rng(0)
    dispatcher = GeneticDispatcher("destinations")
    first = first_generation(instance, "destinations", dispatcher.operators, rng)
    assert first.shape == (100, num_genes(instance, "destinations"))
    assert set(first.ravel().tolist()) == set(range(5))
    biases = first_generation(instance, "biases", GeneticDispatcher("biases").operators, rng)
    assert not biases[0].any()
    assert 0.0 < (biases != 0).mean() < 0.02


def test_mistakes_are_refused() -> None:
    """Errors name the setting and what it may be."""
    with pytest.raises(DispatchlabError, match="genes is 'routes'; give 'destinations' or"):
        GeneticDispatcher("routes")
    with pytest.raises(DispatchlabError, match="population is 1; give at least 2"):
        GeneticDispatcher(population=1)
    with pytest.raises(DispatchlabError, match=r"mutation is 1.5; give 0 to 1"):
        GeneticDispatcher(mutation=1.5)

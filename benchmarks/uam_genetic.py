"""How long a genetic search over destinations takes beside the agent, on one day of air taxis.

Usage: python benchmarks/uam_genetic.py [--day random-8x40:rho=0.6] [--seed 0] [--generations 100]

On the same day, one process, one thread, seconds of processor time: the agent alone and as one of
100 days that it plays at once; the search whose candidates are played inside compiled kernels, as
`genetic` does; and the same search whose candidates are played step by step through the Gymnasium
environment, as published (Paul, Witter and Chowdhury, SAC 2024), in plain Python. With fewer
generations the last time is scaled to the candidates of the whole search.
"""

import argparse
import time
from collections.abc import Callable

import gymnasium as gym
import numpy as np
import numpy.typing as npt
import torch

import dispatchlab  # noqa: F401 - registers the environments
from dispatchlab.agents.checkpoint import load_policy
from dispatchlab.baselines.uam.genes import DESTINATIONS, Operators, drawing, first_generation
from dispatchlab.baselines.uam.genetic import GeneticDispatcher
from dispatchlab.baselines.uam.genetic_search import search
from dispatchlab.baselines.uam.rollout import Problem, run_dispatcher
from dispatchlab.envs.uam.generator import make_generator

AGENT, DAYS = "uam-fleet", 100
HEADER = "| who | $ a day | s a day | ratio |\n|---|---|---|---|"


class PlayedInPython:
    """Plays candidates through the environment, each decision by its gene.

    Args:
        day: Name of the generator.
        problem: The day.
    """

    def __init__(self, day: str, problem: Problem) -> None:
        """Make the environment."""
        self._env, self._problem = gym.make("dispatchlab/UAM-v0", generator=day), problem
        self.played = 0

    def __call__(self, genes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Profit of every candidate."""
        self.played += len(genes)
        return np.array([self._play(row) for row in genes])

    def _play(self, genes: npt.NDArray[np.float64]) -> float:
        distance = self._problem[0].distance_mi
        obs, _ = self._env.reset(options={"problem": self._problem})
        profit, turn, over = 0.0, 0, False
        while not over:
            away = distance[int(genes[turn % len(genes)])]
            action = int(np.where(obs["action_mask"] > 0, away, np.inf).argmin())
            obs, reward, terminated, truncated, _ = self._env.step(action)
            profit, turn, over = profit + float(reward), turn + 1, terminated or truncated
        return profit


def timed(what: Callable[[], float]) -> tuple[float, float]:
    """Profit, and seconds of processor time."""
    start = time.process_time()
    profit = what()
    return profit, time.process_time() - start


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--day", default="random-8x40:rho=0.6")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--generations", type=int, default=Operators().generations)
    given = parser.parse_args()
    torch.set_num_threads(1)
    problem = make_generator(given.day).sample(np.random.default_rng(given.seed))
    if problem[0].num_levels > 1:
        parser.error(f"{given.day} has several charge levels; leave charge_levels out.")
    policy, how = load_policy(AGENT, family="uam"), Operators(generations=given.generations)
    settings = {**policy.meta["env"], "log": False}

    def decide(days: int = 1) -> float:
        return run_dispatcher(policy, [problem] * days, **settings)[0].profit_usd

    def compiled() -> float:
        return GeneticDispatcher(DESTINATIONS, seed=given.seed).search(problem)[1]

    def stepwise() -> float:
        rng = np.random.default_rng([given.seed, 0])
        first = first_generation(problem[0], DESTINATIONS, how, rng)
        return search(first, player, drawing(problem[0], DESTINATIONS, rng), how, rng)[1]

    player = PlayedInPython(given.day, problem)
    decide(), compiled()  # compiles what is to be compiled
    profit, seconds = timed(lambda: decide(DAYS))
    together = seconds / DAYS
    rows = {
        f"agent={AGENT}, {DAYS} days at once": (profit, together),
        f"agent={AGENT}": timed(decide),
        "genetic, candidates in the kernel": timed(compiled),
    }
    profit, seconds = timed(stepwise)
    children = (player.played - how.population) / max(1, how.generations)
    whole = how.population + children * Operators().generations
    name = f"genetic, {whole:.0f} candidates through the environment"
    if how.generations < Operators().generations:
        name += f" (from {player.played})"
    rows[name] = profit, seconds * whole / player.played
    print(HEADER)
    for who, (profit, seconds) in rows.items():
        print(f"| {who} | {profit:,.0f} | {seconds:.2f} | {seconds / together:,.0f} |")


if __name__ == "__main__":
    main()

"""Levels of every family, and its reference played with a check of the schedule."""

from functools import cache
from typing import Any

import numpy as np

from dispatchlab.baselines import rollout as shops
from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.edge import rollout as edges
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.baselines.soc import rollout as chips
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.baselines.uam import rollout as fleets
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from dispatchlab.envs.edge.verify.checker import verify as verify_edge
from dispatchlab.envs.jobshop.verify.checker import verify as verify_shop
from dispatchlab.envs.soc.verify.checker import verify as verify_chip
from dispatchlab.envs.uam.verify.checker import verify as verify_day
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families import load_family
from dispatchlab.train.levels import WIDE, make_levels
from dispatchlab.train.levels.base import Problem
from dispatchlab.train.levels.generated import GeneratedLevels
from dispatchlab.train.teachers.base import Level

FAMILIES = tuple(WIDE)
RULES: dict[str, Any] = {
    "job-shop": lambda: PriorityRule("fdd-mwkr"),
    "soc": lambda: SocRule("etf"),
    "edge": lambda: EdgeRule("marginal"),
    "uam": lambda: UamRule("lookahead"),
}


@cache
def levels_of(family: str) -> GeneratedLevels[Any, Any, Any]:
    """The levels of the wide space of a family."""
    levels = make_levels(config_of(family))
    assert isinstance(levels, GeneratedLevels)
    return levels


@cache
def env_of(family: str) -> SchedulingVectorEnv[Any, Any]:
    """One environment to train on in the wide space of a family."""
    return load_family(family).training_env(config_of(family))


def config_of(family: str) -> TrainConfig:
    """A run in the wide space of a family."""
    return TrainConfig(family=family, generator=WIDE[family], num_envs=1, batch_size=32)


def random_level(family: str, seed: int, edits: tuple[int, ...] = ()) -> Level:
    """A level at a random point."""
    rng = np.random.default_rng(seed)
    return Level(tuple(rng.random(len(levels_of(family).space)).tolist()), seed, edits)


def play_reference(family: str, problem: Problem) -> float:
    """Objective of the reference, after a check of its schedule."""
    instance, real = problem
    if family == "job-shop":
        result = shops.run_dispatcher(RULES[family](), [problem])[0]
        verify_shop(instance, real, result.schedule, objective=result.objective)
        return result.objective
    play: Any = {"soc": chips, "edge": edges, "uam": fleets}[family].run_dispatcher
    outcome = play(RULES[family](), [problem])[0]
    if family == "soc":
        verify_chip(instance, real, outcome.schedule, outcome.job_time_us)
        return outcome.job_time_us / max(outcome.completed, 1)
    if family == "edge":
        verify_edge(instance, real, outcome.schedule, utility=outcome.utility)
        return -outcome.utility
    verify_day(instance, real, outcome.schedule, profit=outcome.profit_usd)
    return -outcome.profit_usd


def play_in_env(family: str, problem: Problem) -> dict[str, Any]:
    """The final info of an episode of the reference in the environment to train on."""
    env, rule = env_of(family), RULES[family]()
    env.reset(options={"problem": problem})
    while True:
        *_, infos = env.step(rule.act_batch(env.view()))
        if "final_info" in infos:
            final: dict[str, Any] = infos["final_info"]
            return final

"""Training on edges: mean utility, beside DEM-Q, DEM and whom it imitates."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from dispatchlab.baselines.edge.rollout import EdgeDispatcher, Problem, run_dispatcher
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.dynamics.apply import NUM_VERBS
from dispatchlab.envs.edge.dynamics.layout import NONE, TASK
from dispatchlab.envs.edge.env import EdgeCloudVectorEnv
from dispatchlab.envs.edge.generator import make_generator
from dispatchlab.envs.edge.outcome import Outcome
from dispatchlab.envs.edge.schedule import IDLE
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families.base import COMPLETED, Scores, ValidationSet
from dispatchlab.train.families.episodes import DispatcherActions, validation_sets
from dispatchlab.train.imitation import Expert

RULES = ("dem-q", "dem")
_IDLES = (NONE, IDLE)
UNIT = "mean utility (% on time)"


def play_settings(config: TrainConfig) -> dict[str, Any]:
    """What decides actions and observations, as keyword arguments of the environments."""
    return {"migrate": config.migrate, "observation": config.observation}


class Edge:
    """The family of drone fleets at an edge."""

    def training_env(self, config: TrainConfig) -> EdgeCloudVectorEnv:
        """The environment to train on; rewards are divided by the mean benefit of a task."""
        return EdgeCloudVectorEnv(
            config.num_envs,
            generator=config.generator,
            reward=config.reward,
            reward_scale="bound",
            **play_settings(config),
        )

    def validation_sets(self, config: TrainConfig) -> list[ValidationSet]:
        """One set for each of the benchmarks, or for the generator where there are none."""
        names = dict.fromkeys(
            (*RULES, *([config.imitation_rule] if config.imitation_rounds else ()))
        )
        rules = {name: EdgeRule(name) for name in names}

        def play(dispatcher: EdgeDispatcher, problems: Sequence[Problem]) -> Scores:
            settings = {} if isinstance(dispatcher, EdgeRule) else play_settings(config)
            return _scores(run_dispatcher(dispatcher, problems, **settings, log=False))

        return validation_sets(config, make_generator, unit=UNIT, rules=rules, play=play)

    def env_kwargs(self, config: TrainConfig) -> dict[str, Any]:
        """Arguments that make an environment with the actions and observation of a run."""
        return play_settings(config)

    def expert(self, config: TrainConfig) -> Expert:
        """The rule of the config."""
        return DispatcherActions(EdgeRule(config.imitation_rule))

    def decision(self, dynamics: Dynamics, row: int, action: int) -> tuple[int, int]:
        """Task and what becomes of it, or that the edge stays idle."""
        if action == dynamics.wait_action:
            return _IDLES
        place, verb = divmod(action, NUM_VERBS)
        return int(dynamics.state.pool[row, place, TASK]), verb


FAMILY = Edge()


def _scores(outcomes: Sequence[Outcome]) -> Scores:
    """Mean utility, and share of the tasks on time in %."""
    return {
        "": float(np.mean([o.utility for o in outcomes])),
        COMPLETED: float(np.mean([100.0 * o.completion for o in outcomes])),
    }

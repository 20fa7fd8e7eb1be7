"""Training on air-taxi fleets: mean profit of a day, beside lookahead and price."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.uam.rollout import Problem, UamDispatcher, run_dispatcher
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import POINTED
from dispatchlab.envs.uam.env import UamVectorEnv
from dispatchlab.envs.uam.generator import make_generator
from dispatchlab.envs.uam.outcome import Outcome
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families.base import COMPLETED, Scores, ValidationSet
from dispatchlab.train.families.episodes import DispatcherActions, validation_sets
from dispatchlab.train.families.settings import PLANS
from dispatchlab.train.imitation import Expert

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
RULES = ("lookahead", "price")
UNIT = "mean profit $ (% served)"


def play_settings(config: TrainConfig) -> dict[str, Any]:
    """What decides decisions and observations, as keyword arguments of the environments."""
    return {"stop_at": config.stop_at, "observation": config.observation}


class Uam:
    """The family of air-taxi fleets."""

    def training_env(self, config: TrainConfig) -> UamVectorEnv:
        """The environment to train on; rewards are divided by the mean fare."""
        return UamVectorEnv(
            config.num_envs,
            generator=config.generator,
            reward=config.reward,
            reward_scale="bound",
            **play_settings(config),
        )

    def validation_sets(self, config: TrainConfig) -> list[ValidationSet]:
        """One set for each of the benchmarks, or for the generator where there are none."""
        rules = {name: UamRule(name) for name in RULES}

        def play(dispatcher: UamDispatcher, problems: Sequence[Problem]) -> Scores:
            settings = {} if isinstance(dispatcher, UamRule) else play_settings(config)
            return _scores(run_dispatcher(dispatcher, problems, **settings, log=False))

        return validation_sets(config, make_generator, unit=UNIT, rules=rules, play=play)

    def env_kwargs(self, config: TrainConfig) -> dict[str, Any]:
        """Arguments that make an environment with the decisions and observation of a run."""
        return play_settings(config)

    def expert(self, config: TrainConfig) -> Expert:
        """Plans, with dollars as costs, or the rule of the config."""
        if config.imitation_rule == PLANS:
            from dispatchlab.train.families.uam_experts import PlanCosts

            return PlanCosts()
        return DispatcherActions(UamRule(config.imitation_rule))

    def decision(self, dynamics: Dynamics, row: int, action: int) -> tuple[int, int]:
        """Aircraft, and destination with the charge to take on."""
        return int(dynamics.state.row[row, POINTED]), action


FAMILY = Uam()


def _scores(outcomes: Sequence[Outcome]) -> Scores:
    """Mean profit of a day, and share of the passengers served in %."""
    return {
        "": float(np.mean([o.profit_usd for o in outcomes])),
        COMPLETED: float(np.mean([100.0 * o.served_share for o in outcomes])),
    }

"""Training on chips: mean latency and completed jobs, beside ETF and MET on the same streams."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.soc.rollout import Problem, SocDispatcher, run_dispatcher
from dispatchlab.baselines.soc.rules import Lookahead, SocRule
from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.dynamics.layout import ARRIVAL
from dispatchlab.envs.soc.env import SocVectorEnv
from dispatchlab.envs.soc.generator import make_generator
from dispatchlab.envs.soc.outcome import Outcome
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families.base import COMPLETED, Scores, ValidationSet
from dispatchlab.train.families.episodes import validation_sets
from dispatchlab.train.imitation import Expert

RULES = ("etf", "met")
_ANY = -1  # the element follows from the task
_WAITS = (-1, -1, _ANY)
UNIT = "mean latency µs (jobs completed)"


def play_settings(config: TrainConfig) -> dict[str, Any]:
    """What decides actions and observations, as keyword arguments of the environments."""
    return {
        "actions": config.actions,
        "wait": config.wait,
        "max_ready": config.max_ready or None,
        "observation": config.observation,
    }


class ActionPrices:
    """Whom to imitate: one-step lookahead with a rule, which prices every legal action."""

    def __init__(self, rule: str) -> None:
        """Look the rule up."""
        self._lookahead = Lookahead(rule)

    def __call__(self, env: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:  # noqa: ANN401 (structural)
        """Expected remaining job·µs after each action, and the cheapest actions."""
        costs = self._lookahead.costs(env.episodes.dynamics)
        return costs, costs.argmin(axis=1)


class Soc:
    """The family of task graphs on chips."""

    def training_env(self, config: TrainConfig) -> SocVectorEnv:
        """The environment to train on; rewards are divided by the mean fastest path."""
        return SocVectorEnv(
            config.num_envs,
            generator=config.generator,
            reward=config.reward,
            reward_scale="bound",
            **play_settings(config),
        )

    def validation_sets(self, config: TrainConfig) -> list[ValidationSet]:
        """One set for each of the benchmarks, or for the generator where there are none."""
        rules = {name: SocRule(name) for name in RULES}

        def play(dispatcher: SocDispatcher, problems: Sequence[Problem]) -> Scores:
            settings = {} if isinstance(dispatcher, SocRule) else play_settings(config)
            return _scores(run_dispatcher(dispatcher, problems, **settings, log=False))

        return validation_sets(config, make_generator, unit=UNIT, rules=rules, play=play)

    def env_kwargs(self, config: TrainConfig) -> dict[str, Any]:
        """Arguments that make an environment with the actions and observation of a run."""
        return play_settings(config)

    def expert(self, config: TrainConfig) -> Expert:
        """Lookahead with the rule of the config."""
        return ActionPrices(config.imitation_rule)

    def decision(self, dynamics: Dynamics, row: int, action: int) -> tuple[int, int, int]:
        """Arrival of the job, task and element, or that it waits."""
        if action == dynamics.wait_action:
            return _WAITS
        index, pe = (
            (action, _ANY) if dynamics.actions == "ordering"
            else divmod(action, dynamics.limits.pes)
        )  # fmt: skip
        job, task = divmod(int(dynamics.state.ready[row, index]), dynamics.limits.tasks)
        return int(dynamics.state.job[row, job, ARRIVAL]), task, pe


FAMILY = Soc()


def _scores(outcomes: Sequence[Outcome]) -> Scores:
    """Mean latency over the episodes in which a job was completed, and mean completed jobs."""
    latency = [o.latency_us for o in outcomes if o.completed]
    return {
        "": float(np.mean(latency)) if latency else float("nan"),
        COMPLETED: float(np.mean([o.completed for o in outcomes])),
    }

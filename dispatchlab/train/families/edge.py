"""Training on edges: mean utility, beside DEM-Q and DEM on the same episodes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dispatchlab.baselines.edge.rollout import EdgeDispatcher, Problem, run_dispatcher
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.edge.env import EdgeCloudVectorEnv
from dispatchlab.envs.edge.generator import make_generator
from dispatchlab.envs.edge.outcome import Outcome
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families.base import COMPLETED, Scores, ValidationSet
from dispatchlab.train.families.episodes import validation_sets
from dispatchlab.train.imitation import Expert

if TYPE_CHECKING:
    from dispatchlab.envs.edge.view import EdgeView

RULES = ("dem-q", "dem")
UNIT = "mean utility (% on time)"


def play_settings(config: TrainConfig) -> dict[str, Any]:
    """What decides actions and observations, as keyword arguments of the environments."""
    return {"migrate": config.migrate, "observation": config.observation}


class RuleActions:
    """Whom to imitate: a rule, whose action costs nothing and every other action 1."""

    def __init__(self, rule: str) -> None:
        """Look the rule up."""
        self._rule = EdgeRule(rule)

    def __call__(self, env: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:  # noqa: ANN401 (structural)
        """Costs of all actions, and the rule's actions."""
        view: EdgeView = env.view()
        actions = self._rule.act_batch(view)
        costs = np.where(view.legal, 1.0, np.inf)
        costs[np.arange(len(actions)), actions] = 0.0
        return costs, actions


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
        rules = {name: EdgeRule(name) for name in RULES}

        def play(dispatcher: EdgeDispatcher, problems: Sequence[Problem]) -> Scores:
            settings = {} if isinstance(dispatcher, EdgeRule) else play_settings(config)
            return _scores(run_dispatcher(dispatcher, problems, **settings, log=False))

        return validation_sets(config, make_generator, unit=UNIT, rules=rules, play=play)

    def env_kwargs(self, config: TrainConfig) -> dict[str, Any]:
        """Arguments that make an environment with the actions and observation of a run."""
        return play_settings(config)

    def expert(self, config: TrainConfig) -> Expert:
        """The rule of the config."""
        return RuleActions(config.imitation_rule)


FAMILY = Edge()


def _scores(outcomes: Sequence[Outcome]) -> Scores:
    """Mean utility, and share of the tasks on time in %."""
    return {
        "": float(np.mean([o.utility for o in outcomes])),
        COMPLETED: float(np.mean([100.0 * o.completion for o in outcomes])),
    }

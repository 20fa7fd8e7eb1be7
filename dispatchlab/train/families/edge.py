"""Training on edges: mean utility, beside DEM-Q and DEM on the same episodes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.baselines.edge.rollout import EdgeDispatcher, Problem, run_dispatcher
from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.edge.env import EdgeCloudVectorEnv
from dispatchlab.envs.edge.generator import make_generator
from dispatchlab.envs.edge.outcome import Outcome
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families.base import COMPLETED, Scores, ValidationSet
from dispatchlab.train.imitation import Expert
from dispatchlab.train.problems import draw_problems

if TYPE_CHECKING:
    from dispatchlab.envs.edge.view import EdgeView

RULES = ("dem-q", "dem")


def play_settings(config: TrainConfig) -> dict[str, Any]:
    """What decides actions and observations, as keyword arguments of the environments."""
    return {"migrate": config.migrate, "observation": config.observation}


class EdgeValidation:
    """Episodes, and the utilities of the rules in them, which are computed once.

    Attributes:
        name: Name of the set.
        unit: What the scores are.
        columns: Names of the scores of a greedy evaluation.
        problems: Instances and what happens in them.
        rules: Mean utility and share of the tasks on time of each rule.
    """

    unit = "mean utility (% on time)"
    columns = tuple(f"{who}{what}" for who in ("greedy", *RULES) for what in ("", COMPLETED))

    def __init__(self, name: str, problems: Sequence[Problem], config: TrainConfig) -> None:
        """Play the rules."""
        self.name = name
        self.problems = list(problems)
        self._settings = play_settings(config)
        self.rules: Scores = {}
        for rule in RULES:
            self.rules |= _scores(rule, run_dispatcher(EdgeRule(rule), self.problems, log=False))

    def greedy(self, policy: LearnedPolicy) -> Scores:
        """Scores of the policy that takes its most probable actions."""
        dispatcher: EdgeDispatcher = policy
        outcomes = run_dispatcher(dispatcher, self.problems, **self._settings, log=False)
        return _scores("greedy", outcomes)

    def final(self, policy: LearnedPolicy) -> Scores:
        """Nothing more: to choose among several futures would be clairvoyance."""
        return {}

    def describe(self) -> dict[str, Any]:
        """Facts for ``eval.json``."""
        names = dict.fromkeys(instance.name for instance, _ in self.problems)
        return {
            "instances": list(names),
            "episodes": len(self.problems),
            "unit": self.unit,
            "rules": self.rules,
        }


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
        if not config.eval_instances:
            return []
        specs = config.eval_benchmarks or (config.eval_generator,)
        drawn = {spec: draw_problems(make_generator(spec), config.eval_instances) for spec in specs}
        return [EdgeValidation(spec, problems, config) for spec, problems in drawn.items()]

    def env_kwargs(self, config: TrainConfig) -> dict[str, Any]:
        """Arguments that make an environment with the actions and observation of a run."""
        return play_settings(config)

    def expert(self, config: TrainConfig) -> Expert:
        """The rule of the config."""
        return RuleActions(config.imitation_rule)


FAMILY = Edge()


def _scores(who: str, outcomes: Sequence[Outcome]) -> Scores:
    """Mean utility, and share of the tasks on time in %."""
    return {
        who: float(np.mean([o.utility for o in outcomes])),
        f"{who}{COMPLETED}": float(np.mean([100.0 * o.completion for o in outcomes])),
    }

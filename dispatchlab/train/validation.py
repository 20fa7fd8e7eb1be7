"""Validation: how far agent and rules stay above a reference, on the same problems."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.agents.strategies import greedy, sample
from dispatchlab.baselines.dispatchers import PriorityRule
from dispatchlab.baselines.rollout import Problem, run_dispatcher
from dispatchlab.envs.jobshop.library import best_known
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.problems import draw_problems, make_play_env, named_problems

FloatArray = npt.NDArray[np.float64]
Scores = dict[str, dict[str, float]]

RULES = ("spt", "mwkr", "fdd-mwkr")
MOST_ROWS = 512


@dataclass(frozen=True, slots=True)
class Reference:
    """What objectives are compared to.

    Attributes:
        kind: ``"lower bound"`` or ``"best known"``.
        value: ``(P,)`` reference of each problem.
        scale: ``(P,)`` what the distance is divided by.
    """

    kind: str
    value: FloatArray
    scale: FloatArray

    def mean_gap(self, objectives: FloatArray) -> float:
        """Mean relative distance of ``(P,)`` objectives to the reference, in percent."""
        return float(100.0 * ((objectives - self.value) / self.scale).mean())


class ValidationSet:
    """Problems, and the scores of the rules on them, which are computed once.

    Attributes:
        name: Name of the set.
        problems: P problems.
        reference: What the gaps are measured against.
        rules: Mean gap of each rule in percent.
    """

    def __init__(self, name: str, problems: Sequence[Problem], config: TrainConfig) -> None:
        """Play the rules."""
        self.name = name
        self.problems = list(problems)
        self._config = config
        self._env = make_play_env(config, self.problems)
        self._env.reset(seed=0)
        self.reference = self._reference()
        self.rules = {rule: self._rule_gap(rule) for rule in RULES}

    def greedy_gap(self, policy: LearnedPolicy) -> float:
        """Mean gap of the policy that takes its most probable actions."""
        return self.reference.mean_gap(greedy(policy, self._env, seed=0).objectives)

    def best_of_gap(self, policy: LearnedPolicy, k: int) -> float:
        """Mean gap of the best of k sampled schedules of each problem."""
        best = []
        chunk = max(1, MOST_ROWS // k)
        for start in range(0, len(self.problems), chunk):
            part = self.problems[start : start + chunk]
            env = make_play_env(self._config, part, copies=k)
            objectives = sample(policy, env, seed=start).objectives  # (k * len(part),)
            best.append(objectives.reshape(k, len(part)).min(axis=0))  # (len(part),)
        return self.reference.mean_gap(np.concatenate(best))

    def describe(self) -> dict[str, Any]:
        """Facts for ``eval.json``."""
        return {
            "instances": [encoding.name for encoding, _ in self.problems],
            "gap_to": self.reference.kind,
            "rules": self.rules,
        }

    def _reference(self) -> Reference:
        """Best-known values where all are known, else the bounds of the environment."""
        known = [best_known(encoding.name) for encoding, _ in self.problems]
        upper = [bounds.upper for bounds in known if bounds is not None]
        if len(upper) == len(known):
            value = np.array(upper, np.float64)
            return Reference("best known", value, value)
        dynamics = self._env.episodes.dynamics
        return Reference("lower bound", dynamics.initial_bound(), dynamics.reward_scale())

    def _rule_gap(self, rule: str) -> float:
        """Mean gap of a rule under the same semantics."""
        results = run_dispatcher(
            PriorityRule(rule),
            self.problems,
            semantics=self._config.semantics,
            stop_at=self._config.stop_at,
        )
        objectives = [np.nan if r.objective is None else r.objective for r in results]
        return self.reference.mean_gap(np.array(objectives, np.float64))


class Validation:
    """The validation sets of a run.

    Attributes:
        sets: ``generated`` instances and ``benchmarks``, as far as the config asks for them.
    """

    def __init__(self, config: TrainConfig) -> None:
        """Draw and load the problems, and play the rules."""
        self._samples = config.eval_samples
        self.sets: list[ValidationSet] = []
        if config.eval_instances:
            drawn = draw_problems(config.eval_generator, config.eval_instances)
            self.sets.append(ValidationSet("generated", drawn, config))
        if config.eval_benchmarks:
            named = named_problems(config.eval_benchmarks)
            self.sets.append(ValidationSet("benchmarks", named, config))

    def greedy(self, policy: LearnedPolicy) -> Scores:
        """Mean gaps in percent of the greedy agent and the rules, by set."""
        return {part.name: {"greedy": part.greedy_gap(policy), **part.rules} for part in self.sets}

    def final(self, policy: LearnedPolicy) -> Scores:
        """As `greedy`, with the best of the configured number of samples."""
        scores = self.greedy(policy)
        for part in self.sets:
            best = part.best_of_gap(policy, self._samples)
            scores[part.name] = {f"best_of_{self._samples}": best, **scores[part.name]}
        return scores

    def describe(self) -> dict[str, Any]:
        """Facts for ``eval.json``."""
        return {part.name: part.describe() for part in self.sets}

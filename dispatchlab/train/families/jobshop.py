"""Training on job shops: mean gaps to a reference, beside rules on the same problems."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.agents.strategies import greedy, sample
from dispatchlab.baselines.dispatchers import LOOKAHEAD, Dispatcher, Lookahead, PriorityRule
from dispatchlab.baselines.rollout import Problem, limits_of, run_dispatcher
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.env import CPSchedulingVectorEnv
from dispatchlab.envs.jobshop.generator import JobShopGenerator, make_generator
from dispatchlab.envs.jobshop.library import best_known, load_instance
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families.base import Scores, ValidationSet
from dispatchlab.train.families.episodes import DispatcherActions
from dispatchlab.train.families.jobshop_experts import make_expert
from dispatchlab.train.imitation import Expert
from dispatchlab.train.problems import GivenProblems, draw_problems

FloatArray = npt.NDArray[np.float64]

RULES = ("spt", "mwkr", "fdd-mwkr")
MOST_ROWS = 512
_WAITS = (-1, -1)
_OTHERWISE = 20.0  # cost of any action but the expert's: ten times the usual temperature


def regret(dynamics: Dynamics) -> FloatArray:
    """Potential: lower bound of the partial schedule above the one of the instance.

    Unlike ``"bound"`` it does not charge the first decision for what no decision can change: a
    step in the returns that the value network would have to learn before anything else.
    """
    return dynamics.state.bound - dynamics.initial_bound()


def make_training_env(config: TrainConfig) -> CPSchedulingVectorEnv:
    """The vector environment that a run trains on; rewards are divided by the lower bound."""
    return CPSchedulingVectorEnv(
        config.num_envs, generator=config.generator, **_env_arguments(config)
    )


def make_play_env(
    config: TrainConfig, problems: Sequence[Problem], copies: int = 1
) -> CPSchedulingVectorEnv:
    """An environment whose row b plays problem ``b % len(problems)`` and stays at its end."""
    return CPSchedulingVectorEnv(
        len(problems) * copies,
        generator=GivenProblems(problems, limits_of(problems)),
        autoreset="disabled",
        **_env_arguments(config),
    )


def _env_arguments(config: TrainConfig) -> dict[str, Any]:
    """What the environments of a run have in common."""
    reward = regret if config.reward == "regret" else config.reward
    return FAMILY.env_kwargs(config) | {"reward": reward, "reward_scale": "bound"}


def named_problems(names: Sequence[str]) -> list[Problem]:
    """Benchmark instances by name or file, as expected."""
    encodings = [load_instance(name) for name in names]
    return [(encoding, Realisation.nominal(encoding)) for encoding in encodings]


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


class JobShopValidation:
    """Problems, and the gaps of the rules on them, which are computed once.

    Attributes:
        name: Name of the set.
        unit: What the scores are.
        columns: Names of the scores of a greedy evaluation.
        problems: P problems.
        reference: What the gaps are measured against.
        rules: Mean gap of each rule in percent; of lookahead too where the agent sees rehearsals.
    """

    unit = "mean gap %"

    def __init__(self, name: str, problems: Sequence[Problem], config: TrainConfig) -> None:
        """Play the rules."""
        self.name = name
        self.problems = list(problems)
        self._config = config
        self._env = make_play_env(config, self.problems)
        self._env.reset(seed=0)
        self.reference = self._reference()
        controls: dict[str, Dispatcher] = {rule: PriorityRule(rule) for rule in RULES}
        if config.observation == "rehearsed":
            controls[LOOKAHEAD] = Lookahead()
        self.rules = {name: self._gap(dispatcher) for name, dispatcher in controls.items()}
        self.columns = ("greedy", *self.rules)

    def greedy(self, policy: LearnedPolicy) -> Scores:
        """Mean gap of the policy that takes its most probable actions."""
        objectives = greedy(policy, self._env, seed=0).objectives
        return {"greedy": self.reference.mean_gap(objectives)}

    def final(self, policy: LearnedPolicy) -> Scores:
        """Mean gap of the best of the configured number of samples.

        Nothing where a future is random: to choose by what will happen would be clairvoyance.
        """
        if any(real and not real.is_nominal(encoding) for encoding, real in self.problems):
            return {}
        k = self._config.eval_samples
        return {f"best_of_{k}": self.best_of_gap(policy, k)}

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

    def _gap(self, dispatcher: Dispatcher) -> float:
        """Mean gap of a dispatcher under the same semantics."""
        results = run_dispatcher(
            dispatcher,
            self.problems,
            semantics=self._config.semantics,
            stop_at=self._config.stop_at,
        )
        objectives = [np.nan if r.objective is None else r.objective for r in results]
        return self.reference.mean_gap(np.array(objectives, np.float64))


class JobShop:
    """The family of job shops and whatever else a CP encoding holds."""

    def training_env(self, config: TrainConfig) -> CPSchedulingVectorEnv:
        """The vector environment that a run trains on."""
        return make_training_env(config)

    def validation_sets(self, config: TrainConfig) -> list[ValidationSet]:
        """``generated`` instances and ``benchmarks``, as far as the config asks for them."""
        sets: list[ValidationSet] = []
        if config.eval_instances:
            drawn = draw_problems(make_generator(config.eval_generator), config.eval_instances)
            sets.append(JobShopValidation("generated", drawn, config))
        if config.eval_benchmarks:
            named = named_problems(config.eval_benchmarks)
            sets.append(JobShopValidation("benchmarks", named, config))
        return sets

    def env_kwargs(self, config: TrainConfig) -> dict[str, Any]:
        """Arguments that make an environment with the actions and observation of a run."""
        return {
            "semantics": config.semantics,
            "stop_at": config.stop_at,
            "observation": config.observation,
        }

    def generator(self, config: TrainConfig) -> JobShopGenerator:
        """Where training problems come from."""
        return make_generator(config.generator)

    def play_env(
        self, config: TrainConfig, problems: Sequence[Problem], copies: int
    ) -> CPSchedulingVectorEnv:
        """An environment whose row b plays problem ``b % len(problems)`` and stays at its end."""
        return make_play_env(config, problems, copies)

    def expert(self, config: TrainConfig) -> Expert:
        """The rule, lookahead or solver of the config."""
        return DispatcherActions(make_expert(config.imitation_rule), cost=_OTHERWISE)

    def decision(self, dynamics: Dynamics, row: int, action: int) -> tuple[int, int]:
        """Activity and mode, or that it waits."""
        if action == dynamics.wait_action:
            return _WAITS
        lane, mode = divmod(action, dynamics.limits.modes_per_activity)
        return int(dynamics.state.lane[row, lane]), mode


FAMILY = JobShop()

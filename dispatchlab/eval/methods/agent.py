"""AgentMethod: a trained policy, greedy, sampled or as a beam."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.envs.jobshop.dynamics import SEMANTICS
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.observation import OBSERVATIONS
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import (
    check_semantics,
    compile_kernels,
    execute_plan,
    one_thread,
)

FAMILY = "job-shop"
STRATEGIES = ("greedy", "sample", "beam")


class AgentMethod:
    """A learned policy with a search strategy.

    The policy plays under the semantics and observation it was trained with. Sampling and beams
    plan on the expectation where the realisation is random; greedy decides as things happen.

    Args:
        name: Shown in tables.
        path: Run folder or policy file.
        strategy: One of `STRATEGIES`.
        width: Samples, or the width of the beam.
        temperature: Of the samples; below 1 is greedier.
        semantics: Overrides the semantics of the training.
    """

    def __init__(
        self, name: str, path: str | Path, *, strategy: str = "greedy", width: int = 1,
        temperature: float = 1.0, semantics: str | None = None,
    ) -> None:  # fmt: skip
        """Load the policy."""
        from dispatchlab.agents import load_policy

        if width < 1 or not temperature > 0:
            raise DispatchlabError(
                f"The agent has width {width} and temperature {temperature}; give a width of at "
                "least 1 and a positive temperature."
            )
        self.name, self.strategy, self.width, self.temperature = name, strategy, width, temperature
        self.policy: Any = load_policy(path, family=FAMILY)
        self.semantics = check_semantics(semantics or self._trained_with("semantics", SEMANTICS))
        self._stop_at = self._trained_with("stop_at", ("choices", "every"))
        self._observation = self._trained_with("observation", tuple(OBSERVATIONS))

    def prepare(self) -> None:
        """Compile the kernels and play a small instance."""
        compile_kernels()
        self.solve(Case("ft06", 0, load_instance("ft06")))

    def solve(self, case: Case) -> Result:
        """Play the case with the strategy."""
        with one_thread():
            return self._solve(case)

    def _solve(self, case: Case) -> Result:
        """Search, and replay where the search was a plan."""
        start = time.perf_counter()
        plan_first = self.strategy != "greedy" and case.realisation is not None
        env = self._environment(case.encoding, None if plan_first else case.realisation)
        found = self._search(env, case.seed)
        dynamics = env.episodes.dynamics
        result = Result(
            schedule=found.schedule,
            objective=found.objective,
            lower_bound=float(dynamics.initial_bound()[0]),
            status="feasible",
            runtime_s=time.perf_counter() - start,
            info={
                "objectives": found.objectives.tolist(),
                "decisions": int(dynamics.decisions().max()),
            },
        )
        return execute_plan(case, result) if plan_first else result

    def _trained_with(self, key: str, known: Sequence[str]) -> str:
        """A setting of the training; checkpoints may come from strangers."""
        config = self.policy.meta.get("config")
        value = config.get(key) if isinstance(config, dict) else None
        if value not in known:
            raise CheckpointError(
                f"The policy {self.name!r} does not say which {key} it was trained with "
                f"({value!r}): use a checkpoint that `dispatchlab train` wrote."
            )
        return str(value)

    def _environment(self, encoding: CpEncoding, realisation: Realisation | None) -> Any:  # noqa: ANN401
        from dispatchlab.baselines.rollout import limits_of
        from dispatchlab.envs.jobshop.env import CPSchedulingVectorEnv
        from dispatchlab.train.problems import GivenProblems

        problems = [(encoding, realisation)]
        return CPSchedulingVectorEnv(
            self.width,
            generator=GivenProblems(problems, limits_of(problems)),
            semantics=self.semantics,
            stop_at=self._stop_at,
            observation=self._observation,
            autoreset="disabled",
        )

    def _search(self, env: Any, seed: int) -> Any:  # noqa: ANN401
        from dispatchlab.agents import beam, greedy, sample

        if self.strategy == "greedy":
            return greedy(self.policy, env, seed=seed)
        if self.strategy == "beam":
            return beam(self.policy, env, seed=seed)
        return sample(self.policy, env, seed=seed, temperature=self.temperature)

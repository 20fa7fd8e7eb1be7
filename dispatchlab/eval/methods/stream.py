"""Methods for families whose work streams in: rules, and learned agents that play in batches."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import one_thread

MOST_ROWS = 64


@dataclass(frozen=True, slots=True)
class Stage:
    """Where dispatchers of a family play.

    Attributes:
        family: The family.
        warm_up: A tiny case, on which everything is compiled.
        run: Plays a dispatcher on problems, with arguments of the environment; an outcome each.
        to_result: What `compare` and the checker need of an outcome.
        env_kwargs: Arguments of the environment that a policy, by its name and what it tells, was
            trained with.
        vector_env: The native vector environment.
    """

    family: str
    warm_up: Callable[[], Case]
    run: Callable[..., list[Any]]
    to_result: Callable[[Case, Any], Result]
    env_kwargs: Callable[[str, object], dict[str, Any]]
    vector_env: Callable[..., Any]


class StreamRuleMethod:
    """A rule that decides as things happen; what it draws, it draws by the case's seed.

    Args:
        name: Shown in tables.
        make: Makes the rule for a seed.
        stage: Where it plays.
    """

    def __init__(self, name: str, make: Callable[[int], Any], stage: Stage) -> None:
        """Try the rule, so that an unknown name is noticed before anything runs."""
        make(0)
        self.name, self._make, self._stage = name, make, stage

    def prepare(self) -> None:
        """Compile the kernels."""
        self.solve(self._stage.warm_up())

    def solve(self, case: Case) -> Result:
        """Play the case."""
        problem = (case.encoding, case.realisation)
        outcome = self._stage.run(self._make(case.seed), [problem])[0]
        return self._stage.to_result(case, outcome)


class StreamAgentMethod:
    """A learned policy that takes its most probable actions, under the actions it was trained on.

    Args:
        name: Shown in tables.
        path: Run folder or policy file.
        stage: Where it plays.
    """

    def __init__(self, name: str, path: str | Path, stage: Stage) -> None:
        """Load the policy."""
        from dispatchlab.agents import load_policy

        self.name, self._stage = name, stage
        self.policy: Any = load_policy(path, family=stage.family)
        self.env_kwargs = stage.env_kwargs(name, self.policy.meta.get("env"))
        small = stage.warm_up().encoding
        spec = stage.vector_env(1, instance=small, **self.env_kwargs).graph_spec
        self.policy.require_layout(spec.layout())

    def prepare(self) -> None:
        """Compile the kernels and play a small instance."""
        self.solve(self._stage.warm_up())

    def solve(self, case: Case) -> Result:
        """Play the case."""
        return self.solve_all([case], lambda _: None)[0]

    def solve_all(self, cases: Sequence[Case], on_done: Callable[[Case], None]) -> list[Result]:
        """Play all episodes of an instance at once."""
        results: list[Result] = []
        play = functools.partial(self._stage.run, self.policy, **self.env_kwargs)
        with one_thread():
            for _, group in groupby(cases, lambda case: case.instance):
                alike = list(group)
                for start in range(0, len(alike), MOST_ROWS):
                    part = alike[start : start + MOST_ROWS]
                    outcomes = play([(case.encoding, case.realisation) for case in part])
                    for case, outcome in zip(part, outcomes, strict=True):
                        results.append(self._stage.to_result(case, outcome))
                        on_done(case)
        return results

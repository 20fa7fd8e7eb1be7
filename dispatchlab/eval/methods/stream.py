"""Methods for families whose work streams in: rules, and learned agents that play in batches."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import CheckpointError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import one_thread
from dispatchlab.eval.methods.identity import policy_digest

MOST_ROWS = 32  # more are hardly faster, and a comparison that is cut off loses more


def is_flag(value: object) -> bool:
    """Whether a value is true or false."""
    return isinstance(value, bool)


def one_of(known: Collection[str]) -> Callable[[object], bool]:
    """Whether a value is one of some words."""
    return lambda value: isinstance(value, str) and value in known


@dataclass(frozen=True, slots=True)
class Stage:
    """Where dispatchers of a family play.

    Attributes:
        family: The family.
        warm_up: A tiny case, on which everything is compiled.
        run: Plays a dispatcher on problems, with arguments of the environment; an outcome each.
        to_result: What `compare` and the checker need of an outcome.
        arguments: Arguments of the environment that a policy is trained with, beside its
            observation, and whether a value will do.
        observations: Names of the observations.
        vector_env: The native vector environment.
    """

    family: str
    warm_up: Callable[[], Case]
    run: Callable[..., list[Any]]
    to_result: Callable[[Case, Any], Result]
    arguments: Mapping[str, Callable[[object], bool]]
    observations: Collection[str]
    vector_env: Callable[..., Any]

    def env_kwargs(self, name: str, told: object) -> dict[str, Any]:
        """The arguments of the environment that a policy was trained in.

        Args:
            name: The policy, for the error.
            told: What its file tells; it may come from a stranger.

        Returns:
            Values by name.

        Raises:
            CheckpointError: If something is missing or makes no sense.
        """
        known = told if isinstance(told, dict) else {}
        checks = {**self.arguments, "observation": one_of(self.observations)}
        values = {key: known.get(key) for key in self.arguments}
        values["observation"] = known.get("observation", "graph")
        if not all(is_known(values[key]) for key, is_known in checks.items()):
            asked = ", ".join(self.arguments)
            raise CheckpointError(
                f"The policy {name!r} does not say with which {asked} and observation it was "
                f"trained ({', '.join(map(repr, values.values()))}): use a checkpoint that "
                "`dispatchlab train` wrote."
            )
        return values


def result_of(
    outcome: Any, objective: float | None, lower_bound: float = math.nan, **info: Any  # noqa: ANN401
) -> Result:  # fmt: skip
    """A played episode as a result.

    Args:
        outcome: How it went.
        objective: What is minimised.
        lower_bound: Of the objective, if one is known.
        info: What else is to be kept, or replaces the number of decisions.

    Returns:
        The result.
    """
    return Result(
        schedule=outcome.schedule,
        objective=objective,
        lower_bound=lower_bound,
        status="feasible",
        runtime_s=outcome.runtime_s,
        info={"decisions": outcome.decisions, "outcome": outcome, **info},
    )


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
        self.settings: dict[str, Any] = {}  # the name tells them all

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

    most_cases = MOST_ROWS

    def __init__(self, name: str, path: str | Path, stage: Stage) -> None:
        """Load the policy."""
        from dispatchlab.agents import load_policy

        self.name, self.path, self._stage = name, path, stage
        self.policy: Any = load_policy(path, family=stage.family)
        self.env_kwargs = stage.env_kwargs(name, self.policy.meta.get("env"))
        small = stage.warm_up().encoding
        spec = stage.vector_env(1, instance=small, **self.env_kwargs).graph_spec
        self.policy.require_layout(spec.layout())

    def prepare(self) -> None:
        """Compile the kernels and play a small instance."""
        self.solve(self._stage.warm_up())

    @property
    def settings(self) -> dict[str, Any]:
        """The policy, and how it was trained to play."""
        return {"policy": policy_digest(self.policy), **self.env_kwargs}

    def solve(self, case: Case) -> Result:
        """Play the case."""
        return self.solve_all([case])[0]

    def solve_all(self, cases: Sequence[Case]) -> list[Result]:
        """Play all episodes at once."""
        problems = [(case.encoding, case.realisation) for case in cases]
        with one_thread():
            outcomes = self._stage.run(self.policy, problems, **self.env_kwargs)
        return [self._stage.to_result(*pair) for pair in zip(cases, outcomes, strict=True)]

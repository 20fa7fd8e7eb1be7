"""The protocol of a family: all that training needs of one."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.envs.core.generator import Generator
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.imitation import Expert

Scores = dict[str, float]


class ValidationSet(Protocol):
    """Problems, and the scores of the rules on them.

    Attributes:
        name: Name of the set.
        unit: What the scores are, for people.
        columns: Names of all scores of a greedy evaluation, rules included.
        rules: Scores of the rules.
    """

    name: str
    unit: str
    columns: tuple[str, ...]
    rules: Scores

    def greedy(self, policy: LearnedPolicy) -> Scores:
        """Scores of the policy that takes its most probable actions."""
        ...

    def final(self, policy: LearnedPolicy) -> Scores:
        """Further scores, for the end of a run."""
        ...

    def describe(self) -> dict[str, Any]:
        """Facts for ``eval.json``."""
        ...


class Family(Protocol):
    """Environments, validation sets and experts of a family."""

    def training_env(self, config: TrainConfig) -> SchedulingVectorEnv[Any, Any]:
        """The vector environment that a run trains on."""
        ...

    def validation_sets(self, config: TrainConfig) -> list[ValidationSet]:
        """What the config asks for."""
        ...

    def env_kwargs(self, config: TrainConfig) -> dict[str, Any]:
        """Arguments that make an environment with the actions and observation of a run."""
        ...

    def expert(self, config: TrainConfig) -> Expert:
        """Whom to imitate before learning from rewards."""
        ...

    def decision(self, dynamics: Any, row: int, action: int) -> Hashable:  # noqa: ANN401 (each family's own)
        """What a legal action means now, by a name that means the same later in the episode."""
        ...


@runtime_checkable
class Replayable(Protocol):
    """A family whose agents may play a problem many times, so that they can label it themselves."""

    def generator(self, config: TrainConfig) -> Generator[Any, Any, Any]:
        """Where training problems come from."""
        ...

    def play_env(self, config: TrainConfig, problems: Sequence[Any], copies: int) -> Any:  # noqa: ANN401 (each family's own)
        """A vector environment whose row b plays problem ``b % len(problems)`` to its end."""
        ...


def score_line(name: str, unit: str, scores: Mapping[str, float]) -> str:
    """The scores of a validation set on one line.

    Args:
        name: Name of the set.
        unit: What the scores are.
        scores: By method; a key that ends in ``_completed`` is shown behind its method.

    Returns:
        The line.
    """
    parts = []
    for method, value in scores.items():
        if not method.endswith(COMPLETED):
            jobs = scores.get(method + COMPLETED)
            parts.append(f"{method} {value:.2f}" + (f" ({jobs:.1f})" if jobs is not None else ""))
    return f"{name}: {unit} {', '.join(parts)}"


COMPLETED = "_completed"

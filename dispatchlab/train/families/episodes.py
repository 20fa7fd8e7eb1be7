"""What families share whose episodes have no optima: validation beside rules, and experts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.envs.core.generator import Generator
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families.base import COMPLETED, Scores, ValidationSet
from dispatchlab.train.problems import draw_problems


class BatchDispatcher(Protocol):
    """Whoever decides in all rows at once."""

    def act_batch(self, view: Any) -> npt.NDArray[np.int64]:  # noqa: ANN401 (any family's)
        """``(B,)`` one action per environment."""
        ...


Play = Callable[[Any, Sequence[Any]], Mapping[str, float]]


def validation_sets(
    config: TrainConfig, make_generator: Callable[[str], Generator[Any, Any, Any]], *,
    unit: str, rules: Mapping[str, Any], play: Play,
) -> list[ValidationSet]:  # fmt: skip
    """One set for each of the benchmarks, or for the generator where there are none.

    Args:
        config: Says which, and how many episodes of each.
        make_generator: Makes the generator that a string names.
        unit: As for `EpisodeValidation`, like the next two.
        rules: Dispatchers by name.
        play: Plays a dispatcher.

    Returns:
        The sets; none if no episodes are wanted.
    """
    if not config.eval_instances:
        return []
    specs = config.eval_benchmarks or (config.eval_generator,)
    drawn = {spec: draw_problems(make_generator(spec), config.eval_instances) for spec in specs}
    return [
        EpisodeValidation(spec, problems, unit=unit, rules=rules, play=play)
        for spec, problems in drawn.items()
    ]


class EpisodeValidation:
    """Episodes, and the scores of the rules in them, which are computed once.

    Attributes:
        name: Name of the set.
        unit: What the scores are.
        columns: Names of the scores of a greedy evaluation, rules included.
        problems: Instances and what happens in them.
        rules: Scores of the rules.
    """

    def __init__(
        self,
        label: str,
        problems: Sequence[Any],
        *,
        unit: str,
        rules: Mapping[str, Any],
        play: Play,
    ) -> None:
        """Play the rules.

        Args:
            label: Name of the set.
            problems: Instances and what happens in them.
            unit: What the scores are, for people.
            rules: Dispatchers by name.
            play: Called with a dispatcher and the problems; the score, under ``""``, and how much
                was completed, under `COMPLETED`.
        """
        self.name, self.unit, self.problems = label, unit, list(problems)
        self._play = play
        self.columns = tuple(
            f"{who}{what}" for who in ("greedy", *rules) for what in ("", COMPLETED)
        )
        self.rules: Scores = {}
        for name, rule in rules.items():
            self.rules |= self._scores(name, rule)

    def greedy(self, policy: LearnedPolicy) -> Scores:
        """Scores of the policy that takes its most probable actions."""
        return self._scores("greedy", policy)

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

    def _scores(self, who: str, dispatcher: Any) -> Scores:  # noqa: ANN401 (rule or policy)
        played = self._play(dispatcher, self.problems)
        return {f"{who}{what}": value for what, value in played.items()}


class DispatcherActions:
    """Whom to imitate: a dispatcher, whose action costs nothing and every other action the same."""

    def __init__(self, dispatcher: BatchDispatcher, cost: float = 1.0) -> None:
        """Keep the dispatcher.

        Args:
            dispatcher: Whom to imitate.
            cost: Of every other action, in multiples of which ``imitation_temperature`` counts.
        """
        self._dispatcher, self._cost = dispatcher, cost

    def __call__(self, env: Any) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:  # noqa: ANN401 (structural)
        """Costs of all actions, and the dispatcher's actions."""
        view = env.view()
        actions = self._dispatcher.act_batch(view)
        costs = np.where(view.legal, self._cost, np.inf)
        costs[np.arange(len(actions)), actions] = 0.0
        return costs, actions

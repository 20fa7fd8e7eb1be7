"""Validation: how good agent and rules are on the same problems."""

from typing import Any

from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families import load_family
from dispatchlab.train.families.base import ValidationSet, score_line

Scores = dict[str, dict[str, float]]


class Validation:
    """The validation sets of a run.

    Attributes:
        sets: What the config asks for.
    """

    def __init__(self, config: TrainConfig) -> None:
        """Draw and load the problems, and play the rules."""
        self.sets: list[ValidationSet] = load_family(config.family).validation_sets(config)

    def greedy(self, policy: LearnedPolicy) -> Scores:
        """Scores of the greedy agent and the rules, by set."""
        return {part.name: {**part.greedy(policy), **part.rules} for part in self.sets}

    def final(self, policy: LearnedPolicy) -> Scores:
        """As `greedy`, with whatever else is worth knowing at the end."""
        scores = self.greedy(policy)
        return {part.name: {**part.final(policy), **scores[part.name]} for part in self.sets}

    def columns(self) -> list[str]:
        """``set/score`` of everything that `greedy` gives."""
        return [f"{part.name}/{column}" for part in self.sets for column in part.columns]

    def lines(self, scores: Scores) -> list[str]:
        """A line for people on each set."""
        return [score_line(part.name, part.unit, scores[part.name]) for part in self.sets]

    def describe(self) -> dict[str, Any]:
        """Facts for ``eval.json``."""
        return {part.name: part.describe() for part in self.sets}

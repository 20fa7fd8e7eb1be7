"""Levels: the protocol of what stands between a teacher and the problems of a family."""

from collections.abc import Mapping
from typing import Any, Protocol

from dispatchlab.envs.core.task_space import TaskSpace
from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers.base import Level

Problem = tuple[Any, Any]  # an instance and what will happen in it


class Levels(Protocol):
    """Makes problems of levels, and judges what became of them.

    An objective is a cost in every family, so that less is better: a profit counts negative.

    Attributes:
        space: Task space of the training generator; its parameters are a level's dimensions.
        edit_tokens: How many different edits there are.
        sequence: Levels as sequences of integers.
    """

    space: TaskSpace
    edit_tokens: int
    sequence: SequenceForm

    def problem(self, level: Level) -> Problem:
        """The problem of a level; equal levels have equal problems.

        Raises:
            DispatchlabError: If the point is outside of the unit cube, the seed negative or a
                token unknown.
        """
        ...

    def describe(self, token: int) -> str:
        """An edit in words.

        Raises:
            DispatchlabError: If there is no such token.
        """
        ...

    def objective(self, final: Mapping[str, Any], row: int) -> float:
        """The objective of an episode that has ended.

        Args:
            final: ``final_info`` of the vector environment.
            row: Where the episode was played.

        Returns:
            What `judge` and `regret` take.
        """
        ...

    def reference(self, problem: Problem) -> float:
        """The objective that the reference method of the family reaches in this very problem."""
        ...

    def judge(self, problem: Problem, objective: float, reference: float | None = None) -> float:
        """How good an objective is, from 0 to 1, on the same scale in every level.

        Args:
            problem: What was played.
            objective: What was reached.
            reference: What the reference reaches, if it is known; else it is played if needed.
        """
        ...

    def regret(self, problem: Problem, objective: float, reference: float) -> float:
        """By how much an objective is worse than the reference, relative; below 0: better."""
        ...

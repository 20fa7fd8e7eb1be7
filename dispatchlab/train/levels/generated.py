"""GeneratedLevels: levels whose problems come from a generator and are edited afterwards."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.core.generator import Generator
from dispatchlab.envs.core.task_space import Task
from dispatchlab.train.levels.base import Problem
from dispatchlab.train.levels.edits import DraftT, Edit
from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers.base import Level

InstanceT = TypeVar("InstanceT")
RealisationT = TypeVar("RealisationT")
PAR = 0.8  # score of the reference: who is better by a fourth has as good a score as there is
LEAST_SHARE = 0.05  # of the stakes; a reference nearer to 0 than that counts as that much
AFTER_EDITS = 1  # tells the seed of what happens in an edited problem from that of the problem


class GeneratedLevels(Generic[InstanceT, RealisationT, DraftT]):
    """Levels of one family; a subclass knows its edits, its limits and its reference.

    Edits are made one after the other, in the order of the level. An edit that has nothing to
    change, or that would leave the limits of the generator, does nothing: environments that were
    built for the generator hold every level. What happens in an edited problem is drawn anew,
    from the same seed for all edits.

    Attributes:
        generator: Where problems come from; used by nobody else.
        space: Its task space.
        limits: Its limits.
        edit_tokens: How many different edits there are.
        sequence: Levels as sequences of integers.
    """

    def __init__(
        self,
        generator: Generator[InstanceT, RealisationT, Any],
        edits: Sequence[Edit[DraftT]],
    ) -> None:
        """Keep the generator.

        Args:
            generator: Where problems come from.
            edits: All edits; a token is an index in them.
        """
        self.generator = generator
        self.space, self.limits = generator.task_space, generator.limits
        self._edits = tuple(edits)
        self.edit_tokens = len(self._edits)
        self.sequence = SequenceForm(len(self.space), self.edit_tokens)

    def problem(self, level: Level) -> tuple[InstanceT, RealisationT]:
        """The problem of a level; equal levels have equal problems.

        Args:
            level: The level.

        Returns:
            The instance, and what will happen in it.

        Raises:
            DispatchlabError: If the point is outside of the unit cube, the seed negative or a
                token unknown.
        """
        self._check(level)
        # at the upper end of a range the sum of its parts may be a hair above it
        task = self.space.clip(self.space.denormalise(level.point))
        drawn = self.generator.sample(np.random.default_rng(level.seed), task)
        if not level.edits:
            return drawn
        draft = self._begin(*drawn)
        for token in level.edits:
            draft = self._edited(draft, self._edits[token])
        return self._finish(np.random.default_rng([level.seed, AFTER_EDITS]), draft, task)

    def describe(self, token: int) -> str:
        """An edit in words.

        Raises:
            DispatchlabError: If there is no such token.
        """
        self._check_token(token)
        return self._edits[token].words

    def objective(self, final: Mapping[str, Any], row: int) -> float:
        """The objective of the environment."""
        return float(final["objective"][row])

    def reference(self, problem: Problem) -> float:
        """The objective that the reference method of the family reaches in this very problem."""
        raise NotImplementedError

    def judge(self, problem: Problem, objective: float, reference: float | None = None) -> float:
        """How good an objective is, from 0 to 1.

        Args:
            problem: What was played.
            objective: What was reached.
            reference: What the reference reaches, if it is known; else it is played if needed.

        Returns:
            The score, on the same scale in every level.
        """
        raise NotImplementedError

    def regret(self, problem: Problem, objective: float, reference: float) -> float:
        """By how much an objective is worse than the reference, relative.

        Args:
            problem: What was played.
            objective: What was reached.
            reference: What the reference reaches.

        Returns:
            The difference over the size of the reference, or over `LEAST_SHARE` of the stakes if
            that is more; negative where the objective is better.
        """
        return (objective - reference) / max(abs(reference), self._least(problem))

    def _least(self, problem: Problem) -> float:
        """What references nearer to 0 count as."""
        return max(LEAST_SHARE * self._stakes(problem), 1.0)

    def _profit_score(self, problem: Problem, objective: float, reference: float | None) -> float:
        """Profit over that of the reference, times `PAR`, cut to [0, 1]."""
        par = -(self.reference(problem) if reference is None else reference)
        return clipped(PAR * -objective / max(par, self._least(problem)))

    def _stakes(self, problem: Problem) -> float:
        """A rough size of the objectives of a problem that are not negligible."""
        raise NotImplementedError

    def _begin(self, instance: InstanceT, realisation: RealisationT) -> DraftT:
        """What edits change."""
        raise NotImplementedError

    def _finish(
        self, rng: np.random.Generator, draft: DraftT, task: Task
    ) -> tuple[InstanceT, RealisationT]:
        """The problem of a draft."""
        raise NotImplementedError

    def _sizes(self, draft: DraftT) -> Any:  # noqa: ANN401 (the family's limits)
        """What a draft needs of each of the limits."""
        raise NotImplementedError

    def _edited(self, draft: DraftT, edit: Edit[DraftT]) -> DraftT:
        """The changed draft if it is valid and fits."""
        try:
            changed = edit.apply(draft)
        except InvalidInstanceError:
            return draft
        if changed is draft:
            return draft
        fits = all(n <= m for n, m in zip(self._sizes(changed), self.limits, strict=True))
        return changed if fits else draft

    def _check(self, level: Level) -> None:
        if len(level.point) != len(self.space):
            raise DispatchlabError(
                f"The level has {len(level.point)} coordinates; give {len(self.space)}, one for "
                f"each of {', '.join(self.space.names) or 'no parameters'}."
            )
        if not all(0.0 <= x <= 1.0 for x in level.point):
            raise DispatchlabError(
                f"The level is at {level.point}; give coordinates between 0 and 1."
            )
        if level.seed < 0:
            raise DispatchlabError(f"The level has the seed {level.seed}; give 0 or more.")
        for token in level.edits:
            self._check_token(token)

    def _check_token(self, token: int) -> None:
        if not 0 <= token < self.edit_tokens:
            raise DispatchlabError(
                f"There is no edit {token}; they are numbered 0 to {self.edit_tokens - 1}."
            )


def clipped(score: float) -> float:
    """A score cut to [0, 1]; 0 if it is no number."""
    return 0.0 if math.isnan(score) else min(max(float(score), 0.0), 1.0)

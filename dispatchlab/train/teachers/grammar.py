"""Grammar: which token may stand where in the sequence of a level."""

import numpy as np

from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers.base import BoolArray, IntArray, Level
from dispatchlab.train.teachers.checks import require_at_least


class Grammar:
    """What the sequences of levels look like.

    Attributes:
        form: The form of sequences.
        most_edits: Places for edits that can be in use.
        allowed: ``(length, vocabulary)`` whether a token may stand at a place. Behind the bins that
            is any edit or the pad, which ends the sequence.
    """

    def __init__(self, form: SequenceForm) -> None:
        """Find out which token stands for what.

        Args:
            form: The form of sequences.

        Raises:
            DispatchlabError: There is nothing to write.
        """
        require_at_least("length", form.length, 1)
        self.form = form
        self.most_edits = form.max_edits if form.edit_tokens else 0
        self.allowed: BoolArray = np.zeros((form.length, form.vocabulary), np.bool_)
        bins, edits = range(form.dimensions), range(form.edit_tokens)
        for value in np.linspace(0.0, 1.0, form.bins).tolist():
            self.allowed[bins, form.encode(Level((value,) * form.dimensions))[: len(bins)]] = True
        self.allowed[len(bins) :, form.pad] = True
        if self.most_edits:
            for edit in edits:
                sequence = form.encode(Level((0.0,) * len(bins), edits=(edit,)))
                self.allowed[len(bins) :, sequence[len(bins)]] = True

    def corpus(self, count: int, rng: np.random.Generator) -> IntArray:
        """Sequences of random levels: uniform points, and edits of uniform number and kind.

        Args:
            count: n.
            rng: Source of randomness.

        Returns:
            ``(n, length)`` tokens.
        """
        return np.array([self.form.encode(self._random_level(rng)) for _ in range(count)], np.int64)

    def _random_level(self, rng: np.random.Generator) -> Level:
        size = int(rng.integers(self.most_edits + 1))
        edits = np.sort(rng.integers(max(self.form.edit_tokens, 1), size=size))
        return Level(tuple(rng.random(self.form.dimensions).tolist()), 0, tuple(edits.tolist()))

"""Levels as sequences of integers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.levels.sequence import SequenceForm
from dispatchlab.train.teachers.base import Level

FORM = SequenceForm(dimensions=3, edit_tokens=20, bins=11, max_edits=4)
COORDINATES = st.tuples(*[st.floats(0.0, 1.0)] * 3)
EDITS = st.lists(st.integers(0, 19), max_size=4).map(sorted).map(tuple)


def test_sizes() -> None:
    """Padding, bins and edits share one vocabulary."""
    assert (FORM.length, FORM.vocabulary, FORM.pad) == (7, 1 + 11 + 20, 0)


def test_known_sequence() -> None:
    """0 is the first bin, 1 the last, edits are sorted behind them, and the rest is padding."""
    level = Level((0.0, 0.52, 1.0), 5, (7, 2))
    assert FORM.encode(level) == (1, 6, 11, 12 + 2, 12 + 7, 0, 0)
    assert FORM.decode((1, 6, 11, 14, 19, 0, 0), 5) == Level((0.0, 0.5, 1.0), 5, (2, 7))


@given(point=COORDINATES, edits=EDITS, seed=st.integers(0, 2**31))
def test_round_trip(point: tuple[float, ...], edits: tuple[int, ...], seed: int) -> None:
    """Seed and edits come back, the point to half a bin, and then nothing changes any more."""
    level = Level(point, seed, edits)
    found = FORM.decode(FORM.encode(level), seed)
    assert (found.seed, found.edits) == (seed, edits)
    assert found.point == pytest.approx(point, abs=0.05 + 1e-9)
    assert FORM.decode(FORM.encode(found), seed) == found


@given(sequence=st.lists(st.integers(-3, 40), max_size=12))
@settings(max_examples=200)
def test_repairs_everything(sequence: list[int]) -> None:
    """Whatever the integers, there is a valid level, which its own sequence means too."""
    level = FORM.decode(sequence)
    assert all(0.0 <= x <= 1.0 for x in level.point)
    assert len(level.point) == 3
    assert len(level.edits) <= 4
    assert list(level.edits) == sorted(level.edits)
    assert FORM.decode(FORM.encode(level)) == level


def test_repairs() -> None:
    """Missing bins are the middle one, stray ones are ignored, and surplus edits are cut."""
    assert FORM.decode((99, 14)) == Level((0.5, 0.5, 0.5), 0, ())
    assert FORM.decode((1, 1, 1, 5, 31, 12, 40, 13, 14, 15)).edits == (0, 1, 2, 19)


def test_refuses() -> None:
    """Levels of other spaces and unknown edits have no sequence, and no form has one bin."""
    with pytest.raises(DispatchlabError, match="2 coordinates; give 3"):
        FORM.encode(Level((0.0, 0.0)))
    with pytest.raises(DispatchlabError, match="edit 20"):
        FORM.encode(Level((0.0, 0.0, 0.0), 0, (20,)))
    with pytest.raises(DispatchlabError, match="bins is 1"):
        SequenceForm(3, bins=1)

"""ACCEL and its editor."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.accel import Accel, LevelEditor
from dispatchlab.train.teachers.base import Level
from tests.train.teachers.replay_helpers import act, check_resume, fragment

PARENT = Level((0.5, 0.05), 9, (2, 5))


def make_accel(**settings: Any) -> Accel:
    """A small one whose score needs advantages only."""
    defaults = {"score": "signed-value-loss", "capacity": 8, "replay_probability": 1.0}
    return Accel(2, LevelEditor(2, 0.1, 8), **defaults | settings)


@given(
    seed=st.integers(0, 10**6),
    num_edits=st.integers(1, 30),
    tokens=st.lists(st.integers(0, 7), max_size=4),
    share=st.floats(0.0, 1.0),
)
def test_children_are_levels(seed: int, num_edits: int, tokens: list[int], share: float) -> None:
    """In the cube, with the seed of the parent and few enough known tokens in order."""
    editor = LevelEditor(2, 0.3, 8, num_edits=num_edits, token_share=share, max_tokens=4)
    parent = PARENT._replace(edits=tuple(sorted(tokens)))
    child = editor.edit(parent, np.random.default_rng(seed))
    assert child.seed == parent.seed
    assert all(0.0 <= value <= 1.0 for value in child.point)
    assert list(child.edits) == sorted(child.edits)
    assert len(child.edits) <= 4
    assert set(child.edits) <= set(range(8))
    assert child == editor.edit(parent, np.random.default_rng(seed))


def test_one_move_changes_one_coordinate_by_a_step_at_most() -> None:
    """Steps of .1 and .2; the second coordinate is clipped at the edge, the tokens stay."""
    editor = LevelEditor(2, [0.1, 0.2], 0, num_edits=1)
    rng = np.random.default_rng(0)
    children = [editor.edit(PARENT, rng) for _ in range(2000)]
    moves = np.array([child.point for child in children]) - PARENT.point
    assert ((moves != 0.0).sum(1) == 1).all()
    assert moves.min(0) == pytest.approx([-0.1, -0.05], abs=5e-3)
    assert moves.max(0) == pytest.approx([0.1, 0.2], abs=5e-3)
    assert {child.edits for child in children} == {PARENT.edits}


def test_one_change_adds_removes_or_replaces_a_token() -> None:
    """All three happen; without tokens only adding is possible, and with too many only the rest."""
    editor = LevelEditor(2, 0.1, 8, num_edits=1, token_share=1.0, max_tokens=3)
    rng = np.random.default_rng(0)

    def sizes(edits: tuple[int, ...]) -> set[int]:
        children = [editor.edit(PARENT._replace(edits=edits), rng) for _ in range(200)]
        assert {child.point for child in children} == {PARENT.point}
        return {len(child.edits) for child in children}

    assert sizes(()) == {1}
    assert sizes((2, 5)) == {1, 2, 3}
    assert sizes((1, 2, 5)) == {2, 3}


def test_every_replay_gets_a_child_that_is_only_judged() -> None:
    """The child is played next, with the seed of its parent, and enters the buffer by its score."""
    teacher = make_accel(min_fill=0.25)
    new = teacher.sample(2)
    assert not any(play.learns for play in new)
    parts = [fragment(play, [1.0]) for play in new]
    teacher.observe([part.episode for part in parts if part.episode])
    teacher.on_rollout(parts)
    (replay,) = teacher.sample(1)
    assert replay.learns
    part = fragment(replay, [1.0])
    assert part.episode is not None
    teacher.observe([part.episode])
    teacher.on_rollout([part])
    child, after = teacher.sample(2)
    assert not child.learns
    assert child.level.seed == replay.level.seed
    assert child.level != replay.level
    assert after.learns
    teacher.on_rollout([fragment(child, [3.0])])
    assert child.level in teacher.buffer
    assert teacher.summary()["edit_share"] == 1 / 5
    assert teacher.buffer.staleness[2] == 1.0


def test_edits_pile_up() -> None:
    """Where more tokens mean a higher score, the buffer fills with children of children."""
    teacher = make_accel(min_fill=0.5)
    for _ in range(100):
        plays = teacher.sample(4)
        parts = [
            fragment(play, [len(play.level.edits)], environment=number)
            for number, play in enumerate(plays)
        ]
        teacher.observe([part.episode for part in parts if part.episode])
        teacher.on_rollout(parts)
    assert teacher.summary()["mean_edits"] > 4.0
    assert max(len(row["edits"]) for row in teacher.masses()) > 6


def test_new_levels_are_simple() -> None:
    """They come from the given corner of the cube."""
    teacher = make_accel(start_low=[0.0, 0.9], start_high=[0.1, 1.0])
    points = np.array([play.level.point for play in teacher.sample(200)])
    assert (points >= [0.0, 0.9]).all()
    assert (points <= [0.1, 1.0]).all()
    assert np.ptp(points, 0).min() > 0.09


def test_edits_are_rarer_if_asked() -> None:
    """At probability 0 there are none."""
    teacher = make_accel(edit_probability=0.0)
    for _ in range(10):
        act(teacher)
    assert teacher.summary()["replay_share"] > 0.5
    assert teacher.summary()["edit_share"] == 0.0


def test_resume() -> None:
    """Saved with children in the queue, it samples the same plays, next to another one."""
    teacher = make_accel(capacity=16, seed=3)
    for _ in range(11):
        act(teacher)
    assert teacher.state_dict()["children"]
    check_resume(lambda: make_accel(capacity=16, seed=3), 11)


def test_wrong_settings() -> None:
    """Each is refused with its value."""
    with pytest.raises(DispatchlabError, match="start_low is"):
        make_accel(start_low=0.5, start_high=0.4)
    with pytest.raises(DispatchlabError, match="edit_probability is 2"):
        make_accel(edit_probability=2.0)
    with pytest.raises(DispatchlabError, match="steps is"):
        LevelEditor(2, [0.1])
    with pytest.raises(DispatchlabError, match="cannot be edited"):
        LevelEditor(0)
    with pytest.raises(DispatchlabError, match="num_edits is 0"):
        LevelEditor(2, num_edits=0)

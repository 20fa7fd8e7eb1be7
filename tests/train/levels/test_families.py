"""What holds for the levels of every family."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Level
from tests.train.levels.cases import (
    FAMILIES,
    env_of,
    levels_of,
    play_in_env,
    play_reference,
    random_level,
)

families = pytest.mark.parametrize("family", FAMILIES)


def same(first: object, second: object) -> bool:
    """Whether two realisations hold the same numbers."""
    return all(
        np.array_equal(getattr(first, item.name), getattr(second, item.name))
        for item in fields(first)
    )


@families
def test_deterministic(family: str) -> None:
    """Equal levels have equal problems, with and without edits; other seeds have others."""
    levels = levels_of(family)
    for edits in ((), (3, 20, 40)):
        level = random_level(family, 1, edits)
        (first, happens), (second, again) = levels.problem(level), levels.problem(level)
        assert first == second
        assert same(happens, again)
        assert not same(levels.problem(level._replace(seed=2))[1], happens)


@families
def test_point_and_seed_decide(family: str) -> None:
    """Without edits a level is what the generator gives for its task and seed."""
    levels, level = levels_of(family), random_level(family, 3)
    task = levels.space.denormalise(level.point)
    instance, happens = levels.generator.sample(np.random.default_rng(3), task)
    found, real = levels.problem(level)
    assert found == instance
    assert same(real, happens)


@families
def test_every_edit_changes_something_and_fits(family: str) -> None:
    """Each of the 16 to 128 edits changes some of a few instances, and all fit the environments."""
    levels, env = levels_of(family), env_of(family)
    plain = {seed: levels.problem(random_level(family, seed))[0] for seed in range(6)}
    assert 16 <= levels.edit_tokens <= 128
    idle = []
    for token in range(levels.edit_tokens):
        changed = 0
        for seed, before in plain.items():
            problem = levels.problem(random_level(family, seed, (token,)))
            env.reset(options={"problem": problem})
            changed += problem[0] != before
            if changed:
                break
        if not changed:
            idle.append(levels.describe(token))
    assert not idle
    assert len({levels.describe(token) for token in range(levels.edit_tokens)}) == (
        levels.edit_tokens
    )


@families
@given(data=st.data())
@settings(max_examples=12)
def test_edited_problems_can_be_played(family: str, data: st.DataObject) -> None:
    """Edited problems fit, the reference plays them, and its schedule is feasible."""
    levels = levels_of(family)
    tokens = st.lists(st.integers(0, levels.edit_tokens - 1), min_size=1, max_size=12)
    edits = tuple(sorted(data.draw(tokens)))
    level = random_level(family, data.draw(st.integers(0, 1000)), edits)
    problem = levels.problem(level)
    env_of(family).reset(options={"problem": problem})
    reached = play_reference(family, problem)
    assert levels.reference(problem) == reached
    assert levels.regret(problem, reached, reached) == 0.0
    assert 0.0 <= levels.judge(problem, reached) <= 1.0


@families
def test_same_objective_as_the_environment(family: str) -> None:
    """The objective of an episode of the reference in the environment is the reference."""
    levels = levels_of(family)
    for seed in range(2):
        problem = levels.problem(random_level(family, seed, (5,)))
        found = levels.objective(play_in_env(family, problem), 0)
        assert found == pytest.approx(levels.reference(problem), rel=1e-9)


@families
def test_regret_and_score_have_a_direction(family: str) -> None:
    """A tenth more cost is a regret of a tenth and no better a score; less cost is the reverse."""
    levels = levels_of(family)
    problem = levels.problem(random_level(family, 4))
    reference = levels.reference(problem)
    tenth = 0.1 * abs(reference)
    assert levels.regret(problem, reference + tenth, reference) == pytest.approx(0.1)
    assert levels.regret(problem, reference - tenth, reference) == pytest.approx(-0.1)
    objectives = reference + tenth * np.arange(-20, 21)
    positive = objectives > 0 if reference > 0 else np.ones(41, np.bool_)
    scores = [levels.judge(problem, value, reference) for value in objectives[positive]]
    assert all(0.0 <= score <= 1.0 for score in scores)
    assert (np.diff(scores) <= 0.0).all()
    assert scores[0] > scores[-1]


@families
def test_bad_levels_are_refused(family: str) -> None:
    """Points outside of the cube, of another length or without a number, seeds and tokens."""
    levels, level = levels_of(family), random_level(family, 0)
    outside = (1.1, *level.point[1:])
    bad = {
        "between 0 and 1": Level(outside),
        "coordinates; give": Level(level.point[1:]),
        "seed -1": level._replace(seed=-1),
        "no edit": level._replace(edits=(levels.edit_tokens,)),
    }
    for words, wrong in bad.items():
        with pytest.raises(DispatchlabError, match=words):
            levels.problem(wrong)
    with pytest.raises(DispatchlabError, match="between 0 and 1"):
        levels.problem(Level((float("nan"), *level.point[1:])))
    with pytest.raises(DispatchlabError, match="no edit -1"):
        levels.describe(-1)


@families
def test_wide_spaces(family: str) -> None:
    """Three to eight dimensions, and every corner and random point has a problem that fits."""
    levels, env = levels_of(family), env_of(family)
    dimensions = len(levels.space)
    assert 3 <= dimensions <= 8
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 2, (25, dimensions)).astype(float)
    points = [np.zeros(dimensions), np.ones(dimensions), *corners, *rng.random((25, dimensions))]
    for seed, point in enumerate(points):
        problem = levels.problem(Level(tuple(point.tolist()), seed))
        env.reset(options={"problem": problem})
        assert 0.0 <= levels.judge(problem, levels.reference(problem)) <= 1.0

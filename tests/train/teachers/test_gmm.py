"""ALP-GMM and Covar-GMM, and the parts they share."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.mixture import GaussianMixture

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers import neighbours
from dispatchlab.train.teachers.alp_gmm import AlpGmm
from dispatchlab.train.teachers.base import Episode, PointTeacher
from dispatchlab.train.teachers.covar_gmm import CovarGmm
from dispatchlab.train.teachers.gmm import (
    GmmTeacher,
    Mixture,
    criterion_value,
    fit_mixture,
    num_parameters,
)
from dispatchlab.train.teachers.neighbours import ScoreMemory
from tests.train.teachers.toy_grid import episode_at

FEW = (2, 3, 4)


def test_number_of_parameters() -> None:
    """There are 29 for three Gaussians over two parameters and progress: k (1+D+D(D+1)/2) - 1."""
    assert num_parameters(3, 3) == 29
    assert num_parameters(2, 3) == 19


@pytest.mark.parametrize("k", [1, 3])
def test_criteria_by_their_definitions(k: int) -> None:
    """AIC, AICc and BIC from the log likelihood and the number of parameters."""
    rows = np.random.default_rng(0).random((60, 3))
    model = GaussianMixture(k, random_state=0).fit(rows)
    loss, p, n = -2 * model.score_samples(rows).sum(), num_parameters(k, 3), len(rows)
    assert criterion_value(model, rows, "aic") == pytest.approx(loss + 2 * p)
    assert criterion_value(model, rows, "bic") == pytest.approx(loss + p * np.log(n))
    corrected = loss + 2 * p + 2 * p * (p + 1) / (n - p - 1)
    assert criterion_value(model, rows, "aicc") == pytest.approx(corrected)


def test_too_few_rows_for_the_correction() -> None:
    """With as many parameters as rows AICc rules a size out."""
    rows = np.random.default_rng(0).random((25, 3))
    model = GaussianMixture(3, random_state=0).fit(rows)
    assert criterion_value(model, rows, "aicc") == np.inf


def test_the_criterion_finds_the_clusters() -> None:
    """BIC counts four clusters that are far apart."""
    rng = np.random.default_rng(0)
    centres = np.array([[0.1, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.9]])
    rows = np.repeat(centres, 50, axis=0) + 0.02 * rng.standard_normal((200, 2))
    fit = fit_mixture(rows, components=range(1, 7), criterion="bic", seed=0)
    assert fit.n_components == 4


def test_draws_follow_interest_and_shape() -> None:
    """Components are drawn by interest, not by their share, and points have their moments."""
    covariance = np.array([[0.02, 0.01], [0.01, 0.03]]) * 0.01
    mixture = Mixture(
        means=np.array([[0.2, 0.2], [0.8, 0.8]]),
        covariances=np.stack((covariance, covariance)),
        shares=np.array([0.9, 0.1]),
        interest=np.array([0.1, 0.3]),
    )
    rng = np.random.default_rng(0)
    points = np.array([mixture.draw(rng) for _ in range(4000)])
    second = points[points.sum(axis=1) > 1.0]
    assert len(second) / 4000 == pytest.approx(0.75, abs=0.03)
    assert np.allclose(second.mean(axis=0), 0.8, atol=0.002)
    assert np.allclose(np.cov(second.T), covariance, atol=2e-5)


@given(
    points=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=80),
    goal=st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 5.0)),
)
@settings(max_examples=60, deadline=None)
def test_nearest_equals_brute_force(
    points: list[tuple[int, int]], goal: tuple[float, float]
) -> None:
    """The answer is the last score at one of the nearest points, across young and old ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(neighbours, "_LEAST_YOUNG", 7)
        memory = ScoreMemory(2)
        for score, point in enumerate(points):
            memory.add(np.array(point, np.float64), float(score))
            assert memory.nearest(np.array(point, np.float64)) == score
    distances = [np.hypot(x - goal[0], y - goal[1]) for x, y in points]
    last = {point: score for score, point in enumerate(points)}
    near = min(distances) + 1e-12
    possible = {last[p] for p, distance in zip(points, distances, strict=True) if distance <= near}
    assert memory.nearest(np.array(goal)) in possible


def test_capacity_forgets_the_oldest() -> None:
    """With room for 100, what came before the last flush's 100 is gone."""
    memory = ScoreMemory(1, capacity=100)
    for i in range(500):
        memory.add(np.array([i / 500]), float(i))
    assert memory.size == 100
    assert memory.nearest(np.array([0.0])) == 400.0


def test_progress_of_an_episode() -> None:
    """It is 0 for six episodes, then the difference to the nearest former one."""
    teacher = AlpGmm(1, fit_rate=50, components=FEW)
    scores = [0.5, 0.1, 0.9, 0.2, 0.3, 0.4, 0.8, 0.6]
    for i, score in enumerate(scores):
        teacher.observe([episode_at((i / 10,), score)])
    teacher.observe([episode_at((0.21,), 1.0)])
    progress = [row[-1] for row in teacher.state_dict()["rows"]]
    assert progress == pytest.approx([0.0] * 6 + [0.4, 0.2, 0.1])


def test_rows_of_time_and_score() -> None:
    """Covar-GMM fits the task, the time within the window and the score."""
    teacher = CovarGmm(1, fit_rate=4, components=(2,))
    for i in range(6):
        teacher.observe([episode_at((i / 10,), 0.1 * i)])
    assert np.allclose(teacher.state_dict()["rows"], [[0.4, 0.0, 0.4], [0.5, 0.25, 0.5]])


@pytest.mark.parametrize("make", [AlpGmm, CovarGmm])
def test_windows(make: type[GmmTeacher]) -> None:
    """The first fit comes with the last episode of the first window."""
    teacher = make(1, fit_rate=30, components=FEW)
    plays = teacher.sample(60)
    teacher.observe([Episode(play=play, score=0.5) for play in plays[:29]])
    assert teacher.mixture is None
    assert teacher.regions() == []
    teacher.observe([Episode(play=plays[29], score=0.5)])
    first = teacher.mixture
    assert first is not None
    # Constant scores give no interest: every component is as good as any other.
    assert np.allclose(first.chances, 1.0 / len(first.means))
    teacher.observe([Episode(play=play, score=0.5) for play in plays[30:]])
    assert teacher.mixture is not first


def learn_then_forget(teacher: PointTeacher, *, window: int = 250, fall: int) -> None:
    """A student that is perfect where the first parameter is small, and forgets after two windows.

    Args:
        teacher: Who chooses.
        window: Episodes of a window; four are played.
        fall: Episodes over which the score falls from 1 to 0.
    """
    for i in range(4 * window):
        (play,) = teacher.sample(1)
        able = play.level.point[0] < 0.5
        score = float(np.clip(1.0 - (i - 2 * window) / fall, 0.0, 1.0)) if able else 0.0
        teacher.observe([Episode(play=play, score=score)])


def mass_on_forgotten(teacher: GmmTeacher) -> float:
    """Chance of the components where the student forgot."""
    mixture = teacher.mixture
    assert mixture is not None
    return float(mixture.chances[mixture.means[:, 0] < 0.5].sum())


def test_forgetting_draws_alp_gmm() -> None:
    """Within two windows the mass moves onto what was forgotten."""
    teacher = AlpGmm(2, components=FEW)
    learn_then_forget(teacher, fall=1)
    assert mass_on_forgotten(teacher) > 0.8


def test_forgetting_does_not_draw_covar_gmm() -> None:
    """A fall counts for nothing, unless the covariance is taken absolute."""
    teachers = [CovarGmm(2, components=(2,), absolute=absolute) for absolute in (False, True)]
    for teacher in teachers:
        learn_then_forget(teacher, fall=500)
    positive, absolute = (teacher.mixture for teacher in teachers)
    assert positive is not None
    assert absolute is not None
    assert positive.interest.max() == 0.0
    assert absolute.interest[absolute.means[:, 0] < 0.4].max() > 0.01
    assert mass_on_forgotten(teachers[1]) > 0.9


@pytest.mark.parametrize(
    "setting",
    [
        {"fit_rate": 5},
        {"fit_rate": 1, "components": (1,)},
        {"random_ratio": -0.1},
        {"components": ()},
        {"components": (0, 2)},
        {"criterion": "hqc"},
    ],
)
@pytest.mark.parametrize("make", [AlpGmm, CovarGmm])
def test_wrong_settings(make: type[GmmTeacher], setting: dict[str, object]) -> None:
    """Settings out of range are refused."""
    with pytest.raises(DispatchlabError):
        make(2, **setting)


def test_wrong_capacity() -> None:
    """A memory without room is refused."""
    with pytest.raises(DispatchlabError, match="capacity is 0"):
        AlpGmm(2, capacity=0)

"""SPDL and the step of its Gaussian."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.teachers.base import Episode
from dispatchlab.train.teachers.gaussian_step import Gaussian, Objective, trust_region_step
from dispatchlab.train.teachers.spdl import Spdl


def isotropic(mean: float, std: float, d: int = 1) -> Gaussian:
    """A round Gaussian."""
    return Gaussian(np.full(d, mean), std * np.eye(d))


def contexts(gaussian: Gaussian, count: int = 500) -> tuple[np.ndarray, np.ndarray]:
    """Points and their log densities."""
    rng = np.random.default_rng(0)
    points, logs = zip(*(gaussian.draw(rng) for _ in range(count)), strict=True)
    return np.array(points), np.array(logs)


@given(st.lists(st.floats(-2.0, 2.0), min_size=9, max_size=9))
@settings(max_examples=30, deadline=None)
def test_vectors_and_back(vector: list[float]) -> None:
    """A Gaussian survives its vector, and every vector is a Gaussian."""
    gaussian = Gaussian.from_vector(np.array(vector), 3)
    assert np.allclose(gaussian.vector, vector)
    assert np.all(np.linalg.eigvalsh(gaussian.covariance) > 0.0)
    assert np.allclose(gaussian.std, np.sqrt(np.diag(gaussian.covariance)))


def test_density_of_draws() -> None:
    """The log densities agree with scipy's."""
    gaussian = Gaussian(np.array([0.2, 0.7]), np.array([[0.3, 0.0], [0.1, 0.2]]))
    points, logs = contexts(gaussian, 20)
    expected = multivariate_normal(gaussian.mean, gaussian.covariance).logpdf(points)
    assert np.allclose(logs, expected)


def test_divergence_by_hand() -> None:
    """KL of two Gaussians on a line: log(s2/s1) + (s1^2 + (m1 - m2)^2) / (2 s2^2) - 1/2."""
    expected = math.log(2.0) + (0.01 + 0.09) / 0.08 - 0.5
    assert isotropic(0.2, 0.1).kl(isotropic(0.5, 0.2)) == pytest.approx(expected)


def test_a_step_to_the_value() -> None:
    """With a value that rises along the line the mean rises, as far as the trust region allows."""
    old = isotropic(0.3, 0.1)
    points, logs = contexts(old)
    objective = Objective(points, logs, points[:, 0], isotropic(0.5, 0.25), 0.0)
    new = trust_region_step(old, objective, max_kl=0.05)
    # A shift alone costs (shift / std)^2 / 2, so 0.05 allows 0.0316.
    assert 0.02 < new.mean[0] - 0.3 < 0.0325
    assert old.kl(new) <= 0.05
    # The unit of the values has no effect.
    scaled = Objective(points, logs, 1000.0 * points[:, 0], isotropic(0.5, 0.25), 0.0)
    assert trust_region_step(old, scaled, max_kl=0.05).vector == pytest.approx(new.vector)


def test_a_step_to_the_target() -> None:
    """Without differences in value the divergence falls, and a near target is reached."""
    old, target = isotropic(0.3, 0.1), isotropic(0.35, 0.11)
    points, logs = contexts(old)
    new = trust_region_step(old, Objective(points, logs, np.ones(500), target, 0.1), max_kl=0.8)
    assert new.mean[0] == pytest.approx(0.35, abs=1e-3)
    assert new.std[0] == pytest.approx(0.11, abs=1e-3)


def test_nothing_to_gain() -> None:
    """At the target and without differences the Gaussian stays."""
    old = isotropic(0.5, 0.25, 2)
    points, logs = contexts(old, 50)
    new = trust_region_step(old, Objective(points, logs, np.ones(50), old, 1e5), max_kl=0.8)
    assert np.allclose(new.vector, old.vector, atol=1e-6)


def play(teacher: Spdl, count: int, *, able: float = 1.0, length: int = 1) -> None:
    """Play with a student that has the score 1 up to a difficulty and 0 above."""
    for _ in range(count):
        (asked,) = teacher.sample(1)
        score = float(asked.level.point[0] <= able)
        teacher.observe([Episode(play=asked, score=score, length=length)])


def test_updates_are_counted_in_decisions() -> None:
    """The first update comes after `first_update` decisions, the next after `update_every`."""
    teacher = Spdl(1, start_mean=0.2, first_update=100, update_every=50)
    play(teacher, 9, length=10)
    assert teacher.summary()["updates"] == 0.0
    play(teacher, 1, length=10)
    assert teacher.summary()["updates"] == 1.0
    play(teacher, 10, length=5)
    assert teacher.summary()["updates"] == 2.0


def test_an_able_student_is_led_to_the_target() -> None:
    """With perfect scores the Gaussian becomes the target; each update is in the trust region."""
    teacher = Spdl(1, start_mean=0.1, first_update=60, update_every=60)
    before = teacher.current
    for _ in range(6):
        play(teacher, 60)
        assert before.kl(teacher.current) <= 0.8 + 1e-9
        before = teacher.current
    assert teacher.summary()["target_kl"] < 0.01


def test_a_weak_student_stays_with_easy_tasks() -> None:
    """A student that fails above 0.3 is kept there, though the target is at 0.5."""
    teacher = Spdl(1, start_mean=0.2, first_update=200, update_every=200)
    play(teacher, 800, able=0.3)
    assert teacher.current.mean[0] < 0.3


def test_the_pull_of_the_target() -> None:
    """The weight is zeta * mean value / divergence, 0 for negative values and the first updates."""
    teacher = Spdl(1, start_mean=0.2, zeta=0.05)
    divergence = teacher.current.kl(teacher.target)
    assert teacher._alpha(np.array([0.2, 0.6])) == pytest.approx(0.05 * 0.4 / divergence)
    assert teacher._alpha(np.array([-3.0])) == 0.0
    assert Spdl(1, start_mean=0.2, alpha_offset=1)._alpha(np.array([1.0])) == 0.0
    assert Spdl(1, start_mean=0.5, start_std=0.25)._alpha(np.array([1.0])) == 1e5


def test_the_floor_of_the_deviation() -> None:
    """While the target is far the deviation does not fall below its floor."""
    settings = {"start_mean": 0.1, "first_update": 50, "seed": 0}
    narrow, floored = Spdl(1, **settings), Spdl(1, least_std=0.1, **settings)
    for teacher in (narrow, floored):
        play(teacher, 50, able=0.1)
    assert narrow.current.std[0] < 0.1
    assert floored.current.std[0] == pytest.approx(0.1)


def test_the_critic_as_signal() -> None:
    """First values are asked for and used if wanted; episodes without one count nowhere else."""
    assert not Spdl(1).wants_values
    teacher = Spdl(1, signal="value")
    assert teacher.wants_values
    (asked,) = teacher.sample(1)
    teacher.observe([Episode(play=asked, score=1.0)])
    assert not teacher.state_dict()["contexts"]
    (asked,) = teacher.sample(1)
    teacher.observe([Episode(play=asked, score=1.0, first_value=-7.0)])
    assert teacher.state_dict()["contexts"][0][2] == -7.0


@pytest.mark.parametrize(
    "setting",
    [
        {"signal": "return"},
        {"start_mean": 2.0},
        {"start_std": 0.0},
        {"target_mean": [0.5]},
        {"target_std": -1.0},
        {"update_every": 0},
        {"first_update": 0},
        {"alpha_offset": -1},
        {"zeta": 0.0},
        {"max_kl": 0.0},
        {"contexts": 5},
        {"least_std": 2.0},
    ],
)
def test_wrong_settings(setting: dict[str, object]) -> None:
    """Settings out of range are refused."""
    with pytest.raises(DispatchlabError):
        Spdl(2, **setting)

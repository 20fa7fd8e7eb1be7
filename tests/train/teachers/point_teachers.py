"""All teachers of points, with settings at which they learn from a few hundred episodes."""

from collections.abc import Callable

from dispatchlab.train.teachers.adr import Adr
from dispatchlab.train.teachers.alp_gmm import AlpGmm
from dispatchlab.train.teachers.base import Episode, Play, PointTeacher
from dispatchlab.train.teachers.covar_gmm import CovarGmm
from dispatchlab.train.teachers.cyclical import Cyclical
from dispatchlab.train.teachers.linear import Linear
from dispatchlab.train.teachers.riac import Riac
from dispatchlab.train.teachers.spdl import Spdl
from dispatchlab.train.teachers.uniform import Uniform

SMALL_FIT = {"fit_rate": 40, "components": (2, 3)}

MAKERS: dict[str, Callable[[int], PointTeacher]] = {
    "uniform": lambda seed: Uniform(2, seed=seed),
    "linear": lambda seed: Linear(2, threshold=0.1, episodes=20, seed=seed),
    "adr": lambda seed: Adr(2, start=0.1, low_threshold=0.1, high_threshold=0.3, seed=seed),
    "alp-gmm": lambda seed: AlpGmm(2, **SMALL_FIT, seed=seed),
    "covar-gmm": lambda seed: CovarGmm(2, **SMALL_FIT, seed=seed),
    "riac": lambda seed: Riac(2, size=30, seed=seed),
    "spdl": lambda seed: Spdl(2, first_update=200, seed=seed),
    "cyclical": lambda seed: Cyclical(2, epoch=30, seed=seed),
}


def easy_score(play: Play) -> float:
    """Score of a student who does well where both parameters are small."""
    return 1.0 - max(play.level.point)


def run_vectorised(teacher: PointTeacher, episodes: int, *, envs: int = 4) -> list[Play]:
    """Play in environments that end out of order, each a few episodes late; all plays."""
    queue, plays = teacher.sample(envs), []
    while len(plays) < episodes:
        ended = [queue.pop(2), queue.pop(0)]
        plays += ended
        teacher.observe([Episode(play=play, score=easy_score(play)) for play in ended])
        queue += teacher.sample(2)
    return plays

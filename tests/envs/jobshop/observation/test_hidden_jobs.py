"""Jobs that have not arrived are invisible: nothing shows what they will be like."""

import numpy as np
import pytest

from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.observation import OBSERVATIONS, make_observation
from dispatchlab.envs.jobshop.observation.features import OPTION_FEATURES
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.envs.jobshop.view import COLUMNS, View
from tests.envs.jobshop.leaves import make_dynamics

ARRIVAL = 20
KNOWN = ([[0, 1], [0, 2]], [[3, 2], [4, 1]])


def _begin(
    machines: list[int], durations: list[int], due: int, weight: int, semantics: str = "non-delay"
) -> Dynamics:
    """Two known jobs, and a third one that arrives at 20."""
    encoding = job_shop(
        [*KNOWN[0], machines], [*KNOWN[1], durations], due=[10, 12, due], weight=[1, 3, weight],
        num_machines=3, objective="total_weighted_tardiness",
    )  # fmt: skip
    return make_dynamics(encoding, semantics, "every", realisation=_arriving(encoding))


def _arriving(encoding: CpEncoding) -> Realisation:
    nominal = Realisation.nominal(encoding)
    arrival = np.array([0, 0, ARRIVAL])
    return Realisation(
        nominal.mode_duration, arrival, nominal.down_ptr, nominal.down_start, nominal.down_end
    )


def _observe(dynamics: Dynamics, observation: str) -> Arrays:
    source = make_observation(observation)
    out = source.spec(dynamics).allocate(1)
    source.fill(dynamics, np.zeros(1, np.int64), out)
    return out


def _play_until_arrival(dynamics: Dynamics, observation: str) -> list[object]:
    """What is seen at every decision before the arrival."""
    sights = []
    while True:
        view = View(dynamics, make_observation(observation))
        if view.now[0] >= ARRIVAL:
            return sights
        sights.append((_observe(dynamics, observation), view.legal, dynamics.objective()))
        sights[-1] += tuple(view.column(name) for name in COLUMNS)
        dynamics.step(view.legal.argmax(axis=1))


@pytest.mark.parametrize(
    "observation", sorted(set(OBSERVATIONS) - {"rehearsed"})
)  # it refuses them
@pytest.mark.parametrize("semantics", ["non-delay", "non-delay-wait"])
def test_what_a_hidden_job_is_like_cannot_be_seen(semantics: str, observation: str) -> None:
    """Its machines, durations, due date and weight change no observation before it arrives."""
    some = _play_until_arrival(_begin([0, 1], [5, 6], 50, 1, semantics), observation)
    other = _play_until_arrival(_begin([2, 0], [90, 1], 30, 8, semantics), observation)
    assert len(some) == len(other) == 4
    for left, right in zip(some, other, strict=True):
        for key, value in left[0].items():
            assert np.array_equal(value, right[0][key]), key
        for a, b in zip(left[1:], right[1:], strict=True):
            assert np.array_equal(a, b)


@pytest.mark.parametrize(
    "observation", sorted(set(OBSERVATIONS) - {"rehearsed"})
)  # it refuses them
def test_a_hidden_job_has_no_option(observation: str) -> None:
    """Its lane has neither a token nor a candidate until it arrives."""
    dynamics = _begin([0, 1], [5, 6], 50, 1)
    seen = _observe(dynamics, observation)
    assert seen["n/option"][0, 0] == 2
    assert seen["candidates"][0, 2].max() == -1
    _play_until_arrival(dynamics, observation)
    seen = _observe(dynamics, observation)
    assert seen["n/option"][0, 0] == 1
    assert seen["candidates"][0, 2, 0] == 0
    column = [feature.name for feature in OPTION_FEATURES].index("due_slack")
    assert seen["x/option"][0, 0, column] > 0

"""Windows: parts of the tokens, with which every episode can be played to its end."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.core.observation import Observation
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.dynamics.legality import SEMANTICS
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.observation import TokensObservation, WindowObservation
from dispatchlab.envs.jobshop.shops import job_shop
from tests.envs.jobshop.leaves import make_dynamics
from tests.envs.jobshop.strategies import encodings


def _observe(observation: Observation, dynamics: Dynamics) -> Arrays:
    out = observation.spec(dynamics).allocate(1)
    observation.fill(dynamics, np.array([0]), out)
    return out


@given(encodings(), st.sampled_from(SEMANTICS), st.integers(1, 4), st.data())
def test_windows_are_parts(
    encoding: CpEncoding, semantics: str, lanes: int, data: st.DataObject
) -> None:
    """What is shown is as in the tokens; something legal always is, and nothing else changes."""
    dynamics = make_dynamics(encoding, semantics)
    window, tokens = WindowObservation(lanes), TokensObservation()
    while not dynamics.done()[0]:
        part, whole = _observe(window, dynamics), _observe(tokens, dynamics)
        assert np.array_equal(part["globals"], whole["globals"])
        present = part["candidates"][0, :, 0] >= 0
        nodes, among_all = (seen["candidates"][0, present, 0] for seen in (part, whole))
        assert np.array_equal(part["x/option"][0, nodes], whole["x/option"][0, among_all])
        assert len(set(np.flatnonzero(present) // dynamics.limits.modes_per_activity)) <= lanes
        assert part["n/option"][0, 0] == present.sum()
        legal = np.flatnonzero(part["action_mask"][0])
        assert legal.size
        assert whole["action_mask"][0, legal].all()
        dynamics.step(np.array([data.draw(st.sampled_from(legal.tolist()))]))


def test_most_work_first() -> None:
    """Three jobs of 5, 9 and 7 on one machine; job 3 is not open yet but shown before nobody."""
    encoding = job_shop([[0], [0], [0], [1, 0]], [[5], [9], [7], [4, 9]])
    dynamics = make_dynamics(encoding, "append")
    masks = [_observe(WindowObservation(lanes), dynamics)["action_mask"][0] for lanes in (1, 2, 4)]
    assert [np.flatnonzero(mask).tolist() for mask in masks] == [[3], [1, 3], [0, 1, 2, 3]]


@pytest.mark.parametrize("lanes", [0, -1, 2.5, None, "3", True])
def test_bad_windows_are_refused(lanes: Any) -> None:  # noqa: ANN401
    """Zero would hide everything; anything but a whole number is a slip."""
    with pytest.raises(DispatchlabError, match=r"window has .* lanes; give a whole number from 1"):
        WindowObservation(lanes)

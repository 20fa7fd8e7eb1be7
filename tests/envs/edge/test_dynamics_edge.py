"""The batch of rows: what it refuses, and what it tells."""

from dataclasses import replace

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.envs.edge.realisation import nominal


def _dynamics(name: str = "2d-p:duration_ms=4000") -> Dynamics:
    instance = load_instance(name)
    dynamics = Dynamics(1, EdgeLimits.of(instance))
    dynamics.load(0, instance, nominal(instance))
    dynamics.reset()
    return dynamics


def test_arrivals_that_do_not_fit_are_refused() -> None:
    """More tasks than drones send in the longest deadline would not fit the waiting pool."""
    dynamics = _dynamics()
    instance = dynamics.encoding(0)
    dense = replace(dynamics.realisation(0), arrival_ms=np.zeros(instance.num_tasks, np.int64))
    with pytest.raises(InvalidInstanceError, match="More than 8 tasks arrive within 900 ms"):
        dynamics.load(0, instance, dense)


def test_tables_that_do_not_fit_are_refused() -> None:
    """A longer table of the network's latency than the arrays hold."""
    dynamics = _dynamics()
    long = replace(dynamics.realisation(0), latency_ms=np.zeros(9, np.int64))
    with pytest.raises(InvalidInstanceError, match="9 samples of latency"):
        dynamics.load(0, dynamics.encoding(0), long)


def test_larger_instances_are_refused() -> None:
    """The error says what is too large."""
    dynamics = _dynamics()
    larger = load_instance("3d-p:duration_ms=4000")
    with pytest.raises(InvalidInstanceError, match=r"48 tasks, but .* at most 32"):
        dynamics.load(0, larger, nominal(larger))


def test_negative_lead_is_refused() -> None:
    """Deferred tasks cannot come up after their last moment by design."""
    with pytest.raises(DispatchlabError, match="lead_ms is -1"):
        Dynamics(1, EdgeLimits.of(load_instance("2d-p")), lead_ms=-1)


def test_reasons_agree_with_the_mask() -> None:
    """Every action is legal or has a reason; the first task cannot run before it is queued."""
    dynamics = _dynamics()
    reasons, legal = dynamics.reasons(0), dynamics.legal()[0]
    assert [reason == "legal" for reason in reasons] == legal.tolist()
    assert reasons[dynamics.wait_action] == "not at this decision"
    assert reasons[-2] == "no task waits there"


def test_objective_never_passes_the_trivial_bound() -> None:
    """Everything on time on the edge and every bonus is more than anybody gets."""
    dynamics = _dynamics()
    while not dynamics.done().all():
        dynamics.step(dynamics.legal().argmax(1))
    assert dynamics.initial_bound()[0] <= dynamics.objective()[0] < 0
    assert dynamics.tasks_completed()[0] == dynamics.encoding(0).num_tasks
    assert dynamics.outcomes()[0].sum() == dynamics.encoding(0).num_tasks

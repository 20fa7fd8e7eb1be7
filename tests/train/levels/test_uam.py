"""Edits of days of air-taxi fleets, and what scores of them mean."""

import numpy as np
import pytest

from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.train.levels.edits import Place
from dispatchlab.train.levels.generated import PAR
from dispatchlab.train.levels.uam import make
from dispatchlab.train.levels.uam_edits import (
    add_aircraft,
    remove_aircraft,
    scale_fares,
    scale_origin,
    scale_pair,
    scale_power,
    shape_demand,
    shift_demand,
)
from dispatchlab.train.teachers.base import Level


@pytest.fixture(scope="module")
def instance() -> UamInstance:
    """Four aircraft between three ports."""
    return load_instance("random-3x4:seed=0")


def test_scales_an_origin(instance: UamInstance) -> None:
    """Demand from the second port doubles, the rest stays."""
    changed = scale_origin(instance, Place(1, 3), 2.0).demand / np.where(
        instance.demand > 0, instance.demand, 1
    )
    assert np.unique(changed[:, 1, [0, 2]]).tolist() == pytest.approx([2.0])
    assert np.unique(changed[:, 0, [1, 2]]).tolist() == pytest.approx([1.0])


def test_scales_a_pair(instance: UamInstance) -> None:
    """The last of the six pairs is that from the third port to the second."""
    changed = scale_pair(instance, Place(5, 6), 0.5).demand
    assert np.argwhere((changed != instance.demand).any(axis=0)).tolist() == [[2, 1]]
    assert changed[:, 2, 1] == pytest.approx(0.5 * instance.demand[:, 2, 1])


def test_shifts_demand(instance: UamInstance) -> None:
    """An hour is two bins of 30 minutes."""
    later = shift_demand(instance, 1).demand
    assert np.array_equal(later[2:], instance.demand[:-2])
    assert np.array_equal(shift_demand(shift_demand(instance, 1), -1).demand, instance.demand)


def test_shapes_demand(instance: UamInstance) -> None:
    """As many passengers as before, with lower or higher peaks."""
    flat, steep = shape_demand(instance, 0.5).demand, shape_demand(instance, 2.0).demand
    assert flat.sum(axis=0) == pytest.approx(instance.demand.sum(axis=0))
    assert steep.sum(axis=0) == pytest.approx(instance.demand.sum(axis=0))
    assert flat[:, 0, 1].max() < instance.demand[:, 0, 1].max() < steep[:, 0, 1].max()


def test_changes_fares_and_chargers(instance: UamInstance) -> None:
    """All fares change; chargers stay between 10 and 1000 kW."""
    assert scale_fares(instance, 1.25).fare_usd == pytest.approx(1.25 * instance.fare_usd)
    assert scale_power(instance, 0.75).aircraft.charge_w == 112_500
    assert scale_power(instance, 100.0) is instance


def test_changes_the_fleet(instance: UamInstance) -> None:
    """The last aircraft goes, another comes where most slots are free, and one stays."""
    fewer = remove_aircraft(instance)
    assert fewer.start_port.tolist() == instance.start_port.tolist()[:3]
    more = add_aircraft(instance)
    free = instance.slots - np.bincount(instance.start_port, minlength=3)
    assert more.start_port.tolist() == [*instance.start_port.tolist(), int(free.argmax())]
    for _ in range(5):
        fewer = remove_aircraft(fewer)
    assert fewer.num_aircraft == 1


def test_fleet_does_not_outgrow_the_environment() -> None:
    """Where the generator has its most aircraft there is no room for another."""
    levels = make("random-3x4:aircraft=2-5")
    words = [levels.describe(token) for token in range(levels.edit_tokens)]
    more = words.index("add an aircraft")
    fleets = [levels.problem(Level((x,), 0, (more,) * 2))[0].num_aircraft for x in (0.0, 1.0)]
    assert fleets == [4, 5]


def test_score(instance: UamInstance) -> None:
    """The reference has the par score, half of its profit half of that, and losses have none."""
    levels = make("random-3x4:aircraft=2-5")
    scores = [levels.judge((instance, None), -usd, -9000.0) for usd in (9000, 4500, -10, 99_000)]
    assert scores == pytest.approx([PAR, PAR / 2, 0.0, 1.0])

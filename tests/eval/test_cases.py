"""Tests of cases: what the methods of a comparison share."""

import dataclasses

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.realise import Disturbances
from dispatchlab.eval.cases import Case, generated_cases, instance_cases, known_bounds
from tests.eval.helpers import TINY

NOISE = Disturbances(duration_noise=0.5)


def test_every_instance_meets_every_seed() -> None:
    """The cases are the product; without disturbances there is no realisation."""
    cases = instance_cases([load_instance("ft06"), TINY], [0, 1])
    assert [(c.instance, c.seed) for c in cases] == [
        ("ft06", 0), ("ft06", 1), ("tiny", 0), ("tiny", 1),
    ]  # fmt: skip
    assert all(case.realisation is None for case in cases)


def test_realisations_depend_on_seed_and_instance_alone() -> None:
    """The same seed draws the same realisation whatever else is compared; another one does not."""
    ft06 = load_instance("ft06")
    alone = instance_cases([ft06], [0, 1], NOISE)
    among = instance_cases([TINY, ft06], [1, 0], NOISE)
    durations = [case.realisation.mode_duration for case in (*alone, among[3], among[2])]
    assert np.array_equal(durations[0], durations[2])
    assert np.array_equal(durations[1], durations[3])
    assert not np.array_equal(durations[0], durations[1])


def test_names_must_differ() -> None:
    """Two instances of one name could not be told apart in a table."""
    with pytest.raises(DispatchlabError, match="named 'tiny'"):
        instance_cases([TINY, TINY])


def test_generated_cases() -> None:
    """A generator draws as many as asked, the same again for the same seed."""
    spec = "random:num_jobs=2-4,num_machines=2,duration_noise=0.3"
    first, again = generated_cases(spec, 3, [5]), generated_cases(spec, 3, [5])
    assert [case.encoding for case in first] == [case.encoding for case in again]
    assert len({case.instance for case in first}) == 3
    assert all(case.realisation is not None for case in first)
    with pytest.raises(DispatchlabError, match="count is 0"):
        generated_cases(spec, 0)


def test_known_bounds_belong_to_the_unchanged_benchmark() -> None:
    """ft06 is known to be 55; another instance of that name, or a noisy one, is not."""
    ft06 = load_instance("ft06")
    assert known_bounds(Case("ft06", 0, ft06)) == (55.0, 55.0)
    impostor = dataclasses.replace(TINY, name="ft06")
    noisy = instance_cases([ft06], [0], NOISE)[0]
    for case in (Case("ft06", 0, impostor), noisy, Case("tiny", 0, TINY)):
        assert np.isnan(known_bounds(case)).all()

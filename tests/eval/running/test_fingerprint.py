"""Tests of fingerprints: equal content, equal fingerprint; other content, another one."""

from dataclasses import replace

import numpy as np
import pytest

from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.eval.cases import generated_cases
from dispatchlab.eval.running.fingerprint import fingerprint
from dispatchlab.eval.running.records import content_of


def test_equal_content() -> None:
    """What is built twice from the same data has one fingerprint, which never changes."""
    one, two = (job_shop([[0, 1], [1, 0]], [[3, 2], [2, 4]], name="a") for _ in range(2))
    assert one is not two
    assert fingerprint(one) == fingerprint(two)
    assert fingerprint({"b": 1, "a": 2}) == fingerprint({"a": 2, "b": 1})
    assert fingerprint({3, 1, 2}) == fingerprint({2, 3, 1})


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (1, 1.0), (1, True), ("1", 1), (None, "None"), ([1, 2], [2, 1]), (["ab", "c"], ["a", "bc"]),
        ([[1], 2], [[1, 2]]), (np.zeros(3), np.zeros((3, 1))), (np.zeros(3), np.zeros(3, int)),
        (np.array([0.0, 1.0]), np.array([1.0, 0.0])), ({"a": 1}, {"a": 2}), (0.0, float("nan")),
    ],
)  # fmt: skip
def test_other_content(one: object, two: object) -> None:
    """Values, types, orders and shapes count."""
    assert fingerprint(one) != fingerprint(two)


def test_nothing_without_content() -> None:
    """What would be known by its address alone has no fingerprint."""
    with pytest.raises(TypeError, match="object"):
        fingerprint([object()])
    with pytest.raises(TypeError, match="ndarray"):
        fingerprint(np.array([object()]))


def test_cases() -> None:
    """Instance, realisation and seed tell cases apart; names in tables do not."""
    one, two = generated_cases("random:num_jobs=3,num_machines=2,duration_noise=0.5", 2)
    changed = [two, replace(one, seed=1), replace(one, realisation=None),
               replace(one, realisation=two.realisation)]  # fmt: skip
    assert len({content_of(case) for case in [one, *changed]}) == 5
    assert content_of(replace(one, instance="other", settings={"a": 1})) == content_of(one)

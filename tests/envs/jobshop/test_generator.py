"""Tests of the random generators and of the strings that name them."""

import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.jobshop.generator import (
    FixedInstances,
    RandomJobShop,
    RandomTaillard,
    make_generator,
)
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE, CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.realise import Disturbances, log_normal_factors
from dispatchlab.envs.jobshop.shops import project

SPECS = [
    "random:num_jobs=2-6,num_machines=1-5",
    "random:num_jobs=3,num_machines=4,routing_structure=0.5,duration_skew=0-2",
    "random:num_jobs=2-5,objective=total_weighted_tardiness,arrival_load=0.5-0.9",
    "random:num_jobs=4,num_machines=3,breakdown_rate=0.01,duration_noise=0.3",
    "flexible:num_jobs=2-4,num_machines=1-6,flexibility=1-3",
    "taillard:4x3",
    "ft06",
    "set:ft+la10x5,duration_noise=0.1,breakdown_rate=0.001",
]


def rng(seed: int = 0) -> np.random.Generator:
    """A fresh source of randomness."""
    return np.random.default_rng(seed)


def sizes(encoding: CpEncoding) -> ProblemLimits:
    """Exact sizes; a job shop has a lane per job."""
    return ProblemLimits.of(encoding, encoding.num_jobs)


@pytest.mark.parametrize("spec", SPECS)
def test_samples_are_reproducible_valid_and_within_limits(spec: str) -> None:
    """One seed, one problem; every problem fits the limits and its realisation fits it."""
    generator = make_generator(spec)
    first, second = rng(7), rng(7)
    for _ in range(20):
        encoding, realisation = generator.sample(first)
        again, twin = generator.sample(second)
        assert encoding == again
        assert all(
            np.array_equal(getattr(realisation, field), getattr(twin, field))
            for field in ("mode_duration", "job_arrival", "down_ptr", "down_start", "down_end")
        )
        realisation.check(encoding)
        exact = ProblemLimits.of(encoding, encoding.num_jobs, realisation)
        assert exact.merge(generator.limits) == generator.limits


@pytest.mark.parametrize("spec", SPECS)
def test_generators_pickle(spec: str) -> None:
    """Worker processes receive generators by pickling."""
    generator = make_generator(spec)
    copy = pickle.loads(pickle.dumps(generator))
    assert copy.sample(rng(3))[0] == generator.sample(rng(3))[0]
    assert repr(copy) == repr(generator)


def test_default_is_the_taillard_distribution() -> None:
    """U{1..99} durations, both ends included, and uniform permutations."""
    generator = RandomJobShop(num_jobs=200, num_machines=15)
    encoding, realisation = generator.sample(rng())
    assert realisation.is_nominal(encoding)
    assert encoding.mode_duration.min() == 1
    assert encoding.mode_duration.max() == 99
    assert encoding.mode_duration.mean() == pytest.approx(50, abs=2)
    order = encoding.use_resource.reshape(200, 15)
    assert (np.sort(order, axis=1) == np.arange(15)).all()
    assert order[:, 0].mean() == pytest.approx(7, abs=1)


def test_every_size_of_a_range_occurs() -> None:
    """Sizes are drawn uniformly from their ranges, ends included."""
    generator = RandomJobShop(num_jobs=(2, 4), num_machines=(1, 2))
    source = rng()
    seen = {(e.num_jobs, e.num_resources) for e, _ in (generator.sample(source) for _ in range(99))}
    assert seen == {(j, m) for j in (2, 3, 4) for m in (1, 2)}


def test_skew_shortens_most_durations() -> None:
    """The mean of low + floor(u^(1+s) * range) is about low + range / (2 + s)."""
    for skew in (0.0, 1.0, 3.0):
        generator = RandomJobShop(num_jobs=100, num_machines=50, duration_skew=skew)
        mean = generator.sample(rng())[0].mode_duration.mean()
        assert mean == pytest.approx(0.5 + 99 / (2 + skew), abs=2)


def test_structured_routes_visit_the_first_half_first() -> None:
    """With structure 1 every job is structured; with 0.5 about half of them are."""
    full = RandomJobShop(num_jobs=20, num_machines=7, routing_structure=1.0).sample(rng())[0]
    order = full.use_resource.reshape(20, 7)
    assert (np.sort(order[:, :3], axis=1) == np.arange(3)).all()
    half = RandomJobShop(num_jobs=400, num_machines=8, routing_structure=0.5).sample(rng())[0]
    structured = (half.use_resource.reshape(400, 8)[:, :4] < 4).all(axis=1)
    assert structured.mean() == pytest.approx(0.5, abs=0.1)


def test_flexibility_is_the_mean_number_of_alternatives() -> None:
    """Alternatives average to the flexibility, never repeat a machine, and spread as asked."""
    generator = RandomJobShop(num_jobs=60, num_machines=12, flexibility=2.5, machine_spread=0.3)
    encoding, _ = generator.sample(rng())
    choices = np.diff(encoding.mode_ptr)
    assert choices.mean() == pytest.approx(2.5, abs=0.15)
    assert choices.min() == 1
    assert choices.max() <= generator.limits.modes_per_activity == 4
    own = np.repeat(encoding.mode_duration[encoding.mode_ptr[:-1]], choices)
    assert (np.abs(encoding.mode_duration - own) <= 0.3 * own + 0.5).all()


def test_flexibility_beyond_the_machines() -> None:
    """With few machines an operation can at most use all of them."""
    generator = RandomJobShop(num_jobs=5, num_machines=2, flexibility=5)
    assert np.diff(generator.sample(rng())[0].mode_ptr).max() == 2
    assert generator.limits.modes_per_activity == 2


def test_due_dates_follow_arrival_and_work() -> None:
    """Due date = arrival + work / tightness; only tardiness has due dates and weights."""
    arguments: dict[str, Any] = {"num_jobs": 50, "arrival_load": 0.9, "due_tightness": 0.5}
    generator = RandomJobShop(objective="total_weighted_tardiness", **arguments)
    encoding, realisation = generator.sample(rng())
    work = np.bincount(encoding.job, weights=encoding.mode_duration)
    assert np.array_equal(encoding.job_due, realisation.job_arrival + 2 * work)
    assert set(encoding.job_weight.tolist()) == {1, 2, 4}
    plain, _ = RandomJobShop(**arguments).sample(rng())
    assert (plain.job_due == NO_DUE_DATE).all()
    assert (plain.job_weight == 1).all()


def test_arrivals_keep_the_load() -> None:
    """Jobs arrive in order, the first at 0, at the rate that loads the machines as asked."""
    generator = RandomJobShop(num_jobs=1000, num_machines=5, arrival_load=0.8)
    encoding, realisation = generator.sample(rng())
    arrival = realisation.job_arrival
    assert arrival[0] == 0
    assert (np.diff(arrival) >= 0).all()
    assert encoding.mode_duration.sum() / 5 / arrival[-1] == pytest.approx(0.8, rel=0.1)


def test_noise_has_the_variation_asked_for() -> None:
    """Factors have mean 1 and the coefficient of variation; durations stay at least 1."""
    factors = log_normal_factors(rng(), 0.4, 20_000)
    assert factors.mean() == pytest.approx(1, abs=0.02)
    assert factors.std() == pytest.approx(0.4, abs=0.02)
    generator = RandomJobShop(num_jobs=50, duration_noise=2.0)
    encoding, realisation = generator.sample(rng())
    assert realisation.mode_duration.min() >= 1
    assert not np.array_equal(realisation.mode_duration, encoding.mode_duration)


def test_zero_durations_stay_zero() -> None:
    """Dummy activities are not stretched by noise."""
    rcpsp = project([0, 5, 0], [[0], [1], [0]], [2], [[1], [2], []])
    noisy = Disturbances(duration_noise=0.5, breakdown_rate=0.1).draw(rng(), rcpsp)
    assert noisy.mode_duration[[0, 2]].tolist() == [0, 0]
    assert len(noisy.down_start) == 0


def test_extreme_disturbances_fit_64_bits() -> None:
    """Rates near zero mean that nothing happens soon, not that times overflow."""
    rare = Disturbances(arrival_load=1e-300, breakdown_rate=1e-300)
    drawn = rare.draw(rng(), load_instance("ft06"))
    assert (np.diff(drawn.job_arrival) > 1e9).all()
    assert (drawn.down_start > 1e9).all()
    assert (drawn.down_end > drawn.down_start).all()


def test_breakdowns_are_disjoint_and_at_the_asked_rate() -> None:
    """Windows ascend within each machine; up-times average to the inverse rate."""
    generator = RandomJobShop(num_jobs=300, breakdown_rate=0.005, mean_time_to_repair=40)
    encoding, realisation = generator.sample(rng())
    realisation.check(encoding)
    first = np.zeros(len(realisation.down_start), dtype=bool)
    first[realisation.down_ptr[:-1]] = True
    since = np.where(first, 0, np.concatenate([[0], realisation.down_end[:-1]]))
    assert (realisation.down_start > since).all()
    assert (realisation.down_end > realisation.down_start).all()
    assert (realisation.down_start - since).mean() == pytest.approx(200, rel=0.1)
    assert (realisation.down_end - realisation.down_start).mean() == pytest.approx(40, rel=0.1)


def test_task_space_holds_the_ranges_only() -> None:
    """Ranges are what a teacher may choose; a task fixes them."""
    generator = RandomJobShop(num_jobs=(5, 9), num_machines=4, duration_noise=(0.0, 0.5))
    assert generator.task_space.names == ("num_jobs", "duration_noise")
    task = {"num_jobs": 6, "duration_noise": 0.0}
    encoding, realisation = generator.sample(rng(), task)
    assert sizes(encoding).jobs == 6
    assert realisation.is_nominal(encoding)
    counts = {
        generator.sample(rng(seed), {"duration_noise": 0.1})[0].num_jobs for seed in range(40)
    }
    assert counts == {5, 6, 7, 8, 9}
    with pytest.raises(DispatchlabError, match="num_jobs = 10; it must be between 5 and 9"):
        generator.sample(rng(), {"num_jobs": 10})
    with pytest.raises(DispatchlabError, match="'num_machines' is unknown"):
        generator.sample(rng(), {"num_machines": 4})


@given(st.integers(0, 2**32), st.integers(1, 7), st.integers(1, 7), st.floats(1, 4))
def test_any_size_is_valid(seed: int, jobs: int, machines: int, flexibility: float) -> None:
    """Small sizes and any flexibility give valid instances within the limits."""
    generator = RandomJobShop(num_jobs=jobs, num_machines=machines, flexibility=flexibility)
    encoding, _ = generator.sample(rng(seed))
    assert sizes(encoding).merge(generator.limits) == generator.limits


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_jobs": 0}, "num_jobs is 0; it must be between 1 and 10000"),
        ({"num_jobs": 2.5}, "num_jobs is 2.5; give a whole number"),
        ({"num_jobs": (5, 3)}, "runs from 5 to 3; give the lower end first"),
        ({"num_jobs": (1, 2, 3)}, "give a number or a pair"),
        ({"duration_noise": math.nan}, "duration_noise is nan"),
        ({"duration_noise": "much"}, "duration_noise is 'much'"),
        ({"routing_structure": 1.5}, "between 0 and 1"),
        ({"duration_low": 50, "duration_high": (40, 60)}, "let them not cross"),
        ({"objective": "money"}, "objective 'money' is unknown"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    """Arguments out of range are named."""
    with pytest.raises(InvalidInstanceError, match=message):
        RandomJobShop(**arguments)


def test_fixed_instances_in_turn_and_at_random() -> None:
    """A cycle goes round; at random all occur; a task chooses one."""
    names = ["ft06", "la01", "ft10"]
    cycle = FixedInstances(names, order="cycle")
    drawn = [cycle.sample(rng())[0].name for _ in range(4)]
    assert drawn == [*names, "ft06"]
    shuffled, source = FixedInstances(names), rng()
    assert {shuffled.sample(source)[0].name for _ in range(50)} == set(names)
    encoding, realisation = shuffled.sample(source, {"instance": 1})
    assert encoding is load_instance("la01")
    assert realisation.is_nominal(encoding)
    with pytest.raises(DispatchlabError, match="instance = 3"):
        shuffled.sample(source, {"instance": 3})


def test_fixed_instances_limits_cover_all() -> None:
    """Limits are the elementwise maximum over the list."""
    limits = FixedInstances(["ft20", "ft10"]).limits
    assert (limits.jobs, limits.resources, limits.activities, limits.lanes) == (20, 10, 100, 20)


@pytest.mark.parametrize(
    ("instances", "options", "message"),
    [
        ([], {}, "list of instances is empty"),
        (["ft06"], {"order": "up"}, "order 'up' is unknown"),
        (["ft6"], {}, "no benchmark instance named 'ft6'"),
        (["ft06"], {"duration_noise": -1}, "duration_noise is -1"),
        (["ft06"], {"breakdown_rate": math.nan}, "breakdown_rate is nan"),
        (["ft06"], {"breakdown_rate": 1, "mean_time_to_repair": 0}, "need a positive one"),
    ],
)
def test_fixed_instances_refuse(
    instances: list[str], options: dict[str, Any], message: str
) -> None:
    """Empty lists and bad options are named."""
    with pytest.raises(DispatchlabError, match=message):
        FixedInstances(instances, **options)


def test_strings_mean_the_classes() -> None:
    """A string and the class it names draw the same problem; keyword arguments override."""
    pairs = [
        ("random:num_jobs=3-5, duration_skew=1e-1",
         RandomJobShop(num_jobs=(3, 5), duration_skew=0.1)),
        ("flexible:num_jobs=3", RandomJobShop(num_jobs=3, flexibility=2, machine_spread=0.2)),
        ("taillard:3x4", RandomTaillard(3, 4)),
        ("la10x5", FixedInstances(["la01", "la02", "la03", "la04", "la05"])),
        ("set:ft06+la01,order=cycle", FixedInstances(["ft06", "la01"], order="cycle")),
    ]  # fmt: skip
    for spec, generator in pairs:
        assert make_generator(spec).sample(rng(5))[0] == generator.sample(rng(5))[0]
    assert make_generator("random:num_jobs=3", num_jobs=8).limits.jobs == 8


def test_strings_may_name_files(tmp_path: Path) -> None:
    """A file stands where an instance name does."""
    path = tmp_path / "one.jsp"
    path.write_text("1 1\n0 5\n")
    assert make_generator(f"set:{path}").sample(rng())[0].mode_duration.tolist() == [5]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "begins with none of random, flexible, taillard, set"),
        ("nonsense", "no benchmark set named 'nonsense'"),
        ("magic:x=1", "unknown kind 'magic'"),
        ("random:num_jobs", "option 'num_jobs' .* write name=value"),
        ("random:num_jobs=", "write name=value"),
        ("random:num_jobs=3,num_jobs=4", "stands twice"),
        ("random:jobs=3", "has no option 'jobs'; it has num_jobs, num_machines"),
        ("random:num_jobs=9-3", "give the lower end first"),
        ("taillard:15", "write taillard:15x15"),
        ("taillard:0x15", "size 0x15 is out of range"),
        ("set:ft,speed=3", "has no option 'speed'; it has order"),
        ("random:self=3", "has no option 'self'"),
        ("random:duration_noise=1e300", "duration_noise is 1e\\+300; it must be between"),
        ("set:ft,duration_noise=1e300", "duration_noise is 1e\\+300; give at most 10"),
        ("set:ft,duration_noise=1-2", "give a non-negative number"),
        ("set:ft,max_breakdowns=2.5", "max_breakdowns is 2.5; give a whole number"),
    ],
)
def test_bad_strings(spec: str, message: str) -> None:
    """Strings that cannot be understood say what to write."""
    with pytest.raises(InvalidInstanceError, match=message):
        make_generator(spec)

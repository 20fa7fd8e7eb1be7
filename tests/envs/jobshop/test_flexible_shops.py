"""Tests of random shops whose jobs differ in length, revisit machines and have alternatives."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.jobshop.env import CPSchedulingEnv
from dispatchlab.envs.jobshop.generator import RandomJobShop, make_generator
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import instance_names, instance_set, load_instance
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.shop_mixes import MIXES


def sample(generator: RandomJobShop, seed: int = 0, **task: float) -> CpEncoding:
    """One instance."""
    return generator.sample(np.random.default_rng(seed), task)[0]


def routes(encoding: CpEncoding) -> list[list[int]]:
    """First machines of the operations of each job."""
    machine = encoding.use_resource[encoding.mode_ptr[:-1]]
    return [machine[encoding.job == job].tolist() for job in range(encoding.num_jobs)]


def choices(encoding: CpEncoding) -> list[int]:
    """Number of alternatives of each operation."""
    return np.diff(encoding.mode_ptr).tolist()


def times(encoding: CpEncoding) -> list[list[int]]:
    """Times on the alternatives of each operation."""
    return [part.tolist() for part in np.split(encoding.mode_duration, encoding.mode_ptr[1:-1])]


@pytest.mark.parametrize(
    ("spec", "machines", "durations"),
    [
        (
            "random:num_jobs=2,num_machines=3,routing_structure=0.5",
            [2, 0, 1, 0, 2, 1],
            [64, 27, 5, 2, 81, 91],
        ),
        (
            "flexible:num_jobs=2,num_machines=3",
            [2, 1, 0, 0, 1, 2, 2, 1, 0, 2, 0, 2],
            [64, 60, 61, 27, 5, 5, 2, 81, 90, 73, 91, 75],
        ),
    ],
)
def test_what_was_drawn_before_is_drawn_still(
    spec: str, machines: list[int], durations: list[int]
) -> None:
    """Results that name a seed stay reproducible."""
    encoding = make_generator(spec).sample(np.random.default_rng(0))[0]
    assert encoding.use_resource.tolist() == machines
    assert encoding.mode_duration.tolist() == durations


def test_the_number_of_operations_is_a_range_over_the_jobs() -> None:
    """Every length from 30 % less to 30 % more occurs, and they average to the mean."""
    generator = RandomJobShop(num_jobs=400, num_operations=10, operations_spread=0.3)
    lengths = [len(route) for route in routes(sample(generator))]
    assert set(lengths) == set(range(7, 14))
    assert np.mean(lengths) == pytest.approx(10, abs=0.3)
    assert generator.limits.activities == 400 * 13


def test_every_job_has_an_operation() -> None:
    """The widest spread leaves the mean as it is and no job empty."""
    generator = RandomJobShop(num_jobs=200, num_operations=3, operations_spread=1)
    assert {len(route) for route in routes(sample(generator))} == {1, 2, 3, 4, 5}


def test_shorter_jobs_leave_machines_out_and_longer_ones_come_again() -> None:
    """All machines are visited before any is visited again."""
    short = routes(sample(RandomJobShop(num_jobs=50, num_machines=6, num_operations=4)))
    assert all(len(route) == len(set(route)) == 4 for route in short)
    assert {machine for route in short for machine in route} == set(range(6))
    longer = routes(sample(RandomJobShop(num_jobs=50, num_machines=6, num_operations=15)))
    for route in longer:
        assert sorted(route[:6]) == sorted(route[6:12]) == list(range(6))
        assert len(set(route[12:])) == 3


def test_revisits_are_on_any_machine() -> None:
    """With share 1 routes are independent draws, with 0.5 half of the operations are."""
    any_machine = RandomJobShop(num_jobs=2000, num_machines=4, revisits=1.0)
    different = [len(set(route)) for route in routes(sample(any_machine))]
    # four independent draws miss a machine with probability (3/4)^4
    assert np.mean(different) == pytest.approx(4 * (1 - 0.75**4), abs=0.1)
    half = routes(sample(RandomJobShop(num_jobs=2000, num_machines=4, revisits=0.5)))
    assert 0.2 < np.mean([len(set(route)) == 4 for route in half]) < 0.5


def test_structured_jobs_of_any_length_keep_the_sets() -> None:
    """The first set comes first, also where jobs are short, long or come again."""
    generator = RandomJobShop(
        num_jobs=60, num_machines=5, num_operations=6, operations_spread=0.9, revisits=0.3,
        routing_structure=1.0,
    )  # fmt: skip
    drawn = routes(sample(generator))
    for route in drawn:
        late = [machine >= 2 for machine in route]
        assert late == sorted(late)
    short = [route for route in drawn if len(route) <= 3]
    assert any(machine >= 2 for route in short for machine in route)


def test_operations_are_of_so_many_types() -> None:
    """Types fix machines and times; a job repeats none before it has had all."""
    generator = RandomJobShop(
        num_jobs=30, num_machines=5, num_operations=10, operation_types=7, revisits=1.0,
        flexibility=2.0, unrelated_times=1.0,
    )  # fmt: skip
    encoding = sample(generator)
    machine = np.split(encoding.use_resource, encoding.mode_ptr[1:-1])
    pairs = zip(machine, times(encoding), strict=True)
    kinds = [(tuple(m.tolist()), tuple(t)) for m, t in pairs]
    assert len(set(kinds)) == 7
    for job in range(30):
        own = kinds[10 * job : 10 * job + 10]
        assert len(set(own[:7])) == 7
        assert len(set(own[7:])) == 3


def test_structured_jobs_of_types_keep_the_sets() -> None:
    """The sets are of machines, not of types."""
    generator = RandomJobShop(
        num_jobs=20, num_machines=4, num_operations=6, operation_types=9, routing_structure=1.0
    )
    for route in routes(sample(generator)):
        late = [machine >= 2 for machine in route]
        assert late == sorted(late)


def test_due_dates_follow_the_first_alternatives() -> None:
    """The work of a job is that of its first alternatives, whatever the others take."""
    generator = RandomJobShop(
        num_jobs=30, num_operations=4, operations_spread=0.5, operation_types=20, flexibility=3.0,
        unrelated_times=1.0, due_tightness=1.0, objective="total_weighted_tardiness",
    )  # fmt: skip
    encoding = sample(generator)
    first = encoding.mode_duration[encoding.mode_ptr[:-1]]
    assert np.array_equal(encoding.job_due, np.bincount(encoding.job, first).astype(int))


def test_flexibility_may_be_a_share_of_the_machines() -> None:
    """A share of 0.5 gives 1 to m alternatives whatever m is."""
    generator = RandomJobShop(num_jobs=80, num_machines=(3, 11), flexibility_share=0.5)
    for machines in (3, 11):
        drawn = choices(sample(generator, num_machines=machines))
        assert set(drawn) == set(range(1, machines + 1))
        assert np.mean(drawn) == pytest.approx((machines + 1) / 2, rel=0.05)
    assert generator.limits.modes_per_activity == 11


def test_unrelated_times_are_those_of_other_operations() -> None:
    """They have the range of the first alternative; related ones stay near it."""
    arguments: dict[str, Any] = {"num_jobs": 100, "num_machines": 8, "flexibility": 3.0}
    unrelated = sample(RandomJobShop(**arguments, duration_high=20, unrelated_times=1.0))
    others = np.concatenate([part[1:] for part in times(unrelated)])
    assert (others.min(), others.max()) == (1, 20)
    assert others.mean() == pytest.approx(10.5, abs=0.5)
    half = times(sample(RandomJobShop(**arguments, duration_high=10_000, unrelated_times=0.5)))
    several = [part for part in half if len(part) > 1]
    assert np.mean([len(set(part)) == 1 for part in several]) == pytest.approx(0.5, abs=0.06)


@given(
    st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 5), st.integers(0, 9),
    st.floats(0, 1), st.floats(0, 1), st.integers(0, 6), st.floats(1, 3), st.floats(0, 1),
)  # fmt: skip
def test_any_shop_is_valid_within_limits_and_reproducible(
    seed: int, jobs: int, machines: int, operations: int, spread: float, share: float, types: int,
    flexibility: float, structure: float,
) -> None:  # fmt: skip
    """Whatever is asked for: within the limits, no machine twice, one seed one instance."""
    generator = RandomJobShop(
        num_jobs=jobs, num_machines=machines, num_operations=operations, operations_spread=spread,
        revisits=share, operation_types=types, flexibility=flexibility, flexibility_share=share,
        unrelated_times=share, routing_structure=structure, breakdown_rate=0.01, arrival_load=0.5,
    )  # fmt: skip
    encoding, realisation = generator.sample(np.random.default_rng(seed))
    exact = ProblemLimits.of(encoding, encoding.num_jobs, realisation)
    assert exact.merge(generator.limits) == generator.limits
    for part in np.split(encoding.use_resource, encoding.mode_ptr[1:-1]):
        assert len(set(part.tolist())) == len(part)
    assert encoding == sample(generator, seed)


def test_the_new_ranges_are_tasks() -> None:
    """A teacher may choose the number of operations and their spread."""
    generator = RandomJobShop(num_jobs=9, num_operations=(2, 8), operations_spread=(0.0, 0.5))
    assert generator.task_space.names == ("num_operations", "operations_spread")
    encoding = sample(generator, num_operations=6, operations_spread=0.0)
    assert [len(route) for route in routes(encoding)] == [6] * 9
    assert len({sample(generator, seed).num_activities for seed in range(30)}) > 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_operations": -1}, "num_operations is -1; it must be between 0 and 1000"),
        ({"num_operations": 2.5}, "num_operations is 2.5; give a whole number"),
        ({"num_operations": (0, 5)}, "0 means as many operations as machines; begin at 1"),
        ({"operation_types": (0, 5)}, "0 means that every operation differs; begin at 1"),
        ({"operations_spread": 1.5}, "operations_spread is 1.5; it must be between 0 and 1"),
        ({"revisits": 2}, "revisits is 2; it must be between 0 and 1"),
        ({"flexibility_share": -0.1}, "flexibility_share is -0.1; it must be"),
        ({"unrelated_times": "all"}, "unrelated_times is 'all'; it must be"),
    ],
)
def test_bad_arguments(arguments: dict[str, Any], message: str) -> None:
    """Arguments out of range are named, with the remedy."""
    with pytest.raises(InvalidInstanceError, match=message):
        RandomJobShop(**arguments)


def test_breakdowns_last_as_long_as_jobs_that_come_again() -> None:
    """Jobs that visit few machines often take longer, so more breakdowns are drawn."""
    once = RandomJobShop(num_jobs=5, num_machines=2, breakdown_rate=0.01)
    often = RandomJobShop(num_jobs=5, num_machines=2, num_operations=20, breakdown_rate=0.01)
    assert often.limits.breakdowns >= 8 * once.limits.breakdowns


@pytest.mark.parametrize("mix", MIXES)
def test_mixes_play_and_their_options_may_change(mix: str) -> None:
    """A mix is a generator like any other; what is written after its name overrides it."""
    generator = make_generator(f"flexible:{mix.upper()}, num_jobs=3", num_machines=4)
    assert (generator.limits.jobs, generator.limits.resources) == (3, 4)
    env = CPSchedulingEnv(generator=generator)
    _, info = env.reset(seed=1)
    done = False
    while not done:
        _, _, done, _, info = env.step(int(np.argmax(info["action_mask"])))
    env.unwrapped.schedule()


@pytest.mark.parametrize("spec", ["flexible:mk", "flexible:num_jobs,num_machines=3"])
def test_unknown_mixes(spec: str) -> None:
    """A name that is no mix is refused with those there are."""
    with pytest.raises(InvalidInstanceError, match="is no mix; choose one of brandimarte, edata"):
        make_generator(spec)


@pytest.mark.parametrize(
    ("mix", "names"),
    [
        ("brandimarte", instance_set("mk")),
        ("edata", [name for name in instance_names("la") if name.endswith("_edata")]),
    ],
)
def test_mixes_resemble_the_benchmark_sets(mix: str, names: list[str]) -> None:
    """Sizes, alternatives, times and the uneven load of machines are on average as in the set."""

    def describe(encoding: CpEncoding) -> list[float]:
        count = np.array(choices(encoding))
        load = np.bincount(
            encoding.use_resource,
            encoding.mode_duration / np.repeat(count, count),
            encoding.num_resources,
        )
        drawn = routes(encoding)
        return [
            len(drawn), encoding.num_resources, len(drawn) / encoding.num_resources,
            float(np.mean([len(route) for route in drawn])), float(count.mean()),
            float(encoding.mode_duration.mean()), float(load.max() / load.mean()),
            float(np.mean([len(set(route)) / len(route) for route in drawn])),
        ]  # fmt: skip

    generator, source = make_generator(f"flexible:{mix}"), np.random.default_rng(0)
    ours = np.mean([describe(generator.sample(source)[0]) for _ in range(200)], axis=0)
    theirs = np.mean([describe(load_instance(name)) for name in names], axis=0)
    assert ours == pytest.approx(theirs, rel=0.25)

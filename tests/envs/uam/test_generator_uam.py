"""Generators of the air-taxi family: new days, ranges, limits, and the strings that name them."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.uam.demand import load_of
from dispatchlab.envs.uam.generator import DayMix, FixedInstance, make_generator
from dispatchlab.envs.uam.instance_files import write_instance
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.limits import UamLimits

SPECS = [
    "random-5x20",
    "random-2x4:rho=2.5",
    "random-5x20:rho=0.6-2.5,aircraft=10-30,delay=0-3,peak=0-2",
    "random:",
    "random:sizes=3x6+5x20,rho=0.5-2.5,charge_levels=0.5+1",
    "random:sizes=2x8+3x6,rho=0.4-2.5,area_mi=5-60",
    "random-8x40:vertistops=0.3,aircraft_type=lax-study,rho=1-2",
    "preset:bay-10+dfw-10,rho=0.5-2.5,closure=0-2",
    "preset:instances=lax-dtla|random-3x6,downtime=0-50",
    "nyc-9",
    "lax-dtla:peak=0.5",
    "random-5x20:seed=3,aircraft=10-30",
    "bay-10:peak=0-3,rho=2",
]


@pytest.mark.parametrize("spec", SPECS)
def test_draws_fit_the_limits(spec: str) -> None:
    """No instance and no realisation exceeds what the generator announces."""
    generator = make_generator(spec)
    rng = np.random.default_rng(0)
    for _ in range(15):
        instance, realisation = generator.sample(rng)
        needed = UamLimits.of(instance)
        assert all(need <= most for need, most in zip(needed, generator.limits, strict=True))
        realisation.require_fit(instance)
        assert realisation.num_passengers <= generator.limits.passengers


@pytest.mark.parametrize("spec", SPECS)
def test_seeds_decide(spec: str) -> None:
    """The same seed gives the same draw, from a copy too; another seed gives another."""
    generator = make_generator(spec)
    again = pickle.loads(pickle.dumps(copy.deepcopy(generator)))
    one, two, other = (
        source.sample(np.random.default_rng(seed))
        for source, seed in ((generator, 7), (again, 7), (generator, 8))
    )
    assert one[0] == two[0]
    assert np.array_equal(one[1].request_s, two[1].request_s)
    assert np.array_equal(one[1].takeoff_delay_s, two[1].takeoff_delay_s)
    assert not np.array_equal(one[1].closed, other[1].closed)


def test_random_days_are_new() -> None:
    """Layout, first ports and demand are new in every episode, unless a seed is given."""
    generator = make_generator("random-8x40")
    rng = np.random.default_rng(0)
    one, other = generator.sample(rng)[0], generator.sample(rng)[0]
    for name in ("x_mi", "start_port", "demand", "fare_usd", "expected_delay_s", "closure_prob"):
        assert not np.array_equal(getattr(one, name), getattr(other, name))
    assert len(generator.task_space) == 0
    assert not generator.is_constant
    fixed = make_generator("random-8x40:seed=3")
    assert isinstance(fixed, FixedInstance)
    assert fixed.sample(rng)[0] == load_instance("random-8x40:seed=3")
    ranged = make_generator("random-8x40:seed=3,rho=0.5-2")
    day = ranged.sample(rng, {"rho": 1.0})[0]
    assert day == load_instance("random-8x40:seed=3,rho=1.0")


def test_fixed_days() -> None:
    """Networks are always the same; what happens is not."""
    generator = make_generator("bay-10:rho=0.6")
    assert isinstance(generator, FixedInstance)
    rng = np.random.default_rng(0)
    (one, first), (other, second) = generator.sample(rng), generator.sample(rng)
    assert one is other
    assert not np.array_equal(first.request_s, second.request_s)
    assert repr(make_generator("bay-10")) == "FixedInstance('bay-10')"


def test_tasks() -> None:
    """A teacher may choose what has a range; the rest is drawn."""
    generator = make_generator("preset:bay-10+nyc-9,rho=0.5-2.5,aircraft=20-60,delay=0-3")
    assert generator.task_space.names == ("instance", "rho", "aircraft", "delay")
    rng = np.random.default_rng(0)
    day, _ = generator.sample(rng, {"instance": 1, "rho": 2.0, "aircraft": 33, "delay": 0.0})
    assert (day.name, day.num_aircraft) == ("nyc-9", 33)
    assert load_of(day) == pytest.approx(2.0)
    assert day.disturbance.delay_max_s == 0
    days = [generator.sample(rng)[0] for _ in range(30)]
    assert {day.name for day in days} == {"bay-10", "nyc-9"}
    assert len({day.num_aircraft for day in days}) > 10
    assert 0.5 <= min(map(load_of, days)) < 0.9 < 2.0 < max(map(load_of, days)) <= 2.5 + 1e-9


def test_random_sizes() -> None:
    """`random:` mixes sizes and loads, which may be given otherwise."""
    generator = make_generator("random:")
    assert generator.task_space.names == ("instance", "rho")
    assert generator.limits[:2] == (12, 60)
    rng = np.random.default_rng(0)
    names = {generator.sample(rng)[0].name for _ in range(20)}
    assert names == {"random-5x20", "random-8x40", "random-12x60"}
    small = make_generator("random:sizes=3x5,rho=1")
    assert len(small.task_space) == 0
    assert load_of(small.sample(rng)[0]) == pytest.approx(1.0)


def test_files_and_arguments(tmp_path: Path) -> None:
    """A file is a fixed instance, with ranges of what leaves the day as it is."""
    path = write_instance(load_instance("lax-dtla"), tmp_path / "mine.json")
    assert isinstance(make_generator(str(path)), FixedInstance)
    generator = make_generator(str(path), rho=(0.5, 1.0))
    day, _ = generator.sample(np.random.default_rng(0), {"rho": 0.75})
    assert load_of(day) == pytest.approx(0.75)
    with pytest.raises(
        InvalidInstanceError, match="aircraft would make the day of 'lax-dtla' anew"
    ):
        make_generator(f"preset:{path},aircraft=3-5")
    assert repr(generator) == "DayMix(['lax-dtla'], rho=(0.5, 1))"
    mixed = DayMix(["bay-10:aircraft=20", load_instance("nyc-9")], wait_s=900)
    assert [source.name for source in mixed.sources] == ["bay-10", "nyc-9"]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("preset:", "names no instance; write preset:NAME"),
        ("preset:bay-10,rho", "The option 'rho' in .* is incomplete"),
        ("preset:bay-10,colour=red", "has no option 'colour'; it has aircraft, seed, rho"),
        ("bay-10:rho=0-51", "rho is 51; it must be between 0 and 50"),
        ("bay-10:rho=2-1", "rho runs from 2.0 to 1.0; give the lower end first"),
        ("bay-10:aircraft=1.5-2", "aircraft is 1.5; give a whole number"),
        ("random-2x4:aircraft=4-40", "aircraft is 40, but the ports have 32 slots"),
        ("random:sizes=+", "The list of instances is empty"),
        ("random:sizes=5by20", "There is no air-taxi instance named 'random-5by20'"),
        ("bay-10:seats=3-5", r"aircraft.seats is \(3, 5\)"),
        ("bay-11", "There is no air-taxi instance named 'bay-11'; did you mean bay-10"),
    ],
)
def test_bad_specs(spec: str, message: str) -> None:
    """What cannot be drawn is refused when the generator is made, in one sentence."""
    with pytest.raises(DispatchlabError, match=message):
        make_generator(spec)


def test_bad_tasks() -> None:
    """A task outside its range is refused."""
    with pytest.raises(DispatchlabError, match=r"rho = 3; it must be between 0.5 and 2"):
        make_generator("random-5x20:rho=0.5-2").sample(np.random.default_rng(0), {"rho": 3})
    with pytest.raises(InvalidInstanceError, match="The list of instances is empty"):
        DayMix([])

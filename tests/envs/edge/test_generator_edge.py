"""Generators of the edge/cloud family: lists, ranges, limits, and the strings that name them."""

import copy
import pickle
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.edge.generator import (
    EdgeGenerator,
    FixedInstance,
    PresetMix,
    make_generator,
)
from dispatchlab.envs.edge.instance_files import write_instance
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.train.problems import draw_problems

MIX = "preset:2d-a+4d-p,network=stationary+trapezium+4g,duration_ms=20000-40000,peak_ms=0-600"
SPECS = [
    "2d-p:duration_ms=20000",
    "4d-a:network=4g,duration_ms=10000-30000",
    MIX,
    "preset:instances=2d-a|3d-p,num_drones=1-5,cloud_sigma=0.1-0.3,duration_ms=9000,period_ms=500",
    "random:",
    "random:instances=2d-p,duration_ms=15000-20000,network=trapezium,peak_ms=300",
]


@pytest.mark.parametrize("spec", SPECS)
def test_draws_fit_the_limits(spec: str) -> None:
    """No instance and no realisation exceeds what the generator announces."""
    generator = make_generator(spec)
    rng = np.random.default_rng(0)
    for _ in range(20):
        instance, realisation = generator.sample(rng)
        pairs = zip(EdgeLimits.of(instance), generator.limits, strict=True)
        assert all(need <= limit for need, limit in pairs)
        realisation.require_fit(instance)
        assert len(realisation.latency_ms) <= generator.limits.latency
        assert len(realisation.bandwidth_kbps) <= generator.limits.bandwidth


@pytest.mark.parametrize("spec", SPECS)
def test_seeds_decide(spec: str) -> None:
    """The same seed gives the same draw, from a copy too; another seed gives another."""
    generator = make_generator(spec)
    twin = pickle.loads(pickle.dumps(copy.deepcopy(generator)))
    first, second, third = (
        source.sample(np.random.default_rng(seed))
        for source, seed in ((generator, 1), (twin, 1), (generator, 2))
    )
    assert first[0] == second[0]
    for name in ("arrival_ms", "model", "edge_time_ms", "latency_ms", "bandwidth_kbps"):
        assert np.array_equal(getattr(first[1], name), getattr(second[1], name))
    assert not np.array_equal(first[1].edge_time_ms, third[1].edge_time_ms)


@pytest.mark.parametrize("spec", SPECS)
def test_a_task_decides(spec: str) -> None:
    """Every corner of the task space can be drawn, and shows in the instance."""
    generator = make_generator(spec)
    space = generator.task_space
    for share in (0.0, 1.0):
        task = space.denormalise([share] * len(space))
        instance, realisation = generator.sample(np.random.default_rng(0), task)
        realisation.require_fit(instance)
        shown = {"num_drones": instance.num_drones, "cloud_sigma": instance.jitter.cloud_sigma}
        assert all(shown[name] == task[name] for name in shown if name in task)
        if "duration_ms" in task:
            assert instance.duration_ms == task["duration_ms"]


def test_lists_are_drawn_evenly() -> None:
    """Instances and networks, with what each of them is."""
    generator = make_generator(MIX)
    assert tuple(generator.task_space) == ("instance", "network", "duration_ms", "peak_ms")
    rng = np.random.default_rng(0)
    drawn: Counter[tuple[str, str]] = Counter()
    for _ in range(300):
        instance, _ = generator.sample(rng)
        drawn[instance.name, instance.network.kind] += 1
        assert instance.duration_ms % 1000 == 0
        assert 20_000 <= instance.duration_ms <= 40_000
    assert len(drawn) == 6
    assert min(drawn.values()) > 30
    instance, _ = generator.sample(rng, {"instance": 1, "network": 1, "peak_ms": 123})
    assert (instance.name, instance.network.kind, instance.network.peak_ms) == (
        "4d-p", "trapezium", 123,
    )  # fmt: skip


def test_random_trapezia() -> None:
    """Shares of the duration place the corners; without them the shape is that of 300 s."""
    spec = ("preset:2d-a,network=trapezium,duration_ms=100000-200000,trapezium_start=0-0.5,"
            "trapezium_hold=0.25")  # fmt: skip
    generator = make_generator(spec)
    task = {"duration_ms": 100_400, "trapezium_start": 0.4}
    network = generator.sample(np.random.default_rng(0), task)[0].network
    corners = (network.ramp_start_ms, network.hold_start_ms, network.hold_end_ms,
               network.ramp_end_ms)  # fmt: skip
    assert corners == (40_000, 50_000, 75_000, 85_000)
    plain = make_generator("4d-a:network=trapezium,duration_ms=30000-60000")
    network = plain.sample(np.random.default_rng(0), {"duration_ms": 60_000})[0].network
    assert network == load_instance("4d-a:network=trapezium,duration_ms=60000").network


def test_random_is_a_mix_for_training() -> None:
    """The default: active workloads of 60 to 120 s, all networks, trapezia of 0 to 600 ms."""
    generator = make_generator("random:")
    space = generator.task_space
    assert {name: (space[name].low, space[name].high) for name in ("duration_ms", "peak_ms")} == {
        "duration_ms": (60_000, 120_000), "peak_ms": (0, 600),
    }  # fmt: skip
    assert (space["instance"].high, space["network"].high) == (2, 2)
    assert generator.limits.tasks == 4 * 6 * 120
    fixed = make_generator("random:network=trapezium,instances=2d-a,duration_ms=30000")
    assert "network" not in fixed.task_space
    assert fixed.sample(np.random.default_rng(0))[0].num_tasks == 360


def test_validation_problems_are_the_same_in_every_run() -> None:
    """Training draws its validation problems with reserved seeds."""
    first, second = (draw_problems(make_generator(MIX), 4) for _ in range(2))
    assert [one[0] for one in first] == [other[0] for other in second]
    assert all(np.array_equal(a[1].edge_time_ms, b[1].edge_time_ms)
               for a, b in zip(first, second, strict=True))  # fmt: skip
    assert len({instance.duration_ms for instance, _ in first}) > 1


@pytest.mark.parametrize(
    ("spec", "kwargs"),
    [
        ("4d-a", {}),
        ("4D-A:network=trapezium", {}),
        ("preset:4d-a", {}),
        ("preset:4d-a,duration_ms=30000", {}),
        ("4d-a", {"cloud_expected": "median", "network": "4g"}),
    ],
)
def test_single_values_make_a_fixed_instance(spec: str, kwargs: dict[str, Any]) -> None:
    """Where nothing is left to draw, the instance is always the same object."""
    generator = make_generator(spec, **kwargs)
    assert isinstance(generator, FixedInstance)
    assert generator.is_constant
    rng = np.random.default_rng(0)
    assert generator.sample(rng)[0] is generator.sample(rng)[0]
    assert repr(generator) == "FixedInstance('4d-a')"
    with pytest.raises(DispatchlabError, match="'duration_ms' is unknown"):
        generator.sample(rng, {"duration_ms": 5})


def test_fixed_settings() -> None:
    """Settings in the string and as arguments end up in the instance."""
    generator = make_generator("4d-a:duration_ms=30000", network="trapezium", peak_ms=50)
    assert isinstance(generator, FixedInstance)
    expected = load_instance("4d-a:duration_ms=30000,network=trapezium,peak_ms=50")
    assert generator.instance == expected
    assert generator.limits == EdgeLimits.of(expected)


def test_files(tmp_path: Path) -> None:
    """Files are instances too, alone or in a list, with settings or not."""
    path = write_instance(load_instance("2d-p:duration_ms=10000"), tmp_path / "mine.json")
    assert make_generator(str(path)).limits.tasks == 80
    assert make_generator(f"{path}:num_drones=3").limits.tasks == 120
    mix = make_generator(f"preset:{path}+4d-a,duration_ms=5000-6000")
    assert [instance.name for instance in PresetMix([path, "4d-a"]).instances] == ["2d-p", "4d-a"]
    assert mix.limits.tasks == 144
    objects: EdgeGenerator = PresetMix([load_instance("2d-a")], network=["4g", "stationary"])
    assert objects.task_space["network"].high == 1


def test_repr_names_what_is_drawn() -> None:
    """A generator shows its instances, ranges and settings."""
    generator = make_generator("preset:2d-a,network=4g+stationary,num_drones=2-3,upload_bytes=9")
    assert repr(generator) == (
        "PresetMix(['2d-a (trace)', '2d-a (stationary)'], num_drones=(2, 3), upload_bytes=9)"
    )


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("preset:", "names no instance; write preset:NAME"),
        ("preset:4d-a,duration_ms", "The option 'duration_ms' in .* is incomplete"),
        ("preset:4d-a,colour=red", "has no option 'colour'; it has num_drones"),
        ("preset:4d-a,peak_ms=0-600", "peak_ms has no effect, for no network is a trapezium"),
        ("preset:4d-a,trapezium_start=0.1", "trapezium_start has no effect"),
        ("preset:4d-a,network=trapezium,mobility=bus", "mobility has no effect"),
        ("preset:4d-a,network=+", "The list of networks is empty"),
        ("preset:4d-a,network=5g+4g", "network is '5g'; choose"),
        ("preset:4d-a,num_drones=0-3", "num_drones is 0; it must be between 1 and 1000"),
        ("preset:4d-a,num_drones=3-2", "num_drones runs from 3 to 2"),
        ("preset:4d-a,num_drones=1.5-2", "num_drones is 1.5; give a whole number"),
        ("preset:4d-a,edge_low=0.5-0.99,edge_high=0.9-1", "edge_low is 0.99, above edge_high 0.9"),
        ("preset:4d-a,trapezium_start=0-2,network=trapezium", "it must be between 0 and 1"),
        ("preset:4d-a,period_ms=zz,duration_ms=1000-5000", "period_ms is 'zz'"),
        ("4d-a:duration_ms=1500", "duration_ms is 1500; give a multiple"),
        ("4d-a:edge_low=3-4", "edge_low is 3.0, above edge_high 1.0"),
        ("random:instances=+", "The list of instances is empty"),
        ("5d", "There is no edge/cloud instance named '5d'"),
    ],
)
def test_bad_specs(spec: str, message: str) -> None:
    """What cannot be drawn is refused when the generator is made, in one sentence."""
    with pytest.raises(DispatchlabError, match=message):
        make_generator(spec)


def test_bad_tasks() -> None:
    """A task outside its range is refused."""
    generator = make_generator(MIX)
    with pytest.raises(DispatchlabError, match="network = 3; it must be between 0 and 2"):
        generator.sample(np.random.default_rng(0), {"network": 3})
    with pytest.raises(InvalidInstanceError, match="The list of instances is empty"):
        PresetMix([])

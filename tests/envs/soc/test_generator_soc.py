"""Generators of the SoC family: ranges, limits, random graphs and the strings that name them."""

import copy
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.soc.formats import write_instance
from dispatchlab.envs.soc.generator import (
    FixedInstance,
    PresetMix,
    RandomSoc,
    SocGenerator,
    make_generator,
)
from dispatchlab.envs.soc.instance import Injection, Noise, SocInstance
from dispatchlab.envs.soc.library import load_instance
from dispatchlab.envs.soc.limits import SocLimits, width
from dispatchlab.envs.soc.random_graphs import ChipStyle, GraphStyle, random_chip, random_graph

SPECS = [
    "top-1",
    "top-1:mean_gap_us=25-200",
    "preset:top-1+top-mix,mean_gap_us=25-200,max_jobs=3-5,noise_std=0-0.5,horizon_us=2000",
    "preset:wifi-tx80+wifi-tx20,mean_gap_us=60-500,horizon_us=15000-20000",
    "random:",
    "random:num_tasks=1-30,num_graphs=1-3,num_pes=1-6,unsupported=0-0.8,max_width=4,density=1,mean_gap_us=20-300",
]


@pytest.mark.parametrize("spec", SPECS)
def test_draws_fit_the_limits(spec: str) -> None:
    """No instance and no realisation exceeds what the generator announces."""
    generator = make_generator(spec)
    rng = np.random.default_rng(0)
    for _ in range(25):
        instance, realisation = generator.sample(rng)
        pairs = zip(SocLimits.of(instance), generator.limits, strict=True)
        assert all(need <= limit for need, limit in pairs)
        assert len(realisation.gap_us) <= generator.limits.arrivals
        assert realisation.factor.shape[1] <= generator.limits.tasks


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
    assert np.array_equal(first[1].gap_us, second[1].gap_us)
    assert np.array_equal(first[1].factor, second[1].factor)
    assert not np.array_equal(first[1].gap_us, third[1].gap_us)


def test_fixed_instance() -> None:
    """One instance, a new realisation each time, exact limits and no parameters."""
    generator = FixedInstance("top-1")
    rng = np.random.default_rng(0)
    (one, first), (two, second) = generator.sample(rng), generator.sample(rng)
    assert one is two is load_instance("top-1")
    assert not np.array_equal(first.gap_us, second.gap_us)
    assert generator.is_constant
    assert generator.limits == SocLimits.of(one)
    with pytest.raises(DispatchlabError, match="'max_jobs' is unknown"):
        generator.sample(rng, {"max_jobs": 3})
    assert repr(generator) == "FixedInstance('top-1')"


def test_preset_mix_ranges() -> None:
    """Ranges are the task space; gaps are drawn log-uniformly, the rest uniformly."""
    generator = make_generator(
        "mix:instances=top-1|top-mix,mean_gap_us=25-400,max_jobs=3-5,noise_std=0-0.5,horizon_us=200"
    )
    assert generator.task_space.names == ("instance", "mean_gap_us", "max_jobs", "noise_std")
    rng = np.random.default_rng(0)
    drawn = [generator.sample(rng)[0] for _ in range(2000)]
    gaps = np.array([instance.injection.mean_gap_us for instance in drawn])
    # half of the draws are below the geometric mean of the ends, give or take 3.5 sigma
    assert abs(np.mean(gaps < 100.0) - 0.5) < 0.04
    assert (gaps >= 25).all()
    assert (gaps <= 400).all()
    assert {instance.injection.max_jobs for instance in drawn} == {3, 4, 5}
    assert {instance.name for instance in drawn} == {"top-1", "top-mix"}
    assert {instance.injection.horizon_us for instance in drawn} == {200}
    assert {instance.noise.kind for instance in drawn} == {"gaussian"}
    assert abs(np.mean([instance.noise.std for instance in drawn]) - 0.25) < 0.02


def test_tasks_are_played() -> None:
    """A teacher's choice holds, and what it leaves open is drawn."""
    generator = make_generator("preset:top-1+top-2,mean_gap_us=25-200,max_jobs=1-9")
    rng = np.random.default_rng(0)
    task = {"instance": 1, "mean_gap_us": 33.5}
    drawn = [generator.sample(rng, task)[0] for _ in range(50)]
    assert {(i.name, i.injection.mean_gap_us) for i in drawn} == {("top-2", 33.5)}
    assert len({i.injection.max_jobs for i in drawn}) == 9
    with pytest.raises(DispatchlabError, match="mean_gap_us = 300"):
        generator.sample(rng, {"mean_gap_us": 300})


def test_single_values_make_a_fixed_instance(tmp_path: Path) -> None:
    """Without a range there is one instance, however it is named."""
    expected = load_instance("top-1:max_jobs=4,noise_std=0.25")
    path = write_instance(expected, tmp_path / "own.json")
    for spec in ("top-1:max_jobs=4,noise_std=0.25", "preset:top-1,max_jobs=4,noise_std=0.25"):
        generator = make_generator(spec)
        assert isinstance(generator, FixedInstance)
        assert generator.instance == expected
    assert isinstance(make_generator(str(path)), FixedInstance)
    assert isinstance(make_generator("top-1", max_jobs=(2, 3)), PresetMix)
    assert expected.noise == Noise("gaussian", 0.25)


def test_other_settings() -> None:
    """Settings without ranges are passed on."""
    instance, _ = make_generator(
        "preset:top-1+top-2,mode=blocked,prefill=false,noise=lognormal,noise_std=0-1"
    ).sample(np.random.default_rng(0))
    assert (instance.injection.mode, instance.injection.prefill) == ("blocked", False)
    assert instance.noise.kind == "lognormal"
    batch = make_generator("preset:top-1,mode=batch,num_jobs=1-2,horizon_us=none", num_jobs=2)
    assert batch.limits.arrivals == 2
    quiet, _ = make_generator("random:noise=none").sample(np.random.default_rng(0))
    assert quiet.noise == Noise()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("preset:", "names no instance"),
        ("preset:max_jobs=3", "names no instance"),
        ("preset:top-1,max_jobs", "'max_jobs' in 'preset:top-1,max_jobs' is incomplete"),
        ("preset:top-1,max_jobs=1,max_jobs=2", "'max_jobs' stands twice"),
        ("preset:top-1,max_jobs=0-3", "max_jobs is 0; it must be between 1"),
        ("preset:top-1,max_jobs=2.5", "max_jobs is 2.5; give a whole number"),
        ("preset:top-1,max_jobs=5-3", "max_jobs runs from 5 to 3"),
        ("preset:top-1,mean_gap_us=fast", "mean_gap_us is 'fast'"),
        ("preset:top-1,speed=3", "has no setting 'speed'"),
        ("preset:top-1+nothing", "no SoC instance named 'nothing'"),
        ("preset:wifi-tx80,horizon_us=9000-20000", "warmup_us is 10000, but the episode ends"),
        ("nothing", "no SoC instance named 'nothing'"),
        ("random:fatness=2", "no option 'fatness'; it has num_tasks"),
        ("random:fat=20", "fat is 20; it must be between 0.1 and 10"),
        ("random:num_tasks=10-20.5", "num_tasks is 20.5; give a whole number"),
        ("random:mode=poisson", "injection.mode is 'poisson'"),
        ("random:mode=batch", "num_jobs is 0"),
        ("random:noise=loud", "noise.kind is 'loud'"),
        ("random:max_width=0", "max_width is 0"),
    ],
)
def test_bad_specs(spec: str, message: str) -> None:
    """What cannot be understood is refused when the generator is made, not at a reset."""
    with pytest.raises(DispatchlabError, match=message):
        make_generator(spec)


def test_bad_arguments() -> None:
    """Lists must not be empty, and ranges have two ends."""
    with pytest.raises(InvalidInstanceError, match="list of instances is empty"):
        PresetMix([])
    with pytest.raises(InvalidInstanceError, match="give a number or a pair"):
        RandomSoc(fat=(1, 2, 3))  # type: ignore[arg-type]
    with pytest.raises(InvalidInstanceError, match="max_jobs is True"):
        PresetMix(["top-1"], max_jobs=True)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(1, 60),
    st.floats(0.1, 4.0),
    st.floats(0.0, 1.0),
    st.integers(1, 12),
)
def test_random_graphs(seed: int, tasks: int, fat: float, density: float, widest: int) -> None:
    """Every graph has its tasks in order, parents in one layer, and at most the asked width."""
    style = GraphStyle(tasks, fat, density, 1.0, widest)
    graph = random_graph(np.random.default_rng(seed), style, "g", 20.0)
    assert graph.num_tasks == tasks
    assert width(graph) <= widest
    assert (graph.arc_from < graph.arc_to).all()
    parents = np.bincount(graph.arc_to, minlength=tasks)
    layer = np.zeros(tasks, dtype=int)
    for tail, head in zip(graph.arc_from, graph.arc_to, strict=True):
        assert layer[head] in (0, layer[tail] + 1)
        layer[head] = layer[tail] + 1
    assert parents.max() <= 6
    assert ((parents == 0) == (layer == 0)).all()
    assert (graph.volume == graph.volume.round()).all()
    assert graph.volume.max(initial=0) <= 40


def test_shape_and_ccr() -> None:
    """Fat graphs have fewer layers, and volumes follow the ratio of communication."""
    rng = np.random.default_rng(0)

    def depth(fat: float) -> float:
        depths = []
        for _ in range(50):
            graph = random_graph(rng, GraphStyle(49, fat, 0.5, 1.0, 49), "g", 20.0)
            layer = np.zeros(49, dtype=int)
            for tail, head in zip(graph.arc_from, graph.arc_to, strict=True):
                layer[head] = layer[tail] + 1
            depths.append(layer.max() + 1)
        return float(np.mean(depths))

    # the mean number of layers is about sqrt(49) / fat (Topcuoglu et al. 2002, section 6.1)
    assert 11 < depth(0.5) < 17
    assert 3 < depth(2.0) < 5.5
    for ccr in (0.1, 3.0):
        graph = random_graph(rng, GraphStyle(400, 1.0, 0.5, ccr, 400), "g", 100.0)
        assert abs(graph.volume.mean() / (100.0 * ccr) - 1.0) < 0.12


def test_random_chips() -> None:
    """Times spread as asked, every kernel runs somewhere, and bandwidths are 1."""
    kernels = tuple(f"k{k}" for k in range(400))
    chip = random_chip(np.random.default_rng(0), ChipStyle(5, 100.0, 1.0, 0.5), kernels)
    supported = chip.exec_us >= 0
    assert supported.any(axis=1).all()
    assert abs(supported.mean() - 0.6) < 0.04  # one of five always, half of the other four
    times = np.where(supported, chip.exec_us, 0)
    assert abs(times.sum() / supported.sum() - 100.0) < 8.0
    equal = random_chip(np.random.default_rng(0), ChipStyle(3, 20.0, 0.0, 0.0), kernels)
    assert (equal.exec_us == equal.exec_us[:, :1]).all()
    assert (equal.exec_us >= 1).all()


def test_random_soc_is_new_every_time() -> None:
    """Each draw has new graphs and a new chip under the stream that was asked for."""
    generator: SocGenerator = RandomSoc(num_graphs=2, max_jobs=2, mode="blocked", prefill=False)
    rng = np.random.default_rng(0)
    one, two = generator.sample(rng)[0], generator.sample(rng)[0]
    assert isinstance(one, SocInstance)
    assert (one.graphs, one.chip) != (two.graphs, two.chip)
    assert one.injection == Injection("blocked", 200.0, 2, 5000, 0, False)
    assert [graph.name for graph in one.graphs] == ["g0", "g1"]
    assert one.probabilities == (0.5, 0.5)
    assert "num_graphs=2" in repr(generator)
    assert "fat=(0.5, 2)" in repr(generator)


def test_random_soc_plays_tasks() -> None:
    """A teacher chooses sizes inside the ranges."""
    generator = make_generator("random:num_tasks=5-50,ccr=0-3,mean_gap_us=50-500")
    assert generator.task_space.names == ("num_tasks", "fat", "density", "ccr", "mean_gap_us")
    task = {"num_tasks": 17, "ccr": 0.0}
    instance, _ = generator.sample(np.random.default_rng(0), task)
    assert instance.graphs[0].num_tasks == 17
    assert instance.graphs[0].volume.sum() == 0
    with pytest.raises(DispatchlabError, match="num_tasks = 51"):
        generator.sample(np.random.default_rng(0), {"num_tasks": 51})

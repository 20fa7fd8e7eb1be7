"""What happens in an episode: how it is drawn, and what does not fit."""

import copy
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.edge.instance import BandwidthTrace, EdgeInstance, Network
from dispatchlab.envs.edge.library import load_instance
from dispatchlab.envs.edge.realisation import EdgeRealisation, draw, nominal
from tests.envs.edge.edge_strategies import edge_instances

SHORT = load_instance("3d-a:duration_ms=60000")


def drawn(instance: EdgeInstance, seed: int = 0) -> EdgeRealisation:
    """A realisation from a seed."""
    return draw(np.random.default_rng(seed), instance)


def same(one: EdgeRealisation, other: EdgeRealisation, *names: str) -> bool:
    """Whether two realisations agree in some columns, or all."""
    chosen = names or tuple(item.name for item in fields(EdgeRealisation))
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in chosen)


@settings(max_examples=60, deadline=None)
@given(instance=edge_instances(), seed=st.integers(0, 1 << 32))
def test_draws_fit(instance: EdgeInstance, seed: int) -> None:
    """Any draw fits its instance, has its tables' lengths and no time below the fastest."""
    for realisation in (drawn(instance, seed), nominal(instance)):
        realisation.require_fit(instance)
        lengths = len(realisation.latency_ms), len(realisation.bandwidth_kbps)
        assert lengths == instance.network_samples()
        assert (realisation.edge_time_ms >= instance.edge_fastest_ms[realisation.model]).all()
        per_drone = np.bincount(realisation.drone, minlength=instance.num_drones)
        assert (per_drone == instance.num_segments * instance.num_models).all()


def test_segments() -> None:
    """Each drone sends a segment per second, whose tasks arrive together, one per model."""
    realisation = drawn(SHORT)
    assert (np.diff(realisation.arrival_ms) >= 0).all()
    orders = set()
    for drone in range(3):
        own = np.flatnonzero(realisation.drone == drone)
        arrival = realisation.arrival_ms[own].reshape(60, 6)
        model = realisation.model[own].reshape(60, 6)
        assert (arrival == arrival[:, :1]).all()
        assert (np.diff(arrival[:, 0]) == 1000).all()
        assert 0 <= arrival[0, 0] < 1000
        assert (np.sort(model, axis=1) == np.arange(6)).all()
        assert (np.diff(own.reshape(60, 6)) == 1).all()
        orders |= {tuple(row) for row in model.tolist()}
    assert len(orders) > 100  # of 180 segments and 720 orders


def test_drones_in_the_same_ms_come_in_their_order() -> None:
    """With a period of 1 ms all phases are equal: drones come by number."""
    instance = replace(SHORT, period_ms=1, duration_ms=5)
    assert (
        drawn(instance).drone.tolist()
        == [0] * 6 + [1] * 6 + [2] * 6 + ([0] * 6 + [1] * 6 + [2] * 6) * 4
    )


def test_seeds_decide() -> None:
    """The same state of the generator gives the same draw, and every draw moves it on alike."""
    rng = np.random.default_rng(5)
    twin = copy.deepcopy(rng)
    assert same(draw(rng, SHORT), draw(twin, SHORT))
    assert not same(draw(rng, SHORT), drawn(SHORT, 6), "model")
    draw(twin, SHORT.with_network("trace"))
    assert rng.bit_generator.state == twin.bit_generator.state


@pytest.mark.parametrize("kind", ["trapezium", "trace"])
def test_networks_are_compared_on_equal_terms(kind: str) -> None:
    """Another network changes neither arrivals nor times, but for the transfers in a trace."""
    one, other = drawn(SHORT), drawn(SHORT.with_network(kind))
    assert same(one, other, "arrival_ms", "model", "drone", "edge_time_ms")
    if kind == "trapezium":
        assert same(one, other, "cloud_exec_ms")
    else:
        factor = one.cloud_exec_ms / SHORT.cloud_ms[one.model]
        expected = factor * (SHORT.cloud_ms[one.model] - 31)
        assert np.abs(other.cloud_exec_ms - expected).max() <= 1.0


def test_longer_episodes_begin_as_shorter_ones() -> None:
    """Twice the duration: the first half is the same."""
    one, other = drawn(SHORT), drawn(replace(SHORT, duration_ms=120_000))
    for name in ("arrival_ms", "model", "drone", "edge_time_ms", "cloud_exec_ms"):
        assert np.array_equal(getattr(one, name), getattr(other, name)[: SHORT.num_tasks])


def test_spread_of_times() -> None:
    """Uniform on the edge, lognormal in the cloud, 95 of 100 below the expected time there."""
    instance = load_instance("4d-a")
    realisation = drawn(instance)
    edge = realisation.edge_time_ms / instance.edge_ms[realisation.model]
    cloud = realisation.cloud_exec_ms / instance.cloud_ms[realisation.model]
    assert 0.88 <= edge.min() < 0.885
    assert 0.995 < edge.max() <= 1.0 + 1 / 142
    assert abs(edge.mean() - 0.94) < 0.003
    assert abs((cloud <= 1.0).mean() - 0.95) < 0.01
    assert abs(np.log(cloud).std() - 0.15) < 0.005
    median = drawn(instance.with_jitter(cloud_expected="median"))
    assert abs((median.cloud_exec_ms <= instance.cloud_ms[median.model]).mean() - 0.5) < 0.02
    fastest = instance.cloud_fastest_ms[realisation.model]
    assert abs((realisation.cloud_exec_ms < fastest).mean() - 0.001) < 0.0015


def test_no_jitter() -> None:
    """Without spread every time is the expected one."""
    exact = SHORT.with_jitter(edge_low=1.0, edge_high=1.0, cloud_sigma=0.0)
    realisation = drawn(exact)
    assert (realisation.edge_time_ms == SHORT.edge_ms[realisation.model]).all()
    assert (realisation.cloud_exec_ms == SHORT.cloud_ms[realisation.model]).all()


def test_trapezium() -> None:
    """The latency rises, stays and falls in straight lines between the corners."""
    instance = load_instance("2d-a:network=trapezium")
    latency = drawn(instance).latency_ms
    assert len(latency) == 301
    seconds = np.arange(301)
    expected = np.interp(seconds, [60, 90, 180, 210], [0, 400, 400, 0])
    assert np.array_equal(latency, np.floor(expected + 1e-9))
    assert not len(drawn(instance).bandwidth_kbps)


def test_trapezium_of_steep_sides() -> None:
    """Corners at the same time make a step: at it the latency is there, and after it still."""
    corners = {"ramp_start_ms": 2000, "hold_start_ms": 2000, "hold_end_ms": 4000,
               "ramp_end_ms": 4000}  # fmt: skip
    network = Network("trapezium", peak_ms=7, **corners)
    instance = replace(SHORT, duration_ms=6000, network=network)
    assert drawn(instance).latency_ms.tolist() == [0, 0, 7, 7, 7, 0, 0]


def test_traces_are_rolled() -> None:
    """An episode starts somewhere in one of the traces, and goes on at its start after its end."""
    traces = (BandwidthTrace("a", np.arange(100), np.full(100, 7)),
              BandwidthTrace("b", np.arange(500, 550), np.arange(50)))  # fmt: skip
    instance = SHORT.with_network(Network("trace", traces=traces))
    starts = set()
    for seed in range(20):
        realisation = drawn(instance, seed)
        bandwidth, latency = realisation.bandwidth_kbps, realisation.latency_ms
        low, size = (0, 100) if bandwidth[0] < 500 else (500, 50)
        expected = (bandwidth[0] - low + np.arange(len(bandwidth))) % size
        assert np.array_equal(bandwidth, low + expected)
        assert np.array_equal(latency, expected if low else np.full(len(latency), 7))
        starts.add((low, int(bandwidth[0])))
    assert {low for low, _ in starts} == {0, 500}
    assert len(starts) > 10


def test_synthetic_traces_are_new_in_every_episode() -> None:
    """Without traces each draw makes its own, of the mobility that was asked for."""
    instance = load_instance("2d-a:network=4g,mobility=train,duration_ms=120000")
    bandwidths = [drawn(instance, seed).bandwidth_kbps for seed in range(30)]
    assert not np.array_equal(bandwidths[0], bandwidths[1])
    mixed = [drawn(instance.with_network("trace", mobility="any"), seed).bandwidth_kbps
             for seed in range(30)]  # fmt: skip
    means = [np.array([one.mean() for one in group]) / 1000 for group in (bandwidths, mixed)]
    assert 20.0 < means[0].mean() < 26.0
    assert means[1].mean() > means[0].mean()
    assert means[1].std() > means[0].std()


def test_nominal() -> None:
    """Phases are spread evenly, models in order, times and network as expected."""
    realisation = nominal(SHORT.with_network("trace"))
    assert realisation.arrival_ms[:19].tolist() == [0] * 6 + [333] * 6 + [666] * 6 + [1000]
    assert realisation.model[:12].tolist() == [0, 1, 2, 3, 4, 5] * 2
    assert (realisation.edge_time_ms == SHORT.edge_ms[realisation.model]).all()
    assert (realisation.cloud_exec_ms == SHORT.cloud_ms[realisation.model] - 31).all()
    # 20 ms, and 8 * 41000 bits at 30000 bits per ms in 11 ms: what was taken out
    assert set(realisation.latency_ms.tolist()) == {20}
    assert set(realisation.bandwidth_kbps.tolist()) == {30_000}
    assert -(-8 * SHORT.upload_bytes // 30_000) + 20 == SHORT.network.nominal_ms
    trace = BandwidthTrace("t", [5, 6, 7], [1, 2, 3])
    given_trace = nominal(SHORT.with_network(Network("trace", traces=(trace,))))
    assert given_trace.bandwidth_kbps[:4].tolist() == [5, 6, 7, 5]
    assert nominal(SHORT).latency_ms.tolist() == [0]


def test_columns_are_frozen() -> None:
    """Nothing of a realisation can be changed."""
    realisation = nominal(SHORT)
    with pytest.raises(ValueError, match="read-only"):
        realisation.arrival_ms[0] = 1


@pytest.mark.parametrize(
    ("name", "index", "value", "message"),
    [
        ("model", 0, 6, "models 0 to 6, but 3d-a has 6 of them"),
        ("drone", 3, -1, "drones -1 to 2, but 3d-a has 3 of them"),
        ("arrival_ms", 5, 700, "arrivals from 0 to .*, but 3d-a has 60000 ms in which they come"),
        ("arrival_ms", -1, 60_000, "arrivals from 0 to 60000 ms"),
        ("edge_time_ms", 2, 0, "execution times below 1 ms"),
        ("cloud_exec_ms", 2, -4, "execution times below 1 ms"),
        ("latency_ms", 0, -1, "no latency_ms, or negative ones"),
    ],
)
def test_what_does_not_fit(name: str, index: int, value: int, message: str) -> None:
    """A realisation with impossible columns is refused."""
    columns: dict[str, Any] = {item.name: np.array(getattr(nominal(SHORT), item.name))
                               for item in fields(EdgeRealisation)}  # fmt: skip
    columns[name][index] = value
    with pytest.raises(InvalidInstanceError, match=message):
        EdgeRealisation(**columns).require_fit(SHORT)


def test_other_sizes_do_not_fit() -> None:
    """A realisation of another duration, without latencies or with a negative bandwidth."""
    with pytest.raises(InvalidInstanceError, match=r"shapes \[\(1080,\)\], but 3d-a has 2160"):
        nominal(SHORT).require_fit(replace(SHORT, duration_ms=120_000))
    columns = {item.name: getattr(nominal(SHORT), item.name) for item in fields(EdgeRealisation)}
    for changes in ({"latency_ms": []}, {"bandwidth_kbps": [5, -1]}):
        with pytest.raises(InvalidInstanceError, match="no latency_ms, or negative ones"):
            EdgeRealisation(**columns | changes).require_fit(SHORT)

"""What agents see: features of a small day computed by hand, and nothing of the future."""

from dataclasses import replace

import numpy as np
import pytest

from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.core.graph_spec import Arrays, Feature
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.generator import make_generator
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.observation import GraphObservation
from dispatchlab.envs.uam.observation.arrays import OPTION
from dispatchlab.envs.uam.observation.features import (
    AHEAD,
    AIRCRAFT_FEATURES,
    NUM_SERIES,
    OPTION_FEATURES,
    PAIR_FEATURES,
    PORT_FEATURES,
    SERIES_START,
)
from dispatchlab.envs.uam.observation.priced import PricedObservation
from dispatchlab.envs.uam.view import UamView
from tests.envs.uam.uam_strategies import Case, tiny


def _start(case: Case) -> Dynamics:
    dynamics = Dynamics(1, UamLimits.of(case[0]))
    dynamics.load(0, *case)
    dynamics.reset()
    return dynamics


def _look(dynamics: Dynamics, observation: type[GraphObservation] = GraphObservation) -> Arrays:
    return {key: value[0] for key, value in _look_at_rows(dynamics, observation()).items()}


def _look_at_rows(dynamics: Dynamics, observation: GraphObservation) -> Arrays:
    out = observation.spec(dynamics).allocate(dynamics.batch)
    observation.fill(dynamics, np.arange(dynamics.batch), out)
    return out


def _named(values: np.ndarray, features: tuple[Feature, ...]) -> dict[str, float]:
    return dict(zip((feature.name for feature in features), values.tolist(), strict=True))


@pytest.fixture
def case() -> Case:
    """Three wait at A for B, where 6 more are expected back in the second half hour."""
    instance, realisation = tiny([(0, 1, 0, 3600)] * 3, starts=[(0, 10_000), (0, 10_000)])
    demand = np.zeros((2, 2, 2))
    demand[0, 0, 1], demand[1, 1, 0] = 3.0, 6.0
    return replace(instance, demand=demand), realisation


def test_option_by_hand(case: Case) -> None:
    """The flight to B: two seats at 10, costs of 2.25; mean fare 15, so a full load is 30."""
    seen = _look(_start(case))
    arc = seen["candidates"][1, 2]
    option = _named(seen["edge_attr/aircraft-option-port"][arc], OPTION_FEATURES)
    assert option["profit"] == pytest.approx((20 - 2.25) / 30)
    assert option["seats_taken"] == 1
    assert option["block_time"] == pytest.approx(300 / 1800)
    assert option["time_until_ready"] == pytest.approx(480 / 1800)
    assert option["energy_at_landing"] == pytest.approx(0.7)
    assert option["passengers_waiting"] == pytest.approx(np.log1p(3 / 2))
    stay = _named(seen["edge_attr/aircraft-option-port"][seen["candidates"][0, 2]], OPTION_FEATURES)
    assert stay["is_stay"] == 1
    assert stay["time_until_ready"] == pytest.approx(300 / 1800)
    assert stay["aircraft_there_then"] == pytest.approx(np.log1p(1))


def test_series_begin_with_the_present_bin(case: Case) -> None:
    """From B: nothing now, 6 in the next half hour at 20; into A the same."""
    seen = _look(_start(case))
    series = seen["x/port"][:, SERIES_START : SERIES_START + NUM_SERIES * AHEAD]
    demand_from, demand_to, fare_from = series.reshape(2, NUM_SERIES, AHEAD).swapaxes(0, 1)
    assert demand_from[1, :3] == pytest.approx([0, np.log1p(3), 0])
    assert demand_to[0, :3] == pytest.approx([0, np.log1p(3), 0])
    assert fare_from[1, :3] == pytest.approx([0, 20 / 15, 0])


def test_aircraft_and_places(case: Case) -> None:
    """After the departure: one flies and is ready at 480 s at B, the other idles at A."""
    dynamics = _start(case)
    dynamics.step(np.array([1]))
    seen = _look(dynamics)
    flying, idle = (_named(row, AIRCRAFT_FEATURES) for row in seen["x/aircraft"])
    assert (flying["is_flying"], flying["is_asked"], idle["is_asked"]) == (1, 0, 1)
    assert flying["time_until_ready"] == pytest.approx(480 / 1800)
    assert seen["edge/aircraft-at-port"].tolist() == [[0, 1], [1, 0]]
    port = _named(seen["x/port"][1], PORT_FEATURES)
    assert port["slots_free"] == pytest.approx(np.log1p(1))
    assert port["chargers_free"] == 0
    assert port["ready_within_30_min"] == pytest.approx(np.log1p(1))


def test_pairs_know_what_waits(case: Case) -> None:
    """One waits from A to B after two have boarded; from B 6 are expected in the next bin."""
    dynamics = _start(case)
    dynamics.step(np.array([1]))
    seen = _look(dynamics)
    there, back = (_named(row, PAIR_FEATURES) for row in seen["edge_attr/port-flies-port"])
    assert there["passengers_waiting"] == pytest.approx(np.log1p(1 / 2))
    assert back["demand_next_bin"] == pytest.approx(np.log1p(3))
    assert there["distance"] == pytest.approx(3 / 25)


@pytest.mark.parametrize("observation", [GraphObservation, PricedObservation])
def test_observation_ignores_the_future(case: Case, observation: type[GraphObservation]) -> None:
    """Requests, delays, closures and outages to come leave no trace before they happen."""
    instance, realisation = case
    late = replace(
        realisation,
        request_s=np.append(realisation.request_s, 1700),
        leaves_s=np.append(realisation.leaves_s, 3600),
        pair_offset=realisation.pair_offset + np.array([0, 0, 1, 1, 1]),
        takeoff_delay_s=realisation.takeoff_delay_s + 600,
        closed=np.array([np.zeros((2, 2)), 1 - np.eye(2)], dtype=bool),
        down_from_s=np.array([1000, 1000]),
        down_until_s=np.array([2000, 2000]),
    )
    one, other = _start(case), _start((instance, late))
    for action in (0, 0, 1):
        seen, same = _look(one, observation), _look(other, observation)
        assert all((seen[key] == same[key]).all() for key in seen)
        one.step(np.array([action]))
        other.step(np.array([action]))
    # the aircraft that has departed is not in the air yet: its own delay is not known either
    assert (_look(one)["x/aircraft"] == _look(other)["x/aircraft"]).all()


def test_prices_depend_on_nothing_but_the_state() -> None:
    """Who looks first at noon sees what one sees who has looked since the morning.

    So it is after rows have been copied onto each other and after a slot has got another day.
    """
    generator = make_generator("random:sizes=2x4+4x6,rho=1.2")
    rng = np.random.default_rng(5)
    dynamics, watching = Dynamics(4, generator.limits), PricedObservation()
    for slot in range(4):
        dynamics.load(slot, *generator.sample(rng))
    dynamics.reset()
    seen = []
    for turn in range(60):
        out = _look_at_rows(dynamics, watching)
        seen.append(out[f"edge_attr/{OPTION}"].copy())
        if turn == 30:
            dynamics.restore(dynamics.snapshot(), np.arange(4), np.array([1, 0, 3, 3]))
            out = _look_at_rows(dynamics, watching)
        if turn == 40:
            dynamics.load(2, *generator.sample(rng))
            dynamics.reset(np.array([2]))
            out = _look_at_rows(dynamics, watching)
        fresh = _look_at_rows(dynamics, PricedObservation())
        assert all((out[key] == fresh[key]).all() for key in out)
        dynamics.step(dynamics.num_actions - 1 - dynamics.legal()[:, ::-1].argmax(axis=1))
    assert len({values.tobytes() for values in seen}) > 50


def test_prices_follow_the_instance() -> None:
    """The same day at higher costs has other prices, though what happens is the same object."""
    generator = make_generator("random-4x6:rho=1.2")
    instance, day = generator.sample(np.random.default_rng(5))
    dear = replace(instance, op_cost_usd_per_mi=5 * instance.op_cost_usd_per_mi)
    dynamics, watching = Dynamics(1, generator.limits), PricedObservation()
    seen = []
    for played in (instance, dear):
        dynamics.load(0, played, day)
        dynamics.reset()
        seen.append(_look_at_rows(dynamics, watching))
    fresh = _look_at_rows(dynamics, PricedObservation())
    assert all((seen[1][key] == fresh[key]).all() for key in fresh)
    key = f"edge_attr/{OPTION}"
    assert (seen[0][key] != seen[1][key]).any()


@pytest.mark.parametrize("levels", [(1.0,), (0.6, 1.0)])
def test_what_looks_best_is_what_lookahead_does(levels: tuple[float, ...]) -> None:
    """On days that it plays and on days that are played at random; better options have more."""
    generator = make_generator("random:sizes=2x8+4x6,rho=1.2")
    rng = np.random.default_rng(6)
    drawn = [generator.sample(rng) for _ in range(4)]
    days = [(replace(instance, charge_levels=levels), day) for instance, day in drawn]
    limits = generator.limits._replace(levels=len(levels))
    dynamics, watching = Dynamics(4, limits), PricedObservation()
    for slot, day in enumerate(days):
        dynamics.load(slot, *day)
    dynamics.reset()
    rule, flown = UamRule("lookahead"), 0
    names = [feature.name for feature in PricedObservation.option_features]
    for _ in range(150):
        out = _look_at_rows(dynamics, watching)
        options, chosen = out[f"edge_attr/{OPTION}"], rule.act_batch(UamView(dynamics, watching))
        for b in np.flatnonzero(~dynamics.done()):
            arcs = out["candidates"][b, :, 2]
            best = options[b, :, names.index("looks_best")]
            rates = options[b, :, names.index("rate_over_staying")]
            assert np.flatnonzero(best).tolist() == [arcs[chosen[b]]]
            flown += rates[arcs[chosen[b]]] > 0
            assert rates[arcs[chosen[b]]] >= 0
        noise = rng.random(out["action_mask"].shape) * out["action_mask"]
        played = np.where(np.arange(4) < 2, chosen, noise.argmax(1))
        dynamics.step(played)
    assert flown > 50

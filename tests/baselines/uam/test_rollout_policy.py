"""Rollouts of air-taxi fleets: futures that know the past and nothing else."""

import numpy as np
import numpy.typing as npt
import pytest

from dispatchlab.baselines.uam import rollout_policy
from dispatchlab.baselines.uam.rollout import begin, run_dispatcher
from dispatchlab.baselines.uam.rollout_policy import Rollouts
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.dynamics import Dynamics
from dispatchlab.envs.uam.dynamics.layout import ENTERED, FLYING, ORIGIN, PORT, STATUS, UNTIL
from dispatchlab.envs.uam.generator import make_generator
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.limits import UamLimits
from dispatchlab.envs.uam.realisation import UamRealisation, draw
from dispatchlab.envs.uam.view import UamView

DAY_S = 43_200
SPEC = "random-3x6:delay=2,closure=2,downtime=8"
LOOKAHEAD = UamRule("lookahead")
Day = tuple[UamInstance, UamRealisation]


def _sample(seed: int, spec: str = SPEC) -> Day:
    return make_generator(spec).sample(np.random.default_rng(seed))


def _advance(day: Day, decisions: int, *, stop_at: str = "choices") -> Dynamics:
    """A day after so many decisions of lookahead."""
    dynamics = begin([day], stop_at=stop_at, log=False)
    for _ in range(decisions):
        dynamics.step(UamRule("lookahead").act_batch(UamView(dynamics, None)))
    return dynamics


def _mixed(instance: UamInstance, past: UamRealisation, later: UamRealisation, now_s: int) -> Day:
    """One realisation in the bin and the tick of a time and before, and another later."""
    parts, offset = [], [0]
    for pair in range(len(past.pair_offset) - 1):
        for which, seen in ((past, True), (later, False)):
            mine = slice(which.pair_offset[pair], which.pair_offset[pair + 1])
            keep = (which.request_s[mine] <= now_s) == seen
            parts.append((which.request_s[mine][keep], which.leaves_s[mine][keep]))
        offset.append(sum(len(times) for times, _ in parts))
    tick, bins = now_s // instance.wait_s + 1, now_s // instance.bin_s + 1
    started = past.down_from_s <= now_s
    return instance, UamRealisation(
        request_s=np.concatenate([times for times, _ in parts]),
        leaves_s=np.concatenate([times for _, times in parts]),
        pair_offset=np.array(offset),
        takeoff_delay_s=np.hstack(
            [past.takeoff_delay_s[:, :tick], later.takeoff_delay_s[:, tick:]]
        ),
        closed=np.concatenate([past.closed[:bins], later.closed[bins:]]),
        down_from_s=np.where(started, past.down_from_s, later.down_from_s),
        down_until_s=np.where(started, past.down_until_s, later.down_until_s),
    )


def _profits(dynamics: Dynamics, actions: npt.NDArray[np.int64], **options: int) -> object:
    return Rollouts(seed=3, **options).profits(dynamics, 0, actions)


@pytest.mark.parametrize("stop_at", ["choices", "every"])
@pytest.mark.parametrize("decisions", [0, 25, 60])
def test_the_future_that_comes_is_played_as_it_comes(
    decisions: int, stop_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If what is drawn is what happens, the rule's action is worth what the rule earns."""
    day = _sample(decisions, "random-3x6:downtime=0")
    monkeypatch.setattr(rollout_policy, "draw", lambda rng, instance: day[1])
    dynamics = _advance(day, decisions, stop_at=stop_at)
    chosen = LOOKAHEAD.act_batch(UamView(dynamics, None))
    profits = Rollouts(scenarios=2, span_s=DAY_S).profits(dynamics, 0, chosen)
    whole = run_dispatcher(UamRule("lookahead"), [day], stop_at=stop_at)[0].profit_usd
    assert profits == pytest.approx(whole + dynamics.objective()[0])


@pytest.mark.parametrize("decisions", [0, 10, 40, 70])
def test_nothing_is_known_of_the_future(decisions: int) -> None:
    """Two days that are alike so far are worth the same, whatever comes."""
    instance, real = _sample(7)
    dynamics = _advance((instance, real), decisions)
    other = _mixed(instance, real, draw(np.random.default_rng(99), instance), dynamics.now(0))
    twin = _advance(other, decisions)
    assert twin.now(0) == dynamics.now(0)
    legal = np.flatnonzero(dynamics.legal()[0])
    options = {"scenarios": 8, "span_s": DAY_S}
    assert np.array_equal(_profits(dynamics, legal, **options), _profits(twin, legal, **options))


def test_delays_show_when_an_aircraft_takes_off() -> None:
    """How late somebody will be who stands ready changes nothing before."""
    dynamics = _advance(_sample(3, "random-3x12:delay=4"), 30)
    legal, craft = np.flatnonzero(dynamics.legal()[0]), dynamics.state.craft[0]
    waits = (craft[:, STATUS] == FLYING) & (craft[:, ENTERED] > dynamics.now(0))
    assert waits.any()
    before = _profits(dynamics, legal, scenarios=8)
    dynamics.problem.takeoff[:] += 60
    for index in np.flatnonzero(waits):
        pair = craft[index, ORIGIN] * 3 + craft[index, PORT]
        lane = dynamics.state.lane[0, pair]
        lane[lane == craft[index, ENTERED]] += 60
        craft[index, [ENTERED, UNTIL]] += 60
    assert np.array_equal(before, _profits(dynamics, legal, scenarios=8))


def test_the_day_that_is_played_stays_as_it_is() -> None:
    """Futures have states and problems of their own."""
    dynamics = _advance(_sample(1), 30)
    before = [array.copy() for array in (*dynamics.state, *dynamics.problem)]
    Rollouts(scenarios=4).value_batch(UamView(dynamics, None))
    assert all(map(np.array_equal, before, (*dynamics.state, *dynamics.problem)))


def test_values_are_above_the_rule_by_more_than_noise() -> None:
    """The rule's action is worth nothing, others their mean less some standard errors."""
    dynamics = _advance(_sample(2), 20)
    view = UamView(dynamics, None)
    values, best = Rollouts(scenarios=16, caution=1.5).value_batch(view)
    legal = np.flatnonzero(view.legal[0])
    chosen = int(UamRule("lookahead").act_batch(view)[0])
    profits = Rollouts(scenarios=16).profits(dynamics, 0, legal)
    more = profits - profits[legal == chosen]
    assert values[0, chosen] == 0
    assert values[0, legal] == pytest.approx(more.mean(1) - 1.5 * more.std(1, ddof=1) / 4)
    assert np.isneginf(np.delete(values[0], legal)).all()
    assert best[0] == (values[0].argmax() if values[0].max() > 0 else chosen)
    skipped, _ = Rollouts(scenarios=16).value_batch(view, np.array([False]))
    assert (skipped[0, legal] == 0).all()


@pytest.mark.parametrize("gain", [0.0, 1.0])
def test_ties_go_to_the_rule(gain: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is as good as the rule's action is not chosen; who is better is."""
    view = UamView(_advance(_sample(2), 1), None)
    chosen, legal = LOOKAHEAD.act_batch(view)[0], np.flatnonzero(view.legal[0])
    assert legal[0] < chosen
    profits = np.ones((len(legal), 4))
    profits[0] += gain
    monkeypatch.setattr(Rollouts, "profits", lambda *given: profits)
    expected = legal[0] if gain else chosen
    assert Rollouts(scenarios=4).act(view) == expected


def test_no_future_is_the_day() -> None:
    """An environment with the same seed plays a day that is in no future."""
    instance, _ = _sample(0)
    real = draw(np.random.default_rng(7), instance)
    dynamics = _advance((instance, real), 1)
    roll = Rollouts(seed=7, scenarios=4)
    roll.profits(dynamics, 0, np.flatnonzero(dynamics.legal()[0]))
    for day in roll._rows[0].drawn.realisations:
        assert day is not None
        assert not np.array_equal(day.takeoff_delay_s, real.takeoff_delay_s)


def test_a_batch_with_room_for_more() -> None:
    """Limits wider than the instance's change nothing."""
    instance, real = _sample(5)
    wide = UamLimits.of(instance)._replace(lanes=5, ports=9, aircraft=20)
    legal = np.flatnonzero(_advance((instance, real), 0).legal()[0])
    found = []
    for limits in (UamLimits.of(instance), wide):
        limits = limits._replace(passengers=max(limits.passengers, real.num_passengers))
        dynamics = Dynamics(1, limits, log=False)
        dynamics.load(0, instance, real)
        dynamics.reset()
        found.append(_profits(dynamics, legal, scenarios=4))
    assert np.array_equal(found[0], found[1])


def test_a_new_episode_has_new_futures() -> None:
    """Days of another instance in the same row are those of that instance."""
    roll = Rollouts(scenarios=4)
    first, second = _sample(1, "random-2x3"), _sample(2, "random-3x6")
    for day in (first, second, first):
        dynamics = _advance(day, 5)
        legal = np.flatnonzero(dynamics.legal()[0])
        assert np.isfinite(roll.profits(dynamics, 0, legal)).all()


@pytest.mark.slow
def test_rollouts_earn_more_than_their_rule() -> None:
    """Three vertiports: on twenty other days lookahead earns 6,764 $ each, rollouts 6.9 % more."""
    days = [_sample(seed, "random-3x12") for seed in range(10)]
    base = [outcome.profit_usd for outcome in run_dispatcher(UamRule("lookahead"), days)]
    more = [outcome.profit_usd for outcome in run_dispatcher(Rollouts(), days)]
    assert np.mean(more) > 1.03 * np.mean(base)


@pytest.mark.parametrize(
    "wrong",
    [
        {"scenarios": 1}, {"scenarios": 5000}, {"span_s": 0}, {"caution": -1},
        {"caution": float("nan")}, {"rule": "rolling"},
    ],
)  # fmt: skip
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    """In one sentence that names the value."""
    with pytest.raises(DispatchlabError, match=str(next(iter(wrong.values())))):
        Rollouts(**wrong)  # type: ignore[arg-type]


def test_seeds_repeat() -> None:
    """The same seed draws the same futures."""
    dynamics = _advance(_sample(4), 12)
    legal = np.flatnonzero(dynamics.legal()[0])
    one, two = (Rollouts(seed=5, scenarios=4).profits(dynamics, 0, legal) for _ in range(2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, Rollouts(seed=6, scenarios=4).profits(dynamics, 0, legal))

"""Plans of air-taxi fleets and their execution: days made by hand, and every kind of day."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from dispatchlab.baselines.uam.bound import profit_bound
from dispatchlab.baselines.uam.planning import Planner
from dispatchlab.baselines.uam.plans import PlanOptions, Situation
from dispatchlab.baselines.uam.rolling import RollingHorizon
from dispatchlab.baselines.uam.rollout import begin, run_dispatcher
from dispatchlab.baselines.uam.rules import UamRule
from dispatchlab.baselines.uam.situations import situation_of
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.uam.library import load_instance
from dispatchlab.envs.uam.realisation import draw
from dispatchlab.envs.uam.verify import verify
from dispatchlab.envs.uam.view import UamView
from tests.envs.uam.uam_strategies import Case, tiny, uam_cases

START = [(0, 10_000)]
NOBODY = np.zeros((2, 2), dtype=np.int64)
# a flight costs 1.5 and 3 kWh, of 0.25 $ if it lands in the first half hour and 0.75 $ later
EARLY, LATE = 10 - 1.5 - 0.75, 20 - 1.5 - 2.25


def _situation(now_s: int, ready_s: list[int], ports: list[int], **fields: object) -> Situation:
    """Aircraft at two ports, and nobody who waits unless it is said."""
    held = np.bincount(ports, minlength=2)
    given = {"waiting": NOBODY, "closed": NOBODY.astype(np.bool_)} | fields
    return Situation(now_s, np.array(ports), np.array(ready_s), held, **given)


def test_flies_those_who_wait() -> None:
    """Out and back within the half hour: the first at once, the second when it is turned."""
    instance, _ = tiny([], starts=START)
    plan = Planner(instance, PlanOptions(haste_usd=1e-3)).plan(
        _situation(0, [0], [0], waiting=np.array([[0, 1], [1, 0]]))
    )
    assert plan.origin.tolist() == [0, 1]
    assert plan.destination.tolist() == [1, 0]
    assert plan.time_s[0] == 0
    assert plan.time_s[1] == 600
    assert plan.profit_usd == pytest.approx(2 * EARLY, abs=1e-3)


def test_knows_closures_of_the_present_bin_only() -> None:
    """The route opens again for all the plan knows, but its passengers are gone by then."""
    instance, _ = tiny([], starts=START, arrivals="batch")
    closed = np.array([[0, 1], [0, 0]], dtype=np.bool_)
    waiting = np.array([[0, 2], [0, 0]])
    planner = Planner(instance, PlanOptions(haste_usd=0.0))
    assert not len(planner.plan(_situation(0, [0], [0], waiting=waiting, closed=closed)).time_s)
    assert len(planner.plan(_situation(0, [0], [0], waiting=waiting)).time_s) == 1


def test_expects_a_poisson_number() -> None:
    """A flight for a mean of half a passenger: sometimes there are more than it can carry."""
    instance, _ = tiny([], starts=START, arrivals="batch")
    demand = np.zeros((2, 2, 2))
    demand[1, 0, 1] = 0.5
    instance = replace(instance, demand=demand)
    now = _situation(0, [0], [0])
    # E[min(2, Poisson(0.5))] = 0.4837 passengers, of 20 $; the flight costs 3.75
    aware = Planner(instance, PlanOptions(demand="expected", whole_s=3600, haste_usd=0.0)).plan(now)
    assert aware.time_s.tolist() == [1800]
    assert aware.profit_usd == pytest.approx(20 * 0.48367 - 3.75, abs=1e-3)
    plain = Planner(instance, PlanOptions(demand="mean", whole_s=3600, haste_usd=0.0)).plan(now)
    assert plain.profit_usd == pytest.approx(20 * 0.5 - 3.75)


def test_slots_and_late_aircraft() -> None:
    """Nobody flies to a port that stays full, and who is ready late departs late."""
    slots = {"park_slots": [1, 0], "charge_slots": [1, 1]}
    instance, _ = tiny([], starts=[(0, 10_000), (1, 10_000)], **slots)
    waiting = np.array([[0, 1], [0, 0]])
    planner = Planner(instance, PlanOptions(haste_usd=0.0))
    full = _situation(0, [0], [0], waiting=waiting)
    assert len(planner.plan(full).time_s) == 1
    assert not len(planner.plan(replace(full, held=np.array([1, 1]))).time_s)
    late = planner.plan(replace(full, ready_s=np.array([900])))
    assert late.time_s.tolist() == [900]


def test_a_day_made_by_hand() -> None:
    """Out and back in the first half hour, and one more in the second: what the bound allows."""
    people = [(0, 1, 0, 1800), (1, 0, 0, 1800), (0, 1, 1800, 3600)]
    case = tiny(people, starts=START, arrivals="batch")
    outcome = run_dispatcher(RollingHorizon(), [case])[0]
    assert outcome.profit_usd == pytest.approx(2 * EARLY + LATE)
    assert outcome.profit_usd == pytest.approx(profit_bound(*case).value_usd)


@settings(max_examples=12, deadline=None)
@given(case=uam_cases())
def test_every_kind_of_day(case: Case) -> None:
    """Legal actions only, also with vertistops and charge levels, and a schedule that verifies."""
    dispatcher = RollingHorizon(PlanOptions(whole_s=1200), replan_s=600)
    dynamics = begin([case])
    while not dynamics.done()[0]:
        actions = dispatcher.act_batch(UamView(dynamics, None))
        assert dynamics.legal()[0, actions[0]]
        dynamics.step(actions)
    profit = -float(dynamics.objective()[0])
    verify(*case, dynamics.schedule(0), profit=profit)
    assert profit <= profit_bound(*case).value_usd + 1e-6


def test_better_than_rules() -> None:
    """Half a day of 20 aircraft: well above greedy, which is far below the bound."""
    instance = load_instance("random-5x20:rho=1.2,seed=1001,horizon_s=21600")
    days = [(instance, draw(np.random.default_rng(seed), instance)) for seed in (1, 2)]
    planned, greedy = (
        sum(outcome.profit_usd for outcome in run_dispatcher(dispatcher, days, log=False))
        for dispatcher in (RollingHorizon(), UamRule("greedy"))
    )
    assert planned > 1.05 * greedy


def test_rows_and_repeated_questions() -> None:
    """Days in one batch are played like days alone; asking twice changes nothing; nor a restart."""
    instance = load_instance("random-3x6:seed=1002,horizon_s=7200")
    days = [(instance, draw(np.random.default_rng(seed), instance)) for seed in (1, 2)]
    alone = [run_dispatcher(RollingHorizon(), [day], log=False)[0].profit_usd for day in days]
    assert alone[0] != alone[1]
    dispatcher, dynamics = RollingHorizon(), begin(days, log=False)
    for _ in range(2):
        dynamics.reset()
        while not dynamics.done().all():
            dispatcher.act_batch(UamView(dynamics, None))
            dynamics.step(dispatcher.act_batch(UamView(dynamics, None)))
        assert (-dynamics.objective()).tolist() == pytest.approx(alone)


def test_situation() -> None:
    """In the air, delayed: expected to be ready after the delay that is expected, and the charge.

    Once it has taken off, its own delay is known.
    """
    case = tiny([], starts=[(0, 10_000), (0, 10_000)], delay={(0, w): 400 for w in range(12)})
    dynamics = begin([case], stop_at="every", log=False)
    dynamics.step(np.array([1]))
    situation = situation_of(dynamics, 0)
    assert situation.port.tolist() == [1, 0]
    assert situation.ready_s.tolist() == [300 + 180, 0]
    assert situation.held.tolist() == [1, 1]
    while dynamics.now(0) < 600:
        dynamics.step(np.array([0]))
    assert situation_of(dynamics, 0).ready_s.tolist() == [400 + 300 + 180, 600]


def test_values() -> None:
    """Two aircraft at A, two passengers for B who fill one of them: one flies, the other stays.

    What the chosen action is worth is never less than the others; illegal ones are worth nothing.
    """
    people = [(0, 1, 0, 1800)] * 2
    case = tiny(people, starts=[(0, 10_000)] * 2, arrivals="batch", park_slots=[2, 2])
    dynamics, dispatcher = begin([case], stop_at="every", log=False), RollingHorizon()
    values, actions = dispatcher.value_batch(UamView(dynamics, None))
    assert actions.tolist() == [1]
    assert values[0, 1] - values[0, 0] == pytest.approx(EARLY + 10 - 0.0, abs=1.0)
    dynamics.step(actions)
    values, actions = dispatcher.value_batch(UamView(dynamics, None))
    assert actions.tolist() == [0]
    assert values[0, 0] - values[0, 1] == pytest.approx(2.25, abs=1.0)
    full = tiny(people, starts=[(0, 10_000)], closed=((0, 0, 1),))
    values, _ = RollingHorizon().value_batch(UamView(begin([full], stop_at="every"), None))
    assert values[0, 1] == -np.inf


def test_values_of_days_of_two_sizes() -> None:
    """Every legal action has a value, also where another row has more vertiports."""
    days = []
    for name in ("random-2x4:horizon_s=7200", "random-4x4:horizon_s=7200"):
        instance = load_instance(name)
        days.append((instance, draw(np.random.default_rng(0), instance)))
    view = UamView(begin(days, stop_at="every"), None)
    values, actions = RollingHorizon().value_batch(view)
    assert (np.isfinite(values) == view.legal).all()
    assert (values.max(axis=1) == values[[0, 1], actions]).all()


def test_only_wanted_rows_are_looked_at() -> None:
    """Of the others legal actions are worth 0, and they get no plan; cells may be shorter."""
    days = []
    for seed in range(2):
        instance = load_instance(f"random-2x4:horizon_s=7200,seed={seed}")
        days.append((instance, draw(np.random.default_rng(seed), instance)))
    view = UamView(begin(days, stop_at="every"), None)
    dispatcher = RollingHorizon(PlanOptions(cell_s=100))
    values, actions = dispatcher.value_batch(view, np.array([False, True]))
    whole, all_actions = RollingHorizon(PlanOptions(cell_s=100)).value_batch(view)
    assert dispatcher.num_plans == 1
    assert actions[0] == 0
    assert (values[0][view.legal[0]] == 0.0).all()
    assert (values[1] == whole[1]).all()
    assert actions[1] == all_actions[1]
    assert dispatcher.planner(view.dynamics, 1).cell_s == 100


def test_refuses_an_empty_period() -> None:
    """Plans have to last."""
    with pytest.raises(DispatchlabError, match="replan_s is 0"):
        RollingHorizon(replan_s=0)

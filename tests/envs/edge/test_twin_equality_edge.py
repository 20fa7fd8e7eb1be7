"""The kernels of the edge against the SimPy twin: the same decisions, the same schedule."""

from dataclasses import replace

import numba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.edge.dynamics import Dynamics
from dispatchlab.envs.edge.dynamics.apply import apply_action
from dispatchlab.envs.edge.limits import EdgeLimits
from dispatchlab.envs.edge.metrics import metrics
from dispatchlab.envs.edge.schedule import (
    ARRIVAL,
    CLOUD,
    DEFER,
    DROP,
    EDGE,
    EDGE_FREE,
    IDLE,
    IN_CLOUD,
    NOT_YET,
    OUTCOMES,
    EdgeSchedule,
)
from dispatchlab.envs.edge.verify import verify
from dispatchlab.eval.twin import EdgeTwin
from tests.envs.edge.edge_strategies import A, B, Case, edge_cases, tiny

# not cached: numba would not notice changes of the kernel
_apply_action = numba.njit(_nrt=False, error_model="numpy")(
    lambda p, s, action, trigger: apply_action(p, s, 0, action, trigger)
)


def _kernels(case: Case, **options: object) -> Dynamics:
    """One row of the kernels at the start of a case."""
    limits = EdgeLimits.of(case[0])
    limits = limits._replace(
        latency=max(limits.latency, len(case[1].latency_ms)),
        bandwidth=max(limits.bandwidth, len(case[1].bandwidth_kbps)),
    )
    dynamics = Dynamics(1, limits, **options)
    dynamics.load(0, *case)
    dynamics.reset()
    return dynamics


def _play(dynamics: Dynamics, case: Case, seed: int) -> EdgeSchedule:
    """Random legal actions to the end; the twin and the checker look in on the way."""
    rng = np.random.default_rng(seed)
    liking = rng.choice((0.1, 1.0, 5.0), 5)  # of the verbs
    verbs = np.append(np.arange(dynamics.num_actions - 1) % IDLE, IDLE)
    while not dynamics.done()[0]:
        if rng.random() < 0.05:
            _agree(dynamics, case, complete=False)
        weights = np.where(dynamics.legal()[0], liking[verbs], 0.0)
        action = rng.choice(len(weights), p=weights / weights.sum())
        assert dynamics.step(np.array([action]))[0] == 0
    return _agree(dynamics, case, complete=True)


def _agree(dynamics: Dynamics, case: Case, *, complete: bool) -> EdgeSchedule:
    """The twin makes the same of the decisions, and the figures are those of the schedule."""
    schedule, twin = dynamics.schedule(0), EdgeTwin(*case)
    replayed = twin.replay(schedule.decisions.tolist())
    for name in EdgeSchedule.__slots__:
        np.testing.assert_array_equal(getattr(schedule, name), getattr(replayed, name), name)
    qos, qoe = dynamics.utility()[0]
    verify(*case, schedule, utility=qos + qoe, qos=qos, qoe=qoe, complete=complete)
    np.testing.assert_allclose((twin.qos, twin.qoe), (qos, qoe))
    assert dynamics.objective()[0] == -(qos + qoe)
    figures = metrics(*case, schedule)
    assert dynamics.outcomes()[0].tolist() == [figures[name] for name in OUTCOMES]
    assert dynamics.tasks_completed()[0] == figures["tasks"]
    return schedule


@settings(max_examples=150, deadline=None)
@given(edge_cases(), st.integers(0, 999))
def test_kernels_equal_the_twin(case: Case, seed: int) -> None:
    """Random decisions of every kind, those on other tasks included."""
    _play(_kernels(case), case, seed)


@settings(max_examples=60, deadline=None)
@given(edge_cases(), st.integers(0, 999))
def test_without_migration_only_the_task_in_question_moves(case: Case, seed: int) -> None:
    """Each task gets one decision at its arrival, and nothing else happens to it but a run."""
    schedule = _play(_kernels(case, migrate=False), case, seed)
    for _, kind, _, verb, _ in schedule.decisions.tolist():
        assert kind != EDGE_FREE or verb in (EDGE, IDLE)
    arrivals = schedule.decisions[schedule.decisions[:, 1] == ARRIVAL]
    assert arrivals[:, 2].tolist() == list(range(case[0].num_tasks))


@settings(max_examples=60, deadline=None)
@given(edge_cases(), st.integers(0, 999))
def test_own_triggers_equal_the_twin(case: Case, seed: int) -> None:
    """Deferrals to any later time, beyond the deadline too, come up again as in the twin."""
    dynamics, rng = _kernels(case), np.random.default_rng(seed)
    while not dynamics.done()[0]:
        legal, now = dynamics.legal()[0], dynamics.now(0)
        verbs = np.append(np.arange(len(legal) - 1) % IDLE, IDLE)
        weights = np.where(legal, np.where(verbs == DEFER, 9.0, 1.0), 0.0)
        weights[verbs == DROP] /= 9
        action = int(rng.choice(len(weights), p=weights / weights.sum()))
        trigger = now + int(rng.choice((1, 2, 9, 90, 900)))
        _apply_action(
            dynamics.problem, dynamics.state, action, trigger if verbs[action] == DEFER else NOT_YET
        )
    _agree(dynamics, case, complete=True)


def _default_trigger(case: Case, schedule: EdgeSchedule, task: int, time: int, lead: int) -> int:
    """The last moment for the cloud by the model's last ten calls, or else for the edge."""
    instance, real = case
    kind = int(real.model[task])
    model = instance.models[kind]
    ended = (schedule.place == IN_CLOUD) & (schedule.end_ms <= time) & (real.model == kind)
    rank = {row[2]: rank for rank, row in enumerate(schedule.decisions.tolist()) if row[3] == CLOUD}
    calls = sorted(np.flatnonzero(ended).tolist(), key=lambda i: (schedule.end_ms[i], rank[i]))
    lasted = (schedule.end_ms - schedule.start_ms)[calls[-10:]]
    expected = sorted(lasted.tolist())[8] if len(lasted) == 10 else model.cloud_ms
    wait = expected if model.cloud_utility > 0 else model.edge_ms
    return int(real.arrival_ms[task]) + model.deadline_ms - wait - lead


@settings(max_examples=60, deadline=None)
@given(edge_cases(segments=20), st.integers(0, 999), st.sampled_from((0, 2, 25)))
def test_default_triggers_follow_the_recent_calls(case: Case, seed: int, lead: int) -> None:
    """Random deferrals come up again when the model's last ten calls say that it is time."""
    schedule = _play(_kernels(case, lead_ms=lead), case, seed)
    for time, _, task, verb, trigger in schedule.decisions.tolist():
        if verb == DEFER:
            assert trigger == _default_trigger(case, schedule, task, time, lead)


def test_the_trigger_is_the_ninth_of_the_last_ten_calls() -> None:
    """Of ten calls the second longest counts; of nine none, but the 60 ms that are expected.

    Calls sent at 0, 20, ... last 30, 12, 11, ..., 3 ms. Up to 175 nine have ended; up to 190 ten,
    30 to 4 ms, the second longest 12; up to 300 the last ten are 12 to 3, the second longest 11.
    """
    calls = [(20 * i, 0, 40, lasts) for i, lasts in enumerate([30, *range(12, 2, -1)])]
    deferred = [(time, 0, 40, 60) for time in (175, 190, 300)]
    patient = replace(B, deadline_ms=1000)  # makes room for all
    case = tiny(sorted(calls + deferred), models=(A, patient), period_ms=50)
    dynamics = _kernels(case, lead_ms=5)
    while not dynamics.done()[0]:
        legal = dynamics.legal()[0]
        places = legal[:-1].reshape(-1, IDLE)
        action = dynamics.wait_action
        if places[:, DEFER].any():
            verb = DEFER if dynamics.now(0) in (175, 190, 300) else CLOUD
            action = int(places[:, DEFER].argmax()) * IDLE + verb
        elif not legal[action]:
            action = int(places[:, EDGE].argmax()) * IDLE + EDGE
        assert dynamics.step(np.array([action]))[0] == 0
    log = _agree(dynamics, case, complete=True).decisions
    assert log[log[:, 3] == DEFER][:, [0, 4]].tolist() == [
        [175, 275 - 60 - 5], [190, 290 - 12 - 5], [300, 400 - 11 - 5],
    ]  # fmt: skip

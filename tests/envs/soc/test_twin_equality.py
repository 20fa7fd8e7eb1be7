"""The kernels of the chip against the SimPy twin: the same decisions, the same schedule."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.soc.dynamics import Dynamics
from dispatchlab.envs.soc.dynamics.layout import ARRIVAL, NEEDS_PLAN
from dispatchlab.envs.soc.instance import INJECTIONS, SocInstance
from dispatchlab.envs.soc.limits import SocLimits
from dispatchlab.envs.soc.metrics import metrics
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.envs.soc.verify import verify
from dispatchlab.eval.twin import SocTwin
from tests.envs.soc.soc_strategies import soc_cases

Case = tuple[SocInstance, SocRealisation]
IN_ALL = ("arrived", "lost", "blocked_us", "in_system")  # counted from the start on


def _kernels(case: Case, **options: object) -> Dynamics:
    """One row of the kernels at the start of a case."""
    dynamics = Dynamics(1, SocLimits.of(case[0]), **options)
    dynamics.load(0, *case)
    dynamics.reset()
    return dynamics


def _play(dynamics: Dynamics, case: Case, seed: int) -> SocSchedule:
    """Random legal actions to the end; the checker looks in on the way."""
    rng = np.random.default_rng(seed)
    while not dynamics.done()[0]:
        if rng.random() < 0.2:
            schedule, objective = dynamics.schedule(0), float(dynamics.objective()[0])
            verify(*case, schedule, objective, check_eager=True)
        action = rng.choice(np.flatnonzero(dynamics.legal()[0]))
        assert dynamics.step(np.array([action]))[0] == 0
    return dynamics.schedule(0)


def _agree(dynamics: Dynamics, case: Case, schedule: SocSchedule, twin: SocSchedule) -> None:
    """The two schedules are equal, and the kernels' figures are those of the schedule."""
    for name in SocSchedule.__slots__:
        np.testing.assert_array_equal(getattr(schedule, name), getattr(twin, name), name)
    figures = metrics(case[0], schedule, case[1])
    assert dynamics.objective()[0] == figures["in_system_us"]
    np.testing.assert_equal(float(dynamics.latencies()[0]), figures["latency_us"])
    assert dynamics.completed()[0] == figures["completed"]
    in_all = metrics(case[0].with_injection(warmup_us=0), schedule, case[1])
    terms = dynamics.reward_terms(0)
    terms["blocked_us"] += _open_wait(case, schedule)  # the kernels count a wait when it ends
    assert {k: terms[k] for k in IN_ALL} == {k: in_all[k] for k in IN_ALL}


def _open_wait(case: Case, schedule: SocSchedule) -> int:
    """How long a blocked source has been waiting at the end of a schedule."""
    (instance, real), count = case, len(schedule.graph)
    if instance.injection.mode != "blocked" or count == len(real.gap_us):
        return 0
    due = int(real.gap_us[count]) + (int(schedule.injected_us[-1]) if count else 0)
    return max(0, schedule.now_us - due)


def _plan(case: Case, seed: int, arrival: int, task: int, asked: int) -> tuple[int, int]:
    """A place in a plan that respects the precedences and changes whenever it is asked for."""
    instance, real = case
    kind = int(real.graph[arrival])
    graph = instance.graphs[kind]
    depth = np.zeros(graph.num_tasks, int)
    for _ in depth:
        np.maximum.at(depth, graph.arc_to, depth[graph.arc_from] + 1)
    fit = np.flatnonzero(instance.expected_us(kind)[task] >= 0)
    pe = fit[(seed + 3 * arrival + 5 * task + 7 * asked) % len(fit)]
    return int(pe), int(10_000 * arrival + 100 * depth[task] + task)


@pytest.mark.parametrize("mode", INJECTIONS)
@pytest.mark.parametrize("wait", [False, True])
def test_kernels_equal_the_twin(mode: str, wait: bool) -> None:
    """Random pairs of task and PE, with and without waits, in every injection mode."""

    @settings(max_examples=30, deadline=None)
    @given(soc_cases(mode=mode), st.integers(0, 99))
    def check(case: Case, seed: int) -> None:
        dynamics = _kernels(case, wait=wait)
        schedule = _play(dynamics, case, seed)
        verify(*case, schedule, float(dynamics.objective()[0]), check_eager=True)
        _agree(dynamics, case, schedule, SocTwin(*case).replay(schedule.decisions()))

    check()


@settings(max_examples=60, deadline=None)
@given(soc_cases(), st.integers(0, 99))
def test_orderings_equal_the_twin(case: Case, seed: int) -> None:
    """Actions that only pick a task are decisions like others."""
    dynamics = _kernels(case, actions="ordering")
    schedule = _play(dynamics, case, seed)
    _agree(dynamics, case, schedule, SocTwin(*case).replay(schedule.decisions()))


@settings(max_examples=80, deadline=None)
@given(soc_cases(), st.integers(0, 99))
def test_plans_equal_the_twin(case: Case, seed: int) -> None:
    """Plans that change at every injection are followed alike."""
    instance, _ = case
    dynamics = _kernels(case, actions="plan")
    most, places = dynamics.limits.tasks, dynamics.limits.jobs
    asked = 0
    while not dynamics.done()[0]:
        assert dynamics.state.row[0, NEEDS_PLAN]
        pe, rank = (np.full(places * most, -1) for _ in range(2))
        for place in range(places):
            arrival = int(dynamics.state.job[0, place, ARRIVAL])
            for task in range(instance.graphs[case[1].graph[arrival]].num_tasks):
                k = place * most + task
                pe[k], rank[k] = _plan(case, seed, arrival, task, asked)
        asked += 1
        dynamics.set_plan(0, pe, rank)
    counts = iter(range(asked))

    def planner(world: object) -> dict[tuple[int, int], tuple[int, int]]:
        turn = next(counts)
        return {
            (job.arrival, task): _plan(case, seed, job.arrival, task, turn)
            for job in world.jobs
            for task in range(len(job.awaited))
        }

    schedule = dynamics.schedule(0)
    _agree(dynamics, case, schedule, SocTwin(*case).follow(planner))
    verify(*case, schedule, float(dynamics.objective()[0]), planned=True)
    assert next(counts, None) is None, "the twin asked less often"

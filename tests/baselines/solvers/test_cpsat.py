"""CP-SAT on the encoding: published optima, hand-solved instances, hints and logs."""

import itertools
import math
import multiprocessing
import os
import signal
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dispatchlab.baselines.solvers.cpsat import CpSatSolver
from dispatchlab.envs.core.errors import DispatchlabError, InfeasibleScheduleError
from dispatchlab.envs.core.schedule import Result, Schedule
from dispatchlab.envs.jobshop.horizon import safe_horizon
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.envs.jobshop.verify import verify
from tests.naive import naive_schedule

if TYPE_CHECKING:
    from dispatchlab.baselines.solvers.base import Solver

SOLVER = CpSatSolver(num_workers=2)


def optimal(encoding: CpEncoding, *, time_limit_s: float = 60.0) -> Result:
    """Solve to proven optimality and verify the schedule."""
    result = SOLVER.solve(encoding, time_limit_s=time_limit_s)
    assert result.status == "optimal"
    verify(encoding, None, result.schedule, objective=result.objective)
    assert result.lower_bound == result.objective
    return result


# Fisher and Thompson 1963, Lawrence 1984, Brandimarte 1993: optima as proven in the literature.
@pytest.mark.parametrize(
    ("name", "optimum"), [("ft06", 55), ("la01", 666), ("mk01", 40), ("ft20", 1165)]
)
def test_published_optima(name: str, optimum: int) -> None:
    """Small classics are solved to the published optimum, with proof."""
    assert optimal(load_instance(name)).objective == optimum


@pytest.mark.slow
def test_ft10() -> None:
    """The 10 by 10 instance of Fisher and Thompson: 930, proven by Carlier and Pinson in 1989."""
    assert optimal(load_instance("ft10"), time_limit_s=300).objective == 930


def test_short_run_brackets_the_optimum() -> None:
    """A short run on ft10 brackets the optimum of 930."""
    result = SOLVER.solve(load_instance("ft10"), time_limit_s=3)
    assert result.lower_bound <= 930 <= result.objective


def single_machine(*, initial: int = 0, **options: object) -> CpEncoding:
    """Three activities of 2, 3 and 4 units on one machine, set-ups cheap along 0, 2, 1."""
    matrix = [[0, 9, 1], [1, 0, 9], [9, 1, 0], [initial, 2, 5]]
    return CpEncoding.build(
        [[(d, [(0, 1)])] for d in (2, 3, 4)],
        [1],
        job=[0, 1, 2],
        setups={0: ({0: 0, 1: 1, 2: 2}, matrix)},
        **options,
    )


def test_setups() -> None:
    """By hand: 0 (2), set-up 1, 2 (4), set-up 1, 1 (3) ends at 11."""
    result = optimal(single_machine())
    assert result.objective == 11
    assert result.schedule.start.tolist() == [0, 8, 3]


def test_initial_setups() -> None:
    """An initial set-up of 9 before activity 0 makes 1, 0, 2 best: 2 + 3 + 1 + 2 + 1 + 4 = 13."""
    result = optimal(single_machine(initial=9))
    assert result.objective == 13
    assert result.schedule.start.tolist() == [6, 2, 9]


def test_setups_without_triangle_inequality() -> None:
    """Set-ups separate direct neighbours only: 0 to 2 by way of 1 beats the direct 9."""
    matrix = [[0, 1, 9], [9, 0, 1], [9, 9, 0], [0, 9, 9]]
    encoding = CpEncoding.build(
        [[(1, [(0, 1)])] for _ in range(3)],
        [1],
        setups={0: ({0: 0, 1: 1, 2: 2}, matrix)},
    )
    assert optimal(encoding).objective == 5


def test_setups_with_alternatives() -> None:
    """A set-up of 5 between families drives the third activity to the slower machine."""
    both = [(2, [(0, 1)]), (4, [(1, 1)])]
    encoding = CpEncoding.build(
        [both, both, both], [1, 1], setups={0: ({0: 0, 1: 0, 2: 1}, [[0, 5], [5, 0], [0, 0]])}
    )
    result = optimal(encoding)
    assert result.objective == 4
    assert result.schedule.mode.tolist() == [0, 2, 5]


def test_machine_with_setups_may_stay_empty() -> None:
    """With a huge initial set-up both activities avoid the machine."""
    both = [(1, [(0, 1)]), (4, [(1, 1)])]
    encoding = CpEncoding.build([both, both], [1, 1], setups={0: ({}, [[0], [50]])})
    assert optimal(encoding).objective == 8


def test_zero_duration_occupies_nothing() -> None:
    """Instants on busy, exhausted and set-up resources fit anywhere, also in the middle."""
    encoding = CpEncoding.build(
        [[(4, [(0, 1), (1, 2)])], [(0, [(0, 1), (1, 2)])], [(5, [(2, 1)])]],
        [1, 2, 1],
        [(1, 2)],
        release=[0, 2, 0],
        setups={0: ({0: 0, 1: 1}, [[0, 9], [9, 0], [0, 9]])},
    )
    result = optimal(encoding)
    assert result.objective == 7
    assert result.schedule.start.tolist() == [0, 2, 2]


def test_project_with_modes() -> None:
    """Capacity 2, recipes (4, 2) or (7, 1): 3 + 4 + 2 = 9 as worked out by hand.

    The cheap recipe's chain 7 + 3 takes 10; with the other, activity 1 runs alone for 4, then 0
    and 3 side by side for 3, then 2 alone for 2.
    """
    encoding = CpEncoding.build(
        [[(3, [(0, 1)])], [(4, [(0, 2)]), (7, [(0, 1)])], [(2, [(0, 2)])], [(3, [(0, 1)])]],
        [2],
        [(0, 2), (1, 3)],
    )
    result = optimal(encoding)
    assert result.objective == 9
    assert result.schedule.mode.tolist() == [0, 1, 3, 4]


def test_lags() -> None:
    """Lags from ends and from starts, positive and negative."""
    encoding = CpEncoding.build(
        [[(3, ())], [(4, ())], [(5, ())], [(6, ())]],
        [],
        [(0, 1, 2), (0, 2, 1, True), (2, 3, -4)],
    )
    assert optimal(encoding).schedule.start.tolist()[:2] == [0, 5]
    assert optimal(encoding).objective == 9


def test_makespan_is_not_always_at_the_end_of_the_chain() -> None:
    """With a negative lag the predecessor may end last."""
    encoding = CpEncoding.build([[(10, ())], [(2, ())]], [], [(0, 1, -9)])
    assert optimal(encoding).objective == 10


def test_weighted_tardiness() -> None:
    """By hand: 1 (until 3), 0 (until 5), 2 (until 9): only activity 0 is late, 1 by weight 2."""
    encoding = CpEncoding.build(
        [[(d, [(0, 1)])] for d in (2, 3, 4)],
        [1],
        job=[0, 1, 2],
        due=[4, 3, 9],
        weight=[2, 5, 1],
        objective="total_weighted_tardiness",
    )
    assert optimal(encoding).objective == 2


def test_nothing_can_be_late() -> None:
    """Without due dates every schedule is optimal, also from a hint."""
    encoding = CpEncoding.build([[(2, ())]], [], objective="total_weighted_tardiness")
    hint = optimal(encoding).schedule
    assert SOLVER.solve(encoding, hint=hint).objective == 0


def test_flow_time() -> None:
    """Shortest first, counted from the releases: 2 + 5 + (9 - 4) = 12."""
    encoding = CpEncoding.build(
        [[(d, [(0, 1)])] for d in (2, 3, 4)],
        [1],
        job=[0, 1, 2],
        release=[0, 0, 4],
        objective="total_flow_time",
    )
    assert optimal(encoding).objective == 12


def random_instance(seed: int) -> CpEncoding:
    """Four activities with modes, set-ups, a cumulative, lags and releases, at random."""
    rng = np.random.default_rng(seed)

    def mode() -> tuple[int, list[tuple[int, int]]]:
        uses = [(int(rng.integers(2)), 1)]
        if rng.random() < 0.5:
            uses.append((2, int(rng.integers(1, 3))))
        return int(rng.integers(0, 6)), uses

    arcs = [
        (a, b, int(rng.integers(-2, 4)), bool(rng.integers(2)))
        for a, b in itertools.combinations(range(4), 2)
        if rng.random() < 0.25
    ]
    families = {a: int(rng.integers(2)) for a in range(4)}
    return CpEncoding.build(
        [[mode() for _ in range(rng.integers(1, 3))] for _ in range(4)],
        [1, 1, 2],
        arcs,
        job=[0, 0, 1, 2],
        release=rng.integers(0, 4, 4).tolist(),
        due=rng.integers(2, 12, 3).tolist(),
        weight=[1, 2, 3],
        setups={0: (families, rng.integers(0, 5, (3, 2)))},
        objective=["makespan", "total_weighted_tardiness", "total_flow_time"][seed % 3],
    )


@pytest.mark.parametrize("seed", range(24))
def test_random_instances_against_list_schedules(seed: int) -> None:
    """Random list schedules reach the proven optimum, and never beat it."""
    encoding = random_instance(seed)
    value = optimal(encoding).objective
    rng = np.random.default_rng(0)
    found = (encoding.objective_value(naive_schedule(encoding, rng).end) for _ in range(8000))
    assert next(v for v in found if v <= value) == value


@pytest.mark.parametrize("seed", range(6))
def test_horizon_keeps_the_optimum(seed: int) -> None:
    """A horizon three times as long does not lead to a better schedule."""
    encoding = random_instance(seed)
    built = SOLVER.build(encoding, horizon=3 * safe_horizon(encoding))
    assert SOLVER.solve_model(built).objective == optimal(encoding).objective


@pytest.mark.parametrize("seed", range(12))
def test_hints_are_complete(seed: int) -> None:
    """The hint covers every variable and is a solution: it comes back as first incumbent."""
    encoding = random_instance(seed)
    hint = naive_schedule(encoding, np.random.default_rng(seed))
    value = encoding.objective_value(hint.end)
    result = SOLVER.solve(encoding, hint=hint)
    found = [entry["objective"] for entry in result.log if entry["objective"] < math.inf]
    assert max(found) <= value
    assert result.objective == optimal(encoding).objective


def test_every_variable_is_hinted() -> None:
    """All variables of a model with set-ups and modes get a hint, and CP-SAT finds it feasible."""
    from ortools.sat.python import cp_model

    from dispatchlab.baselines.solvers.cpsat.hint import add_hint

    for seed in range(3):
        encoding = random_instance(seed)
        built = SOLVER.build(encoding, horizon=100)
        hint = naive_schedule(encoding, np.random.default_rng(seed))
        add_hint(built.model, encoding, built.variables, hint)
        proto = built.model.Proto()
        hinted = {int(v) for v in proto.solution_hint.vars}
        fixed = {v for v, x in enumerate(proto.variables) if x.domain[0] == x.domain[1]}
        assert hinted | fixed == set(range(len(proto.variables)))
        solver = cp_model.CpSolver()
        solver.parameters.fix_variables_to_their_hinted_value = True
        solver.parameters.num_workers = 1
        solver.solve(built.model)
        assert solver.objective_value == encoding.objective_value(hint.end)


def test_hint_is_never_lost() -> None:
    """Where the time is too short for any search, the hint is the result."""
    encoding = load_instance("ft10")
    hint = naive_schedule(encoding, np.random.default_rng(0))
    result = SOLVER.solve(encoding, time_limit_s=1e-4, hint=hint)
    assert result.status == "feasible"
    assert result.objective <= hint.makespan
    verify(encoding, None, result.schedule, objective=result.objective)


def test_infeasible_hint_is_refused() -> None:
    """A hint that violates the instance would make the bound wrong."""
    encoding = load_instance("ft06")
    nonsense = Schedule(start=np.zeros(36, int), end=encoding.mode_duration, mode=np.arange(36))
    with pytest.raises(InfeasibleScheduleError):
        SOLVER.solve(encoding, hint=nonsense)


def test_anytime_log() -> None:
    """Incumbents fall, bounds rise, time goes on, and the last entry is the result."""
    result = optimal(load_instance("la01"))
    columns = {k: [e[k] for e in result.log] for k in ("time_s", "objective", "lower_bound")}
    assert len(result.log) >= 2
    assert columns["time_s"] == sorted(columns["time_s"])
    assert columns["objective"] == sorted(columns["objective"], reverse=True)
    assert columns["lower_bound"] == sorted(columns["lower_bound"])
    assert result.log[-1]["objective"] == result.objective == 666
    assert result.log[-1]["lower_bound"] == result.lower_bound
    assert columns["time_s"][-1] <= result.runtime_s


def test_same_seed_same_schedule() -> None:
    """One worker repeats its search exactly."""
    encoding = load_instance("mk01")
    first, second = (CpSatSolver(1).solve(encoding, time_limit_s=60, seed=7) for _ in range(2))
    assert first.schedule == second.schedule


def test_constraints_can_be_added() -> None:
    """The variables of a built model take further constraints: here a deadline and a mode."""
    encoding = job_shop([[0, 1], [0, 1]], [[3, 2], [2, 4]])
    built = SOLVER.build(encoding)
    assert SOLVER.solve_model(built).objective == 8
    built.model.add(built.variables.end[1] <= 5)
    assert SOLVER.solve_model(built).objective == 9
    built.model.add(built.objective <= 8)
    result = SOLVER.solve_model(built)
    assert (result.status, result.schedule, result.objective) == ("infeasible", None, None)


def test_too_little_time() -> None:
    """Without a hint and without time there is no schedule, and no claim."""
    result = CpSatSolver(1).solve(load_instance("ta01"), time_limit_s=1e-6)
    assert (result.status, result.schedule) == ("unknown", None)
    assert result.lower_bound <= 1231


@pytest.mark.parametrize("limit", [0, -1.0, math.nan])
def test_time_limit_must_be_positive(limit: float) -> None:
    """Zero, negative and NaN limits are refused."""
    with pytest.raises(DispatchlabError, match="time_limit_s is"):
        SOLVER.solve(load_instance("ft06"), time_limit_s=limit)


def test_workers_must_not_be_negative() -> None:
    """A negative number of workers is refused."""
    with pytest.raises(DispatchlabError, match="num_workers is -1"):
        CpSatSolver(num_workers=-1)


def test_numbers_beyond_cp_sat_are_named() -> None:
    """A model that overflows CP-SAT's integers is refused with CP-SAT's own reason."""
    encoding = CpEncoding.build(
        [[(2**40, ())]] * 64,
        [],
        job=list(range(64)),
        due=[0] * 64,
        weight=[2**20] * 64,
        objective="total_weighted_tardiness",
    )
    with pytest.raises(DispatchlabError, match="CP-SAT refuses the model"):
        SOLVER.solve(encoding)


def test_solver_follows_the_protocol() -> None:
    """The class is usable wherever a `Solver` of encodings is asked for."""
    solver: Solver[CpEncoding] = CpSatSolver(num_workers=1)
    assert solver.solve(load_instance("ft06"), time_limit_s=20, seed=1, hint=None).objective == 55


def test_bad_settings_are_not_blamed_on_the_model() -> None:
    """Settings out of range are refused at once, or with CP-SAT's own reason."""
    with pytest.raises(DispatchlabError, match="num_workers is 100000; give 0"):
        CpSatSolver(100_000)
    solver = CpSatSolver()
    solver.num_workers = 100_000
    with pytest.raises(DispatchlabError, match=r"refuses its settings: .*num_workers"):
        solver.solve(load_instance("ft06"))


def test_seeds_of_any_size() -> None:
    """Seeds are taken modulo the range of CP-SAT."""
    result = CpSatSolver(1).solve(load_instance("ft06"), seed=99_999_999_999)
    assert result.objective == 55


def _interrupted_after_a_search() -> None:
    signal.signal(signal.SIGINT, lambda *_: os._exit(7))
    CpSatSolver(num_workers=1, deterministic_limit=0.1).solve(load_instance("ft06"))
    os.kill(os.getpid(), signal.SIGINT)


def test_search_that_ends_by_effort_leaves_interrupts_alone() -> None:
    """Ctrl-C after one still reaches the handler of the process, as training needs it."""
    child = multiprocessing.get_context("fork").Process(target=_interrupted_after_a_search)
    child.start()
    child.join()
    assert child.exitcode == 7

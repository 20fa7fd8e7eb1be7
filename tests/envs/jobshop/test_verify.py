"""The independent checker against hand-made violations and against a tick-by-tick oracle."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import InfeasibleScheduleError, InvalidInstanceError
from dispatchlab.envs.core.schedule import Schedule
from dispatchlab.envs.jobshop.instance import Arc, CpEncoding, Mode
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.verify import objective_of, verify
from tests.naive import naive_schedule


def _violations(
    encoding: CpEncoding,
    schedule: Schedule,
    realisation: Realisation | None = None,
    **options: object,
) -> tuple[str, ...]:
    """The sentences that the checker raises with."""
    with pytest.raises(InfeasibleScheduleError) as caught:
        verify(encoding, realisation, schedule, **options)
    return caught.value.violations


def _plan(start: list[int], end: list[int], mode: list[int] | None = None) -> Schedule:
    """A schedule in which, by default, every activity runs in its only mode."""
    return Schedule(start=start, end=end, mode=mode or list(range(len(start))))


def _on_one(*durations: int, **options: object) -> CpEncoding:
    """Activities that share one resource of capacity 1."""
    return CpEncoding.build([[Mode(d, ((0, 1),))] for d in durations], [1], **options)


def _real(encoding: CpEncoding, **changes: object) -> Realisation:
    """The nominal realisation with some columns replaced."""
    nominal = Realisation.nominal(encoding)
    columns = {field: getattr(nominal, field) for field in Realisation.__slots__}
    return Realisation(**columns | {k: np.asarray(v, np.int64) for k, v in changes.items()})


def test_accepts_a_feasible_schedule() -> None:
    """Two activities back to back, with the right makespan."""
    verify(_on_one(3, 4), None, _plan([0, 3], [3, 7]), objective=7)


def test_wrong_number_of_activities() -> None:
    """A schedule of another instance is refused as a whole."""
    assert _violations(_on_one(3), _plan([0, 3], [3, 7])) == (
        "The schedule has 2 activities, but instance has 1; give the schedule of this instance.",
    )


def test_unscheduled_activity() -> None:
    """An activity without a start is reported, unless partial schedules are allowed."""
    encoding, schedule = _on_one(3, 4), _plan([0, -1], [3, -1], [0, -1])
    assert _violations(encoding, schedule) == ("Activity 1 is not scheduled.",)
    verify(encoding, None, schedule, allow_partial=True)


def test_half_scheduled_activity() -> None:
    """An end without a start is a violation even of a partial schedule."""
    schedule = _plan([0, -1], [3, 7], [0, 1])
    assert _violations(_on_one(3, 4), schedule, allow_partial=True) == (
        "Activity 1 has end 7 and mode 1, but no start.",
    )


def test_mode_of_another_activity() -> None:
    """A mode outside the activity's own range is reported with that range."""
    encoding = CpEncoding.build([[(3, [(0, 1)])], [(2, []), (1, [])]], [1])
    assert _violations(encoding, _plan([0, 0], [3, 2], [1, 3])) == (
        "Activity 0 runs in mode 1, but its mode is 0.",
        "Activity 1 runs in mode 3, but its modes are 1 to 2.",
    )


def test_start_before_release_and_arrival() -> None:
    """Release times and arrivals both bound the start, each by its own amount."""
    encoding = _on_one(3, release=[5])
    assert _violations(encoding, _plan([3], [6]), _real(encoding, job_arrival=[7])) == (
        "Activity 0 starts at 3, 2 before its release at 5.",
        "Activity 0 starts at 3, 4 before its job 0 arrives at 7.",
    )


def test_wrong_end() -> None:
    """The end is the start plus the duration of the mode, or the actual duration."""
    encoding = _on_one(3)
    assert _violations(encoding, _plan([1], [5])) == (
        "Activity 0 ends at 5, 1 too late: it starts at 1 with a duration of 3.",
    )
    assert _violations(encoding, _plan([1], [4]), _real(encoding, mode_duration=[9])) == (
        "Activity 0 ends at 4, 6 too early: it starts at 1 with a duration of 9.",
    )
    verify(encoding, _real(encoding, mode_duration=[9]), _plan([1], [10]))


def test_breakdowns_pause_the_activity() -> None:
    """The end moves by the breakdowns that fall into the processing, and by no other."""
    encoding = _on_one(5)
    real = _real(encoding, down_ptr=[0, 3], down_start=[2, 6, 9], down_end=[4, 7, 20])
    verify(encoding, real, _plan([0], [8]))
    assert _violations(encoding, _plan([0], [5]), real) == (
        "Activity 0 ends at 5, 3 too early: it starts at 0 with a duration of 5 and breakdown "
        "pauses of 3.",
    )


def test_an_activity_may_end_when_its_resource_breaks() -> None:
    """Work that is finished at the moment of the breakdown is not paused by it."""
    encoding = _on_one(5)
    real = _real(encoding, down_ptr=[0, 1], down_start=[5], down_end=[9])
    verify(encoding, real, _plan([0], [5]))
    verify(encoding, real, _plan([9], [14]))


def test_start_on_a_broken_resource() -> None:
    """Starting inside a breakdown is wrong although the end allows for it."""
    encoding = _on_one(5)
    real = _real(encoding, down_ptr=[0, 1], down_start=[2], down_end=[6])
    for start in (2, 5):
        assert _violations(encoding, _plan([start], [11]), real) == (
            f"Activity 0 starts at {start}, {6 - start} too early: resource 0 is down from 2 to 6.",
        )


def test_pauses_of_several_resources_count_once() -> None:
    """Overlapping breakdowns of two resources in use pause the activity for their union."""
    encoding = CpEncoding.build([[(4, [(0, 1), (1, 1)])]], [1, 1])
    real = _real(encoding, down_ptr=[0, 1, 2], down_start=[2, 3], down_end=[5, 8])
    verify(encoding, real, _plan([0], [10]))


@pytest.mark.parametrize(
    ("arc", "sentence"),
    [
        (Arc(0, 1), "Activity 1 starts at 2, 1 too early: its predecessor activity 0 ends at 3."),
        (
            Arc(0, 1, 4),
            "Activity 1 starts at 2, 5 too early: its predecessor activity 0 ends at 3 and the "
            "lag is 4.",
        ),
        (
            Arc(0, 1, 6, from_start=True),
            "Activity 1 starts at 2, 4 too early: its predecessor activity 0 starts at 0 and the "
            "lag is 6.",
        ),
    ],
)
def test_precedence(arc: Arc, sentence: str) -> None:
    """A successor that starts too early is reported with the lag."""
    encoding = CpEncoding.build([[(3, [])], [(4, [])]], [], [arc])
    assert _violations(encoding, _plan([0, 2], [3, 6])) == (sentence,)


def test_negative_lag_lets_the_successor_overlap() -> None:
    """With a lag of -2 the successor starts up to 2 before the end."""
    encoding = CpEncoding.build([[(3, [])], [(4, [])]], [], [(0, 1, -2)])
    verify(encoding, None, _plan([0, 1], [3, 5]))
    assert "1 too early" in _violations(encoding, _plan([0, 0], [3, 4]))[0]


def test_partial_schedule_needs_the_predecessors() -> None:
    """In a partial schedule a successor may wait, but may not come first."""
    encoding = CpEncoding.build([[(3, [])], [(4, [])]], [], [(0, 1)])
    verify(encoding, None, _plan([0, -1], [3, -1], [0, -1]), allow_partial=True)
    late = _plan([-1, 9], [-1, 13], [-1, 1])
    assert _violations(encoding, late, allow_partial=True) == (
        "Activity 1 is scheduled, but its predecessor activity 0 is not.",
    )


def test_every_overlapping_pair_is_reported() -> None:
    """Three activities at once are three pairs, named with the resource."""
    encoding = _on_one(4, 4, 2, activity_names=("cut", "weld", "glue"), resource_names=("Saw",))
    assert _violations(encoding, _plan([0, 1, 2], [4, 5, 4])) == (
        "Activities 0 (cut) (0 to 4) and 1 (weld) (1 to 5) overlap by 3 on resource 0 (Saw).",
        "Activities 0 (cut) (0 to 4) and 2 (glue) (2 to 4) overlap by 2 on resource 0 (Saw).",
        "Activities 1 (weld) (1 to 5) and 2 (glue) (2 to 4) overlap by 2 on resource 0 (Saw).",
    )


def test_capacity() -> None:
    """Every interval above the capacity is reported with its users."""
    encoding = CpEncoding.build([[(4, [(0, 2)])], [(4, [(0, 2)])], [(1, [(0, 1)])]], [3])
    assert _violations(encoding, _plan([0, 2, 3], [4, 6, 4])) == (
        "Resource 0 is used 4 from 2 to 3, 1 over its capacity of 3, by activities 0, 1.",
        "Resource 0 is used 5 from 3 to 4, 2 over its capacity of 3, by activities 0, 1, 2.",
    )
    verify(encoding, None, _plan([0, 4, 3], [4, 8, 4]))


def test_setups() -> None:
    """The set-up before the first activity and those between neighbours are both kept."""
    setups = {0: ({0: 0, 1: 1}, [[0, 5], [6, 0], [2, 3]])}
    encoding = _on_one(3, 4, setups=setups)
    verify(encoding, None, _plan([2, 10], [5, 14]))
    assert _violations(encoding, _plan([1, 6], [4, 10])) == (
        "Activity 0 starts at 1 on resource 0, 1 too early: the set-up before the first activity "
        "takes 2.",
        "Activity 1 starts at 6 on resource 0, 3 too early: activity 0 ends at 4 and the set-up "
        "takes 5.",
    )


def test_zero_durations_occupy_nothing() -> None:
    """A milestone inside another activity needs no capacity, no set-up and no working machine."""
    setups = {0: ({0: 0, 1: 1}, [[0, 9], [9, 0], [0, 9]])}
    encoding = _on_one(6, 0, setups=setups)
    real = _real(encoding, down_ptr=[0, 1], down_start=[2], down_end=[4])
    verify(encoding, real, _plan([0, 3], [8, 3]))


def test_objective_is_recomputed() -> None:
    """A reported objective that is not the schedule's own is a violation."""
    assert _violations(_on_one(3, 4), _plan([0, 3], [3, 7]), objective=6) == (
        "The makespan is 7, but 6 was reported (1 too low).",
    )
    partial = _plan([0, -1], [3, -1], [0, -1])
    assert _violations(_on_one(3, 4), partial, objective=3, allow_partial=True) == (
        "The makespan of 3 cannot hold: 1 activities are not scheduled.",
    )


@pytest.mark.parametrize(
    ("objective", "arrival", "value"),
    [
        ("makespan", [0, 0], 9),
        ("total_weighted_tardiness", [0, 0], 2 * 1 + 3 * 4),
        ("total_flow_time", [0, 0], (3 - 0) + (9 - 1)),
        ("total_flow_time", [0, 3], (3 - 0) + (9 - 3)),
    ],
)
def test_objective_values(objective: str, arrival: list[int], value: int) -> None:
    """Hand-computed objectives of a two-job schedule; flow time counts from the arrival."""
    encoding = _on_one(
        3, 2, 4, job=[0, 1, 1], due=[2, 5], weight=[2, 3], release=[0, 1, 4], objective=objective
    )
    schedule = _plan([0, 3, 5], [3, 5, 9])
    real = _real(encoding, job_arrival=arrival)
    assert objective_of(encoding, real, schedule) == value
    verify(encoding, real, schedule, objective=value)


def test_objective_of_an_unfinished_schedule() -> None:
    """There is no objective before everything is scheduled."""
    with pytest.raises(InfeasibleScheduleError, match=r"Activity 1 is not scheduled\."):
        objective_of(_on_one(3, 4), None, _plan([0, -1], [3, -1], [0, -1]))


def test_realisation_of_another_instance() -> None:
    """A realisation of other sizes is an error of its own."""
    with pytest.raises(InvalidInstanceError, match="draw it from the same generator"):
        verify(_on_one(3, 4), Realisation.nominal(_on_one(3)), _plan([0, 3], [3, 7]))


@st.composite
def _cases(draw: st.DrawFn) -> tuple[CpEncoding, Realisation, int]:
    """A small instance with every feature, a realisation of it and a seed."""
    size = draw(st.integers(2, 6))
    capacities = [1, draw(st.integers(1, 3))]
    demands = st.tuples(st.integers(0, 1), st.integers(0, capacities[1]))
    mode = st.builds(
        lambda d, q: Mode(d, tuple((r, x) for r, x in enumerate(q) if x)),
        st.integers(0, 4),
        demands,
    )
    acts = draw(st.lists(st.lists(mode, min_size=1, max_size=2), min_size=size, max_size=size))
    pairs = [(a, b) for b in range(size) for a in range(b)]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4))
    arcs = [Arc(a, b, draw(st.integers(-2, 3)), draw(st.booleans())) for a, b in chosen]
    times = st.integers(0, 4)
    matrix = np.array(draw(st.lists(times, min_size=6, max_size=6))).reshape(3, 2)
    families = {a: draw(st.integers(0, 1)) for a in range(size)}
    encoding = CpEncoding.build(
        acts,
        capacities,
        arcs,
        job=[a % 2 for a in range(size)],
        release=draw(st.lists(times, min_size=size, max_size=size)),
        setups={0: (families, matrix)} if draw(st.booleans()) else None,
    )
    gaps = np.cumsum(draw(st.lists(st.integers(1, 4), min_size=4, max_size=4)))
    real = _real(
        encoding,
        # what is expected to take time takes at least 1
        mode_duration=[draw(st.integers(min(d, 1), 5)) for d in encoding.mode_duration.tolist()],
        job_arrival=[draw(times), draw(times)],
        down_ptr=[0, 2, 2],
        down_start=gaps[[0, 2]],
        down_end=gaps[[1, 3]],
    )
    return encoding, real, draw(st.integers(0, 2**32 - 1))


@settings(max_examples=150, deadline=None)
@given(case=_cases())
def test_naive_schedules_are_feasible(case: tuple[CpEncoding, Realisation, int]) -> None:
    """Whatever the features, an appended schedule passes, and so does every prefix of it."""
    encoding, real, seed = case
    rng = np.random.default_rng(seed)
    schedule = naive_schedule(encoding, rng, real)
    verify(encoding, real, schedule, objective=schedule.makespan)
    verify(encoding, None, naive_schedule(encoding, rng))


@settings(max_examples=150, deadline=None)
@given(case=_cases(), shift=st.integers(-4, 4), which=st.integers(0, 5), length=st.integers(-1, 1))
def test_agrees_with_a_tick_by_tick_oracle(
    case: tuple[CpEncoding, Realisation, int], shift: int, which: int, length: int
) -> None:
    """A mutated schedule is refused exactly when a simulation tick by tick refuses it."""
    encoding, real, seed = case
    schedule = naive_schedule(encoding, np.random.default_rng(seed), real)
    start, end = schedule.start.copy(), schedule.end.copy()
    activity = which % len(start)
    start[activity] = max(0, start[activity] + shift)
    end[activity] = max(0, end[activity] + shift + length)
    mutant = Schedule(start=start, end=end, mode=schedule.mode)
    if _oracle(encoding, real, mutant):
        verify(encoding, real, mutant)
    else:
        assert _violations(encoding, mutant, real)


def _oracle(encoding: CpEncoding, real: Realisation, schedule: Schedule) -> bool:
    """Feasibility by playing the schedule one time unit at a time."""
    start, end, mode = (getattr(schedule, c).tolist() for c in ("start", "end", "mode"))
    uses = [
        {
            int(encoding.use_resource[u]): int(encoding.use_demand[u])
            for u in range(encoding.use_ptr[m], encoding.use_ptr[m + 1])
        }
        for m in mode
    ]
    spans = [(real.down_start[i], real.down_end[i]) for i in range(2)]  # all on resource 0
    left = [int(real.mode_duration[m]) for m in mode]
    for now in range(max(end) + 1):
        down = any(a <= now < b for a, b in spans)
        active = [a for a in range(len(start)) if start[a] <= now < end[a]]
        for a in active:
            if down and 0 in uses[a]:
                if now == start[a]:
                    return False
            else:
                left[a] -= 1
                # No pause may follow the last unit of work.
                if left[a] < 0 or (left[a] == 0 and end[a] != now + 1):
                    return False
        if any(
            sum(uses[a].get(r, 0) for a in active) > encoding.resource_capacity[r] for r in (0, 1)
        ):
            return False
    if any(left) or any(e < s for s, e in zip(start, end, strict=True)):
        return False
    return _oracle_order(encoding, real, schedule, uses)


def _oracle_order(
    encoding: CpEncoding, real: Realisation, schedule: Schedule, uses: list[dict[int, int]]
) -> bool:
    """Releases, arrivals, precedences and set-ups, one by one."""
    start, end = schedule.start.tolist(), schedule.end.tolist()
    for a, begin in enumerate(start):
        if begin < encoding.release[a] or begin < real.job_arrival[encoding.job[a]]:
            return False
    columns = (encoding.arc_from, encoding.arc_to, encoding.arc_lag, encoding.arc_from_start)
    for a, b, lag, from_start in zip(*(c.tolist() for c in columns), strict=True):
        if start[b] < (start[a] if from_start else end[a]) + lag:
            return False
    matrix = encoding.setup_matrix(0)
    if matrix is None:
        return True
    queue = sorted(a for a in range(len(start)) if 0 in uses[a] and end[a] > start[a])
    queue.sort(key=lambda a: start[a])
    family = [int(encoding.setup_family[encoding.use_ptr[schedule.mode[a]]]) for a in queue]
    ready = [0] + [end[a] for a in queue]
    change = [int(matrix[x][y]) for x, y in zip([2, *family], family, strict=False)]
    return all(start[a] >= ready[i] + change[i] for i, a in enumerate(queue))


@settings(max_examples=60, deadline=None)
@given(case=_cases(), which=st.integers(0, 5))
def test_nothing_in_a_tight_schedule_can_start_earlier(
    case: tuple[CpEncoding, Realisation, int], which: int
) -> None:
    """On capacity-1 resources an appended activity cannot move by even one time unit."""
    encoding, real, seed = case
    if encoding.resource_capacity[1] > 1:
        return
    schedule = naive_schedule(encoding, np.random.default_rng(seed), real)
    start, end = schedule.start.copy(), schedule.end.copy()
    start[which % len(start)] -= 1
    end[which % len(start)] -= 1
    assert _violations(encoding, Schedule(start=start, end=end, mode=schedule.mode), real)


def test_large_job_shops_are_checked_fast() -> None:
    """2000 activities on 20 machines take well under 50 ms."""
    rng = np.random.default_rng(0)
    acts = [[(int(rng.integers(1, 99)), [(int(r), 1)])] for _ in range(100)
            for r in rng.permutation(20)]  # fmt: skip
    arcs = [(a, a + 1) for a in range(1999) if (a + 1) % 20]
    encoding = CpEncoding.build(acts, [1] * 20, arcs, job=[a // 20 for a in range(2000)])
    schedule = naive_schedule(encoding, rng)
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        verify(encoding, None, schedule)
        seconds.append(time.perf_counter() - begin)
    assert min(seconds) < 0.05

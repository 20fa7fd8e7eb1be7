"""Figures and energies of SoC schedules, computed by hand."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.soc.instance import OperatingPoints, SocInstance
from dispatchlab.envs.soc.metrics import completion_us, energy, in_system_us, metrics
from dispatchlab.envs.soc.realisation import SocRealisation
from dispatchlab.envs.soc.schedule import SocSchedule
from dispatchlab.eval.twin import SocTwin
from tests.envs.soc.soc_strategies import random_policy, soc_cases, tiny

Case = tuple[SocInstance, SocRealisation]
BIG = OperatingPoints((600.0, 2000.0), (900.0, 1350.0), (3.0, 5.0))
SMALL = OperatingPoints((1400.0,), (1300.0,), (0.4,))


def _stream(**changes: Any) -> tuple[Case, SocSchedule]:
    """Arrivals at 0, 2, 3 and 8 on two PEs, two places; the horizon is at 10.

    Job 0 runs on PE 0 from 0 to 4, job 1 on PE 1 from 2 to 8; job 2 is lost; job 3 runs on PE 0
    from 8 on, beyond the horizon.
    """
    fields = {"mode": "lossy", "max_jobs": 2, "horizon_us": 10} | changes
    case = tiny([[4, 6]], [], [0, 2, 1, 5, 99], **fields)
    return case, SocSchedule(
        10, [0] * 4, [0, 2, 3, 8], [0, 2, -1, 8], [False, False, True, False],
        [[0], [1], [-1], [0]], [[0], [2], [-1], [8]], [[0], [1], [-1], [2]],
        [[0], [2], [-1], [8]], [[4], [8], [-1], [12]],
    )  # fmt: skip


def _powered(*points: OperatingPoints, cluster: tuple[int, ...] = (0, 0)) -> SocInstance:
    """The instance of `_stream` on a chip with a power table."""
    instance = _stream()[0][0]
    names = tuple(f"c{c}" for c in range(len(points)))
    chip = replace(
        instance.chip, cluster=np.array(cluster), cluster_names=names, operating_points=points
    )
    return replace(instance, chip=chip)


def test_figures_of_a_stream() -> None:
    """Latencies 4 and 6; 4 + 6 + 2 job·µs; the PEs are busy for 4 + 2 and 6 of 10 µs."""
    (instance, _), schedule = _stream()
    assert metrics(instance, schedule) == {
        "latency_us": 5.0,
        "completed": 2.0,
        "arrived": 4.0,
        "lost": 1.0,
        "blocked_us": 0.0,
        "in_system": 1.0,
        "mean_in_system": 1.2,
        "in_system_us": 12.0,
        "utilisation": 0.6,
    }


def test_the_warm_up_does_not_count() -> None:
    """From 3 on: one job completes, at 8, and two arrive; the objective counts from 0."""
    (instance, _), schedule = _stream(warmup_us=3)
    found = metrics(instance.with_injection(warmup_us=5), schedule)
    assert (found["latency_us"], found["completed"]) == (6.0, 1.0)
    assert (found["arrived"], found["lost"]) == (1.0, 0.0)
    found = metrics(instance, schedule)
    assert (found["arrived"], found["lost"], found["completed"]) == (2.0, 1.0, 2.0)
    assert found["mean_in_system"] == (1 + 5 + 2) / 7
    assert found["utilisation"] == (1 + 2 + 5) / 14
    assert found["in_system_us"] == 12.0


def test_a_job_is_complete_before_the_horizon_or_not_at_all() -> None:
    """What would end at the horizon is still in the system."""
    (instance, _), schedule = _stream()
    earlier = replace(schedule, end_us=[[4], [10], [-1], [12]])
    assert completion_us(instance, earlier).tolist() == [4, -1, -1, -1]
    batch = tiny([[4, 6]], [], [0, 0, 0, 0])[0]
    assert completion_us(batch, earlier).tolist() == [4, 10, -1, -1]


def test_nothing_complete_has_no_latency() -> None:
    """Before the first job is complete its mean latency is not a number."""
    (instance, _), schedule = _stream()
    early = replace(schedule, now_us=0)
    found = metrics(instance, early)
    assert math.isnan(found["latency_us"])
    assert math.isnan(found["utilisation"])
    assert found["completed"] == 0.0


def test_how_long_the_source_is_blocked() -> None:
    """Due at 0, 3, 7 and 14 with one place: blocked from 3 to 5, 7 to 10 and 14 to 16."""
    case = tiny([[5]], [], [0, 3, 2, 4], mode="blocked", max_jobs=1, horizon_us=16)
    schedule = SocSchedule(
        16, [0, 0, 0], [0, 5, 10], [0, 5, 10], [False] * 3, [[0]] * 3, [[0], [5], [10]],
        [[0], [1], [2]], [[0], [5], [10]], [[5], [10], [16]],
    )  # fmt: skip
    assert metrics(case[0], schedule, case[1])["blocked_us"] == 2 + 3 + 2
    warm = case[0].with_injection(warmup_us=9)
    assert metrics(warm, schedule, case[1])["blocked_us"] == 1 + 2
    assert math.isnan(metrics(case[0], schedule)["blocked_us"])


def test_blocked_with_no_arrival_left() -> None:
    """When the realisation holds no further arrival, nothing more is blocked."""
    case = tiny([[5]], [], [0], mode="blocked", max_jobs=1, horizon_us=16)
    schedule = SocTwin(*case).run(random_policy(0))
    assert metrics(case[0], schedule, case[1])["blocked_us"] == 0.0


def test_energy_by_number_of_active_elements() -> None:
    """One of two elements is active for 8 µs at 3 W, both for 2 µs at 5 W."""
    _, schedule = _stream()
    instance = _powered(BIG)
    found = energy(instance, schedule)
    assert found.active_mj == pytest.approx((8 * 3.0 + 2 * 5.0) * 1e-3)
    assert found.total_mj == found.active_mj
    assert found.leakage_mj == 0.0
    assert found.energy_delay_js == pytest.approx(34e-6 * 10e-6)
    assert not found.is_placeholder


def test_energy_of_clusters() -> None:
    """Each cluster counts its own elements: 6 µs at 3 W and 6 µs at 0.4 W."""
    _, schedule = _stream()
    big = replace(BIG, active_power_w=(3.0,))
    found = energy(_powered(big, SMALL, cluster=(0, 1)), schedule)
    assert found.active_mj == pytest.approx((6 * 3.0 + 6 * 0.4) * 1e-3)


def test_energy_after_the_warm_up() -> None:
    """From 3 on: both until 4, one from 4 to 8, one from 8 to 10; latencies of both jobs."""
    _, schedule = _stream()
    found = energy(_powered(BIG).with_injection(warmup_us=3), schedule)
    assert found.active_mj == pytest.approx((1 * 5.0 + 6 * 3.0) * 1e-3)


def test_power_scales_with_frequency_and_voltage() -> None:
    """At 600 of 2000 MHz and 900 of 1350 mV, power is 0.3 * (2 / 3)²."""
    _, schedule = _stream()
    instance = _powered(BIG)
    slow = energy(instance, schedule, frequency_mhz=[600.0])
    assert slow.active_mj == pytest.approx(34e-3 * 0.3 * 4 / 9)


def test_leakage() -> None:
    """At 42 °C a cluster at 1.35 V leaks 0.0727 W, at 0.9 V two thirds of that."""
    _, schedule = _stream()
    kelvin = 315.15
    watts = 1.35 * (0.002488 * kelvin**2 * math.exp(-2660 / kelvin) + 0.000519)
    assert watts == pytest.approx(0.0727, rel=1e-3)
    instance = _powered(BIG)
    found = energy(instance, schedule, leakage=True)
    assert found.leakage_mj == pytest.approx(watts * 10e-3)
    assert found.total_mj == pytest.approx(found.active_mj + found.leakage_mj)
    slow = energy(instance, schedule, frequency_mhz=[600.0], leakage=True)
    assert slow.leakage_mj == pytest.approx(found.leakage_mj * 2 / 3)


def test_placeholders_are_flagged() -> None:
    """A table without real powers marks the energy."""
    _, schedule = _stream()
    assert energy(_powered(replace(BIG, is_placeholder=True)), schedule).is_placeholder


def test_energy_needs_a_table_with_the_frequency() -> None:
    """A chip without powers, a frequency off the table and a missing cluster are refused."""
    (bare, _), schedule = _stream()
    for instance, frequencies, why in (
        (bare, None, "no operating_points"),
        (_powered(BIG), [1000.0], "choose one of 600, 2000"),
        (_powered(BIG), [600.0, 600.0], "2 entries for 1 clusters"),
    ):
        with pytest.raises(DispatchlabError, match=why):
            energy(instance, schedule, frequency_mhz=frequencies)


@settings(max_examples=100, deadline=None)
@given(soc_cases(), st.integers(0, 99))
def test_figures_agree_with_a_count_at_every_time(case: Case, seed: int) -> None:
    """The integral is the sum over the µs of the jobs in the system; Little's law holds."""
    instance, schedule = case[0], SocTwin(*case).run(random_policy(seed, 0.2))
    completion = completion_us(instance, schedule)
    there = [
        sum(
            int(arrival <= time and (done == -1 or done > time))
            for arrival, done, lost in zip(
                schedule.arrival_us, completion, schedule.lost, strict=True
            )
            if not lost
        )
        for time in range(schedule.now_us)
    ]
    assert in_system_us(instance, schedule) == sum(there)
    found, since = metrics(instance, schedule, case[1]), instance.injection.warmup_us
    if schedule.now_us > since:
        assert found["mean_in_system"] == pytest.approx(sum(there[since:]) / len(there[since:]))
    busy = sum(
        int(start <= time < end)
        for time in range(since, schedule.now_us)
        for start, end in zip(schedule.start_us.flat, schedule.end_us.flat, strict=True)
    )
    if schedule.now_us > since:
        share = busy / (schedule.now_us - since) / instance.chip.num_pes
        assert found["utilisation"] == pytest.approx(share)
    assert found["completed"] == ((completion != -1) & (completion >= since)).sum()

"""Neighbouring rules part where they should: traces of a few tasks, worked out by hand.

Models of the workloads, with deadline, edge, cloud (ms) and utilities on edge and cloud: HV 650,
174, 398, 124, 100; DEV 750, 172, 429, 99, 74; MD 850, 142, 589, 74, 60; BP 900, 244, 542, 38, -3;
CD 1000, 563, 878, 171, 23; DEO 950, 739, 832, 244, 40. Times are the expected ones unless stated.
"""

import pytest

from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.edge.instance import DnnModel
from tests.baselines.edge.traces import only, play

DONE, CALLED = "edge_on_time", "cloud_on_time"
ORDERS = {"fifo": "PQR", "edf": "QRP", "sjf": "RPQ", "hbf": "PRQ", "huf": "QPR", "hpf": "RQP"}


@pytest.mark.parametrize("name", ORDERS)
def test_orders_of_the_edge_queue(name: str) -> None:
    """Six orders of three tasks that wait for the edge.

    Deadlines P 2010, Q 1520, R 1930; times 150, 200, 20; benefits 90, 50, 60; utilities 30, 48, 7;
    per ms 0.2, 0.24, 0.35.
    """
    models = (
        DnnModel("X", 1000, 100, 900, 10.0, 1.0, 5.0),
        DnnModel("P", 2000, 150, 900, 90.0, 60.0, 5.0),
        DnnModel("Q", 1500, 200, 900, 50.0, 2.0, 5.0),
        DnnModel("R", 1900, 20, 900, 60.0, 53.0, 5.0),
    )
    tasks = [only(0, "X"), only(10, "P"), only(20, "Q"), only(30, "R")]
    ends, starts, _ = play(EdgeRule(name), tasks, models)
    assert ends == [DONE] * 4
    assert "".join(sorted("PQR", key=lambda task: starts["XPQR".index(task)])) == ORDERS[name]


def test_what_is_too_late_is_dropped_when_its_turn_comes() -> None:
    """CD runs to 563; HV is due at 660, before 563 + 174, and goes then; MD is in time."""
    ends, starts, ended = play(EdgeRule("edf"), [only(0, "CD"), only(10, "HV"), only(20, "MD")])
    assert ends == [DONE, "expired_edge", DONE]
    assert starts == [0, -1, 563]
    assert ended[1] == 563


def test_deadlines_may_count_from_the_arrival() -> None:
    """MD is due at 860, HV at 950, but HV has the shorter deadline.

    Absolute: MD 563-705, HV 705-879. Relative: HV 563-737, and MD is too late by 737 + 142 > 860.
    """
    tasks = [only(0, "CD"), only(10, "MD"), only(300, "HV")]
    assert play(EdgeRule("edf"), tasks)[1] == [0, 563, 705]
    for rule in (EdgeRule("edf", relative_deadlines=True), EdgeRule("edf", preset="code")):
        ends, starts, _ = play(rule, tasks)
        assert (ends[1], starts) == ("expired_edge", [0, -1, 563])


def test_cloud_only_drops_what_does_not_pay_and_both_places_do_not() -> None:
    """BP costs 3 in the cloud; the edge is idle: HV runs to 174 there, BP to 418."""
    tasks = [only(0, "BP"), only(0, "HV")]
    assert play(EdgeRule("cld"), tasks)[0] == ["dropped_cost", CALLED]
    ends, starts, _ = play(EdgeRule("ec"), tasks)
    assert (ends, starts) == ([DONE, DONE], [174, 0])


def test_migration_sends_what_loses_less() -> None:
    """DEO fits (122 + 739 < 950) and lets CD miss (861 + 563 > 990).

    E+C keeps CD, which expires. DEM compares 171 - 23 = 148 with 244 - 40 = 204: CD is called at
    20 and returns at 898, before 1010.
    """
    tasks = [only(0, "MD"), only(10, "CD"), only(20, "DEO")]
    assert play(EdgeRule("ec"), tasks)[0] == [DONE, "expired_edge", DONE]
    ends, starts, ended = play(EdgeRule("dem"), tasks)
    assert (ends, starts[1], ended[1]) == ([DONE, CALLED, DONE], 20, 898)


def test_migration_keeps_what_loses_more() -> None:
    """DEV fits (214 + 172 < 750), and so does MD behind it (528 < 830), but not CD (1091 > 990).

    CD would lose 148, DEV only 99 - 74 = 25: DEM calls DEV at 30, E+C lets CD expire.
    """
    tasks = [only(0, "BP"), only(10, "MD"), only(20, "CD"), only(30, "DEV")]
    assert play(EdgeRule("ec"), tasks)[0] == [DONE, DONE, "expired_edge", DONE]
    ends, starts, _ = play(EdgeRule("dem"), tasks)
    assert (ends, starts) == ([DONE, DONE, DONE, CALLED], [0, 244, 386, 30])


@pytest.mark.parametrize(("deadline", "ended"), [(199, CALLED), (200, DONE)])
def test_what_just_fits_the_edge(deadline: int, ended: str) -> None:
    """A, 1 ms behind X, is expected to end after 99 + 100 ms: it has to be due later than that."""
    models = (
        DnnModel("X", 1000, 100, 900, 10.0, 1.0, 5.0),
        DnnModel("A", deadline, 100, 50, 10.0, 1.0, 5.0),
    )
    for rule in ("ec", "dem", "sota1", "sota2"):
        assert play(EdgeRule(rule), [only(0, "X", 90), only(1, "A")], models)[0][1] == ended


@pytest.mark.parametrize(("deadline", "ended"), [(298, CALLED), (299, DONE)])
def test_what_just_stays_on_the_edge(deadline: int, ended: str) -> None:
    """N goes before V, which is then expected to end 98 + 100 + 100 ms after time 2.

    It stays if it is due then (at 300); as X takes 90 ms only, it is in time. N loses 54 in the
    cloud, V 4.
    """
    models = (
        DnnModel("X", 1000, 100, 900, 10.0, 1.0, 5.0),
        DnnModel("V", deadline, 100, 50, 10.0, 1.0, 5.0),
        DnnModel("N", 250, 100, 50, 60.0, 1.0, 55.0),
    )
    tasks = [only(0, "X", 90), only(1, "V"), only(2, "N")]
    assert play(EdgeRule("dem"), tasks, models)[0] == [DONE, ended, DONE]


def test_a_spared_first_task_expires() -> None:
    """The released code never tests the first task behind the new one: CD stays, and expires."""
    tasks = [only(0, "MD"), only(10, "CD"), only(20, "DEO")]
    for rule in (EdgeRule("dem", first_spared=True), EdgeRule("dem", preset="code")):
        assert play(rule, tasks)[0] == [DONE, "expired_edge", DONE]


def test_stealing_from_the_cloud() -> None:
    """DEO takes 600 instead of 739; behind it BP seems too late (729 + 244 > 900).

    DEM drops BP; DEMS defers it to 910 - 244 - 10 - 25 = 631, and the edge steals it at 600.
    """
    tasks = [only(0, "DEO", 600), only(10, "BP")]
    assert play(EdgeRule("dem"), tasks)[0] == [DONE, "dropped_cost"]
    ends, starts, _ = play(EdgeRule("dems"), tasks)
    assert (ends, starts) == ([DONE, DONE], [0, 600])


def test_stealing_comes_too_late() -> None:
    """As above, but DEO takes 650: at 631 BP is given up."""
    ends, _, ended = play(EdgeRule("dems"), [only(0, "DEO", 650), only(10, "BP")])
    assert ends[1] in ("dropped_cost", "dropped_time")
    assert ended[1] == 631


@pytest.mark.parametrize(("at", "starts"), [(400, [0, 500, 744]), (170, [0, -1, 500])])
def test_stealing_ahead_of_the_queue(at: int, starts: list[int]) -> None:
    """At 500 the edge is free, with DEV queued and BP deferred.

    DEV of 400 may wait 1150 - 172 - 10 - 500 = 468 ms: BP (244) goes first. DEV of 170 may wait
    920 - 172 - 10 - 500 = 238 ms: it runs at once, and BP is given up at 631.
    """
    tasks = [only(0, "DEO", 500), only(10, "BP"), only(at, "DEV")]
    assert play(EdgeRule("dems"), tasks)[1] == starts


def test_stealing_what_the_cloud_cannot_earn_with_first() -> None:
    """At 50 BP (168 utility per s) and CD (263) wait: BP goes first, CD is called at 107."""
    tasks = [only(0, "DEO", 50), only(10, "BP"), only(20, "CD")]
    assert play(EdgeRule("dems"), tasks)[1] == [0, 50, 107]


@pytest.mark.parametrize(("deadline", "starts"), [(300, [300, 390, 490]), (299, [500, 300, 400])])
def test_stealing_delays_nobody(deadline: int, starts: list[int]) -> None:
    """At 300 H may wait 140 ms, and G be ready 100 + 100 + 100 ms later, if C (100) goes first.

    C takes 90 ms if it is stolen. If G is due 1 ms earlier, H and G go first.
    """
    models = (
        DnnModel("X", 1000, 950, 2000, 10.0, 1.0, 5.0),
        DnnModel("C", 1000, 100, 500, 10.0, 1.0, 15.0),
        DnnModel("H", 250, 100, 500, 10.0, 1.0, 15.0),
        DnnModel("G", deadline, 100, 500, 10.0, 1.0, 15.0),
    )
    took = 90 if deadline == 300 else 100
    tasks = [only(0, "X", 300), only(10, "C", took), only(300, "H"), only(300, "G")]
    ends, found, _ = play(EdgeRule("dems"), tasks, models)
    assert (ends, found) == ([DONE] * 4, [0, *starts])


def test_calls_at_the_last_moment() -> None:
    """HV is due at 660 and expected to take 398: DEM calls at 10, DEMS at 660 - 398 - 10 - 25."""
    tasks = [only(0, "DEO"), only(10, "HV")]
    called = {rule: play(EdgeRule(rule), tasks)[1][1] for rule in ("dem", "dems", "gems")}
    assert called == {"dem": 10, "dems": 227, "gems": 227}
    assert play(EdgeRule("dems", lead_ms=0), tasks)[1][1] == 252
    assert play(EdgeRule("dems", preset="code"), tasks)[1][1] == 202


def test_working_off_the_whole_list() -> None:
    """X takes 300 instead of 950, N1 and N2 are deferred, the edge steals N1 at 300.

    M (due at 600) enters at 350. At 400 it may wait 600 - 100 - 10 - 400 = 90 ms, less than any
    task takes: M 400-500, N2 500-600. With the released quirk N2 goes first, and M is too late.
    """
    models = (
        DnnModel("X", 1000, 950, 2000, 10.0, 1.0, 5.0),
        DnnModel("N", 1000, 100, 500, 10.0, 1.0, 15.0),
        DnnModel("M", 250, 100, 200, 10.0, 1.0, 15.0),
    )
    tasks = [only(0, "X", 300), only(10, "N"), only(20, "N"), only(350, "M")]
    assert play(EdgeRule("dems"), tasks, models)[1] == [0, 300, 500, 400]
    ends, starts, _ = play(EdgeRule("dems", whole_list=True), tasks, models)
    assert (ends[3], starts[:3]) == ("expired_edge", [0, 300, 400])

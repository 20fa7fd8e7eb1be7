"""Gates, adaptation and the two rules of others: traces of a few tasks, worked out by hand.

Models of the workloads, with deadline, edge, cloud (ms) and utilities on edge and cloud: HV 650,
174, 398, 124, 100; DEV 750, 172, 429, 99, 74; MD 850, 142, 589, 74, 60; BP 900, 244, 542, 38, -3;
CD 1000, 563, 878, 171, 23; DEO 950, 739, 832, 244, 40. Times are the expected ones unless stated.
"""

import pytest

from dispatchlab.baselines.edge.rules import EdgeRule
from dispatchlab.envs.edge.instance import DnnModel
from tests.baselines.edge.traces import only, play

DONE, CALLED = "edge_on_time", "cloud_on_time"
# never in time on the edge, and expected to take 400 ms in the cloud
FAR = DnnModel("far", 1000, 2000, 400, benefit=100.0, edge_cost=1.0, cloud_cost=40.0)


@pytest.mark.parametrize(("cloud", "ended"), [(999, CALLED), (1000, "dropped_time")])
@pytest.mark.parametrize("rule", ["cld", "ec", "dem", "dems", "sota1", "sota2"])
def test_calls_that_just_fit(rule: str, cloud: int, ended: str) -> None:
    """Due after 1000 ms: a call of 999 is made, one of 1000 is expected too late."""
    model = DnnModel("slow", 1000, 2000, cloud, benefit=100.0, edge_cost=1.0, cloud_cost=40.0)
    assert play(EdgeRule(rule), [only(0, "slow", None, 900)], (model,))[0] == [ended]


def test_gate_below_the_rate() -> None:
    """The first HV, called at 218, takes 450 and returns at 668, 17 ms late: 0 of 1 in time.

    The second waits behind BP (610-854). DEMS runs it at 854; GEMS calls it at 700, at the first
    decision after 668, and it returns at 1098, before 1290.
    """
    tasks = [
        only(0, "CD"), only(1, "HV", None, 450), only(610, "BP"), only(640, "HV"), only(700, "MD"),
    ]  # fmt: skip
    ends, starts, _ = play(EdgeRule("dems"), tasks)
    assert (ends[1], ends[3], starts[3]) == ("missed_cloud", DONE, 854)
    ends, starts, ended = play(EdgeRule("gems"), tasks)
    assert (ends[1], ends[3], starts[3], ended[3]) == ("missed_cloud", CALLED, 700, 1098)


def test_quirks_of_the_released_gate() -> None:
    """GEMS steals BP at 600 as DEMS does; the released code leaves it, or drops it at once."""
    tasks = [only(0, "DEO", 600), only(10, "BP")]
    assert play(EdgeRule("gems"), tasks)[1] == [0, 600]
    assert play(EdgeRule("gems", loyal_to_queue=True), tasks)[2][1] == 631
    assert play(EdgeRule("gems", drops_costly=True), tasks)[2][1] == 10
    assert play(EdgeRule("dems", preset="code"), tasks)[1] == [0, 600]


def test_adapting_to_slow_calls() -> None:
    """Calls take 600 instead of 400: at 565 of 1000 ms they are late until ten have returned.

    Then the mean is 600: DEMS-A calls the eleventh at 1000 - 600 - 35 = 365.
    """
    tasks = [only(2000 * k, "far", None, 600) for k in range(12)]
    assert play(EdgeRule("dems"), tasks, (FAR,))[0] == ["missed_cloud"] * 12
    ends, starts, _ = play(EdgeRule("dems-a"), tasks, (FAR,))
    assert ends == ["missed_cloud"] * 10 + [CALLED] * 2
    assert starts == [2000 * k + 565 for k in range(10)] + [20365, 22365]


def test_small_differences_change_nothing() -> None:
    """Calls take 410: a mean within 10 ms of what is expected is taken for the same."""
    tasks = [only(2000 * k, "far", None, 410) for k in range(11)]
    assert play(EdgeRule("dems-a"), tasks, (FAR,))[1][10] == 20565
    assert play(EdgeRule("dems-q"), tasks, (FAR,))[1][10] == 20555


def test_cooling_and_probing() -> None:
    """Ten calls of 1200 ms: none can be in time, and the model cools down from 20 000 on.

    The task of 30 000 is still refused (10 s are not over), that of 32 000 probes with 400:
    called at 32 565, back at 32 865. Its 300 ms are taken for ten: the next is called at
    34 000 + 1000 - 300 - 35.
    """
    slow = [only(2000 * k, "far", None, 1200) for k in range(10)]
    fast = [only(2000 * k, "far", None, 300) for k in range(10, 18)]
    ends, starts, ended = play(EdgeRule("dems-a"), slow + fast, (FAR,))
    assert ends[:10] == ["missed_cloud"] * 10
    assert starts[10:16] == [-1] * 6
    assert ended[10:16] == [2000 * k for k in range(10, 16)]
    assert starts[16:] == [32_565, 34_665]
    assert ends[16:] == [CALLED] * 2


def test_success_ends_the_cooling() -> None:
    """As above, but a call of 19 700, made at 20 265, is back in time at 20 565.

    The mean, 1110 ms, still refuses all, so the model cools down anew from 22 000 on: 32 000 is
    too early for a probe, 34 000 is not.
    """
    slow = [only(2000 * k, "far", None, 1200) for k in range(10)]
    fast = [only(at, "far", None, 300) for at in (19_700, *range(20_000, 36_000, 2000))]
    _, starts, _ = play(EdgeRule("dems-a"), slow + fast, (FAR,))
    assert starts[10:] == [20_265] + [-1] * 7 + [34_565]


@pytest.mark.parametrize("slow", [1, 2])
def test_quantile_instead_of_nothing(slow: int) -> None:
    """DEM calls whatever happens. DEM-Q expects the second largest of ten: 600 or 1200 ms."""
    calls = [1200] * slow + [600] * (11 - slow)
    tasks = [only(2000 * k, "far", None, call) for k, call in enumerate(calls)]
    assert play(EdgeRule("dem"), tasks, (FAR,))[1][10] == 20_000
    assert play(EdgeRule("dem-q"), tasks, (FAR,))[1][10] == (20_000 if slow == 1 else -1)


def test_cost_does_not_count_for_sota1() -> None:
    """BP, too late for the edge behind DEO, loses 3 in the cloud: SOTA1 calls, DEM drops."""
    tasks = [only(0, "DEO"), only(10, "BP")]
    assert play(EdgeRule("dem"), tasks)[0][1] == "dropped_cost"
    assert play(EdgeRule("sota1"), tasks)[0][1] == CALLED


@pytest.mark.parametrize(
    ("name", "took", "ended"), [("MD", 15, DONE), ("MD", 25, "expired_edge"), ("HV", 15, "dropped")]
)
def test_patience_of_sota1(name: str, took: int, ended: str) -> None:
    """Due after 100 ms, behind X (25 ms), with 80 ms on the edge and 150 in the cloud.

    25 + 80 fits into 110 only: MD may wait on the edge, HV may not. MD is in time if X takes 15
    (95), and expires when it would start at 25.
    """
    models = (
        DnnModel("X", 100, 25, 500, 10.0, 1.0, 5.0),
        DnnModel(name, 100, 80, 150, 10.0, 1.0, 5.0),
    )
    ends, _, _ = play(EdgeRule("sota1"), [only(0, "X", took), only(0, name)], models)
    assert ends[1].startswith(ended)


def test_sota2_replaces_one_longer_task() -> None:
    """HV goes before BP and CD, and lets only CD miss (112 + 174 + 244 + 563 > 980): CD leaves."""
    tasks = [only(0, "MD"), only(10, "CD"), only(20, "BP"), only(30, "HV")]
    ends, starts, _ = play(EdgeRule("sota2"), tasks)
    assert (ends, starts) == ([DONE, CALLED, DONE, DONE], [0, 30, 316, 142])


def test_sota2_replaces_no_two_tasks() -> None:
    """X overruns: at 200 both P (due at 321 and 322) would miss behind S (50 + 100 > 121): S goes.

    By their scores, DEM would rather push out both P: they lose 1 each, S loses 40.
    """
    models = (
        DnnModel("X", 1000, 100, 900, 10.0, 1.0, 5.0),
        DnnModel("P", 320, 100, 100, 10.0, 1.0, 2.0),
        DnnModel("S", 300, 50, 100, 50.0, 1.0, 41.0),
    )
    tasks = [only(0, "X", 205), only(1, "P"), only(2, "P"), only(200, "S")]
    assert play(EdgeRule("sota2"), tasks, models)[1] == [0, 205, -1, 200]
    assert play(EdgeRule("dem", relative_deadlines=True), tasks, models)[1] == [0, 200, 200, 205]

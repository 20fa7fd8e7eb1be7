"""Edits of job shops, and what scores of them mean."""

import numpy as np
import pytest

from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.jobshop.instance import NO_DUE_DATE, CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.shops import flexible_job_shop, job_shop, project
from dispatchlab.train.levels.edits import Place
from dispatchlab.train.levels.jobshop import make
from dispatchlab.train.levels.jobshop_edits import (
    Shop,
    duplicate_job,
    remove_job,
    scale_job,
    scale_machine,
    swap,
)
from dispatchlab.train.teachers.base import Level

MACHINES = [[0, 1], [1, 0], [0, 1], [1, 0]]
TIMES = [[2, 4], [3, 9], [5, 1], [6, 7]]


def shop_of(encoding: CpEncoding) -> Shop:
    """A shop whose jobs arrive at 0, 10, 20, ..."""
    return Shop(encoding, 10 * np.arange(encoding.num_jobs))


@pytest.fixture
def shop() -> Shop:
    """Four jobs on two machines, with due dates and weights."""
    columns = {"due": [11, 12, 13, 14], "weight": [1, 2, 3, 4]}
    return shop_of(job_shop(MACHINES, TIMES, objective="total_weighted_tardiness", **columns))


def test_scales_a_job(shop: Shop) -> None:
    """Times double, up to the longest of the shop, and halve, down to 1; others stay."""
    longer = scale_job(shop, Place(1, 4), 2.0).encoding
    assert longer.mode_duration.tolist() == [2, 4, 6, 9, 5, 1, 6, 7]
    shorter = scale_job(shop, Place(2, 4), 0.5).encoding
    assert shorter.mode_duration.tolist() == [2, 4, 3, 9, 2, 1, 6, 7]


def test_scales_a_machine(shop: Shop) -> None:
    """Times change on one machine only."""
    changed = scale_machine(shop, Place(1, 2), 2.0).encoding
    assert changed.mode_duration.tolist() == [2, 8, 6, 9, 5, 2, 9, 7]


def test_swaps_operations(shop: Shop) -> None:
    """The two operations of a job change places; its precedence stays."""
    changed = swap(shop, Place(1, 4), Place(0, 1)).encoding
    assert changed.mode_duration.tolist() == [2, 4, 9, 3, 5, 1, 6, 7]
    assert changed.use_resource.tolist() == [0, 1, 0, 1, 0, 1, 1, 0]
    assert changed.arc_to.tolist() == shop.encoding.arc_to.tolist()


def test_removes_a_job(shop: Shop) -> None:
    """The others keep their operations, due dates, weights and arrivals."""
    changed = remove_job(shop, Place(1, 4))
    rest = [0, 2, 3]
    columns = {"due": [11, 13, 14], "weight": [1, 3, 4]}
    assert changed.encoding == job_shop(
        [MACHINES[j] for j in rest], [TIMES[j] for j in rest],
        objective="total_weighted_tardiness", **columns,
    )  # fmt: skip
    assert changed.arrival.tolist() == [0, 20, 30]


def test_three_jobs_remain(shop: Shop) -> None:
    """With fewer jobs there may be nothing to decide."""
    three = remove_job(shop, Place(0, 1))
    assert remove_job(three, Place(0, 1)) is three


def test_duplicates_a_job(shop: Shop) -> None:
    """The copy follows, with the same due date, weight and arrival."""
    changed = duplicate_job(shop, Place(1, 4))
    jobs = [0, 1, 1, 2, 3]
    columns = {"due": [11, 12, 12, 13, 14], "weight": [1, 2, 2, 3, 4]}
    assert changed.encoding == job_shop(
        [MACHINES[j] for j in jobs], [TIMES[j] for j in jobs],
        objective="total_weighted_tardiness", **columns,
    )  # fmt: skip
    assert changed.arrival.tolist() == [0, 10, 10, 20, 30]


def test_alternatives_stay_together() -> None:
    """Jobs of flexible shops are copied and swapped with all their machines."""
    first = [[(0, 3), (1, 4)], [(2, 5)]]
    second = [[(1, 2)], [(0, 6), (2, 7)]]
    shop = shop_of(flexible_job_shop([first, second]))
    assert duplicate_job(shop, Place(1, 2)).encoding == flexible_job_shop([first, second, second])
    swapped = swap(shop, Place(0, 2), Place(0, 1)).encoding
    assert swapped == flexible_job_shop([first[::-1], second])


def test_jobs_that_wait_for_others_stay() -> None:
    """No job of a project goes or is copied if another one depends on it."""
    encoding = project([1, 2, 3, 4], [[1]] * 4, [1], [[1], [2], [3], []], job=[0, 1, 2, 3])
    shop = shop_of(encoding)
    assert remove_job(shop, Place(0, 4)) is shop
    assert duplicate_job(shop, Place(0, 4)) is shop


def test_disturbances_of_edited_shops() -> None:
    """Durations are drawn anew about the edited ones, and jobs arrive when they did."""
    levels = make("random:num_jobs=5,num_machines=3-4,duration_noise=0.3,arrival_load=2")
    plain = Level((1.0,), 7)
    words = [levels.describe(token) for token in range(levels.edit_tokens)]
    edited = plain._replace(edits=(words.index("double the times of job 1 of 8"),))
    (_, before), (encoding, after) = levels.problem(plain), levels.problem(edited)
    assert after.job_arrival.tolist() == before.job_arrival.tolist()
    assert after.job_arrival.any()
    ratio = after.mode_duration / encoding.mode_duration
    assert 0.1 < ratio.std() < 0.6


def test_too_many_jobs_do_not_fit() -> None:
    """An edit beyond the limits of the generator does nothing."""
    levels = make("random:num_jobs=4-5,num_machines=3")
    words = [levels.describe(token) for token in range(levels.edit_tokens)]
    copy = words.index("duplicate job 1 of 8")
    assert [
        levels.problem(Level((0.0,), 1, (copy,) * times))[0].num_jobs for times in range(4)
    ] == [4, 5, 5, 5]


def test_score_is_bound_over_objective() -> None:
    """A shop of one machine has its load as bound; noise and arrivals belong to it."""
    levels = make("random:num_jobs=3,num_machines=1-2")
    encoding = job_shop([[0], [0], [0]], [[2], [3], [5]])
    nominal = Realisation.nominal(encoding)
    assert levels.judge((encoding, nominal), 10.0) == 1.0
    assert levels.judge((encoding, nominal), 12.5) == pytest.approx(0.8)
    none = np.zeros(0, np.int64)
    happens = Realisation(
        np.array([4, 3, 5]), np.array([2, 2, 2]), np.zeros(2, np.int64), none, none
    )
    assert levels.judge((encoding, happens), 28.0) == pytest.approx(0.5)


def test_score_of_tardiness() -> None:
    """No tardiness is as good as it gets; that of a makespan scores a half."""
    levels = make("random:num_jobs=3,num_machines=1-2")
    encoding = job_shop(
        [[0], [0]], [[4], [6]], due=[4, NO_DUE_DATE], objective="total_weighted_tardiness"
    )
    problem = encoding, Realisation.nominal(encoding)
    assert levels.judge(problem, 0.0) == 1.0
    assert levels.judge(problem, 10.0) == pytest.approx(0.5)
    assert levels.regret(problem, 10.0, 0.0) == pytest.approx(10.0)


def test_benchmark_sets() -> None:
    """Benchmark sets have levels too: the index of the instance is their dimension."""
    levels = make("set:ft06+la01,order=cycle")
    assert levels.space.names == ("instance",)
    names = [levels.problem(Level((x,), 0))[0].name for x in (0.0, 1.0, 0.0)]
    assert names == ["ft06", "la01", "ft06"]


def test_bad_generator() -> None:
    """What the generator refuses is refused."""
    with pytest.raises(InvalidInstanceError):
        make("random:num_jobs=0")

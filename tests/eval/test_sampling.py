"""Tests of samples that are ended early: the best one stays what it is."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.envs.jobshop.verify import verify
from dispatchlab.eval.methods.player import Player
from dispatchlab.eval.methods.sampling import Sampling
from tests.eval.helpers import TINY

LATE = job_shop(
    [[(job + step) % 3 for step in range(3)] for job in range(6)],
    [[1 + (2 * job + 3 * step) % 7 for step in range(3)] for job in range(6)],
    due=[6, 7, 8, 9, 10, 11],
    weight=[2, 1, 3, 1, 2, 1],
    objective="total_weighted_tardiness",
    name="late",
)


@pytest.mark.parametrize("encoding", [load_instance("la01"), load_instance("mk01"), LATE])
def test_the_best_sample_stays(policy: Path, encoding: CpEncoding) -> None:
    """Machines to choose from and due dates included; nobody is ended who could have won."""
    pytest.importorskip("torch")
    from dispatchlab.agents import sample

    player = Player("agent", policy)
    whole: Any = sample(player.policy, player.environment((encoding, None), 24), seed=4)
    drawn = Sampling(player, encoding, seed=4)
    for rows in (16, 8):
        drawn.take(rows)
    assert drawn.best is not None
    verify(encoding, None, drawn.best, objective=drawn.objective)
    assert (drawn.best, drawn.objective) == (whole.schedule, whole.objective)
    played_on = np.isfinite(drawn.objectives)
    assert not played_on.all()
    np.testing.assert_array_equal(
        np.array(drawn.objectives)[played_on], whole.objectives[played_on]
    )


def test_a_record_is_to_be_beaten(policy: Path) -> None:
    """Who only reaches it is not named; the optimum of the tiny shop is 7."""
    drawn = Sampling(Player("agent", policy), TINY, record=7.0)
    drawn.take_greedy()
    drawn.take(8)
    assert (drawn.best, drawn.objective, drawn.taken) == (None, 7.0, 8)
    assert np.isinf(drawn.objectives).all()


def test_what_is_too_late_is_lost(policy: Path) -> None:
    """No sample is played to its end after the time; those before it count."""
    late = False
    drawn = Sampling(Player("agent", policy), load_instance("ft06"), expired=lambda: late)
    drawn.take_greedy()
    greedy = drawn.objective
    late = True
    drawn.take(4)
    assert drawn.objective == greedy
    assert np.isinf(drawn.objectives[1:]).all()

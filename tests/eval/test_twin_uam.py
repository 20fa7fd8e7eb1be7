"""The SimPy twin of the air-taxi fleet: days written out by hand, and the checker as its judge."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatchlab.envs.uam.schedule import UamSchedule
from dispatchlab.envs.uam.verify import verify
from dispatchlab.eval.twin import UamTwin
from tests.envs.uam.uam_strategies import Case, random_policy, uam_cases


@settings(max_examples=150, deadline=None)
@given(uam_cases(), st.integers(0, 999), st.sampled_from((0.0, 0.02)), st.sampled_from((0.0, 0.3)))
def test_random_policies_pass_the_checker(
    case: Case, seed: int, stop: float, unnamed: float
) -> None:
    """Whatever is decided, the schedule follows the rules, and is the same when replayed."""
    twin = UamTwin(*case)
    schedule = twin.run(random_policy(seed, stop=stop, unnamed=unnamed))
    profit = twin.profit
    verify(*case, schedule, profit=profit, complete=not stop)
    if schedule.now_s < case[0].horizon_s:
        return
    again = twin.replay(schedule.decisions.tolist())
    assert twin.profit == profit
    for name in UamSchedule.__slots__:
        np.testing.assert_array_equal(getattr(again, name), getattr(schedule, name), name)

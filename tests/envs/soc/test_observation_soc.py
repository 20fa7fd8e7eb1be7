"""Graph observations of the chip, against values worked out from the schedule and the instance."""

import numpy as np
import pytest

from dispatchlab.baselines.soc.rules import Lookahead, SocRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.soc.env import SocEnv, SocVectorEnv
from dispatchlab.envs.soc.instance import Chip, Injection, SocInstance, TaskGraph
from dispatchlab.envs.soc.observation.features import (
    OPTION_FEATURES,
    PE_FEATURES,
    REHEARSED_FEATURES,
    TASK_FEATURES,
)
from dispatchlab.envs.soc.realisation import SocRealisation

OPTION = "task-option-pe"


def column(features: tuple, name: str) -> int:  # type: ignore[type-arg]
    """Index of a feature."""
    return [feature.name for feature in features].index(name)


def fork() -> SocInstance:
    """0 feeds 1 and 2 (volumes 6 and 2) on two PEs; kernel b runs on the second PE only."""
    graph = TaskGraph.build("fork", ["a", "a", "b"], [(0, 1, 6.0), (0, 2, 2.0)])
    chip = Chip(
        "two", ("p", "q"), np.array([0, 1]), ("P", "Q"), ("a", "b"), np.array([[4, 8], [-1, 5]]),
        np.ones((2, 2)),
    )  # fmt: skip
    return SocInstance(
        "fork", chip, (graph,), injection=Injection("batch", max_jobs=1, num_jobs=1,
                                                    horizon_us=None, prefill=False),
    )  # fmt: skip


def unsquash(x: float) -> float:
    """The inverse of the signed log1p."""
    return float(np.sign(x) * np.expm1(abs(x)))


def test_options_after_the_first_task() -> None:
    """With task 0 done on p at 4, task 1 is ready on p at once and on q 6 µs later; 2 on q at 2."""
    env = SocEnv(instance=fork())
    env.reset(seed=0)
    obs, *_ = env.step(0)
    arcs, x = obs[f"edge/{OPTION}"], obs[f"edge_attr/{OPTION}"]
    assert int(obs[f"e/{OPTION}"][0]) == 3
    ends = [(int(a), int(b)) for a, b in arcs[:, :3].T]
    work = 13.0 / 3.0  # fastest times 4, 4 and 5
    times = {
        (task, pe): (
            unsquash(row[column(OPTION_FEATURES, "execution")]) * work,
            unsquash(row[column(OPTION_FEATURES, "data_delay")]) * work,
            unsquash(row[column(OPTION_FEATURES, "finish_delay")]) * work,
            unsquash(row[column(OPTION_FEATURES, "finish_over_best")]) * work,
        )
        for (task, pe), row in zip(ends, x[:3], strict=True)
    }
    expected = {(1, 0): (4, 0, 4, 0), (1, 1): (8, 6, 14, 10), (2, 1): (5, 2, 7, 0)}
    assert set(times) == set(expected)
    for pair, values in expected.items():
        assert times[pair] == pytest.approx(values, abs=1e-4)


def test_candidates_point_at_task_element_and_arc() -> None:
    """Action r * P + p points at the r-th ready task, PE p and their arc; others at nothing."""
    env = SocVectorEnv(4, instance="top-mix")
    obs, _ = env.reset(seed=0)
    for _ in range(40):
        for b in range(4):
            for action in range(env.single_action_space.n):
                task, pe, arc = obs["candidates"][b, action]
                legal = obs["action_mask"][b, action] == 1
                assert legal == (arc >= 0)
                if legal:
                    assert obs[f"edge/{OPTION}"][b, :, arc].tolist() == [task, pe]
                    assert pe == action % 3
                    assert obs["x/task"][b, task, column(TASK_FEATURES, "is_ready")] == 1.0
        obs, *_ = env.step(SocRule("etf").act_batch(env.view()))


def test_ordering_points_at_tasks() -> None:
    """An ordering action has one column, the task."""
    env = SocEnv(instance="top-1", actions="ordering")
    obs, _ = env.reset(seed=0)
    assert obs["candidates"].shape[1] == 1
    ready = np.flatnonzero(obs["action_mask"])
    assert len(ready) == 3  # three jobs at the start, one entry task each
    assert len({int(obs["candidates"][r, 0]) for r in ready}) == 3


def test_expected_ends_not_actual_ones() -> None:
    """Under noise the observation depends on expected durations: factors yet to come are unseen."""
    instance = fork()
    observations = []
    for factor in (0.5, 3.0):
        env = SocEnv(instance=instance)
        real = SocRealisation(np.zeros(1), np.zeros(1), np.array([[1.0, factor, factor]]))
        env.reset(seed=0, options={"problem": (instance, real)})
        env.step(0)
        obs, *_ = env.step(0)  # task 1 on p; task 2 is still to be mapped
        observations.append(obs)
    for key, value in observations[0].items():
        assert np.array_equal(value, observations[1][key]), key


def test_overdue_tasks_are_expected_at_once() -> None:
    """A task that runs longer than expected is expected to end in the next µs."""
    graph = TaskGraph.build("pair", ["a", "a", "a"], [(1, 2, 0.0)])
    instance = SocInstance(
        "pair", fork().chip, (graph,), injection=Injection("batch", max_jobs=1, num_jobs=1,
                                                           horizon_us=None, prefill=False),
    )  # fmt: skip
    env = SocEnv(instance=instance)
    real = SocRealisation(np.zeros(1), np.zeros(1), np.array([[10.0, 1.0, 1.0]]))
    env.reset(seed=0, options={"problem": (instance, real)})
    env.step(0)  # task 0 on p: 40 µs instead of 4
    obs, *_ = env.step(1)  # task 1 on q: 8 µs; then task 2 is ready at 8
    remaining = obs["x/pe"][0, column(PE_FEATURES, "expected_remaining")]
    assert unsquash(remaining) * 4.0 == pytest.approx(1.0, abs=1e-4)


def test_done_tasks_stay_while_their_data_is_needed() -> None:
    """A complete task is a node on its element until its last successor is mapped."""
    env = SocEnv(instance=fork())
    env.reset(seed=0)
    obs, *_ = env.step(0)
    assert int(obs["n/task"][0]) == 3
    assert obs["x/task"][0, column(TASK_FEATURES, "is_done")] == 1.0
    assert obs["edge/task-on-pe"][:, 0].tolist() == [0, 0]


def test_rehearsed_features_are_the_costs_of_lookahead() -> None:
    """What an option costs beyond the best one, as `Lookahead` judges it."""
    env = SocVectorEnv(6, instance="top-mix:noise=gaussian,noise_std=0.3", observation="rehearsed")
    obs, _ = env.reset(seed=1)
    best = len(OPTION_FEATURES) + column(REHEARSED_FEATURES, "rehearsed_over_best")
    judge = Lookahead("etf+etf-sync+peft-rt+heft-rt")
    for _ in range(25):
        costs = judge.costs(env.episodes.dynamics)
        work = env.episodes.dynamics.problem.scales[:, 0]
        for b, action in zip(*np.nonzero(obs["action_mask"]), strict=True):
            arc = obs["candidates"][b, action, 2]
            found = unsquash(obs[f"edge_attr/{OPTION}"][b, arc, best]) * work[b]
            assert found == pytest.approx(costs[b, action] - costs[b].min(), rel=1e-3, abs=1e-3)
        obs, *_ = env.step(SocRule("random").act_batch(env.view()))


def test_rehearsals_leave_the_state_alone() -> None:
    """Two runs with the same actions, one observed by rehearsals, end alike."""
    ends = []
    for observation in ("graph", "rehearsed"):
        env = SocVectorEnv(3, instance="top-1:horizon_us=500", observation=observation)
        env.reset(seed=0)
        for _ in range(60):
            env.step(SocRule("eft").act_batch(env.view()))
        ends.append([env.schedule(b) for b in range(3)])
    assert ends[0] == ends[1]


def test_rehearsals_need_pairs() -> None:
    """Ordering decisions cannot be rehearsed, and the error says what to do."""
    with pytest.raises(DispatchlabError, match="use actions='task-pe' or observation='graph'"):
        SocEnv(instance="top-1", actions="ordering", observation="rehearsed")

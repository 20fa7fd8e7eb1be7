"""Same seed, same episode: scalar, vector and every autoreset mode, bit for bit."""

from typing import Any

import numpy as np
import pytest

from dispatchlab.envs.core.graph_spec import Arrays
from tests.envs.registry.families import Case, every_case, every_id
from tests.envs.registry.play import assert_same, is_over, random_action, random_actions, rollout

SEEDS = (3, 11, 40)


@every_case
def test_seeded_rollouts_are_equal(case: Case) -> None:
    """Two environments with one seed hand out the same, infos included."""
    assert_same(rollout(case.make(), 5), rollout(case.make(), 5))


@every_id
def test_generators_draw_anew(case: Case) -> None:
    """With a generator another seed, and the next episode, is another instance."""
    env = case.make()
    problems = []
    for seed in (1, 2, None):
        env.reset(seed=seed)
        problems.append(env.problem)
    is_random = case.family.draws_anew(case.record)
    assert (problems[0] != problems[1]) == is_random
    assert (problems[1] != problems[2]) == is_random


@every_id
def test_reset_with_a_seed_forgets_the_past(case: Case) -> None:
    """What was played before a seeded reset does not matter."""
    env = case.make()
    rollout(env, 8)
    assert_same(rollout(env, 5), rollout(case.make(), 5))


class _Scalars:
    """Scalar environments, one per row, that start over like the vector environment."""

    def __init__(self, case: Case) -> None:
        self.envs = [case.make() for _ in SEEDS]
        self.last = [env.reset(seed=s) for env, s in zip(self.envs, SEEDS, strict=True)]

    def step(self, row: int, action: int) -> tuple[Arrays, float, bool, dict[str, Any]]:
        observation, reward, done, cut, info = self.envs[row].step(action)
        return observation, reward, done or cut, info


def _row(observations: Arrays, row: int) -> Arrays:
    return {key: value[row] for key, value in observations.items()}


def _assert_final(
    infos: dict[str, Any], row: int, observation: Arrays, info: dict[str, Any]
) -> None:
    """The last observation and info of an episode are handed out with its last step."""
    assert infos["_final_obs"][row]
    assert infos["_final_info"][row]
    assert_same(infos["final_obs"][row], observation)
    for key in ("objective", "lower_bound", "decisions"):
        assert infos["final_info"][key][row] == info[key]
        assert infos["final_info"][f"_{key}"][row]


@every_case
def test_vector_equals_scalar(case: Case) -> None:
    """Rows play what scalar environments with their seeds play, across same-step resets."""
    scalars, vector = _Scalars(case), case.make_vec(len(SEEDS))
    observations, infos = vector.reset(seed=list(SEEDS))
    rng, episodes = np.random.default_rng(0), np.zeros(len(SEEDS), int)
    for row, (observation, info) in enumerate(scalars.last):
        assert_same(_row(observations, row), observation)
        assert_same(infos["action_mask"][row], info["action_mask"])
    while episodes.min() < 2:
        actions = random_actions(vector.action_masks(), rng)
        observations, rewards, done, truncated, infos = vector.step(actions)
        assert not (done & truncated).any()
        assert case.family.truncates or not truncated.any()
        done |= truncated
        for row, action in enumerate(actions.tolist()):
            observation, reward, ended, info = scalars.step(row, action)
            assert (rewards[row], bool(done[row])) == (reward, ended)
            if ended:
                episodes[row] += 1
                _assert_final(infos, row, observation, info)
                observation, info = scalars.envs[row].reset()
            assert_same(_row(observations, row), observation)
            assert_same(infos["action_mask"][row], info["action_mask"])


@every_id
def test_next_step_autoreset(case: Case) -> None:
    """Next-step: the last observation comes first, then the reset in place of an action."""
    scalars, vector = _Scalars(case), case.make_vec(len(SEEDS), autoreset="next-step")
    vector.reset(seed=list(SEEDS))
    rng, stale = np.random.default_rng(1), np.zeros(len(SEEDS), bool)
    episodes = 0
    while episodes < 2 * len(SEEDS):
        actions = random_actions(vector.action_masks(), rng)
        observations, rewards, done, truncated, infos = vector.step(actions)
        done |= truncated
        for row, action in enumerate(actions.tolist()):
            if stale[row]:
                observation, _ = scalars.envs[row].reset()
                reward, ended = 0.0, False
            else:
                observation, reward, ended, info = scalars.step(row, action)
            assert_same(_row(observations, row), observation)
            assert (rewards[row], bool(done[row])) == (reward, ended)
            assert not infos["illegal_action"][row]
            if ended:
                episodes += 1
                _assert_final(infos, row, observation, info)
            stale[row] = ended


@every_id
def test_disabled_autoreset(case: Case) -> None:
    """Disabled: finished rows stay as they are until ``reset_mask`` starts them over."""
    scalars, vector = _Scalars(case), case.make_vec(len(SEEDS), autoreset="disabled")
    vector.reset(seed=list(SEEDS))
    rng, over = np.random.default_rng(2), np.zeros(len(SEEDS), bool)
    last: list[Any] = [None] * len(SEEDS)
    while not over.all():
        actions = random_actions(vector.action_masks(), rng)
        observations, rewards, done, truncated, _ = vector.step(actions)
        done |= truncated
        for row, action in enumerate(actions.tolist()):
            if over[row]:
                assert (rewards[row], bool(done[row])) == (0.0, True)
            else:
                last[row], reward, over[row], _ = scalars.step(row, action)
                assert (rewards[row], done[row]) == (reward, over[row])
            assert_same(_row(observations, row), last[row])
    observations, _ = vector.reset(options={"reset_mask": np.array([False, True, False])})
    last[1], _ = scalars.envs[1].reset()
    for row in range(len(SEEDS)):
        assert_same(_row(observations, row), last[row])


@every_id
@pytest.mark.parametrize("num_envs", [1, 4])
def test_an_integer_seeds_rows_in_turn(case: Case, num_envs: int) -> None:
    """Seed s gives row b the seed s + b."""
    observations, _ = case.make_vec(num_envs).reset(seed=20)
    for row in range(num_envs):
        assert_same(_row(observations, row), case.make().reset(seed=20 + row)[0])


@every_id
def test_rows_do_not_touch_one_another(case: Case) -> None:
    """A row's episode is the same whatever the other rows play."""
    records = []
    for others in (0, 1):
        vector = case.make_vec(2)
        vector.reset(seed=[7, others])
        rng, noise = np.random.default_rng(7), np.random.default_rng(others)
        record, done = [], False
        while not done:
            masks = vector.action_masks()
            actions = np.array([random_action(masks[0], rng), random_action(masks[1], noise)])
            step = vector.step(actions)
            observations, rewards, ended = step[0], step[1], is_over(step)
            record.append((_row(observations, 0), rewards[0], ended[0]))
            done = bool(ended[0])
        records.append(record)
    assert_same(records[0], records[1])

"""Tests of the adapter from native vector environments to stable-baselines3."""

import numpy as np
import numpy.typing as npt
import pytest
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecMonitor

from dispatchlab.agents import as_sb3
from dispatchlab.agents.sb3_env import _row
from dispatchlab.envs.core.errors import DispatchlabError
from tests.agents.helpers import make_policy
from tests.agents.toy_env import StepReturn, ToyVectorEnv


class CutShort(ToyVectorEnv):
    """A toy whose episodes are truncated instead of terminated in odd rows."""

    def step(self, actions: npt.ArrayLike) -> StepReturn:
        """Report the end of odd rows as truncation."""
        obs, rewards, done, _, infos = super().step(actions)
        odd = np.arange(self.num_envs) % 2 == 1
        return obs, rewards, done & ~odd, done & odd, infos


def test_steps_equal_the_native_environment() -> None:
    """Observations and rewards pass through; the end of an episode is reported as sb3 wants it."""
    env, native = as_sb3(CutShort(4)), CutShort(4)
    env.seed(11)
    obs = env.reset()
    expected, _ = native.reset(seed=11)
    returns = np.zeros(4)
    rng = np.random.default_rng(0)
    for step in range(4):
        np.testing.assert_equal(obs, expected)
        actions = np.array([rng.choice(np.flatnonzero(row)) for row in obs["action_mask"]])
        obs, rewards, dones, infos = env.step(actions)
        expected, native_rewards, _, _, details = native.step(actions)
        returns += native_rewards
        assert rewards.dtype == np.float32
        np.testing.assert_array_equal(rewards, native_rewards.astype(np.float32))
        assert dones.all() == (step % 2 == 1)
        if not dones.any():
            assert infos == [{}] * 4
            continue
        for i in range(4):
            np.testing.assert_equal(infos[i]["terminal_observation"], details["final_obs"][i])
            assert infos[i]["TimeLimit.truncated"] == (i % 2 == 1)
            assert infos[i]["objective"] == 2 - returns[i]
            assert infos[i]["episode"]["r"] == returns[i]
            assert infos[i]["episode"]["l"] == 2
        returns[:] = 0


def test_masks_come_from_the_last_observation() -> None:
    """`action_masks` is answered without touching the native environment."""
    env = as_sb3(ToyVectorEnv(3))
    obs = env.reset()
    assert env.has_attr("action_masks")
    masks = np.stack(env.env_method("action_masks"))
    np.testing.assert_array_equal(masks, obs["action_mask"] > 0)
    obs, *_ = env.step(np.zeros(3, int))
    np.testing.assert_array_equal(env.action_masks(), obs["action_mask"] > 0)
    assert len(env.env_method("action_masks", indices=[1])) == 1


def test_seeds_are_used_once() -> None:
    """The same seed gives the same reset, and a reset without one goes on."""
    env = as_sb3(ToyVectorEnv(3))
    env.seed(4)
    first = env.reset()
    env.seed(4)
    env.native.episode[:] = 0
    np.testing.assert_equal(env.reset(), first)
    assert not np.array_equal(env.reset()["x/option"], first["x/option"])


def test_seed_lists_and_options() -> None:
    """Seeds that do not count upwards go on as a list; options agree or differ by task."""
    native = ToyVectorEnv(2)
    env = as_sb3(native)
    env._seeds = [5, 5]
    obs = env.reset()
    np.testing.assert_array_equal(obs["x/option"][0], obs["x/option"][1])
    env.set_options([{"size": 1}, {"size": 2}])
    with pytest.raises(DispatchlabError, match="reset options differ"):
        env.reset()
    for given, expected in (
        ({"size": 1}, {"size": 1}),
        ([{"task": {"jobs": 3}}, {}], {"task": [{"jobs": 3}, None]}),
        (None, None),
    ):
        env.set_options(given)
        env.reset()
        assert native.options == expected


def test_attributes() -> None:
    """Attributes are those of the native environment and are set for all rows at once."""
    env = as_sb3(ToyVectorEnv(3))
    assert env.get_attr("smallest") == [3, 3, 3]
    env.set_attr("smallest", 4)
    assert env.native.smallest == 4
    assert not env.has_attr("nothing")
    with pytest.raises(DispatchlabError, match="without indices"):
        env.set_attr("smallest", 5, indices=0)
    env.reset()
    assert [schedule.is_complete for schedule in env.env_method("schedule")] == [False] * 3


def test_other_autoreset_modes_are_refused() -> None:
    """Without same-step autoreset the terminal observation would be lost."""
    with pytest.raises(DispatchlabError, match="autoreset='same-step'"):
        as_sb3(ToyVectorEnv(2, autoreset="disabled"))


def test_evaluation_reads_the_episode_infos(recwarn: pytest.WarningsRecorder) -> None:
    """The adapter counts as monitored, so `evaluate_policy` does not warn and reads its infos."""
    env = as_sb3(ToyVectorEnv(4))
    assert env.env_is_wrapped(Monitor) == [True] * 4
    assert env.env_is_wrapped(VecMonitor) == [False] * 4  # type: ignore[arg-type]
    policy = make_policy(env.native)
    rewards, lengths = evaluate_policy(policy, env, 12, return_episode_rewards=True)
    assert lengths == [2] * 12
    assert len(rewards) == 12
    assert not [w for w in recwarn if "Monitor" in str(w.message)]


def test_state_dict_continues_an_episode() -> None:
    """A restored adapter repeats the rest of the episodes, returns included."""
    env = as_sb3(ToyVectorEnv(2, decisions=3))
    env.seed(1)
    env.reset()
    env.step(np.zeros(2, int))
    state = env.state_dict()
    actions = [np.ones(2, int), np.full(2, 2)]
    first = [env.step(action) for action in actions]
    env.reset()
    obs = env.load_state_dict(state)
    np.testing.assert_array_equal(env.action_masks(), obs["action_mask"] > 0)
    second = [env.step(action) for action in actions]
    for one, two in zip(first, second, strict=True):
        np.testing.assert_equal(one[:3], two[:3])
    assert first[1][3][0]["episode"]["r"] == second[1][3][0]["episode"]["r"]


def test_nested_infos_are_split_by_row() -> None:
    """Vector infos become one dictionary a row; absent keys are left out."""
    infos = {
        "gap": np.array([0.1, 0.2]),
        "_gap": np.array([True, False]),
        "reward_terms": {"late": np.array([1, 2])},
    }
    assert _row(infos, 0) == {"gap": 0.1, "reward_terms": {"late": 1}}
    assert _row(infos, 1) == {"reward_terms": {"late": 2}}
    assert _row(np.array([{"a": 1}, None], object), 0) == {"a": 1}

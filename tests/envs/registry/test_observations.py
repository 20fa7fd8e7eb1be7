"""Spaces never change, arrays are fresh and finite, and episodes can be drawn."""

import gymnasium as gym
import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import Arrays, GraphSpec
from dispatchlab.envs.core.vector_env import SchedulingVectorEnv
from tests.envs.registry.families import Case, every_case, every_id, every_option
from tests.envs.registry.play import is_over, random_action, random_actions


@every_option("observation")
def test_observations_stay_in_a_constant_space(case: Case) -> None:
    """Over episodes of different sizes the space is the same object and contains everything."""
    env, rng = case.make(), np.random.default_rng(0)
    spaces = env.observation_space, env.action_space
    shown = str(spaces)
    for episode in range(2):
        observation, info = env.reset(seed=episode)
        done = False
        while not done:
            assert env.observation_space.contains(observation)
            step = env.step(random_action(info["action_mask"], rng))
            observation, done, info = step[0], is_over(step), step[4]
        assert env.observation_space.contains(observation)
    assert (env.observation_space, env.action_space) == spaces
    assert str((env.observation_space, env.action_space)) == shown


@every_option("observation")
def test_padding_is_zero_and_candidates_exist(case: Case) -> None:
    """Rows beyond the counts are zero; legal actions point at nodes and arcs that are there."""
    vector, rng = case.make_vec(3), np.random.default_rng(0)
    observations, _ = vector.reset(seed=5)
    for _ in range(30):
        _assert_padding(vector.graph_spec, observations)
        _assert_candidates(vector, observations)
        step = vector.step(random_actions(vector.action_masks(), rng))
        observations = step[0]


def _assert_padding(spec: GraphSpec, observations: Arrays) -> None:
    for node in spec.nodes:
        table, count = observations[f"x/{node.name}"], observations[f"n/{node.name}"][:, 0]
        hidden = np.arange(node.max_count) >= count[:, None]
        assert not table[hidden].any()
        assert np.isfinite(table).all()
    for edge in spec.edges:
        count = observations[f"e/{edge.key}"][:, 0]
        hidden = np.arange(edge.max_count) >= count[:, None]
        assert not observations[f"edge/{edge.key}"].swapaxes(1, 2)[hidden].any()
        if edge.features:
            assert not observations[f"edge_attr/{edge.key}"][hidden].any()
            assert np.isfinite(observations[f"edge_attr/{edge.key}"]).all()
    assert np.isfinite(observations["globals"]).all()


def _assert_candidates(vector: SchedulingVectorEnv, observations: Arrays) -> None:
    """Only an action that points at no node and no arc, such as a wait, may be legal without."""
    for column, name in enumerate(vector.graph_spec.candidate_types):
        index = observations["candidates"][:, :, column]
        counted = f"n/{name}" if f"n/{name}" in observations else f"e/{name}"
        assert (index < observations[counted]).all()
    pointless = (observations["candidates"] < 0).all(axis=2)
    wait = getattr(vector.episodes.dynamics, "wait_action", None)
    legal = observations["action_mask"] == 1
    if wait is not None:
        pointed = observations["candidates"][legal[:, wait], wait]
        assert (pointed == pointed[:1]).all(), "a wait points at nothing, or at the node of waits"
        legal[:, wait] = False
    assert not (legal & pointless).any()


@every_case
def test_arrays_are_fresh(case: Case) -> None:
    """Nothing handed out is changed by later steps or shared with what was handed out before."""
    env, rng = case.make(), np.random.default_rng(0)
    handed = [env.reset(seed=1)[0]]
    for _ in range(3):
        if not env.action_masks().any():
            break
        handed.append(env.step(random_action(env.action_masks(), rng))[0])
    for later, observation in enumerate(handed):
        for earlier in handed[:later]:
            for key in observation:
                assert not np.shares_memory(observation[key], earlier[key])
    masks = env.action_masks()
    env.action_masks()[:] = False
    assert np.array_equal(env.action_masks(), masks)


@every_id
def test_vector_arrays_are_fresh(case: Case) -> None:
    """Observations, masks and infos of the vector environment own their memory."""
    vector, rng = case.make_vec(2), np.random.default_rng(0)
    first, infos = vector.reset(seed=1)
    copies = {key: value.copy() for key, value in first.items()}
    masks = infos["action_mask"].copy()
    second = vector.step(random_actions(vector.action_masks(), rng))[0]
    for key, value in first.items():
        assert np.array_equal(value, copies[key])
        assert not np.shares_memory(value, second[key])
    assert np.array_equal(infos["action_mask"], masks)


@every_id
@pytest.mark.parametrize("mode", [None, "ansi", "rgb_array"])
def test_render_modes(case: Case, mode: str | None) -> None:
    """Text, an image, or nothing but a warning; at the beginning, on the way and at the end."""
    env, rng = case.make(render_mode=mode), np.random.default_rng(0)
    assert env.render_mode == mode
    _, info = env.reset(seed=0)
    for _ in range(2):
        if mode is None:
            with pytest.warns(UserWarning, match="render_mode"):
                assert env.render() is None
        elif mode == "ansi":
            assert isinstance(env.render(), str)
        else:
            image = env.render()
            assert (image.dtype, image.ndim, image.shape[2]) == (np.uint8, 3, 3)
        while env.action_masks().any():
            _, _, _, _, info = env.step(random_action(info["action_mask"], rng))


@every_id
@pytest.mark.filterwarnings("ignore:.*not in the possible render_modes")
def test_wrong_arguments_are_named(case: Case) -> None:
    """Unknown words are refused with the value and the choices."""
    wrong = ["render_mode", "reward_scale", "on_invalid", *case.family.options]
    for name in wrong:
        with pytest.raises(ValueError, match=r"'nonsense'.*choose"):
            case.make(**{name: "nonsense"})
    with pytest.raises(DispatchlabError, match="'nonsense'"):
        case.make_vec(2, autoreset="nonsense")
    with pytest.raises(DispatchlabError, match="num_envs is 0"):
        case.make_vec(0)


@every_id
def test_step_before_reset(case: Case) -> None:
    """Stepping before the first reset says what to do."""
    with pytest.raises((DispatchlabError, gym.error.ResetNeeded), match="reset"):
        case.make().step(0)
    with pytest.raises(DispatchlabError, match="reset"):
        case.make_vec(2).step(np.zeros(2, np.int64))


@every_id
def test_reset_with_a_problem(case: Case) -> None:
    """``options["problem"]`` is played instead of a draw, in both faces."""
    env = case.make()
    first, _ = env.reset(seed=1)
    problem = (env.problem, env.realisation)
    env.reset(seed=2)
    again, _ = env.reset(options={"problem": problem})
    vector = case.make_vec(2)
    rows, _ = vector.reset(options={"problem": problem})
    for key, value in first.items():
        assert np.array_equal(again[key], value)
        assert np.array_equal(rows[key], np.stack([value, value]))
    assert env.problem is problem[0]

"""What only the environments of the job-shop family do: sources of problems, tasks, limits."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.jobshop.dynamics import Dynamics
from dispatchlab.envs.jobshop.env import CPSchedulingEnv, CPSchedulingVectorEnv
from dispatchlab.envs.jobshop.formats import write_instance
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import load_instance
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.reward import sparse
from dispatchlab.envs.jobshop.shops import job_shop
from dispatchlab.envs.jobshop.verify import verify
from tests.envs.jobshop.leaves import make_dynamics


def _shop(jobs: int, machines: int, seed: int = 0) -> CpEncoding:
    rng = np.random.default_rng(seed)
    rows = [rng.permutation(machines).tolist() for _ in range(jobs)]
    return job_shop(rows, rng.integers(1, 20, (jobs, machines)).tolist())


def _finish(env: CPSchedulingEnv, seed: int = 0) -> Mapping[str, Any]:
    """Play legal actions at random; the last info."""
    rng, done, info = np.random.default_rng(seed), False, {}
    while not done:
        action = rng.choice(np.flatnonzero(env.action_masks()))
        _, _, done, _, info = env.step(int(action))
    return info


def test_an_instance_by_name_path_or_object(tmp_path: Path) -> None:
    """All three play the same."""
    encoding = load_instance("ft06")
    write_instance(encoding, tmp_path / "own.json")
    for instance in ("ft06", encoding, tmp_path / "own.json", str(tmp_path / "own.json")):
        env = CPSchedulingEnv(instance=instance)
        env.reset(seed=0)
        assert env.problem == encoding
        assert _finish(env)["lower_bound"] == 52  # the busiest machine with its head and tail


def test_ft06_played_by_hand() -> None:
    """First in, first out under non-delay: known starts of the first machine's queue."""
    env = CPSchedulingEnv(job_shop([[0, 1], [0, 1]], [[3, 2], [4, 1]]))
    observation, info = env.reset()
    assert info["action_mask"].tolist() == [1, 1]
    assert info["lower_bound"] == 8
    observation, reward, done, truncated, info = env.step(0)
    assert (reward, done, truncated) == (-8.0, True, False)
    assert env.schedule().start.tolist() == [0, 3, 3, 7]
    assert not observation["action_mask"].any()
    assert info["reward_terms"] == {"makespan": -8.0}


def test_one_source_of_problems() -> None:
    """An instance and a generator contradict each other."""
    with pytest.raises(DispatchlabError, match=r"instance='ft06' and generator=.*keep one"):
        CPSchedulingEnv(instance="ft06", generator="taillard:15x15")
    with pytest.raises(DispatchlabError, match="takes neither render_mode='ansi'"):
        CPSchedulingVectorEnv(2, render_mode="ansi")


def test_a_task_chooses_the_instance() -> None:
    """Tasks reach the generator: one for all rows, or one for each."""
    spec = "random:num_jobs=3-6,num_machines=2-3"
    env = CPSchedulingEnv(generator=spec)
    env.reset(seed=0, options={"task": {"num_jobs": 5, "num_machines": 2}})
    assert (env.problem.num_jobs, env.problem.num_resources) == (5, 2)
    vector = CPSchedulingVectorEnv(3, generator=spec)
    vector.reset(seed=0, options={"task": {"num_jobs": 4}})
    assert [problem.num_jobs for problem in vector.problems] == [4, 4, 4]
    vector.reset(options={"task": [{"num_jobs": 3}, {"num_jobs": 6}, {}]})
    assert [problem.num_jobs for problem in vector.problems][:2] == [3, 6]
    with pytest.raises(DispatchlabError, match="num_jobs"):
        env.reset(options={"task": {"num_jobs": 7}})


def test_a_problem_that_does_not_fit_is_refused() -> None:
    """Spaces cannot grow; the message names what is too large."""
    env = CPSchedulingEnv(instance="ft06")
    with pytest.raises(InvalidInstanceError, match=r"100 activities, but .* at most 36"):
        env.reset(options={"problem": (_shop(10, 10), None)})


def test_a_smaller_problem_fits() -> None:
    """Padding takes up the difference, in every row."""
    vector = CPSchedulingVectorEnv(2, instance="ft06", stop_at="every")
    small = _shop(3, 4)
    observations, _ = vector.reset(options={"problem": (small, None)})
    assert observations["n/option"].ravel().tolist() == [3, 3]
    assert vector.problems == [small, small]


@pytest.mark.parametrize("source", [{"instance": "ft06"}, {"generator": "taillard:6x6"}])
def test_a_given_problem_is_played_to_its_end(source: dict[str, str]) -> None:
    """Rows that finish first and draw anew do not disturb those that still play it."""
    vector = CPSchedulingVectorEnv(4, **source)
    problem, rng = _shop(6, 6, seed=3), np.random.default_rng(0)
    vector.reset(seed=0, options={"problem": (problem, None)})
    twins = [CPSchedulingEnv(**source) for _ in range(4)]
    for twin in twins:
        twin.reset(options={"problem": (problem, None)})
    over = np.zeros(4, bool)
    while not over.all():
        masks = vector.action_masks()
        actions = np.array([rng.choice(np.flatnonzero(mask)) for mask in masks])
        _, rewards, done, _, infos = vector.step(actions)
        for row in np.flatnonzero(~over):
            _, reward, ended, _, info = twins[row].step(int(actions[row]))
            assert (rewards[row], done[row]) == (reward, ended)
            if ended:
                assert infos["final_info"]["objective"][row] == info["objective"]
        over |= done


def test_a_cycle_of_instances_is_resumed() -> None:
    """The turn of a cycling generator is part of the state."""
    vector = CPSchedulingVectorEnv(2, generator="set:ft06+la01+la02,order=cycle")
    vector.reset(seed=0)
    assert [problem.name for problem in vector.problems] == ["ft06", "la01"]
    saved = pickle.loads(pickle.dumps(vector.state_dict()))
    fresh = CPSchedulingVectorEnv(2, generator="set:ft06+la01+la02,order=cycle")
    fresh.load_state_dict(saved)
    fresh.reset()
    assert [problem.name for problem in fresh.problems] == ["la02", "ft06"]


@pytest.mark.parametrize("semantics", ["append", "active"])
def test_random_realisations_need_the_order_of_time(semantics: str) -> None:
    """Deciding out of the order of time would know the future, and says so."""
    env = CPSchedulingEnv(generator="random:num_jobs=3,duration_noise=0.3", semantics=semantics)
    with pytest.raises(InvalidInstanceError, match="'non-delay' or 'non-delay-wait'"):
        env.reset(seed=0)


@pytest.mark.parametrize("semantics", ["append", "non-delay", "active", "non-delay-wait"])
@pytest.mark.parametrize("stop_at", ["choices", "every"])
@pytest.mark.parametrize("instance", ["ft06", "mk01", "demo-rcpsp"])
def test_every_semantics_plays_every_shop(instance: str, stop_at: str, semantics: str) -> None:
    """A random episode ends, verifies, and asks only where there is something to choose."""
    env = CPSchedulingEnv(instance=instance, semantics=semantics, stop_at=stop_at)
    _, info = env.reset(seed=0)
    assert info["action_mask"].sum() >= (2 if stop_at == "choices" else 1)
    info = _finish(env)
    verify(env.problem, env.realisation, env.schedule(), objective=info["objective"])
    if stop_at == "every" and semantics != "non-delay-wait":
        assert info["decisions"] == env.problem.num_activities


def test_an_episode_without_any_choice_is_over_at_reset() -> None:
    """One job alone: everything is forced, and the vector environment says so too."""
    env = CPSchedulingEnv(job_shop([[0, 1]], [[3, 2]]))
    _, info = env.reset()
    assert env.schedule().is_complete
    assert info["objective"] == 5
    _, reward, done, *_ = env.step(0)
    assert (reward, done) == (-5.0, True)


def test_own_parts_are_taken_as_they_are() -> None:
    """Reward and observation may be objects instead of words."""
    env = CPSchedulingEnv("ft06", reward=sparse)
    env.reset(seed=0)
    rewards, done = [], False
    while not done:
        _, reward, done, _, info = env.step(int(np.flatnonzero(env.action_masks())[0]))
        rewards.append(reward)
    assert rewards[-1] == -info["objective"]
    assert not any(rewards[:-1])


def test_step_after_the_end_pays_nothing() -> None:
    """Gymnasium leaves this undefined; here nothing happens."""
    env = CPSchedulingEnv("ft06")
    env.reset(seed=0)
    objective = _finish(env)["objective"]
    _, reward, done, _, info = env.step(0)
    assert (reward, done, info["objective"]) == (0.0, True, objective)


def test_views_follow_the_environment() -> None:
    """A view is a picture of its decision, in both faces."""
    env = CPSchedulingEnv("ft06")
    env.reset(seed=0)
    view = env.view()
    legal, durations = view.legal.copy(), view.column("duration").copy()
    assert (durations[0][legal[0]] > 0).all()
    assert not durations[0][~legal[0]].any()
    env.step(int(np.flatnonzero(legal[0])[0]))
    assert np.array_equal(view.legal, legal)
    assert view.wait_action is None
    assert not view.has_alternatives
    vector = CPSchedulingVectorEnv(2, instance="mk01", semantics="non-delay-wait")
    vector.reset(seed=0)
    assert vector.view().has_alternatives
    assert vector.view().wait_action == vector.single_action_space.n - 1


def test_wrappers_and_standard_tools_work() -> None:
    """Statistics, time limits and Gymnasium's own vectorisation over the scalar environment."""
    env = gym.make("dispatchlab/JobShop-v0", max_episode_steps=3)
    env = gym.wrappers.RecordEpisodeStatistics(env)
    _, info = env.reset(seed=0)
    for _ in range(3):
        action = int(np.flatnonzero(info["action_mask"])[0])
        _, _, terminated, truncated, info = env.step(action)
    assert (terminated, truncated) == (False, True)
    assert info["episode"]["l"] == 3
    plain = gym.make_vec("dispatchlab/JobShop-v0", num_envs=2, vectorization_mode="sync")
    native = gym.make_vec("dispatchlab/JobShop-v0", num_envs=2)
    for key, value in plain.reset(seed=0)[0].items():
        assert np.array_equal(value, native.reset(seed=0)[0][key])


def test_many_rows_may_read_one_slot() -> None:
    """Best-of-k keeps one problem for k rows."""
    encoding = load_instance("ft06")
    dynamics = make_dynamics(encoding, "non-delay", batch=5)
    assert dynamics.problem.counts.shape[0] == 1
    rng = np.random.default_rng(0)
    while not dynamics.done().all():
        legal = dynamics.legal()
        dynamics.step((rng.random(legal.shape) * legal).argmax(axis=1))
    for row in range(5):
        verify(encoding, None, dynamics.schedule(row), objective=dynamics.objective()[row])


def test_unknown_words_of_the_dynamics() -> None:
    """Semantics and stops are checked where they are used."""
    limits = make_dynamics(load_instance("ft06"), "append").limits
    with pytest.raises(ValueError, match="Unknown semantics 'eager'; choose one of"):
        Dynamics(1, limits, semantics="eager")
    with pytest.raises(ValueError, match="Unknown stop_at 'never'; choose"):
        Dynamics(1, limits, stop_at="never")


def test_reading_a_row_before_its_problem() -> None:
    """A row without a problem says what to call."""
    limits = make_dynamics(load_instance("ft06"), "append").limits
    with pytest.raises(RuntimeError, match=r"call load\(\) and reset\(\) first"):
        Dynamics(1, limits).encoding(0)


def test_a_realisation_of_other_sizes_is_refused() -> None:
    """It must come from the same instance."""
    env = CPSchedulingEnv(instance="ft06")
    other = Realisation.nominal(_shop(2, 2))
    with pytest.raises(InvalidInstanceError, match="draw it from the same generator"):
        env.reset(options={"problem": (load_instance("ft06"), other)})

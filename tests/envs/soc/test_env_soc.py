"""The faces of the SoC family: rewards, episode ends, options and errors."""

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import dispatchlab
from dispatchlab.baselines.soc.rules import SocRule
from dispatchlab.envs.core.errors import (
    DispatchlabError,
    IllegalActionError,
    InvalidInstanceError,
)
from dispatchlab.envs.soc.dynamics.layout import COMPLETED
from dispatchlab.envs.soc.env import SocEnv, SocVectorEnv
from dispatchlab.envs.soc.library import load_instance, single_job
from dispatchlab.envs.soc.metrics import metrics
from dispatchlab.envs.soc.realisation import draw
from dispatchlab.envs.soc.verify import verify


def play(env: SocEnv, rule: str = "etf") -> tuple[float, bool, bool]:
    """Play an episode; return, terminated, truncated."""
    total, over, agent = 0.0, False, SocRule(rule)
    terminated = truncated = False
    while not over:
        _, reward, terminated, truncated, _ = env.step(agent.act(env.view()))
        total, over = total + reward, terminated or truncated
    return total, terminated, truncated


def test_rewards_sum_to_the_objective() -> None:
    """The return is minus the integral of the jobs in the system, exactly."""
    env = SocEnv(instance="top-mix")
    env.reset(seed=4)
    total, terminated, truncated = play(env)
    assert (terminated, truncated) == (False, True)
    schedule = env.schedule()
    verify(env.problem, env.realisation, schedule, objective=-total)
    assert metrics(env.problem, schedule)["in_system_us"] == -total


def test_bonus_rewards_sum_to_objective_and_jobs() -> None:
    """With the bonus the return is the objective less 3 mean fastest paths per completed job."""
    env = SocEnv(instance="top-1", reward="job-time-per-job")
    env.reset(seed=4)
    total, *_ = play(env)
    dynamics = env.episodes.dynamics
    bonus = 3.0 * dynamics.reward_scale()[0] * dynamics.state.row[0, COMPLETED]
    assert total == pytest.approx(bonus - dynamics.objective()[0])


def test_littles_law() -> None:
    """Mean jobs in the system = throughput x mean latency, up to the jobs left at the end."""
    env = SocEnv(instance="top-1:horizon_us=50000")
    env.reset(seed=0)
    total, *_ = play(env)
    terms = env.episodes.dynamics.reward_terms(0)
    assert -total == pytest.approx(terms["latency_us"] * terms["completed"], rel=0.01)


def test_batches_terminate() -> None:
    """A job on the idle chip ends the episode when it is complete, not at a horizon."""
    env = SocEnv(instance=single_job("Top_1"))
    env.reset(seed=0)
    total, terminated, truncated = play(env)
    assert (terminated, truncated, total) == (True, False, -80.0)


def test_scalar_equals_vector() -> None:
    """Row b of the vector environment plays what a scalar environment with its seed plays."""
    vector = SocVectorEnv(3, instance="top-mix:horizon_us=600", autoreset="disabled")
    vector.reset(seed=11)
    rule = SocRule("etf")
    while not vector.episodes.dynamics.done().all():
        vector.step(rule.act_batch(vector.view()))
    for row in range(3):
        env = SocEnv(instance="top-mix:horizon_us=600")
        env.reset(seed=11 + row)
        play(env)
        assert env.schedule() == vector.schedule(row)


def test_waiting_maps_nothing_until_something_happens() -> None:
    """After a wait the same tasks are ready at the next event; nothing can wait for nothing."""
    env = SocEnv(instance="top-1", wait=True)
    _, info = env.reset(seed=0)
    wait = int(env.action_space.n) - 1
    assert info["action_mask"][wait] == 0  # nothing is under way yet
    env.step(0)
    before = env.action_masks().copy()
    now = env.view().now[0]
    _, _, _, _, info = env.step(wait)
    assert env.view().now[0] > now
    assert (env.action_masks()[:wait] >= before[:wait]).all()


def test_late_mapping_delays_the_data() -> None:
    """A task mapped w µs after it was ready gets its data w µs later: the checker agrees."""
    env = SocEnv(instance="top-mix:horizon_us=1500", wait=True)
    env.reset(seed=2)
    rng, over = np.random.default_rng(0), False
    while not over:
        mask = env.action_masks()
        action = rng.choice(np.flatnonzero(mask))
        _, _, terminated, truncated, _ = env.step(action)
        over = terminated or truncated
    verify(env.problem, env.realisation, env.schedule(), check_eager=True)


def test_hidden_ready_tasks_follow_at_the_same_time() -> None:
    """With one visible task, first come first served: EFT plays as with all of them visible."""
    schedules = []
    for max_ready in (1, None):
        env = SocEnv(instance="top-mix:horizon_us=800", max_ready=max_ready)
        env.reset(seed=0)
        play(env, "eft")
        schedules.append(env.schedule())
    assert schedules[0] == schedules[1]


def test_ordering_maps_to_the_earliest_finish() -> None:
    """First come first served ordering is the rule EFT with synchronised availability."""
    ordering = SocEnv(instance="top-mix:horizon_us=800", actions="ordering")
    ordering.reset(seed=0)
    over = False
    while not over:
        _, _, terminated, truncated, _ = ordering.step(0)
        over = terminated or truncated
    pairs = SocEnv(instance="top-mix:horizon_us=800")
    pairs.reset(seed=0)
    play(pairs, "eft-sync")
    assert ordering.schedule() == pairs.schedule()


def test_common_random_numbers() -> None:
    """Arrivals and factors of a seed do not depend on the policy; arrivals not on the noise."""
    instance = load_instance("top-mix")
    first, second = SocEnv(instance=instance), SocEnv(instance=instance.with_noise("gaussian", 0.5))
    first.reset(seed=9)
    second.reset(seed=9)
    assert np.array_equal(first.realisation.gap_us, second.realisation.gap_us)
    assert np.array_equal(first.realisation.graph, second.realisation.graph)


def test_illegal_actions() -> None:
    """The lowest legal action is played instead, or an error names the action."""
    env = SocEnv(instance="top-1")
    env.reset(seed=0)
    last = int(env.action_space.n) - 1
    *_, info = env.step(last)
    assert info["illegal_action"]
    strict = SocEnv(instance="top-1", on_invalid="raise")
    strict.reset(seed=0)
    with pytest.raises(IllegalActionError, match=f"Action {last} is illegal"):
        strict.step(last)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"instance": "top-1", "generator": "top-1"}, "keep one"),
        ({"actions": "plan"}, "Unknown actions 'plan'"),
        ({"actions": "ordering", "wait": True}, "use actions='task-pe'"),
        ({"max_ready": 0}, "max_ready is 0; give a whole number"),
        ({"max_ready": "3"}, "max_ready is '3'; give a whole number"),
        ({"max_ready": 2.5}, "max_ready is 2.5; give a whole number"),
        ({"wait": "yes"}, "wait is 'yes'; give True or False"),
        ({"instance": 3}, "The instance is a int"),
        ({"generator": 3}, "The generator is a int"),
        ({"observation": "pixels"}, "Unknown observation 'pixels'"),
        ({"reward": "points"}, "Unknown reward 'points'"),
        ({"instance": "top-11"}, "top-11"),
    ],
)
def test_bad_arguments(kwargs: dict[str, object], message: str) -> None:
    """One sentence names the value."""
    with pytest.raises(DispatchlabError, match=message):
        SocEnv(**kwargs)  # type: ignore[arg-type]


def test_registered() -> None:
    """The ids make environments, and the vector face is native."""
    assert dispatchlab.__version__
    env = gym.make("dispatchlab/SoC-WiFi-v0")
    assert isinstance(env.unwrapped, SocEnv)
    vector = gym.make_vec("dispatchlab/SoC-TopMix-v0", num_envs=2)
    assert isinstance(vector, SocVectorEnv)


@pytest.mark.parametrize(
    ("id", "generator", "default"),
    [("SoC", "preset:instances=top-2", "top-1"), ("JobShop", "taillard:3x3", "ft06")],
)
def test_the_plain_ids_take_generators(id: str, generator: str, default: str) -> None:
    """The ids of the families have a default instance that does not stand in the way."""
    plain: Any = gym.make(f"dispatchlab/{id}-v0").unwrapped
    plain.reset(seed=0)
    assert plain.problem.name == default
    drawn: Any = gym.make(f"dispatchlab/{id}-v0", generator=generator).unwrapped
    drawn.reset(seed=0)
    assert drawn.problem.name != default


def test_realisations_of_other_instances_are_refused() -> None:
    """Too few factors and unknown job types are named, and nothing is played."""
    wifi, top, mix = (load_instance(name) for name in ("wifi-tx80", "top-1", "top-mix"))
    env = SocEnv(instance=wifi)
    with pytest.raises(InvalidInstanceError, match="at most 34 tasks a job"):
        env.reset(options={"problem": (wifi, draw(np.random.default_rng(0), top))})
    single = SocEnv(instance=top)
    with pytest.raises(InvalidInstanceError, match="job types 0 to 9, but top-1 has 1"):
        single.reset(options={"problem": (top, draw(np.random.default_rng(0), mix))})

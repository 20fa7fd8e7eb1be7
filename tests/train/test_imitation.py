"""Tests of imitation on the toy of the agents' tests."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from dispatchlab.agents import GraphActorCriticPolicy
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.decision_buffer import DecisionBuffer, soft_targets
from dispatchlab.train.imitation import ImitationConfig, ImitationProgress, imitate
from tests.agents.helpers import make_policy, to_tensors
from tests.agents.toy_env import StepReturn, ToyVectorEnv

Priced = tuple[np.ndarray, np.ndarray]
SHORT = ImitationConfig(
    rounds=6, n_steps=8, updates=30, batch_size=64, beta_rounds=3, learning_rate=3e-3, seed=4,
    temperature=0.05,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Seed torch, and keep tiny matrices off the thread pool."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


class Recorder(ToyVectorEnv):
    """A toy that remembers what was played."""

    def step(self, actions: npt.ArrayLike) -> StepReturn:
        """Remember, then step."""
        self.played = [*getattr(self, "played", []), np.array(actions)]
        return super().step(actions)


def price(env: ToyVectorEnv) -> Priced:
    """Costs and actions of the toy's solution: what an option's value lacks to 1."""
    costs = np.full((env.num_envs, env.graph_spec.num_actions), np.inf)
    for b in range(env.num_envs):
        n, values, legal, told = env._draw(b)
        costs[b, :n] = np.where(legal, 1.0 + told - values, np.inf)
        if env.wait:
            costs[b, -1] = 0.0 if told else 1.0
    return costs, costs.argmin(1)


def cloned(
    config: ImitationConfig, **kwargs: Any
) -> tuple[GraphActorCriticPolicy, list[ImitationProgress]]:
    """A policy after imitation on small toys, and its progress."""
    torch.manual_seed(0)
    env = ToyVectorEnv(32, wait=True, **kwargs)
    policy, progress = make_policy(env, hidden=32, num_layers=1), []
    imitate(policy, env, price, config, progress.append)
    return policy, progress


def score(policy: GraphActorCriticPolicy, env: ToyVectorEnv) -> float:
    """Share of right decisions in one episode of each row."""
    obs, _ = env.reset(seed=10_000)
    total = 0.0
    for _ in range(env.decisions):
        actions, _ = policy.predict(obs, deterministic=True)
        obs, rewards, *_ = env.step(actions)
        total += rewards.mean()
    return total / env.decisions


def test_learns_the_expert() -> None:
    """The greedy policy repeats the expert on toys that it has not seen.

    Random legal choices score 0.21, always waiting 0.32; the clone scored 0.99.
    """
    policy, progress = cloned(SHORT)
    assert score(policy, ToyVectorEnv(300, wait=True)) > 0.9
    assert progress[-1].agreement > 0.85 > progress[0].agreement
    assert progress[-1].regret < 0.2 * progress[0].regret
    assert progress[-1].policy_loss < progress[0].policy_loss
    assert [p.decisions for p in progress] == [256 * (i + 1) for i in range(6)]


def test_equal_seeds_give_equal_weights() -> None:
    """Two runs agree bit for bit, whatever torch's global generator does; another seed differs."""
    config = replace(SHORT, rounds=2, vf_coef=0.5)
    first = cloned(config)[0].state_dict()
    second = cloned(config)[0].state_dict()
    other = cloned(replace(config, seed=5))[0].state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_the_mixture_moves_from_expert_to_learner() -> None:
    """Shares fall linearly, and at both ends only one of the two plays."""
    assert [SHORT.beta(i) for i in range(5)] == pytest.approx([1, 2 / 3, 1 / 3, 0, 0])
    for beta, only_expert in ((1.0, True), (0.0, False)):
        env, wanted = Recorder(32, wait=True), []

        def expert(env: ToyVectorEnv, wanted: list[np.ndarray] = wanted) -> Priced:
            wanted.append(price(env)[1])
            return price(env)

        config = replace(SHORT, rounds=1, updates=1, beta_start=beta, beta_end=beta)
        imitate(make_policy(env), env, expert, config)
        assert np.array_equal(env.played, wanted) == only_expert


def test_value_learns_returns() -> None:
    """With a weight the value comes close to the return of the expert, and not without.

    The expert's return is what remains of 2 decisions: 2 at the first, 1 at the second.
    """
    for vf_coef, learnt in ((0.5, True), (0.0, False)):
        config = replace(SHORT, vf_coef=vf_coef, beta_end=1.0, rounds=8)
        policy, progress = cloned(config)
        obs, _ = ToyVectorEnv(50, wait=True).reset(seed=3)
        with torch.no_grad():
            values = policy.predict_values(to_tensors(obs))
        assert ((values - 2.0).abs().mean() < 0.3) == learnt
        assert (progress[-1].value_loss > 0) == learnt


def test_soft_targets() -> None:
    """Costs become probabilities; at temperature zero the cheapest share everything."""
    costs = np.array([[1.0, 1.0 + np.log(3.0), np.inf], [5.0, 2.0, 2.0]])
    np.testing.assert_allclose(soft_targets(costs, 1.0)[0], [0.75, 0.25, 0.0], rtol=1e-6)
    np.testing.assert_allclose(soft_targets(costs, 0.0), [[1, 0, 0], [0, 0.5, 0.5]])


def test_buffer_keeps_the_last() -> None:
    """Old decisions make room, also where more come than there is room for."""
    env = ToyVectorEnv(3)
    obs, _ = env.reset(seed=0)
    buffer = DecisionBuffer(env.graph_spec, 4)
    target = np.zeros((3, 8), np.float32)
    for start in (0, 3, 6):
        buffer.add(obs | {"target": target, "return": np.arange(start, start + 3.0)})
    assert buffer.size == 4
    held = buffer.sample(np.random.default_rng(0), 100)
    assert set(held["return"].tolist()) == {5.0, 6.0, 7.0, 8.0}
    assert held["x/option"].dtype == torch.float32
    many = {key: np.concatenate((array, array)) for key, array in obs.items()}
    buffer.add(many | {"target": np.zeros((6, 8)), "return": np.arange(10.0, 16.0)})
    held = buffer.sample(np.random.default_rng(0), 100)
    assert set(held["return"].tolist()) == {12.0, 13.0, 14.0, 15.0}
    # Row b of the toy went in at every third place.
    for index, value in enumerate(held["return"].tolist()):
        row = int(value - 10) % 3
        np.testing.assert_array_equal(held["candidates"][index], obs["candidates"][row])


def test_faults_are_named() -> None:
    """Malformed costs, impossible settings and foreign modules are refused in one sentence."""
    env = ToyVectorEnv(2)
    policy = make_policy(env)
    for expert, match in (
        (lambda _: (np.zeros((2, 3)), np.zeros(2, int)), "shape"),
        (lambda _: (np.full((2, 8), np.nan), np.zeros(2, int)), "row 0"),
        (lambda _: (np.full((2, 8), np.inf), np.zeros(2, int)), "finite cost"),
    ):
        with pytest.raises(DispatchlabError, match=match):
            imitate(policy, env, expert, SHORT)
    with pytest.raises(DispatchlabError, match="holds no graph network"):
        imitate(torch.nn.Linear(1, 1), env, price, SHORT)
    with pytest.raises(DispatchlabError, match="rounds is 0"):
        ImitationConfig(rounds=0)
    with pytest.raises(DispatchlabError, match="temperature is -1"):
        ImitationConfig(temperature=-1)
    with pytest.raises(DispatchlabError, match="beta_end is 2"):
        ImitationConfig(beta_end=2)

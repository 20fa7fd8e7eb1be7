"""Tests of encoders and heads: symmetries, padding, sizes and masks."""

from typing import Any

import numpy as np
import pytest
import torch

from dispatchlab.agents import GraphActorCriticPolicy, NetworkConfig
from dispatchlab.agents.heads import segment_max, segment_mean
from dispatchlab.envs.core.errors import DispatchlabError
from tests.agents.helpers import make_policy, to_tensors
from tests.agents.toy_env import Arrays, ToyVectorEnv

Setup = tuple[GraphActorCriticPolicy, ToyVectorEnv, Arrays]
CASES = [
    ("transformer", "tokens"),
    ("transformer", "graph"),
    ("gin", "graph"),
    ("gatv2", "graph"),
]


def setup(encoder: str, observation: str, batch: int = 5, **kwargs: Any) -> Setup:
    """Policy, environment and observation of a toy in which waiting is possible."""
    env = ToyVectorEnv(batch, observation=observation, wait=True, **kwargs)
    obs, _ = env.reset(seed=1)
    return make_policy(env, encoder=encoder), env, obs


def evaluate(policy: GraphActorCriticPolicy, obs: Arrays) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and values."""
    with torch.no_grad():
        return policy.net(to_tensors(obs))


@pytest.mark.parametrize(("encoder", "observation"), CASES)
def test_batch_equals_singles(encoder: str, observation: str) -> None:
    """A batch gives what each of its graphs gives alone."""
    policy, _, obs = setup(encoder, observation)
    logits, values = evaluate(policy, obs)
    for b in range(5):
        one, value = evaluate(policy, {key: array[b : b + 1] for key, array in obs.items()})
        torch.testing.assert_close(one[0], logits[b])
        torch.testing.assert_close(value[0], values[b])


@pytest.mark.parametrize(("encoder", "observation"), CASES)
def test_padding_is_invisible(encoder: str, observation: str) -> None:
    """The same graphs in an observation padded to four times the size give the same scores."""
    policy, env, obs = setup(encoder, observation)
    large = ToyVectorEnv(5, capacity=32, observation=observation, wait=True)
    wide = large.graph_spec.allocate(5)
    wide["candidates"].fill(-1)
    wait = env.graph_spec.num_actions - 1
    for key, array in obs.items():
        if key in ("candidates", "action_mask"):
            wide[key][:, :wait], wide[key][:, -1] = array[:, :wait], array[:, -1]
        else:
            wide[key].fill(7)
            wide[key][tuple(slice(0, n) for n in array.shape)] = array
    resized = policy.resized(large.single_observation_space, large.single_action_space)
    logits, values = evaluate(policy, obs)
    wide_logits, wide_values = evaluate(resized, wide)
    torch.testing.assert_close(wide_logits[:, :wait], logits[:, :wait])
    torch.testing.assert_close(wide_logits[:, -1], logits[:, -1])
    torch.testing.assert_close(wide_values, values)
    assert (wide_logits[:, wait:-1] == -1e8).all()


@pytest.mark.parametrize(("encoder", "observation"), CASES)
def test_order_of_options_does_not_matter(encoder: str, observation: str) -> None:
    """Permuting the actions permutes the logits; permuting the option rows changes nothing."""
    policy, _, obs = setup(encoder, observation, smallest=8)
    logits, values = evaluate(policy, obs)
    rng = np.random.default_rng(0)
    actions = np.append(rng.permutation(8), 8)
    moved = {key: array.copy() for key, array in obs.items()}
    for key in ("candidates", "action_mask"):
        moved[key] = obs[key][:, actions]
    permuted, same = evaluate(policy, moved)
    torch.testing.assert_close(permuted, logits[:, torch.as_tensor(actions)])
    torch.testing.assert_close(same, values)
    rows = rng.permutation(8)
    moved["x/option"][:, rows] = obs["x/option"]
    moved["candidates"] = obs["candidates"].copy()
    moved["candidates"][:, :8, 0] = rows[obs["candidates"][:, :8, 0]]
    moved["action_mask"] = obs["action_mask"]
    permuted, same = evaluate(policy, moved)
    torch.testing.assert_close(permuted, logits)
    torch.testing.assert_close(same, values)


@pytest.mark.parametrize(("encoder", "observation"), CASES)
def test_every_parameter_gets_a_gradient(encoder: str, observation: str) -> None:
    """Actor and critic together reach every parameter, and none has the size of the toy."""
    policy, _, obs = setup(encoder, observation, batch=16)
    obs["candidates"][0, 0, -1] = -1
    obs["candidates"][0, 0, 0] = 0
    obs["action_mask"][0, 0] = 1
    logits, values = policy.net(to_tensors(obs))
    loss = logits.clamp(min=-100).pow(2).sum() + values.pow(2).sum()
    loss.backward()
    missing = [name for name, p in policy.net.named_parameters() if p.grad is None]
    assert missing == []
    other = make_policy(ToyVectorEnv(1, capacity=50, observation=observation), encoder=encoder)
    for p, q in zip(policy.parameters(), other.parameters(), strict=True):
        assert p.shape == q.shape


def test_activity_of_the_candidate_decides() -> None:
    """In the graph observation the value stands on the activity; changing it moves the logit."""
    for encoder in ("gin", "gatv2", "transformer"):
        policy, _, obs = setup(encoder, "graph", batch=1)
        before, _ = evaluate(policy, obs)
        action = int(np.flatnonzero(obs["action_mask"][0])[0])
        obs["x/activity"][0, obs["candidates"][0, action, 1], 0] += 1.0
        after, _ = evaluate(policy, obs)
        assert abs(float(after[0, action] - before[0, action])) > 1e-3


@pytest.mark.parametrize(("encoder", "observation"), CASES)
def test_illegal_actions_have_no_probability(encoder: str, observation: str) -> None:
    """Illegal actions have probability zero and the entropy is that of the legal ones."""
    policy, _, obs = setup(encoder, observation)
    with torch.no_grad():
        distribution = policy.get_distribution(to_tensors(obs)).distribution
    legal = torch.as_tensor(obs["action_mask"] > 0)
    assert (distribution.probs[~legal] == 0).all()
    for b in range(5):
        own = torch.distributions.Categorical(logits=distribution.logits[b][legal[b]])
        torch.testing.assert_close(distribution.entropy()[b], own.entropy())
        assert float(own.entropy()) < np.log(max(int(legal[b].sum()), 2))


@pytest.mark.parametrize(("encoder", "observation"), CASES)
def test_no_nan_without_nodes(encoder: str, observation: str) -> None:
    """A finished graph without nodes or legal actions gives finite numbers and gradients."""
    policy, _, obs = setup(encoder, observation)
    for key in obs:
        if key.startswith(("n/", "e/")) or key == "action_mask":
            obs[key][1] = 0
    obs["candidates"][1] = -1
    logits, values = policy.net(to_tensors(obs))
    (logits.log_softmax(-1)[:, 0].sum() + values.sum()).backward()
    assert torch.isfinite(values).all()
    gradients = [p.grad for p in policy.net.parameters() if p.grad is not None]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    empty = {key: array[1:2] for key, array in obs.items()}
    assert torch.isfinite(evaluate(policy, empty)[1]).all()


def test_segment_pooling() -> None:
    """Mean and maximum of hand-made segments, zero where a segment is empty."""
    rows = torch.tensor([[1.0, -4.0], [3.0, -2.0], [-5.0, -1.0]])
    batch, count = torch.tensor([0, 0, 2]), torch.tensor([2, 0, 1])
    mean, top = segment_mean(rows, batch, count), segment_max(rows, batch, count)
    assert mean.tolist() == [[2.0, -3.0], [0.0, 0.0], [-5.0, -1.0]]
    assert top.tolist() == [[3.0, -2.0], [0.0, 0.0], [-5.0, -1.0]]


def test_bad_configuration() -> None:
    """Unknown encoders and impossible sizes are refused in one sentence."""
    with pytest.raises(DispatchlabError, match="not divisible by num_heads"):
        NetworkConfig(hidden=10, num_heads=4)
    with pytest.raises(DispatchlabError, match="num_layers is 0"):
        NetworkConfig(num_layers=0)
    with pytest.raises(DispatchlabError, match="no encoder 'lstm'"):
        make_policy(ToyVectorEnv(1), encoder="lstm")

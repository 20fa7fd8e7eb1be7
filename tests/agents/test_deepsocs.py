"""Tests of the DeepSoCS encoder, which also show that known faults of its kind do not recur."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dispatchlab.agents import load_policy, save_policy
from dispatchlab.agents.encoders.deepsocs import levels
from dispatchlab.agents.unpad import unpad
from dispatchlab.envs.core.errors import DispatchlabError
from tests.agents.chip_graphs import PRECEDES, Arrays, chip_policy, chip_spec, fill
from tests.agents.helpers import to_tensors
from tests.agents.test_arcs import evaluate, reorder_tasks, widen

SPEC = chip_spec(24, ordering=True)


def twin_chains(length: int) -> Arrays:
    """One job of two equal chains, whose last tasks alone differ; the first tasks are ready."""
    obs = fill(SPEC, 1)
    for key in obs:
        if key.startswith("e/"):
            obs[key][0] = 0
    obs["n/task"][0] = 2 * length
    obs["x/task"][0, : 2 * length] = 0.5
    obs["x/task"][0, [length - 1, 2 * length - 1], 0] = [1.0, -1.0]
    starts = [i for i in range(2 * length) if (i + 1) % length]
    obs[f"e/{PRECEDES}"][0] = len(starts)
    obs[f"edge/{PRECEDES}"][0, :, : len(starts)] = np.array(starts) + np.array([[0], [1]])
    obs[f"edge_attr/{PRECEDES}"][:] = 0.1
    obs["e/task-of-job"][0] = 2 * length
    obs["edge/task-of-job"][0, 0, : 2 * length] = np.arange(2 * length)
    obs["edge/task-of-job"][0, 1] = 0
    obs["candidates"].fill(-1)
    obs["candidates"][0, :2, 0] = [0, length]
    obs["action_mask"][:] = 0
    obs["action_mask"][0, :2] = 1
    return obs


@pytest.mark.parametrize("length", [2, 5, 10])
def test_depth_is_real(length: int) -> None:
    """The logits of two roots differ because of leaves 1, 4 and 9 levels below them.

    Job, globals and pools are the same for both, so one round too few makes them equal.
    """
    policy = chip_policy(SPEC, encoder="deepsocs")
    obs = twin_chains(length)
    logits, _ = evaluate(policy, obs)
    assert abs(float(logits[0, 0] - logits[0, 1])) > 1e-3
    obs[f"edge/{PRECEDES}"][0, :, 0] = obs[f"edge/{PRECEDES}"][0, :, 1]
    obs[f"edge/{PRECEDES}"][0, :, length - 1] = obs[f"edge/{PRECEDES}"][0, :, 1]
    if length > 2:
        cut, _ = evaluate(policy, obs)
        torch.testing.assert_close(cut[0, 0], cut[0, 1])


def test_embeddings_solve_the_recursion() -> None:
    """Every task equals its features plus the combined messages of its final children."""
    policy, obs = chip_policy(SPEC, encoder="deepsocs"), fill(SPEC, 4, least=20)
    encoder = policy.net.encoder
    with torch.no_grad():
        graph = unpad(to_tensors(obs), policy.net.layout)
        own, tasks = encoder.embed_tasks(graph, encoder.embed(graph)["task"])
        parent, child = graph.edge_index[PRECEDES]
        for v in range(len(tasks)):
            below = parent == v
            parts = torch.cat((tasks[child[below]], graph.edge_attr[PRECEDES][below]), 1)
            expected = own[v]
            if below.any():
                summed = encoder.bottom_up.message(parts).sum(0, keepdim=True)
                expected = expected + encoder.bottom_up.combine(summed)[0]
            torch.testing.assert_close(tasks[v], expected, rtol=1e-4, atol=1e-5)


def test_levels_are_longest_paths() -> None:
    """A shortcut does not lower a node, and a node without arcs is at level zero."""
    arcs = torch.tensor([[0, 0, 1, 2, 5], [3, 1, 2, 3, 3]])
    assert levels(arcs, 6).tolist() == [3, 2, 1, 0, 0, 1]
    assert levels(torch.zeros(2, 0, dtype=torch.long), 2).tolist() == [0, 0]


def test_loss_is_that_of_the_chosen_task() -> None:
    """The log-probability is the chosen task's own, and its gradient tells the choices apart."""
    policy, obs = chip_policy(SPEC, encoder="deepsocs"), to_tensors(fill(SPEC, 6, ready=0.9))
    legal = obs["action_mask"].sum(1)
    assert (legal > 1).all()
    logits = policy.net.logits(obs)
    gradients = []
    for action in (0, 1):
        actions = torch.full((6,), action)
        _, log_prob, _ = policy.evaluate_actions(obs, actions)
        torch.testing.assert_close(log_prob, logits.log_softmax(1)[:, action])
        policy.zero_grad()
        log_prob.sum().backward()
        gradients.append(policy.net.encoder.merge.layers[1].weight.grad.clone())
    first, second = (policy.evaluate_actions(obs, torch.full((6,), a))[1] for a in (0, 1))
    assert (first - second).abs().min() > 1e-4
    assert not torch.allclose(gradients[0], gradients[1], rtol=1e-2)


def test_batch_equals_singles() -> None:
    """Jobs of any number of tasks and graphs of any depth share a batch."""
    policy, obs = chip_policy(SPEC, encoder="deepsocs"), fill(SPEC, 8, least=4)
    sizes = np.bincount(obs["edge/task-of-job"][0, 1, : obs["e/task-of-job"][0, 0]])
    assert len(set(sizes.tolist())) > 1
    logits, values = evaluate(policy, obs)
    for b in range(8):
        one, value = evaluate(policy, {key: array[b : b + 1] for key, array in obs.items()})
        torch.testing.assert_close(one[0], logits[b], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(value[0], values[b], rtol=1e-4, atol=1e-5)


def test_order_of_tasks_and_arcs_does_not_matter() -> None:
    """Neither the order of the tasks nor that of the arcs changes a score."""
    policy, obs = chip_policy(SPEC, encoder="deepsocs"), fill(SPEC, 5)
    logits, values = evaluate(policy, obs)
    rng = np.random.default_rng(1)
    moved = reorder_tasks(obs, rng)
    for b, count in enumerate(obs[f"e/{PRECEDES}"][:, 0]):
        place = rng.permutation(count)
        for array, axis in (
            (moved[f"edge/{PRECEDES}"][b].T, 0),
            (moved[f"edge_attr/{PRECEDES}"][b], 0),
        ):
            array[:count] = np.take(array[:count], place, axis)
    permuted, same = evaluate(policy, moved)
    torch.testing.assert_close(permuted, logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(same, values, rtol=1e-4, atol=1e-5)


def test_padding_is_invisible() -> None:
    """The same graphs in larger arrays give the same scores."""
    large = chip_spec(60, 7, 9, ordering=True)
    policy, obs = chip_policy(SPEC, encoder="deepsocs"), fill(SPEC, 5)
    logits, values = evaluate(policy, obs)
    other = chip_policy(large, encoder="deepsocs")
    resized = policy.resized(other.observation_space, other.action_space)
    wide, same = evaluate(resized, widen(obs, large))
    torch.testing.assert_close(wide[:, : logits.shape[1]], logits)
    torch.testing.assert_close(same, values)


def test_every_parameter_gets_a_gradient() -> None:
    """Actor and critic together reach every parameter, and none has the size of the spec."""
    spec = chip_spec(ordering=True, wait=True)
    policy, obs = chip_policy(spec, encoder="deepsocs"), fill(spec, 16)
    obs["action_mask"][:, -1] = 1
    logits, values = policy.net(to_tensors(obs))
    (logits.clamp(min=-100).pow(2).sum() + values.pow(2).sum()).backward()
    missing = [name for name, p in policy.net.named_parameters() if p.grad is None]
    assert missing == []


def test_no_nan_without_nodes() -> None:
    """An empty graph, alone or beside others, gives finite numbers and gradients."""
    policy, obs = chip_policy(SPEC, encoder="deepsocs"), fill(SPEC, 3)
    for key in obs:
        if key.startswith(("n/", "e/")) or key == "action_mask":
            obs[key][1] = 0
    obs["candidates"][1] = -1
    logits, values = policy.net(to_tensors(obs))
    (logits.log_softmax(-1)[:, 0].sum() + values.sum()).backward()
    gradients = [p.grad for p in policy.net.parameters() if p.grad is not None]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    empty = {key: array[1:2] for key, array in obs.items()}
    assert torch.isfinite(evaluate(policy, empty)[1]).all()


def test_round_trip(tmp_path: Path) -> None:
    """A checkpoint gives bit-equal logits."""
    policy, obs = chip_policy(SPEC, encoder="deepsocs"), fill(SPEC, 3)
    save_policy(tmp_path / "policy", policy, {"family": "soc"})
    loaded = load_policy(tmp_path / "policy", family="soc", layout=SPEC.layout())
    assert torch.equal(loaded.logits(obs), evaluate(policy, obs)[0])


def test_only_orders_tasks() -> None:
    """Other decisions are refused with the remedy."""
    with pytest.raises(DispatchlabError, match="use actions='ordering'"):
        chip_policy(chip_spec(), encoder="deepsocs")

"""Tests of the vectorised unpadding."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import unpad
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from tests.agents.helpers import to_tensors
from tests.agents.toy_env import Arrays, ToyVectorEnv, toy_spec


def observe(batch: int = 6, **kwargs: object) -> tuple[Arrays, GraphLayout]:
    """Observations of a graph toy and their layout."""
    env = ToyVectorEnv(batch, capacity=9, observation="graph", wait=True, **kwargs)  # type: ignore[arg-type]
    obs, _ = env.reset(seed=3)
    return obs, GraphLayout.from_dict(env.graph_spec.layout())


@pytest.mark.parametrize("as_float", [False, True])
def test_equals_one_graph_at_a_time(as_float: bool) -> None:
    """Nodes, arcs and candidates equal those of a loop over the graphs, floats or not."""
    obs, layout = observe()
    tensors = to_tensors(obs)
    if as_float:
        tensors = {key: value.float() for key, value in tensors.items()}
    graph = unpad(tensors, layout)
    start = dict.fromkeys(layout.nodes, 0)
    for b in range(6):
        for name in layout.nodes:
            n = obs[f"n/{name}"][b, 0]
            rows = (graph.batch[name] == b).nonzero()[:, 0]
            assert rows.tolist() == list(range(start[name], start[name] + n))
            np.testing.assert_array_equal(graph.x[name][rows], obs[f"x/{name}"][b, :n])
            np.testing.assert_array_equal(graph.position(name)[rows], np.arange(n))
        local = obs["candidates"][b]
        shift = np.array([start[name] for name in layout.candidate_types])
        expected = np.where(local >= 0, local + shift, -1)
        np.testing.assert_array_equal(graph.candidates[b], expected)
        for name in layout.nodes:
            start[name] += obs[f"n/{name}"][b, 0]


def test_arcs_equal_one_graph_at_a_time() -> None:
    """Arcs are shifted by the offset of each end's own type, and padding arcs are dropped."""
    obs, layout = observe()
    graph = unpad(to_tensors(obs), layout)
    for key in layout.edges:
        source, target = layout.relation_ends(key)
        expected, attributes = [], []
        for b in range(6):
            e = obs[f"e/{key}"][b, 0]
            shift = [obs[f"n/{name}"][:b, 0].sum() for name in (source, target)]
            expected.append(obs[f"edge/{key}"][b, :, :e] + np.array(shift)[:, None])
            attributes.append(obs[f"edge_attr/{key}"][b, :e])
        np.testing.assert_array_equal(graph.edge_index[key], np.concatenate(expected, 1))
        np.testing.assert_array_equal(graph.edge_attr[key], np.concatenate(attributes))


def test_empty_graphs() -> None:
    """A graph without nodes, as after the last decision, leaves the others alone."""
    obs, layout = observe()
    full = unpad(to_tensors(obs), layout)
    for key in obs:
        if key.startswith(("n/", "e/")):
            obs[key][0] = 0
    graph = unpad(to_tensors(obs), layout)
    kept = full.batch["activity"] > 0
    np.testing.assert_array_equal(graph.x["activity"], full.x["activity"][kept])
    assert graph.count["activity"][0] == 0


def test_layout_from_space() -> None:
    """Names and widths come back from the keys; the only type is what the candidates mean."""
    spec = toy_spec(5)
    assert GraphLayout.from_space(spec.space()) == GraphLayout.from_dict(spec.layout())
    spec = toy_spec(5, "graph")
    found, named = GraphLayout.from_space(spec.space(), spec.layout()), spec.layout()
    assert found == GraphLayout.from_dict(named)
    assert list(found.nodes) == list(GraphLayout.from_dict(named).nodes)


def test_layout_errors() -> None:
    """Ambiguous columns, foreign spaces and contradictions are refused with the remedy."""
    with pytest.raises(DispatchlabError, match="pass policy_kwargs"):
        GraphLayout.from_space(toy_spec(5, "graph").space())
    with pytest.raises(DispatchlabError, match="not a graph observation"):
        GraphLayout.from_space(spaces.Box(0, 1, (3,)))
    with pytest.raises(CheckpointError, match="use the environment"):
        GraphLayout.from_space(toy_spec(5, "graph").space(), toy_spec(5).layout())


def test_gradient_reaches_every_node() -> None:
    """Unpadding is differentiable with respect to the features of present nodes only."""
    obs, layout = observe()
    tensors = to_tensors(obs)
    tensors["x/activity"].requires_grad_()
    unpad(tensors, layout).x["activity"].sum().backward()
    gradient = tensors["x/activity"].grad
    assert gradient is not None
    assert torch.equal(gradient.sum((1, 2)), tensors["n/activity"][:, 0].float())

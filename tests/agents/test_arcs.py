"""Tests of actions that point at arcs, and of the encoder that embeds them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dispatchlab.agents import GraphActorCriticPolicy, load_policy, save_policy
from dispatchlab.agents.encoders.arcs import ArcAttention
from dispatchlab.agents.encoders.messages import Route, send_into
from dispatchlab.agents.layout import GraphLayout
from dispatchlab.agents.unpad import unpad
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import GraphSpec
from tests.agents.chip_graphs import OPTION, PRECEDES, Arrays, chip_policy, chip_spec, fill
from tests.agents.helpers import to_tensors

ENCODERS = ["arcs", "gin", "gatv2", "transformer"]
Evaluated = tuple[torch.Tensor, torch.Tensor]


def evaluate(policy: GraphActorCriticPolicy, obs: Arrays) -> Evaluated:
    """Logits and values."""
    with torch.no_grad():
        return policy.net(to_tensors(obs))


def widen(obs: Arrays, spec: GraphSpec) -> Arrays:
    """The same graphs in larger arrays, whose padding holds other garbage."""
    wide = spec.allocate(len(obs["globals"]))
    wide["candidates"].fill(-1)
    for key, array in obs.items():
        if key not in ("candidates", "action_mask"):
            wide[key].fill(7)
        wide[key][tuple(slice(0, n) for n in array.shape)] = array
    return wide


def reorder_options(obs: Arrays, rng: np.random.Generator) -> Arrays:
    """The same graphs with their option arcs in another order; actions keep their meaning."""
    out = {key: array.copy() for key, array in obs.items()}
    for b, count in enumerate(obs[f"e/{OPTION}"][:, 0]):
        place = rng.permutation(count)
        out[f"edge/{OPTION}"][b][:, place] = obs[f"edge/{OPTION}"][b, :, :count]
        out[f"edge_attr/{OPTION}"][b][place] = obs[f"edge_attr/{OPTION}"][b, :count]
        used = obs["candidates"][b, :, 2] >= 0
        out["candidates"][b, used, 2] = place[obs["candidates"][b, used, 2]]
    return out


def reorder_tasks(obs: Arrays, rng: np.random.Generator) -> Arrays:
    """The same graphs with their tasks in another order."""
    out = {key: array.copy() for key, array in obs.items()}
    for b, count in enumerate(obs["n/task"][:, 0]):
        place = rng.permutation(count)
        out["x/task"][b, place] = obs["x/task"][b, :count]
        for key in obs:
            if key.startswith("edge/task"):
                ends = (0, 1) if key == f"edge/{PRECEDES}" else (0,)
                arcs = obs[f"e/{key[5:]}"][b, 0]
                for end in ends:
                    out[key][b, end, :arcs] = place[obs[key][b, end, :arcs]]
        used = obs["candidates"][b, :, 0] >= 0
        out["candidates"][b, used, 0] = place[obs["candidates"][b, used, 0]]
    return out


def test_space_holds_arc_columns() -> None:
    """The bound of the candidates is that of the largest column, here the arcs."""
    spec = chip_spec(12, 3)
    assert spec.space()["candidates"].high.max() == 35
    obs = fill(spec, 1)
    padded = {key: np.clip(array[0], -9, 100) for key, array in obs.items()}
    assert spec.space().contains(padded)
    assert GraphLayout.from_space(spec.space(), spec.layout()).decision_relations == (OPTION,)


def test_unpadded_arc_columns() -> None:
    """The flat arc of an action joins the flat nodes that its other columns name."""
    spec = chip_spec()
    obs = fill(spec, 5)
    graph = unpad(to_tensors(obs), GraphLayout.from_dict(spec.layout()))
    task, pe, arc = graph.candidates[graph.mask].unbind(1)
    assert torch.equal(graph.edge_index[OPTION][:, arc], torch.stack((task, pe)))
    assert torch.equal(graph.arc_batch[OPTION][arc], graph.batch["task"][task])
    assert graph.arc_count[OPTION].tolist() == obs[f"e/{OPTION}"][:, 0].tolist()
    assert torch.equal(graph.arc_batch[OPTION].bincount(), graph.arc_count[OPTION])


def test_relations_without_features_are_refused() -> None:
    """Arcs that nothing tells apart cannot be chosen from."""
    with pytest.raises(DispatchlabError, match="no features to tell them apart"):
        GraphLayout.from_dict(chip_spec(arc_features=0).layout())


def test_encoder_needs_arc_columns() -> None:
    """The encoder of arcs says what it cannot be used for."""
    with pytest.raises(DispatchlabError, match="needs actions that point at arcs"):
        chip_policy(chip_spec(ordering=True), encoder="arcs")


@pytest.mark.parametrize("encoder", ENCODERS)
def test_batch_equals_singles(encoder: str) -> None:
    """A batch gives what each of its graphs gives alone."""
    spec = chip_spec(wait=True)
    policy, obs = chip_policy(spec, encoder=encoder), fill(spec, 5)
    obs["action_mask"][:, -1] = 1
    logits, values = evaluate(policy, obs)
    for b in range(5):
        one, value = evaluate(policy, {key: array[b : b + 1] for key, array in obs.items()})
        torch.testing.assert_close(one[0], logits[b], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(value[0], values[b], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_padding_is_invisible(encoder: str) -> None:
    """The same graphs in larger arrays give the same scores."""
    spec, large = chip_spec(), chip_spec(40, 7, 9)
    policy, obs = chip_policy(spec, encoder=encoder), fill(spec, 5)
    logits, values = evaluate(policy, obs)
    spaces = chip_policy(large, encoder=encoder)
    resized = policy.resized(spaces.observation_space, spaces.action_space)
    wide, same = evaluate(resized, widen(obs, large))
    torch.testing.assert_close(wide[:, : logits.shape[1]], logits)
    torch.testing.assert_close(same, values)
    assert (wide[:, logits.shape[1] :] == -1e8).all()


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("reorder", [reorder_options, reorder_tasks])
def test_order_of_rows_does_not_matter(encoder: str, reorder: object) -> None:
    """Neither the order of the arcs nor that of the tasks changes a score."""
    spec = chip_spec()
    policy, obs = chip_policy(spec, encoder=encoder), fill(spec, 5)
    logits, values = evaluate(policy, obs)
    moved = reorder(obs, np.random.default_rng(1))  # type: ignore[operator]
    assert not np.array_equal(moved["candidates"], obs["candidates"])
    permuted, same = evaluate(policy, moved)
    torch.testing.assert_close(permuted, logits, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(same, values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_arc_features_decide(encoder: str) -> None:
    """Changing the features of an action's arc moves its logit against that of another."""
    spec = chip_spec()
    policy, obs = chip_policy(spec, encoder=encoder), fill(spec, 1)
    before, _ = evaluate(policy, obs)
    obs[f"edge_attr/{OPTION}"][0, obs["candidates"][0, 0, 2]] += 1.0
    after, _ = evaluate(policy, obs)
    moved = (after - before)[0]
    assert abs(float(moved[0] - moved[1])) > 1e-3


def test_arcs_meet_at_their_ends() -> None:
    """In one round an arc hears of those that share its task or its PE, and of no others."""
    spec = chip_spec()
    policy = chip_policy(spec, encoder="arcs", num_layers=1)
    obs = fill(spec, 1, ready=0.7)
    count = int(obs[f"e/{OPTION}"][0, 0])
    ends = obs[f"edge/{OPTION}"][0, :, :count]
    meets = (ends == ends[:, :1]).any(0)
    assert not meets.all()
    embedded = []
    for change in (0.0, 3.0):
        obs[f"edge_attr/{OPTION}"][0, 0] += change
        with torch.no_grad():
            graph = unpad(to_tensors(obs), policy.net.layout)
            embedded.append(policy.net.encoder(graph)[OPTION])
    moved = (embedded[1] - embedded[0]).abs().amax(1)
    assert (moved[meets] > 1e-5).all()
    assert (moved[~meets] == 0).all()


@pytest.mark.parametrize("encoder", ENCODERS)
def test_every_parameter_gets_a_gradient(encoder: str) -> None:
    """Actor and critic together reach every parameter, and none has the size of the spec."""
    spec = chip_spec(wait=True)
    policy, obs = chip_policy(spec, encoder=encoder), fill(spec, 16)
    obs["action_mask"][:, -1] = 1
    obs["candidates"][0, 0, 0] = -1  # reaches the stand-in of an empty column
    logits, values = policy.net(to_tensors(obs))
    (logits.clamp(min=-100).pow(2).sum() + values.pow(2).sum()).backward()
    assert [name for name, p in policy.net.named_parameters() if p.grad is None] == []
    other = chip_policy(chip_spec(50, 9, 7), encoder=encoder)
    for p, q in zip(policy.parameters(), other.parameters(), strict=True):
        assert p.shape == q.shape


@pytest.mark.parametrize("encoder", ["arcs", "gatv2"])
def test_no_nan_without_nodes_or_arcs(encoder: str) -> None:
    """An empty graph, alone or beside others, gives finite numbers and gradients."""
    spec = chip_spec()
    policy, obs = chip_policy(spec, encoder=encoder), fill(spec, 3)
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


def test_round_trip(tmp_path: Path) -> None:
    """A checkpoint of a network with arc columns gives bit-equal logits."""
    spec = chip_spec()
    policy, obs = chip_policy(spec, encoder="arcs"), fill(spec, 3)
    save_policy(tmp_path / "policy", policy, {"family": "soc"})
    loaded = load_policy(tmp_path / "policy", family="soc", layout=spec.layout())
    assert torch.equal(loaded.logits(obs), evaluate(policy, obs)[0])


def test_messages_are_means_on_either_side() -> None:
    """Projecting senders or receivers adds the mean of the projected senders, if there are any."""
    project = torch.nn.Linear(4, 4, bias=False)
    for senders, receivers in ((3, 8), (8, 3)):
        rows, share = torch.randn(senders, 4), torch.ones(receivers, 1)
        share[0] = 0.5
        total = torch.full((receivers, 4), 7.0)
        route = Route(torch.tensor([0, 1, 2]), torch.tensor([0, 0, 2]), share)
        send_into(total, project, rows, route)
        torch.testing.assert_close(total[0], 7.0 + project(rows[:2].mean(0)))
        torch.testing.assert_close(total[2], 7.0 + project(rows[2]))
        assert (total[1] == 7.0).all()


def test_attention_is_a_softmax_over_own_arcs() -> None:
    """Each head weights a node's arcs by the softmax of their bounded scores."""
    attention = ArcAttention(8, 2)
    arcs, index = torch.randn(5, 8) * 30, torch.tensor([0, 0, 3, 3, 3])
    scores = 10 * (attention.score(arcs) / 10).tanh()
    for count in (4, 9):
        mixed = torch.zeros(count, 8)
        attention(mixed, arcs, index)
        for node in (0, 3):
            own = index == node
            share = scores[own].softmax(0)
            heads = (arcs[own].view(-1, 2, 4) * share[:, :, None]).sum(0).flatten()
            torch.testing.assert_close(mixed[node], attention.value(heads))
        assert (mixed[1] == 0).all()

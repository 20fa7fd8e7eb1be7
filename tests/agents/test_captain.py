"""Tests of the capsule network for air taxis; known faults of its kind must not recur."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dispatchlab.agents import load_policy, save_policy
from dispatchlab.agents.encoders.capsule import CapsuleLayer, laplacian, pack_nodes
from dispatchlab.agents.encoders.captain import SERIES_START, SeriesEncoder
from dispatchlab.agents.network import NetworkConfig
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.graph_spec import FEATURE_LIMIT
from tests.agents.chip_graphs import chip_policy, chip_spec
from tests.agents.fleets import NAMES, SMALL, fleet_policy, observe, reorder
from tests.agents.helpers import to_tensors
from tests.agents.test_arcs import evaluate, widen
from tests.agents.toy_env import Arrays

CLOSE = {"rtol": 1e-4, "atol": 1e-5}
LEVELS = 2  # charge levels of SMALL


def row_of(obs: Arrays, b: int, times: int = 1) -> Arrays:
    """One row of a batch, repeated."""
    return {key: np.repeat(array[b : b + 1], times, 0) for key, array in obs.items()}


def test_training_samples_from_the_masked_probabilities() -> None:
    """In training mode actions follow the probabilities: not always the best, never illegal."""
    spec, obs = observe(SMALL)
    policy, count = fleet_policy(spec).train(), 1500
    obs["action_mask"][0, [1, 6]] = 0
    with torch.no_grad():
        shares = policy.get_distribution(to_tensors(obs)).distribution.probs[0].numpy()
        actions, _, log_probs = policy(to_tensors(row_of(obs, 0, count)))
    legal = obs["action_mask"][0] > 0
    assert legal.sum() == 8
    assert shares[legal].max() > 1.2 / legal.sum()
    drawn = np.bincount(actions.numpy(), minlength=len(legal)) / count
    assert not drawn[~legal].any()
    assert (drawn > 0).sum() > 1
    assert (np.abs(drawn - shares) <= 5 * np.sqrt(shares * (1 - shares) / count)).all()
    np.testing.assert_allclose(log_probs.exp().numpy(), shares[actions.numpy()], rtol=1e-3)


def test_every_vertiport_can_be_chosen() -> None:
    """Every legal action has a positive probability, and the last one can be made the best."""
    spec, obs = observe(SMALL)
    legal = obs["action_mask"][0] > 0
    assert legal[-1]
    for seed in range(5):
        torch.manual_seed(seed)
        shares = evaluate(fleet_policy(spec), obs)[0].softmax(1)[0].numpy()
        assert (shares[legal] > 1e-6).all()
        assert not shares[~legal].any()
    policy = fleet_policy(spec)
    optimizer = torch.optim.Adam(policy.parameters(), 1e-2)
    for _ in range(40):
        optimizer.zero_grad()
        (-policy.net.logits(to_tensors(obs)).log_softmax(1)[0, -1]).backward()
        optimizer.step()
    assert int(evaluate(policy, obs)[0].argmax()) == len(legal) - 1


def test_one_network_for_all_sizes() -> None:
    """The same weights play 5x20, 8x40 and 12x60, alone and mixed in one padded batch."""
    largest, mixed = observe(*NAMES)
    policy = fleet_policy(largest)
    logits, values = evaluate(policy, mixed)
    for b, name in enumerate(NAMES):
        spec, own = observe(name)
        narrow = {
            key: array[b : b + 1][tuple(slice(0, n) for n in own[key].shape)]
            for key, array in mixed.items()
        }
        fitted = policy.resized(spec.space(), fleet_policy(spec).action_space)
        alone, value = evaluate(fitted, narrow)
        torch.testing.assert_close(alone[0], logits[b, : alone.shape[1]], **CLOSE)
        torch.testing.assert_close(value[0], values[b], **CLOSE)
        assert len({round(float(x), 4) for x in alone[0]}) > 2


def test_padding_is_invisible() -> None:
    """The same days in larger arrays, whose padding holds garbage, give the same scores."""
    spec, obs = observe("random-5x20", "random-5x20:seed=4")
    large = observe(*NAMES)[0]
    policy = fleet_policy(spec)
    logits, values = evaluate(policy, obs)
    resized = policy.resized(large.space(), fleet_policy(large).action_space)
    wide, same = evaluate(resized, widen(obs, large))
    torch.testing.assert_close(wide[:, : logits.shape[1]], logits)
    torch.testing.assert_close(same, values)
    assert (wide[:, logits.shape[1] :] == -1e8).all()


@pytest.mark.parametrize(("name", "levels"), [("random-5x20", 1), (SMALL, LEVELS)])
def test_order_of_vertiports_and_aircraft_does_not_matter(name: str, levels: int) -> None:
    """Permuting vertiports, with all that is theirs, permutes the scores; aircraft do nothing."""
    spec, obs = observe(name, name)
    policy = fleet_policy(spec)
    logits, values = evaluate(policy, obs)
    moved, action = reorder(obs, levels, np.random.default_rng(3))
    permuted, same = evaluate(policy, moved)
    torch.testing.assert_close(permuted[:, torch.as_tensor(action)], logits, **CLOSE)
    torch.testing.assert_close(same, values, **CLOSE)
    assert not torch.allclose(permuted, logits, **CLOSE)


def test_every_parameter_gets_a_gradient() -> None:
    """Actor and critic reach every parameter with more than zeros, and none has a fleet's size."""
    spec, obs = observe(*NAMES)
    policy = fleet_policy(spec)
    logits, values = policy.net(to_tensors(obs))
    (logits.clamp(min=-100).pow(2).sum() + values.pow(2).sum()).backward()
    idle = [n for n, p in policy.net.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []
    other = fleet_policy(observe(SMALL)[0])
    shapes = [[p.shape for p in each.parameters()] for each in (policy, other)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(
    "key",
    ["edge_attr/port-flies-port", "edge_attr/aircraft-at-port", "edge_attr/aircraft-option-port",
     "x/port", "x/aircraft", "globals"],
)  # fmt: skip
def test_everything_reaches_the_decision(key: str) -> None:
    """What belongs to pairs, nodes or the whole changes the choice between two destinations."""
    spec, obs = observe(SMALL)
    policy = fleet_policy(spec)
    before = evaluate(policy, obs)[0].softmax(1)[0]
    for column in range(obs[key].shape[-1]):
        changed = {name: array.copy() for name, array in obs.items()}
        changed[key].reshape(-1, obs[key].shape[-1])[0, column] += 1.0  # one node or arc alone
        assert float((evaluate(policy, changed)[0].softmax(1)[0] - before).abs().max()) > 1e-6


def test_bins_have_an_order() -> None:
    """Two series that swap bins are told apart by the learned position, and by nothing else."""
    encoder = SeriesEncoder(NetworkConfig(hidden=16, feedforward=32)).eval()
    x = torch.randn(3, SERIES_START + 24)
    swapped = x.clone()
    swapped[:, SERIES_START:] = x[:, SERIES_START:].unflatten(1, (3, 8)).flip(2).flatten(1)
    with torch.no_grad():
        assert (encoder(x) - encoder(swapped)).abs().max() > 1e-3
        encoder.position.zero_()
        torch.testing.assert_close(encoder(x), encoder(swapped), **CLOSE)
    assert encoder(x[:0]).shape == (0, 16)


def plain_laplacian(x: np.ndarray) -> np.ndarray:
    """Laplacian of one graph, entry by entry."""
    count = len(x)
    near = np.zeros((count, count))
    for i in range(count):
        for j in range(count):
            if i != j:
                near[i, j] = 1.0 / (1.0 + np.linalg.norm(x[i] - x[j]))
    return (np.diag(near.sum(1)) - near) / count


def test_capsules_against_plain_formulas() -> None:
    """Two graphs of 3 and 5 nodes in one batch give what numpy makes of them one by one."""
    rng = np.random.default_rng(0)
    count = torch.tensor([3, 0, 5])
    batch = torch.repeat_interleave(torch.arange(3), count)
    features, rows = rng.normal(size=(8, 4)), rng.normal(size=(8, 6))
    layer = CapsuleLayer(6, 7, 5, moments=3, powers=2).double()
    packing = pack_nodes(batch, count)
    laplacians = laplacian(torch.tensor(features), packing, count)
    with torch.no_grad():
        out = layer(torch.tensor(rows), laplacians, packing).numpy()
    weights = {name: p.detach().numpy() for name, p in layer.named_parameters()}
    for start, stop in ((0, 3), (3, 8)):
        smooth = plain_laplacian(features[start:stop])
        f0 = rows[start:stop] @ weights["first.weight"].T + weights["first.bias"]
        parts = []
        for p in (1, 2, 3):
            power = np.tanh(f0) ** p
            weight = weights[f"moments.{p - 1}.weight"].reshape(3, 7, 21)
            read = np.hstack([power, smooth @ power, smooth @ smooth @ power])
            parts.append(read @ np.hstack(list(weight)).T)
        mixed = np.hstack(parts)
        mixed = np.where(mixed > 0, mixed, 0.01 * mixed) + f0
        mixed = (mixed - mixed.mean(1, keepdims=True)) / np.sqrt(mixed.var(1) + 1e-5)[:, None]
        expected = mixed @ weights["last.weight"].T + weights["last.bias"]
        np.testing.assert_allclose(out[start:stop], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("count", [1, 2, 80])
def test_powers_cannot_blow_up(count: int) -> None:
    """Eigenvalues lie between 0 and 1 for any number of nodes, even where all are alike."""
    for x in (torch.zeros(count, 3), FEATURE_LIMIT * torch.randn(count, 3)):
        counts = torch.tensor([count])
        packing = pack_nodes(torch.zeros(count, dtype=torch.long), counts)
        values = torch.linalg.eigvalsh(laplacian(x, packing, counts)[0].double())
        assert values.min() > -1e-6
        assert values.max() < 1 + 1e-6


def test_no_nan_without_nodes() -> None:
    """A finished day, alone or beside another, gives finite numbers and gradients."""
    spec, obs = observe(SMALL, SMALL)
    policy = fleet_policy(spec)
    for key in obs:
        if key.startswith(("n/", "e/")) or key == "action_mask":
            obs[key][1] = 0
    obs["candidates"][1] = -1
    logits, values = policy.net(to_tensors(obs))
    (logits.log_softmax(-1)[:, 0].sum() + values.sum()).backward()
    gradients = [p.grad for p in policy.net.parameters() if p.grad is not None]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    alone, value = evaluate(policy, row_of(obs, 1))
    assert (alone == -1e8).all()
    assert torch.isfinite(value).all()


def test_learns_to_prefer_an_arc_feature() -> None:
    """Sixty gradient steps bring the cross-entropy of the most profitable option below a third."""
    spec, obs = observe(*(f"random-5x20:seed={s}" for s in range(12)), steps=40)
    policy, tensors = fleet_policy(spec).train(), to_tensors(obs)
    arcs = tensors["candidates"][..., 2].clamp(min=0)
    profit = tensors["edge_attr/aircraft-option-port"][..., 1].gather(1, arcs)
    best = profit.where(tensors["action_mask"] > 0, torch.tensor(-99.0)).argmax(1)
    optimizer = torch.optim.Adam(policy.parameters(), 3e-3)
    losses = []
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(policy.net.logits(tensors), best)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3


def test_round_trip(tmp_path: Path) -> None:
    """A checkpoint gives bit-equal logits."""
    spec, obs = observe(SMALL)
    policy = fleet_policy(spec)
    save_policy(tmp_path / "policy", policy, {"family": "uam"})
    loaded = load_policy(tmp_path / "policy", family="uam", layout=spec.layout())
    assert torch.equal(loaded.logits(obs), evaluate(policy, obs)[0])


def test_only_for_fleets() -> None:
    """Observations of other families are refused with the remedy."""
    with pytest.raises(DispatchlabError, match="of the family 'uam', or another encoder"):
        chip_policy(chip_spec(), encoder="captain")

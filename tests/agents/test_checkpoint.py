"""Tests of safe checkpoints: round trip, and one sentence for everything that can be wrong."""

import copy
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import load_file, save

from dispatchlab.agents import LearnedPolicy, load_policy, save_policy
from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from tests.agents.helpers import make_policy, to_tensors
from tests.agents.toy_env import ToyVectorEnv, toy_spec

META = {"family": "toy", "steps": 7}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Prefix of a checkpoint of the token toy."""
    save_policy(tmp_path / "policy", make_policy(ToyVectorEnv(1)), META)
    return tmp_path / "policy"


def edit(prefix: Path, **changes: Any) -> None:
    """Change entries of the JSON half."""
    path = prefix.with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("encoder", "observation"), [("transformer", "tokens"), ("gin", "graph"), ("gatv2", "graph")]
)
def test_round_trip(encoder: str, observation: str, tmp_path: Path) -> None:
    """Loading gives bit-equal logits, and the meta data come back."""
    env = ToyVectorEnv(4, observation=observation, wait=True)
    obs, _ = env.reset(seed=0)
    policy = make_policy(env, encoder=encoder)
    files = save_policy(tmp_path / "best", policy, META)
    assert [path.name for path in files] == ["best.safetensors", "best.json"]
    loaded = load_policy(tmp_path / "best", family="toy", layout=env.graph_spec.layout())
    with torch.inference_mode():
        expected = policy.net.logits(to_tensors(obs))
    assert torch.equal(loaded.logits(obs), expected)
    assert (loaded.family, loaded.meta) == ("toy", {"steps": 7})
    assert json.loads(files[1].read_text())["layout_hash"] == env.graph_spec.layout_hash()
    assert not list(tmp_path.glob("*.tmp"))


def test_paths_that_mean_a_checkpoint(saved: Path) -> None:
    """The directory, the prefix and both files lead to the same policy, which can be resaved."""
    for path in (saved.parent, saved, saved.with_suffix(".json"), f"{saved}.safetensors"):
        assert load_policy(path).family == "toy"
    save_policy(saved.parent / "v1.2", load_policy(saved), {"steps": 8})
    again = load_policy(saved.parent / "v1.2")
    assert (again.family, again.meta) == ("toy", {"steps": 8})


def test_missing_file(saved: Path) -> None:
    """Each half is required."""
    with pytest.raises(
        CheckpointError, match=r"no agent .*nothing', for there is no file .*nothing\.saf"
    ):
        load_policy(saved.parent / "nothing")
    saved.with_suffix(".json").unlink()
    with pytest.raises(CheckpointError, match=r"there is no file .*policy\.json"):
        load_policy(saved)


@pytest.mark.parametrize("name", ["model.zip", "policy.pt", "policy.pkl"])
def test_pickles_are_refused(name: str, saved: Path) -> None:
    """Formats that can run code are never opened."""
    (saved.parent / name).write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(CheckpointError, match="may run code"):
        load_policy(saved.parent / name)


def test_other_family(saved: Path) -> None:
    """A checkpoint of another family is refused."""
    with pytest.raises(CheckpointError, match="family 'toy', not 'uam'"):
        load_policy(saved, family="uam")


def test_other_layout_names_the_first_feature(saved: Path) -> None:
    """The error names the first feature that differs, its units included."""
    layout = copy.deepcopy(toy_spec(8).layout())
    layout["nodes"]["option"][1]["name"] = "worth"
    with pytest.raises(CheckpointError, match=r"feature 1 of node type 'option' is 'value' \[1\]"):
        load_policy(saved, layout=layout)
    layout = copy.deepcopy(toy_spec(8).layout())
    layout["globals"].append({"name": "new", "unit": "s", "scaling": "horizon"})
    with pytest.raises(CheckpointError, match=r"absent .* and 'new' \[s / horizon\]"):
        load_policy(saved, layout=layout)
    with pytest.raises(CheckpointError, match=r"feature 1 of .* and 'noise'"):
        load_policy(saved, layout=toy_spec(8, "graph").layout())
    assert load_policy(saved, layout=toy_spec(99).layout()).family == "toy"


def test_unknown_version(saved: Path) -> None:
    """A newer format asks for a newer release."""
    edit(saved, version=2)
    with pytest.raises(CheckpointError, match="format version 2 but this release reads 1"):
        load_policy(saved)


@pytest.mark.parametrize("keep", [0, 5, 300, -1])
def test_truncated_weights(keep: int, saved: Path) -> None:
    """A download that broke off is recognised wherever it broke."""
    path = saved.with_suffix(".safetensors")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="not a whole safetensors file"):
        load_policy(saved)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"format": "other"}', "\x00"])
def test_damaged_description(text: str, saved: Path) -> None:
    """Neither broken nor foreign JSON goes further than the first check."""
    saved.with_suffix(".json").write_text(text)
    with pytest.raises(CheckpointError, match=r"is not JSON|does not describe"):
        load_policy(saved)


@pytest.mark.parametrize(
    "changes",
    [
        {"layout_hash": "0"},
        {"layout": {}},
        {"layout": {"nodes": 1, "edges": {}, "globals": [], "candidate_types": []}},
        {"meta": None},
        {"family": 3},
    ],
)
def test_damaged_entries(changes: dict[str, Any], saved: Path) -> None:
    """Entries of the wrong type and layouts that do not match their hash are refused."""
    edit(saved, **changes)
    with pytest.raises(CheckpointError, match="has a damaged"):
        load_policy(saved)


@pytest.mark.parametrize(
    "network",
    [
        {"hidden": 128},
        {"encoder": "gin"},
        {"num_layers": 1000},
        {"hidden": 4096},
    ],
)
def test_weights_of_another_network(network: dict[str, Any], saved: Path) -> None:
    """A description that does not match the tensors is refused before memory is spent on it."""
    edit(saved, network=network)
    with pytest.raises(CheckpointError, match="do not fit the network"):
        load_policy(saved)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            {"encoder": "lstm"},
            "names the encoder 'lstm', not one of arcs, captain, deepsocs, gatv2, gin",
        ),
        ({"encoder": ["gin"]}, "names the encoder"),
        ({"hidden": -1}, "hidden=-1, not a whole number from 1"),
        ({"hidden": 10**9}, "hidden=1000000000, not"),
        ({"hidden": "64"}, "hidden='64', not"),
        ({"num_layers": True}, "num_layers=True, not"),
        ({"hidden": 10, "num_heads": 4}, "not divisible by num_heads"),
        ({"surprise": 1}, "unknown entry 'surprise'"),
    ],
)
def test_damaged_network(network: dict[str, Any], message: str, saved: Path) -> None:
    """Each size is checked for its type and range before anything is built."""
    edit(saved, network=network)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_policy(saved)
    assert str(caught.value).count(". ") == 0


@pytest.mark.parametrize("encoder", ["transformer", "gin"])
def test_weights_of_another_layout(encoder: str, tmp_path: Path) -> None:
    """Real weights for graphs beside a description of tokens: the numbers of features are told."""
    for observation in ("tokens", "graph"):
        env = ToyVectorEnv(1, observation=observation)
        policy = make_policy(env, encoder=encoder)
        save_policy(tmp_path / observation, policy, META, layout=env.graph_spec.layout())
    (tmp_path / "graph.safetensors").replace(tmp_path / "tokens.safetensors")
    with pytest.raises(CheckpointError, match=r"another number of features \(.*option .* than"):
        load_policy(tmp_path / "tokens")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_no_numbers(value: float, saved: Path) -> None:
    """A policy whose training diverged is refused by the name of the tensor."""
    path = saved.with_suffix(".safetensors")
    weights = load_file(path)
    weights["value.layers.0.bias"][0] = value
    path.write_bytes(save(weights))
    with pytest.raises(CheckpointError, match=r"'value\.layers\.0\.bias' .* not all finite"):
        load_policy(saved)


def test_halves_of_two_writings(saved: Path) -> None:
    """A pair of which one file is older is refused, though the network and features are equal."""
    weights = saved.with_suffix(".safetensors")
    description = saved.with_suffix(".json")
    before = weights.read_bytes()
    save_policy(saved, make_policy(ToyVectorEnv(1)), META | {"steps": 9})
    weights.write_bytes(before)
    with pytest.raises(CheckpointError, match=r"not those that .policy\.json. was written"):
        load_policy(saved)
    told = json.loads(description.read_text())
    del told["weights_sha256"]  # as releases before this one wrote it
    description.write_text(json.dumps(told))
    assert load_policy(saved).meta["steps"] == 9


def test_a_write_that_fails_leaves_what_was_there(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, no draft, and the former policy still loads."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DispatchlabError, match=r"Cannot write .*policy.*: No space left"):
        save_policy(saved, make_policy(ToyVectorEnv(1)), META | {"steps": 8})
    monkeypatch.undo()
    assert load_policy(saved).meta["steps"] == 7
    assert sorted(path.name for path in saved.parent.iterdir()) == [
        "policy.json", "policy.safetensors",
    ]  # fmt: skip


def test_saving_needs_names(tmp_path: Path) -> None:
    """A policy without feature names or family cannot be exported by accident."""
    policy = make_policy(ToyVectorEnv(1))
    with pytest.raises(CheckpointError, match="has no family"):
        save_policy(tmp_path / "p", policy, {})
    with pytest.raises(CheckpointError, match="does not know its feature names"):
        save_policy(tmp_path / "p", policy.net, META)
    with pytest.raises(CheckpointError, match="holds no graph network"):
        save_policy(tmp_path / "p", torch.nn.Linear(1, 1), META)
    assert not list(tmp_path.iterdir())


def test_nameless_policy_compares_sizes() -> None:
    """A LearnedPolicy made from a bare network still refuses other widths."""
    policy = LearnedPolicy(make_policy(ToyVectorEnv(1)).net)
    policy.require_layout(toy_spec(30).layout())
    with pytest.raises(CheckpointError, match="use the environment"):
        policy.require_layout(toy_spec(8, "graph").layout())


def test_dispatcher_forms_agree(saved: Path) -> None:
    """`act` equals `act_batch`; sampling follows the temperature and the generator."""
    env = ToyVectorEnv(64)
    obs, _ = env.reset(seed=2)
    policy = load_policy(saved)
    greedy = policy.act_batch(obs)
    assert greedy.dtype == np.int64
    assert policy.act({key: value[3] for key, value in obs.items()}) == greedy[3]

    def draw(temperature: float) -> npt.NDArray[np.int64]:
        generator = torch.Generator().manual_seed(0)
        return policy.act_batch(obs, temperature=temperature, generator=generator, greedy=False)

    np.testing.assert_array_equal(draw(1e-6), greedy)
    np.testing.assert_array_equal(draw(1.0), draw(1.0))
    assert (draw(100.0) != greedy).any()
    assert obs["action_mask"][np.arange(64), draw(100.0)].all()

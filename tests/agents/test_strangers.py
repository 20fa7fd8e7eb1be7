"""Files from strangers: whatever they hold, no code runs and one sentence says what is wrong."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save

from dispatchlab.agents import load_policy, save_policy
from dispatchlab.agents.checkpoint import _layout_hash
from dispatchlab.envs.core.errors import CheckpointError
from tests.agents.helpers import make_policy
from tests.agents.toy_env import ToyVectorEnv


class Evil:
    """Unpickling it makes a file."""

    def __init__(self, path: Path) -> None:
        """Remember where."""
        self.path = str(path)

    def __reduce__(self) -> tuple[Any, ...]:
        """What the unpickler is told to call."""
        return open, (self.path, "w")


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Prefix of an honest checkpoint."""
    save_policy(tmp_path / "policy", make_policy(ToyVectorEnv(1)), {"family": "toy"})
    return tmp_path / "policy"


def refuse(path: Path) -> str:
    """The one sentence with which a checkpoint is refused."""
    with pytest.raises(CheckpointError) as caught:
        load_policy(path)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 500
    return message


def write_pickle(path: Path, evil: Evil) -> None:
    """A bare pickle."""
    path.write_bytes(pickle.dumps(evil))


def write_torch(path: Path, evil: Evil) -> None:
    """What torch.save makes: a zip with a pickle in it."""
    torch.save({"weights": evil}, path)


def write_old_torch(path: Path, evil: Evil) -> None:
    """What torch.save made before it made zips."""
    torch.save({"weights": evil}, path, _use_new_zipfile_serialization=False)


WRITERS = [write_pickle, write_torch, write_old_torch]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("half", [".safetensors", ".json"])
def test_a_disguised_pickle_runs_nothing(
    write: Callable[[Path, Evil], None], half: str, saved: Path
) -> None:
    """Pickles under the name of either file are refused, and what they call is never called."""
    trace = saved.parent / "trace"
    write(saved.with_suffix(half), Evil(trace))
    assert "download or save it again" in refuse(saved)
    assert not trace.exists()
    if write is write_pickle:  # the trap works where somebody walks into it
        pickle.loads(saved.with_suffix(half).read_bytes()).close()
        assert trace.exists()


def test_pickles_in_a_folder_of_the_hub_are_not_looked_at(saved: Path) -> None:
    """Of a downloaded folder only tensors and JSON are opened."""
    trace = saved.parent / "trace"
    for name in ("pytorch_model.bin", "training_args.bin", "model.zip", "checkpoint.pt"):
        write_pickle(saved.parent / name, Evil(trace))
    assert load_policy(saved.parent).family == "toy"
    for name in ("pytorch_model.bin", "checkpoint.pt"):
        assert "may run code" in refuse(saved.parent / name)
    assert not trace.exists()


@pytest.mark.parametrize("header", [0, 1, 2**40, 2**63 - 1, 2**64 - 1])
def test_impossible_headers(header: int, saved: Path) -> None:
    """A header that claims to be longer than the file costs neither memory nor time."""
    path = saved.with_suffix(".safetensors")
    path.write_bytes(header.to_bytes(8, "little") + path.read_bytes()[8:])
    assert "not a whole safetensors file" in refuse(saved)


def change_tensors(saved: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    """Change the stored tensors."""
    path = saved.with_suffix(".safetensors")
    tensors = load_file(path)
    change(tensors)
    path.write_bytes(save(tensors))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("value.layers.2.weight"), "do not fit the network"),
        (lambda tensors: tensors.update(extra=torch.zeros(3)), "do not fit the network"),
        (
            lambda tensors: tensors.update({"value.layers.2.weight": torch.zeros(1, 65)}),
            "do not fit the network",
        ),
        (
            lambda tensors: tensors.update({"value.layers.2.weight": torch.zeros(())}),
            "do not fit the network",
        ),
        (lambda tensors: tensors.clear(), "another number of features"),
    ],
    ids=["missing", "extra", "wider", "scalar", "empty"],
)
def test_tensors_that_do_not_fit(
    change: Callable[[dict[str, torch.Tensor]], None], message: str, saved: Path
) -> None:
    """Each missing, superfluous or misshapen tensor is noticed."""
    change_tensors(saved, change)
    assert message in refuse(saved)


def change_json(saved: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the description, and sign the layout as its writer would."""
    path = saved.with_suffix(".json")
    data = json.loads(path.read_text())
    change(data)
    if isinstance(data.get("layout"), dict):
        data["layout_hash"] = _layout_hash(data["layout"]) or data["layout_hash"]
    path.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data.update(version=2), "format version 2 but this release reads 1"),
        (lambda data: data.update(version=float("nan")), "format version nan"),
        (lambda data: data.update(version=10**400), "format version"),
        (lambda data: data.update(version="1"), "format version '1'"),
        (lambda data: data["network"].update(hidden=float("nan")), "hidden=nan, not a whole"),
        (lambda data: data["network"].update(num_layers=float("inf")), "num_layers=inf, not"),
        (lambda data: data["network"].update(num_heads=10**30), "num_heads=1000"),
        (lambda data: data["network"].update(feedforward=[1] * 9999), "feedforward="),
        (lambda data: data["layout"].update(candidate_types=["ghost"]), "node type 'ghost'"),
        (lambda data: data["layout"]["edges"].update({"a-to-b": []}), "node type 'a'"),
        (lambda data: data["layout"].update(globals=[{"name": "x"}] * 99), "number of features"),
        (lambda data: data["layout"].update(nodes=[]), "has a damaged 'layout' entry"),
        (lambda data: data.update(family=None), "has a damaged 'family' entry"),
    ],
)
def test_descriptions_that_make_no_sense(
    change: Callable[[dict[str, Any]], None], message: str, saved: Path
) -> None:
    """Values of other types, without end or without a meaning lead to one short sentence."""
    change_json(saved, change)
    assert message in refuse(saved)


def test_an_endless_nest_of_brackets(saved: Path) -> None:
    """JSON that is deeper than any parser goes is not JSON."""
    saved.with_suffix(".json").write_text("[" * 200_000)
    assert "is not JSON" in refuse(saved)

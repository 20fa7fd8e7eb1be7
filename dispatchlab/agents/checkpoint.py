"""Checkpoints that are safe to load from strangers: safetensors and JSON, never a pickle."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save
from torch import nn

from dispatchlab.agents.checkpoint_files import PolicyFiles, locate
from dispatchlab.agents.checkpoint_network import read_network
from dispatchlab.agents.inference import LearnedPolicy
from dispatchlab.agents.layout import GraphLayout, LayoutDict
from dispatchlab.agents.network import GraphNetwork
from dispatchlab.agents.pretrained import pretrained_names
from dispatchlab.envs.core.checks import shorten
from dispatchlab.envs.core.errors import CheckpointError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.core.graph_spec import EdgeType, Feature, GraphSpec, NodeType

FORMAT = "dispatchlab-policy"
FORMAT_VERSION = 1
_WEIGHTS_HASH = "weights_sha256"  # tells halves of two writings; missing in older checkpoints
_KEYS = {
    "format": str,
    "version": int,
    "family": str,
    "network": dict,
    "layout": dict,
    "layout_hash": str,
    "meta": dict,
}


class Contents(NamedTuple):
    """What stands in these files."""

    weights: bytes
    description: str


def save_policy(
    path_prefix: str | Path,
    policy: nn.Module | LearnedPolicy,
    meta: Mapping[str, Any],
    *,
    layout: LayoutDict | None = None,
) -> tuple[Path, Path]:
    """Write ``<prefix>.safetensors`` and ``<prefix>.json``.

    Args:
        path_prefix: Path without suffix; a directory means ``<directory>/policy``.
        policy: A graph policy of stable-baselines3, its network, or a `LearnedPolicy`.
        meta: JSON-able facts about the training; ``meta["family"]`` names the family.
        layout: Output of ``env.graph_spec.layout()``, unless the policy was given it.

    Returns:
        The two paths.

    Raises:
        CheckpointError: The family or the feature names are unknown.
        DispatchlabError: A file cannot be written.
    """
    files = locate(path_prefix)
    content = contents(policy, meta, layout=layout)
    files.weights.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(files.weights, content.weights)
    write_atomically(files.description, content.description)
    return files


def contents(
    policy: nn.Module | LearnedPolicy,
    meta: Mapping[str, Any],
    *,
    layout: LayoutDict | None = None,
) -> Contents:
    """What `save_policy`, with the same arguments, writes."""
    network, known, family = _parts(policy)
    layout, family = layout or known, str(meta.get("family", family))
    if not family:
        raise CheckpointError("The checkpoint has no family: give meta={'family': 'jobshop', ...}.")
    if layout is None:
        raise CheckpointError(
            "The policy does not know its feature names: give layout=env.graph_spec.layout()."
        )
    GraphLayout.from_dict(layout).require_equal(network.layout)
    weights = {
        key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()
    }
    # Other readers of safetensors ask which library the tensors are for.
    data: bytes = save(weights, metadata={"format": "pt"})
    description = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "family": family,
        "network": network.config.to_dict(),
        "layout": layout,
        "layout_hash": _layout_hash(layout),
        _WEIGHTS_HASH: hashlib.sha256(data).hexdigest(),
        "meta": {key: value for key, value in meta.items() if key != "family"},
    }
    return Contents(data, json.dumps(description, indent=2) + "\n")


def load_policy(
    path: str | Path,
    device: str | torch.device = "cpu",
    *,
    family: str | None = None,
    layout: LayoutDict | None = None,
) -> LearnedPolicy:
    """Load a checkpoint written by `save_policy`.

    Args:
        path: The prefix, either of the two files, the directory that holds ``policy.*`` or, as
            on the Hugging Face hub, ``model.safetensors`` and ``config.json``, or one of
            `pretrained_names`.
        device: Where to put the weights.
        family: Refuse a checkpoint of another family.
        layout: Refuse a checkpoint that does not fit ``env.graph_spec.layout()``.

    Returns:
        The policy.

    Raises:
        CheckpointError: Files are missing, damaged, of an unknown version, or do not fit.
    """
    files = locate(path)
    for part in files:
        if not os.path.isfile(part):
            raise CheckpointError(
                f"There is no agent {str(path)!r}, for there is no file {str(part)!r}: give a run "
                "folder, a pair of .safetensors and .json, or one of the pretrained policies "
                f"({', '.join(pretrained_names()) or 'none'})."
            )
    data = _read_description(files.description)
    if family is not None and data["family"] != family:
        raise CheckpointError(
            f"The checkpoint {str(files.description)!r} is for the family {data['family']!r}, "
            f"not {family!r}: choose a checkpoint of that family."
        )
    network = read_network(files.weights, files.description, data).to(device)
    _require_one_writing(files, data)
    policy = LearnedPolicy(network, family=data["family"], layout=data["layout"], meta=data["meta"])
    if layout is not None:
        policy.require_layout(layout)
    return policy


def _parts(policy: nn.Module | LearnedPolicy) -> tuple[GraphNetwork, LayoutDict | None, str]:
    """Network, layout and family of whatever holds a network."""
    if isinstance(policy, LearnedPolicy):
        return policy.network, policy.layout, policy.family
    network = getattr(policy, "net", policy)
    if not isinstance(network, GraphNetwork):
        raise CheckpointError(
            f"{type(policy).__name__} holds no graph network: give model.policy of a model that "
            "was made with GraphActorCriticPolicy."
        )
    return network, getattr(policy, "layout_dict", None), ""


def _read_description(path: Path) -> dict[str, Any]:
    """Read and check the JSON half."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{str(path)!r} is not JSON: download or save it again.") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise CheckpointError(
            f"{str(path)!r} does not describe a dispatchlab policy: give a file of save_policy."
        )
    if data.get("version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{str(path)!r} has format version {shorten(data.get('version'))} but this release "
            f"reads {FORMAT_VERSION}: install the release that wrote it."
        )
    bad = [key for key, kind in _KEYS.items() if not isinstance(data.get(key), kind)]
    found = "" if bad else _layout_hash(data["layout"])
    if not found or found != data["layout_hash"]:
        raise CheckpointError(
            f"{str(path)!r} has a damaged {bad[0] if bad else 'layout'!r} entry: "
            "download or save it again."
        )
    return data


def _require_one_writing(files: PolicyFiles, data: Mapping[str, Any]) -> None:
    """Refuse halves of two checkpoints, as a writer that is killed between them leaves them."""
    found = hashlib.sha256(files.weights.read_bytes()).hexdigest()
    if data.get(_WEIGHTS_HASH, found) != found:
        raise CheckpointError(
            f"The weights in {str(files.weights)!r} are not those that {files.description.name!r} "
            "was written with: download or save the two files again, or resume the run."
        )


def _layout_hash(layout: LayoutDict) -> str:
    """`GraphSpec.layout_hash` of a layout; an empty string if it is malformed."""
    try:
        spec = GraphSpec(
            nodes=tuple(
                NodeType(name, 0, _features(columns)) for name, columns in layout["nodes"].items()
            ),
            edges=tuple(
                EdgeType(
                    key.split("-")[0],
                    "-".join(key.split("-")[1:-1]),
                    key.split("-")[-1],
                    0,
                    _features(columns),
                )
                for key, columns in layout["edges"].items()
            ),
            globals=_features(layout["globals"]),
            candidate_types=tuple(layout["candidate_types"]),
            num_actions=0,
        )
        if not all(isinstance(name, str) for name in spec.candidate_types):
            return ""
    except (KeyError, TypeError, AttributeError):
        return ""
    return spec.layout_hash()


def _features(columns: list[dict[str, str]]) -> tuple[Feature, ...]:
    """Features of one node type, relation or global vector."""
    if not all(isinstance(text, str) for column in columns for text in column.values()):
        raise TypeError("a feature is described by something else than texts")
    return tuple(Feature(**column) for column in columns)

"""The two files of a checkpoint, and which ones a path means."""

import os
from pathlib import Path
from typing import NamedTuple

from dispatchlab.agents.pretrained import PRETRAINED, is_shipped
from dispatchlab.envs.core.errors import CheckpointError

HUB_FILES = ("model.safetensors", "config.json")
SUFFIXES = (".safetensors", ".json")
_USUAL = ("policy", *(Path(file).stem for file in HUB_FILES))  # in every folder


class PolicyFiles(NamedTuple):
    """The files of a checkpoint."""

    weights: Path
    description: Path


def locate(path: str | Path) -> PolicyFiles:
    """The two files that a path means; they need not exist.

    Args:
        path: What `load_policy` takes.

    Returns:
        Their paths.

    Raises:
        CheckpointError: It names a file that may run code when it is loaded.
    """
    path = PRETRAINED / path if is_shipped(path) else Path(path)
    if os.path.isdir(path):
        hub = PolicyFiles(path / HUB_FILES[0], path / HUB_FILES[1])
        path = path / "policy"
        if hub.weights.exists() and not path.with_suffix(".safetensors").exists():
            return hub
    beside = PolicyFiles(*(path.parent / file for file in HUB_FILES))
    if path in beside and all(os.path.exists(file) for file in beside):
        return beside
    if path.suffix in SUFFIXES:
        path = path.with_suffix("")
    if path.suffix in (".zip", ".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt"):
        raise CheckpointError(
            f"{str(path)!r} may run code when it is loaded: give a checkpoint of .safetensors "
            "and .json, as save_policy writes it."
        )
    return PolicyFiles(
        path.with_name(path.name + ".safetensors"), path.with_name(path.name + ".json")
    )


def name_of(path: str | Path) -> str:
    """What to call the policy that a path means.

    Args:
        path: What `load_policy` takes.

    Returns:
        The name of a shipped policy, of the folder, or of the files if they have one of their own.
    """
    whole = Path(path).resolve()
    if whole.is_dir():
        return whole.name
    stem = whole.stem if whole.suffix in SUFFIXES else whole.name
    return whole.parent.name if stem in _USUAL else stem

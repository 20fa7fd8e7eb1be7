"""RunFolder: the files of a run."""

import json
import os
import platform
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.core.versions import installed_versions
from dispatchlab.train.checkpoint import read_checkpoint
from dispatchlab.train.config import FREE_ON_RESUME, TrainConfig
from dispatchlab.train.config_files import read_config, write_config
from dispatchlab.train.progress_table import read_table

PACKAGES = (
    "dispatchlab",
    "gymnasium",
    "numba",
    "numpy",
    "sb3-contrib",
    "stable-baselines3",
    "torch",
    "torch-geometric",
)


class RunFolder:
    """Paths and plain files of a run.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Name the folder; nothing is touched yet."""
        self.path = Path(path)
        self.config = self.path / "config.yaml"
        self.checkpoint = self.path / "checkpoint.pt"
        self.model = self.path / "model.zip"
        self.policy = self.path / "policy"
        self.progress = self.path / "progress.csv"
        self.curriculum = self.path / "curriculum.jsonl"
        self.events = self.path / "tensorboard"
        self.eval = self.path / "eval.json"
        self.versions = self.path / "versions.json"
        self.track = self.path / "track.json"

    def create(self, config: TrainConfig) -> None:
        """Start a new run.

        Args:
            config: Its config.

        Raises:
            DispatchlabError: The folder holds something already or cannot be written.
        """
        name = str(self.path)
        if self.config.exists():
            raise DispatchlabError(
                f"{name!r} holds another run: continue it with --resume or choose another name."
            )
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            is_empty = not any(self.path.iterdir())
        except OSError as error:
            raise DispatchlabError(
                f"Cannot make the folder {name!r}: {error.strerror}; choose another path."
            ) from error
        if not is_empty:
            raise DispatchlabError(f"The folder {name!r} is not empty: choose another name.")
        write_config(config, self.config)
        self.write_versions()

    def undo_create(self) -> None:
        """Remove what a run has written that has no checkpoint yet, and nothing else."""
        for file in (self.config, self.versions, self.progress, self.curriculum, self.track):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.events, ignore_errors=True)
        with suppress(OSError):  # somebody has put a file there
            self.path.rmdir()

    def open(self, config: TrainConfig | None) -> tuple[TrainConfig, dict[str, Any]]:
        """Go back to a run.

        Args:
            config: The config it is expected to have, or None for whatever it has.

        Returns:
            Its config and its checkpoint.

        Raises:
            CheckpointError: There is nothing to continue, the configs differ, or what the run has
                written is damaged.
        """
        name = str(self.path)
        if self.path.exists() and not self.path.is_dir():
            raise CheckpointError(f"{name!r} is a file: give --out the folder of a run.")
        if not self.config.exists() or not self.checkpoint.exists():
            raise CheckpointError(
                f"{name!r} has no checkpoint to continue: start the run without --resume."
            )
        stored = read_config(self.config)
        state = read_checkpoint(self.checkpoint)
        # Checkpoints of older releases do not hold the settings.
        key, was, now = _changed(state.get("config", {}), stored)
        if key:
            raise CheckpointError(
                f"{str(self.config)!r} has {key}={now!r}, but the run was started with {was!r}: "
                "put it back, or start another run with these settings."
            )
        read_table(self.progress)
        if config is None:
            return stored, state
        key, was, now = _changed(stored.to_dict(), config)
        if key:
            raise CheckpointError(
                f"The run {name!r} was started with {key}={was!r}, not {now!r}: "
                "keep its settings or start another run."
            )
        write_config(config, self.config)
        return config, state

    def write_eval(self, data: Mapping[str, Any]) -> None:
        """Write ``eval.json``."""
        write_atomically(self.eval, json.dumps(data, indent=2) + "\n")

    def write_versions(self) -> None:
        """Write ``versions.json``."""
        found = {"python": platform.python_version(), "platform": platform.platform()}
        found |= package_versions()
        write_atomically(self.versions, json.dumps(found, indent=2) + "\n")


def _changed(before: Mapping[str, Any], config: TrainConfig) -> tuple[str, Any, Any]:
    """The first setting that may not differ and does, with its values; an empty name for none."""
    now = config.to_dict()
    for key, value in before.items():
        if key in now and _plain(now[key]) != _plain(value) and key not in FREE_ON_RESUME:
            return key, value, now[key]
    return "", None, None


def _plain(value: object) -> object:
    """A value without what does not outlive a file: spaces around texts."""
    return value.strip() if isinstance(value, str) else value


def package_versions() -> dict[str, str]:
    """Versions of the packages that decide how a run goes, as far as they are installed."""
    return installed_versions(PACKAGES)

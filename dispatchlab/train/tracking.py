"""Tracking services: the numbers of a run at Weights & Biases or in MLflow.

Both go through the service's own library, so that its environment variables decide where the
numbers go (``WANDB_MODE=offline``, ``MLFLOW_TRACKING_URI``, ...). A run that is resumed goes on
with the record that it began; what it repeats is equal bit for bit. A service that is out of reach
does not end training.
"""

import json
import re
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError, first_line
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.folder import RunFolder
from dispatchlab.train.tracker import FAILED, FINISHED, STOPPED, Tracker

_NOT_IN_MLFLOW = re.compile(
    r"[^\w\-. :/]", re.ASCII
)  # characters that names of metrics may not have


def import_tracker(name: str) -> Any:  # noqa: ANN401 - a module
    """The library of a tracking service.

    Args:
        name: ``"wandb"``, ``"mlflow"`` or ``"none"``.

    Returns:
        The module; None for none.

    Raises:
        DispatchlabError: It is not installed.
    """
    if name == "none":
        return None
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise DispatchlabError(
            f"The package {name!r} is not installed: run `pip install {name}`."
        ) from error


def start_tracker(config: TrainConfig, folder: RunFolder) -> Tracker | None:
    """The record of a run at its tracking service, new or continued.

    Args:
        config: Says which service, and is kept with the record.
        folder: Of the run, which remembers the id of the record.

    Returns:
        A writer for the logger of stable-baselines3; None if the run is not tracked.

    Raises:
        DispatchlabError: The library is not installed, or the service refuses.
        CheckpointError: What the folder remembers is damaged.
    """
    name = config.track
    library = import_tracker(name)
    if library is None:
        return None
    ids = _known_ids(folder.track)
    writer_class = WandbWriter if name == "wandb" else MlflowWriter
    try:
        writer = writer_class(library, config, str(folder.path), ids.get(name))
    except _errors(library, name) as error:
        reason = first_line(error).rstrip(".")
        raise DispatchlabError(
            f"{name} did not begin to track: {reason}; {_REMEDY[name]}."
        ) from error
    write_atomically(folder.track, json.dumps(ids | {name: writer.run_id}) + "\n")
    return writer


def _known_ids(path: Path) -> dict[str, str]:
    """Ids of the records that a run has, by service."""
    if not path.exists():
        return {}
    try:
        ids = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        ids = None
    if not isinstance(ids, dict) or not all(isinstance(id_, str) for id_ in ids.values()):
        raise CheckpointError(
            f"{str(path)!r} does not say which record the run has: remove the file, and a new "
            "record is begun."
        )
    return ids


class WandbWriter(Tracker):
    """Sends scalars to Weights & Biases."""

    def __init__(self, wandb: Any, config: TrainConfig, name: str, run_id: str | None) -> None:  # noqa: ANN401 - a module
        """Begin a record or go on with one.

        Args:
            wandb: The library.
            config: Settings of the run.
            name: Name of a new record.
            run_id: Of one that exists.
        """
        super().__init__("wandb", _errors(wandb, "wandb"))
        self._run = wandb.init(
            project=config.track_project,
            name=name,
            id=run_id,
            resume="allow",
            config=config.to_dict(),
        )
        self.run_id: str = self._run.id

    def _send(self, step: int, values: dict[str, Any]) -> None:
        """Send the scalars; steps that the record has already are ignored there."""
        self._run.log(values, step=step)

    def _finish(self, end: str) -> None:
        """End the record, which knows success and failure alone."""
        self._run.finish(exit_code=0 if end == FINISHED else 1)


class MlflowWriter(Tracker):
    """Sends scalars to MLflow."""

    def __init__(self, mlflow: Any, config: TrainConfig, name: str, run_id: str | None) -> None:  # noqa: ANN401 - a module
        """Begin a record or go on with one; the runs of the process itself are left alone.

        Args:
            mlflow: The library.
            config: Settings of the run.
            name: Name of a new record.
            run_id: Of one that exists.
        """
        super().__init__("mlflow", _errors(mlflow, "mlflow"))
        self._entities = mlflow.entities
        self._client = mlflow.MlflowClient()
        if run_id is None:
            self.run_id = self._begin(config, name)
        else:
            self.run_id = run_id
            self._client.update_run(run_id, status="RUNNING")

    def _send(self, step: int, values: dict[str, Any]) -> None:
        now_ms = int(time.time() * 1000)
        metrics = [
            self._entities.Metric(_NOT_IN_MLFLOW.sub("_", key), float(value), now_ms, step)
            for key, value in values.items()
        ]
        self._client.log_batch(self.run_id, metrics=metrics)

    def _finish(self, end: str) -> None:
        self._client.set_terminated(self.run_id, status=_STATES[end])

    def _begin(self, config: TrainConfig, name: str) -> str:
        """A new record in the experiment, which is made if need be."""
        project = config.track_project
        experiment = self._client.get_experiment_by_name(project)
        where = (
            self._client.create_experiment(project)
            if experiment is None
            else experiment.experiment_id
        )
        run_id: str = self._client.create_run(where, run_name=name).info.run_id
        params = [self._entities.Param(key, str(value)) for key, value in config.to_dict().items()]
        self._client.log_batch(run_id, params=params)
        return run_id


_STATES = {FINISHED: "FINISHED", FAILED: "FAILED", STOPPED: "KILLED"}  # in MLflow's words
_REMEDY = {
    "wandb": "run `wandb login`, or set WANDB_MODE=offline",
    "mlflow": "check MLFLOW_TRACKING_URI",
}


def _errors(library: Any, name: str) -> tuple[type[Exception], ...]:  # noqa: ANN401 - a module
    """What the library raises when the service refuses, or cannot be reached."""
    own = library.errors.Error if name == "wandb" else library.exceptions.MlflowException
    return own, OSError

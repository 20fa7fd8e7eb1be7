"""Tracking services: the numbers of a run at Weights & Biases or in MLflow.

Both go through the service's own library, so that its environment variables decide where the
numbers go (``WANDB_MODE=offline``, ``MLFLOW_TRACKING_URI``, ...). A run that is resumed goes on
with the record that it began; what it repeats is equal bit for bit.
"""

import json
import re
import time
from importlib import import_module
from typing import Any

from stable_baselines3.common.logger import KVWriter

from dispatchlab.envs.core.errors import DispatchlabError, first_line
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.folder import RunFolder

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


def start_tracker(config: TrainConfig, folder: RunFolder) -> KVWriter | None:
    """The record of a run at its tracking service, new or continued.

    Args:
        config: Says which service, and is kept with the record.
        folder: Of the run, which remembers the id of the record.

    Returns:
        A writer for the logger of stable-baselines3; None if the run is not tracked.

    Raises:
        DispatchlabError: The library is not installed, or the service refuses.
    """
    name = config.track
    library = import_tracker(name)
    if library is None:
        return None
    ids = json.loads(folder.track.read_text(encoding="utf-8")) if folder.track.exists() else {}
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


class WandbWriter(KVWriter):
    """Sends scalars to Weights & Biases.

    Attributes:
        run_id: Of the record.
    """

    def __init__(self, wandb: Any, config: TrainConfig, name: str, run_id: str | None) -> None:  # noqa: ANN401 - a module
        """Begin a record or go on with one.

        Args:
            wandb: The library.
            config: Settings of the run.
            name: Name of a new record.
            run_id: Of one that exists.
        """
        self._run = wandb.init(
            project=config.track_project,
            name=name,
            id=run_id,
            resume="allow",
            config=config.to_dict(),
        )
        self.run_id: str = self._run.id

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Send the scalars; steps that the record has already are ignored there."""
        self._run.log(dict(key_values), step=step)

    def close(self) -> None:
        """End the record."""
        self._run.finish()


class MlflowWriter(KVWriter):
    """Sends scalars to MLflow.

    Attributes:
        run_id: Of the record.
    """

    def __init__(self, mlflow: Any, config: TrainConfig, name: str, run_id: str | None) -> None:  # noqa: ANN401 - a module
        """Begin a record or go on with one; the runs of the process itself are left alone.

        Args:
            mlflow: The library.
            config: Settings of the run.
            name: Name of a new record.
            run_id: Of one that exists.
        """
        self._entities = mlflow.entities
        self._client = mlflow.MlflowClient()
        if run_id is None:
            self.run_id = self._begin(config, name)
        else:
            self.run_id = run_id
            self._client.update_run(run_id, status="RUNNING")

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Send the scalars."""
        now_ms = int(time.time() * 1000)
        metrics = [
            self._entities.Metric(_NOT_IN_MLFLOW.sub("_", key), float(value), now_ms, step)
            for key, value in key_values.items()
        ]
        self._client.log_batch(self.run_id, metrics=metrics)

    def close(self) -> None:
        """End the record."""
        self._client.set_terminated(self.run_id)

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


_REMEDY = {
    "wandb": "run `wandb login`, or set WANDB_MODE=offline",
    "mlflow": "check MLFLOW_TRACKING_URI",
}


def _errors(library: Any, name: str) -> type[Exception]:  # noqa: ANN401 - a module
    """What the library raises when the service refuses."""
    error: type[Exception]
    error = library.errors.Error if name == "wandb" else library.exceptions.MlflowException
    return error

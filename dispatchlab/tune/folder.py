"""StudyFolder: the files of a study, which one process at a time may write."""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from dispatchlab.envs.core.errors import CheckpointError, DispatchlabError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.core.folder_lock import locked_folder
from dispatchlab.train.config_files import write_config
from dispatchlab.train.yaml_files import dump_yaml, load_yaml
from dispatchlab.tune.result import TuneResult
from dispatchlab.tune.settings import TuneSettings


class StudyFolder:
    """Paths and files of a study.

    Attributes:
        path: The folder.
        journal: Every trial that has ended, as optuna's journal.
        best: Training settings of the best trial, or the base settings if no trial beats them.
        table: All trials as CSV.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Name the folder; nothing is touched yet."""
        self.path = Path(path)
        self.settings = self.path / "study.yaml"
        self.journal = self.path / "journal.log"
        self.best = self.path / "best.yaml"
        self.table = self.path / "trials.csv"

    def check_free(self) -> None:
        """Refuse a folder that holds something already or cannot be made; nothing is written.

        Raises:
            DispatchlabError: It is taken, or a file is in the way.
        """
        name = str(self.path)
        if self.settings.exists():
            raise DispatchlabError(
                f"{name!r} holds another study: continue it with --resume {name} or choose "
                "another name."
            )
        existing = next(p for p in (self.path, *self.path.absolute().parents) if p.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            raise DispatchlabError(
                f"Cannot make the folder {name!r}: {str(existing)!r} is a file or cannot be "
                "written; choose another path."
            )
        if existing == self.path and any(entry.name != ".lock" for entry in existing.iterdir()):
            raise DispatchlabError(f"The folder {name!r} is not empty: choose another name.")

    def write_settings(self, settings: TuneSettings) -> None:
        """Write ``study.yaml``."""
        write_atomically(self.settings, dump_yaml(settings.to_dict()))

    def read(self) -> TuneSettings:
        """The settings of the study.

        Returns:
            What `write_settings` was given.

        Raises:
            CheckpointError: There is no study.
            DispatchlabError: Its settings are damaged.
        """
        name = str(self.path)
        if self.path.exists() and not self.path.is_dir():
            raise CheckpointError(f"{name!r} is a file: give --resume the folder of a study.")
        if not self.settings.exists():
            raise CheckpointError(
                f"{name!r} holds no study to continue: start one with --out {name}."
            )
        data = load_yaml(self.settings)
        try:
            return TuneSettings.from_dict(data)
        except (KeyError, TypeError) as error:
            raise DispatchlabError(
                f"{str(self.settings)!r} is damaged: start the study again."
            ) from error

    def trial(self, number: int) -> Path:
        """Run folder of a trial; of the base settings for -1.

        It is absolute, since workers of a cluster stand in other folders.
        """
        return self.path.absolute() / "trials" / ("base" if number < 0 else f"{number:04}")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process from working on the study.

        Raises:
            DispatchlabError: Another one does, or the folder cannot be written.
        """
        with locked_folder(self.path, ".lock", "search"):
            yield

    def storage(self) -> JournalStorage:
        """The journal, freed of what a process that was killed may have left; needs the lock."""
        self.journal.with_name(f"{self.journal.name}.lock").unlink(missing_ok=True)
        if self.journal.exists():
            data = self.journal.read_bytes()
            whole = data[: data.rfind(b"\n") + 1]
            if whole != data:
                write_atomically(self.journal, whole)
        return JournalStorage(JournalFileBackend(str(self.journal)))

    def write_results(self, result: TuneResult) -> None:
        """Write table and best settings.

        Args:
            result: The study so far.
        """
        write_atomically(self.table, _csv(result))
        best = result.best_config
        if best is not None:
            write_config(best, self.best)


def _csv(result: TuneResult) -> str:
    """A row for each trial."""
    names: Sequence[str] = list(result.settings.space.parts)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["number", "state", "score", "validations", *names, "message", "seconds"])
    for trial in result.trials:
        cells: list[Any] = [trial.params[name] for name in names]
        score = "" if trial.score is None else trial.score
        writer.writerow(
            [trial.number, trial.state, score, trial.validations, *cells, trial.message,
             round(trial.seconds, 3)]
        )  # fmt: skip
    return text.getvalue()

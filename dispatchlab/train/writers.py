"""Where the numbers of a run go: a CSV file and TensorBoard, both continued on resume."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import KVWriter
from torch.utils.tensorboard import SummaryWriter

from dispatchlab.envs.core.errors import CheckpointError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.train.progress_table import TIMESTEPS, read_table

# What is known of a rollout, and of an update.
PLAY_COLUMNS = (TIMESTEPS, "time/seconds", "time/fps", "rollout/return", "rollout/decisions")
UPDATE_COLUMNS = (
    "train/learning_rate",
    "train/explained_variance",
    "train/value_loss",
    "train/policy_gradient_loss",
    "train/entropy_loss",
    "train/approx_kl",
    "train/clip_fraction",
    "train/gradient_norm",
)


class CsvWriter(KVWriter):
    """Appends one row a dump; the columns are fixed, so that a resumed run fits."""

    def __init__(self, path: Path, columns: Sequence[str], *, keep: int) -> None:
        """Open the file.

        Args:
            path: The file.
            columns: Header; other keys are not written.
            keep: Rows beyond so many timesteps are dropped: training repeats them.

        Raises:
            CheckpointError: A file that is there is damaged.
        """
        self._columns = list(columns)
        header, cells = read_table(path)
        foreign = next((name for name in header if name not in self._columns), None)
        if foreign is not None:
            raise CheckpointError(
                f"{str(path)!r} has the column {foreign!r}, which this run does not write: restore "
                "the file or remove it."
            )
        rows = [dict(zip(header, row, strict=True)) for row in cells]
        rows = [row for row in rows if float(row[TIMESTEPS] or "inf") <= keep]
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, self._columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(path, text.getvalue())
        self._file = path.open("a", newline="", encoding="utf-8")
        self._writer = csv.DictWriter(self._file, self._columns, restval="", extrasaction="ignore")

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Append a row."""
        self._writer.writerow({TIMESTEPS: step} | key_values)
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class TensorBoardWriter(KVWriter):
    """Scalars for TensorBoard; what a resumed run repeats is hidden there."""

    def __init__(self, folder: Path, *, keep: int) -> None:
        """Open an event file."""
        resumed = keep if folder.exists() else None
        self._writer = SummaryWriter(
            str(folder), purge_step=None if resumed is None else resumed + 1
        )

    def write(
        self,
        key_values: dict[str, Any],
        key_excluded: dict[str, tuple[str, ...]],
        step: int = 0,
    ) -> None:
        """Add the scalars."""
        for key, value in key_values.items():
            self._writer.add_scalar(key, value, step)
        self._writer.flush()

    def close(self) -> None:
        """Close the event file."""
        self._writer.close()

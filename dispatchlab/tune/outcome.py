"""Outcome: what became of a trial, kept in its folder until the study has heard of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.files import write_atomically

FILE = "outcome.json"
COMPLETE, PRUNED, FAILED = "complete", "pruned", "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trial.

    Attributes:
        number: Number of the trial.
        state: ``"complete"``, ``"pruned"`` or ``"failed"``.
        score: Validation score at the end, or the last one before it was pruned.
        curve: Score by validation, from 1.
        marks: What the pruner has to remember of it.
        seconds: Wall time, over all sittings.
        message: Why it failed.
    """

    number: int
    state: str
    score: float | None = None
    curve: Mapping[int, float] = field(default_factory=dict)
    marks: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    message: str = ""

    def write(self, folder: Path) -> None:
        """Keep it in the folder of the trial."""
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / FILE, json.dumps(asdict(self), indent=2) + "\n")


def read_outcome(folder: Path) -> Outcome | None:
    """The outcome in the folder of a trial.

    Args:
        folder: The folder.

    Returns:
        What `Outcome.write` wrote, or None if the trial has not ended or the file is damaged, so
        that the trial is repeated.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        data["curve"] = {int(step): score for step, score in data["curve"].items()}
        return Outcome(**data)
    except (AttributeError, LookupError, TypeError, ValueError):
        return None

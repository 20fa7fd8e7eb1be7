"""RunResult: what a training run came to."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a training run came to.

    Attributes:
        path: The run folder.
        timesteps: Decisions trained on.
        finished: False if the time limit came first; continue with ``resume=True``.
        seconds: Wall time over all sittings, from the call of `train` to the final scores; what was
            played after the last checkpoint of a sitting that was killed is not known.
        scores: By validation set and method: mean gaps in percent, or whatever the family measures.
    """

    path: Path
    timesteps: int
    finished: bool
    seconds: float
    scores: dict[str, dict[str, float]] = field(default_factory=dict)

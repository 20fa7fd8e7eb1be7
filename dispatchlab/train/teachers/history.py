"""History: what a teacher chose over a run, line by line, for pictures."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError, InstanceFormatError
from dispatchlab.envs.core.fields import load_object
from dispatchlab.envs.core.files import whole_lines, write_atomically
from dispatchlab.train.teachers.base import Episode, Teacher

MOST_EPISODES = 64  # of a rollout
MOST_LEVELS = 32


class History:
    """Appends a line of JSON for every rollout: decisions so far, episodes and what guides them.

    An episode is ``[point, edits, score, regret, learns]``. ``regions`` has the Gaussians or boxes
    of a teacher that has some, ``masses`` the levels that it is most likely to replay.

    Args:
        path: The file.
        keep: Lines beyond so many decisions are dropped: training repeats them.
    """

    def __init__(self, path: Path, *, keep: int) -> None:
        """Open the file."""
        kept = [
            line
            for line, rollout in zip(whole_lines(path), read_history(path), strict=True)
            if rollout["timesteps"] <= keep
        ]
        write_atomically(path, "".join(line + "\n" for line in kept))
        self._file = path.open("a", encoding="utf-8")

    def add(self, timesteps: int, teacher: Teacher, episodes: Sequence[Episode]) -> None:
        """Write a line.

        Args:
            timesteps: Decisions so far.
            teacher: Who chose.
            episodes: What has ended since the last line.
        """
        step = max(1, math.ceil(len(episodes) / MOST_EPISODES))
        line: dict[str, Any] = {
            "timesteps": timesteps,
            "ended": len(episodes),
            "episodes": [_shown(episode) for episode in episodes[::step]],
        }
        for what, by in (("regions", "weight"), ("masses", "mass")):
            tell = getattr(teacher, what, None)
            if tell is not None:
                line[what] = sorted(tell(), key=lambda one: -one[by])[:MOST_LEVELS]
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_history(path: Path) -> list[dict[str, Any]]:
    """The lines of a history.

    Args:
        path: The file.

    Returns:
        One dictionary a rollout; none if there is no such file.

    Raises:
        DispatchlabError: If a line is damaged.
    """
    return [_rollout(path, number, line) for number, line in enumerate(whole_lines(path), start=1)]


def _rollout(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        rollout = load_object(line)
        rollout.number("timesteps")
    except InstanceFormatError as error:
        raise DispatchlabError(f"Line {number} of {str(path)!r} is damaged: {error}") from error
    return rollout.data


def _shown(episode: Episode) -> list[Any]:
    level = episode.play.level
    regret = None if math.isnan(episode.regret) else round(episode.regret, 4)
    point = [round(x, 4) for x in level.point]
    return [point, list(level.edits), round(episode.score, 4), regret, episode.play.learns]

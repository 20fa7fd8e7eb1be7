"""RunRecord: all that a page shows of a run folder."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.checks import shorten
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.run_report.curriculum import Rollout, read_rollouts
from dispatchlab.eval.run_report.progress import Progress, read_progress
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.config_files import read_config
from dispatchlab.train.folder import RunFolder
from dispatchlab.train.levels import make_levels

if TYPE_CHECKING:
    from dispatchlab.train.levels.base import Levels


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Content of ``eval.json``.

    Attributes:
        sets: Facts on each validation set.
        final: Scores at the end by set and method.
        self_labelling: Decisions with the scores by set and method, before learning from rewards.
    """

    sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    final: dict[str, dict[str, float]] = field(default_factory=dict)
    self_labelling: list[tuple[float, dict[str, dict[str, float]]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """All that a page shows of a run folder.

    Attributes:
        name: Of the folder, or its path if two runs share a name.
        config: Its settings.
        versions: Packages and their versions.
        progress: Numbers over decisions.
        evaluation: Scores of the checkpoints.
        rollouts: What its teacher chose; empty without one.
        levels: What the teacher's choices mean; None without one.
    """

    name: str
    config: TrainConfig
    versions: dict[str, str]
    progress: Progress
    evaluation: Evaluation
    rollouts: list[Rollout]
    levels: "Levels | None"


def read_runs(paths: Sequence[Path]) -> list[RunRecord]:
    """Read run folders.

    Args:
        paths: The folders.

    Returns:
        Their records, in that order, with names that differ.

    Raises:
        DispatchlabError: If a folder holds no run, is given twice, or a file in it is damaged.
    """
    if not paths:
        raise DispatchlabError("There are 0 runs to show: name at least one run folder.")
    where = [path.resolve() for path in paths]
    for path, count in Counter(where).items():
        if count > 1:
            raise DispatchlabError(f"The run {str(path)!r} is given {count} times: name it once.")
    names = Counter(path.name for path in where)
    return [
        read_run(path, full.name if names[full.name] == 1 else str(path))
        for path, full in zip(paths, where, strict=True)
    ]


def read_run(path: Path, name: str) -> RunRecord:
    """Read a run folder; a run that has not ended yet will do.

    Args:
        path: The folder.
        name: What to call it.

    Returns:
        Its record.

    Raises:
        DispatchlabError: If it holds no run, or a file in it is damaged.
    """
    folder = RunFolder(path)
    if not folder.config.is_file():
        reason = "there is no such folder" if not path.exists() else "it has no config.yaml"
        raise DispatchlabError(
            f"{str(path)!r} is no run folder: {reason}; give one that `dispatchlab train` wrote."
        )
    config = read_config(folder.config)
    levels = make_levels(config) if config.teacher else None
    return RunRecord(
        name=name,
        config=config,
        versions={key: _shown(value) for key, value in _json(folder.versions).items()},
        progress=read_progress(folder.progress),
        evaluation=_evaluation(folder.eval),
        rollouts=[] if levels is None else read_rollouts(folder.curriculum, len(levels.space)),
        levels=levels,
    )


def _evaluation(path: Path) -> Evaluation:
    data = _json(path)
    try:
        return Evaluation(
            {str(name): dict(facts) for name, facts in data.get("sets", {}).items()},
            _scores(data.get("final", {})),
            [
                (float(point["decisions"]), _scores(point["scores"]))
                for point in data.get("self_labelling", ())
            ],
        )
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        raise _damaged(path) from None


def _scores(scores: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    return {
        str(name): {str(method): float(score) for method, score in methods.items()}
        for name, methods in scores.items()
    }


def _json(path: Path) -> dict[str, Any]:
    """An object of JSON; empty if there is no such file."""
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise _damaged(path) from None
    if not isinstance(data, dict):
        raise _damaged(path)
    return data


def _shown(version: object) -> str:
    return version if isinstance(version, str) else shorten(version)


def _damaged(path: Path) -> DispatchlabError:
    return DispatchlabError(
        f"{str(path)!r} is not what `dispatchlab train` writes: restore the file or remove it."
    )

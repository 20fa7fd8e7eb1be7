"""Run folders made by hand: what ``dispatchlab train`` writes, without any training."""

import json
from pathlib import Path
from typing import Any

from dispatchlab.train import preset
from dispatchlab.train.config_files import write_config

HEADER = "timesteps,time/seconds,eval/generated/greedy,eval/generated/spt,train/value_loss"
ROWS = ("0,1,50.0,40.0,", "512,2,,,0.25", "1024,3,30.0,40.0,0.125")
RANGES = "random:num_jobs=4-14,num_machines=3-3,duration_skew=0-4"
GAUSSIAN = {"mean": [0.5, 0.25], "cov": [[0.01, 0.002], [0.002, 0.04]], "weight": 0.8}
BOX = {"low": [0.0, 0.5], "high": [0.5, 1.0], "weight": 0.2}


def episode(
    x: float, y: float, score: float, *, edits: tuple[int, ...] = (), regret: float | None = None,
    learns: bool = True,
) -> list[Any]:  # fmt: skip
    """An episode as the history of a teacher has it."""
    return [[x, y], list(edits), score, regret, learns]


def mass(key: str, share: float, *edits: int) -> dict[str, Any]:
    """A kept level as the history has it."""
    row = {"key": key * 8, "point": [0.1, 0.5], "edits": edits, "score": 0.5, "staleness": 1.0}
    return row | {"mass": share}


LINES = (
    {
        "timesteps": 512, "ended": 2, "regions": [GAUSSIAN],
        "episodes": [episode(0.0, 0.0, 0.2, regret=0.4), episode(1.0, 1.0, 0.6)],
        "masses": [mass("a", 0.25), mass("b", 0.75, 0, 0)],
    },
    {
        "timesteps": 1024, "ended": 2, "regions": [BOX],
        "episodes": [episode(0.0, 0.0, 0.4, edits=(0, 0)), episode(0.0, 0.5, 0.8, learns=False)],
        "masses": [mass("b", 0.5, 0, 0), mass("c", 0.25)],
    },
)  # fmt: skip


def write_run(
    folder: Path, *, teacher: str = "uniform", rows: tuple[str, ...] = ROWS,
    lines: tuple[Any, ...] = LINES,
) -> Path:  # fmt: skip
    """Write a run folder."""
    folder.mkdir()
    changes = [f"teacher={teacher}", f"generator={RANGES}"]
    write_config(preset("quick", "job-shop").override(changes), folder / "config.yaml")
    (folder / "versions.json").write_text('{"python": "3.11.0"}')
    (folder / "progress.csv").write_text("\n".join((HEADER, *rows, "")))
    final = {"generated": {"greedy": 30.0, "spt": 40.0}}
    (folder / "eval.json").write_text(
        json.dumps({"sets": {"generated": {"gap_to": "lower bound"}}, "final": final})
    )
    if teacher:
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / "curriculum.jsonl").write_text(text)
    return folder

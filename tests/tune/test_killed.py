"""Studies whose processes are killed by the system."""

import multiprocessing
import os
import random
import signal
from pathlib import Path

import pytest

from dispatchlab.tune import TuneSettings, resume, tune
from dispatchlab.tune.folder import StudyFolder
from tests.tune.conftest import Make
from tests.tune.helpers import assert_same, table

_KILLS = 24


def _sit(settings: TuneSettings, folder: Path, jobs: int, engine: str) -> None:
    """A sitting: begin the study, or go on with it."""
    if StudyFolder(folder).settings.exists():
        resume(folder, jobs=jobs, engine=engine)
    else:
        tune(settings, folder, jobs=jobs, engine=engine)


def _kill_often(settings: TuneSettings, folder: Path, seconds: float) -> int:
    """Kill sittings after random times, until one ends by itself; how many were killed."""
    # A fork has everything imported, so that most of its time goes into the study.
    context = multiprocessing.get_context("fork")
    rng = random.Random(0)
    kills = 0
    while True:
        sitting = context.Process(target=_sit, args=(settings, folder, 1, "local"))
        sitting.start()
        assert sitting.pid is not None
        sitting.join(rng.uniform(0.0, seconds) if kills < 200 else None)
        if sitting.is_alive():
            os.kill(sitting.pid, signal.SIGKILL)
            sitting.join()
            kills += 1
        else:
            assert sitting.exitcode == 0
            return kills


@pytest.mark.slow
@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_killed_study_ends_as_if_nothing_had_happened(
    pruner: str, small: Make, tmp_path: Path
) -> None:
    """After two dozen deaths at random moments the trials equal those of an undisturbed study."""
    settings = small(trials=12, pruner=pruner)
    whole = tune(settings, tmp_path / "whole")
    seconds = sum(trial.seconds for trial in whole.trials)
    kills = _kill_often(settings, tmp_path / "killed", 1.5 * seconds / _KILLS)
    assert kills >= 20
    assert_same(tmp_path / "whole", tmp_path / "killed")


@pytest.mark.slow
def test_killed_study_with_workers(small: Make, tmp_path: Path) -> None:
    """Workers end with the study, and rounds that were half played are completed."""
    settings = small(trials=5, round_size=2)
    tune(settings, tmp_path / "whole", jobs=1)
    killed = tmp_path / "killed"
    context = multiprocessing.get_context("fork")
    for _ in range(5):
        sitting = context.Process(target=_sit, args=(settings, killed, 2, "local"))
        before = _validations(killed)
        sitting.start()
        assert sitting.pid is not None
        while sitting.is_alive() and _validations(killed) == before:
            sitting.join(0.02)
        os.kill(sitting.pid, signal.SIGKILL)
        sitting.join()
    assert not (killed / "trials.csv").exists() or len(table(killed)) < 5
    _sit(settings, killed, 2, "local")
    assert_same(tmp_path / "whole", killed)


def _validations(folder: Path) -> int:
    """Rows that the runs of a study have logged so far."""
    return sum(len(path.read_text().splitlines()) for path in folder.glob("trials/*/progress.csv"))


@pytest.mark.slow
def test_dead_worker_is_replaced(small: Make, tmp_path: Path) -> None:
    """A worker that is killed costs the study nothing but time."""
    settings = small(trials=4, round_size=2)
    tune(settings, tmp_path / "whole", jobs=1)
    killed: list[int] = []

    def kill(outcome: object) -> None:
        workers = multiprocessing.active_children()
        if len(killed) < 2 and workers:
            os.kill(workers[0].pid or 0, signal.SIGKILL)
            killed.append(1)

    tune(settings, tmp_path / "bereft", jobs=2, on_outcome=kill)
    assert len(killed) == 2
    assert_same(tmp_path / "whole", tmp_path / "bereft")


@pytest.mark.slow
def test_ray_plays_the_same_trials(
    small: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two tasks at a time on a cluster give what one process gives, and lie where that does."""
    ray = pytest.importorskip("ray")
    settings = small(trials=4, round_size=2)
    tune(settings, tmp_path / "here", jobs=1)
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        monkeypatch.chdir(tmp_path)  # where the workers of the cluster do not stand
        tune(settings, "ray", jobs=2, engine="ray")
    finally:
        ray.shutdown()
    assert_same(tmp_path / "here", tmp_path / "ray")
    assert len(list(tmp_path.glob("ray/trials/*/outcome.json"))) == 5

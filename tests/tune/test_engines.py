"""Who plays trials: losses of workers are told in a sentence, and nothing goes on after them."""

import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.tune import engines
from dispatchlab.tune.driver import next_tasks
from dispatchlab.tune.engines import RayEngine, make_engine
from dispatchlab.tune.folder import StudyFolder
from dispatchlab.tune.outcome import Outcome
from dispatchlab.tune.trial import TrialTask
from tests.tune.conftest import Make

ray = pytest.importorskip("ray")
errors = ray.exceptions


@pytest.mark.parametrize(
    "loss",
    [
        errors.OutOfMemoryError("The node runs low on memory."), errors.WorkerCrashedError(),
        errors.NodeDiedError("The node is gone."), errors.LocalRayletDiedError(),
    ],
)  # fmt: skip
def test_any_loss_ends_the_round(loss: Exception, small: Make, tmp_path: Path) -> None:
    """Whatever a worker was lost by is told, and the trials beside it are ended."""
    tasks = next_tasks(StudyFolder(tmp_path), small(round_size=4), [])
    outcomes: dict[int, Any] = {0: Outcome(0, "complete", 1.0), 1: loss}
    ended: list[int] = []

    def get(number: int, timeout: float | None) -> Outcome:
        if isinstance(outcomes[number], Exception):
            raise outcomes[number]
        found: Outcome = outcomes[number]
        return found

    play = SimpleNamespace(remote=lambda task: task.number)
    fake = SimpleNamespace(
        exceptions=errors, get=get, remote=lambda **_: lambda _: play, is_initialized=lambda: True,
        wait=lambda refs, num_returns: (refs[:1], refs[1:]),
        cancel=lambda ref, force: ended.append(ref),
    )  # fmt: skip
    rounds = RayEngine(fake, 2).run(tasks)
    assert next(rounds).number == 0
    with pytest.raises(DispatchlabError, match=r"workers of the trial 1 died 3 times \(.+\): look"):
        next(rounds)
    assert ended == [1, 2]  # the last one was not begun: two are played at the same time


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("slurm", 1), "engine is 'slurm'"), (("local", 0), "jobs is 0: give the number"),
        (("local", 2, "auto"), "'auto' is of a Ray cluster, but the engine is local"),
        (("ray", 1, "ray://head:10001"), "'ray://head:10001': start this on a node"),
    ],
)  # fmt: skip
def test_engines_that_do_not_fit(arguments: tuple[Any, ...], told: str) -> None:
    """What makes no sense is refused with the value."""
    with pytest.raises(DispatchlabError, match=told), make_engine(*arguments):
        pass


@pytest.mark.slow
def test_a_trial_that_kills_its_workers(
    small: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three processes of a cluster it is given up, and the trial beside it ends too."""
    folder = str(tmp_path)

    def deadly(task: TrialTask) -> Outcome:
        name = f"{folder}/{task.number}-{os.getpid()}"
        with open(name, "w", encoding="utf-8"):
            pass
        if task.number == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600)
        raise AssertionError

    monkeypatch.setattr(engines, "run_trial", deadly)
    tasks = next_tasks(StudyFolder(tmp_path / "study"), small(round_size=2), [])
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        told = r"trial 0 died 3 times \(.+\): look for a lack of memory"
        with make_engine("ray", 2) as engine, pytest.raises(DispatchlabError, match=told):
            list(engine.run(tasks))
        assert len(list(tmp_path.glob("0-*"))) == 3
        (other,) = (int(path.name.partition("-")[2]) for path in tmp_path.glob("1-*"))
        end = time.monotonic() + 30
        while Path(f"/proc/{other}").exists() and time.monotonic() < end:
            time.sleep(0.1)
        assert not Path(f"/proc/{other}").exists()
    finally:
        ray.shutdown()

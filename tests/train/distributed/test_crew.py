"""Processes that share tasks out: answers, errors and losses come back with their task."""

import importlib
import os
import signal
import threading
from collections.abc import Callable, Iterator

import cloudpickle
import pytest

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.distributed.crew import Crew, ProcessLostError, _end_of
from dispatchlab.train.distributed.parcels import answer, unpack

VARIABLE = "DISPATCHLAB_TEST"


@pytest.fixture
def crew() -> Iterator[Crew[str, tuple[int, str | None]]]:
    """Two processes whose answers are their ids and a variable."""

    def work(task: str) -> tuple[int, str | None]:
        if task == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if task == "fail":
            raise KeyError(task)
        return os.getpid(), os.environ.get(VARIABLE)

    crew = Crew(work, 2, {VARIABLE: "here"})
    yield crew
    crew.end()


def _all(crew: Crew[str, tuple[int, str | None]], tasks: list[str]) -> dict[str, object]:
    """What becomes of tasks with different names."""
    waiting, found = iter(tasks), {}
    crew.take_from(waiting)
    while crew.busy:
        found |= dict(crew.collect())
        crew.take_from(waiting)
    return found


def test_a_loss_costs_its_task_alone(crew: Crew[str, tuple[int, str | None]]) -> None:
    """The others go on in their processes, a new one comes in, and errors are no losses."""
    first = _all(crew, ["a", "b", "c"])
    ids = {answer[0] for answer in first.values()}  # type: ignore[index] # of no error
    assert len(ids) <= 2
    assert os.getpid() not in ids
    assert {answer[1] for answer in first.values()} == {"here"}  # type: ignore[index]
    assert VARIABLE not in os.environ
    then = _all(crew, ["die", "fail"])
    assert isinstance(then["die"], ProcessLostError)
    assert str(then["die"]) == "was killed by signal 9 (SIGKILL)"
    assert isinstance(then["fail"], KeyError)
    assert len(crew._processes) == 1
    last = _all(crew, ["d", "e"])
    assert len({answer[0] for answer in last.values()} - ids) == 1  # type: ignore[index]


class Unreadable:
    """Work or a task that no other process can make."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Look for a module that is only here."""
        return importlib.import_module, ("only_here",)


@pytest.mark.parametrize(
    ("work", "task", "what"), [(Unreadable(), "a", "its work"), (str, Unreadable(), "a task")]
)
def test_what_a_worker_cannot_read_is_told(
    work: Callable[[object], str], task: object, what: str
) -> None:
    """The task ends with the cause, in one sentence, and no process is lost."""
    crew: Crew[object, str] = Crew(work, 1)
    try:
        crew.take_from(iter([task]))
        ((_, found),) = crew.collect()
        assert isinstance(found, DispatchlabError)
        reason = "ModuleNotFoundError: No module named 'only_here'"
        assert str(found).startswith(f"A worker process cannot read {what} ({reason}): make")
        assert len(crew._processes) == 1
    finally:
        crew.end()


def test_errors_that_cannot_be_pickled_are_told() -> None:
    """Their kind and words arrive, and the process that met them goes on."""

    def work(task: object) -> None:
        raise ValueError("held by", threading.Lock())

    with pytest.raises(RuntimeError, match=r"ValueError: \('held by', <unlocked"):
        unpack(answer(work, cloudpickle.dumps(None)))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (3, "ended with exit code 3"), (-9, "was killed by signal 9 (SIGKILL)"),
        (-40, "was killed by signal 40"),
    ],
)  # fmt: skip
def test_ends_of_processes(code: int, told: str) -> None:
    """Every signal can be told, those without a name too."""
    assert _end_of(code) == told

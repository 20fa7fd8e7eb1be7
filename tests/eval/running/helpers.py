"""Comparisons that can be told apart only by their times, and methods that go wrong."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case, instance_cases
from dispatchlab.eval.compare import Comparison, Run
from dispatchlab.eval.methods import Method
from dispatchlab.eval.running.fingerprint import fingerprint
from tests.eval.helpers import TINY


def without_times(comparison: Comparison) -> list[str]:
    """The rows but for what a clock has measured; as texts, for NaN equals nothing."""
    return [repr(_timeless(run)) for run in comparison.runs]


def schedules(comparison: Comparison) -> dict[tuple[str, str, int], str]:
    """Fingerprints of the schedules."""
    return {key: fingerprint(schedule) for key, schedule in comparison.schedules.items()}


def tiny_cases(seeds: Sequence[int] = (0, 1, 2)) -> list[Case]:
    """The tiny shop under some seeds."""
    return instance_cases([TINY], seeds)


def counting(method: Any) -> list[int]:  # noqa: ANN401 (any class of methods)
    """Let a method count: the list gets the seed of every case that it solves from now on."""
    seeds: list[int] = []
    solve: Callable[[Case], Result] = method.solve

    def counted(case: Case) -> Result:
        seeds.append(case.seed)
        return solve(case)

    method.solve = counted
    return seeds


def make_killer(marker: Path, *, always: bool = False) -> Method:
    """A method that kills its process at seed 1; unless always, only if the marker is not there.

    Its class is made here so that it travels to other processes by value.
    """

    class Killer:
        name = "killer"

        def prepare(self) -> None:
            pass

        def solve(self, case: Case) -> Result:
            if case.seed == 1 and (always or not marker.exists()):
                marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return Result(None, None, 1.0, "unknown", 0.1)

    return Killer()


def make_refuser() -> Method:
    """A method that refuses seed 1."""

    class Refuser:
        name = "refuser"

        def prepare(self) -> None:
            pass

        def solve(self, case: Case) -> Result:
            if case.seed == 1:
                raise DispatchlabError("Seed 1 is not for me; take another.")
            return Result(None, None, 1.0, "unknown", 0.1)

    return Refuser()


def _timeless(run: Run) -> Run:
    return replace(run, runtime_s=0.0, time_per_decision_s=0.0)

"""Workbench: carries tasks out, in whatever process it stands."""

from collections.abc import Sequence
from dataclasses import replace

from dispatchlab.envs.core.errors import DispatchlabError, InfeasibleScheduleError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.methods.base import BatchMethod, Method
from dispatchlab.eval.running.records import from_text, to_text
from dispatchlab.eval.running.tasks import Answer, Bound, Bounded, Play, Played, Task

LOAD, ALONE = "load", "1 process"


class WorkerLostError(DispatchlabError):
    """A worker process ended before its task did."""


class Workbench:
    """The methods, each prepared when it is needed first.

    Args:
        methods: The methods.
        keeps: Whether results are to be written down.
        load: What is at work: every result that is computed tells it in its ``info``, since its
            time is taken under it.
    """

    def __init__(
        self, methods: Sequence[Method], *, keeps: bool = False, load: str = ALONE
    ) -> None:
        """Prepare nothing yet."""
        self.methods = methods
        self._keeps, self._load = keeps, load
        self._prepared: set[int] = set()

    def beside(self, count: int, where: str = "") -> "Workbench":
        """A workbench for each of several processes.

        Args:
            count: How many are at work beside each other.
            where: Other than on this machine.

        Returns:
            The workbench.
        """
        load = f"{count} process{'es' * (count != 1)}{where}"
        return Workbench(self.methods, keeps=self._keeps, load=load)

    def carry_out(self, task: Task) -> Answer:
        """Carry a task out; what comes from a file is checked like all else.

        Args:
            task: The task.

        Returns:
            Its answer.
        """
        if isinstance(task, Bound):
            return Bounded(*eval_family(task.case.family).known_bounds(task.case))
        method = self.methods[task.method]
        results, refused = _kept_results(method, task)
        if results and not refused:
            return Played(results, (None,) * len(results))
        results = self._solve(task)
        texts: tuple[str, ...] = ()
        if self._keeps:
            pairs = zip(task.cases, results, strict=True)
            texts = tuple(to_text(method.name, case, result) for case, result in pairs)
        return Played(results, tuple(map(_complaint, task.cases, results)), texts, refused)

    def _solve(self, task: Play) -> tuple[Result, ...]:
        method = self.methods[task.method]
        if task.method not in self._prepared:
            method.prepare()
            self._prepared.add(task.method)
        if isinstance(method, BatchMethod):
            results = method.solve_all(task.cases)
        else:
            results = [method.solve(case) for case in task.cases]
        return tuple(replace(one, info={**one.info, LOAD: self._load}) for one in results)


def _kept_results(method: Method, task: Play) -> tuple[tuple[Result, ...], dict[int, str]]:
    """What was kept of a task, and by its position why a result is not taken."""
    results: list[Result] = []
    refused: dict[int, str] = {}
    for position, text in enumerate(task.kept):
        case = task.cases[position]
        try:
            result = from_text(text, method.name, case)
            complaint = _complaint(case, result)
        except DispatchlabError as error:
            complaint = str(error)
        else:
            results.append(result)
        if complaint is not None:
            refused[position] = complaint
    return tuple(results), refused


def _complaint(case: Case, result: Result) -> str | None:
    """What the checker has against a result; None for nothing."""
    if result.schedule is None:
        return None
    try:
        eval_family(case.family).verify(case, result)
    except InfeasibleScheduleError as error:
        return str(error)
    return None

"""A comparison's tasks from beginning to end: shared out, kept, and told about."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.running.engines import Engine
from dispatchlab.eval.running.folder import Folder
from dispatchlab.eval.running.tasks import Answer, Bound, Bounded, Play, Played, Task, plays
from dispatchlab.eval.running.workbench import Workbench, WorkerLostError

OnRun = Callable[[str, Case], None]
OnCheck = Callable[[Case], None]
OnRefused = Callable[[str], None]


@dataclass(slots=True)
class Found:
    """What the tasks came to.

    Attributes:
        played: Result, and complaint of the checker, by the indices of method and case.
        bounds: Bounds by the index of the case.
    """

    played: dict[tuple[int, int], tuple[Result, str | None]] = field(default_factory=dict)
    bounds: dict[int, Bounded] = field(default_factory=dict)


def carry_out(
    methods: Sequence[Method], cases: Sequence[Case], engine: Engine, folder: Folder | None = None,
    on_run: OnRun | None = None, on_check: OnCheck | None = None,
    on_refused: OnRefused | None = None,
) -> Found:  # fmt: skip
    """Carry out whatever is not kept.

    Args:
        methods: The methods.
        cases: The cases.
        engine: Who carries it out.
        folder: Where it is kept, if it is.
        on_run: Called for each method and case.
        on_check: Called for each case whose bounds are found.
        on_refused: Called with a sentence for each kept result that is not taken.

    Returns:
        Results and bounds.

    Raises:
        WorkerLostError: If a process was lost; everything that was finished is kept.
    """
    book = _Book(methods, cases, folder, on_run, on_check, on_refused)
    bench = Workbench(methods, keeps=folder is not None)
    try:
        for task, answer in engine.run(bench, book.tasks()):
            book.keep(task, answer)
            book.enter(task, answer)
    except WorkerLostError as error:
        remedy = "give a folder (--keep) to keep what is finished, and begin again"
        if folder is not None:
            remedy = f"what was finished is kept in {str(folder.path)!r}, begin again to go on"
        raise WorkerLostError(f"{error}; {remedy}.") from error
    return book.found


class _Book:
    """What is to be done, and what has been found."""

    def __init__(
        self, methods: Sequence[Method], cases: Sequence[Case], folder: Folder | None,
        on_run: OnRun | None, on_check: OnCheck | None, on_refused: OnRefused | None,
    ) -> None:  # fmt: skip
        self.found = Found()
        self._methods, self._cases, self._folder = methods, cases, folder
        self._on_run, self._on_check, self._on_refused = on_run, on_check, on_refused

    def tasks(self) -> Iterator[Task]:
        """All that is to be done; what is kept of it goes along, to be checked."""
        for task in plays(self._methods, self._cases):
            yield replace(task, kept=self._folder.results(task)) if self._folder else task
        for index, case in enumerate(self._cases):
            bound = Bound(index, case)
            known = self._known_bound(bound)
            if known is None:
                yield bound
            else:
                self.enter(bound, known)

    def keep(self, task: Task, answer: Answer) -> None:
        """Keep what is new."""
        if self._folder is None:
            return
        if isinstance(task, Play) and isinstance(answer, Played) and answer.texts:
            self._tell_refused(self._folder, task, answer)
            self._folder.keep_results(task, answer.texts)
        elif isinstance(task, Bound) and isinstance(answer, Bounded):
            self._folder.keep_bound(task, answer)

    def enter(self, task: Task, answer: Answer) -> None:
        """Note an answer, and tell about it."""
        if isinstance(task, Play) and isinstance(answer, Played):
            told = zip(task.indices, answer.results, answer.complaints, strict=True)
            for index, result, complaint in told:
                self.found.played[task.method, index] = result, complaint
                if self._on_run is not None:
                    self._on_run(self._methods[task.method].name, self._cases[index])
        elif isinstance(task, Bound) and isinstance(answer, Bounded):
            self.found.bounds[task.index] = answer
            if self._on_check is not None:
                self._on_check(task.case)

    def _tell_refused(self, folder: Folder, task: Play, answer: Played) -> None:
        """Name the files that were not taken."""
        for position, reason in answer.refused.items():
            if self._on_refused is not None:
                path = str(folder.result_path(task, position))
                told = reason[:1].lower() + reason[1:]
                self._on_refused(f"The kept result {path!r} is computed again: {told}")

    def _known_bound(self, task: Bound) -> Bounded | None:
        """What is kept, or known at once."""
        family = eval_family(task.case.family)
        if not (family.bounds_take_time and task.case.wants_bound):
            return Bounded(*family.known_bounds(task.case))
        return self._folder.bound(task) if self._folder else None

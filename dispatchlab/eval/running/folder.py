"""Folder: where a comparison keeps what is finished, so that it can be cut off at any time.

The layout::

    question.json                              what was asked, see `question.py`
    results/001-mwkr/000001-ft06-0.json        a schedule file per method and case, see `records.py`
    bounds/000001.json                         of families whose bounds take their time
    lock                                       held while a comparison runs

Every file is written whole or not at all. Names are numbered, so whatever methods and instances are
called, no two share a file.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.files import write_atomically
from dispatchlab.envs.core.folder_lock import locked_folder
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.running.question import FORMAT, difference, question_of
from dispatchlab.eval.running.records import content_of
from dispatchlab.eval.running.tasks import Bound, Bounded, Play

QUESTION, RESULTS, BOUNDS, LOCK = "question.json", "results", "bounds", "lock"
_LONGEST = 60  # characters of a name in a file name


class Folder:
    """A folder that is open for one comparison.

    Args:
        path: The folder.
        methods: The methods.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path, methods: Sequence[Method]) -> None:
        """See `open_folder`."""
        self.path = path
        self._methods = [
            f"{number:03d}-{_file_name(method.name)}" for number, method in enumerate(methods, 1)
        ]

    def results(self, task: Play) -> tuple[str, ...]:
        """The kept texts of a task.

        Args:
            task: A method on cases.

        Returns:
            A text for each case, or nothing unless there is one for all of them.
        """
        texts = [_read(self._result(task.method, *pair)) for pair in _pairs(task)]
        return () if None in texts else tuple(text for text in texts if text is not None)

    def result_path(self, task: Play, position: int) -> Path:
        """Where the result of one case of a task lies.

        Args:
            task: A method on cases.
            position: Which of its cases.

        Returns:
            The file.
        """
        return self._result(task.method, task.indices[position], task.cases[position])

    def keep_results(self, task: Play, texts: Sequence[str]) -> None:
        """Keep what a task came to.

        Args:
            task: A method on cases.
            texts: A text for each case.
        """
        for (index, case), text in zip(_pairs(task), texts, strict=True):
            path = self._result(task.method, index, case)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, text)

    def bound(self, task: Bound) -> Bounded | None:
        """The kept bounds of a case.

        Args:
            task: The case.

        Returns:
            The bounds, or None.
        """
        try:
            found = json.loads(_read(self._bound(task)) or "")
            lower, upper = (float(found[name]) for name in ("lower", "upper"))
            is_right = found["case"] == content_of(task.case)
        except (ValueError, LookupError, TypeError, RecursionError):
            return None
        return Bounded(lower, upper) if is_right else None

    def keep_bound(self, task: Bound, bounds: Bounded) -> None:
        """Keep the bounds of a case.

        Args:
            task: The case.
            bounds: Its bounds.
        """
        path = self._bound(task)
        path.parent.mkdir(exist_ok=True)
        # as texts, for JSON has no NaN
        told = {"lower": repr(float(bounds.lower)), "upper": repr(float(bounds.upper))}
        write_atomically(path, json.dumps({"case": content_of(task.case), **told}) + "\n")

    def _result(self, method: int, index: int, case: Case) -> Path:
        name = f"{index + 1:06d}-{_file_name(case.instance)}-{case.seed}.json"
        return self.path / RESULTS / self._methods[method] / name

    def _bound(self, task: Bound) -> Path:
        return self.path / BOUNDS / f"{task.index + 1:06d}.json"


@contextmanager
def open_folder(path: Path, methods: Sequence[Method], cases: Sequence[Case]) -> Iterator[Folder]:
    """Open a folder for a comparison, alone.

    Args:
        path: A folder of the same question, an empty one, or one that is not there yet.
        methods: The methods.
        cases: The cases.

    Returns:
        The folder.

    Raises:
        DispatchlabError: If the folder cannot be used, is in use, or is of another question.
    """
    with locked_folder(path, LOCK, "evaluation"):
        _settle(path, question_of(methods, cases))
        yield Folder(path, methods)


def _settle(path: Path, asked: Mapping[str, Any]) -> None:
    """Put the question into a new folder, or see that it is the one of the folder."""
    asked = json.loads(json.dumps(asked))  # as it is read back
    if not (path / QUESTION).exists():
        if strangers := sorted(p.name for p in path.iterdir() if not _is_ours(p)):
            raise DispatchlabError(
                f"The folder {str(path)!r} holds other files ({strangers[0]!r}) and no evaluation; "
                "name an empty or a new one to keep the results in."
            )
        write_atomically(path / QUESTION, json.dumps(asked, indent=1) + "\n")
        return
    kept = _read_question(path)
    if told := difference(kept, asked):
        raise DispatchlabError(
            f"The folder {str(path)!r} is of another evaluation: {told}; repeat that one, or keep "
            "the results in another folder."
        )
    for draft in (*path.glob(".*.tmp"), *path.glob("*/.*.tmp"), *path.glob("*/*/.*.tmp")):
        draft.unlink(missing_ok=True)  # what was being written when an evaluation was cut off


def _read_question(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(_read(path / QUESTION) or "")
        if not isinstance(kept, dict) or kept["format"] != FORMAT:
            raise ValueError("it lacks its format")
        difference(kept, kept | {"packages": {}})  # every part can be read
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise DispatchlabError(
            f"The file {str(path / QUESTION)!r} is damaged or no question of an evaluation; keep "
            "the results in another folder."
        ) from None
    return kept


def _is_ours(path: Path) -> bool:
    """Whether it may lie in a folder whose first evaluation was cut off at its very beginning."""
    return path.name == LOCK or (path.name.startswith(f".{QUESTION}") and path.suffix == ".tmp")


def _read(path: Path) -> str | None:
    """The text of a file, which is empty if the file holds none; None if it is not there."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""
    except OSError:
        return None


def _pairs(task: Play) -> Iterator[tuple[int, Case]]:
    return zip(task.indices, task.cases, strict=True)


def _file_name(name: str) -> str:
    """What every file system accepts of a name."""
    return re.sub(r"[^A-Za-z0-9_.=+-]", "_", name)[:_LONGEST]

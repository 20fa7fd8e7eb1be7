"""WfCommons' WfFormat: recorded scientific workflows, schema versions 1.3 to 1.6.

Until 1.4 a task has its runtime, parents and files in ``workflow.tasks``; since 1.5
``workflow.specification`` has tasks and files, and ``workflow.execution`` the runtimes.

* An arc's volume is the bytes of the files that the parent writes and the child reads.
* Runtimes were measured on one kind of machine, so a speed model makes the execution table: by
  default four processing elements of speeds 1, 1, 2 and 4, joined by 1 Gbit/s (125 bytes per µs).
  Times are whole µs.
* A kernel is a category or program; where its runtimes differ, one kernel for each of them.
"""

from collections import Counter
from typing import NamedTuple

from dispatchlab.envs.core.checks import first_twice
from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.core.fields import Fields, load_object, shorten
from dispatchlab.envs.soc.formats.assumed import Assumed, Tasks, one_job, scaled_row
from dispatchlab.envs.soc.instance import SocInstance

SPEEDS = (1.0, 1.0, 2.0, 4.0)
BYTES_PER_US = 125.0
VERSIONS = ("1.3", "1.4", "1.5", "1.6")


class _Task(NamedTuple):
    """What all versions have of a task; files by name."""

    id: str
    name: str
    label: str
    seconds: float
    field: str
    parents: list[str]
    children: list[str]
    inputs: set[str]
    outputs: set[str]


def parse(text: str, name: str, assumed: Assumed) -> SocInstance:
    """Read JSON text.

    Args:
        text: Content of a file.
        name: Name of the instance where the file has none.
        assumed: The chip, if not the default one.

    Returns:
        One job of the workflow on an idle chip.

    Raises:
        InstanceFormatError: If the text is no such workflow.
    """
    data = load_object(text)
    version = data.text("schemaVersion")
    if not version.startswith(VERSIONS):
        raise InstanceFormatError(
            f"the field 'schemaVersion' is {version!r}; versions {', '.join(VERSIONS)} are read, "
            "migrate older files with the tools of WfCommons."
        )
    workflow = data.child("workflow")
    sizes: dict[str, float] = {}
    if "specification" in workflow.data:
        tasks = _split_tasks(workflow, sizes)
    else:
        tasks = _joint_tasks(workflow, sizes)
    if not tasks:
        raise InstanceFormatError("the list of tasks is empty; a workflow has at least one.")
    if assumed.chip is None:
        assumed = Assumed(None, assumed.speeds or SPEEDS, assumed.bandwidth or BYTES_PER_US)
    title = data.text("name") if data.has("name") else name
    return one_job(title, _tasks(tasks, sizes, assumed), assumed)


def _tasks(tasks: list[_Task], sizes: dict[str, float], assumed: Assumed) -> Tasks:
    names = [task.name for task in tasks]
    if len(set(names)) < len(names):
        names = [task.id for task in tasks]
    speeds = assumed.speeds or SPEEDS
    rows = [scaled_row(task.seconds * 1e6, speeds, f"the field {task.field!r}") for task in tasks]
    return Tasks(names, [task.label for task in tasks], rows, _arcs(tasks, sizes))


def _joint_tasks(workflow: Fields, sizes: dict[str, float]) -> list[_Task]:
    """Tasks of versions 1.3 and 1.4."""
    found = []
    for task in workflow.children("tasks"):
        name = task.text("name")
        key = "runtimeInSeconds" if "runtimeInSeconds" in task.data else "runtime"
        if key not in task.data:
            key = "runtimeInSeconds"
        files: dict[str, set[str]] = {"input": set(), "output": set()}
        for file in task.children("files") if task.has("files") else []:
            link, title = file.text("link"), _file_name(file)
            if link not in files:
                raise InstanceFormatError(
                    f"the field {file.path('link')!r} is {link!r}; write input or output."
                )
            files[link].add(title)
            _note_size(file, title, sizes)
        found.append(_Task(
            task.text("id") if task.has("id") else name, name, _label(task, task, name),
            task.number(key), task.path(key), _names(task, "parents"), _names(task, "children"),
            files["input"], files["output"],
        ))  # fmt: skip
    return found


def _split_tasks(workflow: Fields, sizes: dict[str, float]) -> list[_Task]:
    """Tasks of versions from 1.5 on."""
    specification = workflow.child("specification")
    for file in specification.children("files") if specification.has("files") else []:
        _note_size(file, file.text("id"), sizes)
    runs = {run.text("id"): run for run in workflow.child("execution").children("tasks")}
    found = []
    for task in specification.children("tasks"):
        key = task.text("id")
        if key not in runs:
            raise InstanceFormatError(
                f"the field 'workflow.execution.tasks' has no entry with the id {key!r} of "
                f"{task.where!r}; add its runtime."
            )
        run = runs[key]
        name = task.text("name") if task.has("name") else key
        found.append(_Task(
            key, name, _label(task, run, name),
            run.number("runtimeInSeconds"), run.path("runtimeInSeconds"),
            _names(task, "parents"), _names(task, "children"),
            set(_names(task, "inputFiles")), set(_names(task, "outputFiles")),
        ))  # fmt: skip
    return found


def _label(task: Fields, run: Fields, name: str) -> str:
    """Category, program or the name without its number."""
    if task.has("category"):
        return task.text("category")
    if run.has("command") and run.child("command").has("program"):
        return run.child("command").text("program")
    stem = name.rstrip("0123456789")
    if stem == name:
        return name
    return stem.removesuffix("ID").removesuffix("_") or name


def _names(task: Fields, key: str) -> list[str]:
    return task.texts(key) if task.has(key) else []


def _file_name(file: Fields) -> str:
    return file.text("name" if "name" in file.data else "id")


def _note_size(file: Fields, name: str, sizes: dict[str, float]) -> None:
    key = "size" if "size" in file.data and "sizeInBytes" not in file.data else "sizeInBytes"
    size = file.number(key)
    if size < 0:
        raise InstanceFormatError(f"the field {file.path(key)!r} is {size}; a size is at least 0.")
    sizes[name] = max(size, sizes.get(name, 0.0))


def _arcs(tasks: list[_Task], sizes: dict[str, float]) -> list[tuple[int, int, float]]:
    """Arcs from what tasks say of their parents and children, one for each pair."""
    by_id = _index([task.id for task in tasks])
    # versions before 1.5 refer to tasks by name, whatever their ids are
    names = Counter(task.name for task in tasks)
    by_name = {task.name: n for n, task in enumerate(tasks) if names[task.name] == 1}
    pairs: dict[tuple[int, int], None] = {}
    for number, task in enumerate(tasks):
        for key, others in (("parents", task.parents), ("children", task.children)):
            for other in others:
                index = by_id.get(other, by_name.get(other))
                if index is None:
                    raise InstanceFormatError(
                        f"the {key} of the task {task.id!r} name {other!r}, which is no task; "
                        "correct the name or add the task."
                    )
                pairs[(index, number) if key == "parents" else (number, index)] = None
    return [(a, b, _volume(tasks[a], tasks[b], sizes)) for a, b in pairs]


def _volume(parent: _Task, child: _Task, sizes: dict[str, float]) -> float:
    volume = 0.0
    for file in sorted(parent.outputs & child.inputs):
        if file not in sizes:
            raise InstanceFormatError(
                f"the file {shorten(file)} passes from {parent.id!r} to {child.id!r}, but "
                "'workflow.specification.files' does not list it; add its sizeInBytes."
            )
        volume += sizes[file]
    return volume


def _index(ids: list[str]) -> dict[str, int]:
    twice = first_twice(ids)
    if twice is not None:
        raise InstanceFormatError(f"the task {twice!r} is listed twice; rename or remove one.")
    return {name: number for number, name in enumerate(ids)}

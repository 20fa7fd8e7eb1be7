"""The question of a comparison: which methods, with which settings, on which cases, with what.

What was kept of one question is no answer to another, so a folder holds its question.
"""

import platform
from collections.abc import Mapping, Sequence
from typing import Any

from dispatchlab.envs.core.versions import installed_versions
from dispatchlab.eval.cases import Case
from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.running.records import content_of

FORMAT = "dispatchlab-evaluation"
VERSION = 2  # since 2 a result tells the load under which its time was taken
_MOST = 5  # names in a message
# What decides results; linear programs of scipy are the bounds of edges and air taxis.
PACKAGES = (
    "dispatchlab", "numba", "numpy", "ortools", "pymoo", "scipy", "torch", "torch-geometric",
)  # fmt: skip


def question_of(methods: Sequence[Method], cases: Sequence[Case]) -> dict[str, Any]:
    """The question of a comparison.

    Args:
        methods: The methods.
        cases: The cases, which are told apart by their content.

    Returns:
        A JSON object.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        # releases of Python that differ in the last digit compute alike
        "packages": {name: text for name, text in versions().items() if name != "python"},
        "family": cases[0].family,
        # methods that users write need not say more than their name
        "methods": [{"name": m.name, "settings": getattr(m, "settings", {})} for m in methods],
        "cases": [
            {"instance": case.instance, "seed": case.seed, "content": content_of(case)}
            for case in cases
        ],
    }


def versions() -> dict[str, str]:
    """Versions of what decides the numbers.

    Returns:
        Text by name of the package.
    """
    return {"python": platform.python_version(), **installed_versions(PACKAGES)}


def difference(kept: Mapping[str, Any], asked: Mapping[str, Any]) -> str:
    """What tells two questions apart.

    Args:
        kept: The question of a folder.
        asked: The question that is asked now.

    Returns:
        A clause such as ``"its methods are mwkr, but spt was asked for"``; empty if nothing.
    """
    if kept == asked:
        return ""
    if kept.get("version") != asked["version"]:
        return (
            f"it was kept by a release with layout {kept.get('version')!r}, but this one has "
            f"layout {asked['version']!r}"
        )
    if kept.get("family") != asked["family"]:
        return f"its family is {kept.get('family')!r}, but {asked['family']!r} was asked for"
    return (
        _difference_of_packages(kept["packages"], asked["packages"])
        or _difference_of_lists("methods", *(_names(q["methods"], "name") for q in (kept, asked)))
        or _difference_of_settings(kept["methods"], asked["methods"])
        or _difference_of_lists("cases", _cases(kept["cases"]), _cases(asked["cases"]))
        or _difference_of_contents(kept["cases"], asked["cases"])
    )


def _difference_of_packages(kept: Mapping[str, str], asked: Mapping[str, str]) -> str:
    for name in {**kept, **asked}:
        before, now = (packages.get(name, "absent") for packages in (kept, asked))
        if before != now:
            return f"it was made with {name} {before}, but this is {name} {now}"
    return ""


def _difference_of_lists(what: str, kept: Sequence[str], asked: Sequence[str]) -> str:
    if kept == asked:
        return ""
    if sorted(kept) == sorted(asked):
        return f"its {what} stand in the order {_shown(kept)}, but now {_shown(asked)}"
    more = [name for name in asked if name not in kept]
    less = [name for name in kept if name not in asked]
    told = [
        *([f"it has no {what} {_shown(more)}"] if more else []),
        *([f"its {what} {_shown(less)} were not asked for"] if less else []),
    ]
    return " and ".join(told)


def _difference_of_settings(kept: Sequence[Any], asked: Sequence[Any]) -> str:
    for before, now in zip(kept, asked, strict=True):
        for name in {**before["settings"], **now["settings"]}:
            values = [method["settings"].get(name) for method in (before, now)]
            if values[0] != values[1]:
                return f"its {now['name']} has {name} {values[0]!r}, but now it is {values[1]!r}"
    return ""


def _difference_of_contents(kept: Sequence[Any], asked: Sequence[Any]) -> str:
    for before, now in zip(kept, asked, strict=True):
        if before["content"] != now["content"]:
            name = f"{now['instance']}, seed {now['seed']}"
            return f"what it calls {name} is another problem than the {name} of now"
    return ""


def _names(entries: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    return [str(entry[key]) for entry in entries]


def _cases(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    return [f"{entry['instance']} with seed {entry['seed']}" for entry in entries]


def _shown(names: Sequence[str]) -> str:
    """A list that is not too long for a sentence."""
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")

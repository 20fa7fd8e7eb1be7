"""The teachers by name, with their sources, and how a text names one with its settings."""

import inspect
from collections.abc import Mapping
from importlib import import_module
from typing import Any, NamedTuple

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.levels.base import Levels
from dispatchlab.train.teachers.base import Teacher
from dispatchlab.train.values import closest, parse_value, split_settings

_PLACE = "dispatchlab.train.teachers."
_NOT_IN_TEXTS = ("seed", "levels", "space", "buffer")
_BUFFER, _PPO = ("level_buffer:LevelBuffer",), ("generator_ppo:GeneratorPpo",)
SMALL_BUFFER = 256  # levels; the published 1,000 to 8,000 are for runs a hundred times as long


class Entry(NamedTuple):
    """A teacher that has a name.

    Attributes:
        text: What it does and where it comes from, in a line.
        where: ``module:Class``.
        fixed: Settings that make it this teacher.
        usual: Defaults that differ from those of the class.
        needs: What it is built for besides points: ``"edits"``, ``"sequences"`` or nothing.
        parts: ``module:Class`` of what the class passes further settings on to.
    """

    text: str
    where: str
    fixed: Mapping[str, Any] = {}
    usual: Mapping[str, Any] = {}
    needs: str = ""
    parts: tuple[str, ...] = ()


TEACHERS: dict[str, Entry] = {
    "uniform": Entry(
        "every task is equally likely (domain randomisation)", "uniform:Uniform"
    ),
    "linear": Entry(
        "hand-made oracle: a window slides from easy to hard as the scores allow (Portelas et al. "
        "2019)", "linear:Linear",
    ),
    "cyclical": Entry(
        "a share of the tasks, easiest first, that grows and shrinks (Kesgin and Amasyali 2022)",
        "cyclical:Cyclical",
    ),
    "adr": Entry(
        "a box that grows where the student is good (OpenAI et al. 2019)", "adr:Adr"
    ),
    "alp-gmm": Entry(
        "Gaussians over tasks, drawn by absolute learning progress (Portelas et al. 2019)",
        "alp_gmm:AlpGmm",
    ),
    "covar-gmm": Entry(
        "Gaussians, drawn by the covariance of score and time (Moulin-Frier et al. 2014)",
        "covar_gmm:CovarGmm",
    ),
    "riac": Entry(
        "a tree of regions, drawn by learning progress (Baranes and Oudeyer 2009)", "riac:Riac"
    ),
    "spdl": Entry(
        "a Gaussian that moves towards the target as fast as values allow (Klink et al. 2020)",
        "spdl:Spdl", usual={"first_update": 10_000, "update_every": 5_000, "start_mean": 0.5},
    ),
    "learning-progress": Entry(
        "cells of the task space, drawn by fast against slow success (Kanitscheider et al. 2021)",
        "learning_progress:LearningProgress", usual={"cells": 2},
    ),
    "sfl": Entry(
        "levels of the highest learnability p(1-p), judged now and then (Rutherford et al. 2024)",
        "sfl:Sfl",
    ),
    "plr": Entry(
        "prioritised level replay (Jiang et al. 2021)", "plr:Plr",
        usual={"capacity": SMALL_BUFFER}, parts=_BUFFER,
    ),
    "robust-plr": Entry(
        "the same, without learning from new levels (Jiang et al. 2021, arXiv:2110.02439)",
        "plr:Plr", {"robust": True}, {"capacity": SMALL_BUFFER}, parts=_BUFFER,
    ),
    "regret-plr": Entry(
        "PLR whose score is the exact regret against a heuristic (ours)", "plr:Plr",
        {"score": "regret"}, {"capacity": SMALL_BUFFER}, parts=_BUFFER,
    ),
    "accel": Entry(
        "robust PLR whose levels are edited (Parker-Holder et al. 2022)", "accel:Accel",
        {"robust": True}, {"capacity": SMALL_BUFFER}, "edits", _BUFFER,
    ),
    "regret-accel": Entry(
        "ACCEL whose score is the exact regret against a heuristic (ours)", "accel:Accel",
        {"robust": True, "score": "regret"}, {"capacity": SMALL_BUFFER}, "edits", _BUFFER,
    ),
    "paired": Entry(
        "a network that builds levels for the regret of two students (Dennis et al. 2020)",
        "paired:PairedTeacher", needs="sequences", parts=_PPO,
    ),
    "flexible-paired": Entry(
        "the same, where the better student is the antagonist (Gur et al. 2021)",
        "paired:PairedTeacher", {"regret": "flexible"}, needs="sequences", parts=_PPO,
    ),
    "repaired": Entry(
        "PAIRED whose levels are replayed (Jiang et al. 2021, arXiv:2110.02439)",
        "repaired:RepairedTeacher", {"buffer": {"capacity": SMALL_BUFFER}},
        needs="sequences", parts=_PPO,
    ),
    "clutr": Entry(
        "a bandit over the latent space of levels, for regret (Azad et al. 2023)",
        "clutr:ClutrTeacher", needs="sequences", parts=_PPO,
    ),
}  # fmt: skip


def make_teacher(text: str, levels: Levels, *, seed: int = 0) -> Teacher:
    """Make the teacher that a text names.

    Args:
        text: ``NAME[:setting=value,...]``; several numbers are joined by ``+``.
        levels: What it chooses from.
        seed: Of its generator.

    Returns:
        The teacher.

    Raises:
        DispatchlabError: A name is unknown, a value does not fit, or there is nothing to choose.
    """
    name, entry, settings = _read(text)
    dimensions = len(levels.space)
    if not dimensions:
        raise DispatchlabError(
            f"The teacher {name!r} has nothing to choose: give the generator ranges, as in "
            "num_jobs=3-10."
        )
    made = _find(entry.where)
    if entry.needs == "sequences":
        teacher: Teacher = made(levels.sequence, seed=seed, **settings)
    elif entry.needs == "edits":
        from dispatchlab.train.teachers.accel import LevelEditor

        editor = LevelEditor(
            dimensions, edit_tokens=levels.edit_tokens,
            **{key: settings.pop(key) for key in ("num_edits",) if key in settings},
        )  # fmt: skip
        teacher = made(dimensions, editor, seed=seed, **settings)
    else:
        teacher = made(dimensions, seed=seed, **settings)
    return teacher


def check_teacher(text: str) -> None:
    """Refuse a text that names no teacher or has settings that it lacks.

    Args:
        text: As for `make_teacher`.

    Raises:
        DispatchlabError: A name is unknown or a value is of the wrong kind.
    """
    _read(text)


def _read(text: str) -> tuple[str, Entry, dict[str, Any]]:
    """Name, entry and settings of a text."""
    name = text.partition(":")[0].strip()
    if name not in TEACHERS:
        raise DispatchlabError(f"There is no teacher {name!r}: {closest(name, TEACHERS)}.")
    entry = TEACHERS[name]
    known = settings_of(entry)
    given = {
        key: _parse(f"{key} of the teacher {name!r}", value, known[key])
        for key, value in split_settings(text, "teacher", known).items()
    }
    return name, entry, {**entry.usual, **given, **entry.fixed}


def settings_of(entry: Entry) -> dict[str, Any]:
    """What a text may set: of the class, its bases and the parts that it passes settings on to.

    Args:
        entry: A teacher.

    Returns:
        Their defaults by name, but for those of `Entry.usual`.
    """
    known: dict[str, Any] = {"num_edits": 3} if entry.needs == "edits" else {}
    for where in (entry.where, *entry.parts):
        for made in inspect.getmro(_find(where))[:-1]:
            for parameter in inspect.signature(made).parameters.values():
                if parameter.default is not parameter.empty:
                    known.setdefault(parameter.name, parameter.default)
    return {key: known[key] for key in known if key not in {*_NOT_IN_TEXTS, *entry.fixed}}


def _parse(key: str, value: str, default: Any) -> Any:  # noqa: ANN401 (of the default's type)
    """A value of the type of the default; where that is a list or open, as many as there are."""
    if isinstance(default, (bool, int, str)):
        return parse_value(key, value, default)
    numbers = [parse_value(key, part, 0.0) for part in value.split("+")]
    if isinstance(default, tuple):
        return tuple(int(x) if x == int(x) else x for x in numbers)
    whole = numbers[0] if default is not None or numbers[0] != int(numbers[0]) else int(numbers[0])
    return whole if len(numbers) == 1 else tuple(numbers)


def _find(where: str) -> Any:  # noqa: ANN401 (a class)
    module, _, name = where.partition(":")
    return getattr(import_module(_PLACE + module), name)

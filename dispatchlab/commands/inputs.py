"""What commands are given: instances, seeds and disturbances."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dispatchlab.commands.families import STREAMS, stream_commands
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.jobshop.instance import CpEncoding

MAX_SEEDS = 100_000
MODEL_SUFFIXES = (".pb", ".pbtxt", ".textproto")


def load_problem(name_or_path: str) -> "CpEncoding":
    """The instance of a benchmark name, an instance file or a CP-SAT model file.

    Args:
        name_or_path: Name or path.

    Returns:
        The encoding.

    Raises:
        DispatchlabError: If there is no such instance or the file is damaged.
    """
    path = Path(name_or_path)
    if path.suffix.lower() not in MODEL_SUFFIXES:
        from dispatchlab.envs.jobshop.library import load_instance

        return load_instance(name_or_path)
    from dispatchlab.envs.jobshop.cp_model_import import from_cp_model

    return from_cp_model(path, name=path.stem)


def load_problems(given: Sequence[str]) -> list["CpEncoding"]:
    """Instances of names, benchmark sets and files; commas separate as well.

    Args:
        given: For example ``["ft06,ft10", "ta15x15", "shop.jsp"]``.

    Returns:
        The encodings.

    Raises:
        DispatchlabError: If something is not found, or the list is empty.
    """
    names = [name for text in given for name in split_list(text)]
    if not names:
        raise DispatchlabError(
            f"The instances {','.join(given)!r} name none; name at least one, for example ft06."
        )
    return [load_problem(member) for name in names for member in _members(name)]


def family_of(name_or_path: str) -> str:
    """The family of a name or file; it need not be valid.

    Args:
        name_or_path: What a user gave.

    Returns:
        One of `STREAMS`, or ``"job-shop"`` for everything else.
    """
    owns = (name for name in STREAMS if stream_commands(name).is_problem(name_or_path))
    return next(owns, "job-shop")


def schedule_family(path: str | Path) -> str | None:
    """The family whose episode a file claims to hold.

    Args:
        path: Any path.

    Returns:
        One of `STREAMS`, or None for any other file; those of job shops say nothing.
    """
    owns = (name for name in STREAMS if stream_commands(name).is_schedule_file(path))
    return next(owns, None)


def common_family(given: Sequence[str]) -> tuple[str, list[str]]:
    """The family of names and files, and the names; commas separate as well.

    Args:
        given: For example ``["job:Top_1,job:Top_2", "graph.stg"]``.

    Returns:
        The family; and for streams the names.

    Raises:
        DispatchlabError: If they are of several families.
    """
    names = split_names(given)
    families = {name: family_of(name) for name in names}
    if len(set(families.values())) > 1:
        first = next(name for name in names if families[name] != "job-shop")
        other = next(name for name in names if families[name] != families[first])
        place = stream_commands(families[first]).place
        raise DispatchlabError(
            f"{first!r} is a problem {place} and {other!r} is none; give them apart."
        )
    return next(iter(families.values()), "job-shop"), names


def split_names(given: Sequence[str], option: str = "") -> list[str]:
    """Names of instances between commas; a part that is a setting belongs to the name before.

    Args:
        given: For example ``["top-1:mean_gap_us=50,max_jobs=4,top-mix"]``.
        option: Where it was given, if something must be.

    Returns:
        The names.

    Raises:
        DispatchlabError: If nothing was given that must be.
    """
    names: list[str] = []
    for part in (part.strip() for text in given for part in text.split(",")):
        if names and "=" in part and ":" not in part and "=" in names[-1]:
            names[-1] += f",{part}"
        elif part:
            names.append(part)
    _require_some(names, ",".join(given), option)
    return names


def split_list(text: str, option: str = "") -> list[str]:
    """What stands between commas, without blanks; nothing is left out but empty parts.

    Args:
        text: For example ``"spt, mwkr:k=3"``.
        option: Where it was given, if something must be.

    Returns:
        The parts.

    Raises:
        DispatchlabError: If nothing was given that must be.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    _require_some(parts, text, option)
    return parts


def _require_some(parts: Sequence[str], text: str, option: str) -> None:
    """Refuse an option that names nothing, for its default is not what was asked for."""
    if option and not parts:
        raise DispatchlabError(
            f"The option {option} is {text!r}, which names nothing; name at least one, or leave "
            "the option out."
        )


def parse_seeds(text: str) -> list[int]:
    """Seeds such as ``0``, ``0,3,7`` or ``0-9``.

    Args:
        text: What was given.

    Returns:
        The seeds.

    Raises:
        DispatchlabError: If the text is not a list of whole numbers.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        if not _is_seed(first) or (dash and not _is_seed(last)):
            raise DispatchlabError(
                f"The seeds {text[:80]!r} are not understood; write 0, or 0,1,2, or 0-9."
            )
        span = range(int(first), int(last or first) + 1)
        if not span:
            raise DispatchlabError(f"The seeds {part.strip()!r} run backwards; write 3-5.")
        if len(seeds) + len(span) > MAX_SEEDS:
            raise DispatchlabError(
                f"The seeds {text[:80]!r} are too many; give at most {MAX_SEEDS}."
            )
        seeds += span
    if not seeds or len(set(seeds)) < len(seeds):
        raise DispatchlabError(f"The seeds {text!r} are empty or repeat; give each one once.")
    return seeds


def _is_seed(text: str) -> bool:
    return text.isdecimal() and len(text) <= 18


def _members(name: str) -> Sequence[str]:
    """The instances of a set, or the name itself; names and files come first."""
    from dispatchlab.envs.jobshop.library import instance_names, instance_set

    if name.lower() in instance_names() or os.path.exists(name) or Path(name).suffix:
        return [name]
    try:
        return instance_set(name)
    except DispatchlabError:
        return [name]

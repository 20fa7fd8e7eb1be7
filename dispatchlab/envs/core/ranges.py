"""Arguments of generators: numbers, ranges of numbers, and the strings that hold them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

from dispatchlab.envs.core.checks import shorten
from dispatchlab.envs.core.errors import InvalidInstanceError
from dispatchlab.envs.core.task_space import Parameter

Range = float | tuple[float, float]
HUGE = 1e300

_NUMBER = r"[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_RANGE = re.compile(rf"({_NUMBER})(?:-({_NUMBER}))?")
_WORDS = {"true": True, "false": False}


def narrow(parameter: Parameter, given: object) -> Parameter:
    """The parameter, restricted to what was asked for.

    Args:
        parameter: The widest range and the default.
        given: A number or a pair ``(low, high)``.

    Returns:
        The parameter over that range; a single value where a number was given.

    Raises:
        InvalidInstanceError: If it is neither, or leaves the widest range.
    """
    ends = tuple(given) if isinstance(given, tuple | list) else (given, given)
    if len(ends) != 2:
        raise InvalidInstanceError(
            f"{parameter.name} is {given!r}; give a number or a pair (low, high)."
        )
    low, high = (_checked(parameter, value) for value in ends)
    if low > high:
        raise InvalidInstanceError(
            f"{parameter.name} runs from {low} to {high}; give the lower end first."
        )
    inside = low <= parameter.default <= high
    default = parameter.default if inside else parameter.cast((low + high) / 2)
    return replace(parameter, low=low, high=high, default=default)


def parse_options(spec: str, text: str) -> dict[str, Any]:
    """Options from ``name=value`` pairs between commas.

    Args:
        spec: What the user gave as a whole, for error messages.
        text: The pairs.

    Returns:
        By name a number, a range ``(low, high)`` from ``low-high``, true, false or a word.

    Raises:
        InvalidInstanceError: If a pair is incomplete or a name stands twice.
    """
    options: dict[str, Any] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if not name or not value:
            raise InvalidInstanceError(
                f"The option {part!r} in {spec!r} is incomplete; write name=value."
            )
        if name in options:
            raise InvalidInstanceError(f"The option {name!r} stands twice in {spec!r}; remove one.")
        options[name] = _value(value)
    return options


def parse_mix(
    spec: str, options: Mapping[str, Any], is_preset: Callable[[str], bool]
) -> tuple[list[Any], dict[str, Any]]:
    """Instances and options of a generator that chooses among presets.

    Args:
        spec: ``preset:NAME+NAME,option=value`` (``preset:instances=NAME|NAME,...`` and ``mix:``
            mean the same), the name of a preset with or without options
            (``NAME:option=value``), or the path of a file.
        options: Options that override those of the string.
        is_preset: Whether a name is that of a preset.

    Returns:
        The names, and the options as in `parse_options`.

    Raises:
        InvalidInstanceError: If an option is incomplete or no instance is named.
    """
    kind, colon, rest = spec.strip().partition(":")
    if kind in ("preset", "mix") and colon:
        return _parse_list(spec, rest, options)
    if is_preset(kind):
        return [kind], parse_options(spec, rest) | dict(options)
    return [spec.strip()], dict(options)


def _parse_list(
    spec: str, text: str, options: Mapping[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Names between plus signs, or an option ``instances`` with them; then options."""
    first, _, rest = text.partition(",")
    if "=" in first:
        first, rest = "", text
    given = parse_options(spec, rest) | dict(options)
    names = split_names(given.pop("instances", first))
    if not names:
        raise InvalidInstanceError(
            f"The generator {spec!r} names no instance; write preset:NAME+NAME, then options."
        )
    return names, given


def split_names(names: Any) -> list[Any]:  # noqa: ANN401 (a text or a list of anything)
    """Names that stand between plus signs (or bars) in one text; a list stays as it is.

    Raises:
        InvalidInstanceError: If it is a number, true or false.
    """
    if isinstance(names, str):
        return [name.strip() for name in names.replace("|", "+").split("+") if name.strip()]
    if not isinstance(names, Iterable):
        raise InvalidInstanceError(f"{names!r} stands where names should; write NAME+NAME.")
    return list(names)


def check_options(spec: str, options: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse options that do not exist.

    Args:
        spec: What the user gave as a whole, for the error message.
        options: The options.
        known: Names of those that do.

    Raises:
        InvalidInstanceError: With the first that does not.
    """
    stray = next((name for name in options if name not in known), None)
    if stray is not None:
        raise InvalidInstanceError(
            f"The generator {spec!r} has no option {stray!r}; it has {', '.join(known)}."
        )


def _value(text: str) -> Any:  # noqa: ANN401 (see parse_options)
    match = _RANGE.fullmatch(text)
    if match is None:
        return _WORDS.get(text.lower(), text)
    low = _to_number(match[1])
    return low if match[2] is None else (low, _to_number(match[2]))


def _to_number(text: str) -> float:
    # Python refuses to convert very long texts to integers
    number = int(text) if text.isdigit() and len(text) < 300 else float(text)
    if number > HUGE:
        raise InvalidInstanceError(
            f"The number {shorten(text)} is beyond every range; give {HUGE:g} at most."
        )
    return number


def _checked(parameter: Parameter, value: object) -> float:
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not parameter.low <= value <= parameter.high:  # type: ignore[operator]
        raise InvalidInstanceError(
            f"{parameter.name} is {value!r}; it must be between {parameter.low:g} and "
            f"{parameter.high:g}."
        )
    number = float(value)  # type: ignore[arg-type]
    if parameter.integer and number != round(number):
        raise InvalidInstanceError(f"{parameter.name} is {value}; give a whole number.")
    return parameter.cast(number)

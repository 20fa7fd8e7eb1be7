"""Options in the strings that name methods."""

from collections.abc import Iterable, Sequence

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.ranges import parse_options

MAX_WHOLE = 100_000
_FLAGS = {"true": True, "false": False}


def options_of(spec: str, text: str, known: Sequence[str]) -> dict[str, str]:
    """The options behind the name of a method.

    Args:
        spec: The method, for errors.
        text: Pairs ``name=value`` between colons or commas.
        known: Options that the method has.

    Returns:
        Texts by name.

    Raises:
        DispatchlabError: If a pair is incomplete, or an option is unknown or stands twice.
    """
    options = parse_options(spec, text.replace(":", ","))
    check_options(spec, options, known)
    return {name: str(value) for name, value in options.items()}


def check_options(spec: str, options: Iterable[str], known: Sequence[str]) -> None:
    """Refuse options that a method does not have.

    Args:
        spec: The method, for the error.
        options: Their names.
        known: Those that it has.

    Raises:
        DispatchlabError: With the first that it does not have.
    """
    stray = next((name for name in options if name not in known), None)
    if stray is not None:
        raise DispatchlabError(
            f"The method {spec!r} has no option {stray!r}; it has {', '.join(known)}."
        )


def refuse_options(head: str, text: str) -> None:
    """Refuse any text behind the name of a method without options.

    Args:
        head: The name.
        text: What stands behind it.

    Raises:
        DispatchlabError: If that is something.
    """
    if text:
        raise DispatchlabError(f"The method {head!r} has no options; write it without {text!r}.")


def whole(spec: str, key: str, text: str, *, low: int = 1, example: int = 32) -> int:
    """A whole number.

    Args:
        spec: The method, for the error.
        key: Name of the option.
        text: What was given.
        low: Least number.
        example: A number that could be given.

    Returns:
        The number.

    Raises:
        DispatchlabError: If it is no such number.
    """
    # The digits are counted first: Python refuses to convert very long texts.
    if not (text.isdecimal() and len(text) <= 18 and low <= int(text) <= MAX_WHOLE):
        raise DispatchlabError(
            f"The option {key}={text[:20]} of the method {spec[:80]!r} is not a whole number from "
            f"{low} to {MAX_WHOLE}; write for example {key}={example}."
        )
    return int(text)


def positive(spec: str, key: str, text: str, example: float = 10) -> float:
    """A positive number; the arguments are those of `whole`, and an example of a usual value.

    Raises:
        DispatchlabError: If it is no such number.
    """
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 < value < float("inf"):
        raise DispatchlabError(
            f"The option {key}={text} of the method {spec!r} is not a positive number; "
            f"write for example {key}={example:g}."
        )
    return value


def flag(spec: str, key: str, text: str) -> bool:
    """True or false; the arguments are those of `whole`.

    Raises:
        DispatchlabError: If it is neither.
    """
    if text.lower() not in _FLAGS:
        raise DispatchlabError(
            f"The option {key}={text} of the method {spec!r} is not true or false; write for "
            f"example {key}=true."
        )
    return _FLAGS[text.lower()]

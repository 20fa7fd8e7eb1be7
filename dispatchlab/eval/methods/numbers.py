"""Numbers in the strings that name methods."""

from dispatchlab.envs.core.errors import DispatchlabError

MAX_RUNS = 100_000


def whole(spec: str, key: str, text: str) -> int:
    """A whole number from 1 on.

    Args:
        spec: The method, for the error.
        key: Name of the option.
        text: What was given.

    Returns:
        The number.

    Raises:
        DispatchlabError: If it is no such number.
    """
    # The digits are counted first: Python refuses to convert very long texts.
    if not (text.isdecimal() and len(text) <= 18 and 1 <= int(text) <= MAX_RUNS):
        raise DispatchlabError(
            f"The option {key}={text[:20]} of the method {spec[:80]!r} is not a whole number from "
            f"1 to {MAX_RUNS}; write for example {key}=32."
        )
    return int(text)


def positive(spec: str, key: str, text: str) -> float:
    """A positive number.

    Args:
        spec: The method, for the error.
        key: Name of the option.
        text: What was given.

    Returns:
        The number.

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
            f"write for example {key}=10."
        )
    return value

"""The errors a user can meet; each message is one sentence with the value and the remedy."""

from collections.abc import Sequence

LONGEST = 1000  # characters of a message


class DispatchlabError(ValueError):
    """Base of every error raised for bad input.

    Messages quote what users gave, which may be a file of any size and hold any character: the
    middle of a long message is left out, and what cannot be printed on one line is escaped.
    """

    def __init__(self, message: str = "") -> None:
        """Make the message readable."""
        super().__init__(_readable(message))


class InvalidInstanceError(DispatchlabError):
    """The problem data contradict themselves or leave the supported vocabulary."""


class InstanceFormatError(DispatchlabError):
    """A file or text does not follow the format it claims."""


class UnsupportedModelError(DispatchlabError):
    """A constraint-programming model uses something outside the encoding's vocabulary."""


class IllegalActionError(DispatchlabError):
    """An illegal action was given to an environment with ``on_invalid="raise"``."""


class CheckpointError(DispatchlabError):
    """A checkpoint does not fit the family, version or feature layout it is used with."""


class InfeasibleScheduleError(DispatchlabError):
    """A schedule violates its instance.

    Attributes:
        violations: One sentence for each violated constraint.
    """

    def __init__(self, violations: Sequence[str]) -> None:
        """Keep the violations and join the first few into the message."""
        self.violations = tuple(violations)
        shown = " ".join(self.violations[:5])
        more = len(self.violations) - 5
        super().__init__(shown + (f" ... and {more} more violations." if more > 0 else ""))

    def __reduce__(self) -> tuple[type["InfeasibleScheduleError"], tuple[tuple[str, ...]]]:
        """Pickle by the list of violations, so that worker processes can raise it."""
        return type(self), (self.violations,)


class MissingExtraError(ImportError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        """Name the package that is missing and the extra that brings it."""
        self.package, self.extra = package, extra
        super().__init__(
            f"The package {package!r} is not installed: run `pip install 'dispatchlab[{extra}]'`."
        )

    def __reduce__(self) -> tuple[type["MissingExtraError"], tuple[str, str]]:
        """Pickle by the two names."""
        return type(self), (self.package, self.extra)


def _readable(message: str) -> str:
    message = _cut(message)
    if message.isprintable():
        return message
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in message)
    return _cut("".join(shown))


def _cut(message: str) -> str:
    """Without the middle if it is long; the remedy stands at the end."""
    if len(message) <= LONGEST:
        return message
    return f"{message[: LONGEST // 2]} ... {message[-LONGEST // 2 + 5 :]}"


def first_line(error: BaseException) -> str:
    """What went wrong in the words of another library, on one line; its kind if it has none."""
    return str(error).strip().partition("\n")[0] or type(error).__name__

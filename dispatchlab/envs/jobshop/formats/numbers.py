"""Numbers of a text file, taken one by one with errors that say where."""

import re
from collections.abc import Iterable

from dispatchlab.envs.core.errors import InstanceFormatError
from dispatchlab.envs.jobshop.instance import MAX_TIME
from dispatchlab.envs.jobshop.shop_arrays import MAX_MACHINES

MAX_JOBS = 1_000_000

_INTEGER = re.compile(r"[+-]?[0-9]+(\.0*)?")
_DIGITS = 18  # whatever has more cannot be in range
Line = tuple[int, str]


def content_lines(text: str) -> list[Line]:
    """Lines that say something.

    Args:
        text: Content of a file.

    Returns:
        Pairs of line number (from 1) and stripped line, without blank lines and ``#`` comments.
    """
    lines = enumerate(text.replace("\x1a", "").splitlines(), start=1)
    stripped = ((number, line.split("#")[0].strip()) for number, line in lines)
    return [(number, line) for number, line in stripped if line]


def skip_title(lines: list[Line]) -> list[Line]:
    """Drop the descriptive lines before the first line that begins with a number.

    Args:
        lines: Lines of `content_lines`.

    Returns:
        The lines from the header on.

    Raises:
        InstanceFormatError: If no line begins with a number.
    """
    for index, (_, line) in enumerate(lines):
        if is_number(line.split()[0]):
            return lines[index:]
    raise InstanceFormatError(
        "there is no line with numbers; the first should hold the number of jobs and machines."
    )


def is_number(token: str) -> bool:
    """Whether a token is a whole number."""
    return len(token) <= 300 and _INTEGER.fullmatch(token) is not None  # so that float() takes it


def to_int(token: str, what: str, line: int) -> int:
    """Convert a token to a number.

    Args:
        token: The token.
        what: What the number means, for the error.
        line: Line number, for the error.

    Returns:
        The number.

    Raises:
        InstanceFormatError: If the token is not a whole number, or too long for any range.
    """
    shown = token if len(token) <= 30 else f"{token[:30]}..."
    if _INTEGER.fullmatch(token) is None:
        raise InstanceFormatError(
            f"line {line}: {shown!r} is no valid {what}; write a whole number."
        )
    whole = token.split(".")[0]
    if len(whole.lstrip("+-0")) > _DIGITS:
        raise InstanceFormatError(
            f"line {line}: {shown!r} is out of range as a {what}; numbers go up to {MAX_TIME}."
        )
    return int(whole.lstrip("+-0") or "0") * (-1 if whole[0] == "-" else 1)


def shop_size(header: Line) -> tuple[int, int]:
    """Number of jobs and machines from a header line, which may go on with other data.

    Args:
        header: Line number and content.

    Returns:
        Jobs and machines.

    Raises:
        InstanceFormatError: If one is missing or out of range.
    """
    number, line = header
    tokens = line.split()
    if len(tokens) < 2:
        raise InstanceFormatError(
            f"line {number}: the header {line!r} has one entry; write the numbers of jobs and "
            "machines."
        )
    jobs = to_int(tokens[0], "number of jobs", number)
    machines = to_int(tokens[1], "number of machines", number)
    if not (1 <= jobs <= MAX_JOBS and 1 <= machines <= MAX_MACHINES):
        raise InstanceFormatError(
            f"line {number}: the header asks for {jobs} jobs and {machines} machines; give 1 to "
            f"{MAX_JOBS} jobs and 1 to {MAX_MACHINES} machines."
        )
    return jobs, machines


class Numbers:
    """A cursor over the numbers of some lines."""

    def __init__(self, lines: Iterable[Line]) -> None:
        """Split the lines into tokens that remember their line."""
        self._tokens = [(number, token) for number, line in lines for token in line.split()]
        self._next = 0

    def __len__(self) -> int:
        """Numbers in total."""
        return len(self._tokens)

    def take(self, what: str) -> int:
        """The next number.

        Args:
            what: What it means, for the error.

        Returns:
            The number.

        Raises:
            InstanceFormatError: If the file ends here or the token is not a whole number.
        """
        if self._next >= len(self._tokens):
            raise InstanceFormatError(
                f"the file ends after {len(self._tokens)} numbers where the {what} should follow; "
                "it is truncated."
            )
        number, token = self._tokens[self._next]
        self._next += 1
        return to_int(token, what, number)

    def take_many(self, count: int, what: str) -> list[int]:
        """The next ``count`` numbers."""
        return [self.take(what) for _ in range(count)]

    @property
    def line(self) -> int:
        """Line of the number taken last."""
        return self._tokens[max(self._next - 1, 0)][0] if self._tokens else 0

    def expect_total(self, count: int, explanation: str) -> None:
        """Raise unless there are exactly ``count`` numbers in total."""
        if len(self) != count:
            fault = "is truncated" if len(self) < count else "has too many numbers"
            last = self._tokens[-1][0] if self._tokens else 0
            raise InstanceFormatError(
                f"{count} numbers are expected after the header ({explanation}), but {len(self)} "
                f"were found up to line {last}; the file {fault}."
            )

    def expect_end(self) -> None:
        """Raise if numbers are left over."""
        left = len(self._tokens) - self._next
        if left:
            number, token = self._tokens[self._next]
            raise InstanceFormatError(
                f"line {number}: {left} numbers are left over from {token!r} on; remove them or "
                "correct the counts before them."
            )

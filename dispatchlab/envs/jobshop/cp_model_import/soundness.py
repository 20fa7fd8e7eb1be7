"""Whether a CP-SAT model file holds a model: indices that exist, lists that fit each other."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from dispatchlab.envs.core.errors import UnsupportedModelError

_LITERALS = ("literals", "enforcement_literal")
_PARALLEL = (
    ("vars", "coeffs"), ("tails", "heads"), ("tails", "literals"), ("intervals", "demands"),
)  # fmt: skip


def check_model(proto: Any) -> None:  # noqa: ANN401 - a protobuf message
    """Refuse what OR-Tools would call an invalid model, as a damaged file may hold.

    Args:
        proto: A parsed ``CpModelProto``.

    Raises:
        UnsupportedModelError: With the first variable or constraint that is none.
    """
    for index, variable in enumerate(proto.variables):
        _check_domain(variable.domain, f"variable {index}")
    for index, constraint in enumerate(proto.constraints):
        _check_message(proto, constraint, f"constraint {index}")
    _check_message(proto, proto.objective, "the objective")
    if not math.isfinite(proto.objective.offset):
        raise _invalid(f"the objective has the offset {proto.objective.offset}")


def _check_message(proto: Any, message: Any, where: str) -> None:  # noqa: ANN401
    """Check the lists of a message and of those in it."""
    for first, second in _PARALLEL:
        if hasattr(message, first) and hasattr(message, second):
            counts = len(getattr(message, first)), len(getattr(message, second))
            if counts[0] != counts[1]:
                raise _invalid(f"{where} has {counts[0]} {first} and {counts[1]} {second}")
    for field, value in message.ListFields():
        if field.name in ("vars", *_LITERALS):
            _check_variables(proto, value, where, is_literal=field.name in _LITERALS)
        elif field.name == "intervals":
            _check_intervals(proto, value, where)
        elif field.name == "domain":
            _check_domain(value, where)
        elif field.type == field.TYPE_MESSAGE:
            for inner in value if _is_list(value) else (value,):
                _check_message(proto, inner, where)


def _is_list(value: Any) -> bool:  # noqa: ANN401
    return not hasattr(value, "ListFields")


def _check_variables(proto: Any, found: Sequence[int], where: str, *, is_literal: bool) -> None:  # noqa: ANN401
    count = len(proto.variables)
    for number in found:
        variable = -number - 1 if is_literal and number < 0 else number
        if not 0 <= variable < count:
            raise _invalid(f"{where} names the variable {number}, but there are {count}")
        domain = proto.variables[variable].domain
        if is_literal and not (domain[0] >= 0 and domain[-1] <= 1):
            raise _invalid(f"{where} uses the variable {variable} as a literal, which is no 0 or 1")


def _check_intervals(proto: Any, found: Sequence[int], where: str) -> None:  # noqa: ANN401
    for number in found:
        is_there = 0 <= number < len(proto.constraints)
        if not is_there or not proto.constraints[number].HasField("interval"):
            raise _invalid(f"{where} names the interval {number}, which is none")


def _check_domain(flat: Sequence[int], where: str) -> None:
    ascends = all(a <= b for a, b in pairwise(flat))
    if not flat or len(flat) % 2 or not ascends:
        raise _invalid(f"{where} has a domain that is no ascending list of pairs")


def _invalid(what: str) -> UnsupportedModelError:
    return UnsupportedModelError(
        f"It is no valid model: {what}; write it again with CpModel.export_to_file."
    )

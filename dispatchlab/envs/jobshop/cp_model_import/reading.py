"""Reading a CP-SAT model through its portable protobuf file."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dispatchlab.envs.core.errors import MissingExtraError, UnsupportedModelError
from dispatchlab.envs.jobshop.cp_model_import.soundness import check_model
from dispatchlab.envs.jobshop.cp_model_import.source import (
    INFINITY,
    Capacity,
    Circuit,
    Constraint,
    Expr,
    Interval,
    Linear,
    Maximum,
    Source,
    settle,
)


def read_source(model: Any) -> Source:  # noqa: ANN401 - CpModel, protobuf message or path
    """Read a model into plain Python.

    The model is written to a file and parsed back: the members of ``CpModel.Proto()`` differ
    between OR-Tools releases, and from 9.15 on reading some of them changes the model.

    Args:
        model: A ``CpModel``, a parsed ``CpModelProto``, or the path of a .pb or .pbtxt file.

    Returns:
        The settled source model.

    Raises:
        UnsupportedModelError: If the model cannot be read or is infeasible on its face.
        MissingExtraError: If OR-Tools is not installed.
    """
    proto = _load(model)
    check_model(proto)
    if len(proto.assumptions):
        raise UnsupportedModelError("The model has assumptions; add them as constraints instead.")
    source = Source([], [], [])
    for v, variable in enumerate(proto.variables):
        domain = _pairs(variable.domain)
        source.lo.append(domain[0][0])
        source.hi.append(domain[-1][1])
        source.names.append(variable.name)
        if len(domain) > 1:
            expr = Expr(((v, 1),), 0)
            source.constraints.append(Linear(-1, variable.name, "domain", (), expr, domain))
    for index, message in enumerate(proto.constraints):
        con = _constraint(source, index, message)
        if con is not None:
            source.constraints.append(con)
    source.objective = _objective(source, proto)
    settle(source)
    return source


def _load(model: Any) -> Any:  # noqa: ANN401
    """The model as a protobuf message."""
    try:
        from google.protobuf import message, text_format  # type: ignore[import-untyped]
        from ortools.sat import cp_model_pb2
    except ImportError:
        raise MissingExtraError("ortools", "solvers") from None
    if isinstance(model, message.Message):
        return model
    proto = cp_model_pb2.CpModelProto()
    if hasattr(model, "export_to_file"):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.pb"
            model.export_to_file(str(path))
            proto.ParseFromString(path.read_bytes())
        return proto
    if not isinstance(model, str | Path):
        raise UnsupportedModelError(
            f"A {type(model).__name__} is not a CP-SAT model; give the CpModel itself, a parsed "
            "CpModelProto, or the path of an exported .pb or .pbtxt file."
        )
    path = Path(model)
    try:
        if path.suffix in (".pbtxt", ".textproto", ".txt"):
            text_format.Parse(path.read_text(encoding="utf-8"), proto)
        else:
            proto.ParseFromString(path.read_bytes())
    except (OSError, UnicodeDecodeError, message.DecodeError, text_format.ParseError) as error:
        raise UnsupportedModelError(
            f"{path} cannot be read as a CP-SAT model ({error}); write it with "
            "CpModel.export_to_file."
        ) from None
    return proto


def _pairs(flat: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Closed intervals of a domain, infinities clipped."""
    clipped = [max(-INFINITY, min(INFINITY, x)) for x in flat]
    if not clipped:
        raise UnsupportedModelError("A variable or constraint of the model has an empty domain.")
    return tuple(zip(clipped[::2], clipped[1::2], strict=True))


def _affine(source: Source, message: Any) -> Expr:  # noqa: ANN401
    return source.expr(zip(message.vars, message.coeffs, strict=True), message.offset)


def _constraint(source: Source, index: int, message: Any) -> Constraint | None:  # noqa: ANN401
    """Translate one constraint; None for an empty one."""
    kind = message.WhichOneof("constraint")
    if kind is None:
        return None
    head = (index, message.name, kind, tuple(message.enforcement_literal))
    body = getattr(message, kind)
    if kind == "linear":
        expr = source.expr(zip(body.vars, body.coeffs, strict=True), 0)
        return Linear(*head, expr, _pairs(body.domain))
    if kind in ("bool_or", "bool_and", "at_most_one", "exactly_one"):
        return _boolean(source, head, tuple(body.literals))
    if kind == "interval":
        parts = (_affine(source, part) for part in (body.start, body.size, body.end))
        return Interval(*head, *parts)
    if kind == "no_overlap":
        intervals = tuple(body.intervals)
        return Capacity(*head, Expr((), 1), intervals, (Expr((), 1),) * len(intervals))
    if kind == "cumulative":
        demands = tuple(_affine(source, d) for d in body.demands)
        return Capacity(*head, _affine(source, body.capacity), tuple(body.intervals), demands)
    if kind == "lin_max":
        exprs = tuple(_affine(source, e) for e in body.exprs)
        return Maximum(*head, _affine(source, body.target), exprs)
    if kind == "circuit":
        return Circuit(*head, tuple(zip(body.tails, body.heads, body.literals, strict=True)))
    return Constraint(*head)


def _boolean(
    source: Source, head: tuple[int, str, str, tuple[int, ...]], literals: tuple[int, ...]
) -> Linear:
    """A Boolean constraint as a count of true literals."""
    size = len(literals)
    counts = {
        "bool_or": (1, size),
        "bool_and": (size, size),
        "at_most_one": (0, 1),
        "exactly_one": (1, 1),
    }
    return Linear(*head, source.literal_sum(literals), (counts[head[2]],))


def _objective(source: Source, proto: Any) -> Expr | None:  # noqa: ANN401
    """The minimised expression, None where there is none."""
    if proto.HasField("floating_point_objective"):
        raise UnsupportedModelError(
            "The objective has fractional coefficients; scale it to integer coefficients."
        )
    if not proto.HasField("objective"):
        return None
    goal = proto.objective
    if goal.scaling_factor < 0:
        raise UnsupportedModelError(
            "The objective is maximised; only minimising the makespan, the total flow time or "
            "the total weighted tardiness is supported."
        )
    if goal.scaling_factor not in (0, 1) or goal.offset != int(goal.offset):
        raise UnsupportedModelError(
            f"The objective is scaled by {goal.scaling_factor} with offset {goal.offset}; use an "
            "integer objective without scaling."
        )
    return source.expr(zip(goal.vars, goal.coeffs, strict=True), int(goal.offset))

"""Records: results as texts in the schedule formats, with all that a comparison needs of them.

The text is that of a schedule file, so ``dispatchlab verify`` and ``dispatchlab render`` take it;
its remarks hold under ``result`` what a schedule file has no place for. A result without a schedule
is an object with the same remarks.
"""

import json
import math
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.schedule import Result
from dispatchlab.eval.cases import Case
from dispatchlab.eval.families import eval_family
from dispatchlab.eval.running.fingerprint import fingerprint

NO_SCHEDULE = "dispatchlab-no-schedule"
_STATUS = ("optimal", "feasible", "infeasible", "unknown")
_UNUSUAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def to_text(method: str, case: Case, result: Result) -> str:
    """Write a result down.

    Args:
        method: Name of the method.
        case: The case.
        result: The result; of its ``info`` what JSON can hold is kept, and the outcome.

    Returns:
        Text of a JSON file.
    """
    info = {"seed": case.seed, "result": _remarks(case, result)}
    if result.schedule is None:
        document = {"format": NO_SCHEDULE, "version": 1, "method": method, "info": info}
        return json.dumps(document, indent=1) + "\n"
    with tempfile.TemporaryDirectory(prefix="dispatchlab-") as folder:
        path = Path(folder) / "schedule.json"
        eval_family(case.family).write_schedule(path, case, method, result, info)
        return path.read_text(encoding="utf-8")


def from_text(text: str, method: str, case: Case) -> Result:
    """Read a result.

    Args:
        text: Output of `to_text`, or anything else.
        method: Name of the method.
        case: The case.

    Returns:
        The result, which is not verified.

    Raises:
        DispatchlabError: If the text is damaged, or of another method or case.
    """
    try:
        document = json.loads(text)
        remarks = document["info"]["result"]
        if (document["method"], remarks["case"]) != (method, content_of(case)):
            raise DispatchlabError("It is of another method or case.")
        schedule = None if document["format"] == NO_SCHEDULE else _schedule(text, case)
        return _result(case, schedule, remarks)
    except DispatchlabError:
        raise
    except (LookupError, TypeError, ValueError, RecursionError):
        raise DispatchlabError("It is damaged or no result of an evaluation.") from None


def content_of(case: Case) -> str:
    """Fingerprint of what a case is, whatever it is called."""
    return fingerprint(case.family, case.seed, case.encoding, case.realisation)


def _remarks(case: Case, result: Result) -> dict[str, Any]:
    """What a schedule file has no place for."""
    info = dict(result.info)
    outcome = info.pop("outcome", None)
    names = [item.name for item in fields(outcome)] if outcome is not None else []
    told = {name: getattr(outcome, name) for name in names if name != "schedule"}
    kept = {
        "case": content_of(case), "objective": result.objective,
        "lower_bound": result.lower_bound, "status": result.status,
        "runtime_s": result.runtime_s, "log": result.log,
        "info": {key: value for key, value in info.items() if _is_plain(value)}, "outcome": told,
    }  # fmt: skip
    plain: dict[str, Any] = _plain(kept)
    return plain


def _schedule(text: str, case: Case) -> Any:  # noqa: ANN401 (a family's own)
    with tempfile.TemporaryDirectory(prefix="dispatchlab-") as folder:
        path = Path(folder) / "schedule.json"
        path.write_text(text, encoding="utf-8")
        try:
            return eval_family(case.family).read_schedule(path, case)
        except DispatchlabError:  # whose message names a file that is no user's
            raise DispatchlabError("It holds no schedule that can be read.") from None


def _result(case: Case, schedule: Any, remarks: Mapping[str, Any]) -> Result:  # noqa: ANN401
    told = _restored(remarks)
    if told["status"] not in _STATUS:
        raise ValueError(f"unknown status {told['status']!r}")
    info = {**told["info"]}
    _refuse_nonsense(told, info, has_schedule=schedule is not None)
    if schedule is not None:
        outcome = eval_family(case.family).outcome(told["outcome"], schedule)
        info |= {} if outcome is None else {"outcome": outcome}
    return Result(
        schedule=schedule,
        objective=None if told["objective"] is None else _number(told["objective"]),
        lower_bound=_number(told["lower_bound"]),
        status=told["status"],
        runtime_s=_number(told["runtime_s"]),
        log=tuple(dict(entry) for entry in told["log"]),
        info=info,
    )


def _refuse_nonsense(
    told: Mapping[str, Any], info: Mapping[str, Any], *, has_schedule: bool
) -> None:
    """Refuse numbers that no run can come to; the checker sees the schedule and objective alone."""
    runtime_s, decisions = _number(told["runtime_s"]), _number(info.get("decisions", 0))
    if not 0 <= runtime_s < math.inf:
        raise DispatchlabError(f"Its runtime_s is {runtime_s:g}.")
    if not 0 <= decisions < math.inf or decisions != int(decisions):
        raise DispatchlabError(f"Its decisions are {decisions:g}.")
    objective = told["objective"]
    if (objective is not None) != has_schedule:
        beside = "with a" if has_schedule else "without a"
        raise DispatchlabError(f"Its objective is {objective!r} {beside} schedule.")
    if objective is not None and not math.isfinite(_number(objective)):
        raise DispatchlabError(f"Its objective is {objective:g}.")


def _number(value: Any) -> float:  # noqa: ANN401 (any JSON value)
    """A number as it is, for 55 and 55.0 do not look alike in tables."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value


def _is_plain(value: Any) -> bool:  # noqa: ANN401 (anything)
    """Whether JSON can hold a value after `_plain`."""
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biuf"
    return value is None or isinstance(value, bool | int | float | str | np.number | np.bool_)


def _plain(value: Any) -> Any:  # noqa: ANN401 (anything)
    """The value in JSON, which has no words for NaN and infinity."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return next(text for text, float_ in _UNUSUAL.items() if repr(float_) == repr(value))
    return value


def _restored(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """What `_plain` was given, with lists for tuples and arrays."""
    if isinstance(value, dict):
        return {key: _restored(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_restored(item) for item in value]
    return _UNUSUAL.get(value, value) if isinstance(value, str) else value

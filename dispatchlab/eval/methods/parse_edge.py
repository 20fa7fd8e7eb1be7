"""From strings such as ``dem-q``, ``dems:preset=code`` or ``agent=RUN`` to methods at an edge."""

from collections.abc import Iterable
from typing import Any

from dispatchlab.baselines.edge.rules import CODES, EdgeRule
from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.methods.edge import EDGE
from dispatchlab.eval.methods.lists import ALL, ALL_RULES, UnknownMethodError, make_all, shipped
from dispatchlab.eval.methods.options import flag, options_of, whole
from dispatchlab.eval.methods.parse_stream import make_stream_method
from dispatchlab.eval.methods.stream import StreamRuleMethod

_FLAGS = (
    "relative_deadlines", "first_spared", "whole_list", "loyal_to_queue", "drops_costly",
)  # fmt: skip
_OPTIONS = ("preset", "lead_ms", *_FLAGS)
_GROUPS = dict.fromkeys((ALL, ALL_RULES), tuple(CODES)) | shipped("edge")


def make_edge_methods(specs: Iterable[str]) -> list[Method]:
    """Make the methods of a list of strings.

    Args:
        specs: As for `make_edge_method`; ``all`` stands for every rule, ``pretrained`` for the
            agent that comes with the package.

    Returns:
        The methods, in the order given.

    Raises:
        DispatchlabError: If a string is not understood or a method stands twice.
    """
    return make_all(specs, make_edge_method, _GROUPS, "dem-q")


def make_edge_method(spec: str) -> Method:
    """Make a method from a string.

    Args:
        spec: A rule, with options of `EdgeRule` (``dems:preset=code``, ``dems:lead_ms=60``), or
            ``agent=RUN``.

    Returns:
        The method.

    Raises:
        DispatchlabError: If the string is not understood.
        MissingExtraError: If the method needs a package that is not installed.
    """
    return make_stream_method(spec, EDGE, _make)


def _make(spec: str, head: str, text: str) -> Method:
    """A rule with its options."""
    if head not in CODES:
        raise UnknownMethodError(spec, list(CODES))
    given = options_of(spec, text, _OPTIONS)
    options: dict[str, Any] = {
        name: flag(spec, name, given[name]) for name in _FLAGS if name in given
    }
    if "preset" in given:
        options["preset"] = given["preset"]
    if "lead_ms" in given:
        options["lead_ms"] = whole(spec, "lead_ms", given["lead_ms"], low=0, example=25)
    return StreamRuleMethod(spec, lambda seed: EdgeRule(head, seed=seed, **options), EDGE)

"""From strings such as ``dem-q``, ``dems:preset=code`` or ``agent=RUN`` to methods at an edge."""

from collections.abc import Iterable
from typing import Any

from dispatchlab.baselines.edge.rules import CODES, EdgeRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.ranges import parse_options
from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.methods.edge import EDGE
from dispatchlab.eval.methods.parse import ALL_RULES, refuse_twins, stream_agent
from dispatchlab.eval.methods.stream import StreamRuleMethod

ALL = "all"
_FLAGS = (
    "relative_deadlines", "first_spared", "whole_list", "loyal_to_queue", "drops_costly",
)  # fmt: skip
_OPTIONS = ("preset", "lead_ms", *_FLAGS)


def make_edge_methods(specs: Iterable[str]) -> list[Method]:
    """Make the methods of a list of strings.

    Args:
        specs: As for `make_edge_method`; ``all`` stands for every rule.

    Returns:
        The methods, in the order given.

    Raises:
        DispatchlabError: If a string is not understood or a method stands twice.
    """
    names = [n for spec in specs for n in (CODES if spec in (ALL, ALL_RULES) else [spec])]
    return refuse_twins([make_edge_method(name) for name in names], "dem-q")


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
    spec = spec.strip()
    agent = stream_agent(spec, EDGE)
    if agent is not None:
        return agent
    head, _, text = spec.partition(":")
    if head not in CODES:
        raise DispatchlabError(
            f"Unknown method {spec!r}; choose one of {', '.join(CODES)}, {ALL} or agent=RUN."
        )
    options = _options(spec, text)
    return StreamRuleMethod(spec, lambda seed: EdgeRule(head, seed=seed, **options), EDGE)


def _options(spec: str, text: str) -> dict[str, Any]:
    """Options of a rule, checked for their types."""
    options = parse_options(spec, text.replace(":", ","))
    for name, value in options.items():
        if name not in _OPTIONS:
            raise DispatchlabError(
                f"The method {spec!r} has no option {name!r}; it has {', '.join(_OPTIONS)}."
            )
        kind: type = {"preset": str, "lead_ms": int}.get(name, bool)
        if type(value) is not kind:
            what = {str: "a name", int: "a whole number", bool: "true or false"}[kind]
            raise DispatchlabError(
                f"The option {name}={value} of the method {spec!r} is not {what}; write it so."
            )
    return options

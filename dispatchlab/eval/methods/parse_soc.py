"""From strings such as ``lookahead-etf``, ``cp-sat:time=0.2`` or ``agent=RUN`` to SoC methods."""

from collections.abc import Iterable

from dispatchlab.baselines.soc.planners import PLANNERS
from dispatchlab.baselines.soc.rules import CODES, Lookahead, SocRule
from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.methods.lists import ALL_RULES, UnknownMethodError, make_all, shipped
from dispatchlab.eval.methods.options import options_of, positive, refuse_options
from dispatchlab.eval.methods.parse import MethodDefaults
from dispatchlab.eval.methods.parse_stream import make_stream_method
from dispatchlab.eval.methods.soc import CHIP, SocPlannerMethod
from dispatchlab.eval.methods.stream import StreamRuleMethod

LOOKAHEAD = "lookahead-"
_TIMES = ("time", "time_limit_s")


def make_soc_methods(specs: Iterable[str], defaults: MethodDefaults | None = None) -> list[Method]:
    """Make the methods of a list of strings.

    Args:
        specs: As for `make_soc_method`; ``all-rules`` stands for every rule, ``pretrained`` for
            the agent that comes with the package.
        defaults: What the strings leave open.

    Returns:
        The methods, in the order given.

    Raises:
        DispatchlabError: If a string is not understood or a method stands twice.
    """
    groups = {ALL_RULES: tuple(CODES), **shipped("soc")}
    return make_all(specs, lambda spec: make_soc_method(spec, defaults), groups, "etf")


def make_soc_method(spec: str, defaults: MethodDefaults | None = None) -> Method:
    """Make a method from a string.

    Args:
        spec: A rule, ``lookahead-RULE`` (several joined by ``+``), a planner
            (``cp-sat:time=0.2`` with seconds per call) or ``agent=RUN``.
        defaults: Time limit and workers of CP-SAT.

    Returns:
        The method.

    Raises:
        DispatchlabError: If the string is not understood.
        MissingExtraError: If the method needs a package that is not installed.
    """
    chosen = defaults or MethodDefaults()
    return make_stream_method(spec, CHIP, lambda *given: _make(*given, defaults=chosen))


def _make(spec: str, head: str, text: str, *, defaults: MethodDefaults) -> Method:
    """Anything but an agent."""
    if head == "cp-sat":
        limit = defaults.time_limit_s
        for name, value in options_of(spec, text, _TIMES).items():
            limit = positive(spec, name, value)
        return SocPlannerMethod(spec, head, time_limit_s=limit, workers=defaults.workers)
    rule = head.removeprefix(LOOKAHEAD)
    is_lookahead = rule != head and all(name in CODES for name in rule.split("+"))
    if not (is_lookahead or head in PLANNERS or head in CODES):
        ahead = f"{LOOKAHEAD}RULE or {LOOKAHEAD}RULE+RULE"
        raise UnknownMethodError(spec, [*CODES, ahead, *PLANNERS])
    refuse_options(head, text)
    if head in PLANNERS:
        return SocPlannerMethod(head, head)
    if head in CODES:
        return StreamRuleMethod(head, lambda seed: SocRule(head, seed=seed), CHIP)
    return StreamRuleMethod(head, lambda seed: Lookahead(rule, seed=seed), CHIP)

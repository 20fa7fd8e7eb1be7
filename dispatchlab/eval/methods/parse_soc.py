"""From strings such as ``lookahead-etf``, ``cp-sat:time=0.2`` or ``agent=RUN`` to SoC methods."""

from collections.abc import Iterable

from dispatchlab.baselines.soc.planners import PLANNERS
from dispatchlab.baselines.soc.rules import CODES, Lookahead, SocRule
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.methods.numbers import positive
from dispatchlab.eval.methods.parse import MethodDefaults, refuse_twins, stream_agent
from dispatchlab.eval.methods.soc import CHIP, SocPlannerMethod
from dispatchlab.eval.methods.stream import StreamRuleMethod

ALL_RULES = "all-rules"
LOOKAHEAD = "lookahead-"
_TIME = ("time", "time_limit_s")


def make_soc_methods(specs: Iterable[str], defaults: MethodDefaults | None = None) -> list[Method]:
    """Make the methods of a list of strings.

    Args:
        specs: As for `make_soc_method`; ``all-rules`` stands for every rule.
        defaults: What the strings leave open.

    Returns:
        The methods, in the order given.

    Raises:
        DispatchlabError: If a string is not understood or a method stands twice.
    """
    names = [name for spec in specs for name in (CODES if spec == ALL_RULES else [spec])]
    return refuse_twins([make_soc_method(name, defaults) for name in names], "etf")


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
    spec = spec.strip()
    agent = stream_agent(spec, CHIP)
    if agent is not None:
        return agent
    head, colon, text = spec.partition(":")
    if head == "cp-sat":
        return _cp_sat(spec, text, defaults or MethodDefaults())
    if colon:
        raise DispatchlabError(f"The method {head!r} has no options; write it without {text!r}.")
    if head in PLANNERS:
        return SocPlannerMethod(head, head)
    if head in CODES:
        return StreamRuleMethod(head, lambda seed: SocRule(head, seed=seed), CHIP)
    rule = head.removeprefix(LOOKAHEAD)
    if rule != head and all(name in CODES for name in rule.split("+")):
        return StreamRuleMethod(head, lambda seed: Lookahead(rule, seed=seed), CHIP)
    raise DispatchlabError(
        f"Unknown method {spec!r}; choose one of {', '.join(CODES)}, {ALL_RULES}, "
        f"{LOOKAHEAD}RULE or {LOOKAHEAD}RULE+RULE, "
        f"{', '.join(PLANNERS)} or agent=RUN."
    )


def _cp_sat(spec: str, text: str, defaults: MethodDefaults) -> Method:
    """CP-SAT with its time limit."""
    limit = defaults.time_limit_s
    for part in filter(None, text.split(":")):
        key, _, value = part.partition("=")
        if key not in _TIME:
            raise DispatchlabError(f"The method {spec!r} has no option {key!r}; it has time.")
        limit = positive(spec, key, value)
    return SocPlannerMethod(spec, "cp-sat", time_limit_s=limit, workers=defaults.workers)

"""From strings such as ``mwkr:k=128`` or ``agent=RUN:sample=32`` to methods."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from dispatchlab.baselines.dispatchers import LOOKAHEAD, RULES
from dispatchlab.envs.core.cores import MAX_WORKERS
from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.eval.methods.agent import STRATEGIES, AgentMethod
from dispatchlab.eval.methods.base import Method, run_name
from dispatchlab.eval.methods.cp_sat import CpSatMethod
from dispatchlab.eval.methods.hybrid import SAMPLES, HybridMethod
from dispatchlab.eval.methods.lists import ALL_RULES, UnknownMethodError, make_all, shipped
from dispatchlab.eval.methods.lookahead import LookaheadMethod
from dispatchlab.eval.methods.options import check_options, positive, whole
from dispatchlab.eval.methods.rule import RuleMethod
from dispatchlab.eval.methods.tabu import TABU, TabuMethod

_OPTIONS = ("k", "semantics", "time", "temperature", "window", *STRATEGIES)


@dataclass(frozen=True, slots=True)
class MethodDefaults:
    """What holds for methods whose string does not say otherwise.

    Attributes:
        semantics: Dispatch semantics of rules.
        k: Runs of each rule, of which the best counts.
        time_limit_s: Seconds for each run of CP-SAT, of tabu search or of a hybrid.
        workers: Parallel searches of the same; 0 uses every core.
    """

    semantics: str = "non-delay"
    k: int = 1
    time_limit_s: float = 10.0
    workers: int = 0

    def __post_init__(self) -> None:
        """Refuse what no method could take, even where the chosen one does not use it."""
        if not 0 < self.time_limit_s < float("inf"):
            raise DispatchlabError(
                f"The time limit is {self.time_limit_s}; give a positive number of seconds."
            )
        if not 0 <= self.workers <= MAX_WORKERS:
            raise DispatchlabError(
                f"The number of workers is {self.workers}; give 0 for all cores, or at most "
                f"{MAX_WORKERS}."
            )


def make_methods(specs: Iterable[str], defaults: MethodDefaults | None = None) -> list[Method]:
    """Make the methods of a list of strings.

    Args:
        specs: As for `make_method`; ``all-rules`` stands for every rule, ``pretrained`` for the
            agent that comes with the package.
        defaults: What the strings leave open.

    Returns:
        The methods, in the order given.

    Raises:
        DispatchlabError: If a string is not understood or a method stands twice.
    """
    groups = {ALL_RULES: tuple(RULES), **shipped("job-shop")}
    return make_all(specs, lambda spec: make_method(spec, defaults), groups, "spt")


def make_method(spec: str, defaults: MethodDefaults | None = None) -> Method:
    """Make a method from a string.

    Args:
        spec: ``NAME[:option=value...]`` with a rule (options ``k``, ``semantics``), ``lookahead``
            (``semantics``), ``cp-sat`` or ``tabu`` (``time``, in seconds), ``agent=RUN``
            (``greedy``, ``sample=32`` with a ``temperature``, or ``beam=16``; ``semantics``,
            ``window``), ``hybrid`` (``time``), or ``hybrid=RUN`` (``time``, ``sample=32``,
            ``temperature``).
        defaults: What the string leaves open.

    Returns:
        The method.

    Raises:
        DispatchlabError: If the string is not understood.
        MissingExtraError: If the method needs a package that is not installed.
    """
    head, options = _split(spec)
    makers: dict[str, Callable[[str, Mapping[str, str], MethodDefaults], Method]] = {
        "cp-sat": _cp_sat,
        "hybrid": _hybrid,
        TABU: _tabu,
        LOOKAHEAD: _lookahead,
        **dict.fromkeys(RULES, _rule),
    }
    defaults = defaults or MethodDefaults()
    if head in ("agent=", "hybrid="):
        raise DispatchlabError(
            f"The method {spec!r} names no policy; write its run folder or file behind the '='."
        )
    if head.startswith("agent="):
        return _agent(spec, head.removeprefix("agent="), options)
    if head.startswith("hybrid="):
        return _hybrid_agent(spec, head.removeprefix("hybrid="), options, defaults)
    if head == "agent":
        raise DispatchlabError("The agent has no policy; write agent=RUN with its run folder.")
    if head not in makers:
        raise UnknownMethodError(spec, [*RULES, LOOKAHEAD, TABU, "cp-sat", "hybrid"])
    return makers[head](spec, options, defaults)


def _split(spec: str) -> tuple[str, dict[str, str]]:
    """Head and options; from the right, for a path may hold a colon."""
    options: dict[str, str] = {}
    head = spec.strip()
    while ":" in head:
        rest, _, last = head.rpartition(":")
        key, _, value = last.partition("=")
        if key not in _OPTIONS:
            break
        if key in options:
            raise DispatchlabError(f"The option {key} stands twice in {spec!r}; keep one.")
        options[key] = value
        head = rest
    return head, options


def _rule(spec: str, options: Mapping[str, str], defaults: MethodDefaults) -> Method:
    check_options(spec, options, ("k", "semantics"))
    return RuleMethod(
        spec,
        _split(spec)[0],
        semantics=options.get("semantics", defaults.semantics),
        k=whole(spec, "k", options.get("k", str(defaults.k))),
    )


def _lookahead(spec: str, options: Mapping[str, str], defaults: MethodDefaults) -> Method:
    check_options(spec, options, ("semantics",))
    return LookaheadMethod(spec, semantics=options.get("semantics", "active"))


def _cp_sat(spec: str, options: Mapping[str, str], defaults: MethodDefaults) -> Method:
    check_options(spec, options, ("time",))
    limit = _time_limit(spec, options, defaults)
    return CpSatMethod(spec, time_limit_s=limit, workers=defaults.workers)


def _tabu(spec: str, options: Mapping[str, str], defaults: MethodDefaults) -> Method:
    check_options(spec, options, ("time",))
    limit = _time_limit(spec, options, defaults)
    return TabuMethod(spec, time_limit_s=limit, workers=defaults.workers)


def _hybrid(spec: str, options: Mapping[str, str], defaults: MethodDefaults) -> Method:
    stray = next((name for name in ("sample", "temperature") if name in options), None)
    if stray is not None:
        raise DispatchlabError(
            f"The option {stray}={options[stray]} of the method {spec!r} needs a policy; write "
            "hybrid=RUN with its run folder, or leave it out."
        )
    check_options(spec, options, ("time",))
    limit = _time_limit(spec, options, defaults)
    return HybridMethod(spec, time_limit_s=limit, workers=defaults.workers)


def _hybrid_agent(
    spec: str, path: str, options: Mapping[str, str], defaults: MethodDefaults
) -> Method:
    check_options(spec, options, ("time", "sample", "temperature"))
    return HybridMethod(
        _shown(spec, "hybrid", path),
        path,
        samples=whole(spec, "sample", options.get("sample", str(SAMPLES))),
        temperature=positive(spec, "temperature", options.get("temperature", "1"), 0.7),
        time_limit_s=_time_limit(spec, options, defaults),
        workers=defaults.workers,
    )


def _time_limit(spec: str, options: Mapping[str, str], defaults: MethodDefaults) -> float:
    return positive(spec, "time", options.get("time", str(defaults.time_limit_s)))


def _shown(spec: str, kind: str, path: str) -> str:
    """The string with the name of the run instead of its path."""
    return f"{kind}={run_name(path)}" + spec.strip().removeprefix(f"{kind}={path}")


def _agent(spec: str, path: str, options: Mapping[str, str]) -> Method:
    check_options(spec, options, (*STRATEGIES, "temperature", "semantics", "window"))
    chosen = [strategy for strategy in STRATEGIES if strategy in options] or ["greedy"]
    if len(chosen) > 1:
        raise DispatchlabError(f"The method {spec!r} has two strategies; keep one.")
    strategy = chosen[0]
    if options.get("greedy"):
        raise DispatchlabError(
            f"The option greedy={options['greedy']} of the method {spec!r} takes no value; write "
            "greedy alone, or sample=32."
        )
    if strategy != "sample" and "temperature" in options:
        raise DispatchlabError(
            f"The option temperature={options['temperature']} of the method {spec!r} is for "
            "samples; add sample=32 or leave it out."
        )
    width = 1 if strategy == "greedy" else whole(spec, strategy, options[strategy])
    return AgentMethod(
        _shown(spec, "agent", path),
        path,
        strategy=strategy,
        width=width,
        temperature=positive(spec, "temperature", options.get("temperature", "1"), 0.7),
        semantics=options.get("semantics"),
        window=whole(spec, "window", options["window"]) if "window" in options else None,
    )

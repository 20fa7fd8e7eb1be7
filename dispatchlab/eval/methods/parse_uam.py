"""From strings such as ``lookahead``, ``rolling:time=2`` or ``agent=RUN`` to methods."""

from collections.abc import Callable, Iterable
from typing import Any

from dispatchlab.baselines.uam.genes import BIASES, DESTINATIONS
from dispatchlab.baselines.uam.genetic import GeneticDispatcher
from dispatchlab.baselines.uam.plans import EXPECTED, MEAN, RECOURSE, PlanOptions
from dispatchlab.baselines.uam.rolling import RollingHorizon
from dispatchlab.baselines.uam.rollout_policy import Rollouts
from dispatchlab.baselines.uam.rules import CODES, UamRule
from dispatchlab.baselines.uam.settings import ALIASES
from dispatchlab.eval.methods.base import Method
from dispatchlab.eval.methods.lists import ALL, ALL_RULES, UnknownMethodError, make_all, shipped
from dispatchlab.eval.methods.options import options_of, positive, refuse_options, whole
from dispatchlab.eval.methods.parse_stream import make_stream_method
from dispatchlab.eval.methods.stream import StreamRuleMethod
from dispatchlab.eval.methods.uam import FLEET

Make = Callable[[int], Any]
ROLLING = {"rolling": RECOURSE, "rolling-expected": EXPECTED, "rolling-plain": MEAN}
_ROLLING_OPTIONS = ("time", "horizon_s", "replan_s")
ROLLOUTS = "rollouts"
_ROLLOUTS_OPTIONS = {"scenarios": 2, "span_s": 1}  # whole numbers, and the least they may be
GENETIC = {"genetic": DESTINATIONS, "genetic-seeded": BIASES}
_GENETIC_OPTIONS = ("population", "generations")
_GROUPS = {ALL_RULES: tuple(CODES), ALL: (*CODES, "rolling"), **shipped("uam")}


def make_uam_methods(specs: Iterable[str]) -> list[Method]:
    """Make the methods of a list of strings.

    Args:
        specs: As for `make_uam_method`; ``all-rules`` stands for every rule, ``all`` for these
            and ``rolling``, but not for what takes minutes per day, ``pretrained`` for the agent
            that comes with the package.

    Returns:
        The methods, in the order given.

    Raises:
        DispatchlabError: If a string is not understood or a method stands twice.
    """
    return make_all(specs, make_uam_method, _GROUPS, "lookahead")


def make_uam_method(spec: str) -> Method:
    """Make a method from a string.

    Args:
        spec: A rule; ``rolling``, which plans by mixed-integer programs, ``rolling-expected``,
            whose flights depart whoever comes, or ``rolling-plain``, for which demand is just its
            mean, with options ``time`` (seconds per plan), ``horizon_s`` and ``replan_s``;
            ``rollouts``, which tries every action in drawn futures with lookahead behind it, with
            options ``scenarios``, ``span_s`` and ``caution`` (standard errors); ``genetic``
            (destinations, from random ones) or ``genetic-seeded`` (from the greedy day on), with
            options ``population`` and ``generations``; or ``agent=RUN``.

    Returns:
        The method.

    Raises:
        DispatchlabError: If the string is not understood.
        MissingExtraError: If the method needs a package that is not installed.
    """
    return make_stream_method(spec, FLEET, _make)


def _make(spec: str, head: str, text: str) -> Method:
    """Anything but an agent."""
    if head in ROLLING:
        return StreamRuleMethod(spec, _rolling(spec, head, text), FLEET)
    if head == ROLLOUTS:
        return StreamRuleMethod(spec, _rollouts(spec, text), FLEET)
    if head in GENETIC:
        return StreamRuleMethod(spec, _genetic(spec, head, text), FLEET)
    if head not in CODES and head not in ALIASES:
        raise UnknownMethodError(spec, [*CODES, *ROLLING, ROLLOUTS, *GENETIC])
    refuse_options(head, text)
    return StreamRuleMethod(spec, lambda seed: UamRule(head, seed=seed), FLEET)


def _rolling(spec: str, head: str, text: str) -> Make:
    """Plans over a rolling horizon with their options."""
    given = options_of(spec, text, _ROLLING_OPTIONS)
    options: dict[str, Any] = {"demand": ROLLING[head]}
    if "time" in given:
        options["time_limit_s"] = positive(spec, "time", given["time"])
    if "horizon_s" in given:
        options["horizon_s"] = whole(spec, "horizon_s", given["horizon_s"])
    replan = {"replan_s": whole(spec, "replan_s", given["replan_s"])} if "replan_s" in given else {}
    return lambda seed: RollingHorizon(PlanOptions(**options), **replan)


def _rollouts(spec: str, text: str) -> Make:
    """Rollouts over lookahead with their options."""
    given = options_of(spec, text, (*_ROLLOUTS_OPTIONS, "caution"))
    options: dict[str, Any] = {
        name: whole(spec, name, given[name], low=low)
        for name, low in _ROLLOUTS_OPTIONS.items()
        if name in given
    }
    if "caution" in given:
        options["caution"] = positive(spec, "caution", given["caution"], example=2)
    return lambda seed: Rollouts(seed=seed, **options)


def _genetic(spec: str, head: str, text: str) -> Make:
    """A genetic algorithm with its options."""
    given = options_of(spec, text, _GENETIC_OPTIONS)
    options = {name: whole(spec, name, value) for name, value in given.items()}
    return lambda seed: GeneticDispatcher(GENETIC[head], seed=seed, **options)

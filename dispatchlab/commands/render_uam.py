"""Drawing days of air taxis, for ``dispatchlab render``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.commands.episodes import Picture, play
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatchlab.envs.core.drawing.curves import Curve
    from dispatchlab.envs.uam.viewer.day import Played

_METHOD = "lookahead"
_BESIDE = (_METHOD, "greedy", "nearest")  # rules whose profit is drawn beside a day's


def render_uam(problem: str, schedule: Path | None, picture: Picture, out: Path | None) -> None:
    """Draw a schedule file, or a day that a method plays.

    Args:
        problem: Instance or schedule file.
        schedule: Schedule file of the instance, if it is named too.
        picture: What to draw; its end is the time at which the fleet is shown.
        out: File; None and ``.txt`` stand for text.

    Raises:
        DispatchlabError: If the options do not go together.
    """
    from dispatchlab.commands.episodes import episode_to_draw
    from dispatchlab.commands.outputs import draw_to
    from dispatchlab.envs.uam.viewer import cut, render_ansi, write_day

    _check(problem, picture)
    episode = episode_to_draw("uam", problem, schedule, picture.method)
    title: str | None = None
    if episode is None:
        name, title, (instance, realisation, done) = _play(problem, picture)
    else:
        name, instance, realisation = episode.method, episode.instance, episode.realisation
        done = episode.schedule
    if picture.until is not None and picture.until < done.now_s:
        title, done = None, cut(done, picture.until)
    played = (instance, realisation, done)
    draw_to(
        out,
        lambda: render_ansi(*played, width=picture.width),
        lambda path: write_day(
            path, *played, title=title, name=name or "this day", others=_others(played, name)
        ),
    )


def _check(problem: str, picture: Picture) -> None:
    """Refuse what makes no sense of a day."""
    for name, value in (("graph", picture.graph), ("since", picture.since)):
        if value is not None:
            raise DispatchlabError(
                f"--{name} {value} is not for air taxis, which {problem!r} has; leave it out, or "
                "name a time with --until."
            )
    if picture.until is not None and picture.until < 0:
        raise DispatchlabError(f"--until is {picture.until}; give 0 or more seconds.")


def _play(name: str, picture: Picture) -> tuple[str, str, "Played"]:
    """One day, played by a method and checked: the method, a title, and what is drawn."""
    from dispatchlab.envs.uam.library import load_instance
    from dispatchlab.envs.uam.viewer.words import dollars
    from dispatchlab.eval.methods.parse_uam import make_uam_method
    from dispatchlab.eval.uam_cases import uam_case

    method = make_uam_method(picture.method or _METHOD)
    case = uam_case(name, load_instance(name), picture.seed)
    result = play(method, case)
    worth = f"profit {dollars(-(result.objective or 0.0))} by {method.name}"
    played: Any = (case.encoding, case.realisation, result.schedule)
    return method.name, f"{name}, seed {picture.seed}: {worth}", played


def _others(played: "Played", name: str) -> "Mapping[str, Curve]":
    """The profit that some rules make of the same day, up to the same time."""
    from dispatchlab.baselines.uam.rollout import run_dispatcher
    from dispatchlab.baselines.uam.rules import UamRule
    from dispatchlab.envs.uam.viewer import cut, profit_curve

    instance, realisation, schedule = played
    curves = {}
    for rule in _BESIDE:
        if rule != name:
            (outcome,) = run_dispatcher(UamRule(rule), [(instance, realisation)])
            if outcome.schedule is not None:
                curves[rule] = profit_curve(instance, cut(outcome.schedule, schedule.now_s))
    return curves

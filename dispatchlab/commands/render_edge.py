"""Drawing drones at an edge, for ``dispatchlab render``."""

from pathlib import Path
from typing import Any

from dispatchlab.commands.episodes import Picture, play
from dispatchlab.envs.core.errors import DispatchlabError

_METHOD = "dem-q"


def render_edge(problem: str, schedule: Path | None, picture: Picture, out: Path | None) -> None:
    """Draw a schedule file, or an episode that a method plays.

    Args:
        problem: Instance or schedule file.
        schedule: Schedule file of the instance, if it is named too.
        picture: What to draw.
        out: File; None and ``.txt`` stand for text.

    Raises:
        DispatchlabError: If the options do not go together.
    """
    from dispatchlab.commands.episodes import episode_to_draw
    from dispatchlab.commands.outputs import draw_to
    from dispatchlab.envs.edge.viewer import render_ansi, write_timeline

    if picture.graph is not None:
        raise DispatchlabError(
            f"--graph {picture.graph} is for chips, but {problem!r} is none; leave it out."
        )
    episode = episode_to_draw("edge", problem, schedule, picture.method)
    if episode is None:
        title, played = _play(problem, picture)
    else:
        title, played = None, (episode.instance, episode.realisation, episode.schedule)
    picture.check_begin(played[2].now_ms, "ms")
    window: Any = {"since_ms": picture.since, "until_ms": picture.until}
    draw_to(
        out,
        lambda: render_ansi(*played, width=picture.width, **window),
        lambda path: write_timeline(path, *played, title=title, **window),
    )


def _play(name: str, picture: Picture) -> tuple[str, Any]:
    """One episode, played by a method and checked: a title, and what is drawn."""
    from dispatchlab.envs.edge.library import load_instance
    from dispatchlab.eval.edge_cases import edge_case
    from dispatchlab.eval.methods.parse_edge import make_edge_method

    method = make_edge_method(picture.method or _METHOD)
    case = edge_case(name, load_instance(name), picture.seed)
    result = play(method, case)
    worth = f"utility {-(result.objective or 0.0):.0f} by {method.name}"
    title = f"{name}, seed {picture.seed}: {worth}"
    return title, (case.encoding, case.realisation, result.schedule)

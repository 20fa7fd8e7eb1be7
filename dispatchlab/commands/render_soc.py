"""Drawing chips at work and task graphs, for ``dispatchlab render``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.commands.episodes import Picture, play
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.soc.instance import SocInstance
    from dispatchlab.envs.soc.schedule import SocSchedule


def render_soc(problem: str, schedule: Path | None, picture: Picture, out: Path | None) -> None:
    """Draw a schedule file, a schedule made by a method, or task graphs.

    Args:
        problem: Instance or schedule file.
        schedule: Schedule file of the instance, if it is named too.
        picture: What to draw.
        out: File; None and ``.txt`` stand for text.

    Raises:
        DispatchlabError: If the options do not go together.
    """
    from dispatchlab.commands.episodes import episode_to_draw
    from dispatchlab.envs.soc.library import load_instance

    episode = episode_to_draw("soc", problem, schedule, picture.method)
    if episode is not None:
        _draw_schedule(episode.instance, episode.schedule, picture, out)
        return
    instance = load_instance(problem)
    if picture.method is not None:
        _draw_schedule(instance, _play(problem, instance, picture), picture, out)
    else:
        _draw_graphs(instance, picture, out)


def _draw_schedule(
    instance: "SocInstance", schedule: "SocSchedule", picture: Picture, out: Path | None
) -> None:
    """Draw a chip at work."""
    from dispatchlab.commands.outputs import draw_to
    from dispatchlab.envs.soc.viewer import render_ansi, write_gantt

    if picture.graph is not None:
        raise DispatchlabError(
            f"--graph {picture.graph} draws a task graph, but a schedule was asked for; leave out "
            "either."
        )
    picture.check_begin(schedule.now_us, "µs")
    window: Any = {"since_us": picture.since, "until_us": picture.until}
    draw_to(
        out,
        lambda: render_ansi(instance, schedule, width=picture.width, **window),
        lambda path: write_gantt(path, instance, schedule, **window),
    )


def _draw_graphs(instance: "SocInstance", picture: Picture, out: Path | None) -> None:
    """Draw a task graph or, as text, all that the instance has."""
    from dispatchlab.commands.outputs import draw_to
    from dispatchlab.envs.soc.viewer import render_graph_ansi, write_graph

    names = [graph.name for graph in instance.graphs]
    if picture.since is not None or picture.until is not None:
        raise DispatchlabError(
            "--since and --until are for schedules, but a task graph was asked for; add --method "
            "or leave them out."
        )
    chosen = names if picture.graph is None else [picture.graph]

    def write(path: Path) -> None:
        if len(chosen) > 1:
            raise DispatchlabError(
                f"{instance.name} has {len(names)} task graphs; choose one with --graph: "
                f"{', '.join(names)}."
            )
        write_graph(path, instance, chosen[0])

    tables = (render_graph_ansi(instance, name) for name in chosen)
    draw_to(out, lambda: "\n\n".join(tables), write)


def _play(name: str, instance: "SocInstance", picture: Picture) -> "SocSchedule":
    """The schedule of one episode, played by a method and checked."""
    from dispatchlab.eval.methods.parse import MethodDefaults
    from dispatchlab.eval.methods.parse_soc import make_soc_method
    from dispatchlab.eval.soc_cases import soc_case

    defaults = MethodDefaults(time_limit_s=picture.time_limit, workers=1)
    method = make_soc_method(picture.method or "", defaults)
    schedule: SocSchedule = play(method, soc_case(name, instance, picture.seed)).schedule
    return schedule

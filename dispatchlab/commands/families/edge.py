"""Drones at an edge on the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.commands.families.base import StreamCommands

if TYPE_CHECKING:
    from dispatchlab.commands.episodes import Picture
    from dispatchlab.envs.edge.schedule_files import EdgeEpisode
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.methods import Method
    from dispatchlab.eval.methods.parse import MethodDefaults


class EdgeCommands(StreamCommands):
    """What the commands do with episodes of drones."""

    name = "edge"
    place = "at an edge"
    cargo = "drones at an edge"
    method = "dem-q"

    def verdict(self, episode: "EdgeEpisode") -> str:
        """The utility, and what was left to do."""
        from dispatchlab.envs.edge.metrics import metrics
        from dispatchlab.envs.edge.verify import verify

        played = (episode.instance, episode.realisation, episode.schedule)
        verify(
            *played, utility=episode.utility, qos=episode.qos, qoe=episode.qoe, complete=False
        )  # fmt: skip
        worth, count = metrics(*played), episode.instance.num_tasks
        text = f"utility {worth['utility']:g} (QoS {worth['qos']:g}, QoE {worth['qoe']:g})"
        if not worth["tasks"]:
            return f"{text}; no task has ended"
        text += f", {100 * worth['completion']:.1f} % of {worth['tasks']:.0f} tasks on time"
        if left := count - int(worth["tasks"]):
            text += (
                f"; played up to {episode.schedule.now_ms} ms only, with {left} "
                f"task{'s' * (left != 1)} to come or to end"
            )
        return text

    def presets(self) -> list[tuple[str, Sequence[str]]]:
        """The workloads."""
        from dispatchlab.envs.edge.library import instance_names

        return [("drones at an edge", instance_names())]

    def case(self, name: str, seed: int) -> "Case":
        """An episode with what happens under a seed."""
        from dispatchlab.eval.edge_cases import edge_case

        return edge_case(name, self.load_instance(name), seed)

    def make_method(self, spec: str, defaults: "MethodDefaults") -> "Method":
        """A rule or an agent."""
        from dispatchlab.eval.methods.parse_edge import make_edge_method

        return make_edge_method(spec)

    def draw(self, path: Path, case: "Case", title: str, schedule: Any) -> None:  # noqa: ANN401
        """Draw the timeline."""
        from dispatchlab.envs.edge.viewer import write_timeline

        write_timeline(path, case.encoding, case.realisation, schedule, title=title)

    def render(
        self, problem: str, schedule: Path | None, picture: "Picture", out: Path | None
    ) -> None:
        """Draw a schedule file, or an episode that a method plays."""
        from dispatchlab.commands.render_edge import render_edge

        render_edge(problem, schedule, picture, out)


COMMANDS = EdgeCommands()

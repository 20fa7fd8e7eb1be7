"""Fleets of air taxis on the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.commands.families.base import StreamCommands

if TYPE_CHECKING:
    from dispatchlab.commands.episodes import Picture
    from dispatchlab.envs.uam.schedule_files import UamEpisode
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.methods import Method
    from dispatchlab.eval.methods.parse import MethodDefaults


class UamCommands(StreamCommands):
    """What the commands do with days of a fleet."""

    name = "uam"
    place = "of air taxis"
    cargo = "air taxis"
    method = "lookahead"

    def verdict(self, episode: "UamEpisode") -> str:
        """The profit, and how far the day was played."""
        from dispatchlab.envs.uam.metrics import metrics
        from dispatchlab.envs.uam.verify import verify

        played = (episode.instance, episode.realisation, episode.schedule)
        verify(*played, profit=episode.profit_usd, complete=False)
        worth = metrics(*played)
        text = (
            f"profit ${worth['profit_usd']:.2f}, {worth['flights']:.0f} flights, "
            f"{worth['served']:.0f} of {worth['requests']:.0f} passengers served"
        )
        now, end = episode.schedule.now_s, episode.instance.horizon_s
        return text if now >= end else f"{text}; played up to {now} s of {end} s only"

    def presets(self) -> list[tuple[str, Sequence[str]]]:
        """The random layouts and networks."""
        from dispatchlab.envs.uam.library import instance_names

        return [("air-taxi fleets", instance_names())]

    def case(self, name: str, seed: int) -> "Case":
        """A day with what happens under a seed; the layout is that of the instance."""
        from dispatchlab.eval.uam_cases import uam_case

        return uam_case(name, self.load_instance(name), seed)

    def make_method(self, spec: str, defaults: "MethodDefaults") -> "Method":
        """A rule, a planner, a search or an agent."""
        from dispatchlab.eval.methods.parse_uam import make_uam_method

        return make_uam_method(spec)

    def draw(self, path: Path, case: "Case", title: str, schedule: Any) -> None:  # noqa: ANN401
        """Draw the day."""
        from dispatchlab.envs.uam.viewer import write_day

        write_day(path, case.encoding, case.realisation, schedule, title=title)

    def render(
        self, problem: str, schedule: Path | None, picture: "Picture", out: Path | None
    ) -> None:
        """Draw a schedule file, or a day that a method plays."""
        from dispatchlab.commands.render_uam import render_uam

        render_uam(problem, schedule, picture, out)


COMMANDS = UamCommands()

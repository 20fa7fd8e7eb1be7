"""Chips on the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.commands.families.base import StreamCommands
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.commands.episodes import Picture
    from dispatchlab.envs.soc.instance import SocInstance
    from dispatchlab.envs.soc.schedule_files import SocEpisode
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.methods import Method
    from dispatchlab.eval.methods.parse import MethodDefaults


class SocCommands(StreamCommands):
    """What the commands do with task graphs on chips."""

    name = "soc"
    place = "on a chip"
    cargo = "task graphs"
    method = "cp-sat"

    def verdict(self, episode: "SocEpisode") -> str:
        """The latency, and what was left to do."""
        from dispatchlab.envs.soc.metrics import metrics
        from dispatchlab.envs.soc.verify import verify

        verify(
            episode.instance, episode.realisation, episode.schedule, episode.objective,
            planned=episode.planned, check_eager=not episode.planned,
        )  # fmt: skip
        worth = metrics(episode.instance, episode.schedule, episode.realisation)
        jobs = int(worth["completed"])
        text = f"mean latency {worth['latency_us']:.2f} µs, {_jobs(jobs)} completed"
        left, now = int(worth["in_system"]), episode.schedule.now_us
        if left and now != episode.instance.injection.horizon_us:
            text += f"; played up to {now} µs only, with {_jobs(left)} in the system"
        return text

    def presets(self) -> list[tuple[str, Sequence[str]]]:
        """The chips with their streams, and single jobs."""
        from dispatchlab.envs.soc.library import graph_names, instance_names

        jobs = [f"job:{name}" for name in graph_names()]
        return [("chip presets", instance_names()), ("jobs on chips", jobs)]

    def convert(self, name: str, out: Path, format: str | None) -> "SocInstance":
        """Write any format of task graphs."""
        from dispatchlab.envs.soc.formats import write_instance

        instance: SocInstance = self.load_instance(name)
        write_instance(instance, out, format)
        return instance

    def case(self, name: str, seed: int) -> "Case":
        """Jobs that are all there, or come at given times."""
        from dispatchlab.eval.soc_cases import soc_case

        instance = self.load_instance(name)
        if instance.injection.mode not in ("batch", "trace"):
            raise DispatchlabError(
                f"The instance {name!r} is a stream of jobs ({instance.injection.mode}); use "
                "`dispatchlab evaluate soc`, or solve one job, for example job:Top_1."
            )
        return soc_case(name, instance, seed)

    def make_method(self, spec: str, defaults: "MethodDefaults") -> "Method":
        """A rule, a planner or an agent."""
        from dispatchlab.eval.methods.parse_soc import make_soc_method

        return make_soc_method(spec, defaults)

    def draw(self, path: Path, case: "Case", title: str, schedule: Any) -> None:  # noqa: ANN401
        """Draw the chip at work."""
        from dispatchlab.envs.soc.viewer import write_gantt

        write_gantt(path, case.encoding, schedule, title=title)

    def render(
        self, problem: str, schedule: Path | None, picture: "Picture", out: Path | None
    ) -> None:
        """Draw a schedule file, a schedule made by a method, or task graphs."""
        from dispatchlab.commands.render_soc import render_soc

        render_soc(problem, schedule, picture, out)


COMMANDS = SocCommands()


def _jobs(count: int) -> str:
    return f"{count} job{'s' * (count != 1)}"

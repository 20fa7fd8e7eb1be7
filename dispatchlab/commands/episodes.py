"""Episodes of streams: what is to be drawn of them, and their files, which hold instances."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dispatchlab.commands.families import stream_commands
from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.envs.core.schedule import Result
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.methods import Method


class Picture(NamedTuple):
    """What is to be drawn of a stream, and who schedules it.

    Attributes:
        method: A method, or None.
        seed: Of what happens, and of the method.
        time_limit: Seconds of each call of CP-SAT.
        graph: A job type, or None.
        since: Begin of the window in the family's unit of time, or None.
        until: Its end, or None.
        width: Characters in a line of text.
    """

    method: str | None
    seed: int
    time_limit: float
    graph: str | None
    since: int | None
    until: int | None
    width: int

    def check_begin(self, end: int, unit: str) -> None:
        """Refuse a window that begins when all is over.

        Args:
            end: Time at which the schedule ends.
            unit: Its unit.

        Raises:
            DispatchlabError: If there is nothing to draw from the begin on.
        """
        if self.since is not None and self.since >= max(1, end):
            raise DispatchlabError(
                f"--since is {self.since} {unit}, but the schedule ends at {end} {unit}; begin "
                "before that."
            )


def play(method: "Method", case: "Case") -> "Result":
    """Play an episode, and check it.

    Args:
        method: Who plays.
        case: The episode.

    Returns:
        The result, with a schedule.

    Raises:
        DispatchlabError: If the method keeps no schedule.
        InfeasibleScheduleError: If the checker rejects it.
    """
    from dispatchlab.eval.families import eval_family

    result = method.solve(case)
    if result.schedule is None:
        raise DispatchlabError(
            f"{method.name} kept no schedule of {case.instance}; choose another."
        )
    eval_family(case.family).verify(case, result)
    return result


def read_episode(family: str, path: Path, instance: str | None) -> Any:  # noqa: ANN401 (a family's own)
    """Read an episode, which must be of the instance if one is named.

    Args:
        family: One of `STREAMS`.
        path: A schedule file.
        instance: A name or path, or None.

    Returns:
        A `SocEpisode`, an `EdgeEpisode` or a `UamEpisode`.

    Raises:
        DispatchlabError: If the file cannot be read, or is of another instance.
    """
    commands = stream_commands(family)
    episode = commands.read_schedule(path)
    if instance is not None and commands.load_instance(instance) != episode.instance:
        raise DispatchlabError(
            f"The schedule {str(path)!r} is of {episode.instance.name!r}, whose data differ from "
            f"{instance!r}; leave the instance out, the file holds its own."
        )
    return episode


def episode_to_draw(family: str, problem: str, schedule: Path | None, method: str | None) -> Any:  # noqa: ANN401
    """The episode of a schedule file that is named alone, or behind its instance.

    Args:
        family: One of `STREAMS`.
        problem: An instance or a schedule file.
        schedule: A schedule file of the instance, if there is one.
        method: A method that was asked for too.

    Returns:
        The episode, or None where no file is named.

    Raises:
        DispatchlabError: If a file and a method were given, or the file is of another instance.
    """
    from dispatchlab.commands.inputs import schedule_family

    alone = schedule is None and schedule_family(problem) is not None
    file = Path(problem) if alone else schedule
    if file is None:
        return None
    if method is not None:
        raise DispatchlabError(
            f"The schedule file {str(file)!r} and a method were both given; leave one out."
        )
    return read_episode(family, file, None if str(file) == problem else problem)

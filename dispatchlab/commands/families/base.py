"""What commands need to know of a family of episodes."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatchlab.envs.core.errors import DispatchlabError

if TYPE_CHECKING:
    from dispatchlab.commands.episodes import Picture
    from dispatchlab.envs.core.schedule import Result
    from dispatchlab.eval.cases import Case
    from dispatchlab.eval.compare import Run
    from dispatchlab.eval.methods import Method
    from dispatchlab.eval.methods.parse import MethodDefaults


class StreamCommands(ABC):
    """What commands do with a family; what is heavy is imported when it is used.

    Attributes:
        name: The family.
        place: Completes the sentence "this is a problem ...".
        cargo: Completes the sentence "this instance has ...".
        method: Who solves its instances if nobody is named.
    """

    name: str
    place: str
    cargo: str
    method: str

    def is_problem(self, name_or_path: str) -> bool:
        """Whether a name or file is an instance of the family; it need not be valid."""
        answer: bool = getattr(self._room("library"), f"is_{self.name}_problem")(name_or_path)
        return answer

    def is_schedule_file(self, path: str | Path) -> bool:
        """Whether a file claims to hold an episode of the family."""
        answer: bool = self._room("schedule_files").is_schedule_file(path)
        return answer

    def load_instance(self, name_or_path: str) -> Any:  # noqa: ANN401 (a family's own)
        """The instance of a name or file."""
        return self._room("library").load_instance(name_or_path)

    def read_schedule(self, path: Path) -> Any:  # noqa: ANN401 (a family's own)
        """The episode of a schedule file, which is not verified."""
        return self._room("schedule_files").read_schedule(path)

    def write_episode(self, path: Path, case: "Case", run: "Run", result: "Result") -> None:
        """Write an episode, which can be verified alone."""
        from dispatchlab.eval.families import eval_family

        info = {"runtime_s": run.runtime_s, "seed": run.seed}
        eval_family(case.family).write_schedule(path, case, run.method, result, info)

    @abstractmethod
    def verdict(self, episode: Any) -> str:  # noqa: ANN401 (a family's own)
        """What a feasible episode comes to; `InfeasibleScheduleError` for others."""

    @abstractmethod
    def presets(self) -> list[tuple[str, Sequence[str]]]:
        """Lists of named instances, each with what they are; the first one has the presets."""

    def convert(self, name: str, out: Path, format: str | None) -> Any:  # noqa: ANN401
        """Write an instance in another format, and return it; here in our own JSON alone."""
        if format not in (None, "json") or out.suffix.lower() != ".json":
            raise DispatchlabError(
                f"{name!r} has {self.cargo}, which {format or out.suffix!r} cannot hold; write "
                ".json."
            )
        instance = self.load_instance(name)
        self._room("instance_files").write_instance(instance, out)
        return instance

    @abstractmethod
    def case(self, name: str, seed: int) -> "Case":
        """An episode to solve."""

    @abstractmethod
    def make_method(self, spec: str, defaults: "MethodDefaults") -> "Method":
        """The method of a string."""

    @abstractmethod
    def draw(self, path: Path, case: "Case", title: str, schedule: Any) -> None:  # noqa: ANN401
        """Draw a schedule into a file."""

    @abstractmethod
    def render(
        self, problem: str, schedule: Path | None, picture: "Picture", out: Path | None
    ) -> None:
        """Draw what ``dispatchlab render`` was asked for."""

    def _room(self, room: str) -> Any:  # noqa: ANN401 (a module)
        return import_module(f"dispatchlab.envs.{self.name}.{room}")

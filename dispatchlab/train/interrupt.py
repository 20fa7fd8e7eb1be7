"""TrainingInterrupt: a run that a signal has stopped, and what is kept of it."""

from pathlib import Path


class TrainingInterrupt(KeyboardInterrupt):
    """A run was stopped by Ctrl-C or another signal, and can be continued with ``resume=True``.

    Attributes:
        path: The run folder.
        timesteps: Decisions that were trained on.
        kept: Decisions in its last checkpoint, from which it goes on.
        stage: What was going on: ``"imitation"``, ``"self-labelling"`` or ``"training"``.
    """

    def __init__(self, path: Path, timesteps: int, kept: int, stage: str = "training") -> None:
        """Say in words what is lost and what is not."""
        self.path, self.timesteps, self.kept, self.stage = path, timesteps, kept, stage
        super().__init__(f"Stopped {self._where()}")

    def _where(self) -> str:
        """How far the run has come."""
        if self.stage == "imitation":
            return "in imitation, which begins again"
        at = f"at {self.timesteps} decisions"
        if self.stage != "training":
            at += f" of {self.stage}"
        if not self.timesteps:
            return at
        if self.kept == self.timesteps:
            return f"{at}, all of them kept"
        return f"{at}, of which the last checkpoint has {self.kept}"

"""TeacherCallback: what a teacher hears between rollouts, and what is kept of its choices."""

from typing import TYPE_CHECKING

from stable_baselines3.common.callbacks import BaseCallback

from dispatchlab.train.selective import SelectiveRolloutBuffer
from dispatchlab.train.teachers.bridge import TeacherVecEnv
from dispatchlab.train.teachers.history import History

if TYPE_CHECKING:
    from stable_baselines3.common.buffers import RolloutBuffer


class TeacherCallback(BaseCallback):
    """Passes rollouts to the teacher, and masks what the student must not learn from.

    Args:
        env: The environment of the run.
        history: Keeps what was played, if somebody wants to know.
    """

    def __init__(self, env: TeacherVecEnv, history: History | None) -> None:
        """Keep the parts."""
        super().__init__()
        self._env, self._history = env, history

    def _on_step(self) -> bool:
        """Note the values of first decisions."""
        if self._env.teacher.wants_values:
            self._env.note_values(self.locals["values"].detach().cpu().numpy().ravel())
        return True

    def _on_rollout_end(self) -> None:
        """Everything is known but the update."""
        buffer: RolloutBuffer = self.model.rollout_buffer  # type: ignore[attr-defined]
        learns = self._env.learns()
        if isinstance(buffer, SelectiveRolloutBuffer):
            buffer.chosen = learns
        self.logger.record("teacher/learned_share", float(learns.mean()))
        if self._history is not None:
            self._history.add(self.num_timesteps, self._env.teacher, self._env.episodes)
        self._env.end_rollout(buffer.values, buffer.advantages)
        for key, value in self._env.teacher.summary().items():
            self.logger.record(f"teacher/{key}", value)

"""Antagonist: a second student that plays the levels of the first, for teachers that compare."""

from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from dispatchlab.train.checkpoint import capture_model, restore_model
from dispatchlab.train.teachers.bridge import TeacherVecEnv
from dispatchlab.train.teachers.callback import TeacherCallback
from dispatchlab.train.warm_up import CriticWarmUp


class Antagonist:
    """Plays a rollout and is updated whenever the protagonist has played one.

    Args:
        model: The student; its environment belongs to the antagonist's seat of the teacher.
        env: That environment.
        total_timesteps: Decisions that it will have played at the end, for its learning rate.
        warm_up: Updates at the start that train the value head alone.
    """

    def __init__(
        self, model: OnPolicyAlgorithm, env: TeacherVecEnv, total_timesteps: int, *,
        warm_up: int = 0,
    ) -> None:  # fmt: skip
        """Log nothing."""
        self._warm_up = warm_up
        self.model, self.env = model, env
        self._total = total_timesteps
        self._callback: BaseCallback | None = None
        model.set_logger(Logger(None, []))

    def play(self) -> None:
        """One rollout and one update."""
        model: Any = self.model
        if self._callback is None:
            left = self._total - model.num_timesteps
            callbacks = [
                TeacherCallback(self.env, None),
                CriticWarmUp(model.policy.net, self._warm_up),
            ]
            _, self._callback = model._setup_learn(left, callbacks, reset_num_timesteps=False)
            self._callback.on_training_start({}, {})
        model.collect_rollouts(
            model.env, self._callback, model.rollout_buffer, n_rollout_steps=model.n_steps
        )
        model._update_current_progress_remaining(model.num_timesteps, self._total)
        model.train()

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues bit for bit between two rollouts."""
        return capture_model(self.model, self.env)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        restore_model(self.model, self.env, state)
        self._callback = None


class AntagonistCallback(BaseCallback):
    """Lets the antagonist play after each rollout of the protagonist, before its update."""

    def __init__(self, antagonist: Antagonist) -> None:
        """Keep the antagonist."""
        super().__init__()
        self._antagonist = antagonist

    def _on_step(self) -> bool:
        """Go on."""
        return True

    def _on_rollout_end(self) -> None:
        """The antagonist's turn."""
        self._antagonist.play()

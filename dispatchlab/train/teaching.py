"""Teaching: the teacher of a run, with everything that it needs."""

from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from dispatchlab.agents.sb3_env import NativeVecEnv, as_sb3
from dispatchlab.train.algorithm import make_model
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families import load_family
from dispatchlab.train.levels import make_levels
from dispatchlab.train.teachers.antagonist import Antagonist, AntagonistCallback
from dispatchlab.train.teachers.bridge import TeacherVecEnv
from dispatchlab.train.teachers.callback import TeacherCallback
from dispatchlab.train.teachers.history import History
from dispatchlab.train.teachers.registry import make_teacher


class Teaching:
    """A teacher between generator and environments, and a second student where it compares two.

    Args:
        config: Names the teacher.
        env: The environments of the run.
        layout: Of their observations.

    Attributes:
        env: The environments with the teacher in charge.
        teacher: The teacher.
        others: Students besides that of the run.
    """

    def __init__(self, config: TrainConfig, env: NativeVecEnv, layout: dict[str, Any]) -> None:
        """Make the teacher before the model of the run, which seeds the global generators."""
        levels = make_levels(config)
        self.teacher = make_teacher(config.teacher, levels, seed=config.seed)
        self.env = TeacherVecEnv(env, self.teacher, levels)
        self.others: list[OnPolicyAlgorithm] = []
        self._antagonist: Antagonist | None = None
        self._history: History | None = None
        self._is_prepared = bool(config.imitation_rounds or config.self_labelling_rounds)
        if hasattr(self.teacher, "antagonist"):
            native = load_family(config.family).training_env(config)
            seat = TeacherVecEnv(as_sb3(native), self.teacher.antagonist(), levels)
            model = make_model(config, seat, layout, seed=config.seed + 1)
            self.others.append(model)
            self._antagonist = Antagonist(
                model, seat, config.total_timesteps, warm_up=config.critic_warm_up
            )

    def begin(self, model: OnPolicyAlgorithm) -> None:
        """Start both students with what the first knows before PPO, so that they are equals.

        Args:
            model: The student of the run.
        """
        if self._antagonist is not None and self._is_prepared:
            self._antagonist.model.policy.load_state_dict(model.policy.state_dict())

    def callbacks(self, path: Path, *, keep: int) -> list[BaseCallback]:
        """What happens at the end of each rollout, in this order.

        Args:
            path: Where the history goes.
            keep: Decisions of the run so far.

        Returns:
            Callbacks.
        """
        self._history = History(path, keep=keep)
        callbacks: list[BaseCallback] = [TeacherCallback(self.env, self._history)]
        if self._antagonist is not None:
            callbacks.append(AntagonistCallback(self._antagonist))
        return callbacks

    def close(self) -> None:
        """Close the history."""
        if self._history is not None:
            self._history.close()

    def state_dict(self) -> dict[str, Any]:
        """What the environment does not hold: the antagonist."""
        return {} if self._antagonist is None else self._antagonist.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        if self._antagonist is not None:
            self._antagonist.load_state_dict(state)

"""AlgorithmTrainee: an algorithm of stable-baselines3 under `AutoLrs`."""

import copy
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.utils import FloatSchedule

from dispatchlab.agents.sb3_env import NativeVecEnv
from dispatchlab.train.checkpoint import capture, restore


class AlgorithmTrainee:
    """Trains an algorithm for some updates with one rate, and takes it back bit for bit.

    Its loss is minus the mean reward of the decisions of a rollout, one an update. Going back sets
    the global generators, from which stable-baselines3 draws.

    Attributes:
        model: The algorithm.
    """

    def __init__(self, model: OnPolicyAlgorithm, env: NativeVecEnv) -> None:
        """Start the episodes if nothing has been played.

        Args:
            model: An algorithm with a native environment.
            env: That environment.
        """
        self.model, self._env = model, env
        if model._last_obs is None:
            # Makes the first observation, before which there is nothing to go back to.
            self._learn(0)

    def save(self) -> dict[str, Any]:
        """A copy of everything that decides how training goes on."""
        return copy.deepcopy(capture(self.model, self._env))

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to where `save` was called."""
        restore(self.model, self._env, copy.deepcopy(state))
        # As they are when a rollout begins, should it have begun already.
        self.model.rollout_buffer.reset()
        self.model.policy.set_training_mode(False)

    def train_for(self, steps: int, rate: float) -> npt.NDArray[np.float64]:
        """Train for so many updates.

        Args:
            steps: Updates, each with the decisions of a rollout.
            rate: The learning rate.

        Returns:
            ``(updates,)`` minus the mean rewards.
        """
        self.model.lr_schedule = FloatSchedule(rate)
        return self._learn(steps * self.decisions)

    @property
    def decisions(self) -> int:
        """Those of an update."""
        return self.model.n_steps * self.model.n_envs

    def _learn(self, steps: int) -> npt.NDArray[np.float64]:
        """Train without a word in the log."""
        losses = _Losses()
        logger = getattr(self.model, "_logger", None)
        self.model.set_logger(Logger(None, []))
        try:
            self.model.learn(
                steps,
                callback=losses,
                log_interval=None,  # type: ignore[arg-type] # no log
                reset_num_timesteps=False,
            )
        finally:
            self.model.set_logger(logger or self.model.logger)
        return np.array(losses.values)


class _Losses(BaseCallback):
    """Collects the losses of the rollouts."""

    def __init__(self) -> None:
        """None so far."""
        super().__init__()
        self.values: list[float] = []

    def _on_rollout_end(self) -> None:
        """Look at the rewards."""
        buffer: Any = self.locals["rollout_buffer"]
        self.values.append(-float(buffer.rewards.mean()))

    def _on_step(self) -> bool:
        """Go on."""
        return True

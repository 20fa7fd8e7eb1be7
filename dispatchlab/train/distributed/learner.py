"""Algorithms of stable-baselines3 that learn from what rollout workers have played."""

from typing import Any

import numpy as np
from sb3_contrib import MaskablePPO
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from dispatchlab.train.callback import RunCallback
from dispatchlab.train.distributed.batch import Batch, Order, fill_buffer
from dispatchlab.train.distributed.remote_env import RemoteVecEnv, joined


class RemoteRollouts(OnPolicyAlgorithm):
    """Replaces the collection of rollouts, and nothing else.

    Callbacks see one step after the other as usual, but after the whole rollout has been played;
    among their ``locals`` are the rewards, dones and infos of the step.
    """

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        rollout_buffer: RolloutBuffer,
        n_rollout_steps: int,
        use_masking: bool = True,
    ) -> bool:
        """Send the weights out and fill the buffer with what comes back.

        Args:
            env: A `RemoteVecEnv`.
            callback: As in the base class.
            rollout_buffer: As in the base class.
            n_rollout_steps: T.
            use_masking: Passed on by ``MaskablePPO``; masks are always used.

        Returns:
            False if a callback ended training.
        """
        if not isinstance(env, RemoteVecEnv):
            raise TypeError(f"{type(self).__name__} learns from a RemoteVecEnv, not from {env}.")
        self.policy.set_training_mode(False)
        rollout_buffer.reset()
        callback.on_rollout_start()
        if _is_over(callback):
            return False
        batches = self._gather(env, rollout_buffer)
        rollout_buffer.pos, rollout_buffer.full = n_rollout_steps, True
        infos = _infos(env, batches, n_rollout_steps)
        dones = np.concatenate([batch.last_dones for batch in batches])
        steps: Any = [*rollout_buffer.episode_starts[1:].astype(bool), dones]
        for step in range(n_rollout_steps):
            self.num_timesteps += env.num_envs
            told = {"infos": infos[step], "dones": steps[step]}
            callback.update_locals(told | {"rewards": rollout_buffer.rewards[step]})
            if not callback.on_step():
                return False
            self._update_info_buffer(infos[step], steps[step])
        self._last_obs = joined([batch.last_obs for batch in batches])
        self._last_episode_starts = dones
        callback.update_locals({"rollout_buffer": rollout_buffer})
        callback.on_rollout_end()
        return True

    def _gather(self, env: RemoteVecEnv, rollout_buffer: RolloutBuffer) -> list[Batch]:
        """Play a rollout; batches are copied into the buffer as they come."""
        state = self.policy.state_dict()
        weights = {name: values.cpu().numpy() for name, values in state.items()}
        batches: dict[int, Batch] = {}
        for rank, batch in env.collect(Order(weights, self.gamma)):
            fill_buffer(rollout_buffer, env.rows[rank], batch)
            batches[rank] = batch._replace(observations={}, arrays={})  # lets go of the large ones
        return [batches[rank] for rank in range(len(env.rows))]


def _is_over(callback: BaseCallback) -> bool:
    """Whether the run has ended between two rollouts, so that nobody would learn from the next."""
    parts = callback.callbacks if isinstance(callback, CallbackList) else [callback]
    return any(isinstance(part, RunCallback) and part.stopped for part in parts)


class RemotePPO(RemoteRollouts, PPO):
    """PPO."""


class RemoteMaskablePPO(RemoteRollouts, MaskablePPO):
    """MaskablePPO."""


def _infos(env: RemoteVecEnv, batches: list[Batch], num_steps: int) -> list[list[dict[str, Any]]]:
    """Infos of each step and row; empty where no episode ended."""
    infos: list[list[dict[str, Any]]] = [
        [{} for _ in range(env.num_envs)] for _ in range(num_steps)
    ]
    for rows, batch in zip(env.rows, batches, strict=True):
        for step, row, info in batch.ended:
            infos[step][rows[row]] = info
    return infos

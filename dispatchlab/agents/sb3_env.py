"""as_sb3: a native vector environment as a ``VecEnv`` of stable-baselines3."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium.vector import AutoresetMode, VectorEnv
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvStepReturn

from dispatchlab.envs.core.errors import DispatchlabError

Info = dict[str, Any]
Observation = dict[str, npt.NDArray[Any]]


def as_sb3(vector_env: VectorEnv[Any, Any, Any]) -> "NativeVecEnv":
    """Adapt a native vector environment to stable-baselines3.

    Args:
        vector_env: Environment with same-step autoreset and a dictionary observation.

    Returns:
        A ``VecEnv`` that logs episodes as ``VecMonitor`` does and answers ``action_masks`` from
        its last observation.

    Raises:
        DispatchlabError: The environment has another autoreset mode.
    """
    return NativeVecEnv(vector_env)


class NativeVecEnv(VecEnv):
    """``VecEnv`` face of a native vector environment; one call a step for the whole batch.

    Attributes:
        native: The vector environment.
    """

    def __init__(self, native: VectorEnv[Any, Any, Any]) -> None:
        """Wrap the environment."""
        mode = native.metadata.get("autoreset_mode")
        if mode not in (AutoresetMode.SAME_STEP, AutoresetMode.SAME_STEP.value):
            raise DispatchlabError(
                f"The autoreset mode is {mode}: stable-baselines3 needs autoreset='same-step'."
            )
        self.native: Any = native
        super().__init__(
            native.num_envs, native.single_observation_space, native.single_action_space
        )
        self._actions = np.zeros(native.num_envs, np.int64)
        self._masks = np.ones((native.num_envs, 0), bool)
        self._returns = np.zeros(native.num_envs)
        self._lengths = np.zeros(native.num_envs, np.int64)
        self._started = time.time()

    def reset(self) -> Observation:
        """Start new episodes with the seeds and options set before."""
        obs, infos = self.native.reset(seed=self._next_seed(), options=self._next_options())
        self.reset_infos = [_row(infos, i) for i in range(self.num_envs)]
        self._returns[:] = 0.0
        self._lengths[:] = 0
        self._reset_seeds()
        self._reset_options()
        self._masks = obs["action_mask"].astype(bool)
        return dict(obs)

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = np.asarray(actions, dtype=np.int64)

    def step_wait(self) -> VecEnvStepReturn:
        """Step all environments; the infos of finished ones describe the finished episode."""
        obs, rewards, terminated, truncated, infos = self.native.step(self._actions)
        self._masks = obs["action_mask"].astype(bool)
        self._returns += rewards
        self._lengths += 1
        dones = terminated | truncated  # (B,)
        rows: list[Info] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(dones):
            rows[i] = self._final_info(infos, int(i), bool(truncated[i] and not terminated[i]))
        self._returns[dones] = 0.0
        self._lengths[dones] = 0
        return obs, rewards.astype(np.float32), dones, rows

    def _final_info(self, infos: Mapping[str, Any], i: int, cut_short: bool) -> Info:
        """Info of an environment whose episode has just ended."""
        info = _row(infos.get("final_info", {}), i)
        info["terminal_observation"] = _row(infos["final_obs"], i)
        info["TimeLimit.truncated"] = cut_short
        info["episode"] = {
            "r": float(self._returns[i]),
            "l": int(self._lengths[i]),
            "t": round(time.time() - self._started, 6),
        }
        return info

    def action_masks(self) -> npt.NDArray[np.bool_]:
        """``(B, A)`` legal actions of the last observation."""
        return self._masks

    def close(self) -> None:
        """Close the native environment."""
        self.native.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Attribute of the native environment, once for each index."""
        value = (
            self.action_masks if attr_name == "action_masks" else getattr(self.native, attr_name)
        )
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:  # noqa: ANN401 - as in VecEnv
        """Set an attribute of the native environment, for all rows at once.

        Raises:
            DispatchlabError: Only some rows are asked for.
        """
        if len(set(self._get_indices(indices))) < self.num_envs:
            raise DispatchlabError(
                f"{attr_name!r} is shared by all {self.num_envs} environments: "
                "set it without indices."
            )
        setattr(self.native, attr_name, value)

    def env_method(
        self,
        method_name: str,
        *method_args: Any,
        indices: VecEnvIndices = None,
        **method_kwargs: Any,
    ) -> list[Any]:
        """Answer ``action_masks``; any other method gets the row as its first argument."""
        rows = self._get_indices(indices)
        if method_name == "action_masks":
            return [self._masks[i] for i in rows]
        if method_name == "render":
            frames = self.get_images()
            return [frames[i] for i in rows]
        method = getattr(self.native, method_name)
        return [method(i, *method_args, **method_kwargs) for i in rows]

    def env_is_wrapped(
        self, wrapper_class: type[gym.Wrapper[Any, Any, Any, Any]], indices: VecEnvIndices = None
    ) -> list[bool]:
        """True for ``Monitor``, whose episode infos this class gives; else False."""
        return [issubclass(Monitor, wrapper_class) for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[npt.NDArray[np.uint8] | None]:
        """One frame for each environment."""
        frames: Any = self.native.render()
        return list(frames) if frames is not None else [None] * self.num_envs

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues the running episodes bit for bit."""
        return {
            "native": self.native.state_dict(),
            "returns": self._returns.copy(),
            "lengths": self._lengths.copy(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> Observation:
        """Restore `state_dict` and return the observation at which it was taken."""
        self.native.load_state_dict(state["native"])
        self._returns[:] = state["returns"]
        self._lengths[:] = state["lengths"]
        obs: Observation = self.native.observe()
        self._masks = obs["action_mask"].astype(bool)
        return obs

    def _next_seed(self) -> int | list[int | None] | None:
        """The seeds as gymnasium takes them: one int where they count upwards from it."""
        first = self._seeds[0]
        if all(seed is None for seed in self._seeds):
            return None
        if first is not None and self._seeds == [first + i for i in range(self.num_envs)]:
            return first
        return self._seeds

    def _next_options(self) -> dict[str, Any] | None:
        """The options as the native environment takes them: only tasks may differ by row."""
        options = self._options[0]
        if all(other == options for other in self._options):
            return options or None
        if any(set(other) - {"task"} for other in self._options):
            raise DispatchlabError(
                f"The reset options differ between the {self.num_envs} environments: "
                "give each its own 'task' at most, and anything else to all of them."
            )
        return {"task": [other.get("task") for other in self._options]}


def _row(batch: Any, i: int) -> Info:  # noqa: ANN401 - a nested dictionary of arrays
    """Row ``i`` of vector infos: a dictionary of arrays with ``_key`` presence, or a sequence."""
    if not isinstance(batch, Mapping):
        return dict(batch[i])
    out: Info = {}
    for key, value in batch.items():
        present = batch.get(f"_{key}")
        if key.startswith("_") or (present is not None and not present[i]):
            continue
        entry = _row(value, i) if isinstance(value, Mapping) else value[i]
        out[key] = entry.item() if isinstance(entry, np.generic) else entry
    return out

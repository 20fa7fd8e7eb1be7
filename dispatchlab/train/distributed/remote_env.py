"""RemoteVecEnv: the environments of a run as its learner sees them, though others play them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices, VecEnvStepReturn

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.distributed.batch import Array, Batch, Order
from dispatchlab.train.distributed.worker import State


class Pool(Protocol):
    """Rollout workers.

    Attributes:
        states: State of each worker after its last rollout, from which any worker can go on.
    """

    states: list[State]

    def begin(self) -> list[dict[str, Array]]:
        """Start new episodes; the first observations of each worker."""
        ...

    def load(self, states: Sequence[State]) -> None:
        """Continue where the states were taken."""
        ...

    def collect(self, order: Order) -> Iterator[tuple[int, Batch]]:
        """Play a rollout; who has played what, in the order in which they end."""
        ...


class RemoteVecEnv(VecEnv):
    """Environments that are played by workers, a whole rollout at a time.

    Attributes:
        rows: The rows of each worker.
    """

    def __init__(
        self, pool: Pool, rows: Sequence[range], observation_space: spaces.Space[Any],
        action_space: spaces.Space[Any],
    ) -> None:  # fmt: skip
        """Stand for all environments.

        Args:
            pool: Plays them.
            rows: The rows of each worker.
            observation_space: Of a single environment.
            action_space: Of a single environment.
        """
        self._pool, self.rows = pool, list(rows)
        super().__init__(self.rows[-1].stop, observation_space, action_space)

    def reset(self) -> dict[str, Array]:
        """Start new episodes; rows are seeded by the workers, as in a local run."""
        return joined(self._pool.begin())

    def collect(self, order: Order) -> Iterator[tuple[int, Batch]]:
        """Play a rollout; see `Pool`."""
        return self._pool.collect(order)

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues the running episodes bit for bit."""
        return {"workers": list(self._pool.states)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self._pool.load(state["workers"])

    def step_async(self, actions: npt.NDArray[Any]) -> None:
        """Refuse: single steps would be slower than any network is fast."""
        raise DispatchlabError(
            "The environments of rollout workers cannot be stepped one by one: "
            "use an algorithm of dispatchlab.train.distributed or engine=local."
        )

    def step_wait(self) -> VecEnvStepReturn:
        """Never called, since nothing is ever asked for."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing: whoever has started the workers ends them."""

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """Nothing is rendered, and all else is out of reach."""
        if attr_name != "render_mode":
            raise AttributeError(f"Rollout workers do not show {attr_name!r}.")
        return [None for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:  # noqa: ANN401 - as in VecEnv
        """Refuse, as all other access."""
        raise AttributeError(f"Rollout workers do not take {attr_name!r}.")

    def env_method(
        self,
        method_name: str,
        *method_args: Any,
        indices: VecEnvIndices = None,
        **method_kwargs: Any,
    ) -> list[Any]:
        """Refuse, as all other access."""
        raise AttributeError(f"Rollout workers do not answer {method_name!r}.")

    def env_is_wrapped(self, wrapper_class: type[Any], indices: VecEnvIndices = None) -> list[bool]:
        """False."""
        return [False for _ in self._get_indices(indices)]


def joined(parts: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Observations of all workers, one after the other."""
    return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

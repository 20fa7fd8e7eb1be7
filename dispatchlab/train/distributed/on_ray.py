"""ray_envs: the environments of a run on a Ray cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gymnasium.vector import VectorEnv

from dispatchlab.train.config import TrainConfig
from dispatchlab.train.distributed.cluster import connected
from dispatchlab.train.distributed.ray_pool import RayPool
from dispatchlab.train.distributed.remote_env import RemoteVecEnv
from dispatchlab.train.distributed.shares import shares
from dispatchlab.train.folder import PACKAGES


@contextmanager
def ray_envs(config: TrainConfig, example: VectorEnv[Any, Any, Any]) -> Iterator[RemoteVecEnv]:
    """Environments whose rollout workers live as long as the block.

    Args:
        config: Of the run.
        example: An environment with the spaces of all.

    Yields:
        The environments.
    """
    with connected(config.ray_address, config.rollout_workers, PACKAGES, "--workers") as ray:
        pool = RayPool(ray, config)
        try:
            yield RemoteVecEnv(
                pool,
                shares(config.num_envs, config.rollout_workers),
                example.single_observation_space,
                example.single_action_space,
            )
        finally:
            pool.close()

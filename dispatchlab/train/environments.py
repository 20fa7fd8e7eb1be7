"""training_envs: what a run learns in, whoever plays it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dispatchlab.agents.sb3_env import NativeVecEnv, as_sb3
from dispatchlab.train.config import TrainConfig
from dispatchlab.train.families import load_family

if TYPE_CHECKING:
    from dispatchlab.train.distributed.remote_env import RemoteVecEnv


@contextmanager
def training_envs(
    config: TrainConfig, *, is_new: bool
) -> Iterator[tuple["NativeVecEnv | RemoteVecEnv", dict[str, Any]]]:
    """The environments of a run, with their workers for as long as the block lasts.

    Args:
        config: Of the run.
        is_new: Whether to make sure that the generator fits; a resumed run has shown that it does.

    Yields:
        The environments and the layout of their observations.

    Raises:
        DispatchlabError: The environments cannot be made, or the workers cannot be started.
    """
    family, share = load_family(config.family), config
    if config.engine == "ray":
        from dispatchlab.train.distributed.shares import worker_config

        share = worker_config(config, 0)
    if is_new:
        family.training_env(share).reset(seed=0)
    native = family.training_env(share)
    layout = native.graph_spec.layout()
    if config.engine == "local":
        yield as_sb3(native), layout
        return
    from dispatchlab.train.distributed.on_ray import ray_envs

    with ray_envs(config, native) as env:
        yield env, layout

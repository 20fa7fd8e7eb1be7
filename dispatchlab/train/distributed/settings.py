"""What a training config may say about who plays the environments."""

from typing import TYPE_CHECKING

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.distributed.cluster import check_address

if TYPE_CHECKING:
    from dispatchlab.train.config import TrainConfig

ENGINES = ("local", "ray")
FLAGS = {"rollout_workers": "--workers", "ray_address": "--address"}  # of the command line


def check_engine(config: "TrainConfig") -> None:
    """Refuse what rollout workers cannot do, and workers without an engine for them.

    Args:
        config: All settings.

    Raises:
        DispatchlabError: With the first that does not fit.
    """
    if config.engine == "local":
        for name, flag in FLAGS.items():
            value = getattr(config, name)
            if value:
                raise DispatchlabError(
                    f"{name} ({flag}) is {value!r}, but engine is 'local': give engine=ray "
                    "(--engine ray) too."
                )
        return
    if not 1 <= config.rollout_workers <= config.num_envs:
        raise DispatchlabError(
            f"rollout_workers (--workers) is {config.rollout_workers}: give engine=ray "
            f"(--engine ray) between 1 and num_envs = {config.num_envs} of them."
        )
    check_address(config.ray_address)
    if config.num_envs // config.rollout_workers * config.n_steps < 2:
        raise DispatchlabError(
            f"n_steps is {config.n_steps}, so that a rollout worker would play one decision: give "
            "n_steps=2 or fewer rollout_workers (--workers)."
        )
    if config.teacher:
        raise DispatchlabError(
            f"teacher is {config.teacher!r}, but a teacher hears of every episode before the next "
            "one begins: use engine=local (--engine local)."
        )

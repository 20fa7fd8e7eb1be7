"""Which rows of the vector environment each rollout worker plays."""

from dataclasses import replace
from itertools import pairwise

from dispatchlab.train.config import TrainConfig


def shares(num_envs: int, workers: int) -> list[range]:
    """Split the rows among workers, as evenly as possible; the first ones play one row more.

    Args:
        num_envs: Rows of the run.
        workers: Rollout workers, at most one per row.

    Returns:
        The rows of each worker.
    """
    least, more = divmod(num_envs, workers)
    starts = [rank * least + min(rank, more) for rank in range(workers + 1)]
    return [range(start, end) for start, end in pairwise(starts)]


def worker_config(config: TrainConfig, rank: int) -> TrainConfig:
    """The config of a local run over the rows of one worker.

    Args:
        config: Of the whole run.
        rank: Which worker.

    Returns:
        Its config; the batch size only has to fit, since workers do not learn.
    """
    rows = len(shares(config.num_envs, config.rollout_workers)[rank])
    return replace(
        config,
        engine="local",
        rollout_workers=0,
        ray_address="",
        num_envs=rows,
        batch_size=rows * config.n_steps,
        device="cpu",
    )

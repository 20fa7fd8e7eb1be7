"""Shared pieces of the agents' tests; skipped as a whole where torch is missing."""

from collections.abc import Iterator

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("stable_baselines3")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Seed torch, and keep tiny matrices off the thread pool."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)

"""Settings that every test shares; they must be in place before numba and torch are imported."""

import importlib.util
import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Test folders that need an optional package, so that the core can be tested without the extras.
NEEDS = {
    "agents": "torch",
    "train": "stable_baselines3",
    "baselines/solvers": "ortools",
    "eval/twin": "simpy",
    "tune": "optuna",
    "fuzz": "stable_baselines3",
}

# Workers of pytest-xdist share the cores, so one thread each.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# The first example compiles kernels: no deadlines, and no complaint that drawing data is slow.
settings.register_profile(
    "dispatchlab",
    deadline=None,
    derandomize=True,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("dispatchlab")

collect_ignore = [
    folder for folder, package in NEEDS.items() if importlib.util.find_spec(package) is None
]


@pytest.fixture
def terminal_signals() -> Iterator[None]:
    """Signals as a terminal leaves them: shells let jobs in the background ignore Ctrl-C."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for one, handler in before.items():
        signal.signal(one, handler)

"""Settings that every test shares; they must be in place before numba and torch are imported."""

import hashlib
import importlib.util
import os
from pathlib import Path

from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]

# Test folders that need an optional package, so that the core can be tested without the extras.
NEEDS = {
    "agents": "torch",
    "train": "stable_baselines3",
    "baselines/solvers": "ortools",
    "eval/twin": "simpy",
}


def _kernel_fingerprint() -> str:
    """Hash every source that holds a compiled kernel."""
    digest = hashlib.sha256()
    for path in sorted((ROOT / "dispatchlab").rglob("*.py")):
        source = path.read_bytes()
        if b"njit" in source or b"_kernel" in source or b"@kernel" in source:
            digest.update(source)
    return digest.hexdigest()[:16]


# Workers of pytest-xdist share the cores, so one thread each.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

# Numba renews a cached kernel when its own file changes, but not when a kernel that it calls does.
os.environ.setdefault("NUMBA_CACHE_DIR", str(ROOT / ".numba_cache" / _kernel_fingerprint()))

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

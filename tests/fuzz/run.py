"""Search for inputs that break a reader: ``python -m tests.fuzz.run [TARGET ...] --minutes 10``.

With atheris installed (``pip install atheris``) the search is guided by the coverage of the
package; without it the changes are the same but blind. What breaks a reader is written to
``fuzz-findings/``, one file for each place in the code, with its traceback beside it.
"""

import argparse
import importlib.util
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from types import FunctionType, ModuleType

LARGEST = 100_000  # bytes of an input


class Search:
    """Runs inputs, and keeps the first that meets each fault.

    Args:
        name: Of the target.
        out: Folder for findings.
    """

    def __init__(self, name: str, out: Path) -> None:
        """Load the target and check its valid inputs."""
        from tests.fuzz.seeds import seeds_of
        from tests.fuzz.text_targets import TARGETS

        self.name, self.out, self.target, self.runs = name, out, TARGETS[name], 0
        self.seeds = list(seeds_of(name))
        self.found: set[str] = set()
        self.began = time.monotonic()
        for seed in self.seeds:
            self.target(seed)  # imports what it needs, however long that takes
            self.run(seed)

    def run(self, data: bytes) -> None:
        """Try an input."""
        from tests.fuzz.guard import try_input

        self.runs += 1
        finding = try_input(self.target, data)
        if finding is None or finding.key in self.found:
            return
        self.found.add(finding.key)
        self.out.mkdir(parents=True, exist_ok=True)
        stem = self.out / f"{self.name}-{''.join(c if c.isalnum() else '-' for c in finding.key)}"
        Path(f"{stem}.bin").write_bytes(data)
        Path(f"{stem}.txt").write_text(finding.report, encoding="utf-8", errors="replace")
        print(f"{self.name}: {finding.key}", flush=True)

    def report(self, how: str) -> None:
        """Print what was done."""
        took = time.monotonic() - self.began
        print(f"{self.name}: {self.runs} inputs in {took:.0f} s ({how}), {len(self.found)} faults",
              flush=True)  # fmt: skip


def search_blindly(search: Search, seconds: float, seed: int) -> None:
    """Change valid inputs at random; what is still accepted is changed further."""
    from tests.fuzz.mutations import mutate

    rng, pool, end = random.Random(seed), list(search.seeds), time.monotonic() + seconds
    while time.monotonic() < end:
        data = mutate(rng.choice(pool), rng, search.seeds)[:LARGEST]
        search.run(data)
        if rng.random() < 0.02:
            pool[len(search.seeds) :] = [*pool[len(search.seeds) :][-50:], data]


def search_with_atheris(search: Search, seconds: float, seed: int) -> None:
    """Let libFuzzer choose which inputs are changed further."""
    import atheris

    from tests.fuzz.mutations import mutate

    _instrument(atheris)

    def change(data: bytes, largest: int, number: int) -> bytes:
        rng = random.Random(number)
        if rng.random() < 0.3:
            return bytes(atheris.Mutate(data, largest))
        return mutate(data, rng, search.seeds)[:largest]

    corpus = search.out / "corpus" / search.name
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(search.seeds):
        (corpus / f"seed-{number}").write_bytes(data)
    end = time.monotonic() + seconds

    def run(data: bytes) -> None:
        search.run(data)
        if time.monotonic() > end:  # libFuzzer would end the process without a word
            search.report("guided")
            os._exit(bool(search.found))

    given = (f"-max_len={LARGEST}", f"-seed={seed + 1}", "-verbosity=0", "-rss_limit_mb=0",
             "-timeout=100000")  # fmt: skip
    atheris.Setup([sys.argv[0], *given, str(corpus)], run, custom_mutator=change)
    atheris.Fuzz()


def _instrument(atheris: ModuleType) -> None:
    """Count the branches of what is imported so far, but for kernels, which numba must read."""
    for name, module in list(sys.modules.items()):
        if not name.startswith("dispatchlab."):
            continue
        owners = [module, *(v for v in vars(module).values() if isinstance(v, type))]
        for owner in owners:
            for value in list(vars(owner).values()):
                value = getattr(value, "__func__", getattr(value, "fget", value))
                if isinstance(value, FunctionType) and value.__module__ == name:
                    atheris.instrument_func(value)


def _one(name: str, seconds: float, seed: int, out: Path, *, plain: bool) -> None:
    from tests.fuzz.guard import little_memory

    search = Search(name, out)
    with little_memory():
        if plain or importlib.util.find_spec("atheris") is None:
            search_blindly(search, seconds, seed)
        else:
            search_with_atheris(search, seconds, seed)
    search.report("blind")
    sys.exit(bool(search.found))


def main() -> None:
    """Read the arguments and search, a process for each target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", help="targets; all by default")
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--plain", action="store_true", help="without atheris")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.here:
        _one(given.targets[0], 60 * given.minutes, given.seed, given.out, plain=given.plain)
        return
    from tests.fuzz.text_targets import TARGETS

    stray = next((name for name in given.targets if name not in TARGETS), None)
    if stray is not None:
        parser.error(f"There is no target {stray!r}; choose among {', '.join(TARGETS)}.")
    options = ["--minutes", str(given.minutes), "--seed", str(given.seed), "--out", str(given.out)]
    options += ["--here", *(["--plain"] if given.plain else [])]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    codes = [
        subprocess.call([sys.executable, "-m", "tests.fuzz.run", name, *options], env=environment)
        for name in given.targets or TARGETS
    ]
    sys.exit(any(codes))


if __name__ == "__main__":
    main()

"""Environment steps per second, from Python, on one thread.

Random legal actions are drawn outside the timed region: what is timed is the call of ``step``
(with the resets of finished episodes), as a training loop makes it. One fixed instance is
played again and again, so generating instances is not part of it.
"""

import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.jobshop.env import CPSchedulingEnv, CPSchedulingVectorEnv
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.taillard import taillard_instance

SIZES = ("6x6", "15x15", "30x20", "100x20")
BATCHES = (1, 64, 512)
OBSERVED = ("none", "tokens", "graph")
STOPS = ("choices", "every")
MAX_JOBS, MAX_MACHINES = 1000, 100
_SEEDS = (840612802, 398197754)  # of ta01; other sizes are like it
_PACKAGES = ("dispatchlab", "numpy", "numba", "gymnasium")

Masks = npt.NDArray[np.bool_]


class Measured(Protocol):
    """The speed of something, as a row of a table."""

    def row(self) -> dict[str, Any]:
        """The columns by name."""
        ...


@dataclass(frozen=True, slots=True)
class Measurement:
    """Speed of one configuration.

    Attributes:
        size: Jobs × machines.
        face: ``"scalar"`` (`CPSchedulingEnv`) or ``"vector"`` (`CPSchedulingVectorEnv`).
        batch: Environments stepped at once.
        stop_at: As the argument of the environments.
        observation: ``"none"`` steps the episodes without filling observations.
        steps: Environment steps timed.
        steps_per_s: Steps per second of stepping.
        steps_per_s_with_choice: The same with the drawing of the random actions.
    """

    size: str
    face: str
    batch: int
    stop_at: str
    observation: str
    steps: int
    steps_per_s: float
    steps_per_s_with_choice: float

    def row(self) -> dict[str, Any]:
        """The columns by name."""
        return asdict(self)


def measure_all(
    sizes: Sequence[str] = SIZES, batches: Sequence[int] = BATCHES, *,
    stops: Sequence[str] = STOPS, observed: Sequence[str] = OBSERVED,
    semantics: str = "non-delay", seconds: float = 0.5,
    on_measurement: Callable[[Measurement], None] | None = None,
) -> list[Measurement]:  # fmt: skip
    """Measure every combination.

    Args:
        sizes: Jobs × machines, such as ``"15x15"``.
        batches: Sizes of the vector environments; the scalar one is measured too.
        stops: ``"choices"`` and/or ``"every"``.
        observed: ``"none"``, ``"tokens"`` and/or ``"graph"``.
        semantics: Dispatch semantics.
        seconds: Time per measurement.
        on_measurement: Called after each.

    Returns:
        The measurements.

    Raises:
        DispatchlabError: If a size is not understood or too large.
    """
    done = []
    for size, encoding in [(size, _instance(size)) for size in sizes]:
        for stop_at in stops:
            for observation in observed:
                for batch in (None, *batches):
                    env = _environment(batch, encoding, semantics, stop_at, observation)
                    measured = _measure(env, size, stop_at, observation, seconds)
                    done.append(measured)
                    if on_measurement is not None:
                        on_measurement(measured)
    return done


def machine() -> dict[str, str]:
    """What the figures were measured on.

    Returns:
        Processor, cores, system and versions.
    """
    facts = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
    }
    return facts | {name: metadata.version(name) for name in _PACKAGES}


def to_json(measured: Sequence[Measured], facts: Mapping[str, str]) -> str:
    """Measurements and machine as JSON.

    Args:
        measured: Output of `measure_all`, of this family or another.
        facts: Output of `machine`.

    Returns:
        The text.
    """
    rows = [measurement.row() for measurement in measured]
    return json.dumps({"machine": dict(facts), "measurements": rows}, indent=1) + "\n"


def _instance(size: str) -> CpEncoding:
    jobs, _, machines = size.partition("x")
    if not (jobs.isdecimal() and machines.isdecimal()):
        raise DispatchlabError(f"The size {size!r} is not understood; write for example 15x15.")
    if len(size) > 20 or not (1 <= int(jobs) <= MAX_JOBS and 1 <= int(machines) <= MAX_MACHINES):
        raise DispatchlabError(
            f"The size {size[:20]!r} is out of range; measure 1x1 to {MAX_JOBS}x{MAX_MACHINES}."
        )
    return taillard_instance(int(jobs), int(machines), *_SEEDS, name=size)


def _environment(
    batch: int | None, encoding: CpEncoding, semantics: str, stop_at: str, observation: str
) -> Any:  # noqa: ANN401 - either face
    kwargs: dict[str, Any] = {
        "instance": encoding,
        "semantics": semantics,
        "stop_at": stop_at,
        "observation": "tokens" if observation == "none" else observation,
    }
    if batch is None:
        return CPSchedulingEnv(**kwargs)
    return CPSchedulingVectorEnv(batch, **kwargs)


def _measure(env: Any, size: str, stop_at: str, observation: str, seconds: float) -> Measurement:  # noqa: ANN401
    """Step with random actions until the time is up; the first steps do not count."""
    env.reset(seed=0)
    is_scalar = isinstance(env, CPSchedulingEnv)
    batch = 1 if is_scalar else env.num_envs
    step = _stepper(env, observed=observation != "none")
    rng = np.random.default_rng(0)
    noise = rng.random((64, batch, env.episodes.dynamics.num_actions))
    _play(env, step, noise, rounds=3)
    inside, total, rounds = 0.0, 0.0, 0
    begin = time.perf_counter()
    while total < seconds or rounds < 5:
        inside += _play(env, step, noise, rounds=20)
        rounds += 20
        total = time.perf_counter() - begin
    steps = rounds * batch
    return Measurement(
        size=size,
        face="scalar" if is_scalar else "vector",
        batch=batch,
        stop_at=stop_at,
        observation=observation,
        steps=steps,
        steps_per_s=steps / inside,
        steps_per_s_with_choice=steps / total,
    )


def _play(
    env: Any,  # noqa: ANN401
    step: Callable[[npt.NDArray[np.int64]], None],
    noise: npt.NDArray[np.float64],
    rounds: int,
) -> float:
    """Seconds spent in a number of steps; the choice of the actions is not timed."""
    inside = 0.0
    for index in range(rounds):
        legal: Masks = env.episodes.dynamics.legal()
        actions = np.argmax(legal * noise[index % len(noise)], axis=1)
        begin = time.perf_counter()
        step(actions)
        inside += time.perf_counter() - begin
    return inside


def _stepper(env: Any, *, observed: bool) -> Callable[[npt.NDArray[np.int64]], None]:  # noqa: ANN401
    """One step with the resets that follow it, through the public face or below it."""

    def bare(actions: npt.NDArray[np.int64]) -> None:
        _, done, _ = env.episodes.step(actions)
        if done.any():
            env.episodes.begin(np.flatnonzero(done))

    def scalar(actions: npt.NDArray[np.int64]) -> None:
        if env.step(actions[0])[2]:
            env.reset()

    if not observed:
        return bare
    return scalar if isinstance(env, CPSchedulingEnv) else env.step


def _processor() -> str:
    """Model name of the processor."""
    path = Path("/proc/cpuinfo")
    lines: Iterable[str] = path.read_text(encoding="utf-8").splitlines() if path.exists() else ()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())

"""Cases: what methods are compared on, drawn once so that every method meets the same."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.jobshop.generator import make_generator
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import best_known, instance_names, load_instance
from dispatchlab.envs.jobshop.realise import Disturbances

MAX_DRAWN = 100_000


@dataclass(frozen=True, slots=True)
class Case:
    """One instance under one realisation.

    Attributes:
        instance: Name shown in tables; unique for each instance of a comparison.
        seed: Seed of the realisation; the methods seed their own randomness with it too.
        encoding: What a scheduler may know: a `CpEncoding`, or the instance of another family.
        realisation: What will happen; None where everything happens as expected.
        family: Family of the instance.
        settings: What tells it from others like it; columns of the tidy table.
        wants_bound: Whether a bound that takes its time is worth it.
    """

    instance: str
    seed: int
    encoding: Any
    realisation: Any = None
    family: str = "job-shop"
    settings: Mapping[str, Any] = field(default_factory=dict)
    wants_bound: bool = True


def instance_cases(
    instances: Iterable[CpEncoding],
    seeds: Sequence[int] = (0,),
    disturbances: Disturbances | None = None,
) -> list[Case]:
    """Every instance under every seed.

    Args:
        instances: The instances; their names must differ.
        seeds: Seeds of the realisations.
        disturbances: What may differ from the expectation; nothing by default.

    Returns:
        The cases, instance by instance.

    Raises:
        DispatchlabError: If two instances share a name.
    """
    cases = []
    named: set[str] = set()
    for encoding in instances:
        if encoding.name in named:
            raise DispatchlabError(
                f"Two instances are named {encoding.name!r}; rename one so that they can be told "
                "apart."
            )
        named.add(encoding.name)
        cases += [_case(encoding.name, s, encoding, disturbances) for s in seeds]
    return cases


def generated_cases(spec: str, count: int, seeds: Sequence[int] = (0,)) -> list[Case]:
    """Draw instances and their realisations from a generator.

    Args:
        spec: As in `make_generator`, for example ``"random:num_jobs=10,duration_noise=0.2"``.
        count: Instances per seed.
        seeds: Each seed draws instances of its own.

    Returns:
        The cases.

    Raises:
        DispatchlabError: If the count is out of range or the string is not understood.
    """
    if count < 1:
        raise DispatchlabError(f"The count is {count}; draw at least 1 instance.")
    if count * len(seeds) > MAX_DRAWN:
        raise DispatchlabError(
            f"{count} instances for each of {len(seeds)} seeds are too many; draw at most "
            f"{MAX_DRAWN} in all."
        )
    generator = make_generator(spec)
    cases: list[Case] = []
    for seed in seeds:
        for index in range(count):
            encoding, drawn = generator.sample(np.random.default_rng([seed, index]))
            realisation = None if drawn.is_nominal(encoding) else drawn
            name = f"{encoding.name}#{len(cases)}"
            cases.append(Case(name, seed, encoding, realisation))
    return cases


def known_bounds(case: Case) -> tuple[float, float]:
    """Best-known lower and upper bound on the objective of a case.

    Args:
        case: Any case; bounds exist for the makespan of unchanged benchmarks.

    Returns:
        The bounds; NaN where none are known.
    """
    encoding, name = case.encoding, case.encoding.name.lower()
    bounds = best_known(name) if name in instance_names() else None
    if bounds is None or case.realisation is not None or load_instance(name) != encoding:
        return float("nan"), float("nan")
    return float(bounds.lower), float(bounds.upper)


def _case(name: str, seed: int, encoding: CpEncoding, disturbances: Disturbances | None) -> Case:
    if disturbances is None:
        return Case(name, seed, encoding)
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    realisation = disturbances.draw(rng, encoding)
    return Case(name, seed, encoding, None if realisation.is_nominal(encoding) else realisation)

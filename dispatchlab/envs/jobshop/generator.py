"""Generators of the job-shop family, and the strings that name them."""

import inspect
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError, InvalidInstanceError
from dispatchlab.envs.core.generator import Generator
from dispatchlab.envs.core.ranges import parse_options
from dispatchlab.envs.core.task_space import TaskSpace
from dispatchlab.envs.jobshop.fixed_instances import FixedInstances
from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.library import instance_names, instance_set
from dispatchlab.envs.jobshop.limits import ProblemLimits
from dispatchlab.envs.jobshop.random_shop import RandomJobShop
from dispatchlab.envs.jobshop.realisation import Realisation
from dispatchlab.envs.jobshop.shop_mixes import named_mix
from dispatchlab.envs.jobshop.taillard import taillard_instance

__all__ = [
    "FixedInstances",
    "JobShopGenerator",
    "RandomJobShop",
    "RandomTaillard",
    "make_generator",
]

JobShopGenerator = Generator[CpEncoding, Realisation, ProblemLimits]

_KINDS = "random, flexible, taillard, set"


class RandomTaillard:
    """Taillard's generator with random seeds: instances like ta01, but new ones."""

    def __init__(self, jobs: int, machines: int) -> None:
        """Fix the size."""
        if not (1 <= jobs <= 10_000 and 1 <= machines <= 1_000):
            raise InvalidInstanceError(
                f"The size {jobs}x{machines} is out of range; give 1 to 10000 jobs and 1 to 1000 "
                "machines."
            )
        self._size = (jobs, machines)
        self._limits = RandomJobShop(num_jobs=jobs, num_machines=machines).limits

    @property
    def task_space(self) -> TaskSpace:
        """Empty."""
        return TaskSpace()

    @property
    def limits(self) -> ProblemLimits:
        """Sizes of every instance."""
        return self._limits

    def sample(
        self, rng: np.random.Generator, task: Mapping[str, float] | None = None
    ) -> tuple[CpEncoding, Realisation]:
        """Draw two seeds and generate the instance.

        Args:
            rng: The only source of randomness.
            task: Must be empty.

        Returns:
            The instance, named after its seeds, and its nominal realisation.
        """
        self.task_space.validate(task)
        times, machines = (int(seed) for seed in rng.integers(1, 2**31 - 1, size=2))
        encoding = taillard_instance(*self._size, times, machines)
        return encoding, Realisation.nominal(encoding)

    def __repr__(self) -> str:
        """The size."""
        return f"RandomTaillard({self._size[0]}, {self._size[1]})"


def make_generator(spec: str, **kwargs: Any) -> JobShopGenerator:
    """Make a generator from a string, so that it fits a flat environment argument.

    Args:
        spec: ``kind:options``. ``random:num_jobs=5-10,duration_noise=0.2`` has the arguments of
            `RandomJobShop`, ranges written ``low-high``; ``flexible:...`` is the same with
            ``flexibility=2`` and ``machine_spread=0.2`` as defaults, and
            ``flexible:brandimarte,num_jobs=10`` with those of a mix in
            `dispatchlab.envs.jobshop.shop_mixes`; ``taillard:15x15`` draws new instances of that
            size with Taillard's generator; ``set:la+ft06,order=cycle`` goes through benchmark
            sets, instances and files, as does the bare name of one (``ta15x15``).
        **kwargs: Arguments that override those of the string.

    Returns:
        The generator.

    Raises:
        InvalidInstanceError: If the string cannot be understood.
    """
    kind, _, rest = spec.strip().partition(":")
    if kind == "random":
        return _random(spec, parse_options(spec, rest) | kwargs)
    if kind == "flexible":
        return _flexible(spec, rest, kwargs)
    if kind == "taillard":
        size = re.fullmatch(r"([0-9]{1,5})x([0-9]{1,5})", rest.strip())
        if size is None or kwargs:
            raise InvalidInstanceError(
                f"The generator {spec!r} is not understood; write taillard:15x15, without options."
            )
        return RandomTaillard(int(size[1]), int(size[2]))
    if kind == "set" or not rest:
        names, _, options = (rest if kind == "set" else spec).partition(",")
        return _fixed(spec, names, parse_options(spec, options) | kwargs)
    raise InvalidInstanceError(
        f"The generator {spec!r} is of unknown kind {kind!r}; choose one of {_KINDS}."
    )


def _random(spec: str, options: dict[str, Any]) -> RandomJobShop:
    _check_options(spec, options, RandomJobShop)
    return RandomJobShop(**options)


def _flexible(spec: str, text: str, options: dict[str, Any]) -> RandomJobShop:
    """The name of a mix may stand before the options."""
    defaults: dict[str, Any] = {"flexibility": 2.0, "machine_spread": 0.2}
    first, _, rest = text.partition(",")
    if first.strip() and "=" not in first:
        defaults, text = dict(named_mix(spec, first.strip())), rest
    return _random(spec, defaults | parse_options(spec, text) | options)


def _fixed(spec: str, names: str, options: dict[str, Any]) -> FixedInstances:
    instances = [name for part in names.split("+") for name in _members(spec, part.strip())]
    _check_options(spec, options, FixedInstances)
    return FixedInstances(instances, **options)


def _check_options(spec: str, options: Mapping[str, Any], kind: type) -> None:
    """Refuse options that the class behind the string does not have."""
    parameters = inspect.signature(kind).parameters.values()
    known = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    stray = next((name for name in options if name not in known), None)
    if stray is not None:
        raise InvalidInstanceError(
            f"The generator {spec!r} has no option {stray!r}; it has {', '.join(known)}."
        )


def _members(spec: str, name: str) -> Sequence[str]:
    """Instances of a set, or the one instance of that name or file."""
    if name.lower() in instance_names():
        return [name.lower()]
    if name and os.path.isfile(name):
        return [name]
    try:
        return instance_set(name)
    except DispatchlabError as error:
        raise InvalidInstanceError(
            f"The generator {spec!r} is not understood: it begins with none of {_KINDS}, and "
            f"{str(error)[0].lower()}{str(error)[1:]}"
        ) from None

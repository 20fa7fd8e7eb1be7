"""Cases of air taxis: random layouts or networks, and days drawn from them.

Equal seeds draw alike: with another load or other disturbances, layout, fleet and the draws behind
the passengers stay the same.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from dispatchlab.envs.uam.generator import DayMix, FixedInstance, UamGenerator, make_generator
from dispatchlab.envs.uam.instance import UamInstance
from dispatchlab.envs.uam.realisation import UamRealisation, draw
from dispatchlab.eval.cases import Case
from dispatchlab.eval.stream_cases import Settings, StreamFamily, of_instance

Given = str | os.PathLike[str] | UamInstance


class _Days(NamedTuple):
    """What days are drawn from.

    Attributes:
        given: As the user gave it.
        generator: Draws the days.
    """

    given: Given
    generator: UamGenerator

    @property
    def name(self) -> str:
        return self.given.name if isinstance(self.given, UamInstance) else os.fspath(self.given)


def uam_cases(
    instances: Sequence[Given], points: Sequence[Settings] = ({},), seeds: int = 1, *,
    bound: bool = True,
) -> list[Case]:  # fmt: skip
    """Every instance with every combination of settings under every seed; see `StreamFamily`.

    Args:
        instances: Strings of `make_generator`, such as ``"random-8x40"``, whose layout is new
            under every seed, or ``"bay-10"``, of which only the day is; or files or instances.
        points: Settings.
        seeds: Days of each.
        bound: Whether the bound on the profit of each day is wanted, which takes seconds.

    Returns:
        The cases, instance by instance.
    """
    cases = _DAYS.cases(instances, points, seeds)
    return [case if bound else replace(case, wants_bound=False) for case in cases]


def uam_case(
    name: str, instance: UamInstance, seed: int, settings: Settings | None = None
) -> Case:  # fmt: skip
    """One instance under one realisation; see `StreamFamily`."""
    return _ONE_INSTANCE.case(name, instance, seed, settings)


def _load(given: Given) -> _Days:
    return _Days(given, make_generator(given) if isinstance(given, str) else FixedInstance(given))


def _with_settings(days: _Days, settings: Settings) -> _Days:
    """Settings of the point override those of the name."""
    if isinstance(days.given, str):
        return days._replace(generator=make_generator(days.given, **settings))
    return days._replace(generator=DayMix([days.given], **settings))


def _sample(rng: np.random.Generator, days: Any) -> tuple[UamInstance, UamRealisation]:  # noqa: ANN401
    return days.generator.sample(rng)  # type: ignore[no-any-return]


_DAYS = StreamFamily("uam", _load, _with_settings, _sample)
_ONE_INSTANCE = StreamFamily("uam", _load, _with_settings, of_instance(draw))

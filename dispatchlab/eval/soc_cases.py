"""Cases on chips: presets, settings of their streams, and seeds that training never uses."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.ranges import parse_options
from dispatchlab.envs.soc.instance import SocInstance
from dispatchlab.envs.soc.library import load_instance, with_settings
from dispatchlab.envs.soc.realisation import draw
from dispatchlab.eval.cases import MAX_DRAWN, Case

# Training seeds its rows without a spawn key, and validation with another one.
TEST_KEY = 0x7E57_5EED
Settings = Mapping[str, Any]


def test_generator(seed: int) -> np.random.Generator:
    """The generator of the realisation with some seed; no training stream equals it."""
    return np.random.default_rng(np.random.SeedSequence(TEST_KEY, spawn_key=(TEST_KEY, seed)))


test_generator.__test__ = False  # type: ignore[attr-defined] # not for pytest


def parse_points(texts: Sequence[str]) -> list[dict[str, Any]]:
    """All combinations of settings.

    Args:
        texts: Each a setting with its values, such as ``"mean_gap_us=25|50|100"``.

    Returns:
        Settings by name; one empty combination where nothing is given.

    Raises:
        DispatchlabError: If a text is incomplete or a setting stands twice.
    """
    axes: dict[str, list[Any]] = {}
    for text in texts:
        name, _, values = (part.strip() for part in text.partition("="))
        given = [value.strip() for value in values.split("|") if value.strip()]
        if not name or not given:
            raise DispatchlabError(
                f"The setting {text!r} has no values; write for example mean_gap_us=25|50|100."
            )
        if name in axes:
            raise DispatchlabError(f"The setting {name!r} stands twice; join its values with |.")
        axes[name] = [parse_options(text, f"{name}={value}")[name] for value in given]
    return [dict(zip(axes, point, strict=True)) for point in itertools.product(*axes.values())]


def soc_cases(
    instances: Sequence[str | SocInstance], points: Sequence[Settings] = ({},), seeds: int = 1
) -> list[Case]:
    """Every instance with every combination of settings under every seed.

    Equal seeds draw alike, whatever the settings: with another gap the arrivals are stretched,
    with another noise the same tasks deviate.

    Args:
        instances: Presets, files or instances, as `load_instance` takes them.
        points: Settings of `with_settings`.
        seeds: Realisations of each.

    Returns:
        The cases, instance by instance.

    Raises:
        DispatchlabError: If there are too many, none, or two of one name.
    """
    count = len(instances) * len(points) * seeds
    if not 0 < count <= MAX_DRAWN:
        raise DispatchlabError(
            f"{len(instances)} instances with {len(points)} settings and {seeds} seeds make "
            f"{count} cases; ask for 1 to {MAX_DRAWN}."
        )
    cases: list[Case] = []
    named: set[str] = set()
    for given in instances:
        base = load_instance(given)
        shown = given if isinstance(given, str) else base.name
        for point in points:
            instance = with_settings(base, point) if point else base
            name = _name(shown, point)
            if name in named:
                raise DispatchlabError(f"The instance {name!r} is listed twice; remove one.")
            named.add(name)
            settings = {"base": shown, **point}
            cases += [soc_case(name, instance, seed, settings) for seed in range(seeds)]
    return cases


def soc_case(name: str, instance: SocInstance, seed: int, settings: Settings | None = None) -> Case:
    """One instance under one realisation.

    Args:
        name: Shown in tables.
        instance: The instance.
        seed: Seed of the realisation and of the methods.
        settings: What tells it from others like it.

    Returns:
        The case.
    """
    return Case(name, seed, instance, draw(test_generator(seed), instance), "soc", settings or {})


def _name(base: str, point: Settings) -> str:
    """The name of an instance with its settings."""
    settings = ",".join(f"{key}={value}" for key, value in point.items())
    return f"{base}{',' if ':' in base else ':'}{settings}" if settings else base

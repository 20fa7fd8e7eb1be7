"""Cases of families whose work streams in: settings, names, and seeds that training never uses."""

import itertools
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.envs.core.ranges import parse_options
from dispatchlab.eval.cases import MAX_DRAWN, Case

# Training seeds its rows without a spawn key, and validation with another one.
TEST_KEY = 0x7E57_5EED
Settings = Mapping[str, Any]
Sample = Callable[[np.random.Generator, Any], tuple[Any, Any]]


def test_generator(seed: int) -> np.random.Generator:
    """The generator of the realisation with some seed; no training stream equals it."""
    return np.random.default_rng(np.random.SeedSequence(TEST_KEY, spawn_key=(TEST_KEY, seed)))


test_generator.__test__ = False  # type: ignore[attr-defined] # not for pytest


def of_instance(draw: Callable[[np.random.Generator, Any], Any]) -> Sample:
    """How to sample where the source is the instance itself, and what happens is drawn."""
    return lambda rng, instance: (instance, draw(rng, instance))


@dataclass(frozen=True, slots=True)
class StreamFamily:
    """How a family loads instances and draws what happens in them.

    Attributes:
        name: The family.
        load: Source of a preset, a file or an instance: what episodes are drawn from, usually
            the instance. Its attribute ``name`` is the name.
        with_settings: A copy of a source with other settings.
        sample: An instance and its realisation from a source, usually by `of_instance`.
    """

    name: str
    load: Callable[[Any], Any]
    with_settings: Callable[[Any, Settings], Any]
    sample: Sample

    def case(self, name: str, source: Any, seed: int, settings: Settings | None = None) -> Case:  # noqa: ANN401
        """One instance under one realisation.

        Args:
            name: Shown in tables.
            source: The instance, or what else the family draws from.
            seed: Seed of the realisation and of the methods.
            settings: What tells it from others like it.

        Returns:
            The case.
        """
        instance, drawn = self.sample(test_generator(seed), source)
        return Case(name, seed, instance, drawn, self.name, settings or {})

    def cases(
        self, instances: Sequence[Any], points: Sequence[Settings] = ({},), seeds: int = 1
    ) -> list[Case]:
        """Every instance with every combination of settings under every seed.

        Args:
            instances: Presets, files or instances.
            points: Settings.
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
        loaded = [(given, self.load(given)) for given in instances]
        shown = [given if isinstance(given, str) else base.name for given, base in loaded]
        refuse_twins([_name(base, point) for base in shown for point in points])
        cases: list[Case] = []
        for base, (_, source) in zip(shown, loaded, strict=True):
            for point in points:
                drawn_from = self.with_settings(source, point) if point else source
                name, settings = _name(base, point), {"base": base, **point}
                cases += [self.case(name, drawn_from, seed, settings) for seed in range(seeds)]
        return cases


def refuse_twins(names: Sequence[str]) -> None:
    """Refuse an instance that is named twice; upper case makes no other preset of a name.

    Args:
        names: Presets and files, settings included.

    Raises:
        DispatchlabError: With the second name.
    """
    met: dict[str, str] = {}
    for name in names:
        head, colon, rest = name.partition(":")
        key = name if os.path.exists(head) else head.lower() + colon + rest
        if key in met:
            also = "" if met[key] == name else f" (as {met[key]!r} too)"
            raise DispatchlabError(f"The instance {name!r} is listed twice{also}; remove one.")
        met[key] = name


def parse_points(texts: Sequence[str], example: str = "mean_gap_us=25|50|100") -> list[Settings]:
    """All combinations of settings.

    Args:
        texts: Each a setting with its values, such as ``"mean_gap_us=25|50|100"``.
        example: Such a text, for errors.

    Returns:
        Settings by name; one empty combination where nothing is given.

    Raises:
        DispatchlabError: If a text is incomplete or has a comma, a setting stands twice, or there
            are too many combinations.
    """
    axes: dict[str, list[Any]] = {}
    for text in texts:
        name, _, values = (part.strip() for part in text.partition("="))
        given = [value.strip() for value in values.split("|") if value.strip()]
        if not name or not given:
            raise DispatchlabError(
                f"The setting {text!r} has no values; write for example {example}."
            )
        if "," in text:
            raise DispatchlabError(
                f"The setting {text!r} has a comma in it; separate values with |, and give every "
                "setting an option of its own."
            )
        if name in axes:
            raise DispatchlabError(f"The setting {name!r} stands twice; join its values with |.")
        axes[name] = [parse_options(text, f"{name}={value}")[name] for value in given]
    count = math.prod(map(len, axes.values()))
    if count > MAX_DRAWN:
        raise DispatchlabError(
            f"The settings {', '.join(axes)} make {count} combinations; give fewer values, for "
            f"{MAX_DRAWN} at most."
        )
    return [dict(zip(axes, point, strict=True)) for point in itertools.product(*axes.values())]


def _name(base: str, point: Settings) -> str:
    """The name of an instance with its settings."""
    settings = ",".join(f"{key}={value}" for key, value in point.items())
    return f"{base}{',' if ':' in base else ':'}{settings}" if settings else base

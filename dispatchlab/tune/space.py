"""What a search may choose: ranges and choices of training settings, checked before it begins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.config import CHOICES, RANGES, TrainConfig
from dispatchlab.train.families import SETTINGS, foreign_settings
from dispatchlab.train.families.settings import unknown_setting
from dispatchlab.train.values import closest, parse_value

# Settings that would make trials incomparable, or that decide nothing about what is learned.
NOT_SEARCHED = frozenset({
    "family", "seed", "total_timesteps", "max_minutes", "device", "threads", "engine",
    "rollout_workers", "ray_address", "eval_every", "eval_generator", "eval_instances",
    "eval_benchmarks", "eval_samples", "checkpoint_every", "tensorboard", "track", "track_project",
})  # fmt: skip
_RANGE_KEYS = ("low", "high", "log", "step")


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two ends, both included.

    Attributes:
        low: Smallest.
        high: Largest.
        log: Whether the logarithm is what is spread evenly.
        step: Distance of neighbours; 0 for any number (whole settings: 1).
    """

    low: float
    high: float
    log: bool = False
    step: float = 0

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        found: dict[str, Any] = {"low": self.low, "high": self.high}
        if self.log:
            found["log"] = True
        if self.step:
            found["step"] = self.step
        return found

    def __str__(self) -> str:
        """The same in words."""
        step = f", step {self.step:g}" if self.step else ""
        return f"{self.low:g} to {self.high:g}{', log' if self.log else ''}{step}"


@dataclass(frozen=True, slots=True)
class Choices:
    """One of a few values."""

    choices: tuple[Any, ...]

    def to_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        return {"choices": list(self.choices)}

    def __str__(self) -> str:
        """The same in words."""
        return ", ".join(map(str, self.choices))


Part = Range | Choices


@dataclass(frozen=True, slots=True)
class SearchSpace:
    """What is searched, and what is fixed beside it.

    Attributes:
        parts: By setting.
        fixed: Values that differ from those of the base config.
    """

    parts: Mapping[str, Part]
    fixed: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """A mapping as it may stand in a file."""
        return {key: part.to_dict() for key, part in self.parts.items()} | dict(self.fixed)

    def only(self, names: Iterable[str]) -> "SearchSpace":
        """The part of the space with these settings.

        Args:
            names: Settings that are searched.

        Returns:
            The smaller space; what is fixed stays.

        Raises:
            DispatchlabError: A name is not searched.
        """
        wanted = list(names)
        for name in wanted:
            if name not in self.parts:
                raise DispatchlabError(
                    f"The search has no setting {name!r}: {closest(name, self.parts)}."
                )
        return replace(self, parts={key: self.parts[key] for key in wanted})


def read_space(data: object, config: TrainConfig) -> SearchSpace:
    """Check a mapping of settings.

    Args:
        data: By setting: ``{low, high, log, step}``, ``{choices}``, or a value that is fixed.
        config: The settings of the runs.

    Returns:
        The space; integers and floats have the types of their settings.

    Raises:
        DispatchlabError: It is no mapping, a setting is unknown or cannot be searched, or a value
            does not fit.
    """
    if not isinstance(data, Mapping):
        raise DispatchlabError(
            "A search space maps settings to values: write lines such as "
            "'gamma: {choices: [0.99, 1.0]}'."
        )
    parts: dict[str, Part] = {}
    fixed: dict[str, Any] = {}
    for key, entry in data.items():
        name = str(key)
        _check_name(name, config)
        if not isinstance(entry, Mapping):
            fixed[name] = _value(name, entry, config)
        elif "choices" in entry:
            parts[name] = _choices(name, entry, config)
        else:
            parts[name] = _range(name, entry, config)
    return SearchSpace(parts, fixed)


def _check_name(name: str, config: TrainConfig) -> None:
    known = [key for key in config.to_dict() if key not in NOT_SEARCHED]
    if name in NOT_SEARCHED:
        raise DispatchlabError(
            f"{name} cannot be searched, since trials have to be comparable: leave it out."
        )
    if name in foreign_settings(config.family):
        raise DispatchlabError(
            f"The family {config.family!r} has no setting {name!r}: leave it out."
        )
    if name not in known:
        raise unknown_setting(name, config.family, known)


def _choices(name: str, entry: Mapping[Any, Any], config: TrainConfig) -> Choices:
    values = entry["choices"]
    extra = [str(key) for key in entry if key != "choices"]
    if extra:
        raise DispatchlabError(f"{name} has choices and {extra[0]!r}: keep one of them.")
    if not isinstance(values, (list, tuple)) or not values:
        raise DispatchlabError(f"The choices of {name} are {values!r}: give a list of values.")
    found = tuple(_value(name, value, config) for value in values)
    if len(set(found)) < len(found):
        raise DispatchlabError(f"The choices of {name} are {list(found)}: give each once.")
    return Choices(found)


def _range(name: str, entry: Mapping[Any, Any], config: TrainConfig) -> Range:
    example = getattr(config, name)
    if isinstance(example, bool) or not isinstance(example, (int, float)):
        raise DispatchlabError(f"{name} is no number: give {{choices: [...]}}.")
    for key in entry:
        if key not in _RANGE_KEYS:
            raise DispatchlabError(
                f"The range of {name} has {str(key)!r}: {closest(str(key), _RANGE_KEYS)}."
            )
    for key in ("low", "high"):
        if key not in entry:
            raise DispatchlabError(f"The range of {name} has no {key}: give low and high.")
    low, high = (_value(name, entry[key], config) for key in ("low", "high"))
    log = parse_value(f"log of {name}", entry.get("log", False), False)
    step = parse_value(f"step of {name}", entry.get("step", 0), example)
    if not low < high:
        raise DispatchlabError(f"{name} goes from {low} to {high}: let low be below high.")
    if log and low <= 0:
        raise DispatchlabError(f"{name} begins at {low}: a range with log has to be above 0.")
    if step < 0 or step > high - low or (log and step):
        raise DispatchlabError(
            f"The range of {name} has step={step}: give one that fits between {low} and {high}, "
            "and none with log."
        )
    return Range(low, high, log, step)


def _value(name: str, value: object, config: TrainConfig) -> Any:  # noqa: ANN401 - of the setting
    """A value of a setting, of its type."""
    found = parse_value(name, value, getattr(config, name))
    if name in RANGES:
        low, high = RANGES[name]
        if not low <= found <= high:
            raise DispatchlabError(
                f"{name} is {found}: give a number between {low:g} and {high:g}."
            )
    allowed = {**CHOICES, **SETTINGS[config.family].choices}.get(name)
    if allowed is not None and found not in allowed:
        raise DispatchlabError(f"{name} is {found!r}: choose one of {', '.join(allowed)}.")
    return found

"""Schedules in closed form."""

from dataclasses import dataclass
from typing import ClassVar

from dispatchlab.envs.core.errors import DispatchlabError
from dispatchlab.train.schedules.base import SHAPES, Phase, check_shape, length, passed


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant(Phase):
    """The same rate all the time."""

    source: ClassVar[str] = "the same rate all the time"

    def _after(self, peak: float, done: float, warm: float, total: float) -> float:
        return peak


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear(Phase):
    """Linear decay: what theory wants of the last iterate (Defazio et al., arXiv:2310.07831).

    Attributes:
        end: Share of the peak that is left at the end.
    """

    source: ClassVar[str] = "linear decay (Defazio et al. 2023, arXiv:2310.07831)"

    end: float = 0.0

    def _after(self, peak: float, done: float, warm: float, total: float) -> float:
        return peak * fall(SHAPES["linear"](passed(done, warm, total)), self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosine(Phase):
    """Half a cosine (Loshchilov and Hutter, arXiv:1608.03983, equation 5, without restarts).

    Attributes:
        end: Share of the peak that is left at the end.
    """

    source: ClassVar[str] = "half a cosine (Loshchilov and Hutter 2017, arXiv:1608.03983)"

    end: float = 0.0

    def _after(self, peak: float, done: float, warm: float, total: float) -> float:
        return peak * fall(SHAPES["cosine"](passed(done, warm, total)), self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rex(Phase):
    """REX: with z of the run left, z / (1 - β + β z) (Chen et al., arXiv:2107.04197).

    Attributes:
        beta: β, from 0, where the decay is linear, to below 1; the paper has 1/2.
        end: Share of the peak that is left at the end.
    """

    source: ClassVar[str] = "reflected exponential decay (Chen et al. 2022, arXiv:2107.04197)"

    beta: float = 0.5
    end: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        Phase.__post_init__(self)
        if not 0 <= self.beta < 1:
            raise DispatchlabError(f"beta is {self.beta}: give a number from 0 to below 1.")

    def _after(self, peak: float, done: float, warm: float, total: float) -> float:
        left = 1.0 - passed(done, warm, total)
        return peak * fall(left / (1.0 - self.beta + self.beta * left), self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Power(Phase):
    """Power law of the decisions, min(peak, β a n^b) (Shen et al., arXiv:2408.13359).

    It does not depend on where the run ends.

    Attributes:
        a: a.
        b: b, negative.
        batch: β, the batch size in units of one's own.
    """

    source: ClassVar[str] = "power law of the decisions (Shen et al. 2024, arXiv:2408.13359)"

    a: float = 4.0
    b: float = -0.51
    batch: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        Phase.__post_init__(self)
        for name in ("a", "batch"):
            if not getattr(self, name) > 0:
                raise DispatchlabError(f"{name} is {getattr(self, name)}: give a number above 0.")
        if not self.b < 0:
            raise DispatchlabError(f"b is {self.b}: give a number below 0.")

    def _after(self, peak: float, done: float, warm: float, total: float) -> float:
        if done <= 0:
            return peak
        return float(min(peak, self.batch * self.a * done**self.b))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wsd(Phase):
    """Warm-up, stable, decay (Hu et al., arXiv:2404.06395; 1-sqrt: Hägele et al., 2405.18392).

    Attributes:
        decay: Length of the decay at the end of the run.
        shape: Of the decay: linear, cosine, 1-sqrt or inv-sqrt.
        end: Share of the peak that is left at the end.
    """

    source: ClassVar[str] = "warm-up, stable, decay (Hu et al. 2024, arXiv:2404.06395)"
    lengths: ClassVar[tuple[str, ...]] = ("warm_up", "decay")

    warm_up: float = 0.05
    decay: float = 0.2
    shape: str = "linear"
    end: float = 0.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        Phase.__post_init__(self)
        check_shape(self.shape)

    def _after(self, peak: float, done: float, warm: float, total: float) -> float:
        start = max(total - length(self.decay, total), warm)
        if done <= start:
            return peak
        return peak * fall(SHAPES[self.shape](passed(done, start, total)), self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Infinite(Phase):
    """Warm-up, cool-down to a constant rate that may last for ever, and annealing at the end.

    Later tasks of a curriculum begin in the constant phase, with ``warm_up=0,cool_down=0``; a run
    that is to be continued ends in it, with ``anneal=0`` (Singh et al., arXiv:2503.02844).

    Attributes:
        cool_down: Length of the cool-down.
        shape: Of the cool-down: cosine, linear, inv-sqrt or 1-sqrt.
        constant: Share of the peak in the constant phase.
        anneal: Length of the annealing at the end of the run, exponential; 0: none.
        end: Share of the peak that is left at the end.
    """

    source: ClassVar[str] = "infinite schedule (Singh et al. 2025, arXiv:2503.02844)"
    lengths: ClassVar[tuple[str, ...]] = ("warm_up", "cool_down", "anneal")

    warm_up: float = 0.05
    cool_down: float = 0.1
    shape: str = "cosine"
    constant: float = 0.4
    anneal: float = 0.2
    end: float = 0.04

    def __post_init__(self) -> None:
        """Check the ranges."""
        Phase.__post_init__(self)
        check_shape(self.shape)
        if not 0 < self.end <= self.constant <= 1:
            raise DispatchlabError(
                f"end is {self.end} and constant {self.constant}: give numbers from above 0 to 1, "
                "the end not above the constant."
            )

    def _after(self, peak: float, done: float, warm: float, total: float) -> float:
        cooled = warm + length(self.cool_down, total)
        if done < cooled:
            return peak * fall(SHAPES[self.shape](passed(done, warm, cooled)), self.constant)
        start = max(total - length(self.anneal, total), cooled)
        share = passed(done, start, total) if self.anneal and done > start else 0.0
        return float(peak * self.constant * (self.end / self.constant) ** share)


def fall(left: float, end: float) -> float:
    """From 1 to ``end``, as ``left`` goes from 1 to 0."""
    return end + (1.0 - end) * left

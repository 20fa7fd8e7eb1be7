"""A schedule from the gradient norms that a finished run has recorded."""

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.errors import DispatchlabError

FloatArray = npt.NDArray[np.float64]

# Columns of progress.csv.
TIMESTEPS = "timesteps"
GRADIENT_NORM = "train/gradient_norm"
MOST = 1e300


@dataclass(frozen=True, kw_only=True)
class Refined:
    """Refined linear decay (Defazio et al., arXiv:2310.07831, algorithm 1).

    The run is read when the first rate is asked for.

    Attributes:
        run: Folder of a finished run.
        window: Length of the median filter over the norms, as a share of that run.
    """

    source: ClassVar[str] = "from the gradients of a run (Defazio et al. 2023, arXiv:2310.07831)"

    run: str = ""
    window: float = 0.1

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not self.run:
            raise DispatchlabError("The schedule 'refined' names no run: write refined:run=FOLDER.")
        if not 0 <= self.window <= 1:
            raise DispatchlabError(f"window is {self.window}: give a number from 0 to 1.")

    @cached_property
    def table(self) -> tuple[FloatArray, FloatArray]:
        """Share of the run that is over and factor of the rate, by update.

        Raises:
            DispatchlabError: The run has no norms.
        """
        timesteps, norms = read_norms(self.run)
        return timesteps / timesteps[-1], refine(smooth(norms, self.window), power=1)

    def rate(self, peak: float, done: float, total: float) -> float:
        """The learning rate of an update, see `Schedule`."""
        return peak * float(np.interp(done / max(total, 1), *self.table))


def refine(norms: FloatArray, *, power: int) -> FloatArray:
    """The schedule that the theory wants for such gradients.

    With w = norm^-power it is w[t] sum(w[t + 1:]), with 1 as its largest value; equal norms give
    linear decay.

    Args:
        norms: ``(T,)`` gradient norms; those of 0 count as the smallest above it.
        power: 2 for SGD with Euclidean norms, 1 for Adam with sums of absolute values.

    Returns:
        ``(T,)`` factors of the base rate; the last is 0.

    Raises:
        DispatchlabError: There are fewer than two norms, or none above 0.
    """
    norms = np.asarray(norms, np.float64)
    positive = norms[norms > 0]
    if len(norms) < 2 or not len(positive):
        raise DispatchlabError(
            f"There are {len(norms)} gradient norms, {len(positive)} of them above zero: give two "
            "at least."
        )
    least = max(float(positive.min() / positive.max()), 1e-12)
    weights = (least / np.maximum(norms / positive.max(), least)) ** power
    later = np.append(np.cumsum(weights[:0:-1])[::-1], 0.0)
    factors = weights * later
    return np.asarray(factors / factors.max())


def smooth(norms: FloatArray, window: float) -> FloatArray:
    """Median filter of 2 floor(window T / 2) + 1 norms, reflected at the ends.

    Args:
        norms: ``(T,)``.
        window: Share of T.

    Returns:
        ``(T,)``.
    """
    from scipy.ndimage import median_filter

    width = 2 * int(window * len(norms) / 2) + 1
    return np.asarray(median_filter(norms, size=width, mode="reflect"))


def read_norms(run: str) -> tuple[FloatArray, FloatArray]:
    """Decisions and gradient norms, ``(T,)`` each, of the updates of a run.

    Args:
        run: Its folder.

    Returns:
        Both, in order; updates whose gradient was not finite are left out.

    Raises:
        DispatchlabError: There is no such run, or it has recorded fewer than two norms.
    """
    path = Path(run) / "progress.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row.get(GRADIENT_NORM)]
        pairs = np.array([(float(row[TIMESTEPS]), float(row[GRADIENT_NORM])) for row in rows])
    except OSError as error:
        raise DispatchlabError(
            f"Cannot read {str(path)!r}: {error.strerror}; name the folder of a finished run."
        ) from error
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise DispatchlabError(
            f"{str(path)!r} is damaged: {error}; name the folder of another run."
        ) from error
    pairs = pairs.reshape(-1, 2)[np.isfinite(pairs.reshape(-1, 2)[:, 1])]
    if len(pairs) < 2:
        raise DispatchlabError(
            f"The run {run!r} has recorded {len(pairs)} gradient norms: name a longer run, or one "
            "of this release."
        )
    timesteps, norms = pairs.T
    # in this order: infinite ones have no differences, and NaN compares as false
    is_sound = (np.abs(timesteps) < MOST).all() and (np.diff(timesteps) >= 0).all()
    if not is_sound or timesteps[-1] <= 0 or norms.min() < 0:
        raise DispatchlabError(
            f"{str(path)!r} is damaged: its {TIMESTEPS} do not ascend from 0, or a norm is below "
            "0; name the folder of another run."
        )
    return timesteps, norms

"""Where a loss is heading: a smooth curve through it, and an exponential that goes on."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Logarithms of the decay rates that are looked at, per window that was seen.
_SLOWEST, _FASTEST = -4.0, 6.0
# Fewer losses have no curve to speak of.
LEAST_LOSSES = 5
_KNOTS = (0.25, 0.5, 0.75)


def forecast(losses: FloatArray, horizon: float) -> float:
    """The loss after so many windows (Jin et al., AutoLRS, arXiv:2105.10762, section 4.2).

    Args:
        losses: ``(n,)`` losses of a window, evenly spaced, the first one step after its start.
        horizon: When, in windows from the start of this one; 1 is its end.

    Returns:
        c + a exp(-e^β horizon); infinite if a loss is not finite. Of fewer than five losses it is
        the last.
    """
    losses = np.asarray(losses, np.float64)
    if not len(losses) or not np.isfinite(losses).all():
        return float("inf")
    if len(losses) < LEAST_LOSSES:
        return float(losses[-1])
    times = np.arange(1, len(losses) + 1) / len(losses)
    base, scale, beta = fit_exponential(*denoise(times, losses))
    return float(base + scale * np.exp(-np.exp(beta) * horizon))


def denoise(
    times: FloatArray, losses: FloatArray, *, rounds: int = 10
) -> tuple[FloatArray, FloatArray]:
    """A smooth curve through losses, after leaving out outliers of the first half.

    In each round a stiff quadratic spline is fitted, and the 3 % of the losses in the first half
    that lie farthest from it are left out. Then a smoothing spline goes through the rest; it leaves
    about as much unexplained as their third differences say that there is noise.

    Args:
        times: ``(n,)`` rising, n at least 5.
        losses: ``(n,)``.
        rounds: How often outliers are left out.

    Returns:
        The times that are left and the curve there.
    """
    from scipy.interpolate import LSQUnivariateSpline

    for _ in range(rounds):
        first = int((times <= times[-1] / 2).sum())
        drop = int(0.03 * first)
        if not drop:
            break
        # So few knots cannot follow a spike.
        stiff = LSQUnivariateSpline(times, losses, np.quantile(times, _KNOTS), k=2)
        worst = np.argsort(np.abs(losses - stiff(times))[:first], kind="stable")[first - drop :]
        times, losses = np.delete(times, worst), np.delete(losses, worst)
    return times, _curve(times, losses)


def _curve(times: FloatArray, losses: FloatArray) -> FloatArray:
    """``(n,)`` a quadratic smoothing spline at its own times."""
    from scipy.interpolate import UnivariateSpline

    # The variance of a third difference of noise is 20 times that of the noise. The median keeps
    # outliers out; 0.455 is that of a chi-squared variable of one degree of freedom.
    noise = float(np.median(np.square(np.diff(losses, 3)))) / (20 * 0.455)
    if noise <= 1e-8 * float(losses.var()):
        return losses
    return np.asarray(UnivariateSpline(times, losses, k=2, s=len(times) * noise)(times))


def fit_exponential(times: FloatArray, losses: FloatArray) -> tuple[float, float, float]:
    """The curve c + a exp(-e^β t) nearest to some losses.

    Args:
        times: ``(n,)``.
        losses: ``(n,)``.

    Returns:
        c, a and β.
    """
    from scipy.optimize import minimize

    def solve(beta: float) -> tuple[FloatArray, float]:
        columns = np.stack([np.ones_like(times), np.exp(-np.exp(beta) * times)], 1)  # (n, 2)
        found = np.linalg.lstsq(columns, losses)[0]
        return found, float(np.square(columns @ found - losses).sum())

    best = minimize(
        lambda x: solve(float(x[0]))[1], [0.0], method="Nelder-Mead",
        bounds=[(_SLOWEST, _FASTEST)], options={"xatol": 1e-6, "fatol": 1e-14},
    )  # fmt: skip
    beta = float(best.x[0])
    base, scale = solve(beta)[0]
    return float(base), float(scale), beta

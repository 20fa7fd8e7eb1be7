"""Domain randomisation."""

import numpy as np
from scipy.stats import kstest

from dispatchlab.train.teachers.uniform import Uniform


def test_uniform_in_every_dimension() -> None:
    """Each coordinate passes a Kolmogorov-Smirnov test, and coordinates are not correlated."""
    points = np.array([play.level.point for play in Uniform(3, seed=0).sample(4000)])
    assert all(kstest(column, "uniform").pvalue > 0.01 for column in points.T)
    assert np.abs(np.corrcoef(points.T) - np.eye(3)).max() < 0.06


def test_region_is_the_cube() -> None:
    """The one region is the cube."""
    assert Uniform(2).regions() == [{"low": [0.0, 0.0], "high": [1.0, 1.0], "weight": 1.0}]

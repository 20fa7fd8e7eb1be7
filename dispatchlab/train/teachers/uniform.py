"""Domain randomisation: every task is as likely as any other."""

import numpy as np

from dispatchlab.train.teachers.base import FloatArray, PointTeacher
from dispatchlab.train.teachers.regions import Region, box


class Uniform(PointTeacher):
    """Points from the uniform distribution, whatever becomes of them.

    The control that every other teacher has to beat.
    """

    def regions(self) -> list[Region]:
        """The cube."""
        return [box(np.zeros(self.dimensions), np.ones(self.dimensions), 1.0)]

    def _choose(self) -> FloatArray:
        return self.rng.random(self.dimensions)

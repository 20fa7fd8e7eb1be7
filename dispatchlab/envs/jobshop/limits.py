"""ProblemLimits: upper bounds on the sizes of the problems an environment may meet."""

from typing import NamedTuple

import numpy as np

from dispatchlab.envs.jobshop.instance import CpEncoding
from dispatchlab.envs.jobshop.realisation import Realisation


class ProblemLimits(NamedTuple):
    """Largest counts; array shapes and spaces follow from them and never change."""

    activities: int
    modes: int
    uses: int
    resources: int
    arcs: int
    jobs: int
    lanes: int
    modes_per_activity: int
    setups: int = 0
    breakdowns: int = 0

    @classmethod
    def of(
        cls, encoding: CpEncoding, num_lanes: int, realisation: Realisation | None = None
    ) -> "ProblemLimits":
        """The exact sizes of one problem."""
        return cls(
            activities=encoding.num_activities,
            modes=encoding.num_modes,
            uses=len(encoding.use_resource),
            resources=encoding.num_resources,
            arcs=encoding.num_arcs,
            jobs=encoding.num_jobs,
            lanes=num_lanes,
            modes_per_activity=int(np.diff(encoding.mode_ptr).max(initial=1)),
            setups=len(encoding.setup_time),
            breakdowns=0 if realisation is None else len(realisation.down_start),
        )

    def merge(self, other: "ProblemLimits") -> "ProblemLimits":
        """Elementwise maximum."""
        return ProblemLimits(*(max(a, b) for a, b in zip(self, other, strict=True)))

"""Observation: what an environment takes as its ``observation`` argument."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.graph_spec import Arrays, GraphSpec


class Observation(Protocol):
    """Describes itself by a `GraphSpec` and fills batches of it from a family's dynamics."""

    def spec(self, dynamics: Any) -> GraphSpec:  # noqa: ANN401 (any family's dynamics)
        """Layout and sizes for a dynamics."""

    def fill(self, dynamics: Any, rows: npt.NDArray[np.int64], out: Arrays) -> None:  # noqa: ANN401 (any family's dynamics)
        """Write the observations of some rows into zeroed arrays, one after the other."""

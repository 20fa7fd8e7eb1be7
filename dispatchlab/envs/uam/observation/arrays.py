"""The arrays of a batch of observations, as the kernels know them."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dispatchlab.envs.core.graph_spec import Arrays
from dispatchlab.envs.core.schedule import IntArray
from dispatchlab.envs.uam.observation.features import Float32Array

OPTION, AT, FLIES = "aircraft-option-port", "aircraft-at-port", "port-flies-port"


class GraphArrays(NamedTuple):
    """B observations: features, arcs and counts of each type, in the layout of `GraphSpec`."""

    port: Float32Array
    num_ports: IntArray
    aircraft: Float32Array
    num_aircraft: IntArray
    context: Float32Array
    at: IntArray
    at_x: Float32Array
    num_at: IntArray
    pair: IntArray
    pair_x: Float32Array
    num_pairs: IntArray
    option: IntArray
    option_x: Float32Array
    num_options: IntArray
    candidates: IntArray
    mask: npt.NDArray[np.int8]

    @classmethod
    def of(cls, out: Arrays) -> "GraphArrays":
        """The arrays of a dictionary."""
        return cls(
            out["x/port"], out["n/port"], out["x/aircraft"], out["n/aircraft"], out["globals"],
            out[f"edge/{AT}"], out[f"edge_attr/{AT}"], out[f"e/{AT}"],
            out[f"edge/{FLIES}"], out[f"edge_attr/{FLIES}"], out[f"e/{FLIES}"],
            out[f"edge/{OPTION}"], out[f"edge_attr/{OPTION}"], out[f"e/{OPTION}"],
            out["candidates"], out["action_mask"],
        )  # fmt: skip

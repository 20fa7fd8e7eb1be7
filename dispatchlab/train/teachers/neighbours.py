"""The nearest of all points played so far, and its score."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from dispatchlab.train.teachers.base import FloatArray

_LEAST_YOUNG = 500


class ScoreMemory:
    """Points with their scores, searched for the nearest by the Euclidean distance.

    Older points wait in a tree, the young ones in an array that is searched whole and joins the
    tree when it has grown to a tenth of it. The answer is exact; among points that are equally
    near, as on the faces of the cube, a younger one wins, and a point that is played again
    replaces what was known of it.

    Attributes:
        size: How many points are kept.
    """

    def __init__(self, dimensions: int, *, capacity: int | None = None) -> None:
        """Start empty.

        Args:
            dimensions: d.
            capacity: How many points are kept when the young ones join the tree; None keeps all.
        """
        self._capacity = capacity
        # Rows are points with their score in the last column, in the order of their arrival.
        self._old: FloatArray = np.empty((0, dimensions + 1))
        self._young: FloatArray = np.empty((_LEAST_YOUNG, dimensions + 1))
        self._num_young = 0
        self._tree: cKDTree | None = None

    @property
    def size(self) -> int:
        """How many points are kept."""
        return len(self._old) + self._num_young

    def nearest(self, point: FloatArray) -> float | None:
        """Score of the nearest point.

        Args:
            point: ``(d,)`` from where.

        Returns:
            The score, or None if nothing is kept.
        """
        best, score = np.inf, None
        if self._num_young:
            young = self._young[: self._num_young][::-1]
            distances = np.linalg.norm(young[:, :-1] - point, axis=1)
            index = int(distances.argmin())
            best, score = float(distances[index]), float(young[index, -1])
        if self._tree is not None:
            distance, index = self._tree.query(point)
            if distance < best:
                score = float(self._old[index, -1])
        return score

    def add(self, point: FloatArray, score: float) -> None:
        """Keep one more.

        Args:
            point: ``(d,)`` the point.
            score: What was reached there.
        """
        self._young[self._num_young, :-1] = point
        self._young[self._num_young, -1] = score
        self._num_young += 1
        if self._num_young == len(self._young):
            self._flush()

    def state_dict(self) -> dict[str, Any]:
        """All points."""
        return {"old": self._old.copy(), "young": self._young[: self._num_young].copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue where `state_dict` was taken."""
        self._set_old(state["old"].copy())
        self._num_young = len(state["young"])
        self._young[: self._num_young] = state["young"]

    def _flush(self) -> None:
        rows = np.concatenate((self._old, self._young))
        _, last = np.unique(rows[::-1, :-1], axis=0, return_index=True)
        rows = rows[np.sort(len(rows) - 1 - last)]
        if self._capacity is not None:
            rows = rows[-self._capacity :]
        self._num_young = 0
        self._set_old(rows)

    def _set_old(self, rows: FloatArray) -> None:
        self._old = rows
        self._tree = cKDTree(rows[:, :-1]) if len(rows) else None
        self._young = np.empty((max(_LEAST_YOUNG, len(rows) // 10), rows.shape[1]))

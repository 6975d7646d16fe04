# SPDX-License-Identifier: GPL-3.0-or-later
"""Nearest points by Blender's own k-d tree, for `procgen.people.nearest`: Blender has no scipy."""

from __future__ import annotations

import numpy as np
from mathutils.kdtree import KDTree

from ..people.nearest import distances


class BlenderTree:
    """Blender's k-d tree, asked one query after the other: two to three times as fast as `NumpyTree`.

    Args:
        points: (N, 3) metres; finite, N >= 1.
    """

    def __init__(self, points: np.ndarray) -> None:
        self.points = points
        self._centre = points.mean(0)  # single precision is finest near zero
        self._tree = KDTree(len(points))
        insert = self._tree.insert
        for i, point in enumerate((points - self._centre).tolist()):
            insert(point, i)
        self._tree.balance()

    def query(
        self, x: np.ndarray, k: int = 1, max_distance: float = np.inf, guess: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `NearestPoints.query`; the guess is of no use here."""
        x = np.ascontiguousarray(x, np.float64).reshape(-1, 3)
        n, asked = len(self.points), (x - self._centre).tolist()
        index = np.full((len(x), k), n, np.int64)
        if k == 1:
            find = self._tree.find
            index[:, 0] = [find(point)[1] for point in asked]
        else:
            find_n, most = self._tree.find_n, min(k, n)
            index[:, :most] = [[found[1] for found in find_n(point, most)] for point in asked] or index[:, :most]
        distance = distances(self.points, x, index)
        if k > 1:  # what single precision could not tell apart
            order = np.argsort(distance, axis=1, kind="stable")
            distance, index = (np.take_along_axis(a, order, 1) for a in (distance, index))
        far = distance > max_distance
        distance[far], index[far] = np.inf, n
        return (distance[:, 0], index[:, 0]) if k == 1 else (distance, index)

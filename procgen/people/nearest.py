"""Nearest points: scipy's k-d tree where it is installed, Blender's inside Blender, which has no scipy, else one in numpy.

All give the same distances and the same indices, except that equally near points may be told apart differently; Blender's
tree holds single precision, so to it points are equally near that differ by some nanometres.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..errors import BuildError

_LEAF = 8
_CHUNK = 32768


class NearestPoints:
    """Exact nearest-neighbour search over a fixed set of 3D points.

    Args:
        points: (N, 3) metres; finite, N >= 1.
        provider: "scipy", "mathutils", "numpy", or "auto" for the first of them that is there.
    """

    def __init__(self, points: np.ndarray, provider: str = "auto") -> None:
        p = np.ascontiguousarray(points, np.float64).reshape(-1, 3)
        if len(p) == 0:
            raise BuildError("there is nothing to search: no points were given", fix="pass at least one point")
        self.points = p
        if provider == "auto":
            provider = "scipy" if scipy_tree() else "mathutils" if blender_tree() else "numpy"
        self._tree: Any
        if provider == "scipy":
            # Split in the middle of cells, not at medians: half the time to build, and queries of surfaces take no longer.
            self._tree = scipy_tree()(p, leafsize=16, balanced_tree=False, compact_nodes=False)
        else:
            self._tree = blender_tree()(p) if provider == "mathutils" else NumpyTree(p)

    def query(
        self, x: np.ndarray, k: int = 1, max_distance: float = np.inf, guess: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest points of every query.

        Args:
            x: (M, 3) metres.
            k: Number of neighbours.
            max_distance: Farther points are not found; a small value makes far queries cheap.
            guess: (M,) indices of points that are probably near (from an earlier query of almost the same places);
                never changes the answer; the numpy tree saves a third of the time with it.
        Returns:
            distance (M,) or (M, k) float64 ascending, +inf where there is none; index (M,) or (M, k) int64, N where none.
        """
        if not isinstance(self._tree, scipy_tree() or ()):
            return self._tree.query(x, k, max_distance, guess)
        x = np.ascontiguousarray(x, np.float64).reshape(-1, 3)
        # scipy leaves out what lies exactly at the limit; ours keeps it.
        limit = np.nextafter(max_distance, np.inf) if np.isfinite(max_distance) else np.inf
        _, index = self._tree.query(x, k=np.arange(1, k + 1), distance_upper_bound=limit)
        index = index.astype(np.int64)
        distance = distances(self.points, x, index)
        return (distance[:, 0], index[:, 0]) if k == 1 else (distance, index)


def distances(points: np.ndarray, x: np.ndarray, index: np.ndarray) -> np.ndarray:
    """(M, k) metres between queries and the points that were found for them; +inf where there is none."""
    if index.shape[1] == 1 and not (index == len(points)).any():
        offset = points.take(index[:, 0], 0)
        offset -= x
        return np.sqrt(np.einsum("ij,ij->i", offset, offset))[:, None]
    none = index == len(points)
    offset = points[np.where(none, 0, index)] - x[:, None]
    return np.where(none, np.inf, np.sqrt(np.einsum("ijk,ijk->ij", offset, offset)))


@lru_cache(maxsize=1)
def scipy_tree() -> Any:
    """scipy's cKDTree, or None."""
    try:
        from scipy.spatial import cKDTree  # pyright: ignore[reportAttributeAccessIssue] (a compiled name)
    except ImportError:
        return None
    return cKDTree


@lru_cache(maxsize=1)
def blender_tree() -> Any:
    """The class of trees that ask Blender's own, or None outside of Blender."""
    try:
        from ..blender.kd_tree import BlenderTree
    except ImportError:
        return None
    return BlenderTree


class NumpyTree:
    """A balanced k-d tree whose levels are walked for all queries at once: a greedy descent gives every query an upper
    bound, then whole levels of (query, node) pairs are pruned against the nodes' boxes. About 4–8 µs a query on
    20,000 points, near or far, with any distribution of points.

    Args:
        points: (N, 3) metres; finite, N >= 1.
    """

    def __init__(self, points: np.ndarray) -> None:
        p = np.ascontiguousarray(points, np.float64).reshape(-1, 3)
        self.points = p
        n = len(p)
        self._depth = max(0, int(np.ceil(np.log2(max(1, n / _LEAF)))))
        leaves = 1 << self._depth
        # Padding repeats the first point; padded slots are answered with an infinite distance.
        size = leaves * int(np.ceil(n / leaves))
        order = np.arange(size)
        order[n:] = 0
        pad = np.zeros(size, bool)
        pad[n:] = True
        # Split every cell of a level at its median along its longest side, all cells at once.
        for level in range(self._depth):
            cells = order.reshape(1 << level, -1)
            q = p[cells]
            axis = (q.max(1) - q.min(1)).argmax(1)
            along = np.take_along_axis(q, axis[:, None, None], 2)[..., 0]
            by = np.argsort(along, axis=1, kind="stable")
            # Uneven splits cannot happen: `size` is a multiple of the number of leaves.
            pad = np.take_along_axis(pad.reshape(cells.shape), by, 1)
            order = np.take_along_axis(cells, by, 1)
        self._ids = order.reshape(leaves, -1)
        self._pad = pad.reshape(leaves, -1)
        self._coords = p[self._ids]
        low, high = [self._coords.min(1)], [self._coords.max(1)]
        for _ in range(self._depth):
            low.append(low[-1].reshape(-1, 2, 3).min(1))
            high.append(high[-1].reshape(-1, 2, 3).max(1))
        self._low, self._high = low[::-1], high[::-1]  # by level, root first

    def query(
        self, x: np.ndarray, k: int = 1, max_distance: float = np.inf, guess: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The k nearest points of every query.

        Args:
            x: (M, 3) metres.
            k: Number of neighbours.
            max_distance: Farther points are not found; a small value makes far queries cheap.
            guess: (M,) indices of points that are probably near (from an earlier query of almost the same places);
                used for k = 1, saves a third of the time and never changes the answer.
        Returns:
            distance (M,) or (M, k) float64 ascending, +inf where there is none; index (M,) or (M, k) int64, N where none.
        """
        x = np.ascontiguousarray(x, np.float64).reshape(-1, 3)
        dist = np.full((len(x), k), np.inf)
        idx = np.full((len(x), k), len(self.points), np.int64)
        step = max(1, _CHUNK * _LEAF // max(k, _LEAF))  # a query meets about as many leaves as it wants points
        for a in range(0, len(x), step):
            b = a + step
            dist[a:b], idx[a:b] = self._query(x[a:b], k, max_distance, None if guess is None else guess[a:b])
        far = dist > max_distance
        dist[far], idx[far] = np.inf, len(self.points)
        return (dist[:, 0], idx[:, 0]) if k == 1 else (dist, idx)

    def _query(self, x: np.ndarray, k: int, limit: float, guess: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        m = len(x)
        bound = np.full(m, limit * limit)
        if guess is not None and k == 1:
            near = self.points[np.minimum(guess, len(self.points) - 1)]
            bound = np.minimum(bound, ((x - near) ** 2).sum(1))
        else:
            bound = np.minimum(bound, self._greedy(x, k))
        bound = bound * (1 + 1e-12) + 1e-300
        q, node = np.arange(m), np.zeros(m, np.int64)
        for level in range(self._depth + 1):
            if level:
                q, node = np.repeat(q, 2), np.stack([2 * node, 2 * node + 1], 1).ravel()
            keep = _box_distance2(x[q], self._low[level][node], self._high[level][node]) <= bound[q]
            q, node = q[keep], node[keep]
        d = self._leaf_distance2(x[q], node)
        return self._select(m, k, q, node, d)

    def _greedy(self, x: np.ndarray, k: int) -> np.ndarray:
        """(M,) an upper bound on the squared distance of the k-th nearest; +inf where there are fewer points."""
        size = self._ids.shape[1]
        node = [np.zeros(len(x), np.int64)]
        for level in range(1, self._depth + 1):
            low, high = self._low[level], self._high[level]
            left = 2 * node[-1]
            dl = _box_distance2(x, low[left], high[left])
            dr = _box_distance2(x, low[left + 1], high[left + 1])
            node.append(left + (dr < dl))
        bound = np.full(len(x), np.inf)
        # The lowest node of the descent that holds k points; padding may leave fewer in it, then its parent is asked.
        up = min(self._depth, int(np.ceil(np.log2(max(1.0, k / size)))))
        for level in range(self._depth - up, -1, -1):
            open_ = np.flatnonzero(np.isinf(bound))
            leaves = 1 << (self._depth - level)
            if not len(open_) or leaves * size < k:
                continue
            first = node[level][open_] * leaves
            d = np.concatenate([self._leaf_distance2(x[open_], first + i) for i in range(leaves)], 1)
            bound[open_] = d.min(1) if k == 1 else np.partition(d, k - 1, axis=1)[:, k - 1]
        return bound

    def _leaf_distance2(self, x: np.ndarray, node: np.ndarray) -> np.ndarray:
        diff = self._coords[node]
        diff -= x[:, None]
        d = np.einsum("ijk,ijk->ij", diff, diff)
        d[self._pad[node]] = np.inf
        return d

    def _select(self, m: int, k: int, q: np.ndarray, node: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        dist = np.full((m, k), np.inf)
        idx = np.full((m, k), len(self.points), np.int64)
        if k == 1:
            return self._select_one(m, q, node, d)
        # Only the k nearest of a leaf can be among the k nearest of all.
        kk = min(k, d.shape[1])
        slot = d.argmin(1)[:, None] if kk == 1 else np.argsort(d, axis=1, kind="stable")[:, :kk]
        d = np.take_along_axis(d, slot, 1).ravel()
        ids = np.take_along_axis(self._ids[node], slot, 1).ravel()
        q = np.repeat(q, kk)
        order = np.lexsort((ids, d, q))
        q, d, ids = q[order], d[order], ids[order]
        start = np.searchsorted(q, np.arange(m))
        rank = np.arange(len(q)) - start[q]
        keep = (rank < k) & np.isfinite(d)
        dist[q[keep], rank[keep]] = np.sqrt(d[keep])
        idx[q[keep], rank[keep]] = ids[keep]
        return dist, idx

    def _select_one(self, m: int, q: np.ndarray, node: np.ndarray, d: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        dist = np.full((m, 1), np.inf)
        idx = np.full((m, 1), len(self.points), np.int64)
        if len(q) == 0:
            return dist, idx
        slot = d.argmin(1)
        rows = np.arange(len(q))
        d = d[rows, slot]
        ids = self._ids[node, slot]
        # Pairs come grouped by query; of equally near points the lowest index wins, as with k > 1.
        first = np.flatnonzero(np.concatenate([[True], q[1:] != q[:-1]]))
        best = np.minimum.reduceat(d, first)
        group = np.repeat(np.arange(len(first)), np.diff(np.concatenate([first, [len(q)]])))
        lowest = np.minimum.reduceat(np.where(d == best[group], ids, len(self.points)), first)
        at = q[first]
        found = np.isfinite(best)
        dist[at[found], 0] = np.sqrt(best[found])
        idx[at[found], 0] = lowest[found]
        return dist, idx


def _box_distance2(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    d = np.maximum(low - x, x - high)
    np.maximum(d, 0.0, out=d)
    return np.einsum("ij,ij->i", d, d)

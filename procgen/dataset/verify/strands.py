"""Hair apart from the renderer: distances to strands, and which pixel centres they cover."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ...frames import transform
from ...people.nearest import NearestPoints
from .witness import NEAR, Witness

# The renderer draws each span between two points as this many straight pieces of a Catmull–Rom spline.
PIECES = 4
# Spans further from a surface seen than this cannot be what is seen there, metres.
_REACH = 0.02


class StrandField:
    """All strands of a frame, seen from its camera.

    Args:
        mesh: Arrays of `mesh.npz`.
        K: (3, 3); T_cam_from_world: (4, 4); width, height: pixels.
    """

    def __init__(self, mesh: dict[str, np.ndarray], K: np.ndarray, T_cam_from_world: np.ndarray, width: int, height: int) -> None:
        self.K, self.T, self.width, self.height = K, T_cam_from_world, width, height
        points, radius, owner = spline(mesh)
        self.camera_points = transform(T_cam_from_world, points)  # (S, P + 1, 3)
        self.radius, self.owner = radius, owner

    @cached_property
    def pieces(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Straight pieces in front of the camera: ends a, b (n, 3) in camera axes, their radii (n, 2), objects (n,)."""
        a, b = self.camera_points[:, :-1].reshape(-1, 3), self.camera_points[:, 1:].reshape(-1, 3)
        r = np.stack([self.radius[:, :-1].ravel(), self.radius[:, 1:].ravel()], 1)
        owner = np.repeat(self.owner, self.camera_points.shape[1] - 1)
        ahead = (a[:, 2] > NEAR) & (b[:, 2] > NEAR)
        return a[ahead], b[ahead], r[ahead], owner[ahead]

    def clearance(self, points: np.ndarray) -> np.ndarray:
        """(N,) float64 metres from points (N, 3), camera axes, to the surface of the nearest strand; negative inside."""
        a, b, r, _ = self.pieces
        if not len(points) or not len(a):
            return np.full(len(points), np.inf)
        close = self._close_to(points, (a + b) / 2)
        a, b, r = a[close], b[close], r[close]
        if not len(a):
            return np.full(len(points), np.inf)
        k = min(6, len(a))
        near = np.asarray(NearestPoints((a + b) / 2).query(points, k)[1]).reshape(len(points), k)
        best = np.full(len(points), np.inf)
        for column in near.T:
            p, d, q = a[column], b[column] - a[column], points
            s = np.clip(((q - p) * d).sum(1) / np.maximum((d * d).sum(1), 1e-18), 0.0, 1.0)
            off = np.linalg.norm(q - p - s[:, None] * d, axis=1) - (r[column, 0] * (1 - s) + r[column, 1] * s)
            best = np.minimum(best, off)
        return best

    def _close_to(self, points: np.ndarray, middles: np.ndarray) -> np.ndarray:
        # A coarse grid around the points keeps the tree small: most strands lie below what is seen.
        cell = np.floor(points / _REACH).astype(np.int64)
        low = cell.min(0) - 1
        size = cell.max(0) - low + 2
        grid = np.zeros(size, bool)
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                for dz in (-1, 0, 1):
                    grid[tuple((cell - low + (dx, dy, dz)).T)] = True
        at = np.floor(middles / _REACH).astype(np.int64) - low
        inside = ((at >= 0) & (at < size)).all(1)
        out = np.zeros(len(middles), bool)
        out[inside] = grid[tuple(at[inside].T)]
        return out

    def depth(self, share: float, rays: np.ndarray, provider: str) -> np.ndarray:
        """(N,) float64 planar depth at which rays first meet a strand whose radius is scaled by `share`; +inf = none.

        Args:
            rays: (N, 3) camera axes, planar length 1, through the pixel centres.
        """
        triangles = self._ribbons(share)
        if not len(triangles):
            return np.full(len(rays), np.inf)
        rows = np.arange(3 * len(triangles)).reshape(-1, 3)
        return Witness(triangles.reshape(-1, 3), rows, np.zeros(3), provider).cast(rays, NEAR).t

    def _ribbons(self, share: float) -> np.ndarray:
        """(T, 3, 3) triangles of ribbons that face the camera, only those that can cover a pixel centre."""
        a, b, r, _ = self.pieces
        side = np.cross(b - a, (a + b) / 2)
        side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-18)
        wide = side[:, None] * (share * r)[:, :, None]
        corners = np.stack([a - wide[:, 0], a + wide[:, 0], b + wide[:, 1], b - wide[:, 1]], 1)
        pixel = corners[..., :2] / corners[..., 2:] * [self.K[0, 0], self.K[1, 1]] + self.K[:2, 2]
        low, high = np.ceil(pixel.min(1) - 0.5), np.floor(pixel.max(1) - 0.5)
        seen = (low <= high).all(1) & (high >= 0).all(1) & (low <= [self.width - 1, self.height - 1]).all(1)
        corners = corners[seen]
        return np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])


def spline(mesh: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spans of all strands as the renderer draws them.

    Returns:
        points (S, PIECES + 1, 3) float64 world, radius (S, PIECES + 1) float64, object (S,) of each span.
    """
    points, radius = mesh["strand_points"].astype(np.float64), mesh["strand_radius"].astype(np.float64)
    start = mesh["strand_start"].astype(np.int64)
    end = np.append(start[1:], len(points))
    strand = np.repeat(np.arange(len(start)), end - start)
    first = np.nonzero(strand[:-1] == strand[1:])[0] if len(strand) else np.zeros(0, np.int64)
    owner = mesh["strand_object"].astype(np.int64)[strand[first]]
    p1, p2 = points[first], points[first + 1]
    p0 = points[np.maximum(first - 1, start[strand[first]])]
    p3 = points[np.minimum(first + 2, end[strand[first]] - 1)]
    t = np.linspace(0.0, 1.0, PIECES + 1)[None, :, None]
    curve = 0.5 * (
        2 * p1[:, None]
        + (p2 - p0)[:, None] * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3)[:, None] * t**2
        + (3 * p1 - p0 - 3 * p2 + p3)[:, None] * t**3
    )
    t = t[..., 0]
    return curve, radius[first][:, None] * (1 - t) + radius[first + 1][:, None] * t, owner

"""Hair apart from the renderer: distances to strands, and which pixel centres they cover."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from ...frames import transform
from ...people.nearest import NearestPoints
from .witness import NEAR

# The renderer draws each span between two points as this many straight pieces of a Catmull–Rom spline.
PIECES = 4
# Strands within these of a point are looked at, and steps along them, metres.
_COARSE, _FINE, _STEP = 0.006, 0.002, 0.001
# Pairs of a piece and a pixel that are tested at once.
_CHUNK = 2_000_000


class StrandField:
    """All strands of a frame, seen from its camera.

    Args:
        mesh: Arrays of `mesh.npz`.
        K: (3, 3); T_cam_from_world: (4, 4); width, height: pixels.
    """

    def __init__(
        self, mesh: dict[str, np.ndarray], K: np.ndarray, T_cam_from_world: np.ndarray, width: int, height: int
    ) -> None:
        self.K, self.width, self.height = K, width, height
        points, radius = spline(mesh, T_cam_from_world)
        self.a, self.b = points[:, :-1].reshape(-1, 3), points[:, 1:].reshape(-1, 3)
        self.ra, self.rb = radius[:, :-1].ravel(), radius[:, 1:].ravel()
        ahead = (self.a[:, 2] > NEAR) & (self.b[:, 2] > NEAR)
        self.a, self.b, self.ra, self.rb = self.a[ahead], self.b[ahead], self.ra[ahead], self.rb[ahead]

    @cached_property
    def image(self) -> tuple[np.ndarray, np.ndarray]:
        """(n, 2) float32 pixels of both ends of each straight piece."""
        scale = np.array([self.K[0, 0], self.K[1, 1]], np.float32)
        centre = self.K[:2, 2].astype(np.float32)
        return self.a[:, :2] / self.a[:, 2:] * scale + centre, self.b[:, :2] / self.b[:, 2:] * scale + centre

    @cached_property
    def thickest(self) -> float:
        """Largest radius, metres."""
        return float(max(self.ra.max(initial=0.0), self.rb.max(initial=0.0)))

    def clearance(self, points: np.ndarray) -> np.ndarray:
        """(N,) float64 metres from points (N, 3), camera axes, to the surface of the nearest strand; negative inside.

        Strands further than a few millimetres from every point are not looked at: far points get a larger value or +inf.
        """
        far = np.full(len(points), np.inf)
        close = self._near_pixels(points) if len(points) else np.zeros(0, np.int64)
        if not len(close):
            return far
        close = close[_close_to(points, (self.a[close] + self.b[close]) / 2, _COARSE + self.thickest)]
        if not len(close):
            return far
        a, b = self.a[close].astype(np.float64), self.b[close].astype(np.float64)
        ra, rb = self.ra[close].astype(np.float64), self.rb[close].astype(np.float64)
        # Dots along the pieces, so dense that the nearest strand is among the nearest dots.
        count = np.maximum(np.ceil(np.linalg.norm(b - a, axis=1) / _STEP).astype(int), 1)
        piece = np.repeat(np.arange(len(a)), count)
        t = (np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count) + 0.5) / np.repeat(count, count)
        dots = a[piece] + t[:, None] * (b[piece] - a[piece])
        kept = _close_to(points, dots, _FINE + self.thickest)
        piece, dots = piece[kept], dots[kept]
        if not len(dots):
            return far
        k = min(24, len(dots))
        near = np.asarray(NearestPoints(dots).query(points, k)[1]).reshape(len(points), k)
        for column in piece[near].T:
            p, d = a[column], b[column] - a[column]
            s = np.clip(((points - p) * d).sum(1) / np.maximum((d * d).sum(1), 1e-18), 0.0, 1.0)
            off = np.linalg.norm(points - p - s[:, None] * d, axis=1) - (ra[column] * (1 - s) + rb[column] * s)
            far = np.minimum(far, off)
        return far

    def _near_pixels(self, points: np.ndarray) -> np.ndarray:
        """Rows of pieces that appear near any of the points on the image."""
        f = max(self.K[0, 0], self.K[1, 1])
        longest = float(np.linalg.norm(self.b - self.a, axis=1).max(initial=0.0))
        reach = int(np.ceil(f * (longest / 2 + self.thickest + _FINE) / points[:, 2].min())) + 1
        reach = min(reach, 64)
        at = np.floor(points[:, :2] / points[:, 2:] * [self.K[0, 0], self.K[1, 1]] + self.K[:2, 2]).astype(np.int64)
        mask = np.zeros((self.height + 2 * reach, self.width + 2 * reach), bool)
        for x, y in np.unique(np.clip(at, 0, [self.width - 1, self.height - 1]), axis=0):
            mask[y : y + 2 * reach + 1, x : x + 2 * reach + 1] = True
        a, b = self.image
        middle = np.floor((a + b) / 2).astype(np.int64) + reach
        inside = (middle >= 0).all(1) & (middle[:, 0] < mask.shape[1]) & (middle[:, 1] < mask.shape[0])
        rows = np.nonzero(inside)[0]
        return rows[mask[middle[rows, 1], middle[rows, 0]]]

    def depths(self, shares: tuple[float, ...]) -> list[np.ndarray]:
        """Planar depth (H, W) at which pixel centres meet the first strand, for each scale of the radii; +inf = none.

        Strands are ribbons that face the camera: a centre is covered if it is nearer to the piece than its radius there.
        """
        out = [np.full(self.height * self.width, np.inf) for _ in shares]
        a, b = self.image
        scale = np.float32(max(self.K[0, 0], self.K[1, 1]))
        ra, rb = self.ra / self.a[:, 2] * scale, self.rb / self.b[:, 2] * scale
        reach = (np.maximum(ra, rb) * max(shares))[:, None]
        low = np.maximum(np.ceil(np.minimum(a, b) - reach - 0.5), 0).astype(np.int64)
        high = np.floor(np.maximum(a, b) + reach - 0.5)
        high = np.minimum(high, [self.width - 1, self.height - 1]).astype(np.int64)
        size = high - low + 1
        kept = np.nonzero((size > 0).all(1))[0]
        count = size[kept, 0] * size[kept, 1]
        total, start = np.cumsum(count), 0
        while start < len(kept):
            base = total[start - 1] if start else 0
            stop = max(start + 1, int(np.searchsorted(total, base + _CHUNK, side="right")))
            n = count[start:stop]
            piece = np.repeat(kept[start:stop], n)
            offset = np.arange(len(piece)) - np.repeat(np.cumsum(n) - n, n)
            x, y = low[piece, 0] + offset % size[piece, 0], low[piece, 1] + offset // size[piece, 0]
            self._cover(out, shares, piece, x, y, ra, rb)
            start = stop
        return [v.reshape(self.height, self.width) for v in out]

    def _cover(
        self, out: list[np.ndarray], shares: tuple[float, ...], piece: np.ndarray, x: np.ndarray, y: np.ndarray,
        ra: np.ndarray, rb: np.ndarray,
    ) -> None:  # fmt: skip
        a, b = self.image
        px, py = x + np.float32(0.5) - a[piece, 0], y + np.float32(0.5) - a[piece, 1]
        dx, dy = (b[piece] - a[piece]).T
        s = np.clip((px * dx + py * dy) / np.maximum(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
        away = np.hypot(px - s * dx, py - s * dy) / np.maximum(ra[piece] * (1 - s) + rb[piece] * s, 1e-9)
        depth = 1.0 / ((1 - s) / self.a[piece, 2] + s / self.b[piece, 2])
        for share, nearest in zip(shares, out, strict=True):
            hit = away <= share
            np.minimum.at(nearest, y[hit] * self.width + x[hit], depth[hit])


def _close_to(points: np.ndarray, others: np.ndarray, cell: float) -> np.ndarray:
    """(M,) bool: others (M, 3) within about a cell of any of the points (N, 3)."""
    at = np.floor(points / cell).astype(np.int64)
    low = at.min(0) - 1
    size = at.max(0) - low + 2
    there = np.floor(others / cell).astype(np.int64) - low
    inside = np.nonzero(((there >= 0) & (there < size)).all(1))[0]
    steps = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3), -1).reshape(-1, 1, 3)
    weights = np.array([size[1] * size[2], size[2], 1])
    keys = np.unique(((at - low)[None] + steps).reshape(-1, 3) @ weights)
    own = there[inside] @ weights
    slot = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
    out = np.zeros(len(others), bool)
    out[inside] = keys[slot] == own
    return out


def spline(mesh: dict[str, np.ndarray], T_cam_from_world: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spans of all strands as the renderer draws them.

    Returns:
        points (S, PIECES + 1, 3) float32 in camera axes (finest near the camera), radius (S, PIECES + 1) float32.
    """
    points = transform(T_cam_from_world, mesh["strand_points"].astype(np.float64)).astype(np.float32)
    radius = mesh["strand_radius"].astype(np.float32)
    start = mesh["strand_start"].astype(np.int64)
    end = np.append(start[1:], len(points))
    strand = np.repeat(np.arange(len(start)), end - start)
    first = np.nonzero(strand[:-1] == strand[1:])[0] if len(strand) else np.zeros(0, np.int64)
    p1, p2 = points[first], points[first + 1]
    p0 = points[np.maximum(first - 1, start[strand[first]])]
    p3 = points[np.minimum(first + 2, end[strand[first]] - 1)]
    t = np.linspace(0.0, 1.0, PIECES + 1, dtype=np.float32)
    # Weights of the four points at each t: the Catmull–Rom basis.
    basis = 0.5 * np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], 1)
    curve = np.einsum("tk,skd->std", basis, np.stack([p0, p1, p2, p3], 1), optimize=True)
    return curve, radius[first][:, None] * (1 - t) + radius[first + 1][:, None] * t

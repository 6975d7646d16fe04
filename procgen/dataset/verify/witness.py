"""The independent witness: ray casters that never saw the renderer, behind one small interface.

`embree` (package embreex) is fast; `raster` needs numpy alone and works in float64 throughout. Both answer the same
question, which triangle a ray from the camera centre meets first; the hit itself is always computed in float64 here.
Who may stand witness is in `providers.py`; painters of whole pictures are in `painter.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from ...errors import SpecError
from .providers import chosen_witnesses

# Camera clip start of the renderer, metres of planar depth.
NEAR = 0.01
# Ray–triangle candidates tested at once; bounds the memory at about 400 MB.
_CHUNK = 1_500_000


@dataclass(frozen=True)
class WitnessHits:
    """What rays met.

    Attributes:
        triangle: (N,) int64 row of the triangles, -1 = nothing.
        t: (N,) float64 ray parameter (planar depth for rays of planar length 1), +inf = nothing.
        bary: (N, 3) float64 barycentric coordinates, >= 0, sum 1 (0 where nothing was met).
    """

    triangle: np.ndarray
    t: np.ndarray
    bary: np.ndarray


class Caster(Protocol):
    """First triangle along rays that all start at the origin."""

    name: str

    def first(self, directions: np.ndarray, near: float) -> np.ndarray:
        """(N,) int64 row of the first triangle with ray parameter > near, -1 = none; directions (N, 3) float64."""
        ...


class Witness:
    """Rays from one point into a triangle mesh.

    Args:
        vertices: (V, 3) float64 world; triangles: (T, 3) int.
        origin: (3,) where rays start. Vertices are taken relative to it, so float32 is finest where it matters.
        provider: "auto" (embree if installed, else raster), "embree" or "raster".
    """

    def __init__(self, vertices: np.ndarray, triangles: np.ndarray, origin: np.ndarray, provider: str = "auto") -> None:
        self.points = np.asarray(vertices, np.float64) - np.asarray(origin, np.float64)
        self.triangles = np.asarray(triangles, np.int64)
        self.caster = _caster(provider, self.points, self.triangles)

    @property
    def name(self) -> str:
        """The provider that casts."""
        return self.caster.name

    def cast(self, directions: np.ndarray, near: float = 0.0) -> WitnessHits:
        """Cast rays.

        Args:
            directions: (N, 3) float64, any length.
            near: Ignore hits at a ray parameter below this.
        """
        directions = np.ascontiguousarray(directions, np.float64)
        if not len(self.triangles) or not len(directions):
            n = len(directions)
            return WitnessHits(np.full(n, -1, np.int64), np.full(n, np.inf), np.zeros((n, 3)))
        found = self.caster.first(directions, near)
        return refine(self.points, self.triangles, found, directions)


def refine(points: np.ndarray, triangles: np.ndarray, found: np.ndarray, directions: np.ndarray) -> WitnessHits:
    """Exact hits of rays from the origin on known triangles, in float64 (barycentrics clipped to the triangle)."""
    hit = found >= 0
    a, b, c = (points[triangles[found[hit], k]] for k in range(3))
    side = _sides(a, b, c, directions[hit])
    total = side.sum(1)
    safe = np.where(np.abs(total) < 1e-300, 1e-300, total)
    t = np.full(len(found), np.inf)
    t[hit] = np.einsum("ij,ij->i", a, np.cross(b, c)) / safe
    bary = np.zeros((len(found), 3))
    inside = np.clip(side / safe[:, None], 0.0, None)
    bary[hit] = inside / np.maximum(inside.sum(1, keepdims=True), 1e-300)
    return WitnessHits(found.astype(np.int64), t, bary)


def _sides(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    # Signed volumes of (ray, edge): all of one sign inside; their shares are the barycentric coordinates.
    return np.stack([np.einsum("ij,ij->i", d, np.cross(p, q)) for p, q in ((b, c), (c, a), (a, b))], 1)


def _caster(provider: str, points: np.ndarray, triangles: np.ndarray) -> Caster:
    chosen = chosen_witnesses(provider).rays
    if not chosen:
        raise SpecError(f"the witness {provider!r} casts no rays", "embree or raster")
    return {"embree": EmbreeCaster, "raster": RasterCaster}[chosen](points, triangles)


class EmbreeCaster:
    """Embree by way of the embreex package."""

    name = "embree"

    def __init__(self, points: np.ndarray, triangles: np.ndarray) -> None:
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh

        self.scene: Any = rtcore_scene.EmbreeScene(robust=True)  # pyright: ignore[reportAttributeAccessIssue]
        if len(triangles):
            TriangleMesh(
                self.scene, np.ascontiguousarray(points, np.float32), np.ascontiguousarray(triangles, np.int32)
            )

    def first(self, directions: np.ndarray, near: float) -> np.ndarray:
        """See `Caster`."""
        d = np.ascontiguousarray(directions, np.float32)
        start = np.ascontiguousarray(directions * near, np.float32)
        return np.asarray(self.scene.run(start, d), np.int64)


class RasterCaster:
    """A float64 z-buffer in numpy: rays are binned on a plane, each triangle meets the rays within its bounds."""

    name = "raster"

    def __init__(self, points: np.ndarray, triangles: np.ndarray) -> None:
        self.points, self.triangles = points, triangles

    def first(self, directions: np.ndarray, near: float) -> np.ndarray:
        """See `Caster`; all directions within 90° of their mean."""
        axis = directions.mean(0)
        axis /= max(float(np.linalg.norm(axis)), 1e-300)
        side = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
        side /= np.linalg.norm(side)
        basis = np.stack([side, np.cross(axis, side), axis], 1)
        rays = directions @ basis
        uv = rays[:, :2] / rays[:, 2:]
        local = self.points @ basis
        bins = _Bins(uv)
        low, high = self._bounds(local, bins)
        best, best_t = np.full(len(rays), -1, np.int64), np.full(len(rays), np.inf)
        for tri, ray in bins.candidates(low, high):
            a, b, c = (local[self.triangles[tri, k]] for k in range(3))
            s = _sides(a, b, c, rays[ray])
            inside = (s >= 0).all(1) | (s <= 0).all(1)
            total = s.sum(1)
            inside &= total != 0
            tri, ray = tri[inside], ray[inside]
            t = np.einsum("ij,ij->i", a[inside], np.cross(b[inside], c[inside])) / total[inside]
            ahead = t > near
            tri, ray, t = tri[ahead], ray[ahead], t[ahead]
            order = np.lexsort((tri, t, ray))
            tri, ray, t = tri[order], ray[order], t[order]
            lead = np.concatenate([[True], ray[1:] != ray[:-1]]) if len(ray) else np.zeros(0, bool)
            tri, ray, t = tri[lead], ray[lead], t[lead]
            nearer = t < best_t[ray]
            best[ray[nearer]], best_t[ray[nearer]] = tri[nearer], t[nearer]
        return best

    def _bounds(self, local: np.ndarray, bins: _Bins) -> tuple[np.ndarray, np.ndarray]:
        z = local[:, 2]
        ahead = (z > 1e-9)[self.triangles]
        uv = local[:, :2] / np.where(z > 1e-9, z, 1.0)[:, None]
        corners = uv[self.triangles]
        low, high = bins.cell(corners.min(1), -1), bins.cell(corners.max(1), 1)
        partly = ahead.any(1) & ~ahead.all(1)  # crosses the camera plane: its image is unbounded
        low[partly], high[partly] = 0, bins.count - 1
        high[~ahead.any(1)] = -1
        return low, high


class _Bins:
    """Rays on a plane, sorted into square cells of about one ray each."""

    def __init__(self, uv: np.ndarray) -> None:
        self.low = uv.min(0)
        span = np.maximum(uv.max(0) - self.low, 1e-12)
        self.size = max(float(np.sqrt(span[0] * span[1] / len(uv))), float(span.max()) / 4096, 1e-12)
        self.count = np.maximum(np.ceil(span / self.size).astype(np.int64), 1)
        cell = np.clip(((uv - self.low) / self.size).astype(np.int64), 0, self.count - 1)
        flat = cell[:, 1] * self.count[0] + cell[:, 0]
        self.order = np.argsort(flat, kind="stable")
        total = int(self.count[0] * self.count[1])
        self.start = np.searchsorted(flat[self.order], np.arange(total + 1))

    def cell(self, uv: np.ndarray, side: int) -> np.ndarray:
        """(N, 2) int64 cells of points, a hair towards `side` so that rays on a border are not lost."""
        moved = np.clip((uv - self.low) / self.size + side * 1e-6, -2, self.count.max() + 2)
        cell = np.floor(moved).astype(np.int64)
        return np.maximum(cell, 0) if side < 0 else np.minimum(cell, self.count - 1)

    def candidates(self, low: np.ndarray, high: np.ndarray) -> Any:
        """Yield (triangle, ray) index arrays of about _CHUNK pairs."""
        extent = high - low + 1
        kept = np.nonzero((extent > 0).all(1))[0]
        # Rays of a run of cells in one row of cells are neighbours in `order`: expand triangles to rows of cells.
        rows = extent[kept, 1]
        tri = np.repeat(kept, rows)
        row = low[tri, 1] + np.arange(len(tri)) - np.repeat(np.cumsum(rows) - rows, rows)
        first = self.start[row * self.count[0] + low[tri, 0]]
        count = self.start[row * self.count[0] + high[tri, 0] + 1] - first
        tri, first, count = tri[count > 0], first[count > 0], count[count > 0]
        total = np.cumsum(count)
        at = 0
        while at < len(tri):
            base = total[at - 1] if at else 0
            stop = max(at + 1, int(np.searchsorted(total, base + _CHUNK, side="right")))
            n = count[at:stop]
            offset = np.arange(int(n.sum())) - np.repeat(np.cumsum(n) - n, n)
            yield np.repeat(tri[at:stop], n), self.order[np.repeat(first[at:stop], n) + offset]
            at = stop

"""The face's part of the UV map as a grid of texels: where each lies on a fitted head, its frame, and height fields on it.

The surface between vertices is curved by Phong tessellation (Boubekeur & Alexa 2008), so that flat triangles are not taken
for detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.vectors import lengths, vertex_normals
from .head_model import HeadModel
from .rasterise import rasterise

ROUNDING = 0.75
# Texels about the face that the window keeps free, and how far detail fades out before an edge (lids, lips, hairline), metres.
MARGIN, FADE = 4, 0.003


@dataclass(frozen=True, eq=False)
class DetailGrid:
    """M texels of the face in a window of the UV map.

    Attributes:
        size: S, texels a side of the whole map.
        top, left: First row and column of the window.
        where: (h, w) int32, number of each texel, -1 where the face has none.
        triangle: (M,) int row of the head's triangles. bary: (M, 3).
        fade: (M,) in [0, 1], 0 at the face's edges.
        edges: (E, 2) int neighbouring texels; the first `across` of them lie side by side, the others below each other.
        across: Number of edges along rows.
    """

    size: int
    top: int
    left: int
    where: np.ndarray
    triangle: np.ndarray
    bary: np.ndarray
    fade: np.ndarray
    edges: np.ndarray
    across: int

    @property
    def count(self) -> int:
        """M."""
        return len(self.triangle)

    @property
    def inside(self) -> np.ndarray:
        """(h, w) bool."""
        return self.where >= 0

    def picture(self, values: np.ndarray, empty: float = 0.0) -> np.ndarray:
        """(h, w, ...) window of values (M, ...)."""
        out = np.full((*self.where.shape, *values.shape[1:]), empty, values.dtype)
        out[self.inside] = values
        return out

    def carry(self, head: HeadModel, values: np.ndarray) -> np.ndarray:
        """(M, ...) values of the head's vertices (N, ...)."""
        return np.einsum("mk,mk...->m...", self.bary, values[head.triangles[self.triangle]])

    def whole(self, window: np.ndarray, empty: float = 0.0) -> np.ndarray:
        """(S, S, ...) map of a window (h, w, ...)."""
        out = np.full((self.size, self.size, *window.shape[2:]), empty, window.dtype)
        h, w = self.where.shape
        out[self.top : self.top + h, self.left : self.left + w] = window
        return out


@dataclass(frozen=True, eq=False)
class Surface:
    """A head at the texels of a grid.

    Attributes:
        points, normals: (M, 3).
        right, down: (M, 3) metres a texel along rows and columns, perpendicular to the normal.
    """

    points: np.ndarray
    normals: np.ndarray
    right: np.ndarray
    down: np.ndarray

    @property
    def steps(self) -> np.ndarray:
        """(M, 2) metres of a texel along rows and columns."""
        return np.stack([lengths(self.right), lengths(self.down)], 1)

    def gradient(self, along: np.ndarray) -> np.ndarray:
        """(M, 3) tangent vector whose products with `right` and `down` are (M, 2) `along`."""
        a, b, c = ((p * q).sum(1) for p, q in ((self.right, self.right), (self.right, self.down), (self.down, self.down)))
        det = np.maximum(a * c - b * b, 1e-18)
        u = (c * along[:, 0] - b * along[:, 1]) / det
        v = (a * along[:, 1] - b * along[:, 0]) / det
        return u[:, None] * self.right + v[:, None] * self.down

    def bent(self, along: np.ndarray) -> np.ndarray:
        """(M, 3) unit normals of the surface raised by heights whose steps to the next texel are (M, 2) `along`."""
        n = self.normals - self.gradient(along)
        return n / lengths(n)[:, None]

    def steps_of(self, normals: np.ndarray) -> np.ndarray:
        """(M, 2) steps of height to the next texel that normals (M, 3) speak of."""
        up = np.maximum((normals * self.normals).sum(1), 0.2)
        return -np.stack([(normals * self.right).sum(1) / up, (normals * self.down).sum(1) / up], 1)


@lru_cache(maxsize=4)
def detail_grid(head: HeadModel, size: int) -> DetailGrid:
    """The texels of the front of a head's face.

    Raises:
        LiftError: the head has no UV map.
    """
    if head.uv is None or head.uv_faces is None:
        raise LiftError(f"the head {head.name!r} has no UV map", expected="vt and ft in its file", fix="leave --model away, or add them")
    if not 64 <= size <= 8192:
        raise LiftError("the size of the detail map is out of range", expected="64 to 8192 texels", got=size)
    own = np.flatnonzero(head.face[head.triangles].all(1))
    at = np.stack([head.uv[:, 0] * size, (1.0 - head.uv[:, 1]) * size], 1)
    corners = at[head.uv_faces[own]]
    left, top = (np.floor(corners.min((0, 1))).astype(int) - MARGIN).clip(0)
    right, bottom = (np.ceil(corners.max((0, 1))).astype(int) + MARGIN).clip(0, size)
    shown = rasterise(at - [left, top], np.ones(len(at)), head.uv_faces[own], right - left, bottom - top)
    hit = shown.hit
    where = np.full(hit.shape, -1, np.int32)
    where[hit] = np.arange(hit.sum())
    row = np.stack([where[:, :-1].ravel(), where[:, 1:].ravel()], 1)
    column = np.stack([where[:-1].ravel(), where[1:].ravel()], 1)
    row, column = row[(row >= 0).all(1)], column[(column >= 0).all(1)]
    triangle = own[shown.face[hit]]
    steps = _steps(head, head.vertices, triangle, size)
    texel = float(np.median(np.sqrt(lengths(np.cross(*steps)))))
    fade = np.clip(2.0 * blurred(hit.astype(np.float64), FADE / texel)[hit] - 1.0, 0.0, 1.0)
    return DetailGrid(size, int(top), int(left), where, triangle, shown.bary[hit], fade, np.concatenate([row, column]), len(row))


def surface_of(grid: DetailGrid, head: HeadModel, vertices: np.ndarray) -> Surface:
    """A head's vertices (N, 3), in any frame, at the texels."""
    corner = head.triangles[grid.triangle]
    normal = vertex_normals(vertices, head.triangles)
    x, n, b = vertices[corner], normal[corner], grid.bary
    flat = np.einsum("mk,mkc->mc", b, x)
    over = ((flat[:, None] - x) * n).sum(2) * b
    points = flat - ROUNDING * np.einsum("mk,mkc->mc", over, n)
    normals = np.einsum("mk,mkc->mc", b, n)
    normals /= np.maximum(lengths(normals), 1e-12)[:, None]
    right, down = _steps(head, vertices, grid.triangle, grid.size)
    return Surface(points, normals, *(t - (t * normals).sum(1, keepdims=True) * normals for t in (right, down)))


def _steps(head: HeadModel, vertices: np.ndarray, triangle: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """(M, 3) twice: metres a texel to the right and down, of flat triangles."""
    assert head.uv is not None and head.uv_faces is not None
    x = vertices[head.triangles]
    at = np.stack([head.uv[:, 0] * size, (1.0 - head.uv[:, 1]) * size], 1)[head.uv_faces]
    (a, b), (c, d) = (at[:, 1] - at[:, 0]).T, (at[:, 2] - at[:, 0]).T
    det = a * d - b * c
    det = np.where(np.abs(det) < 1e-9, np.inf, det)[:, None]
    e, f = x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]
    return ((d[:, None] * e - b[:, None] * f) / det)[triangle], ((a[:, None] * f - c[:, None] * e) / det)[triangle]


def steps_between(grid: DetailGrid, heights: np.ndarray) -> np.ndarray:
    """(M, 2) steps of heights (M,) to the next texel, central where there are two neighbours, 0 where there is none."""
    out = np.zeros((grid.count, 2))
    for k, edges in enumerate((grid.edges[: grid.across], grid.edges[grid.across :])):
        step = heights[edges[:, 1]] - heights[edges[:, 0]]
        total = np.bincount(edges[:, 0], step, grid.count) + np.bincount(edges[:, 1], step, grid.count)
        count = np.bincount(edges[:, 0], minlength=grid.count) + np.bincount(edges[:, 1], minlength=grid.count)
        out[:, k] = total / np.maximum(count, 1)
    return out


def blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    """(h, w, ...) Gaussian blur, zero outside; `sigma` in texels."""
    if sigma < 0.2:
        return picture
    reach = max(int(np.ceil(3.0 * sigma)), 1)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    out = picture
    for axis in (0, 1):
        # Through the spectrum: wide kernels cost no more than narrow ones.
        n = out.shape[axis] + 2 * reach
        shape = [1] * out.ndim
        shape[axis] = -1
        turned = np.fft.rfft(out, n, axis=axis) * np.fft.rfft(kernel, n).reshape(shape)
        out = np.take(np.fft.irfft(turned, n, axis=axis), np.arange(reach, reach + out.shape[axis]), axis=axis)
    return out


def smoothed(grid: DetailGrid, values: np.ndarray, weight: np.ndarray, sigma: float) -> np.ndarray:
    """(M, ...) values averaged over a Gaussian of `sigma` texels, each counting by weight (M,); 0 where nothing counts."""
    extra = values.ndim - 1
    w = weight.reshape(-1, *([1] * extra))
    total = blurred(grid.picture(values * w), sigma)[grid.inside]
    count = blurred(grid.picture(weight.astype(np.float64)), sigma)[grid.inside].reshape(w.shape)
    return np.where(count > 1e-6, total / np.maximum(count, 1e-6), 0.0)

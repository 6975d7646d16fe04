"""Triangles to pixels in numpy: which triangle each pixel shows and where in it; for textures, visibility and overlays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...procgen.frames import project

NEAR = 0.01
# Pixel and triangle pairs that are tested at once: bounds memory to some hundred megabytes.
_CHUNK = 1_500_000


@dataclass(frozen=True, eq=False)
class Raster:
    """What each pixel shows.

    face: (H, W) int32 triangle, -1 = none. bary: (H, W, 3) float64 weights of its corners. depth: (H, W), +inf = none.
    """

    face: np.ndarray
    bary: np.ndarray
    depth: np.ndarray

    @property
    def hit(self) -> np.ndarray:
        """(H, W) bool."""
        return self.face >= 0

    def interpolate(self, faces: np.ndarray, values: np.ndarray) -> np.ndarray:
        """(H, W, C) values of corners (V, C) carried to the pixels; zero where nothing is hit.

        Args:
            faces: (F, 3) rows of `values`.
        """
        out = np.zeros((*self.face.shape, values.shape[1]))
        hit = self.hit
        out[hit] = np.einsum("nk,nkc->nc", self.bary[hit], values[faces[self.face[hit]]])
        return out


def rasterise(pixels: np.ndarray, depth: np.ndarray, faces: np.ndarray, width: int, height: int) -> Raster:
    """The nearest triangle at every pixel's centre.

    Args:
        pixels: (V, 2) image coordinates; pixel (0, 0) has its centre at (0.5, 0.5).
        depth: (V,) planar depth, all positive: weights are perspective correct. Ones make a flat picture.
        faces: (F, 3).
    """
    shown = Raster(np.full(width * height, -1, np.int32), np.zeros((width * height, 3)), np.full(width * height, np.inf))
    corners = pixels[faces]
    keep = np.flatnonzero((depth[faces] > NEAR).all(1) & np.isfinite(corners).all((1, 2)))
    low = np.maximum(np.ceil(corners[keep].min(1) - 0.5), 0).astype(np.int64)
    high = np.minimum(np.floor(corners[keep].max(1) - 0.5), [width - 1, height - 1]).astype(np.int64)
    size = np.maximum(high - low + 1, 0)
    count = size[:, 0] * size[:, 1]
    some = count > 0
    keep, low, size, count = keep[some], low[some], size[some], count[some]
    total = np.cumsum(count)
    start = 0
    while start < len(count):
        base = int(total[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(total, base + _CHUNK, side="right")))
        part = slice(start, stop)
        _paint(shown, keep[part], corners[keep[part]], depth[faces[keep[part]]], low[part], size[part], count[part], width)
        start = stop
    shape = (height, width)
    return Raster(shown.face.reshape(shape), shown.bary.reshape(*shape, 3), shown.depth.reshape(shape))


def _paint(
    shown: Raster, ids: np.ndarray, tri: np.ndarray, z: np.ndarray, low: np.ndarray, size: np.ndarray, count: np.ndarray, width: int
) -> None:
    which = np.repeat(np.arange(len(ids)), count)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    x = low[which, 0] + offset % size[which, 0]
    y = low[which, 1] + offset // size[which, 0]
    a, b, c = tri[:, 0], tri[:, 1], tri[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    area = np.where(np.abs(area) < 1e-12, np.inf, area)
    px, py = x + 0.5, y + 0.5

    def side(p: np.ndarray, q: np.ndarray) -> np.ndarray:
        e = q - p
        return (e[which, 0] * (py - p[which, 1]) - e[which, 1] * (px - p[which, 0])) / area[which]

    w = np.stack([side(b, c), side(c, a), side(a, b)], 1)
    inside = (w >= -1e-9).all(1) & np.isfinite(area[which])
    w, which, at = w[inside], which[inside], (y * width + x)[inside]
    # Weights in the picture are linear in 1 / depth (Heckbert & Moreton 1991).
    over = w / z[which]
    depth = 1.0 / np.maximum(over.sum(1), 1e-12)
    bary = over * depth[:, None]
    order = np.argsort(-depth, kind="stable")  # the nearest is written last
    at, depth, bary, which = at[order], depth[order], bary[order], which[order]
    best = np.full(len(shown.depth), -1, np.int64)
    best[at] = np.arange(len(at))
    pixel = np.flatnonzero(best >= 0)
    new = best[pixel]
    nearer = depth[new] < shown.depth[pixel]
    pixel, new = pixel[nearer], new[nearer]
    shown.depth[pixel], shown.bary[pixel], shown.face[pixel] = depth[new], bary[new], ids[which[new]]


def look(vertices: np.ndarray, faces: np.ndarray, K: np.ndarray, T_cam_from_world: np.ndarray, width: int, height: int) -> Raster:
    """What a camera sees of a mesh.

    Args:
        vertices: (V, 3) world, metres. faces: (F, 3).
    """
    pixels, depth = project(K, T_cam_from_world, vertices)
    return rasterise(pixels, depth, faces, width, height)


def sample_bilinear(image: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """(N, C) values of an image (H, W, C) at pixel coordinates (N, 2), held at the borders."""
    height, width = image.shape[:2]
    x, y = np.clip(xy[:, 0] - 0.5, 0, width - 1), np.clip(xy[:, 1] - 0.5, 0, height - 1)
    x0, y0 = np.minimum(x.astype(np.int64), max(width - 2, 0)), np.minimum(y.astype(np.int64), max(height - 2, 0))
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    u, v = (x - x0)[:, None], (y - y0)[:, None]
    top = image[y0, x0] * (1 - u) + image[y0, x1] * u
    return top * (1 - v) + (image[y1, x0] * (1 - u) + image[y1, x1] * u) * v

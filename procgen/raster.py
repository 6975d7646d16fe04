"""Silhouettes by testing pixel centres against projected triangles: numpy only, no depth."""

from __future__ import annotations

import numpy as np

from .frames import project, transform
from .geometry import Mesh, SceneObject, Strands

NEAR = 0.01
_CHUNK = 4_000_000


def coverage(corners: np.ndarray, width: int, height: int) -> np.ndarray:
    """Pixels whose centre lies in any of the triangles.

    Args:
        corners: (T, 3, 2) float, pixels.
    Returns:
        (H, W) bool. A centre on an edge counts as covered.
    """
    mask = np.zeros(height * width, bool)
    if not len(corners):
        return mask.reshape(height, width)
    low = np.ceil(corners.min(1) - 0.5).astype(np.int64)
    high = np.floor(corners.max(1) - 0.5).astype(np.int64)
    low = np.maximum(low, 0)
    high = np.minimum(high, [width - 1, height - 1])
    size = high - low + 1
    keep = (size > 0).all(1)
    corners, low, size = corners[keep], low[keep], size[keep]
    count = size[:, 0] * size[:, 1]
    start = 0
    total = np.cumsum(count)
    while start < len(count):
        base = total[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(total, base + _CHUNK, side="right")))
        _cover(mask, corners[start:stop], low[start:stop], size[start:stop], count[start:stop], width)
        start = stop
    return mask.reshape(height, width)


def _cover(mask: np.ndarray, tri: np.ndarray, low: np.ndarray, size: np.ndarray, count: np.ndarray, width: int) -> None:
    which = np.repeat(np.arange(len(tri)), count)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    x = low[which, 0] + offset % size[which, 0]
    y = low[which, 1] + offset // size[which, 0]
    px, py = x + 0.5, y + 0.5
    inside_pos = np.ones(len(which), bool)
    inside_neg = np.ones(len(which), bool)
    for k in range(3):
        a, b = tri[:, k], tri[:, (k + 1) % 3]
        ex, ey = (b[:, 0] - a[:, 0])[which], (b[:, 1] - a[:, 1])[which]
        side = ex * (py - a[which, 1]) - ey * (px - a[which, 0])
        inside_pos &= side >= 0
        inside_neg &= side <= 0
    mask[(y * width + x)[inside_pos | inside_neg]] = True


def silhouette(
    items: list[SceneObject], K: np.ndarray, T_cam_from_world: np.ndarray, width: int, height: int
) -> np.ndarray:
    """(H, W) bool: pixels that any of the objects would cover if nothing stood in front (amodal mask)."""
    parts = []
    for item in items:
        if isinstance(item.geometry, Mesh):
            world = transform(item.T_world_from_object, item.geometry.vertices.astype(np.float64))
            pixel, z = project(K, T_cam_from_world, world)
            tri = item.geometry.triangles()
            tri = tri[(z[tri] > NEAR).all(1)]
            parts.append(pixel[tri])
        elif isinstance(item.geometry, Strands):
            parts.append(_ribbons(item, K, T_cam_from_world))
    return coverage(np.concatenate(parts) if parts else np.zeros((0, 3, 2)), width, height)


def _ribbons(item: SceneObject, K: np.ndarray, T_cam_from_world: np.ndarray) -> np.ndarray:
    """(T, 3, 2) image triangles of strands drawn as flat ribbons that face the camera."""
    strands = item.geometry
    points = transform(item.T_world_from_object, strands.points.astype(np.float64))  # type: ignore[union-attr]
    pixel, z = project(K, T_cam_from_world, points)
    radius = np.broadcast_to(strands.radius, z.shape) * K[0, 0] / np.maximum(z, NEAR)  # type: ignore[union-attr]
    a, b = pixel[:, :-1].reshape(-1, 2), pixel[:, 1:].reshape(-1, 2)
    ra, rb = radius[:, :-1].reshape(-1, 1), radius[:, 1:].reshape(-1, 1)
    good = (z[:, :-1].ravel() > NEAR) & (z[:, 1:].ravel() > NEAR)
    a, b, ra, rb = a[good], b[good], ra[good], rb[good]
    along = b - a
    normal = np.stack([-along[:, 1], along[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    p0, p1, p2, p3 = a - normal * ra, a + normal * ra, b + normal * rb, b - normal * rb
    return np.concatenate([np.stack([p0, p1, p2], 1), np.stack([p0, p2, p3], 1)])


def box(mask: np.ndarray) -> tuple[float, float, float, float] | None:
    """Pixel box x0, y0, x1, y1 (x1, y1 exclusive) of a mask, or None if it is empty."""
    ys, xs = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    if not len(ys):
        return None
    return float(xs[0]), float(ys[0]), float(xs[-1] + 1), float(ys[-1] + 1)

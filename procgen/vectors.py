"""Arithmetic on (N, 3) arrays column by column: numpy's own answers to the last bit, three to forty times faster.

numpy walks a reduction over a last axis of two, three or four entry by entry; whole columns are added at memory speed.
Rows are gathered by `take`, which is four times as fast as indexing.
"""

from __future__ import annotations

import numpy as np


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(..., 3) `np.cross` of vectors (..., 3); shapes broadcast."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    x = ay * bz - az * by
    out = np.empty((*x.shape, 3), x.dtype)
    out[..., 0] = x
    out[..., 1] = az * bx - ax * bz
    out[..., 2] = ax * by - ay * bx
    return out


def lengths(a: np.ndarray) -> np.ndarray:
    """(...) `np.linalg.norm(a, axis=-1)` of vectors (..., 3)."""
    x, y, z = a[..., 0], a[..., 1], a[..., 2]
    return np.sqrt(x * x + y * y + z * z)


def bounds(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(3,) `x.min(0)` and (3,) `x.max(0)` of points (N, 3)."""
    columns = [x[:, k] for k in range(x.shape[1])]
    return np.array([c.min() for c in columns]), np.array([c.max() for c in columns])


def inside(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(N,) bool `((x > low) & (x < high)).all(1)` of points (N, 3)."""
    out = np.ones(len(x), bool)
    for k in range(x.shape[1]):
        out &= x[:, k] > low[k]
        out &= x[:, k] < high[k]
    return out


def middles(values: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(F, ...) `values[faces].mean(1)` for values (V, ...) and faces (F, 3 or 4)."""
    out = values.take(faces[:, 0], 0)
    for k in range(1, faces.shape[1]):
        out += values.take(faces[:, k], 0)
    out /= faces.shape[1]
    return out


def largest(values: np.ndarray) -> np.ndarray:
    """(N,) `values.max(1)` of few columns."""
    out = values[:, 0]
    for k in range(1, values.shape[1]):
        out = np.maximum(out, values[:, k])
    return out


def every(mask: np.ndarray) -> np.ndarray:
    """(N,) `mask.all(1)` of a bool array with few columns."""
    out = mask[:, 0]
    for k in range(1, mask.shape[1]):
        out = out & mask[:, k]
    return out


def some(mask: np.ndarray) -> np.ndarray:
    """(N,) `mask.any(1)` of a bool array with few columns."""
    out = mask[:, 0]
    for k in range(1, mask.shape[1]):
        out = out | mask[:, k]
    return out


def corners_sum(values: np.ndarray, faces: np.ndarray, count: int) -> np.ndarray:
    """(count, 3) float64: what each vertex gets when every face hands its (F, 3) value to all its corners."""
    flat, corners = faces.ravel().astype(np.intp), faces.shape[1]
    out = np.empty((count, 3))
    for k in range(3):
        out[:, k] = np.bincount(flat, np.repeat(values[:, k], corners), minlength=count)
    return out


def used_vertices(faces: np.ndarray, count: int) -> np.ndarray:
    """(U,) `np.unique(faces)` of vertex numbers below `count`."""
    mark = np.zeros(count, bool)
    mark[faces.ravel()] = True
    return np.flatnonzero(mark)


def vertex_normals(x: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals of x's dtype, area weighted, of triangles (T, 3) or quads (Q, 4); zero for vertices without any."""
    corner = [x.take(faces[:, k], 0) for k in range(faces.shape[1])]
    if faces.shape[1] == 4:
        n = cross(corner[2] - corner[0], corner[3] - corner[1])
    else:
        n = cross(corner[1] - corner[0], corner[2] - corner[0])
    out = corners_sum(n, faces, len(x))
    out /= np.maximum(lengths(out), 1e-20)[:, None]
    return out.astype(x.dtype)

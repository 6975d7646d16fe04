"""How deep two people are inside each other: from their skin, without triangles."""

from __future__ import annotations

import numpy as np

from .body_state import BodyState
from .nearest import NearestPoints

# A point counts as inside where this many of the nearest skin points have it on their inner side; one alone is fooled by creases.
AGREEING = 3


def overlap(a: BodyState, b: BodyState) -> tuple[float, np.ndarray, np.ndarray]:
    """Depth of the deepest place where two bodies are inside each other, metres (0 = they do not touch), and the way out.

    Returns:
        depth; the unit vector (3,) along which `b` moves to leave `a`; and the place (3,), world. Zeros where they do not touch.
    """
    depth, way, place = _inside(b, a)
    other, back, there = _inside(a, b)
    return (depth, way, place) if depth >= other else (other, -back, there)


def _inside(points_of: BodyState, body: BodyState) -> tuple[float, np.ndarray, np.ndarray]:
    """Deepest vertex of one body inside another."""
    v, w = points_of.posed[: points_of.count].astype(np.float64), body.posed[: body.count].astype(np.float64)
    low, high = w.min(0), w.max(0)
    near = v[((v > low) & (v < high)).all(1)]
    if not len(near):
        return 0.0, np.zeros(3), np.zeros(3)
    # Only skin close to the other body is searched.
    low, high = near.min(0) - 0.05, near.max(0) + 0.05
    keep = np.flatnonzero(((w > low) & (w < high)).all(1))
    if len(keep) < AGREEING:
        return 0.0, np.zeros(3), np.zeros(3)
    skin, normals = w[keep], body.normals[keep].astype(np.float64)
    _, index = NearestPoints(skin).query(near, AGREEING, 0.12)
    found = index[:, -1] < len(skin)
    if not found.any():
        return 0.0, np.zeros(3), np.zeros(3)
    index, near = index[found], near[found]
    along = np.einsum("nkj,nkj->nk", skin[index] - near[:, None], normals[index])
    depth = along.min(1)
    k = int(depth.argmax())
    if depth[k] <= 0:
        return 0.0, np.zeros(3), np.zeros(3)
    return float(depth[k]), normals[index[k, 0]], near[k]

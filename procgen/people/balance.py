"""Centre of mass and support polygon."""

from __future__ import annotations

import numpy as np

from .kinematics import Chain
from .proxies import Proxy

# Segment: (from joint, to joint, share of body mass, centre along the segment).
# Source: de Leva 1996 (adjusted Zatsiorsky–Seluyanov), means of men and women; the trunk's centre comes from its own shape.
_SEGMENTS = [
    (16, 18, 0.0263, 0.577), (17, 19, 0.0263, 0.577),
    (18, 20, 0.0150, 0.457), (19, 21, 0.0150, 0.457),
    (20, 28, 0.0059, 0.75), (21, 43, 0.0059, 0.75),
    (1, 4, 0.1447, 0.385), (2, 5, 0.1447, 0.385),
    (4, 7, 0.0457, 0.444), (5, 8, 0.0457, 0.444),
    (7, 10, 0.0133, 0.45), (8, 11, 0.0133, 0.45),
]  # fmt: skip
_TRUNK, _HEAD = 0.4302, 0.0681


def centre_of_mass(proxy: Proxy, chain: Chain) -> np.ndarray:
    """(3,) centre of mass of a posed body."""
    total, sum_ = 0.0, np.zeros(3)
    for a, b, share, along in _SEGMENTS:
        sum_ += share * (chain.p[a] + along * (chain.p[b] - chain.p[a]))
        total += share
    # The trunk follows its middle joint; its rest centre includes belly and buttocks.
    trunk = 0.5 * sum(chain.R[j] @ (proxy.trunk_centre - chain.rest[j]) + chain.p[j] for j in (3, 6))
    head = chain.p[15] + chain.R[15] @ np.array([0.0, 0.07 * proxy.size, 0.01])
    sum_ += _TRUNK * trunk + _HEAD * head
    return sum_ / (total + _TRUNK + _HEAD)


def hull(points: np.ndarray) -> np.ndarray:
    """(M, 2) convex hull, counter-clockwise, of (N, 2) points (Andrew's monotone chain)."""
    p = np.unique(np.round(points, 6), axis=0)
    if len(p) < 3:
        return p

    def half(rows: np.ndarray) -> list[np.ndarray]:
        out: list[np.ndarray] = []
        for q in rows:
            while len(out) > 1 and _cross(out[-1] - out[-2], q - out[-2]) <= 0:
                out.pop()
            out.append(q)
        return out[:-1]

    return np.array(half(p) + half(p[::-1]))


def _cross(a: np.ndarray, b: np.ndarray) -> float:
    return float(a[0] * b[1] - a[1] * b[0])


def outside(polygon: np.ndarray, point: np.ndarray) -> np.ndarray:
    """(2,) step from `point` to the nearest point of a convex polygon; zero if it is inside."""
    if len(polygon) == 0:
        return np.zeros(2)
    if len(polygon) > 2:
        edges = np.roll(polygon, -1, 0) - polygon
        if all(_cross(e, point - a) >= 0 for a, e in zip(polygon, edges, strict=True)):
            return np.zeros(2)
    best = None
    for a, b in zip(polygon, np.roll(polygon, -1, 0), strict=True):
        e = b - a
        t = float(np.clip((point - a) @ e / max(e @ e, 1e-12), 0.0, 1.0))
        step = a + t * e - point
        if best is None or step @ step < best @ best:
            best = step
    return best if best is not None else np.zeros(2)


def shrunk(polygon: np.ndarray, share: float) -> np.ndarray:
    """A polygon drawn in towards its middle by a share of its size."""
    middle = polygon.mean(0)
    return middle + (1.0 - share) * (polygon - middle)

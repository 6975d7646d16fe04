"""The legs of somebody who sits, as a height field that cloth is laid on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...vectors import every, middles
from ..body_state import BodyState
from ..nearest import NearestPoints
from .figure import HIP, Figure

# Cells, margin around the legs, and how far cloth goes straight out over an edge, metres.
CELL, MARGIN, LIP = 0.025, 0.35, 0.012
# How far cloth sags between the thighs, metres; how steep the field falls off beside the legs.
SAG, FALL = 0.012, 4.0


@dataclass(frozen=True)
class Field:
    """Upper and lower side of the legs by place in plan, and how far a place lies beside them; (R, C), metres.

    Attributes:
        frame: (2, 2) columns: ahead, to the left.
        origin: (2,) corner of the first cell, in that frame.
        top, bottom, beside: The sides, spanned from leg to leg and carried on beyond them; distance to the legs.
    """

    frame: np.ndarray
    origin: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    beside: np.ndarray

    def at(self, plan: np.ndarray, values: np.ndarray) -> np.ndarray:
        """(V,) bilinear."""
        rows, columns = values.shape
        g = (plan - self.origin) / CELL - 0.5
        i = np.clip(g[:, 0], 0, rows - 1.001)
        j = np.clip(g[:, 1], 0, columns - 1.001)
        a, b = i.astype(int), j.astype(int)
        u, v = i - a, j - b
        return (values[a, b] * (1 - v) + values[a, b + 1] * v) * (1 - u) + (values[a + 1, b] * (1 - v) + values[a + 1, b + 1] * v) * u

    def out(self, plan: np.ndarray) -> np.ndarray:
        """(V, 2) unit steps away from the thighs."""
        step = np.array([[CELL, 0.0], [0.0, CELL]])
        slope = np.stack([self.at(plan + s, self.beside) - self.at(plan - s, self.beside) for s in step], 1)
        return slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9)

    def over(self, places: np.ndarray) -> np.ndarray:
        """(V,) height of the upper side at world places (V, 2); beside the legs it falls off steeply."""
        plan = places @ self.frame
        return self.at(plan, self.top) - FALL * np.maximum(self.at(plan, self.beside) - LIP, 0.0)


def legs_field(fig: Figure, body: BodyState, parts: Sequence[int]) -> Field:
    """Upper and lower side of the skin that moves with some joints: hips for thighs, knees for shanks."""
    joints = np.asarray(body.joints, float)
    across = (joints[HIP[0]] - joints[HIP[1]])[:2]
    across /= np.linalg.norm(across)
    frame = np.stack([[-across[1], across[0]], across], 1)
    count = fig.body.count
    own = fig.base.weights[:count, list(parts)].sum(1) > 0.5
    faces = fig.model.faces
    skin = np.asarray(body.posed[:count], float)
    points = np.concatenate([skin[own], middles(skin, faces[every(own[faces])])])
    plan = points[:, :2] @ frame
    origin = plan.min(0) - MARGIN
    rows, columns = np.ceil((plan.max(0) + MARGIN - origin) / CELL).astype(int)
    i, j = ((plan - origin) / CELL).astype(int).T
    top, bottom = np.full((rows, columns), -np.inf), np.full((rows, columns), np.inf)
    np.maximum.at(top, (i, j), points[:, 2])
    np.minimum.at(bottom, (i, j), points[:, 2])
    for r in np.unique(i):
        # From thigh to thigh the cloth spans.
        on = np.flatnonzero(np.isfinite(top[r]))
        gap = np.arange(on[0], on[-1] + 1)
        open_ = ~np.isfinite(top[r, gap])
        top[r, gap] = np.interp(gap, on, top[r, on]) - SAG * open_
        bottom[r, gap] = np.interp(gap, on, bottom[r, on])
    r, c = np.indices(top.shape)
    centres = np.stack([r, c, np.zeros_like(r)], 2).reshape(-1, 3) * CELL
    filled = np.flatnonzero(np.isfinite(top).ravel())
    distance, nearest = NearestPoints(centres[filled]).query(centres)
    upper, lower = (_blurred(f.ravel()[filled][nearest].reshape(top.shape), 2) for f in (top, bottom))
    beside = np.maximum(distance.reshape(top.shape) - 0.5 * CELL, 0.0)
    return Field(frame, origin, upper, lower, _blurred(beside, 1))


def _blurred(f: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        p = np.pad(f, 1, mode="edge")
        f = 0.25 * (2 * p[1:-1] + p[:-2] + p[2:])[:, 1:-1]
        p = np.pad(f, 1, mode="edge")
        f = 0.25 * (2 * p[:, 1:-1] + p[:, :-2] + p[:, 2:])[1:-1]
    return f

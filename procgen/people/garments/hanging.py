"""Cloth that hangs around both legs, where skinning alone would carry it along as a stiff tube.

While the thighs are upright, it moves with them but does not tip: hems stay level. Around thighs that lie, what comes to be
above is let down onto them and over their edges, as a cloth over a table, and what comes to be below is between thighs and
seat; both are read from one height field of the thighs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...vectors import middles
from ..body_state import BodyState
from ..nearest import NearestPoints
from .figure import HIP, KNEE, PELVIS, SIDES, Figure, smoothstep
from .pattern import TRUNK, Pattern

# Cells of the height field, its margin around the thighs, and how far cloth goes straight out over an edge, metres.
CELL, MARGIN, LIP = 0.025, 0.35, 0.012
# Room between thigh and cloth; how far cloth sags between the thighs; metres.
ROOM, SAG = 0.008, 0.012
# Share of the way to a ring drawn taut around both legs; the rest is what flutes need.
TAUT = 0.8
# Cosine of the thigh to the vertical from which on cloth begins to lie, and at which it all lies.
BEGINS, LIES = 0.78, 0.45


@dataclass(frozen=True)
class _Field:
    """Upper and lower side of both thighs by place in plan, and how far a place lies beside them; all (R, C), metres."""

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


def hung(
    pattern: Pattern, x: np.ndarray, fitted: np.ndarray, weights: np.ndarray, turned: np.ndarray, fig: Figure, body: BodyState
) -> np.ndarray:
    """The skinned garment with what is below the hips hanging and lying as cloth does.

    Args:
        pattern: Cut cloth.
        x: (V, 3) skinned, world.
        fitted: (V, 3) in the A-pose.
        weights: (V, J) skinning weights.
        turned: (V, 3, 3) how skinning turned each vertex.
        fig, body: The person, in the A-pose and posed.
    Returns:
        (V, 3).
    """
    joints = np.asarray(body.joints, float)
    thigh = joints[list(KNEE)] - joints[list(HIP)]
    flat = smoothstep(-thigh[:, 2] / np.linalg.norm(thigh, axis=1), BEGINS, LIES)
    x = x + _level(pattern, fitted, weights, turned, fig, body, 1 - flat)
    x = _taut(pattern, x, 1 - float(flat.max()))
    return _over_lap(pattern, x, fitted, weights, turned, fig, body, flat) if flat.any() else x


def _level(
    pattern: Pattern, fitted: np.ndarray, weights: np.ndarray, turned: np.ndarray, fig: Figure, body: BodyState, upright: np.ndarray
) -> np.ndarray:
    """(V, 3) metres from cloth that tips with the thighs to cloth that stays as far from their axes as it hung."""
    own = np.stack([weights[:, HIP[s]] + weights[:, KNEE[s]] for s in SIDES], 1)
    both = own.sum(1)
    axis = own @ fig.joints[list(HIP), :2] / np.maximum(both, 1e-6)[:, None]
    off = np.where(both[:, None] > 1e-6, fitted[:, :2] - axis, 0.0)
    pelvis = (body.T @ fig.from_fit)[PELVIS, :3, :2]
    share = own @ upright * smoothstep(pattern.drop, 0.0, 0.06)
    return np.einsum("vij,vj->vi", share[:, None, None] * (pelvis - turned[:, :, :2]), off)


def _taut(pattern: Pattern, x: np.ndarray, share: float) -> np.ndarray:
    """Rings of free cloth spanned from leg to leg, where skinning draws them in between."""
    free = np.flatnonzero((pattern.limb == TRUNK) & (pattern.drop > 0))
    if share <= 0 or len(free) == 0:
        return x
    x = x.copy()
    row = np.unique(np.round(pattern.drop[free], 5), return_inverse=True)[1].ravel()
    turn = np.linspace(-np.pi, np.pi, 64, endpoint=False)
    ways = np.stack([np.cos(turn), np.sin(turn)])
    for r in range(int(row.max()) + 1):
        ids = free[row == r]
        d = x[ids, :2] - 0.5 * (x[ids, :2].min(0) + x[ids, :2].max(0))
        radius = np.linalg.norm(d, axis=1)
        # The radius of the convex hull, from its support in all directions.
        support = (d @ ways).max(0)
        cosine = (d / np.maximum(radius, 1e-9)[:, None]) @ ways
        hull = np.where(cosine > 0.05, support / np.maximum(cosine, 0.05), np.inf).min(1)
        x[ids, :2] += d * (TAUT * share * np.clip(hull / np.maximum(radius, 1e-9) - 1, 0.0, 1.0))[:, None]
    return x


def _over_lap(
    pattern: Pattern, x: np.ndarray, fitted: np.ndarray, weights: np.ndarray, turned: np.ndarray, fig: Figure, body: BodyState,
    flat: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """The garment laid over thighs that lie, by `flat` of each."""
    joints = np.asarray(body.joints, float)
    lying = np.asarray(sum(weights[:, HIP[s]] * flat[s] for s in SIDES))
    # Over the knees it hangs from their edge.
    hanging = np.asarray(sum(weights[:, KNEE[s]] * flat[s] for s in SIDES))
    ids = np.flatnonzero(lying + hanging > 0.01)
    if len(ids) == 0:
        return x
    across = (joints[HIP[0]] - joints[HIP[1]])[:2]
    across /= np.linalg.norm(across)
    frame = np.stack([[-across[1], across[0]], across], 1)  # columns: ahead, to the left
    field = _thighs(fig, body, frame)
    plan = x[ids, :2] @ frame
    # Which way the cloth faces tells what comes to lie above, however skinning has flattened it.
    radial = (fitted[ids] - fig.trunk.origin) * [1.0, 1.0, 0.0]
    radial /= np.maximum(np.linalg.norm(radial, axis=1, keepdims=True), 1e-9)
    above = smoothstep(np.einsum("vj,vj->v", turned[ids, 2], radial), -0.3, 0.3)
    top, bottom, beside = (field.at(plan, f) for f in (field.top, field.bottom, field.beside))
    over = np.maximum(beside - LIP, 0.0)
    laid = np.maximum(top + ROOM - over, bottom)
    z = above * laid + (1 - above) * (bottom - 0.5 * ROOM)
    move = np.zeros_like(x)
    move[ids, :2] = -(field.out(plan) * (over * (lying + hanging)[ids])[:, None]) @ frame.T
    move[ids, 2] = (z - x[ids, 2]) * lying[ids]
    return x + pattern.fabric.smooth(move, 0.5, 3)


def _thighs(fig: Figure, body: BodyState, frame: np.ndarray) -> _Field:
    count = fig.body.count
    own = fig.base.weights[:count, list(HIP)].sum(1) > 0.5
    faces = fig.model.faces
    skin = np.asarray(body.posed[:count], float)
    points = np.concatenate([skin[own], middles(skin, faces[own[faces].all(1)])])
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
    return _Field(origin, upper, lower, _blurred(beside, 1))


def _blurred(f: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        p = np.pad(f, 1, mode="edge")
        f = 0.25 * (2 * p[1:-1] + p[:-2] + p[2:])[:, 1:-1]
        p = np.pad(f, 1, mode="edge")
        f = 0.25 * (2 * p[:, 1:-1] + p[:, :-2] + p[:, 2:])[1:-1]
    return f

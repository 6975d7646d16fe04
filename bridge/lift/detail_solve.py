"""Heights on a fitted face from what depth and normals say: seen at each texel, and joined by one least-squares problem.

    sum w (D - d)^2 + sum v (D_next - D - step)^2 + D^2 / ROOM^2 + sum (D_next - D)^2 / (ROUGH length)^2

d is the distance of the depth that was seen along the face's normal, `step` what the seen normal says of the next texel. How
much each counts comes from the picture itself: how far even and odd pixels disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .detail_grid import DetailGrid, Surface
from .face_fit import FaceFit
from .face_view import FaceView, depth_at, project
from .rasterise import look, sample_bilinear

# What detail may be, metres; what lies further off is hair, glasses or another thing.
MOST = 0.003
REACH = 0.004
# Belief before looking: how high detail is, and its slope from texel to texel.
ROOM, ROUGH = 0.0015, 0.2
# Skin seen more sideways says little about itself (cosine), and slopes beyond this are edges of something.
FACING, STEEP = 0.35, 0.8
# Errors are never taken to be smaller: metres of depth, and slopes.
LEAST_DEPTH, LEAST_SLOPE = 0.00015, 0.02
CG_STEPS, CG_TOLERANCE = 160, 2e-3


@dataclass(frozen=True, eq=False)
class Sight:
    """What one view says at the texels.

    Attributes:
        height, height_weight: (M,) metres, and 1 / variance; weight 0 where nothing is seen.
        step, step_weight: (M, 2) steps of height to the next texel, and (M,) 1 / variance of a slope.
    """

    height: np.ndarray
    height_weight: np.ndarray
    step: np.ndarray
    step_weight: np.ndarray

    def only(self, depth: bool, normals: bool, mask: np.ndarray | None = None) -> Sight:
        """The same, believing only some of it; mask (M,) bool."""
        on = 1.0 if mask is None else mask.astype(np.float64)
        return Sight(self.height, self.height_weight * depth * on, self.step, self.step_weight * normals * on)


def sight(
    fit: FaceFit, index: int, view: FaceView, grid: DetailGrid, surface: Surface, heights: np.ndarray | None = None,
    parity: int | None = None, noise: tuple[float, float] | None = None,
) -> Sight:  # fmt: skip
    """What a view says about detail.

    Args:
        fit: The head, of which this is view `index`.
        surface: Of its vertices, in the head's frame.
        heights: (M,) detail known so far: where to look.
        parity: 0 or 1 looks at the even or odd pixels alone; None at all.
        noise: Standard deviations of a depth, metres, and of a slope; None: the least.
    """
    T, K = fit.T_cam_from_head[index], fit.K[index]
    width, height = view.size
    h = np.zeros(grid.count) if heights is None else heights
    raised = surface.points + h[:, None] * surface.normals
    P = raised @ T[:3, :3].T + T[:3, 3]
    n = surface.normals @ T[:3, :3].T
    distance = np.linalg.norm(P, axis=1)
    facing = -(n * P).sum(1) / distance
    q = project(K, P)
    seen = (q > 1).all(1) & (q[:, 0] < width - 1) & (q[:, 1] < height - 1) & (P[:, 2] > 0.05) & (facing > FACING)
    i, j = np.clip(q[:, 0].astype(int), 0, width - 1), np.clip(q[:, 1].astype(int), 0, height - 1)
    own = look(fit.vertices, fit.head.triangles, K, T, width, height).depth
    seen &= P[:, 2] < np.where(np.isfinite(own[j, i]), own[j, i], np.inf) + 0.004
    if view.mask is not None:
        seen &= view.mask[j, i]
    # A pixel that covers many texels is one measurement.
    share = np.clip(np.prod(surface.steps, axis=1) * facing * (K[0, 0] / P[:, 2]) ** 2, 0.0, 1.0)
    trust = share * facing**2
    depth_sd, slope_sd = noise or (LEAST_DEPTH, LEAST_SLOPE)
    d, dw = np.zeros(grid.count), np.zeros(grid.count)
    if view.depth is not None:
        scale, shift = fit.relief[index]
        z, good = depth_at(_half(view.depth, parity), q, seen)
        d = h + ((P / P[:, 2:] * (z * scale + shift)[:, None] - P) * n).sum(1)
        good &= np.abs(d) < REACH
        dw = np.where(good, trust / depth_sd**2, 0.0)
        seen = seen & good
    s, sw = np.zeros((grid.count, 2)), np.zeros(grid.count)
    if view.normal is not None:
        m = sample_bilinear(_half(np.asarray(view.normal, np.float64), parity), q)
        length = np.linalg.norm(m, axis=1)
        m = (m / np.maximum(length, 1e-9)[:, None]) @ T[:3, :3]
        s = surface.steps_of(m)
        slope = np.linalg.norm(surface.gradient(s), axis=1)
        good = seen & (length > 0.8) & (slope < STEEP)
        sw = np.where(good, trust / slope_sd**2, 0.0)
    return Sight(np.where(dw > 0, d, 0.0), dw, np.where(sw[:, None] > 0, s, 0.0), sw)


def noise_of(even: Sight, odd: Sight, surface: Surface) -> tuple[float, float]:
    """Standard deviations of a depth and of a slope, from how far two halves of the pixels disagree."""
    both = (even.height_weight > 0) & (odd.height_weight > 0)
    depth = 1.05 * float(np.median(np.abs(even.height - odd.height)[both])) if both.any() else 0.0
    both = (even.step_weight > 0) & (odd.step_weight > 0)
    slope = 0.0
    if both.any():
        slope = 1.05 * float(np.median(np.abs((even.step - odd.step) / surface.steps)[both]))
    return max(depth, LEAST_DEPTH), max(slope, LEAST_SLOPE)


def heights_of(grid: DetailGrid, surface: Surface, sights: Sequence[Sight], start: np.ndarray | None = None) -> np.ndarray:
    """(M,) heights, metres, that agree best with everything seen; by conjugate gradients."""
    steps = surface.steps
    i, j = grid.edges.T
    axis = (np.arange(len(i)) >= grid.across).astype(int)
    length = 0.5 * (steps[i, axis] + steps[j, axis])
    link = np.full(len(i), 1.0 / ROUGH**2)
    pull = np.zeros(len(i))
    for s in sights:
        w = np.minimum(s.step_weight[i], s.step_weight[j])
        link += w
        pull += w * 0.5 * (s.step[i, axis] + s.step[j, axis])
    link /= length**2
    pull /= length**2
    own = sum((s.height_weight for s in sights), np.full(grid.count, 1.0 / ROOM**2))
    b = sum((s.height_weight * s.height for s in sights), np.zeros(grid.count))
    b = b + np.bincount(j, pull, grid.count) - np.bincount(i, pull, grid.count)
    diagonal = own + np.bincount(i, link, grid.count) + np.bincount(j, link, grid.count)

    def times(x: np.ndarray) -> np.ndarray:
        out = diagonal * x
        out -= np.bincount(i, link * x[j], grid.count)
        out -= np.bincount(j, link * x[i], grid.count)
        return out

    x = np.zeros(grid.count) if start is None else start.copy()
    r = b - times(x)
    z = r / diagonal
    p, rz = z.copy(), float(r @ z)
    goal = CG_TOLERANCE**2 * max(float(b @ (b / diagonal)), 1e-30)
    for _ in range(CG_STEPS):
        if rz <= goal:
            break
        Ap = times(p)
        a = rz / float(p @ Ap)
        x += a * p
        r -= a * Ap
        z = r / diagonal
        rz, last = float(r @ z), rz
        p = z + rz / last * p
    return x


def _half(picture: np.ndarray, parity: int | None) -> np.ndarray:
    """A picture (H, W, ...) whose other half of pixels is the mean of their neighbours of this half."""
    if parity is None:
        return picture
    p = np.pad(np.asarray(picture, np.float64), [(1, 1), (1, 1), *[(0, 0)] * (picture.ndim - 2)], mode="edge")
    mean = (p[:-2, 1:-1] + p[2:, 1:-1] + p[1:-1, :-2] + p[1:-1, 2:]) / 4.0
    y, x = np.indices(picture.shape[:2])
    mine = ((x + y) % 2 == parity).reshape(*picture.shape[:2], *[1] * (picture.ndim - 2))
    return np.where(mine, picture, mean)

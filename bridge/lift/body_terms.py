"""What pictures say of a body, as residuals with analytic derivatives for `least_squares`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...procgen.people.nearest import NearestPoints, scipy_tree
from .body_landmarks import LandmarkSet
from .body_posing import Chain, points_with_jacobian
from .body_problem import BodySetup, Layout
from .body_view import BodyView, Surface
from .least_squares import Term

# Landmarks count as outliers from here on, deviations.
ROBUST = 3.0
# Dense points are neighbours: so many count as independent, however many there are.
INDEPENDENT = 400.0
# Deviations from which a pair is an outlier: the body in front of what is seen, and behind it.
PROTRUDES, COVERED = 5.0, 2.0


def projected(view: BodyView, P: np.ndarray, J: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels (N, 2), their derivatives (N, 2, D) (empty without J), and depths (N,) of world points (N, 3)."""
    R, t = view.T_cam_from_world[:3, :3], view.T_cam_from_world[:3, 3]
    cam = P @ R.T + t
    z = np.maximum(cam[:, 2], 0.05)
    fx, fy = view.K[0, 0], view.K[1, 1]
    uv = np.stack([fx * cam[:, 0] / z + view.K[0, 2], fy * cam[:, 1] / z + view.K[1, 2]], 1)
    if J is None:
        return uv, np.zeros((len(P), 2, 0)), z
    Jc = R @ J
    Ju = fx * (Jc[:, 0] - (cam[:, 0] / z)[:, None] * Jc[:, 2]) / z[:, None]
    Jv = fy * (Jc[:, 1] - (cam[:, 1] / z)[:, None] * Jc[:, 2]) / z[:, None]
    return uv, np.stack([Ju, Jv], 1), z


def landmark_term(
    view: BodyView, marks: LandmarkSet, xy: np.ndarray, confidence: np.ndarray, unit_px: float, chain: Chain, layout: Layout,
    weight: float = 1.0, robust: float | None = ROBUST, least: float = 0.0,
) -> Term | None:  # fmt: skip
    """Where landmarks are seen against where the body has them.

    Args:
        xy: (L, 2) pixels. confidence: (L,); below 0.05 a landmark is left out. unit_px: Pixels that `marks.sigma` counts in.
        least: Smallest deviation that is believed in.
    """
    on = np.flatnonzero((confidence > 0.05) & np.isfinite(marks.sigma) & np.isfinite(xy).all(1))
    if not len(on):
        return None
    P, J = points_with_jacobian(chain, marks.points.rows(on), layout.active)
    uv, Juv, _ = projected(view, P, J)
    scale = weight * np.sqrt(confidence[on]) / (np.maximum(marks.sigma[on], least) * unit_px)
    r = (uv - xy[on]) * scale[:, None]
    Jr = Juv * scale[:, None, None]
    return Term("landmarks", r.ravel(), layout.widen(Jr.reshape(2 * len(on), -1)), group=2, robust=robust)


def world_term(
    view: BodyView, marks: LandmarkSet, chain: Chain, layout: Layout, sigma: float, robust: float | None = ROBUST
) -> Term | None:
    """A detector's guess of where landmarks are in space, from between the hips.

    Args:
        sigma: Metres; the guess knows neither bone lengths nor perspective.
    """
    if view.world is None:
        return None
    on = np.flatnonzero((view.confidence > 0.3) & np.isfinite(marks.sigma))
    hips = [marks.names.index("left_hip"), marks.names.index("right_hip")]
    rows = np.concatenate([on, hips])
    P, J = points_with_jacobian(chain, marks.points.rows(rows), layout.active)
    R = view.T_cam_from_world[:3, :3]
    middle, J_middle = P[-2:].mean(0), J[-2:].mean(0)
    r = ((P[:-2] - middle) @ R.T - (view.world[on] - view.world[hips].mean(0))) / sigma
    Jr = R @ (J[:-2] - J_middle) / sigma
    return Term("world landmarks", r.ravel(), layout.widen(Jr.reshape(3 * len(on), -1)), group=3, robust=robust)


@dataclass(frozen=True, eq=False)
class Matched:
    """Pairs of seen surface points and vertices of the body. index: (M,) vertices; surface: M points; view: which."""

    index: np.ndarray
    surface: Surface
    view: int


def match(
    setup: BodySetup, surface: Surface, v: np.ndarray, n: np.ndarray, eye: np.ndarray, gate: float, turn: float, view: int
) -> Matched:
    """For every seen point, the nearest vertex that faces the camera and is turned alike.

    Args:
        v, n: (V, 3) posed vertices and normals. eye: (3,) camera.
        gate: Metres beyond which nothing is matched. turn: Metres that a normal turned by a radian counts.
    """
    ids = setup.skin
    facing = ((eye - v[ids]) * n[ids]).sum(1) > 0
    ids = ids[facing]
    known = np.concatenate([v[ids], turn * n[ids]], 1)
    asked = np.concatenate([surface.points, turn * surface.normals], 1)
    tree = scipy_tree()
    if tree is not None:
        distance, near = tree(known).query(asked, distance_upper_bound=gate)
    else:
        # Three dimensions first, then normals decide between a few.
        _, some = NearestPoints(known[:, :3]).query(asked[:, :3], k=8)
        away = np.linalg.norm(known[some] - asked[:, None], axis=2)
        best = away.argmin(1)
        distance, near = away[np.arange(len(asked)), best], some[np.arange(len(asked)), best]
    ok = distance < gate
    near = np.where(ok, near, 0)
    ok &= (n[ids[near]] * surface.normals).sum(1) > 0.3
    s = Surface(surface.points[ok], surface.normals[ok], surface.ray[ok], surface.depth[ok])
    return Matched(ids[near[ok]], s, view)


def surface_terms(
    setup: BodySetup, m: Matched, x: np.ndarray, chain: Chain, layout: Layout, sigma: float, metric: bool
) -> list[Term]:
    """Point to plane: vertices lie below the seen surface by the thickness of what is worn there.

    Cloth that hangs away from the body is usual, a body that sticks out of what is seen is not: deep vertices count as
    outliers soon, protruding ones late.

    Args:
        sigma: Metres. metric: False = depth has scale and shift.
    """
    P, J = points_with_jacobian(chain, setup.vertices.rows(m.index), layout.active)
    n = m.surface.normals
    Q = m.surface.points
    Jw = layout.widen(np.einsum("nc,nck->nk", n, J))
    if not metric:
        k = layout.depth + 2 * m.view
        scale = np.exp(x[k])
        Q = Q + m.surface.ray * (m.surface.depth * (scale - 1.0) + x[k + 1])[:, None]
        along = (n * m.surface.ray).sum(1)
        Jw[:, k], Jw[:, k + 1] = -along * m.surface.depth * scale, -along
    region = setup.region[m.index]
    r = ((P - Q) * n).sum(1) + x[layout.cloth + region]
    Jw[np.arange(len(r)), layout.cloth + region] = 1.0
    share = min(1.0, np.sqrt(INDEPENDENT / max(len(r), 1)))
    out = []
    for side, robust in ((r >= 0, PROTRUDES), (r < 0, COVERED)):
        w = share / sigma
        out.append(Term("surface", r[side] * w, Jw[side] * w, robust=robust * share))
    return out


@dataclass(frozen=True, eq=False)
class Outline:
    """The rim of a silhouette. pixels: (C, 2) centres of pixels inside next to the outside; outward: (C, 2) unit."""

    pixels: np.ndarray
    outward: np.ndarray
    nearest: NearestPoints


def outline_of(mask: np.ndarray) -> Outline | None:
    """The rim of a mask (H, W), without what the border of the picture cuts; None for an empty one."""
    inner = mask.copy()
    inner[1:-1, 1:-1] &= mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    rim = mask & ~inner
    rim[[0, -1]] = rim[:, [0, -1]] = False
    rows, cols = np.nonzero(rim)
    if len(rows) < 8:
        return None
    # Outward = down the slope of the mask smoothed over a few pixels.
    soft = mask.astype(np.float64)
    for _ in range(3):
        for axis in (0, 1):
            soft = (np.roll(soft, 1, axis) + soft + np.roll(soft, -1, axis)) / 3.0
    gy, gx = np.gradient(soft)
    out = -np.stack([gx[rows, cols], gy[rows, cols]], 1)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    pixels = np.stack([cols + 0.5, rows + 0.5], 1)
    return Outline(pixels, out, NearestPoints(np.concatenate([pixels, np.zeros((len(pixels), 1))], 1)))


@dataclass(frozen=True, eq=False)
class RimPairs:
    """What a silhouette pulls at, chosen at one pose.

    held: (S,) vertices that lie outside, pixel: (S, 2) the nearest pixel of the rim. index: (C,) vertices on the body's own
    rim, c: (C, 2) pixels of the silhouette's, away: (C, 2) its outward direction, px: (C,) pixels a metre there.
    count: Vertices that were looked at.
    """

    held: np.ndarray
    pixel: np.ndarray
    index: np.ndarray
    c: np.ndarray
    away: np.ndarray
    px: np.ndarray
    count: int


def match_rim(
    setup: BodySetup, view: BodyView, outline: Outline, v: np.ndarray, n: np.ndarray, sigma_px: float, sample: np.ndarray
) -> RimPairs:
    """Choose pairs of a pose and a silhouette.

    Args:
        v, n: (V, 3) posed vertices and normals. sample: Vertices that are held inside.
    """
    assert view.mask is not None
    uv, _, z = projected(view, v, None)
    col = np.clip(uv[:, 0].astype(np.int64), 0, view.width - 1)
    row = np.clip(uv[:, 1].astype(np.int64), 0, view.height - 1)
    within = (uv >= 0).all(1) & (uv[:, 0] < view.width) & (uv[:, 1] < view.height)
    outside = within & ~view.mask[row, col]
    if view.depth is not None and view.metric:
        # What stands in front of the person hides them: being outside of the mask is no fault there.
        outside &= ~(view.depth[row, col] < z - 0.03)
    held = sample[outside[sample]]
    pixel = np.zeros((0, 2))
    if len(held):
        _, near = outline.nearest.query(_flat(uv[held]), 1)
        pixel = outline.pixels[near]
    eye = -view.T_cam_from_world[:3, :3].T @ view.T_cam_from_world[:3, 3]
    look = v - eye
    look /= np.linalg.norm(look, axis=1, keepdims=True)
    rim = setup.skin[(np.abs((look * n).sum(1)) < 0.3)[setup.skin]]
    index, c, away = np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros((0, 2))
    if len(rim) > 50:
        some = np.arange(0, len(outline.pixels), max(len(outline.pixels) // 300, 1))
        c, away = outline.pixels[some], outline.outward[some]
        distance, near = NearestPoints(_flat(uv[rim])).query(_flat(c))
        index = rim[near]
        n2 = n[index] @ view.T_cam_from_world[:3, :3].T
        ok = ((n2[:, :2] * away).sum(1) > 0.5) & (distance < 8.0 * sigma_px)
        index, c, away = index[ok], c[ok], away[ok]
    return RimPairs(held, pixel, index, c, away, view.K[0, 0] / z[index], len(sample))


def _flat(uv: np.ndarray) -> np.ndarray:
    return np.concatenate([uv, np.zeros((len(uv), 1))], 1)


def rim_terms(
    setup: BodySetup, view: BodyView, pairs: RimPairs, x: np.ndarray, chain: Chain, layout: Layout, sigma_px: float
) -> list[Term]:
    """The body stays within the silhouette, and its rim comes to the silhouette's, less what is worn."""
    out = []
    if len(pairs.held):
        P, J = points_with_jacobian(chain, setup.vertices.rows(pairs.held), layout.active)
        now, Juv, _ = projected(view, P, J)
        w = min(1.0, np.sqrt(INDEPENDENT / pairs.count)) / sigma_px
        J2 = layout.widen((Juv * w).reshape(2 * len(now), -1))
        out.append(Term("inside", ((now - pairs.pixel) * w).ravel(), J2, group=2, robust=10.0))
    if len(pairs.index):
        P, J = points_with_jacobian(chain, setup.vertices.rows(pairs.index), layout.active)
        now, Juv, _ = projected(view, P, J)
        region = layout.cloth + setup.region[pairs.index]
        r = ((now - pairs.c) * pairs.away).sum(1) + pairs.px * x[region]
        Jw = layout.widen(np.einsum("nc,nck->nk", pairs.away, Juv))
        Jw[np.arange(len(r)), region] = pairs.px
        w = 0.7 / sigma_px
        out.append(Term("outline", r * w, Jw * w, robust=2.0))
    return out


def ground_term(
    setup: BodySetup, v: np.ndarray, chain: Chain, layout: Layout, height: float, sole: float = 0.02, sigma: float = 0.015
) -> Term | None:
    """Feet on level ground: the lowest point of the lower foot is a sole's thickness above it, and nothing is below it.

    Args:
        v: (V, 3) vertices of the pose that pairs are chosen at. height: Of the ground, metres.
    """
    feet = setup.region == 8
    low = np.flatnonzero(feet)[np.argsort(v[feet, 2])[:12]]
    under = setup.skin[v[setup.skin, 2] < height]
    index = np.unique(np.concatenate([low[:6], under[:: max(len(under) // 40, 1)]]))
    if np.abs(v[low[0], 2] - height) > 0.25:
        return None
    P, J = points_with_jacobian(chain, setup.vertices.rows(index), layout.active)
    gap = P[:, 2] - height - np.where(np.isin(index, low), sole, 0.0)
    keep = np.isin(index, low[:6]) | (gap < 0)
    w = 1.0 / (sigma * np.sqrt(max(keep.sum(), 1)))
    return Term("ground", gap[keep] * w, layout.widen(J[keep, 2]) * w, robust=4.0)

"""One view as the face fit uses it: what was seen, with its camera, and residuals of a head against it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .head_model import HeadModel
from .landmark_errors import IRIS_CENTRES, IRIS_M, IRIS_SD, UNIT, LandmarkErrors, iris_diameters, roll_of, yaw_of
from .least_squares import Term
from .waves import Waves, without_waves

# Landmarks are never surer than so many pixels: the detector's grid.
LANDMARK_FLOOR_PX = 0.35
# Robust limits in standard deviations of a landmark, of depth, of normals.
LANDMARK_ROBUST, DENSE_ROBUST = 4.0, 2.0
# Skin seen more sideways than this is left out (cosine): its pixel says little about it.
GRAZING = 0.3


@dataclass(frozen=True)
class DenseSpread:
    """How far depth and normals are believed.

    Attributes:
        depth: Metres, one standard deviation of a depth along its normal, model and picture together.
        normal: The same of a component of a normal.
        shared: Neighbouring pixels err together; so many count as one.
        waves: What neighbours err in over a distance, beside that.
    """

    depth: float = 0.001
    normal: float = 0.08
    shared: float = 1.5
    waves: Waves | None = None


# Depth and normals that a network made: broad waves, in which neighbours err together. Waves half as long or twice as long as these, and
# rougher ones, are still met far better by these than by believing every pixel less.
GUESSED = DenseSpread(0.001, 0.08, 1.5, Waves(0.0025, 0.086, 0.025))


@dataclass(frozen=True)
class FaceView:
    """What one picture says about a face.

    Attributes:
        name: Of the picture.
        size: Width and height, pixels.
        points: (478, 2) landmarks, pixels; None: none were found.
        K: (3, 3) pixels; with an unknown lens, that of a guess that the fit scales.
        T_cam_from_common: (4, 4), for views whose cameras are known; identity for a view by itself.
        depth: (H, W) metres or None. normal: (H, W, 3) camera frame or None.
        mask: (H, W) bool, where depth and normals are this person's; None: everywhere.
        lens_known: Whether K is more than a guess.
        depth_metric: False: depth is known up to a scale and a shift.
    """

    name: str
    size: tuple[int, int]
    points: np.ndarray | None
    K: np.ndarray
    T_cam_from_common: np.ndarray = field(default_factory=lambda: np.eye(4))
    depth: np.ndarray | None = None
    normal: np.ndarray | None = None
    mask: np.ndarray | None = None
    lens_known: bool = True
    depth_metric: bool = True


@dataclass(frozen=True)
class Layout:
    """Which unknown lies where.

    Attributes:
        identity, expression: Slices.
        pose: For each view, the first of six: rotation vector, then translation.
        lens: Index of the logarithm of a focal length's factor, or None where cameras are known.
        relief: For each view, the first of two (log scale and shift of its depth), or None.
        slips: For each view, slice of the landmarks' common errors.
        count: Number of unknowns.
        units: For each view, log scale of its depth at which its spread is said in metres.
    """

    identity: slice
    expression: slice
    pose: tuple[int, ...]
    lens: int | None
    relief: tuple[int | None, ...]
    slips: tuple[slice, ...]
    count: int
    units: tuple[float, ...] = ()


def project(K: np.ndarray, P: np.ndarray) -> np.ndarray:
    """(n, 2) pixels of camera-frame points (n, 3)."""
    q = P @ K.T
    return q[:, :2] / q[:, 2:]


def projection_jacobian(K: np.ndarray, P: np.ndarray, J: np.ndarray) -> np.ndarray:
    """(n, 2, K) derivative of `project` from that of the points (n, 3, K)."""
    z = P[:, 2]
    u, v = P[:, 0] / z, P[:, 1] / z
    inverse = (1.0 / z)[:, None]
    du = K[0, 0] * (J[:, 0] - u[:, None] * J[:, 2]) * inverse
    dv = K[1, 1] * (J[:, 1] - v[:, None] * J[:, 2]) * inverse
    if K[0, 1]:
        du = du + K[0, 1] * (J[:, 1] - v[:, None] * J[:, 2]) * inverse
    return np.stack([du, dv], 1)


def landmark_term(
    view: FaceView, index: int, layout: Layout, errors: LandmarkErrors, P: np.ndarray, J: np.ndarray, R: np.ndarray, x: np.ndarray,
    known: np.ndarray | None = None,
) -> Term:  # fmt: skip
    """Landmarks against their places, with the detector's known bias, spread and common errors.

    Args:
        P: (478, 3) the points on the head, camera frame. J: (478, 3, K). R: (3, 3) head into camera.
        known: (478,) bool, which points the head has; None: all.
    """
    assert view.points is not None
    K = scaled(view.K, layout, x)
    unit = float(K[0, 0]) * UNIT / float(P[:, 2].mean())
    bias, spread = errors.at(yaw_of(R))
    total = np.sqrt(spread**2 + (LANDMARK_FLOOR_PX / unit) ** 2)
    roll = roll_of(R)
    c, s = np.cos(roll), np.sin(roll)
    level = np.array([[c, s], [-s, c]])
    off = (view.points - project(K, P)) @ level.T / unit - bias
    slips = x[layout.slips[index]]
    common = spread[:, None] * np.einsum("m,mpc->pc", slips, errors.modes)
    sd = (total * errors.own)[:, None]
    used = np.flatnonzero((total < 1.0) & (True if known is None else known))
    dq = projection_jacobian(K, P[used], J[used])
    full = -np.einsum("ab,nbk->nak", level, dq) / unit
    if layout.lens is not None:
        middle = view.points * 0 + K[:2, 2]
        full[..., layout.lens] = -((project(K, P) - middle)[used] @ level.T) / unit
    full[..., layout.slips[index]] = -(spread[None, :, None] * errors.modes).transpose(1, 2, 0)[used]
    residual = ((off - common) / sd)[used]
    jacobian = full / sd[used][..., None]
    return Term("landmarks", residual.ravel(), jacobian.reshape(-1, layout.count), 2, LANDMARK_ROBUST)


def iris_term(view: FaceView, layout: Layout, P: np.ndarray, J: np.ndarray, R: np.ndarray, x: np.ndarray) -> Term | None:
    """How large the irises are, which are equally large in everybody: how far away the face is, and so how large.

    Args:
        P, J, R: As `landmark_term` takes them.
    """
    assert view.points is not None
    wide = iris_diameters(view.points, yaw_of(R))
    eyes = [i for i, w in zip(IRIS_CENTRES, wide, strict=True) if np.isfinite(w)]
    if not eyes:
        return None
    # The turn of each eye by itself cancels in their mean; both err together.
    z, dz = float(P[eyes, 2].mean()), J[eyes, 2].mean(0)
    focal = float(scaled(view.K, layout, x)[0, 0])
    # The detector's grid: small irises are less sure.
    mean = float(np.nanmean(wide))
    sd = float(np.hypot(IRIS_SD, LANDMARK_FLOOR_PX / mean) * np.sqrt(2.0 / (1 + len(eyes))))
    residual = np.array([np.log(focal * IRIS_M / z) - np.log(mean)]) / sd
    jacobian = -dz[None] / (z * sd)
    if layout.lens is not None:
        jacobian[0, layout.lens] = 1.0 / sd
    return Term("iris", residual, jacobian, 1, LANDMARK_ROBUST)


def scaled(K: np.ndarray, layout: Layout, x: np.ndarray) -> np.ndarray:
    """K with the focal length that is being fitted."""
    if layout.lens is None:
        return K
    out = K.copy()
    factor = float(np.exp(x[layout.lens]))
    out[0, 0] *= factor
    out[1, 1] *= factor
    return out


def dense_terms(
    view: FaceView, index: int, layout: Layout, spread: DenseSpread, head: HeadModel, P: np.ndarray, J: np.ndarray,
    triangles: np.ndarray, x: np.ndarray, reach: float,
) -> list[Term]:  # fmt: skip
    """Depth along the normal, and normals, at the middles of triangles.

    Args:
        P: (N, 3) vertices of `head`, camera frame. J: (N, 3, K).
        triangles: (T, 3) where to compare.
        reach: Metres; depths further away than this belong to something else.
    """
    if view.depth is None and view.normal is None:
        return []
    K = scaled(view.K, layout, x)
    corner = P[triangles]
    middle = corner.mean(1)
    e1, e2 = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    cross = np.cross(e1, e2)
    length = np.maximum(np.linalg.norm(cross, axis=1, keepdims=True), 1e-15)
    unit = cross / length
    ray = middle / np.linalg.norm(middle, axis=1, keepdims=True)
    facing = -(unit * ray).sum(1)
    q = project(K, middle)
    width, height = view.size
    inside = (q > 0.5).all(1) & (q[:, 0] < width - 0.5) & (q[:, 1] < height - 0.5) & (middle[:, 2] > 0.05)
    ok = inside & (facing > GRAZING)
    i, j = np.clip(q[:, 0].astype(int), 0, width - 1), np.clip(q[:, 1].astype(int), 0, height - 1)
    if view.mask is not None:
        ok &= view.mask[j, i]
    out = []
    JT = None
    if view.depth is not None:
        z, seen = depth_at(view.depth, q, ok)
        seen &= ok
        shift = 0.0
        k = layout.relief[index]
        if k is not None:
            z = z * np.exp(x[k]) + x[k + 1]
        # Rays through the same pixel: the point that was seen, against the plane of the triangle that should be there.
        Q = middle / middle[:, 2:] * z[:, None]
        normal = unit if view.normal is None else _unit_at(view.normal, i, j, unit)
        gap = ((middle - Q) * normal).sum(1) - shift
        seen &= np.abs(gap) < reach
        ix = np.flatnonzero(seen)
        if len(ix) >= 20:
            JT = J[triangles].mean(1)
            w = 1.0 / (spread.depth * np.sqrt(spread.shared))
            slant = (normal * middle / middle[:, 2:]).sum(1)
            # The seen point slides along its ray as the triangle moves sideways; at planes that is second order.
            jac = np.einsum("nck,nc->nk", JT[ix], normal[ix])
            residual = gap[ix]
            if k is not None:
                jac[:, k] = -slant[ix] * (z[ix] - x[k + 1])
                jac[:, k + 1] = -slant[ix]
                # What errs is the depth that was given, in its own units: measured in the head's, a smaller head would always fit better.
                unit_of = np.exp(-(x[k] - layout.units[index]))
                jac = jac * unit_of
                residual = residual * unit_of
                jac[:, k] -= residual
            if spread.waves is None:
                out.append(Term("depth", residual * w, jac * w, 1, DENSE_ROBUST))
            else:
                basis = spread.waves.basis(q[ix], z[ix].mean() / K[0, 0]) * (spread.waves.depth * w * slant[ix])[:, None]
                out += without_waves("depth", (residual * w)[:, None], (jac * w)[:, None], basis, DENSE_ROBUST)
            ok &= seen
    if view.normal is not None:
        seen_normal = _unit_at(view.normal, i, j, None)
        ok &= np.linalg.norm(seen_normal, axis=1) > 0.5
        ok &= (seen_normal * unit).sum(1) > 0.5
        ix = np.flatnonzero(ok)
        if len(ix) >= 20:
            a, b, c = (J[triangles[ix, m]] for m in range(3))
            turn = np.cross(b - a, e2[ix, :, None], axis=1) + np.cross(e1[ix, :, None], c - a, axis=1)
            n = unit[ix]
            turn = (turn - n[..., None] * np.einsum("nc,nck->nk", n, turn)[:, None]) / length[ix][..., None]
            w = 1.0 / (spread.normal * np.sqrt(spread.shared))
            residual = (n - seen_normal[ix]) * w
            if spread.waves is None:
                out.append(Term("normals", residual.ravel(), (turn * w).reshape(-1, layout.count), 3, DENSE_ROBUST))
            else:
                basis = spread.waves.basis(q[ix], middle[ix, 2].mean() / K[0, 0]) * (spread.waves.normal * w)
                out += without_waves("normals", residual, turn * w, basis, DENSE_ROBUST)
    return out


def depth_at(depth: np.ndarray, q: np.ndarray, ok: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth at pixels (n, 2), interpolated within one surface; and whether there is one."""
    height, width = depth.shape
    u, v = np.clip(q[:, 0] - 0.5, 0, width - 1.001), np.clip(q[:, 1] - 0.5, 0, height - 1.001)
    i, j = u.astype(int), v.astype(int)
    a, b = u - i, v - j
    corners = np.stack([depth[j, i], depth[j, i + 1], depth[j + 1, i], depth[j + 1, i + 1]], 1).astype(np.float64)
    weight = np.stack([(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b], 1)
    finite = np.isfinite(corners).all(1)
    corners = np.where(np.isfinite(corners), corners, 0.0)
    # Across an edge the mean of two surfaces is neither.
    whole = finite & (np.ptp(corners, axis=1) < 0.02 * np.maximum(corners.mean(1), 1e-6))
    return np.where(whole, (corners * weight).sum(1), 0.0), whole & ok


def _unit_at(normal: np.ndarray, i: np.ndarray, j: np.ndarray, otherwise: np.ndarray | None) -> np.ndarray:
    """(n, 3) float64 unit normals at pixels; where there is none, `otherwise` or zero."""
    n = normal[j, i].astype(np.float64)
    length = np.linalg.norm(n, axis=1, keepdims=True)
    fallback = np.zeros_like(n) if otherwise is None else otherwise
    return np.where(length > 0.5, n / np.maximum(length, 1e-9), fallback)

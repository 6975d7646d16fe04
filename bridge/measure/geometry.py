"""Agreement of silhouettes, depth and normals, each as one number with a meaning."""

from __future__ import annotations

import numpy as np


def silhouette_iou(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two masks (H, W) bool; 1 where both are empty."""
    union = np.count_nonzero(a | b)
    return 1.0 if union == 0 else float(np.count_nonzero(a & b) / union)


def affine_depth_error(made: np.ndarray, true: np.ndarray, valid: np.ndarray | None = None) -> dict[str, float]:
    """Error of inverse depth after the best scale and shift, as relative depth is judged (Ranftl et al. 2020).

    Args:
        made, true: (H, W) depth; only their inverses up to scale and shift are compared.
        valid: (H, W) bool where both mean something; finite and positive values when left out.
    Returns:
        "rmse" over the spread of the true inverse depth (0 perfect, 1 as good as a constant), "abs_rel" of the aligned
        inverse depth over its mean, "correlation".
    """
    valid = np.ones(made.shape, bool) if valid is None else valid
    valid = valid & np.isfinite(made) & np.isfinite(true) & (made > 0) & (true > 0)
    if np.count_nonzero(valid) < 3:
        return {"rmse": float("nan"), "abs_rel": float("nan"), "correlation": float("nan")}
    x, y = 1.0 / made[valid].astype(np.float64), 1.0 / true[valid].astype(np.float64)
    design = np.stack([x, np.ones_like(x)], 1)
    fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
    spread = y.std()
    if spread < 1e-12:
        return {"rmse": 0.0, "abs_rel": 0.0, "correlation": 1.0}
    rmse = float(np.sqrt(np.mean((fitted - y) ** 2)) / spread)
    correlation = float(np.corrcoef(x, y)[0, 1]) if x.std() > 1e-12 else 0.0
    return {"rmse": rmse, "abs_rel": float(np.abs(fitted - y).mean() / y.mean()), "correlation": correlation}


def normals_from_depth(depth: np.ndarray, K: np.ndarray) -> np.ndarray:
    """(H, W, 3) unit normals that face the camera, from planar depth by central differences of the unprojected points.

    Args:
        depth: (H, W) metres along z; pixels without depth, and their neighbours, get zeros.
        K: (3, 3) intrinsics, pixel centres at half.
    """
    height, width = depth.shape
    v, u = np.mgrid[:height, :width] + 0.5
    seen = np.isfinite(depth) & (depth > 0)
    z = np.where(seen, depth, np.nan).astype(np.float64)
    points = np.stack([(u - K[0, 2]) / K[0, 0] * z, (v - K[1, 2]) / K[1, 1] * z, z], -1)
    dx, dy = np.full_like(points, np.nan), np.full_like(points, np.nan)
    dx[:, 1:-1] = points[:, 2:] - points[:, :-2]
    dy[1:-1] = points[2:] - points[:-2]
    normal = np.cross(dy, dx)
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        normal = normal / length
    normal = np.where((normal * points).sum(-1, keepdims=True) > 0, -normal, normal)
    return np.nan_to_num(normal).astype(np.float32)


def mean_angle(a: np.ndarray, b: np.ndarray, valid: np.ndarray | None = None) -> float:
    """Mean angle in degrees between two maps of normals (H, W, 3), where both are there; NaN where nowhere."""
    there = (np.linalg.norm(a, axis=-1) > 0.5) & (np.linalg.norm(b, axis=-1) > 0.5)
    there &= np.ones_like(there) if valid is None else valid
    if not there.any():
        return float("nan")
    p, q = a[there].astype(np.float64), b[there].astype(np.float64)
    p, q = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in (p, q))
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(p, q), axis=-1), (p * q).sum(-1))).mean())


def crop_camera(K: np.ndarray, window: tuple[int, int, int, int], size: int) -> np.ndarray:
    """Intrinsics of a square window that was made `size` pixels wide."""
    scale = size / (window[2] - window[0])
    out = K.astype(np.float64).copy()
    out[0, 2] -= window[0]
    out[1, 2] -= window[1]
    out[:2] *= scale
    return out


def aligned(made: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Relative depth in metres: inverse depth scaled and shifted to the true one; NaN-free, infinite where not positive."""
    valid = np.isfinite(made) & np.isfinite(true) & (made > 0) & (true > 0)
    if np.count_nonzero(valid) < 3:
        return np.full(made.shape, np.inf, np.float32)
    x = 1.0 / np.where(made > 0, made, np.inf).astype(np.float64)
    design = np.stack([x[valid], np.ones(np.count_nonzero(valid))], 1)
    scale, shift = np.linalg.lstsq(design, 1.0 / true[valid].astype(np.float64), rcond=None)[0]
    inverse = scale * x + shift
    return np.where(inverse > 1e-6, 1.0 / np.maximum(inverse, 1e-6), np.inf).astype(np.float32)

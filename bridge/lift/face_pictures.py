"""Pictures of a fitted face: over the photograph, alone as clay, and how far it lies from what was seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...procgen.vectors import vertex_normals
from .body_pictures import grey_body
from .face_detail import FaceDetail
from .face_fit import FaceFit
from .rasterise import Raster, look, sample_bilinear

COLD, WARM, HOT = np.array([[40, 70, 160], [240, 220, 120], [190, 30, 30]], np.float64)
# Whole range of the heat map, metres.
RANGE = 0.004
# Margin of the crop about the face, as a share of its size.
MARGIN = 0.35
# What is seen through an open mouth: heads have nothing inside.
INSIDE = (74, 62, 64)


def crop_of(box: tuple[float, float, float, float], width: int, height: int) -> tuple[slice, slice]:
    """Rows and columns of the picture about a face."""
    side = max(box[2] - box[0], box[3] - box[1]) * (1 + 2 * MARGIN)
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    x0, y0 = max(int(x - side / 2), 0), max(int(y - side / 2), 0)
    return slice(y0, min(int(y + side / 2) + 1, height)), slice(x0, min(int(x + side / 2) + 1, width))


def seen_face(fit: FaceFit, view: int, width: int, height: int) -> tuple[Raster, np.ndarray]:
    """Raster of the head and (H, W, 3) its normals in the camera."""
    T = fit.T_cam_from_head[view]
    shown = look(fit.vertices, fit.head.triangles, fit.K[view], T, width, height)
    n = shown.interpolate(fit.head.triangles, vertex_normals(fit.vertices, fit.head.triangles) @ T[:3, :3].T)
    return shown, n / np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-9)


def pictures(
    fit: FaceFit, rgb: np.ndarray, box: tuple[float, float, float, float], depth: np.ndarray | None, mask: np.ndarray | None
) -> dict[str, np.ndarray]:  # fmt: skip
    """Name -> picture: "overlay", "geometry" and, where depth was seen, "residual"; all cropped to the face."""
    height, width = rgb.shape[:2]
    rows, columns = crop_of(box, width, height)
    # Small faces are drawn larger, so that something can be seen.
    k = max(1, -(-320 // max(rows.stop - rows.start, 1)))
    small = rgb[rows, columns]
    large = np.ascontiguousarray(small.repeat(k, 0).repeat(k, 1))
    K = fit.K[0].copy()
    K[0, 2], K[1, 2] = K[0, 2] - columns.start, K[1, 2] - rows.start
    K[:2] *= k
    near = replace(fit, K=(K,))
    shown, normals = seen_face(near, 0, large.shape[1], large.shape[0])
    out = {"overlay": grey_body(shown, normals, large, 0.55), "geometry": on_clay(shown, normals)}
    if depth is not None:
        heat = _residual(fit, rgb, depth, mask)[rows, columns]
        out["residual"] = np.ascontiguousarray(heat.repeat(k, 0).repeat(k, 1))
    return out


def detail_pictures(
    fit: FaceFit, detail: FaceDetail, rgb: np.ndarray, box: tuple[float, float, float, float], largest: int = 640
) -> dict[str, np.ndarray]:
    """"geometry": the face as clay in its first view, smooth on the left and with detail on the right."""
    height, width = rgb.shape[:2]
    rows, columns = crop_of(box, width, height)
    k = largest / max(rows.stop - rows.start, columns.stop - columns.start, 1)
    K = fit.K[0].copy()
    K[0, 2], K[1, 2] = K[0, 2] - columns.start, K[1, 2] - rows.start
    K[:2] *= k
    near = replace(fit, K=(K, *fit.K[1:]))
    shown, smooth = seen_face(near, 0, int((columns.stop - columns.start) * k), int((rows.stop - rows.start) * k))
    return {"geometry": np.concatenate([on_clay(shown, smooth), on_clay(shown, fine_normals(near, detail, shown))], 1)}


def fine_normals(fit: FaceFit, detail: FaceDetail, shown: Raster) -> np.ndarray:
    """(H, W, 3) normals with detail, camera axes of the first view, of a raster of the head."""
    fine = shown.interpolate(fit.head.triangles, vertex_normals(fit.vertices, fit.head.triangles) @ fit.T_cam_from_head[0][:3, :3].T)
    fine /= np.maximum(np.linalg.norm(fine, axis=-1, keepdims=True), 1e-9)
    head, grid = fit.head, detail.grid
    assert head.uv is not None and head.uv_faces is not None
    # Turns of the normals, in the camera, carried to the pixels by the UV map.
    turn = grid.picture((detail.normals - detail.surface.normals) @ fit.T_cam_from_head[0][:3, :3].T)
    at = shown.interpolate(head.uv_faces, head.uv)[shown.hit]
    xy = np.stack([at[:, 0] * grid.size - grid.left, (1.0 - at[:, 1]) * grid.size - grid.top], 1)
    h, w = grid.where.shape
    inside = (xy > 1).all(1) & (xy[:, 0] < w - 1) & (xy[:, 1] < h - 1)
    fine[shown.hit] += sample_bilinear(turn, xy) * inside[:, None]
    return fine / np.maximum(np.linalg.norm(fine, axis=-1, keepdims=True), 1e-9)


def on_clay(shown: Raster, normals: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: a head as clay on white; where it is open (the mouth) it is dark inside."""
    out = grey_body(shown, normals)
    hit = shown.hit
    around = [np.maximum.accumulate(hit, a) for a in (0, 1)] + [np.flip(np.maximum.accumulate(np.flip(hit, a), a), a) for a in (0, 1)]
    out[np.logical_and.reduce(around) & ~hit] = INSIDE
    return out


def _residual(fit: FaceFit, rgb: np.ndarray, depth: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """(H, W, 3) uint8: how far the face is from the depth that was seen, blue = on it, red = RANGE away or more."""
    shown, _ = seen_face(fit, 0, rgb.shape[1], rgb.shape[0])
    scale, shift = fit.relief[0]
    both = shown.hit & np.isfinite(depth)
    if mask is not None:
        both &= mask
    heat = 0.4 * rgb.astype(np.float64) + 0.6 * 255.0
    share = np.clip(np.abs(shown.depth[both] - depth[both] * scale - shift) / RANGE, 0.0, 1.0)[:, None]
    heat[both] = np.where(share < 0.5, COLD + 2 * share * (WARM - COLD), WARM + (2 * share - 1) * (HOT - WARM))
    return np.rint(heat).astype(np.uint8)

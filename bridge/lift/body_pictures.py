"""Pictures of a fitted body: over the photograph, alone in grey, its distance from what was seen, and with its texture."""

from __future__ import annotations

import numpy as np

from ...procgen.color_names import srgb_from_linear
from ...procgen.people.body_state import vertex_normals
from .rasterise import Raster, look
from .texture import UvMap, paint

# Colours of the heat map at 0, half and the whole of its range.
COLD, WARM, HOT = np.array([[40, 70, 160], [240, 220, 120], [190, 30, 30]], np.float64)
RANGE_M = 0.05


def seen_body(vertices: np.ndarray, faces: np.ndarray, K: np.ndarray, T: np.ndarray, width: int, height: int) -> tuple[Raster, np.ndarray]:
    """Raster of a body, and (H, W, 3) its normals in camera axes."""
    raster = look(vertices, faces, K, T, width, height)
    n = raster.interpolate(faces, np.asarray(vertex_normals(vertices, faces), np.float64) @ T[:3, :3].T)
    return raster, n / np.maximum(np.linalg.norm(n, axis=-1, keepdims=True), 1e-9)


def grey_body(raster: Raster, normals: np.ndarray, background: np.ndarray | None = None, strength: float = 1.0) -> np.ndarray:
    """(H, W, 3) uint8: the body as clay, on white or over a picture (H, W, 3) uint8."""
    light = np.array([-0.35, -0.55, -0.76])
    shade = np.clip(0.35 + 0.65 * np.maximum(normals @ light, 0.0), 0.0, 1.0)
    clay = shade[..., None] * np.array([205.0, 212.0, 225.0])
    out = np.full((*raster.face.shape, 3), 255.0) if background is None else background[..., :3].astype(np.float64)
    hit = raster.hit
    out[hit] = (1.0 - strength) * out[hit] + strength * clay[hit]
    return np.rint(out).astype(np.uint8)


def heat_map(raster: Raster, depth: np.ndarray, mask: np.ndarray | None, background: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8: how far the body is from the depth that was seen, blue = nearer than a few millimetres, red = 5 cm."""
    both = raster.hit & np.isfinite(depth)
    if mask is not None:
        both &= mask
    out = 0.4 * background[..., :3].astype(np.float64) + 0.6 * 255.0
    share = np.clip(np.abs(raster.depth[both] - depth[both]) / RANGE_M, 0.0, 1.0)[:, None]
    out[both] = np.where(share < 0.5, COLD + 2 * share * (WARM - COLD), WARM + (2 * share - 1) * (HOT - WARM))
    return np.rint(out).astype(np.uint8)


def textured_body(raster: Raster, texture: np.ndarray, uv: UvMap, normals: np.ndarray | None = None) -> np.ndarray:
    """(H, W, 3) uint8: the body with a linear texture on a pale ground, softly shaded if normals are given."""
    color = paint(texture, uv, raster)
    if normals is not None:
        shade = 0.72 + 0.33 * np.maximum(normals @ np.array([-0.3, -0.6, -0.74]), 0.0)
        color = color * shade[..., None]
    out = np.full((*raster.face.shape, 3), 238.0)
    out[raster.hit] = 255.0 * srgb_from_linear(np.clip(color[raster.hit], 0.0, 1.0))
    return np.rint(out).astype(np.uint8)

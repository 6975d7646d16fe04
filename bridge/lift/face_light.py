"""What lights a face and what colour its skin is: 27 coefficients of spherical harmonics, and albedo at every vertex that is seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...procgen.vectors import vertex_normals
from .body_light import fit_light, harmonics
from .face_fit import FaceFit
from .rasterise import look, sample_bilinear
from .tone import SRGB, Tone

# Skin whose median is not this bright (linear luminance) was lit more or less than white paper would be in a good exposure.
TYPICAL_SKIN = (0.06, 0.45)
LEAST_SHADING = 0.25
_FACING = 0.35


@dataclass(frozen=True)
class FaceLight:
    """Light and albedo.

    Attributes:
        light: (9, 3) coefficients of `harmonics` of normals in the head's frame; the mean shading of the face is 1.
        skin: (3,) median linear albedo.
        albedo: (N, 3) linear; unseen vertices hold the median.
        seen: (N,) float in [0, 1], how surely each albedo is seen.
        residual: Median difference between picture and re-rendering, linear, as a share of the skin's brightness.
    """

    light: np.ndarray
    skin: np.ndarray
    albedo: np.ndarray
    seen: np.ndarray
    residual: float

    def shading(self, normals: np.ndarray) -> np.ndarray:
        """(n, 3) light that normals (n, 3) of the head's frame receive."""
        return np.maximum(harmonics(normals) @ self.light, LEAST_SHADING)


def face_light(fit: FaceFit, rgb: np.ndarray, view: int = 0, mask: np.ndarray | None = None, tone: Tone = SRGB) -> FaceLight:
    """Light of a picture from the skin of the face.

    Args:
        fit: The head.
        rgb: (H, W, 3) uint8.
        mask: (H, W) bool, pixels of the skin; None: what the head covers.
        tone: How the picture was developed.
    """
    head = fit.head
    n = len(head.vertices)
    colors = tone.linear(rgb)
    height, width = rgb.shape[:2]
    T = fit.T_cam_from_head[view]
    P = fit.vertices @ T[:3, :3].T + T[:3, 3]
    normals = vertex_normals(fit.vertices, head.triangles)
    facing = -((normals @ T[:3, :3].T) * P / np.linalg.norm(P, axis=1, keepdims=True)).sum(1)
    pixel = P @ fit.K[view].T
    pixel = pixel[:, :2] / pixel[:, 2:]
    shown = look(fit.vertices, head.triangles, fit.K[view], T, width, height)
    inside = (pixel > 1).all(1) & (pixel[:, 0] < width - 1) & (pixel[:, 1] < height - 1)
    i, j = np.clip(pixel[:, 0].astype(int), 0, width - 1), np.clip(pixel[:, 1].astype(int), 0, height - 1)
    in_front = P[:, 2] < np.where(np.isfinite(shown.depth[j, i]), shown.depth[j, i], np.inf) + 0.004
    weight = np.where(inside & in_front & head.skin, np.clip((facing - _FACING) / (1 - _FACING), 0, 1), 0.0)
    if mask is not None:
        weight = weight * mask[j, i]
    picked = np.flatnonzero((weight > 0) & head.face)
    if len(picked) < 50:
        flat = np.full(3, 0.25)
        light = np.zeros((9, 3))
        light[0] = 1.0
        return FaceLight(light, flat, np.tile(flat, (n, 1)), np.zeros(n), 1.0)
    seen = sample_bilinear(colors, pixel)
    light = fit_light(seen[picked], normals[picked], weight[picked], np.zeros(len(picked), np.intp))
    shade = np.maximum(harmonics(normals) @ light, LEAST_SHADING)
    albedo = seen / shade
    skin = np.median(albedo[picked], 0)
    residual = float(np.median(np.abs(seen[picked] - skin * shade[picked])) / max(float(skin.mean()), 1e-6))
    # Light and paint share one unknown factor: skin keeps within what skin can be.
    bright = float(skin @ [0.2126, 0.7152, 0.0722])
    factor = float(np.clip(bright, *TYPICAL_SKIN)) / max(bright, 1e-6)
    known = weight[:, None]
    blended = known * albedo + (1 - known) * skin
    return FaceLight(light / factor, skin * factor, np.clip(blended * factor, 0.0, 1.0), weight, residual)

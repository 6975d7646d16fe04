"""The skin of a lifted face as a picture in the body's UV map: all views together, the fitted light divided out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.people.body_state import vertex_normals
from .body_light import harmonics
from .face_fit import FaceFit
from .face_light import LEAST_SHADING
from .rasterise import look
from .texture import TextureView, bake, eroded, filled, uv_map

# The picture fades into the person's own skin from so far around the bridge of the nose, over so much, metres.
BRIDGE, REACH, FADE = np.array([0.0, -0.025, 0.02]), 0.105, 0.035
# What is darker than this share of the skin's brightness is hair, on forehead, temples and jaw; brows, eyes and lips may be so.
DARK = 0.45
BROWS, EYES_HALF = 0.030, 0.055
# Weights of a view below the first are not believed, above the second wholly.
GLANCE = (0.10, 0.40)
# Rim of the head that is left out, metres; how much less red than skin is no skin (logarithm of green to red).
RIM_M, LESS_RED = 0.006, 0.2
# The other side of a face is like this one: it is asked first for what is further than this from anything seen, metres.
NEAR_M = 0.004
# How far hair is kept away from, rounds over the mesh.
SPREAD = 4
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, eq=False)
class FaceSkin:
    """Albedo of a face.

    color: (S, S, 3) float32 linear. blend: (S, S) float32 in [0, 1], where it replaces a person's own skin.
    confidence: (S, S) float32, weight of the best view (0 = filled in). seen: share of the face's texels that a view sees.
    """

    color: np.ndarray
    blend: np.ndarray
    confidence: np.ndarray
    seen: float


def face_skin(fit: FaceFit, views: Sequence[TextureView], light: np.ndarray, skin: np.ndarray, size: int) -> FaceSkin:
    """Bake the views of a fitted face.

    Args:
        views: With cameras that look at the head's own frame.
        light: (9, 3) of normals in the head's frame. skin: (3,) median albedo, linear.
        size: Texels a side.
    Raises:
        LiftError: a head without UV map, or views that do not see it.
    """
    head = fit.head
    if head.uv is None or head.uv_faces is None:
        raise LiftError(f"head {head.name!r} has no UV map", fix="use the open head, or a file with vt and ft")
    outer = head.skin[head.triangles].all(1)
    uv = uv_map(head.triangles[outer], head.uv, head.uv_faces[outer], size)
    rest = head.shape(fit.identity, np.zeros(head.expression_count))
    baked = bake(fit.vertices, rest, uv, [_within(fit, i, v, uv.faces) for i, v in enumerate(views)])
    texels = uv.texels
    normals = uv.carry(np.asarray(vertex_normals(fit.vertices, uv.faces), np.float64))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    flat = np.asarray(baked.color[texels], np.float64) / np.maximum(harmonics(normals) @ light, LEAST_SHADING)
    flat = np.clip(flat, 0.0, 1.0)
    places = uv.carry(rest)
    hair = _hair(flat, places, skin)
    weight = np.where(hair | _foreign(flat, skin), 0.0, np.asarray(baked.confidence[texels], np.float64))
    # At the rim of the face a pixel's error shows what lies behind it: there the other side takes over, without a seam.
    trust = np.clip((weight - GLANCE[0]) / (GLANCE[1] - GLANCE[0]), 0.0, 1.0)[:, None]
    color = filled(flat, np.where(trust[:, 0] < 1.0, 0.0, weight), uv, rest, near=NEAR_M)
    color[texels] = trust * flat + (1.0 - trust) * color[texels]
    # Vertices next to hair are left to the person's own skin and hair.
    corners = uv.faces[uv.raster.face[texels]]
    near = np.bincount(corners.ravel(), np.repeat(hair, 3), len(rest)) / np.maximum(np.bincount(corners.ravel(), minlength=len(rest)), 1)
    for _ in range(SPREAD):
        mean = np.bincount(uv.faces.ravel(), np.repeat(near[uv.faces].mean(1), 3), len(rest))
        near = np.maximum(near, mean / np.maximum(np.bincount(uv.faces.ravel(), minlength=len(rest)), 1))
    away = np.linalg.norm(rest - BRIDGE, axis=1)
    share = np.clip((REACH - away) / FADE, 0.0, 1.0) * np.clip((rest[:, 2] + 0.055) / 0.02, 0.0, 1.0) * np.clip(1.0 - 3.0 * near, 0.0, 1.0)
    blend, shown = np.zeros((size, size), np.float32), baked.seen[texels]
    soft = uv.carry((share * share * (3.0 - 2.0 * share))[:, None])[:, 0]
    blend[texels] = soft
    inside = soft > 0.5
    return FaceSkin(color, blend, baked.confidence, float(shown[inside].mean()) if inside.any() else 0.0)


def _within(fit: FaceFit, index: int, view: TextureView, faces: np.ndarray) -> TextureView:
    """A view without the rim of the head: where the fit is off by that much, something else is seen."""
    height, width = view.image.shape[:2]
    shown = look(fit.vertices, faces, view.K, view.T_cam_from_world, width, height)
    inside = shown.hit if view.mask is None else shown.hit & view.mask
    pixels = RIM_M * view.K[0, 0] / max(float(fit.T_cam_from_head[index][2, 3]), 1e-3)
    return replace(view, mask=eroded(inside, int(np.ceil(pixels))))


def _foreign(color: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(N,) bool, texels that are less red than skin is anywhere: ground behind the head, a collar, a hand's sleeve."""
    c = np.maximum(color, 1e-3)
    return np.log(c[:, 1] / c[:, 0]) > np.log(max(skin[1], 1e-3) / max(skin[0], 1e-3)) + LESS_RED


def _hair(color: np.ndarray, places: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(N,) bool, texels that are too dark for skin where no brow, eye or lip is."""
    dark = color @ _LUMINANCE < DARK * float(skin @ _LUMINANCE)
    return dark & ((places[:, 1] > BROWS) | (np.abs(places[:, 0]) > EYES_HALF))

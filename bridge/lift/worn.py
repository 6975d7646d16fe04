"""A lifted body in clothes: which garments, where they are in a picture, and the pictures in the garments' own UV maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.frames import R_WORLD_FROM_SMPLX, rigid
from ...procgen.geometry import Mesh, SceneObject
from ...procgen.people.body_state import BodyState, pose_body
from ...procgen.people.garments.unwrap import unwrapped
from ...procgen.people.kinematics import matrices, rotvecs
from ...procgen.people.model import load_body
from ...procgen.people.person import dress_person
from ...procgen.spec import HumanSpec
from ...procgen.spec import replace as changed
from .pattern_fill import continued
from .rasterise import look
from .texture import ACROSS, Texture, TextureView, UvMap, bake, eroded, uv_map

# Parts of a dressed person that are cut from a pattern of their own.
CLOTH = ("upper_clothes", "lower_clothes", "dress", "outerwear", "footwear", "accessory")
# Those of them that hang about the body, so that their pattern goes around it.
HANGING = CLOTH[:4]
# The back of a garment is mostly made like its front, and its left like its right.
MIRRORS = (ACROSS, (1.0, -1.0, 1.0), (-1.0, -1.0, 1.0))
# Borders between parts are believed to so many metres: cloth that is lifted lies a little beside the cloth that is seen.
RIM_M = 0.015
# Less of a garment in sight than this share of its texels tells nothing of it.
LEAST_SEEN = 0.002


@dataclass(frozen=True, eq=False)
class Cloth:
    """One garment's surface.

    Attributes:
        name: Of the part, such as "shirt_2". semantic: What kind of thing it is.
        vertices: (V, 3) world, as worn. rest: (V, 3) in its pattern.
        uv: Its map.
    """

    name: str
    semantic: str
    vertices: np.ndarray
    rest: np.ndarray
    uv: UvMap


def lifted_state(arrays: Mapping[str, np.ndarray], human: HumanSpec) -> BodyState:
    """The body of a lifted result as people are built on it.

    Args:
        arrays: `betas`, `poses`, `joints` and, with a face, `expression` of the body's part.
        human: Somebody with a phenotype.
    """
    model = load_body()
    betas = np.asarray(arrays["betas"], np.float64)
    pose = np.asarray(arrays["poses"], np.float64).reshape(-1, 3).copy()
    # The turn of the pelvis is said in world axes there, and in the body's own here.
    pose[0] = rotvecs(R_WORLD_FROM_SMPLX.T @ matrices(pose[0]))
    expression = np.asarray(arrays.get("expression", np.zeros(model.exprdirs.shape[2])), np.float32)
    body = pose_body(model, human.phenotype, betas, expression, pose, np.eye(4))
    return body.moved(rigid(np.eye(3), np.asarray(arrays["joints"], np.float64)[0] - body.joints[0]))


def dressed(body: BodyState, human: HumanSpec) -> list[SceneObject]:
    """The body's skin and clothes, hair left out."""
    parts, _ = dress_person(changed(human, hair=None, detail=0), body)
    return [p for p in parts if isinstance(p.geometry, Mesh) and p.labelled]


def cloth_of(part: SceneObject, size: int) -> Cloth | None:
    """A part's surface with its map, or None for what is not cut from a pattern."""
    mesh = part.geometry
    if not isinstance(mesh, Mesh) or part.semantic not in CLOTH or "rest" not in mesh.point:
        return None
    mesh = unwrapped(mesh)
    if mesh.uv is None:
        return None
    k = mesh.faces.shape[1]
    corners = np.arange(len(mesh.faces) * k).reshape(-1, k)
    split = [[0, 1, 2]] if k == 3 else [[0, 1, 2], [0, 2, 3]]
    faces = np.concatenate([mesh.faces[:, s] for s in split]).astype(np.int64)
    uv_faces = np.concatenate([corners[:, s] for s in split])
    uv = uv_map(faces, mesh.uv.reshape(-1, 2), uv_faces, size)
    return Cloth(part.name, part.semantic, np.asarray(mesh.vertices, np.float64), np.asarray(mesh.point["rest"], np.float64), uv)


def masks_of(parts: Sequence[SceneObject], views: Sequence[TextureView]) -> list[dict[str, np.ndarray]]:
    """For each view, the pixels (H, W) bool in which each part is in front, within the view's own mask."""
    vertices = np.concatenate([p.geometry.vertices for p in parts]).astype(np.float64)  # type: ignore[union-attr]
    faces, owner, first = [], [], 0
    for i, part in enumerate(parts):
        tris = part.geometry.triangles()  # type: ignore[union-attr]
        faces.append(np.asarray(tris, np.int64) + first)
        owner.append(np.full(len(tris), i))
        first += len(part.geometry.vertices)  # type: ignore[union-attr]
    whole, who = np.concatenate(faces), np.concatenate(owner)
    out = []
    for view in views:
        height, width = view.image.shape[:2]
        raster = look(vertices, whole, view.K, view.T_cam_from_world, width, height)
        front = np.where(raster.hit, who[np.maximum(raster.face, 0)], -1)
        inside = np.ones((height, width), bool) if view.mask is None else view.mask
        middle = float(np.median(raster.depth[raster.hit])) if raster.hit.any() else 1.0
        rim = min(int(np.ceil(RIM_M * view.K[0, 0] / middle)), 12)
        out.append({p.name: eroded((front == i) & inside, rim) for i, p in enumerate(parts)})
    return out


def worn_texture(cloth: Cloth, views: Sequence[TextureView], masks: Sequence[np.ndarray]) -> Texture | None:
    """All views in a garment's map, or None if they hardly see it.

    Args:
        masks: For each view, (H, W) bool, where this garment is in front.
    """
    seeing = [replace(v, mask=m) for v, m in zip(views, masks, strict=True) if m.any()]
    if not seeing:
        return None
    try:
        goes_on = partial(continued, uv=cloth.uv, rest=cloth.rest) if cloth.semantic in HANGING else None
        texture = bake(cloth.vertices, cloth.rest, cloth.uv, seeing, mirrors=MIRRORS, fill=goes_on)
    except LiftError:
        return None
    texels = cloth.uv.texels
    return None if texture.seen[texels].mean() < LEAST_SEEN else texture

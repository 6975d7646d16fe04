"""The visible skin of a person as one mesh: eyes and tongue left out, covered faces dropped, subdivided if close."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..geometry import Mesh
from ..materials.shader import Shader
from .body_state import BodyState
from .model import BodyModel
from .subdivide import Subdivision, build_subdivision

# Other modules build these in their own geometry.
_NOT_SKIN = ("left_eye", "right_eye", "tongue")


@lru_cache(maxsize=8)
def _skin_quads(model_id: int, hidden: bytes | None) -> np.ndarray:
    model = _MODELS[model_id]
    part = model.face_part[0::2] if model.face_part is not None else np.zeros(len(model.quads), np.uint8)  # type: ignore[arg-type, index]
    drop = [model.part_names.index(n) for n in _NOT_SKIN if n in model.part_names]
    keep = ~np.isin(part, drop)
    if hidden is not None:
        keep &= ~np.frombuffer(hidden, bool)
    return np.nonzero(keep)[0]


# `lru_cache` needs hashable keys; models are few and live as long as the process.
_MODELS: dict[int, BodyModel] = {}


def body_mesh(
    body: BodyState,
    shader: Shader,
    attributes: dict[str, np.ndarray],
    *,
    hidden: np.ndarray | None = None,
    level: int = 1,
) -> Mesh:
    """The skin of a posed body.

    Args:
        body: The person.
        shader: Skin material.
        attributes: Per-vertex attributes (V,) or (V, 3) for the material.
        hidden: (Q,) bool over the model's quads: not visible under clothes, left out.
        level: 0 = as modelled, 1 = one Catmull–Clark step.
    Returns:
        Mesh of quads in world space with body part and body UV of every face.
    """
    model = body.model
    _MODELS[id(model)] = model
    keep = _skin_quads(id(model), None if hidden is None else np.ascontiguousarray(hidden, bool).tobytes())
    quads = model.quads[keep]  # type: ignore[index]
    part = model.face_part[0::2][keep] if model.face_part is not None else np.zeros(len(keep), np.uint8)
    uv = model.uv[model.uv_quads[keep]] if model.uv is not None else None  # type: ignore[index]
    vertices = body.posed[: body.count]
    used, flat = np.unique(quads, return_inverse=True)
    faces = np.asarray(flat).reshape(quads.shape)
    point = {k: np.asarray(v)[used] for k, v in attributes.items()}
    if level == 0:
        return _mesh(vertices[used], faces, shader, point, part, uv)
    op = _operator(faces.astype(np.int32).tobytes(), len(faces), len(used))
    point = {k: op.linear @ v for k, v in point.items()}
    return _mesh(op.smooth @ vertices[used], op.quads, shader, point, part[op.parent], None if uv is None else _split(uv))


def skin_rows(model: BodyModel, hidden: np.ndarray | None, level: int) -> tuple[np.ndarray, Subdivision | None]:
    """How the vertices of `body_mesh` come from the body's: which of them (n,), and what subdivides those."""
    _MODELS[id(model)] = model
    keep = _skin_quads(id(model), None if hidden is None else np.ascontiguousarray(hidden, bool).tobytes())
    used, flat = np.unique(model.quads[keep], return_inverse=True)  # type: ignore[index]
    faces = np.asarray(flat).reshape(-1, 4).astype(np.int32)
    return used, _operator(faces.tobytes(), len(faces), len(used)) if level else None


@lru_cache(maxsize=16)
def _operator(quads: bytes, count: int, vertices: int) -> Subdivision:
    return build_subdivision(np.frombuffer(quads, np.int32).reshape(count, 4), vertices)


def _split(corners: np.ndarray) -> np.ndarray:
    """Per-corner values (Q, 4, D) on the four children of each quad: (4Q, 4, D)."""
    middle = (corners + np.roll(corners, -1, 1)) / 2.0
    centre = np.repeat(corners.mean(1, keepdims=True), 4, 1)
    return np.stack([corners, middle, centre, np.roll(middle, 1, 1)], 2).reshape(-1, 4, corners.shape[2])


def _mesh(
    vertices: np.ndarray, faces: np.ndarray, shader: Shader, point: dict[str, np.ndarray], part: np.ndarray, uv: np.ndarray | None
) -> Mesh:
    return Mesh(
        vertices=np.ascontiguousarray(vertices, np.float32),
        faces=np.ascontiguousarray(faces, np.int32),
        materials=(shader,),
        uv=uv,
        point=point,
        part=np.asarray(part, np.uint8),
        iuv=uv,
    )

"""The visible skin of a person as one mesh: eyes and tongue left out, covered faces dropped, subdivided if close."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ..geometry import Mesh
from ..materials.shader import Shader
from .body_state import BodyState
from .model import BodyModel
from .subdivide import Subdivision, subdivision

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
    if level == 0:
        used, faces = np.unique(quads, return_inverse=True)
        point = {k: v[used] for k, v in attributes.items()}
        return _mesh(vertices[used], faces.reshape(quads.shape), shader, point, part, uv)
    op: Subdivision = _operator(id(model), quads.tobytes(), len(quads))
    point = {k: np.asarray(op.linear(v), np.float32) for k, v in attributes.items()}
    return _mesh(op.smooth(vertices), op.quads, shader, point, part[op.parent], None if uv is None else op.corners(uv))


@lru_cache(maxsize=16)
def _operator(model_id: int, quads: bytes, count: int) -> Subdivision:
    return subdivision(np.frombuffer(quads, np.int32).reshape(count, 4), len(_MODELS[model_id].v_template))


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

"""Teeth and tongue, from the shells that follow the body's shape, jaw and expression."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..geometry import Mesh
from ..materials.eye import teeth_material, tongue_material
from ..materials.shader import Shader
from .subdivide import Subdivision, build_subdivision

if TYPE_CHECKING:
    from .body_state import BodyState

_SHELLS = (("upper_teeth", "teeth"), ("lower_teeth", "teeth"), ("tongue", "skin"))


@lru_cache(maxsize=16)
def _operator(quads: bytes, vertices: int) -> Subdivision:
    return build_subdivision(np.frombuffer(quads, np.int32).reshape(-1, 4), vertices)


def build_mouth(body: BodyState, level: int = 1, yellow: float = 0.3) -> list[tuple[str, Mesh, str]]:
    """Teeth and tongue of a posed body.

    Args:
        body: Posed body.
        level: 0 as modelled, 1 subdivided once (the shells are coarse).
        yellow: Colour of the teeth, 0 white … 1 yellow.
    Returns:
        (name, mesh in world space, semantic); empty for bodies without these shells.
    """
    out = []
    for name, semantic in _SHELLS:
        if name not in body.model.shell_faces:
            continue
        used, flat = np.unique(body.model.shell_faces[name], return_inverse=True)
        faces = np.ascontiguousarray(np.asarray(flat).reshape(-1, 4), np.int32)
        shader: Shader = tongue_material() if name == "tongue" else teeth_material(yellow)
        vertices, rest = body.posed[used], body.rest[used]
        if level:
            op = _operator(faces.tobytes(), len(used))
            vertices, rest, faces = op.smooth @ vertices, op.linear @ rest, op.quads
        mesh = Mesh(
            np.ascontiguousarray(vertices, np.float32),
            np.ascontiguousarray(faces, np.int32),
            (shader,),
            point={"rest": np.ascontiguousarray(rest, np.float32)},
        )
        if name == "tongue" and "tongue" in body.model.part_names:
            mesh.part = np.full(len(mesh.faces), body.model.part_names.index("tongue"), np.uint8)
        out.append((name, mesh, semantic))
    return out

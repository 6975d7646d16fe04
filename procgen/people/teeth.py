"""Teeth and tongue, from the shells that follow the body's shape, jaw and expression."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from ..frames import world_from_smplx
from ..geometry import Mesh
from ..materials.eye import TOOTH, teeth_material, tongue_material
from ..materials.shader import Shader
from .skeleton import HEAD, JAW
from .subdivide import Subdivision, build_subdivision

if TYPE_CHECKING:
    from .body_state import BodyState

_SHELLS = (("upper_teeth", "teeth"), ("lower_teeth", "teeth"), ("tongue", "skin"))
# MakeHuman's teeth sit high and deep behind the lips. Where they belong, metres: the edges of the upper incisors below the line
# between the closed lips, the lower ones a little above that edge, the front of the upper ones behind that line (by eye,
# after dental textbooks: 2 mm show when the lips part, overbite and overjet 2 mm).
SHOWN, OVERBITE, OVERJET, BEHIND = 0.0020, 0.0012, 0.0022, 0.0060
ARCH = 0.86
_LINE = (62, 66)


@lru_cache(maxsize=16)
def _operator(quads: bytes, vertices: int) -> Subdivision:
    return build_subdivision(np.frombuffer(quads, np.int32).reshape(-1, 4), vertices)


def _at_rest(body: BodyState, ids: np.ndarray) -> np.ndarray:
    """(n, 3) world axes, vertices of body or shells at rest without expression."""
    model = body.model
    flat = model.full_shapedirs[ids].reshape(-1, model.full_shapedirs.shape[2])[:, : len(body.betas)]
    return world_from_smplx(model.full_template[ids] + (flat @ body.betas).reshape(-1, 3)).astype(np.float64)


def _front(points: np.ndarray, middle: float) -> np.ndarray:
    """The incisors of one row of teeth."""
    near = points[np.abs(points[:, 0] - middle) < 0.006]
    return near[near[:, 1] < near[:, 1].min() + 0.004]


def seat_teeth(body: BodyState) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """How the teeth are moved to where this person's lips want them.

    Returns:
        Shell name -> (n, 3) offsets in the rest frame, and (n, 3) places on the row for the material: metres from the
        incisors' edge towards the root, from the middle to either side, and 0.
    """
    model = body.model
    if "landmark_face68_faces" not in model.landmarks:
        return {}
    corners = model.faces[model.landmarks["landmark_face68_faces"][list(_LINE)]]
    bary = model.landmarks["landmark_face68_bary"][list(_LINE)]
    line = (bary[..., None] * _at_rest(body, corners.ravel()).reshape(len(_LINE), 3, 3)).sum(1).mean(0)
    edge_z, front_y = line[2] - SHOWN, line[1] + BEHIND
    wanted = {"upper_teeth": (edge_z, front_y, 1.0), "lower_teeth": (edge_z + OVERBITE, front_y + OVERJET, -1.0)}
    out = {}
    for name, (edge, front, up) in wanted.items():
        points = _at_rest(body, np.unique(model.shell_faces[name]))
        incisors = _front(points, line[0])
        now = up * (up * incisors[:, 2]).min()
        move = np.zeros_like(points)
        move[:, 0] = (ARCH - 1.0) * (points[:, 0] - line[0])
        move[:, 1] = np.clip(front - incisors[:, 1].min(), -0.010, 0.004)
        move[:, 2] = np.clip(edge - now, -0.012, 0.012)
        out[name] = move, np.stack([up * (points[:, 2] - now), np.abs(points[:, 0] - line[0]), np.zeros(len(points))], 1)
    return out


def build_mouth(body: BodyState, level: int = 1, yellow: float | None = None) -> list[tuple[str, Mesh, str]]:
    """Teeth and tongue of a posed body.

    Args:
        body: Posed body.
        level: 0 as modelled, 1 subdivided once (the shells are coarse).
        yellow: Colour of the teeth, 0 white … 1 yellow; None = as age makes it.
    Returns:
        (name, mesh in world space, semantic); empty for bodies without these shells.
    """
    if yellow is None:
        yellow = float(np.interp(body.phenotype.age_years, (5.0, 30.0, 85.0), (0.05, 0.25, 0.75)))
    out = []
    seats = seat_teeth(body)
    for name, semantic in _SHELLS:
        if name not in body.model.shell_faces:
            continue
        used, flat = np.unique(body.model.shell_faces[name], return_inverse=True)
        faces = np.ascontiguousarray(np.asarray(flat).reshape(-1, 4), np.int32)
        shader: Shader = tongue_material() if name == "tongue" else teeth_material(yellow)
        vertices, rest = body.posed[used], body.rest[used]
        point = {"rest": rest}
        if name in seats:
            move, place = seats[name]
            vertices = vertices + move @ body.T[HEAD if name == "upper_teeth" else JAW][:3, :3].T
            point[TOOTH] = place
        if level:
            op = _operator(faces.tobytes(), len(used))
            vertices, faces = op.smooth @ vertices, op.quads
            point = {k: op.linear @ v for k, v in point.items()}
        mesh = Mesh(
            np.ascontiguousarray(vertices, np.float32),
            np.ascontiguousarray(faces, np.int32),
            (shader,),
            point={k: np.ascontiguousarray(v, np.float32) for k, v in point.items()},
        )
        if name == "tongue" and "tongue" in body.model.part_names:
            mesh.part = np.full(len(mesh.faces), body.model.part_names.index("tongue"), np.uint8)
        out.append((name, mesh, semantic))
    return out

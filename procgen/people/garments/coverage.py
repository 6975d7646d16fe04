"""What no one can see under cloth: decided once in the A-pose, so that bodies and garments keep their faces through a motion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...geometry import Mesh
from ..nearest import NearestPoints
from .figure import Figure
from .topology import vertex_normals

# Skin this near to a border stays, however tight the garment: borders move with the pose. By measurement.
MARGIN = 0.04
# How far up a sleeve or a skirt one looks, for every metre that it stands off.
LOOK_IN = 2.0
# The same for cloth below cloth, which is kept apart by collision as well.
LAYER_MARGIN, LAYER_LOOK_IN = 0.022, 1.2


def _covered(points: np.ndarray, normals: np.ndarray, mesh: Mesh, margin: float, look_in: float, touching: float = 0.0) -> np.ndarray:
    """(N,) bool points of the A-pose that lie well under one garment, or closer to it than `touching` metres."""
    out = np.zeros(len(points), bool)
    fit = mesh.point.get("fit")
    if fit is None:
        return out
    outer = np.flatnonzero((mesh.point["inner"] < 0.5) & np.isfinite(fit[:, 0]))
    if len(outer) == 0:
        return out
    x = fit[outer].astype(np.float64)
    edge = mesh.point["border"][outer]
    near = np.flatnonzero(((points > x.min(0) - 0.02) & (points < x.max(0) + 0.02)).all(1))
    if len(near) == 0:
        return out
    d, i = NearestPoints(x).query(points[near], max_distance=0.3)
    i = np.minimum(i, len(x) - 1)
    away = x[i] - points[near]
    # Under the cloth: it lies in front of the point, not beside it.
    ahead = (np.einsum("ij,ij->i", away, normals[near]) > 0.35 * d) | (d < touching)
    out[near] = np.isfinite(d) & (edge[i] > margin + look_in * d) & ahead
    return out


def covered_skin(fig: Figure, clothes: list[Mesh]) -> np.ndarray:
    """(V,) bool body vertices that lie well under cloth.

    Args:
        fig: The person in the A-pose.
        clothes: Garments with a `fit` attribute (their shape in the A-pose) and a `border` attribute (distance to it).
    """
    hidden = np.zeros(len(fig.skin), bool)
    for mesh in clothes:
        # Children move by less.
        hidden |= _covered(fig.skin, fig.normals, mesh, MARGIN * min(1.0, fig.scale), LOOK_IN)
    return hidden


def without_covered(mesh: Mesh, above: list[Mesh], scale: float) -> Mesh:
    """A garment without the faces that lie well under garments above it.

    Args:
        mesh: With a `place` attribute: where each vertex is in the A-pose; NaN = never covered.
        above: Garments that lie over it.
        scale: Size of the person.
    """
    place = mesh.point.get("place")
    if place is None or not above:
        return mesh
    known = np.isfinite(place[:, 0])
    x = np.where(known[:, None], place, 0.0).astype(np.float64)
    normals = vertex_normals(x, mesh.faces)
    # Turned-in hems face the other way, but lie under the same cloth.
    normals[mesh.point["inner"] > 0.5] *= -1
    hidden = np.zeros(len(x), bool)
    for other in above:
        hidden |= known & _covered(x, normals, other, LAYER_MARGIN * min(1.0, scale), LAYER_LOOK_IN, 0.004)
    keep = ~hidden[mesh.faces].all(1)
    if keep.all():
        return mesh
    used, faces = np.unique(mesh.faces[keep], return_inverse=True)
    return replace(
        mesh,
        vertices=mesh.vertices[used],
        faces=faces.reshape(-1, mesh.faces.shape[1]).astype(np.int32),
        face_material=None if mesh.face_material is None else mesh.face_material[keep],
        point={name: v[used] for name, v in mesh.point.items()},
    )


def hidden_quads(fig: Figure, clothes: list[Mesh], faces: np.ndarray) -> np.ndarray:
    """(Q,) bool faces of the body whose corners are all covered."""
    return covered_skin(fig, clothes)[faces].all(1)

"""What no one can see under cloth: decided once in the A-pose, so that bodies and garments keep their faces through a motion."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from ...geometry import Mesh
from ...vectors import bounds, every, inside, used_vertices, vertex_normals
from ..nearest import NearestPoints
from .figure import Figure

# Skin this near to a border stays, however tight the garment: borders move with the pose. By measurement.
MARGIN = 0.04
# How far up a sleeve or a skirt one looks, for every metre that it stands off.
LOOK_IN = 2.0
# Skirts and coats are looked up into from farther off, and swing.
MARGIN_HANGING, LOOK_IN_HANGING = 0.09, 3.0
# The same for cloth below cloth, which is kept apart by collision as well.
LAYER_MARGIN, LAYER_LOOK_IN = 0.022, 1.2
# What hangs around both legs goes out along a raised thigh from under the hem of what is worn over it.
HUNG_MARGIN = 0.07
# Garments are fitted to the A-pose one by one: what is worn over a wide shirt may be fitted this much below it. Shoes fit
# the foot, and leave socks to be seen beside them.
UNDER, UNDER_SHOES = 0.03, 0.012


class Cover:
    """The outside of a garment in the A-pose, for asking what lies under it.

    Args:
        mesh: With `fit` (its shape in the A-pose; NaN = covers nothing) and `border` (distance to it); without them it
            covers nothing.
        under: How far other garments of the A-pose may stand out over this one and still lie under it, metres.
        hangs: It hangs free around both legs.
    """

    def __init__(self, mesh: Mesh, under: float = UNDER, hangs: bool = False) -> None:
        self.under = under
        self.hangs = hangs
        fit = mesh.point.get("fit")
        outer = np.zeros(0, int) if fit is None else np.flatnonzero((mesh.point["inner"] < 0.5) & np.isfinite(fit[:, 0]))
        self.points = np.zeros((0, 3)) if fit is None else fit[outer].astype(np.float64)
        self.edge = np.zeros(0) if fit is None else mesh.point["border"][outer]

    @cached_property
    def near(self) -> NearestPoints:
        """Search among the points."""
        return NearestPoints(self.points)


def _cover(
    hidden: np.ndarray, points: np.ndarray, normals: np.ndarray, cover: Cover, margin: float, look_in: float, under: float = 0.0
) -> None:
    """Mark in `hidden` (N,) the points of the A-pose that lie well under one garment, or by up to `under` metres over it."""
    x, edge = cover.points, cover.edge
    if len(x) == 0:
        return
    low, high = bounds(x)
    near = np.flatnonzero(~hidden & inside(points, low - 0.02, high + 0.02))
    if len(near) == 0:
        return
    # Farther off nothing is covered, however far the border.
    reach = max((float(edge.max()) - margin) / look_in, 0.0) + 1e-3
    at = points.take(near, 0)
    d, i = cover.near.query(at, max_distance=reach)
    i = np.minimum(i, len(x) - 1)
    # Under the cloth: it lies in front of the point, not beside it.
    height = np.einsum("ij,ij->i", x.take(i, 0) - at, normals.take(near, 0))
    ahead = (height > 0.35 * d) | (d < under)
    hidden[near] = np.isfinite(d) & (edge[i] > margin + look_in * d) & ahead


def covered_skin(fig: Figure, clothes: list[Cover]) -> np.ndarray:
    """(V,) bool body vertices that lie well under cloth.

    Args:
        fig: The person in the A-pose.
        clothes: All garments.
    """
    hidden = np.zeros(len(fig.skin), bool)
    for cover in clothes:
        # Children move by less.
        margin, look_in = (MARGIN_HANGING, LOOK_IN_HANGING) if cover.hangs else (MARGIN, LOOK_IN)
        _cover(hidden, fig.skin, fig.normals, cover, margin * min(1.0, fig.scale), look_in)
    return hidden


def without_covered(mesh: Mesh, above: list[Cover], scale: float, hung: bool = False) -> Mesh:
    """A garment without the faces that lie well under garments above it.

    Args:
        mesh: With a `place` attribute: where each vertex is in the A-pose; NaN = never covered.
        above: Garments that lie over it.
        scale: Size of the person.
        hung: It hangs around both legs.
    """
    place = mesh.point.get("place")
    if place is None or not above:
        return mesh
    known = np.isfinite(place[:, 0])
    x = np.where(known[:, None], place, 0.0).astype(np.float64)
    normals = vertex_normals(x, mesh.faces)
    # Turned-in hems face the other way, but lie under the same cloth.
    normals[mesh.point["inner"] > 0.5] *= -1
    hidden = ~known
    margin = (HUNG_MARGIN if hung else LAYER_MARGIN) * min(1.0, scale)
    for other in above:
        _cover(hidden, x, normals, other, margin, LAYER_LOOK_IN, other.under)
    keep = ~every((hidden & known)[mesh.faces])
    if keep.all():
        return mesh
    used = used_vertices(mesh.faces[keep], len(mesh.vertices))
    number = np.zeros(len(mesh.vertices), np.int32)
    number[used] = np.arange(len(used))
    return replace(
        mesh,
        vertices=mesh.vertices[used],
        faces=number[mesh.faces[keep]],
        face_material=None if mesh.face_material is None else mesh.face_material[keep],
        point={name: v[used] for name, v in mesh.point.items()},
    )


def hidden_quads(fig: Figure, clothes: list[Cover], faces: np.ndarray) -> np.ndarray:
    """(Q,) bool faces of the body whose corners are all covered."""
    return every(covered_skin(fig, clothes)[faces])

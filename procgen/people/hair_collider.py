"""What hair may not enter: head, neck, shoulders, and the garments on them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..geometry import Mesh
from ..vectors import bounds, every, inside, lengths, middles, some
from .body_state import BodyState, vertex_normals
from .head import Head
from .nearest import NearestPoints

# How far from the middle of the skull anything can touch hair, metres (long hair ends well above the waist).
_REACH = 0.62
# Deeper than this a point counts as on the far side of something thin and is left alone.
_MAX_DEPTH = 0.06
GARMENT_CLEARANCE = 0.004
# Skin this close below a garment counts as covered, metres.
_COVER = 0.08


class Collider:
    """Surface points with normals, in head-local coordinates.

    Args:
        points, normals: (M, 3).
        margin: (M,) metres added to the clearance of strands near each point (cloth is kept farther off than skin).
    """

    def __init__(self, points: np.ndarray, normals: np.ndarray, margin: np.ndarray) -> None:
        self.points, self.normals, self.margin = points, normals, margin
        self.tree = NearestPoints(points)

    def height(
        self, x: np.ndarray, guess: np.ndarray | None = None, reach: float = np.inf
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Signed height above the surface (N,), its normal (N, 3) and the nearest point's index (N,).

        Args:
            guess: Indices from an earlier query of almost the same places.
            reach: Beyond this distance points count as free; saves time.
        """
        distance, i = self.tree.query(x, guess=guess, max_distance=reach)
        i = np.minimum(i, len(self.points) - 1)
        n = self.normals.take(i, 0)
        h = np.einsum("ij,ij->i", x - self.points.take(i, 0), n) - self.margin[i]
        # A place behind a far surface is not inside it.
        return np.where(distance > min(_MAX_DEPTH, reach), np.maximum(h, _MAX_DEPTH), h), n, i

    def push(
        self, x: np.ndarray, clearance: np.ndarray | float, guess: np.ndarray | None = None, reach: float = np.inf
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Move points (N, 3) out to `clearance`; also the height reached, normals and indices as in `height`."""
        h, n, i = self.height(x, guess, reach)
        out = x + n * np.maximum(clearance - h, 0.0)[:, None]
        return out, np.maximum(h, clearance), n, i


def collider_of(head: Head, body: BodyState, meshes: Sequence[Mesh] = ()) -> Collider:
    """Collider from the posed body and the garments that hair may lie on."""
    count = body.count
    skin = np.ones(count, bool)
    for name in ("eye_l", "eye_r", "tongue"):
        own = body.model.shell_faces.get(name, np.zeros((0, 4), int))
        skin[own[own < count]] = False
    for name in ("mouth_inside", "eye_socket"):
        if name in body.model.regions:
            skin &= np.asarray(body.model.regions[name]) < 0.5
    near = skin & (lengths(head.points) < _REACH) & (head.points[:, 2] > -_REACH)
    # Neck and shoulders have few vertices and folds between them: the middles of their faces count as well.
    tri = np.asarray(body.model.faces, np.int64)
    tri = tri[every(near[tri])]
    middle = middles(head.points, tri)
    low = middle[:, 2] < -0.06
    across = middles(head.normals, tri[low])
    across /= lengths(across)[:, None] + 1e-12
    points, normals = [np.concatenate([head.points[near], middle[low]])], [np.concatenate([head.normals[near], across])]
    margin = [np.zeros(len(points[0]))]
    for mesh in meshes:
        local = head.local(mesh.vertices)
        close = lengths(local) < _REACH
        tri = mesh.triangles()
        n = vertex_normals(local, tri[some(close[tri])]).astype(np.float64)
        points.append(local[close])
        normals.append(n[close])
        margin.append(np.full(int(close.sum()), GARMENT_CLEARANCE))
    if len(points) > 1:
        # Skin below cloth is out of reach; left in, it would call hair that slipped under a collar free.
        cloth, out = np.concatenate(points[1:]), np.concatenate(normals[1:])
        if len(cloth):
            low, high = bounds(cloth)
            close = np.flatnonzero(inside(points[0], low - _COVER, high + _COVER))
            at = points[0].take(close, 0)
            distance, i = NearestPoints(cloth).query(at, max_distance=_COVER)
            i = np.minimum(i, len(cloth) - 1)
            under = np.zeros(len(points[0]), bool)
            under[close] = (distance < _COVER) & (np.einsum("ij,ij->i", at - cloth.take(i, 0), out.take(i, 0)) < 0.0)
            points[0], normals[0], margin[0] = points[0][~under], normals[0][~under], margin[0][~under]
    return Collider(np.concatenate(points), np.concatenate(normals), np.concatenate(margin))

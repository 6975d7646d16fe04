"""What hair may not enter: head, neck, shoulders, and the garments on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..geometry import Mesh
from ..vectors import every, lengths, some
from .body_state import vertex_normals
from .head import Head
from .nearest import NearestPoints

if TYPE_CHECKING:
    from ..vectors import every, lengths, some
from .body_state import BodyState

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
        n = self.normals[i]
        h = np.einsum("ij,ij->i", x - self.points[i], n) - self.margin[i]
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
        inside = body.model.shell_faces.get(name, np.zeros((0, 4), int))
        skin[inside[inside < count]] = False
    for name in ("mouth_inside", "eye_socket"):
        if name in body.model.regions:
            skin &= np.asarray(body.model.regions[name]) < 0.5
    near = skin & (lengths(head.points) < _REACH) & (head.points[:, 2] > -_REACH)
    # Neck and shoulders have few vertices and folds between them: the middles of their faces count as well.
    tri = np.asarray(body.model.faces, np.int64)
    tri = tri[every(near[tri])]
    middle = head.points[tri].mean(1)
    low = middle[:, 2] < -0.06
    across = head.normals[tri[low]].sum(1)
    across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-12
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
            distance, i = NearestPoints(cloth).query(points[0], max_distance=_COVER)
            i = np.minimum(i, len(cloth) - 1)
            under = (distance < _COVER) & (np.einsum("ij,ij->i", points[0] - cloth[i], out[i]) < 0.0)
            points[0], normals[0], margin[0] = points[0][~under], normals[0][~under], margin[0][~under]
    return Collider(np.concatenate(points), np.concatenate(normals), np.concatenate(margin))


# Bins of direction from the middle of the skull in which headwear is remembered.
_TURN, _TILT = 72, 40
# Hair stays this far inside headwear, metres.
_UNDER = 0.002


class Headwear:
    """Hats, caps and hoods that are up: hair below them is pressed to the head.

    Args:
        points: (M, 3) samples of their surface, head-local metres.
    """

    def __init__(self, points: np.ndarray) -> None:
        cell, radius = _direction(points)
        inner = np.full(_TURN * _TILT, np.inf)
        np.minimum.at(inner, cell, radius)
        self.inner = inner.reshape(_TURN, _TILT)
        # Around the crown the bins are too narrow to be met one by one.
        self.inner[:, -5:] = self.inner[:, -5:].min(0)

    def flatten(self, strands: np.ndarray) -> np.ndarray:
        """Draw points of (N, K, 3) strands in below what covers them, along the ray to the middle of the skull."""
        cell, radius = _direction(strands.reshape(-1, 3))
        limit = self.inner.ravel()[cell] - _UNDER
        share = np.minimum(1.0, np.maximum(limit, 0.03) / np.maximum(radius, 1e-6))
        # What already hangs below a brim, far outside, is no longer under the hat.
        share = np.where(radius > limit + 0.12, 1.0, share)
        return strands * share.reshape(strands.shape[:2])[..., None]


def _direction(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bin (N,) and distance (N,) of points as seen from the middle of the skull."""
    radius = np.linalg.norm(p, axis=1)
    turn = ((np.arctan2(p[:, 0], -p[:, 1]) / (2 * np.pi) + 0.5) * _TURN).astype(int) % _TURN
    tilt = np.clip(((np.arcsin(np.clip(p[:, 2] / np.maximum(radius, 1e-9), -1, 1)) / np.pi + 0.5) * _TILT).astype(int), 0, _TILT - 1)
    return turn * _TILT + tilt, radius


def headwear_of(head: Head, meshes: Sequence[Mesh]) -> tuple[Headwear | None, list[Mesh]]:
    """Tell headwear from clothes: what lies on the head above the eyes. Glasses and the like are neither.

    Returns:
        The headwear as one cover (None where there is none), and the other garments.
    """
    worn, rest = [], []
    for mesh in meshes:
        local = head.local(mesh.vertices) / head.scale
        away = np.linalg.norm(local, axis=1)
        if np.mean((local[:, 2] > 0.03) & (away < 0.26)) > 0.4:
            worn.append(mesh)
        elif np.mean((local[:, 2] > -0.07) & (away < 0.17)) < 0.9:
            rest.append(mesh)
    if not worn:
        return None, rest
    samples = [_lattice(head.local(mesh.vertices)[mesh.triangles()]) for mesh in worn]
    return Headwear(np.concatenate(samples)), rest


def _lattice(corner: np.ndarray) -> np.ndarray:
    """Points on triangles (T, 3, 3), so dense that no direction below one stays empty."""
    edge = np.linalg.norm(corner - np.roll(corner, 1, axis=1), axis=2).max(1)
    n = int(np.clip(np.ceil(np.percentile(edge, 95) / 0.004), 1, 8))
    i, j = (v.ravel() for v in np.meshgrid(np.arange(n + 1), np.arange(n + 1)))
    i, j = i[i + j <= n] / n, j[i + j <= n] / n
    weight = np.stack([1.0 - i - j, i, j], 1)
    return np.einsum("sk,tkc->tsc", weight, corner).reshape(-1, 3)

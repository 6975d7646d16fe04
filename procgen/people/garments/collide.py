"""Keeping cloth outside of bodies and of other garments: half spaces at the nearest sample of the surface."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...geometry import Mesh
from ..nearest import NearestPoints
from .topology import vertex_normals


def surface_samples(x: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vertices in use and face centres with outward unit normals, (M, 3) each."""
    n = vertex_normals(x, faces)
    used = np.unique(faces)
    c, cn = x[faces].mean(1), n[faces].mean(1)
    cn /= np.maximum(np.linalg.norm(cn, axis=1, keepdims=True), 1e-12)
    return np.concatenate([x[used], c]), np.concatenate([n[used], cn])


def outer_faces(mesh: Mesh) -> np.ndarray:
    """Faces of a finished garment that other garments touch: not the turned-in hems."""
    inner = mesh.point.get("inner")
    return mesh.faces if inner is None else mesh.faces[(inner[mesh.faces] < 0.5).all(1)]


@dataclass
class Collider:
    """Samples of all surfaces that a garment must stay outside of.

    Attributes:
        points, normals: (M, 3).
        clearance: (M,) metres that cloth keeps from each sample.
        depth: Cloth deeper than this is taken to belong to another side, and left alone.
    """

    points: np.ndarray
    normals: np.ndarray
    clearance: np.ndarray
    depth: float = 0.06
    _tree: NearestPoints | None = field(default=None, repr=False)

    @classmethod
    def of(
        cls,
        skin: tuple[np.ndarray, np.ndarray],
        clearance: float,
        layers: list[Mesh] | tuple[Mesh, ...] = (),
        layer_clearance: float = 0.003,
        near: np.ndarray | None = None,
    ) -> Collider:
        """Collider of skin samples and finished garments, limited to the surroundings of the points `near`."""
        points, normals, gap = [skin[0]], [skin[1]], [np.full(len(skin[0]), clearance)]
        for mesh in layers:
            p, n = surface_samples(np.asarray(mesh.vertices, np.float64), outer_faces(mesh))
            points.append(p)
            normals.append(n)
            gap.append(np.full(len(p), layer_clearance))
        p, n, g = np.concatenate(points), np.concatenate(normals), np.concatenate(gap)
        if near is not None:
            low, high = near.min(0) - 0.1, near.max(0) + 0.1
            keep = ((p > low) & (p < high)).all(1)
            p, n, g = p[keep], n[keep], g[keep]
        return cls(p, n, g)

    def nearest(self, x: np.ndarray, guess: np.ndarray | None = None) -> np.ndarray:
        """(V,) index of the nearest sample of every vertex."""
        if self._tree is None:
            self._tree = NearestPoints(self.points)
        return np.minimum(self._tree.query(x, guess=guess)[1], len(self.points) - 1)

    def lack(self, x: np.ndarray, which: np.ndarray, extra: float | np.ndarray = 0.0) -> np.ndarray:
        """(V,) metres that each vertex must move along the normal of its sample; 0 where it is clear."""
        height = np.einsum("ij,ij->i", x - self.points[which], self.normals[which])
        need = self.clearance[which] + extra - height
        return np.where((need > 0) & (need < self.depth), need, 0.0)

    def push(self, x: np.ndarray, which: np.ndarray | None = None, extra: float | np.ndarray = 0.0) -> np.ndarray:
        """Move vertices that are too close out along the normals of their samples."""
        which = self.nearest(x) if which is None else which
        return x + self.normals[which] * self.lack(x, which, extra)[:, None]

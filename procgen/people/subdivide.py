"""One Catmull–Clark step as a fixed operator on a quad mesh: numpy only, applied to any vertex positions.

Doing this here and not with a Blender modifier keeps one truth: the vertices that are rendered are the vertices that
labels, ray casters and exports see. Source: Catmull & Clark 1978; boundary rule of DeRose et al. 1998.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Subdivision:
    """A subdivided topology. New vertices: the used old ones, then edge points, then face points.

    Attributes:
        used: (U,) indices of the old vertices that the quads use.
        old: (Q, 4) the quads in terms of `used`.
        edges: (E, 2) end points in terms of `used`.
        edge_faces: (E, 2) faces beside each edge; -1 in the second column on a boundary.
        valence: (U,) number of faces at each vertex.
        boundary: (U,) bool.
        quads: (4Q, 4) int32, new faces.
        parent: (4Q,) int64, the old face of each new one.
    """

    used: np.ndarray
    old: np.ndarray
    edges: np.ndarray
    edge_faces: np.ndarray
    valence: np.ndarray
    boundary: np.ndarray
    quads: np.ndarray
    parent: np.ndarray

    def smooth(self, vertices: np.ndarray) -> np.ndarray:
        """Positions of the new vertices.

        Args:
            vertices: (V, D) old positions.
        Returns:
            (U + E + Q, D) float32.
        """
        p = np.asarray(vertices, np.float64)[self.used]
        face = p[self.old].mean(1)
        ends = p[self.edges]
        middle = ends.mean(1)
        inner = self.edge_faces[:, 1] >= 0
        edge = middle.copy()
        sides = face[self.edge_faces[inner]]
        edge[inner] = (ends[inner].sum(1) + sides.sum(1)) / 4.0
        n = np.maximum(self.valence, 1)[:, None]
        ring = _scatter(self.old.ravel(), np.repeat(face, 4, 0), len(p)) / n
        count = np.bincount(self.edges.ravel(), minlength=len(p))[:, None]
        spokes = _scatter(self.edges.ravel(), np.repeat(middle, 2, 0), len(p)) / np.maximum(count, 1)
        vertex = (ring + 2.0 * spokes + (n - 3.0) * p) / n
        rim = ~inner
        rim_edges = self.edges[rim]
        rim_count = np.bincount(rim_edges.ravel(), minlength=len(p))
        rim_middle = _scatter(rim_edges.ravel(), np.repeat(middle[rim], 2, 0), len(p))
        # A vertex with two boundary edges follows the boundary curve; corners and non-manifold points stay.
        on_curve = rim_count == 2
        vertex[on_curve] = 0.5 * p[on_curve] + 0.25 * rim_middle[on_curve]
        still = self.boundary & ~on_curve
        vertex[still] = p[still]
        return np.concatenate([vertex, edge, face]).astype(np.float32)

    def linear(self, values: np.ndarray) -> np.ndarray:
        """Per-vertex values (V,) or (V, D) at the new vertices, interpolated without smoothing."""
        v = np.asarray(values)[self.used]
        return np.concatenate([v, v[self.edges].mean(1), v[self.old].mean(1)])

    def corners(self, values: np.ndarray) -> np.ndarray:
        """Per-corner values (Q, 4, D), such as UVs, of the new faces: (4Q, 4, D)."""
        v = np.asarray(values)
        mid = (v + np.roll(v, -1, 1)) / 2.0
        centre = np.repeat(v.mean(1, keepdims=True), 4, 1)
        return np.stack([v, mid, centre, np.roll(mid, 1, 1)], 2).reshape(-1, 4, v.shape[2])


def _scatter(index: np.ndarray, values: np.ndarray, size: int) -> np.ndarray:
    return np.stack([np.bincount(index, values[:, k], size) for k in range(values.shape[1])], 1)


def subdivision(quads: np.ndarray, vertex_count: int) -> Subdivision:
    """Prepare one Catmull–Clark step.

    Args:
        quads: (Q, 4) int, any boundary; vertex_count: number of old vertices.
    """
    used = np.unique(quads)
    index = np.full(vertex_count, -1, np.int64)
    index[used] = np.arange(len(used))
    old = index[quads]
    count = len(old)
    pairs = np.stack([old, np.roll(old, -1, 1)], 2).reshape(-1, 2)
    key, inverse = np.unique(np.sort(pairs, 1), axis=0, return_inverse=True)
    inverse = np.asarray(inverse).reshape(-1)
    face_of = np.repeat(np.arange(count), 4)
    order = np.argsort(inverse, kind="stable")
    first = np.searchsorted(inverse[order], np.arange(len(key)))
    uses = np.bincount(inverse, minlength=len(key))
    edge_faces = np.full((len(key), 2), -1, np.int64)
    edge_faces[:, 0] = face_of[order][first]
    two = uses >= 2
    edge_faces[two, 1] = face_of[order][first[two] + 1]
    boundary = np.zeros(len(used), bool)
    boundary[key[uses == 1].ravel()] = True
    edge_id = len(used) + inverse.reshape(count, 4)
    face_id = len(used) + len(key) + np.arange(count)
    centre = np.repeat(face_id[:, None], 4, 1)
    new = np.stack([old, edge_id, centre, np.roll(edge_id, 1, 1)], 2).reshape(-1, 4)
    return Subdivision(
        used=used,
        old=old,
        edges=key,
        edge_faces=edge_faces,
        valence=np.bincount(old.ravel(), minlength=len(used)),
        boundary=boundary,
        quads=new.astype(np.int32),
        parent=np.repeat(np.arange(count), 4),
    )

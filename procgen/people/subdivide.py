"""Catmull-Clark subdivision as a sparse matrix that is built once a topology and applied with numpy alone.

Source: Catmull & Clark 1978; boundary rules of DeRose et al. 1998. UVs are face-varying and interpolated linearly, so
seams stay where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..errors import SpecError
from .model import BodyModel


@dataclass(frozen=True)
class SparseRows:
    """A sparse matrix in CSR form: row r holds `data[indptr[r]:indptr[r + 1]]` at columns `indices[...]`."""

    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    data: NDArray[np.float32]

    def __matmul__(self, x: NDArray) -> NDArray:
        """(rows, k) product with x (columns, k)."""
        x = np.asarray(x)
        flat = x.reshape(len(x), -1)
        out = np.empty((len(self.indptr) - 1, flat.shape[1]), np.result_type(x.dtype, np.float32))
        # One column at a time keeps everything in long contiguous vectors, which numpy sums fastest.
        for k in range(flat.shape[1]):
            out[:, k] = np.add.reduceat(self.data * np.ascontiguousarray(flat[:, k])[self.indices], self.indptr[:-1])
        return out.reshape(-1, *x.shape[1:])


@dataclass(frozen=True)
class Subdivision:
    """One level of subdivision of a mesh with V vertices and F faces of k corners.

    smooth: (V', V) positions; new vertices are [the old V ; one an edge ; one a face].
    linear: (V', V) the same vertices without smoothing, for masks and other attributes.
    quads: (k * F, 4) int32; parent: (k * F,) int32, the face each came from.
    uv: (T', T) and uv_quads: (k * F, 4) int32, or None.
    """

    smooth: SparseRows
    linear: SparseRows
    quads: NDArray[np.int32]
    parent: NDArray[np.int32]
    uv: SparseRows | None
    uv_quads: NDArray[np.int32] | None


def _rows(parts: list[tuple[NDArray, NDArray, NDArray]], count: int) -> SparseRows:
    """CSR from (row, column, value) triples; repeated entries are summed."""
    row, col, val = (np.concatenate([p[i] for p in parts]) for i in range(3))
    key = row.astype(np.int64) * (int(col.max()) + 1) + col
    unique, inverse = np.unique(key, return_inverse=True)
    data = np.bincount(inverse.ravel(), val, len(unique)).astype(np.float32)
    r, c = np.divmod(unique, int(col.max()) + 1)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(r, minlength=count))])
    return SparseRows(indptr.astype(np.int64), c.astype(np.int32), data)


def _edges(faces: NDArray) -> tuple[NDArray, NDArray]:
    """Unique edges (E, 2), and the edge from corner i to i + 1 of every face (F, k)."""
    ends = np.stack([faces, np.roll(faces, -1, axis=1)], axis=-1).reshape(-1, 2)
    ends = np.sort(ends, axis=1).astype(np.int64)
    key = ends[:, 0] * (int(faces.max()) + 1) + ends[:, 1]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return ends[first], inverse.reshape(faces.shape)


def _children(faces: NDArray, of_edge: NDArray, vertices: int, edges: int) -> NDArray[np.int32]:
    """(k * F, 4) quads: corner, middle of the next edge, centre, middle of the edge before."""
    count, k = faces.shape
    centre = np.broadcast_to((vertices + edges + np.arange(count))[:, None], (count, k))
    ahead = vertices + of_edge
    return np.stack([faces, ahead, centre, np.roll(ahead, 1, axis=1)], axis=-1).reshape(-1, 4).astype(np.int32)


def _linear_parts(faces: NDArray, ends: NDArray, vertices: int) -> list[tuple[NDArray, NDArray, NDArray]]:
    """Old vertices, edge middles and face centres as plain means."""
    count, k = faces.shape
    edges = len(ends)
    own = np.arange(vertices)
    return [
        (own, own, np.ones(vertices)),
        (vertices + np.repeat(np.arange(edges), 2), ends.ravel(), np.full(2 * edges, 0.5)),
        (vertices + edges + np.repeat(np.arange(count), k), faces.ravel(), np.full(count * k, 1.0 / k)),
    ]


def build_subdivision(faces: NDArray, vertices: int, uv_faces: NDArray | None = None, uvs: int = 0) -> Subdivision:
    """The operators of one level.

    Args:
        faces: (F, 3) or (F, 4) vertex ids; every edge has one or two faces.
        vertices: V. uv_faces: (F, same) uv ids; uvs: T.
    Raises:
        SpecError: an edge has more than two faces.
    """
    faces = np.asarray(faces, np.int64)
    count, k = faces.shape
    ends, of_edge = _edges(faces)
    edges = len(ends)
    uses = np.bincount(of_edge.ravel(), minlength=edges)
    if uses.max(initial=0) > 2:
        raise SpecError("this mesh cannot be subdivided", expected="at most two faces an edge", got=int(uses.max()))
    inner = uses == 2
    linear = _linear_parts(faces, ends, vertices)
    parts = [linear[2]]
    # Edge points: inner edges average both ends and both face centres, boundary edges the ends alone.
    e = np.arange(edges)
    parts.append((vertices + np.repeat(e, 2), ends.ravel(), np.repeat(np.where(inner, 0.25, 0.5), 2)))
    face_of, edge_of = np.repeat(np.arange(count), k), of_edge.ravel()
    use = inner[edge_of]
    parts.append(
        (np.repeat(vertices + edge_of[use], k), faces[face_of[use]].ravel(), np.full(int(use.sum()) * k, 0.25 / k))
    )
    # Vertex points: (Q + 2 R + (n - 3) P) / n inside, (P_before + 6 P + P_after) / 8 on a boundary.
    valence = np.maximum(np.bincount(ends.ravel(), minlength=vertices), 1)
    rim_edges = np.bincount(ends[~inner].ravel(), minlength=vertices)
    border = rim_edges > 0
    # Where two holes touch at a corner, four boundary edges meet and there is no curve to follow: the vertex stays.
    on_curve = rim_edges == 2
    # Vertices of no face keep their place.
    loose = np.bincount(faces.ravel(), minlength=vertices) == 0
    n = valence.astype(float)
    around = np.where(border | loose, 0.0, 1.0)
    corner, corner_face = faces.ravel(), np.repeat(np.arange(count), k)
    parts.append((np.repeat(corner, k), faces[corner_face].ravel(), np.repeat(around[corner] / n[corner] ** 2 / k, k)))
    for a, b in ((0, 1), (1, 0)):
        v, other = ends[:, a], ends[:, b]
        ring = around[v] / n[v] ** 2
        parts += [(v, v, ring), (v, other, ring)]
        rim = ~inner
        parts.append((v[rim], other[rim], np.where(on_curve[v[rim]], 0.125, 0.0)))
    own = np.arange(vertices)
    held = loose | (border & ~on_curve)
    parts.append((own, own, np.where(held, 1.0, np.where(border, 0.75, (n - 3.0) / n))))
    total = vertices + edges + count
    uv, uv_quads = None, None
    if uv_faces is not None:
        uv_faces = np.asarray(uv_faces, np.int64)
        uv_ends, uv_edge = _edges(uv_faces)
        uv = _rows(_linear_parts(uv_faces, uv_ends, uvs), uvs + len(uv_ends) + count)
        uv_quads = _children(uv_faces, uv_edge, uvs, len(uv_ends))
    return Subdivision(
        smooth=_rows(parts, total),
        linear=_rows(linear, total),
        quads=_children(faces, of_edge, vertices, edges),
        parent=np.repeat(np.arange(count, dtype=np.int32), k),
        uv=uv,
        uv_quads=uv_quads,
    )


class _Key:
    """Lets a model be an argument of a cached function: models are compared by identity."""

    def __init__(self, model: BodyModel) -> None:
        self.model = model

    def __hash__(self) -> int:
        return id(self.model)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.model is self.model


def body_subdivision(model: BodyModel) -> Subdivision:
    """The subdivision of a body's own topology (quads if the file has them), built once a model."""
    return _body_subdivision(_Key(model))


@lru_cache(maxsize=2)
def _body_subdivision(key: _Key) -> Subdivision:
    m = key.model
    faces, uv_faces = (m.quads, m.uv_quads) if m.quads is not None else (m.faces, m.uv_faces)
    return build_subdivision(faces, m.vertex_count, uv_faces, 0 if m.uv is None else len(m.uv))

"""Smooth shading normals of a scene mesh, computed apart from the renderer."""

from __future__ import annotations

import numpy as np


def vertex_normals(vertices: np.ndarray, polygons: np.ndarray) -> np.ndarray:
    """(V, 3) float64 unit normals: face normals weighted by the angle of each corner, as Blender's.

    Args:
        vertices: (V, 3) float64; polygons: (F, k) int, k = 3 or 4.
    """
    corners = vertices[polygons]
    k = polygons.shape[1]
    if k == 3:
        face = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    else:
        face = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    face /= np.maximum(np.linalg.norm(face, axis=1, keepdims=True), 1e-30)
    out = np.zeros((len(vertices), 3))
    for i in range(k):
        to_next, to_last = corners[:, (i + 1) % k] - corners[:, i], corners[:, i - 1] - corners[:, i]
        cosine = (to_next * to_last).sum(1)
        angle = np.arctan2(np.linalg.norm(np.cross(to_next, to_last), axis=1), cosine)
        weighted = face * angle[:, None]
        for axis in range(3):
            out[:, axis] += np.bincount(polygons[:, i], weighted[:, axis], minlength=len(vertices))
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-30)


def polygons_of(mesh: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Polygons (F, k) of smooth objects: pairs of triangles that share a face are quads again."""
    triangles, owner, face = mesh["triangles"].astype(np.int64), mesh["triangle_object"], mesh["triangle_face"]
    smooth = mesh["triangle_smooth"].astype(bool)
    paired = np.zeros(len(triangles), bool)
    first = np.nonzero((owner[1:] == owner[:-1]) & (face[1:] == face[:-1]))[0]
    paired[first], paired[first + 1] = True, True
    first = first[smooth[first]]
    quads = np.concatenate([triangles[first], triangles[first + 1][:, 2:]], 1)
    single = triangles[smooth & ~paired]
    return [p for p in (single, quads) if len(p)]


def shading_normals(mesh: dict[str, np.ndarray], triangle: np.ndarray, bary: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Normals at hits: shading (N, 3) and geometric (N, 3), float64, unit length, outward.

    Args:
        mesh: Arrays of `mesh.npz`.
        triangle: (N,) rows of the triangles met; bary: (N, 3).
    """
    vertices = mesh["vertices"]
    rows = mesh["triangles"][triangle].astype(np.int64)
    a, b, c = (vertices[rows[:, k]] for k in range(3))
    geometric = np.cross(b - a, c - a)
    geometric /= np.maximum(np.linalg.norm(geometric, axis=1, keepdims=True), 1e-30)
    normals = _smooth_normals(mesh)
    shading = np.einsum("nk,nkd->nd", bary, normals[rows])
    length = np.linalg.norm(shading, axis=1, keepdims=True)
    smooth = mesh["triangle_smooth"].astype(bool)[triangle] & (length[:, 0] > 1e-9)
    return np.where(smooth[:, None], shading / np.maximum(length, 1e-30), geometric), geometric


def _smooth_normals(mesh: dict[str, np.ndarray]) -> np.ndarray:
    """(V, 3) float64 world vertex normals, made in each object's own frame as renderers do (angles change with scale)."""
    vertices = mesh["vertices"]
    linear = np.tile(np.eye(3), (1 << 16, 1, 1))
    if "object_id" in mesh:
        linear[mesh["object_id"]] = mesh["object_matrix"][:, :3, :3]
    # Objects share no vertices, so every vertex has one owner, and polygons of both kinds never meet at one.
    owner = np.zeros(len(vertices), np.int64)
    owner[mesh["triangles"]] = mesh["triangle_object"][:, None]
    even = np.abs(linear.transpose(0, 2, 1) @ linear - (linear[:, :, :1] ** 2).sum(1, keepdims=True) * np.eye(3)).max((1, 2)) < 1e-6
    linear[even] = np.eye(3)  # turned and scaled evenly: normals may be made in world axes
    uneven = ~even[owner]
    local = vertices.copy()
    local[uneven] = np.einsum("nij,nj->ni", np.linalg.inv(linear)[owner[uneven]], vertices[uneven])
    normals = np.zeros_like(vertices)
    for polygons in polygons_of(mesh):
        used = np.unique(polygons)
        normals[used] = vertex_normals(local, polygons)[used]
    turned = np.einsum("nji,nj->ni", np.linalg.inv(linear)[owner[uneven]], normals[uneven])
    # A mirrored object is inside out in the world: its triangles' own normals are too.
    turned *= np.sign(np.linalg.det(linear))[owner[uneven], None]
    normals[uneven] = turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-30)
    return normals

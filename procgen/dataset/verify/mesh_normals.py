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


def polygons_of(mesh: dict[str, np.ndarray], wanted: np.ndarray) -> list[np.ndarray]:
    """Polygons (F, k) of smooth objects that touch wanted vertices (V,) bool: triangles of one face are quads again."""
    near = wanted[mesh["triangles"]].any(1) & mesh["triangle_smooth"].astype(bool)
    owner, face = mesh["triangle_object"], mesh["triangle_face"]
    first = np.nonzero((owner[1:] == owner[:-1]) & (face[1:] == face[:-1]))[0]
    paired = np.zeros(len(near), bool)
    paired[first], paired[first + 1] = True, True
    first = first[near[first] | near[first + 1]]
    triangles = mesh["triangles"].astype(np.int64)
    one, two = triangles[first], triangles[first + 1]
    # Split along 0–2 the halves share their first corner; along 1–3 (folded quads) they do not.
    along = one[:, :1] == two[:, :1]
    quads = np.where(
        along, np.concatenate([one, two[:, 2:]], 1), np.stack([one[:, 0], one[:, 1], two[:, 1], one[:, 2]], 1)
    )
    single = triangles[near & ~paired]
    return [p for p in (single, quads) if len(p)]


def shading_normals(
    mesh: dict[str, np.ndarray], triangle: np.ndarray, bary: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
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
    wanted = np.zeros(len(vertices), bool)
    wanted[rows] = True
    normals = _smooth_normals(mesh, wanted)
    shading = np.einsum("nk,nkd->nd", bary, normals[rows])
    length = np.linalg.norm(shading, axis=1, keepdims=True)
    smooth = mesh["triangle_smooth"].astype(bool)[triangle] & (length[:, 0] > 1e-9)
    return np.where(smooth[:, None], shading / np.maximum(length, 1e-30), geometric), geometric


def _smooth_normals(mesh: dict[str, np.ndarray], wanted: np.ndarray) -> np.ndarray:
    """(V, 3) float64 world vertex normals of any length, right at the wanted vertices (V,) bool.

    They are made in each object's own frame, as renderers do: angles change with uneven scale.
    """
    vertices = mesh["vertices"]
    linear = np.tile(np.eye(3), (int(mesh["triangle_object"].max(initial=0)) + 1, 1, 1))
    if "object_id" in mesh:
        linear[mesh["object_id"]] = mesh["object_matrix"][:, :3, :3]
    even = (
        np.abs(linear.transpose(0, 2, 1) @ linear - (linear[:, :, :1] ** 2).sum(1, keepdims=True) * np.eye(3)).max(
            (1, 2)
        )
        < 1e-6
    )
    back = np.linalg.inv(linear[~even])
    slot = np.full(len(linear), -1)
    slot[~even] = np.arange(len(back))
    # Objects share no vertices, so every vertex has one owner, and polygons of both kinds never meet at one.
    owner = np.full(len(vertices), -1, np.int64)
    owner[mesh["triangles"]] = slot[mesh["triangle_object"]][:, None]
    uneven = np.nonzero(owner >= 0)[0]
    local = vertices.copy()
    local[uneven] = np.einsum("nij,nj->ni", back[owner[uneven]], vertices[uneven])
    normals = np.zeros_like(vertices)
    for polygons in polygons_of(mesh, wanted):
        used = np.unique(polygons)
        normals[used] = vertex_normals(local, polygons)[used]
    uneven = uneven[wanted[uneven]]
    turned = np.einsum("nji,nj->ni", back[owner[uneven]], normals[uneven])
    # A mirrored object is inside out in the world, and so are its triangles' own normals. Lengths are kept: instances
    # are shaded in their own frame, that is, interpolated before they are turned.
    normals[uneven] = turned * np.sign(np.linalg.det(back))[owner[uneven], None]
    return normals

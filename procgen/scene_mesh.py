"""The whole scene as world triangles with object ids: what witnesses cast rays at."""

from __future__ import annotations

import numpy as np

from .frames import transform
from .geometry import Mesh, SceneGeometry, Strands


def scene_mesh(geometry: SceneGeometry, later: SceneGeometry | None = None) -> dict[str, np.ndarray]:
    """Arrays of `mesh.npz`: every labelled object.

    Args:
        geometry: The scene.
        later: The scene one frame later, for `next_vertices`.
    Returns:
        vertices (V, 3) float64 world; triangles (T, 3) int32; triangle_object (T,) uint16; triangle_part (T,) uint8;
        triangle_smooth (T,) bool; triangle_face (T,) int32 face of the object's own mesh;
        strand_points (M, 3) float64, strand_radius (M,) float32, strand_start (N,) int32 first point of each strand,
        strand_object (N,) uint16; object_id (O,) uint16 and object_matrix (O, 4, 4) float64, world from each mesh's own
        frame (where renderers make its smooth normals); with `later` also next_vertices (V, 3) float64.
    """
    vertices, following, triangles, owner, part, smooth, face = [], [], [], [], [], [], []
    points, radius, starts, strand_owner = [], [], [], []
    numbers, matrices = [], []
    base = point_base = 0
    for index, item in enumerate(geometry.objects):
        if not item.labelled:
            continue
        shape = item.geometry
        if isinstance(shape, Mesh):
            world = transform(item.T_world_from_object, shape.vertices.astype(np.float64))
            tri = shape.triangles()
            per = 1 if shape.faces.shape[1] == 3 else 2
            vertices.append(world)
            numbers.append(np.array([index + 1]))
            matrices.append(np.asarray(item.T_world_from_object, np.float64)[None])
            if later is not None:
                after = later.objects[index]
                following.append(transform(after.T_world_from_object, after.geometry.vertices.astype(np.float64)))  # type: ignore[union-attr]
            triangles.append(tri + base)
            owner.append(np.full(len(tri), index + 1, np.uint16))
            part.append(np.repeat(shape.part if shape.part is not None else np.zeros(len(shape.faces), np.uint8), per))
            smooth.append(np.full(len(tri), shape.smooth))
            face.append(np.repeat(np.arange(len(shape.faces), dtype=np.int32), per))
            base += len(world)
        elif isinstance(shape, Strands):
            count, k, _ = shape.points.shape
            points.append(transform(item.T_world_from_object, shape.points.reshape(-1, 3).astype(np.float64)))
            radius.append(np.broadcast_to(shape.radius, (count, k)).ravel())
            starts.append(point_base + k * np.arange(count))
            strand_owner.append(np.full(count, index + 1, np.uint16))
            point_base += count * k

    def join(parts: list[np.ndarray], shape: tuple[int, ...], dtype: type) -> np.ndarray:
        return np.concatenate(parts).astype(dtype) if parts else np.zeros(shape, dtype)

    out = {
        "vertices": join(vertices, (0, 3), np.float64),
        "triangles": join(triangles, (0, 3), np.int32),
        "triangle_object": join(owner, (0,), np.uint16),
        "triangle_part": join(part, (0,), np.uint8),
        "triangle_smooth": join(smooth, (0,), np.bool_),
        "triangle_face": join(face, (0,), np.int32),
        "strand_points": join(points, (0, 3), np.float64),
        "strand_radius": join(radius, (0,), np.float32),
        "strand_start": join(starts, (0,), np.int32),
        "strand_object": join(strand_owner, (0,), np.uint16),
        "object_id": join(numbers, (0,), np.uint16),
        "object_matrix": join(matrices, (0, 4, 4), np.float64),
    }
    if later is not None:
        out["next_vertices"] = join(following, (0, 3), np.float64)
    return out

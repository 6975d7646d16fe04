"""The whole scene as triangles with object ids, for witnesses to cast rays at: packed in `mesh.npz`, expanded when read.

A meadow holds a thousand plants and a few dozen shapes. The file keeps every shape once, in its own frame, and where
each object stands; `world_triangles` expands it to what ray casters take. One layout, numbered; see docs/dataset.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .errors import DatasetError
from .frames import transform
from .geometry import Mesh, SceneGeometry, Strands

LAYOUT = 2
# Instances may multiply: a small file cannot be allowed to ask for all memory. 200 million vertices are 5 GB.
MOST_VERTICES = 200_000_000
# Name -> (kind of number, shape after the first axis); the arrays that every file holds.
_ARRAYS: dict[str, tuple[str, tuple[int, ...]]] = {
    "vertices": ("f", (3,)),
    "vertex_start": ("iu", ()),
    "triangles": ("iu", (3,)),
    "triangle_start": ("iu", ()),
    "triangle_part": ("iu", ()),
    "face_size": ("iu", ()),
    "smooth": ("b", ()),
    "object_id": ("iu", ()),
    "object_matrix": ("f", (4, 4)),
    "object_vertices": ("iu", ()),
    "object_triangles": ("iu", ()),
    "strand_points": ("f", (3,)),
    "strand_radius": ("f", ()),
    "strand_count": ("iu", ()),
    "strand_length": ("iu", ()),
    "strand_object": ("iu", ()),
    "strand_matrix": ("f", (4, 4)),
}
_NEXT: dict[str, tuple[str, tuple[int, ...]]] = {"next_matrix": ("f", (4, 4)), "next_vertices": ("iu", ())}


class _Shapes:
    """Vertex and triangle arrays, each kept once however many objects show it."""

    def __init__(self) -> None:
        self.vertices: list[np.ndarray] = []
        self.triangles: list[np.ndarray] = []
        self.part: list[np.ndarray] = []
        self.size: list[int] = []
        self.smooth: list[bool] = []
        self._rows: dict[tuple[str, int], int] = {}

    def points(self, mesh: Mesh) -> int:
        """Number of a mesh's vertex array."""
        key = ("vertices", id(mesh.vertices))
        if key not in self._rows:
            self._rows[key] = len(self.vertices)
            self.vertices.append(np.asarray(mesh.vertices, np.float32))
        return self._rows[key]

    def faces(self, mesh: Mesh) -> int:
        """Number of a mesh's triangle array."""
        key = ("mesh", id(mesh))
        if key not in self._rows:
            self._rows[key] = len(self.triangles)
            self.triangles.append(mesh.triangles())
            per = mesh.faces.shape[1] - 2
            self.part.append(np.repeat(mesh.part if mesh.part is not None else np.zeros(len(mesh.faces)), per))
            self.size.append(mesh.faces.shape[1])
            self.smooth.append(mesh.smooth)
        return self._rows[key]


def pack_scene(geometry: SceneGeometry, later: SceneGeometry | None = None) -> dict[str, np.ndarray]:
    """Arrays of `mesh.npz`: every labelled object, each shape once.

    Args:
        geometry: The scene.
        later: The scene one frame later, for `next_matrix` and `next_vertices`.
    """
    shapes = _Shapes()
    rows: dict[str, list[Any]] = {k: [] for k in ("id", "matrix", "vertices", "triangles", "to", "then")}
    hair: dict[str, list[Any]] = {k: [] for k in ("points", "radius", "count", "length", "object", "matrix")}
    for index, item in enumerate(geometry.objects):
        shape = item.geometry
        if not item.labelled:
            continue
        if isinstance(shape, Mesh):
            rows["id"].append(index + 1)
            rows["matrix"].append(item.T_world_from_object)
            rows["vertices"].append(shapes.points(shape))
            rows["triangles"].append(shapes.faces(shape))
            after = None if later is None else later.objects[index]
            if after is not None and isinstance(after.geometry, Mesh):
                rows["to"].append(after.T_world_from_object)
                rows["then"].append(shapes.points(after.geometry))
        elif isinstance(shape, Strands):
            count, length, _ = shape.points.shape
            hair["points"].append(shape.points.reshape(-1, 3))
            hair["radius"].append(np.broadcast_to(shape.radius, (count, length)).ravel())
            hair["count"].append(count)
            hair["length"].append(length)
            hair["object"].append(index + 1)
            hair["matrix"].append(item.T_world_from_object)
    out: dict[str, np.ndarray] = {
        "layout": np.array(LAYOUT, np.uint8),
        "vertices": _join(shapes.vertices, (0, 3), np.float32),
        "vertex_start": _starts(shapes.vertices),
        "triangles": _join(shapes.triangles, (0, 3), np.int32),
        "triangle_start": _starts(shapes.triangles),
        "triangle_part": _join(shapes.part, (0,), np.uint8),
        "face_size": np.array(shapes.size, np.uint8),
        "smooth": np.array(shapes.smooth, np.bool_),
        "object_id": np.array(rows["id"], np.uint16),
        "object_matrix": np.array(rows["matrix"], np.float64).reshape(-1, 4, 4),
        "object_vertices": np.array(rows["vertices"], np.int32),
        "object_triangles": np.array(rows["triangles"], np.int32),
        "strand_points": _join(hair["points"], (0, 3), np.float32),
        "strand_radius": _join(hair["radius"], (0,), np.float32),
        "strand_count": np.array(hair["count"], np.int32),
        "strand_length": np.array(hair["length"], np.int32),
        "strand_object": np.array(hair["object"], np.uint16),
        "strand_matrix": np.array(hair["matrix"], np.float64).reshape(-1, 4, 4),
    }
    if later is not None:
        out["next_matrix"] = np.array(rows["to"], np.float64).reshape(-1, 4, 4)
        out["next_vertices"] = np.array(rows["then"], np.int32)
    return out


def world_triangles(packed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The packed scene as world triangles.

    Args:
        packed: Arrays of `mesh.npz`.
    Returns:
        vertices (V, 3) float64 world; triangles (T, 3) int32; triangle_object (T,) uint16; triangle_part (T,) uint8;
        triangle_smooth (T,) bool; triangle_face (T,) int32 face of the object's own mesh;
        strand_points (M, 3) float64, strand_radius (M,) float32, strand_start (N,) int32 first point of each strand,
        strand_object (N,) uint16; object_id (O,) uint16 and object_matrix (O, 4, 4) float64, world from each mesh's own
        frame (where renderers make its smooth normals); for frames with flow also next_vertices (V, 3) float64.
    Raises:
        DatasetError: another layout, or arrays that contradict each other.
    """
    _check(packed)
    p = {k: np.asarray(v) for k, v in packed.items()}
    first, begin = p["vertex_start"].astype(np.int64), p["triangle_start"].astype(np.int64)
    vertices: list[np.ndarray] = []
    following: list[np.ndarray] = []
    triangles: list[np.ndarray] = []
    owner: list[np.ndarray] = []
    part: list[np.ndarray] = []
    smooth: list[np.ndarray] = []
    face: list[np.ndarray] = []
    base = 0
    for i, (a, t) in enumerate(zip(p["object_vertices"].tolist(), p["object_triangles"].tolist(), strict=True)):
        own = p["vertices"][first[a] : first[a + 1]].astype(np.float64)
        rows = slice(begin[t], begin[t + 1])
        count = int(begin[t + 1] - begin[t])
        vertices.append(transform(p["object_matrix"][i], own))
        triangles.append(p["triangles"][rows] + base)
        owner.append(np.full(count, p["object_id"][i], np.uint16))
        part.append(p["triangle_part"][rows])
        smooth.append(np.full(count, p["smooth"][t]))
        face.append(np.arange(count, dtype=np.int32) // (int(p["face_size"][t]) - 2))
        if "next_vertices" in p:
            b = int(p["next_vertices"][i])
            following.append(transform(p["next_matrix"][i], p["vertices"][first[b] : first[b + 1]].astype(np.float64)))
        base += len(own)
    out = {
        "vertices": _join(vertices, (0, 3), np.float64),
        "triangles": _join(triangles, (0, 3), np.int32),
        "triangle_object": _join(owner, (0,), np.uint16),
        "triangle_part": _join(part, (0,), np.uint8),
        "triangle_smooth": _join(smooth, (0,), np.bool_),
        "triangle_face": _join(face, (0,), np.int32),
        "object_id": p["object_id"].astype(np.uint16),
        "object_matrix": p["object_matrix"].astype(np.float64),
        **_strands(p),
    }
    if "next_vertices" in p:
        out["next_vertices"] = _join(following, (0, 3), np.float64)
    return out


def scene_mesh(geometry: SceneGeometry, later: SceneGeometry | None = None) -> dict[str, np.ndarray]:
    """`world_triangles` of a scene that was not written."""
    return world_triangles(pack_scene(geometry, later))


def _strands(p: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    count, length = p["strand_count"].astype(np.int64), p["strand_length"].astype(np.int64)
    sizes = count * length
    ends = np.cumsum(sizes)
    points = [
        transform(T, p["strand_points"][e - n : e].astype(np.float64))
        for T, e, n in zip(p["strand_matrix"], ends, sizes, strict=True)
    ]
    starts = [e - n + k * np.arange(c) for e, n, k, c in zip(ends, sizes, length, count, strict=True)]
    return {
        "strand_points": _join(points, (0, 3), np.float64),
        "strand_radius": p["strand_radius"].astype(np.float32),
        "strand_start": _join(starts, (0,), np.int32),
        "strand_object": np.repeat(p["strand_object"], count).astype(np.uint16),
    }


def _check(packed: Mapping[str, np.ndarray]) -> None:
    layout = packed.get("layout")
    if layout is None or np.shape(layout) != () or int(layout) != LAYOUT:
        got = "no number" if layout is None else np.array2string(np.asarray(layout), threshold=4)
        raise DatasetError("mesh.npz has another layout", f"layout {LAYOUT}", got, "generate the dataset again")
    arrays = _ARRAYS | (_NEXT if "next_vertices" in packed or "next_matrix" in packed else {})
    for name, (kinds, shape) in arrays.items():
        found = packed.get(name)
        if found is None:
            raise DatasetError(f"mesh.npz lacks the array {name!r}")
        if found.dtype.kind not in kinds or found.ndim != 1 + len(shape) or found.shape[1:] != shape:
            raise DatasetError(
                f"mesh.npz: {name!r} has the wrong shape or type", f"(N, {shape}) of {kinds}", f"{found.shape} of {found.dtype}"
            )  # fmt: skip
    _check_rows(packed)


def _check_rows(packed: Mapping[str, np.ndarray]) -> None:
    def require(ok: bool, what: str) -> None:
        if not ok:
            raise DatasetError(f"mesh.npz contradicts itself: {what}", fix="generate the frame again")

    n = {k: len(packed[k]) for k in _ARRAYS}
    for starts, rows in (("vertex_start", "vertices"), ("triangle_start", "triangles")):
        at = packed[starts].astype(np.int64)
        inside = len(at) > 0 and at[0] == 0 and at[-1] == n[rows] and bool((np.diff(at) >= 0).all())
        require(inside, f"{starts} does not cut up {rows}")
    arrays, shapes = n["vertex_start"] - 1, n["triangle_start"] - 1
    require(n["triangle_part"] == n["triangles"], "one part a triangle")
    require(n["face_size"] == shapes == n["smooth"] and bool(np.isin(packed["face_size"], (3, 4)).all()), "face sizes")
    require(len({n[k] for k in n if k.startswith("object_")}) == 1, "one row an object")
    require(len({n[k] for k in ("strand_count", "strand_length", "strand_object", "strand_matrix")}) == 1, "strands")
    sizes = packed["strand_count"].astype(np.int64) * packed["strand_length"].astype(np.int64)
    require(bool((sizes >= 0).all()) and int(sizes.sum()) == n["strand_points"] == n["strand_radius"], "strand points")
    chosen, shape = packed["object_vertices"].astype(np.int64), packed["object_triangles"].astype(np.int64)
    require(_within(chosen, arrays) and _within(shape, shapes), "objects without a shape")
    lengths = np.diff(packed["vertex_start"].astype(np.int64))
    require(int(lengths[chosen].sum()) <= MOST_VERTICES, f"more than {MOST_VERTICES} vertices in all")
    begin, corners = packed["triangle_start"].astype(np.int64), packed["triangles"]
    for t in np.unique(shape):
        rows = corners[begin[t] : begin[t + 1]]
        least = int(lengths[chosen[shape == t]].min())
        require(not len(rows) or (int(rows.min()) >= 0 and int(rows.max()) < least), "triangles without vertices")
    if "next_vertices" in packed:
        then = packed["next_vertices"].astype(np.int64)
        require(len(then) == len(chosen) == len(packed["next_matrix"]) and _within(then, arrays), "next vertices")
        require(bool((lengths[then] == lengths[chosen]).all()), "next vertices of another number")


def _within(rows: np.ndarray, count: int) -> bool:
    return not len(rows) or (int(rows.min()) >= 0 and int(rows.max()) < count)


def _starts(arrays: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum([len(a) for a in arrays])]).astype(np.int32)


def _join(parts: list[np.ndarray], shape: tuple[int, ...], dtype: type) -> np.ndarray:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.zeros(shape, dtype)

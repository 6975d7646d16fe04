"""What a channel decodes from: the raw passes of one view, its camera and the geometry that was rendered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..frames import invert_rigid, rays, transform
from ..geometry import Mesh, SceneGeometry

# Blender's Depth pass writes 1e10 where the ray leaves the scene.
FAR = 1e9


@dataclass(frozen=True)
class RawPasses:
    """Passes of the ground-truth render, one sample at each pixel centre.

    Attributes:
        depth: (H, W) float32, planar z in metres, > FAR on the background.
        normal: (H, W, 3) float32, world frame, shading normal without bumps.
        object: (H, W) int32, object id, 0 = background.
        face: (H, W) int32, face index of the object's mesh, -1 where the object carries no face ids.
        albedo: (H, W, 3) float32, filtered like the picture, or None without a picture.
    """

    depth: np.ndarray
    normal: np.ndarray
    object: np.ndarray
    face: np.ndarray
    albedo: np.ndarray | None = None


@dataclass(frozen=True)
class Hits:
    """Where rays met meshes that carry face ids.

    Attributes:
        pixel: (N,) flat pixel index.
        object: (N,) object index (id - 1).
        face: (N,) face of that object.
        corners: (N, 3) which corners of the face make the triangle.
        bary: (N, 3) float64 barycentric coordinates on that triangle, all >= 0, sum 1.
    """

    pixel: np.ndarray
    object: np.ndarray
    face: np.ndarray
    corners: np.ndarray
    bary: np.ndarray


@dataclass(frozen=True)
class View:
    """One camera at one moment, with what was rendered.

    Attributes:
        K: (3, 3) float64 intrinsics, pixels.
        T_world_from_cam: (4, 4) float64, OpenCV axes.
        T_world_from_cam_next: the camera one frame later, or None for a single frame.
        geometry: The scene at this moment.
        geometry_next: The scene one frame later, or None.
        raw: Passes of this moment.
        raw_next: Passes one frame later, or None.
    """

    width: int
    height: int
    K: np.ndarray
    T_world_from_cam: np.ndarray
    geometry: SceneGeometry
    raw: RawPasses
    T_world_from_cam_next: np.ndarray | None = None
    geometry_next: SceneGeometry | None = None
    raw_next: RawPasses | None = None

    @property
    def T_cam_from_world(self) -> np.ndarray:
        """(4, 4) float64."""
        return invert_rigid(self.T_world_from_cam)

    @cached_property
    def hit(self) -> np.ndarray:
        """(H, W) bool: the pixel shows something."""
        return self.raw.depth < FAR

    @cached_property
    def directions(self) -> np.ndarray:
        """(H, W, 3) float64 world directions through the pixel centres, scaled to planar depth 1."""
        return rays(self.K, self.T_world_from_cam, self.width, self.height)[1]

    @cached_property
    def points(self) -> np.ndarray:
        """(H, W, 3) float64 world points seen; garbage where `hit` is False."""
        return self.T_world_from_cam[:3, 3] + self.directions * self.raw.depth[..., None].astype(np.float64)

    def lookup(self, values: list[int]) -> np.ndarray:
        """(H, W) uint16: `values[id - 1]` of each pixel's object, 0 on the background."""
        table = np.zeros(len(values) + 1, np.uint16)
        table[1:] = values
        return table[self.raw.object]

    @cached_property
    def hits(self) -> Hits:
        """Pixels on meshes with face ids, with exact barycentric coordinates of the pixel-centre ray."""
        flat_object = self.raw.object.ravel()
        flat_face = self.raw.face.ravel()
        parts = []
        for index in np.unique(flat_object[flat_face >= 0]) - 1:
            item = self.geometry.objects[index]
            if not isinstance(item.geometry, Mesh) or (item.geometry.iuv is None and item.person < 0):
                continue
            pixel = np.nonzero((flat_object == index + 1) & (flat_face >= 0))[0]
            face = flat_face[pixel]
            corners, bary = locate(
                item.geometry, item.T_world_from_object, face, self.T_world_from_cam[:3, 3], self.directions.reshape(-1, 3)[pixel]
            )
            parts.append(Hits(pixel, np.full(len(pixel), index), face, corners, bary))
        if not parts:
            none = np.zeros(0, np.int64)
            return Hits(none, none, none, np.zeros((0, 3), np.int64), np.zeros((0, 3)))
        return Hits(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("pixel", "object", "face", "corners", "bary")))


def locate(
    mesh: Mesh, T_world_from_object: np.ndarray, face: np.ndarray, origin: np.ndarray, direction: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Barycentric coordinates where rays meet given faces.

    Args:
        mesh: Triangles or quads (split as `Mesh.triangles` does).
        face: (N,) face index of each ray.
        origin: (3,) common origin; direction: (N, 3).
    Returns:
        corners (N, 3) int, bary (N, 3) float64 clipped to the triangle. Of a quad's two triangles the one that
        holds the hit is taken.
    """
    choices = [np.tile([0, 1, 2], (len(face), 1))]
    if mesh.faces.shape[1] == 4:
        flip = mesh.folded()[face][:, None]
        choices = [np.where(flip, [0, 1, 3], [0, 1, 2]), np.where(flip, [1, 2, 3], [0, 2, 3])]
    world = transform(T_world_from_object, mesh.vertices.astype(np.float64))
    best_bary = np.full((len(face), 3), -np.inf)
    best_corners = np.zeros((len(face), 3), np.int64)
    for corners in choices:
        rows = np.take_along_axis(mesh.faces[face], corners, 1)
        bary = _ray_bary(world[rows[:, 0]], world[rows[:, 1]], world[rows[:, 2]], origin, direction)
        better = bary.min(1) > best_bary.min(1)
        best_bary[better], best_corners[better] = bary[better], corners[better]
    best_bary = np.clip(best_bary, 0.0, None)
    total = best_bary.sum(1, keepdims=True)
    return best_corners, np.where(total > 0, best_bary / np.where(total > 0, total, 1), 1 / 3)


def _ray_bary(a: np.ndarray, b: np.ndarray, c: np.ndarray, origin: np.ndarray, direction: np.ndarray) -> np.ndarray:
    # Möller–Trumbore without culling.
    e1, e2 = b - a, c - a
    p = np.cross(direction, e2)
    det = np.einsum("ij,ij->i", e1, p)
    det = np.where(np.abs(det) < 1e-18, 1e-18, det)
    s = origin - a
    u = np.einsum("ij,ij->i", s, p) / det
    q = np.cross(s, e1)
    v = np.einsum("ij,ij->i", direction, q) / det
    return np.nan_to_num(np.stack([1 - u - v, u, v], 1), nan=-1e9, posinf=-1e9, neginf=-1e9)


def interpolate(values: np.ndarray, mesh: Mesh, hits_face: np.ndarray, corners: np.ndarray, bary: np.ndarray) -> np.ndarray:
    """Per-vertex values (V, D) at hits: (N, D) float64."""
    rows = np.take_along_axis(mesh.faces[hits_face], corners, 1)
    return np.einsum("nk,nkd->nd", bary, values[rows].astype(np.float64))


def interpolate_corners(values: np.ndarray, hits_face: np.ndarray, corners: np.ndarray, bary: np.ndarray) -> np.ndarray:
    """Per-corner values (F, k, D) at hits: (N, D) float64."""
    return np.einsum("nk,nkd->nd", bary, np.take_along_axis(values[hits_face], corners[:, :, None], 1).astype(np.float64))

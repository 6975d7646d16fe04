"""Normals: length, side, frame, slope of the depth, and shading normals of the triangles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..limits import LIMITS
from ..mesh_normals import shading_normals
from ..registry import checks
from ..report import Result
from ..subject import Subject

# A 3 x 3 patch counts as smooth if its second differences are below this share of the depth.
_FLAT = 2e-4
# More pixels off than this share are a wrong frame or formula, and no roundness.
_MOST_ROUND = 0.05


def turn_back(normal: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """Normals (N, 3) that lean away from the camera turned back to the silhouette, as the channel documents."""
    d = rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    n = normal - np.maximum((normal * d).sum(-1, keepdims=True), 0.0) * d
    length = np.linalg.norm(n, axis=-1, keepdims=True)
    return np.where(length > 1e-6, n / np.maximum(length, 1e-6), -d)


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Degrees between vectors (…, 3)."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), (a * b).sum(-1)))


def length_residual(normal: np.ndarray, hit: np.ndarray) -> float:
    """Largest departure from length 1 on surfaces and from 0 off them; infinite for NaN."""
    length = np.linalg.norm(normal.astype(np.float64), axis=-1)
    off = np.abs(length - hit)
    return float(np.nan_to_num(off, nan=np.inf).max(initial=0.0))


def slope_angles(points: np.ndarray, normal: np.ndarray, objects: np.ndarray, eye_depth: np.ndarray) -> np.ndarray:
    """Degrees between normals and the cross product of depth differences, on smooth patches of one object.

    Args:
        points: (H, W, 3) float64, in the frame of `normal`.
        normal: (H, W, 3); objects: (H, W); eye_depth: (H, W) planar depth.
    """
    c = (slice(1, -1), slice(1, -1))
    right, left, down, up = (
        (c[0], slice(2, None)),
        (c[0], slice(None, -2)),
        (slice(2, None), c[1]),
        (slice(None, -2), c[1]),
    )
    z = np.where(np.isfinite(eye_depth), eye_depth, 0.0).astype(np.float64)
    smooth = objects[c] > 0
    for n in (right, left, down, up):
        smooth &= objects[n] == objects[c]
    for p, q in ((right, left), (down, up)):
        smooth &= np.abs(z[p] + z[q] - 2 * z[c]) < _FLAT * z[c]
    across, along = points[right] - points[left], points[down] - points[up]
    with np.errstate(invalid="ignore"):
        slope = np.cross(along, across)
        # Seen edge on, one pixel spans centimetres and the quotient says nothing.
        steep = np.linalg.norm(slope, axis=-1) > 0
        smooth &= steep
    found = slope[smooth]
    return angles(found, normal[c][smooth])


@checks.register("normal")
def check_normal(frame: Subject) -> Iterator[Result]:
    """Normals of one frame."""
    hit = frame.hit
    if frame.has("normal"):
        normal = frame.channel("normal")
        yield frame.measure("normal.unit", length_residual(normal, hit))
        rays = frame.directions @ frame.T_world_from_cam[:3, :3]  # camera axes
        facing = (normal * rays).sum(-1)[hit] / np.linalg.norm(rays[hit], axis=-1)
        yield frame.measure("normal.facing", float(np.nan_to_num(facing, nan=np.inf).max(initial=-1.0)))
        if frame.has("depth"):
            depth = frame.channel("depth")
            with np.errstate(invalid="ignore"):
                found = slope_angles(rays * depth[..., None], normal, np.where(frame.on_hair, 0, frame.objects), depth)
            if len(found) >= 50:
                yield frame.measure("normal.gradient", float(np.median(found)))
            else:
                yield frame.skip("normal.gradient", "fewer than 50 smooth patches in the picture")
        yield from _against_witness(frame, normal.astype(np.float64) @ frame.T_world_from_cam[:3, :3].T)
    if frame.has("normal_world"):
        world = frame.channel("normal_world")
        yield frame.measure("normal_world.unit", length_residual(world, hit))
        if frame.has("normal"):
            turned = world.astype(np.float64) @ frame.T_world_from_cam[:3, :3]
            yield frame.measure("normal_world.frames", float(np.abs(turned - frame.channel("normal")).max(initial=0.0)))


def _against_witness(frame: Subject, world: np.ndarray) -> Iterator[Result]:
    if frame.mesh is None:
        yield frame.skip("normal.witness", frame.no_mesh)
        return
    hits, flat = frame.hits, world.reshape(-1, 3)
    agreed = np.nonzero((hits.triangle >= 0) & frame.hit.ravel() & ~frame.near_hair.ravel() & frame.agreed.ravel())[0]
    if not len(agreed):
        yield frame.skip("normal.witness", "no pixel on a mesh")
        return
    rays = frame.directions.reshape(-1, 3)[agreed]
    normal = _seen(frame.mesh, hits.triangle[agreed], hits.bary[agreed], rays)
    error = angles(normal, flat[agreed])
    off = np.nonzero(error > LIMITS["normal.witness"].bound)[0]
    if 0 < len(off) <= _MOST_ROUND * len(error):
        # A leaf smaller than a pixel turns by degrees within the spread of a sample: so far the picture may be off.
        reach = np.zeros(len(off))
        for found in frame.around(rays[off]):
            same = np.nonzero(found.triangle == hits.triangle[agreed[off]])[0]
            beside = _seen(frame.mesh, found.triangle[same], found.bary[same], rays[off[same]])
            reach[same] = np.maximum(reach[same], angles(beside, normal[off[same]]))
        error[off] = np.maximum(error[off] - reach, 0.0)
    yield frame.measure("normal.witness", float(np.percentile(error, 99)))


def _seen(mesh: dict[str, np.ndarray], triangle: np.ndarray, bary: np.ndarray, rays: np.ndarray) -> np.ndarray:
    """(N, 3) shading normals at hits, as the channel shows them."""
    normal, geometric = shading_normals(mesh, triangle, bary)
    # Surfaces are seen from either side: the geometric side decides which way the shading normal points.
    behind = (geometric * rays).sum(-1) > 0
    return turn_back(np.where(behind[:, None], -normal, normal), rays)

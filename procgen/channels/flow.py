"""Optical flow to the next frame, from the surfaces themselves."""

from __future__ import annotations

import numpy as np

from ..frames import invert_rigid, pixel_centres, project, transform
from ..geometry import Mesh, Strands
from ..people.nearest import NearestPoints
from ..registry import channels
from .channel import Channel
from .view import FAR, View, interpolate

# A point counts as visible in the next frame if the next depth there is not nearer by more than this share.
OCCLUSION_SHARE = 0.01


def next_points(view: View) -> np.ndarray:
    """(H, W, 3) float64 world position, one frame later, of the surface point in each pixel."""
    later = view.geometry_next
    moved = view.points.copy()
    flat = moved.reshape(-1, 3)
    if later is None:
        return moved
    hits = view.hits
    for index in np.unique(hits.object):
        mesh = view.geometry.objects[index].geometry
        after = later.objects[index]
        here = hits.object == index
        if isinstance(mesh, Mesh):
            now_here = interpolate(after.geometry.vertices, mesh, hits.face[here], hits.corners[here], hits.bary[here])
            flat[hits.pixel[here]] = transform(after.T_world_from_object, now_here)
    for index, item in enumerate(view.geometry.objects):
        if isinstance(item.geometry, Strands):
            pixel = np.nonzero((view.raw.object == index + 1).ravel())[0]
            if len(pixel):
                flat[pixel] += _strand_motion(item, later.objects[index], flat[pixel])
    return moved


def _strand_motion(item: object, after: object, points: np.ndarray) -> np.ndarray:
    now = transform(item.T_world_from_object, item.geometry.points.reshape(-1, 3).astype(np.float64))  # type: ignore[attr-defined]
    then = transform(after.T_world_from_object, after.geometry.points.reshape(-1, 3).astype(np.float64))  # type: ignore[attr-defined]
    _, nearest = NearestPoints(now).query(points)
    nearest = np.asarray(nearest).reshape(len(points), -1)[:, 0]
    return then[nearest] - now[nearest]


def decode_flow(view: View) -> np.ndarray | None:
    """(H, W, 2) float32 (dx, dy) in pixels to the next frame; the sky moves with the camera's rotation."""
    if view.T_world_from_cam_next is None:
        return None
    T_next = invert_rigid(view.T_world_from_cam_next)
    target, z = project(view.K, T_next, next_points(view))
    direction = view.directions @ T_next[:3, :3].T
    sky = np.stack([view.K[0, 0] * direction[..., 0], view.K[1, 1] * direction[..., 1]], -1) / direction[..., 2:3]
    target = np.where(view.hit[..., None], target, sky + view.K[:2, 2])
    flow = target - pixel_centres(view.width, view.height)
    return np.where((z > 1e-6)[..., None] | ~view.hit[..., None], flow, 0.0).astype(np.float32)


def decode_flow_valid(view: View) -> np.ndarray | None:
    """(H, W) uint8: 255 where the surface point is seen in the next frame too, else 0."""
    flow = decode_flow(view)
    if flow is None or view.raw_next is None or view.T_world_from_cam_next is None:
        return None
    at = pixel_centres(view.width, view.height) + flow
    x, y = np.floor(at[..., 0]).astype(int), np.floor(at[..., 1]).astype(int)
    inside = (x >= 0) & (x < view.width) & (y >= 0) & (y < view.height)
    xs, ys = np.clip(x, 0, view.width - 1), np.clip(y, 0, view.height - 1)
    _, z = project(view.K, invert_rigid(view.T_world_from_cam_next), next_points(view))
    seen = view.raw_next.depth[ys, xs]
    same = view.raw_next.object[ys, xs] == view.raw.object
    visible = np.where(view.hit, same & (np.abs(seen - z) <= OCCLUSION_SHARE * np.maximum(z, 0.1)), seen > FAR)
    return np.where(inside & visible, 255, 0).astype(np.uint8)


channels.register("flow")(
    Channel(
        "flow",
        "flow.exr",
        "float32",
        "H,W,2",
        "px",
        "image",
        "vertices of the next frame",
        decode_flow,
        ("X", "Y"),
        True,
        "Forward optical flow (dx, dy) to the next frame, for sequences.",
    )
)
channels.register("flow_valid")(
    Channel(
        "flow_valid",
        "flow_valid.png",
        "uint8",
        "H,W",
        "0/255",
        "image",
        "depth of the next frame",
        decode_flow_valid,
        (),
        True,
        "255 where the point is visible in the next frame.",
    )
)

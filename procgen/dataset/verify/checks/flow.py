"""Flow: reprojected depth for what rests, moved triangles for what moves, ids of the next frame."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....channels.flow import OCCLUSION_SHARE
from ....frames import invert_rigid, pixel_centres, project
from ..registry import checks
from ..report import Result
from ..subject import Subject
from .camera import scene_camera


@checks.register("flow")
def check_flow(frame: Subject) -> Iterator[Result]:
    """Flow of one frame."""
    if not frame.has("flow"):
        return
    flow = frame.channel("flow").astype(np.float64)
    T_next = frame.next.T_world_from_cam if frame.next else scene_camera(frame, frame.record.time + 1)
    if T_next is None:
        for check in ("flow.static", "flow.sky", "flow.witness"):
            yield frame.skip(check, "there is no next frame")
    else:
        yield from _at_rest(frame, flow, invert_rigid(T_next))
        yield from _moving(frame, flow, invert_rigid(T_next))
    yield from _next_frame(frame, flow)


def flow_of(
    points: np.ndarray, at: np.ndarray, K: np.ndarray, T_cam_from_world: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Pixels (N, 2) that points (N, 3) move by, from `at` (N, 2), and their depth in the next camera."""
    target, z = project(K, T_cam_from_world, points)
    return target - at, z


def resting(frame: Subject) -> np.ndarray:
    """(H, W) bool: pixels on things at rest; what rests is read from the triangles where they are there."""
    rest = frame.hit & (frame.person_of_pixel < 0)
    if frame.mesh is not None and "next_vertices" in frame.mesh:
        moved = (frame.mesh["vertices"] != frame.mesh["next_vertices"]).any(1)
        triangles = moved[frame.mesh["triangles"]].any(1)
        rest &= ~np.isin(frame.objects, np.unique(frame.mesh["triangle_object"][triangles]))
    return rest


def _at_rest(frame: Subject, flow: np.ndarray, T_next: np.ndarray) -> Iterator[Result]:
    centres = pixel_centres(frame.width, frame.height)
    rest = resting(frame)
    if rest.any():
        expected, z = flow_of(frame.points[rest], centres[rest], frame.K, T_next)
        error = np.linalg.norm(expected - flow[rest], axis=1)[z > 0.05]
        if len(error):
            yield frame.measure("flow.static", float(np.percentile(error, 99)), got=_direction(expected, flow[rest]))
    sky = ~frame.hit
    if sky.any():
        far = frame.T_world_from_cam[:3, 3] + frame.directions[sky] * 1e9
        expected, z = flow_of(far, centres[sky], frame.K, T_next)
        error = np.linalg.norm(expected - flow[sky], axis=1)[z > 0]
        if len(error):
            yield frame.measure("flow.sky", float(error.max()), got=_direction(expected, flow[sky]))


def _direction(expected: np.ndarray, got: np.ndarray) -> str:
    # The usual suspects, named: users reported each of them of other tools.
    total = float((expected**2).sum())
    if total < 1e-6:
        return ""
    along = float((expected * got).sum()) / total
    swapped = float((expected[:, ::-1] * got).sum()) / total
    hint = "sign flipped" if along < -0.8 else "x and y swapped" if swapped > 0.8 and along < 0.5 else "flow"
    return f"{hint}, {along:+.2f} times the expected"


def _moving(frame: Subject, flow: np.ndarray, T_next: np.ndarray) -> Iterator[Result]:
    mesh = frame.mesh
    if mesh is None or "next_vertices" not in mesh:
        yield frame.skip("flow.witness", frame.no_mesh if mesh is None else "mesh.npz holds no next_vertices")
        return
    hits = frame.hits
    on = np.nonzero((hits.triangle >= 0) & (frame.agreed & ~frame.near_hair).ravel())[0]
    rows = mesh["triangles"][hits.triangle[on]].astype(np.int64)
    points = np.einsum("nk,nkd->nd", hits.bary[on], mesh["next_vertices"][rows])
    centres = pixel_centres(frame.width, frame.height).reshape(-1, 2)[on]
    expected, z = flow_of(points, centres, frame.K, T_next)
    error = np.linalg.norm(expected - flow.reshape(-1, 2)[on], axis=1)[z > 0.05]
    if len(error):
        yield frame.measure(
            "flow.witness", float(np.percentile(error, 99)), got=_direction(expected, flow.reshape(-1, 2)[on])
        )


def _next_frame(frame: Subject, flow: np.ndarray) -> Iterator[Result]:
    if not frame.has("flow_valid"):
        return
    valid = frame.channel("flow_valid")
    bad = ~np.isin(valid, (0, 255))
    yield frame.measure("flow_valid.range", int(bad.sum()), got=frame.where(bad, valid))
    later = frame.next
    if later is None or not later.has("object") or not later.has("depth"):
        for check in ("flow.next", "flow_valid.witness"):
            yield frame.skip(check, "the next frame is not there")
        return
    target = np.floor(pixel_centres(frame.width, frame.height) + flow).astype(np.int64)
    inside = (target >= 0).all(-1) & (target[..., 0] < frame.width) & (target[..., 1] < frame.height)
    x, y = np.clip(target[..., 0], 0, frame.width - 1), np.clip(target[..., 1], 0, frame.height - 1)
    there = later.objects[y, x]
    claimed = valid == 255
    if claimed.any():
        wrong = ~(inside & (there == frame.objects))[claimed]
        yield frame.share("flow.next", int(wrong.sum()), len(wrong))
    rest = resting(frame) & np.isfinite(frame.channel("depth"))
    if rest.any():
        _, z = project(frame.K, later.T_cam_from_world, frame.points[rest])
        seen = later.channel("depth")[y[rest], x[rest]]
        close = np.abs(seen - z) <= OCCLUSION_SHARE * np.maximum(z, 0.1)
        expected = inside[rest] & (there == frame.objects)[rest] & close
        wrong = expected != claimed[rest]
        yield frame.share("flow_valid.witness", int(wrong.sum()), len(wrong))

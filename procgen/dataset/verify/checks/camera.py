"""Camera: K from its lens, a rigid pose, and the pose that the scene gives this view at this time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....errors import SpecError
from ....frames import intrinsics
from ....spec import CameraSpec
from ...fields import parse_json
from ...record import RECORD_FILE
from ..registry import checks
from ..report import Result
from ..subject import Subject


def rigid_residual(T: np.ndarray, inverse: np.ndarray) -> float:
    """Largest departure of a pose (4, 4) from a rotation with its inverse; infinite for a mirror."""
    R = T[:3, :3]
    if np.linalg.det(R) < 0:
        return float("inf")
    parts = (R @ R.T - np.eye(3), T @ inverse - np.eye(4), T[3] - [0, 0, 0, 1], inverse[3] - [0, 0, 0, 1])
    return max(float(np.abs(p).max()) for p in parts)


@checks.register("camera")
def check_camera(frame: Subject) -> Iterator[Result]:
    """Camera of one frame."""
    c = frame.record.camera
    K = intrinsics(c.width, c.height, c.focal_mm, c.sensor_mm, c.shift, c.pixel_aspect)
    yield frame.measure("camera.K", float(np.abs(K - c.K).max()), expected=str(K.tolist()), got=str(c.K.tolist()))
    # Both matrices as written: the record keeps one of them and inverts it.
    stored = parse_json((frame.folder / RECORD_FILE).read_bytes(), RECORD_FILE)["camera"]
    T, back = np.array(stored["T_world_from_cam"], np.float64), np.array(stored["T_cam_from_world"], np.float64)
    scale = max(1.0, float(np.abs(T).max()))
    yield frame.measure("camera.rigid", rigid_residual(T, back) / scale)
    yield from _against_scene(frame)


def scene_camera(frame: Subject, time: int) -> np.ndarray | None:
    """(4, 4) T_world_from_cam that the scene file gives this view at a frame number; None without one."""
    cameras = (frame.scene or {}).get("cameras", [])
    if frame.record.view >= len(cameras):
        return None
    try:
        spec = CameraSpec.from_dict(cameras[frame.record.view])
    except SpecError:
        return None
    return spec.T_world_from_cam(time / float((frame.scene or {}).get("fps", 24.0)))


def _against_scene(frame: Subject) -> Iterator[Result]:
    expected = scene_camera(frame, frame.record.time)
    if expected is None:
        yield frame.skip("camera.pose", "the scene file gives this view no camera")
        return
    scale = max(1.0, float(np.abs(expected).max()))
    error = float(np.abs(expected - frame.T_world_from_cam).max()) / scale
    yield frame.measure(
        "camera.pose", error, expected=f"centre {expected[:3, 3].round(4).tolist()}",
        got=f"centre {frame.T_world_from_cam[:3, 3].round(4).tolist()}",
    )  # fmt: skip

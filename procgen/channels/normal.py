"""Surface normals in the camera frame (OpenCV axes) and in the world frame."""

from __future__ import annotations

import numpy as np

from ..registry import channels
from .channel import Channel
from .view import View


def decode_normal_world(view: View) -> np.ndarray:
    """(H, W, 3) float32 unit normals in world axes, facing the camera; zero on the background.

    Interpolated normals can lean away from the camera near a silhouette; those are turned back to the silhouette, so
    that "facing the camera" holds for every pixel.
    """
    n = view.raw.normal.astype(np.float64)
    d = view.directions / np.linalg.norm(view.directions, axis=-1, keepdims=True)
    away = np.maximum((n * d).sum(-1, keepdims=True), 0.0)
    n = n - away * d
    length = np.linalg.norm(n, axis=-1, keepdims=True)
    n = np.where(length > 1e-6, n / np.maximum(length, 1e-6), -d)
    return np.where(view.hit[..., None], n, 0.0).astype(np.float32)


def decode_normal(view: View) -> np.ndarray:
    """(H, W, 3) float32 unit normals in camera axes (x right, y down, z forward), z <= 0 towards the camera."""
    return (decode_normal_world(view).astype(np.float64) @ view.T_world_from_cam[:3, :3]).astype(np.float32)


channels.register("normal")(
    Channel(
        "normal",
        "normal.exr",
        "float32",
        "H,W,3",
        "1",
        "camera",
        "Normal",
        decode_normal,
        ("X", "Y", "Z"),
        True,
        "Unit normal in camera axes, facing the camera; 0 on the background.",
    )
)
channels.register("normal_world")(
    Channel(
        "normal_world",
        "normal_world.exr",
        "float32",
        "H,W,3",
        "1",
        "world",
        "Normal",
        decode_normal_world,
        ("X", "Y", "Z"),
        False,
        "Unit normal in world axes, facing the camera; 0 on the background.",
    )
)

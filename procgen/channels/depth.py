"""Depth along the optical axis, and distance along the ray."""

from __future__ import annotations

import numpy as np

from ..registry import channels
from .channel import Channel
from .view import View


def decode_depth(view: View) -> np.ndarray:
    """(H, W) float32 planar z in metres, +inf on the background."""
    return np.where(view.hit, view.raw.depth, np.inf).astype(np.float32)


def decode_distance(view: View) -> np.ndarray:
    """(H, W) float32 distance from the camera centre in metres, +inf on the background."""
    length = np.linalg.norm(view.directions, axis=-1)
    return np.where(view.hit, view.raw.depth * length, np.inf).astype(np.float32)


channels.register("depth")(
    Channel(
        "depth",
        "depth.exr",
        "float32",
        "H,W",
        "m",
        "camera",
        "Depth",
        decode_depth,
        ("Z",),
        True,
        "Planar depth along the camera's z axis; +inf on the background.",
    )
)
channels.register("distance")(
    Channel(
        "distance",
        "distance.exr",
        "float32",
        "H,W",
        "m",
        "camera",
        "Depth",
        decode_distance,
        ("D",),
        False,
        "Distance along the ray; +inf on the background.",
    )
)

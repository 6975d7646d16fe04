"""Labels as pictures for image generators to be conditioned on, in the look that public ControlNets expect."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..channels.classes import COLORS
from ..errors import unknown_name
from .drawing import Canvas
from .reader import Frame

# OpenPose's 18 points by COCO name; "neck" is the middle of the shoulders. Limbs, colours and the factor 0.6 are those
# of OpenPose's and ControlNet's renderers.
_POINTS = ("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
           "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
           "right_ear", "left_ear")  # fmt: skip
_LIMBS = ((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
          (0, 14), (14, 16), (0, 15), (15, 17))  # fmt: skip
_COLORS = ((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0),
           (0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255),
           (170, 0, 255), (255, 0, 255), (255, 0, 170), (255, 0, 85))  # fmt: skip


def depth_picture(depth: np.ndarray) -> np.ndarray:
    """(H, W) uint8: inverse depth from black (background, farthest) to white (nearest), as MiDaS shows it."""
    seen = np.isfinite(depth) & (depth > 0)
    if not seen.any():
        return np.zeros(depth.shape, np.uint8)
    inverse = np.where(seen, 1.0 / np.where(seen, depth, 1.0).astype(np.float64), 0.0)
    low = 0.0 if not seen.all() else inverse.min()
    return np.rint(255 * (inverse - low) / max(inverse.max() - low, 1e-12)).astype(np.uint8)


def normal_picture(normal: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 of camera normals: red to the right, green up, blue to the viewer; background (128, 128, 255)."""
    shown = normal.astype(np.float64) * (1.0, -1.0, -1.0)  # from OpenCV's axes
    shown[(normal == 0).all(-1)] = (0.0, 0.0, 1.0)
    return np.rint((shown * 0.5 + 0.5) * 255).clip(0, 255).astype(np.uint8)


def semantic_picture(semantic: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 in the colours of `channels/classes.py`."""
    table = np.zeros((max(len(COLORS), int(semantic.max(initial=0)) + 1), 3), np.uint8)
    table[: len(COLORS)] = COLORS
    return table[semantic]


def pose_picture(frame: Frame) -> np.ndarray:
    """(H, W, 3) uint8: OpenPose skeletons of everybody in sight on black, the farthest drawn first."""
    width, height = frame.camera.width, frame.camera.height
    canvas = Canvas.blank(width, height, (0, 0, 0))
    size = max(1.5, 4.0 * min(width, height) / 512)
    people = [p for p in frame.people if p.record.visible_px > 0]
    for person in sorted(people, key=lambda p: -float(np.median(p.keypoints3d("coco17", "camera")[:, 2]))):
        names = person.keypoint_set("coco17").names
        known = {n: k for n, k in zip(names, person.keypoints("coco17"), strict=True) if k[2] > 0}
        if "left_shoulder" in known and "right_shoulder" in known:
            known["neck"] = (known["left_shoulder"] + known["right_shoulder"]) / 2
        for (a, b), color in zip(_LIMBS, _COLORS, strict=False):
            if _POINTS[a] in known and _POINTS[b] in known:
                dark = tuple(0.6 * c for c in color)
                canvas.line(known[_POINTS[a]][:2], known[_POINTS[b]][:2], 2 * size, dark)
        for name, color in zip(_POINTS, _COLORS, strict=True):
            if name in known:
                canvas.disc(known[name][:2], size, color)
    return canvas.to_uint8()


PICTURES: dict[str, tuple[str, Callable[[Frame], np.ndarray]]] = {
    # name: (channel that it needs, picture)
    "depth": ("depth", lambda f: depth_picture(f["depth"])),
    "normal": ("normal", lambda f: normal_picture(f["normal"])),
    "semantic": ("semantic", lambda f: semantic_picture(f["semantic"])),
    "pose": ("rgb", pose_picture),
}


def condition_picture(frame: Frame, name: str) -> np.ndarray:
    """A conditioning picture by name: "depth", "normal", "semantic" or "pose"."""
    if name not in PICTURES:
        raise unknown_name("conditioning picture", name, PICTURES)
    return PICTURES[name][1](frame)

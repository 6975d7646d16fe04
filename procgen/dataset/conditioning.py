"""Labels as pictures for image generators to be conditioned on, encoded as public checkpoints expect them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..channels.classes import COLORS, NAMES
from ..errors import unknown_name
from .drawing import resize
from .openpose import PoseStyle, Strokes, pose_picture
from .reader import Frame

# ADE20K's colours (MIT scene parsing benchmark, colour150) of what our classes are called there.
_PERSON = (150, 5, 61)
ADE20K: dict[str, tuple[int, int, int]] = {
    "background": (6, 230, 230), "skin": _PERSON, "hair": _PERSON, "eyes": _PERSON, "teeth": _PERSON,
    "upper_clothes": _PERSON, "lower_clothes": _PERSON, "dress": _PERSON, "outerwear": _PERSON, "footwear": _PERSON,
    "accessory": _PERSON, "terrain": (4, 250, 7), "road": (140, 140, 140), "building": (180, 120, 120),
    "wall": (120, 120, 120), "floor": (80, 50, 50), "ceiling": (120, 120, 80), "vegetation": (4, 200, 3),
    "rock": (255, 41, 10), "water": (61, 230, 250), "furniture": (204, 70, 3), "prop": (0, 255, 20),
    "vehicle": (0, 102, 200), "window": (230, 230, 230), "door": (8, 255, 51),
}  # fmt: skip

Normals = Literal["gl", "bae", "midas"]
Classes = Literal["vivant", "ade20k"]


def depth_picture(depth: np.ndarray) -> np.ndarray:
    """(H, W) uint8: inverse depth from black (background, farthest) to white (nearest), as MiDaS shows it."""
    seen = np.isfinite(depth) & (depth > 0)
    if not seen.any():
        return np.zeros(depth.shape, np.uint8)
    inverse = np.where(seen, 1.0 / np.where(seen, depth, 1.0).astype(np.float64), 0.0)
    low = 0.0 if not seen.all() else inverse.min()
    return np.rint(255 * (inverse - low) / max(inverse.max() - low, 1e-12)).astype(np.uint8)


def normal_picture(normal: np.ndarray, signs: Normals = "gl") -> np.ndarray:
    """(H, W, 3) uint8 of camera normals.

    Args:
        normal: (H, W, 3) in OpenCV's axes, zero on the background.
        signs: "gl": red to the right, green up, blue to the viewer, background (128, 128, 255). "bae": red to the left,
            green up, blue to the viewer, as ControlNet 1.1's NormalBae model was trained ("blue is front, red is left,
            green is top"). "midas": the same with red and blue exchanged, the order in which ControlNet 1.0's own
            program hands its picture to the network.
    """
    shown = normal.astype(np.float64) * {"gl": (1.0, -1.0, -1.0)}.get(signs, (-1.0, -1.0, -1.0))  # from OpenCV's axes
    shown[(normal == 0).all(-1)] = (0.0, 0.0, 1.0)
    picture = np.rint((shown * 0.5 + 0.5) * 255).clip(0, 255).astype(np.uint8)
    return picture[..., ::-1] if signs == "midas" else picture


def semantic_picture(semantic: np.ndarray, classes: Classes = "vivant") -> np.ndarray:
    """(H, W, 3) uint8 in the colours of `channels/classes.py`, or in ADE20K's of the nearest of its classes."""
    colors = COLORS if classes == "vivant" else [ADE20K[name] for name in NAMES]
    table = np.zeros((max(len(colors), int(semantic.max(initial=0)) + 1), 3), np.uint8)
    table[: len(colors)] = colors
    return table[semantic]


@dataclass(frozen=True)
class Encoding:
    """How pictures are encoded for a family of checkpoints.

    Attributes:
        normals: Signs of the normals.
        classes: Palette of the classes.
        strokes: Thickness of skeletons.
    """

    normals: Normals = "gl"
    classes: Classes = "vivant"
    strokes: Strokes = "classic"


# By family of the image model; the union network of SDXL was trained on the same annotators as ControlNet 1.1.
ENCODINGS: dict[str, Encoding] = {
    "plain": Encoding(),
    "sd15": Encoding("bae", "ade20k", "classic"),
    "sdxl": Encoding("bae", "ade20k", "union"),
    "flux": Encoding("bae", "ade20k", "classic"),
    "qwenimage": Encoding("bae", "ade20k", "classic"),
}

PICTURES: dict[str, tuple[str, Callable[[Frame, Encoding, int, int], np.ndarray]]] = {
    # name: (channel that it needs, picture)
    "depth": ("depth", lambda f, e, w, h: _sized(depth_picture(f["depth"]), w, h)),
    "normal": ("normal", lambda f, e, w, h: _sized(normal_picture(f["normal"], e.normals), w, h)),
    "semantic": ("semantic", lambda f, e, w, h: semantic_picture(_nearest(f["semantic"], w, h), e.classes)),
    "pose": ("rgb", lambda f, e, w, h: pose_picture(f, w, h, PoseStyle(strokes=e.strokes))),
}


def condition_picture(
    frame: Frame, name: str, encoding: Encoding | None = None, width: int = 0, height: int = 0
) -> np.ndarray:
    """A conditioning picture.

    Args:
        frame: Whose labels.
        name: "depth", "normal", "semantic" or "pose".
        encoding: For which checkpoints; plain when left out.
        width, height: Size of the picture; the frame's own when 0.
    Returns:
        (height, width) or (height, width, 3) uint8.
    """
    if name not in PICTURES:
        raise unknown_name("conditioning picture", name, PICTURES)
    width, height = width or frame.camera.width, height or frame.camera.height
    return PICTURES[name][1](frame, encoding or Encoding(), width, height)


def _sized(picture: np.ndarray, width: int, height: int) -> np.ndarray:
    if picture.shape[:2] == (height, width):
        return picture
    return np.rint(resize(picture, width, height)).astype(np.uint8).reshape(height, width, *picture.shape[2:])


def _nearest(ids: np.ndarray, width: int, height: int) -> np.ndarray:
    rows = ((np.arange(height) + 0.5) * ids.shape[0] / height).astype(int)
    columns = ((np.arange(width) + 0.5) * ids.shape[1] / width).astype(int)
    return ids[rows[:, None], columns]

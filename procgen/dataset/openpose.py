"""Skeletons in the drawing that public pose checkpoints were trained on: OpenPose's 18 points, hands and face.

Colours, order of the limbs, the factor 0.6, elliptic limbs and the sizes are those of OpenPose's renderer as ControlNet's
annotators draw it. A detector leaves out what it cannot see, and so do we: points of the head that are turned away or
covered, hands and faces that are covered or too small, limbs behind other things.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..people.keypoints import COCO_17, COCO_WHOLEBODY
from .drawing import Canvas
from .reader import Frame, Person

# "neck" is the middle of the shoulders; the other names are COCO's.
POINTS = ("nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
          "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle", "right_eye", "left_eye",
          "right_ear", "left_ear")  # fmt: skip
LIMBS = ((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13), (1, 0),
         (0, 14), (14, 16), (0, 15), (15, 17))  # fmt: skip
COLORS = ((255, 0, 0), (255, 85, 0), (255, 170, 0), (255, 255, 0), (170, 255, 0), (85, 255, 0), (0, 255, 0),
          (0, 255, 85), (0, 255, 170), (0, 255, 255), (0, 170, 255), (0, 85, 255), (0, 0, 255), (85, 0, 255),
          (170, 0, 255), (255, 0, 255), (255, 0, 170), (255, 0, 85))  # fmt: skip
# Of 21 points: the root, then four from thumb to little finger.
HAND_EDGES = tuple((0 if k == 0 else 4 * f + k, 4 * f + k + 1) for f in range(5) for k in range(4))
HAND_POINT, FACE_POINT = (0, 0, 255), (255, 255, 255)
_HEAD = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_FACE = slice(23, 91)
_HANDS = (slice(91, 112), slice(112, 133))
# Smallest extent that detectors still find, in widths of a limb: by eye.
_SMALLEST = 2.5

Strokes = Literal["classic", "union"]


@dataclass(frozen=True)
class PoseStyle:
    """What is drawn and how thick.

    Attributes:
        hands, face: Whether they are drawn where they are large enough.
        strokes: Of bodies: "classic" is 4 pixels on a short side of 512, as SD 1.5's checkpoints expect; "union" grows in
            steps with the long side, as the SDXL checkpoints of xinsir do.
    """

    hands: bool = True
    face: bool = True
    strokes: Strokes = "classic"


def stroke(width: int, height: int, strokes: Strokes) -> float:
    """Half width of a limb and radius of a point, in pixels."""
    if strokes == "classic":
        return max(1.0, 4.0 * min(width, height) / 512)
    long = max(width, height)
    steps = (500, 1000, 2000, 3000, 4000, 5000)
    return 4.0 * (1 + sum(long >= s for s in steps))


def pose_picture(frame: Frame, width: int = 0, height: int = 0, style: PoseStyle | None = None) -> np.ndarray:
    """Skeletons of everybody in sight on black, the farthest drawn first.

    Args:
        frame: Whose people.
        width, height: Size of the picture; the frame's own when 0.
        style: Hands, face and strokes; all and classic when left out.
    Returns:
        (height, width, 3) uint8.
    """
    style = style or PoseStyle()
    width, height = width or frame.camera.width, height or frame.camera.height
    scale = np.array([width / frame.camera.width, height / frame.camera.height])
    canvas, size = Canvas.blank(width, height, (0, 0, 0)), stroke(width, height, style.strokes)
    people = [p for p in frame.people if p.record.visible_px > 0]
    for person in sorted(people, key=lambda p: -float(np.median(p.keypoints3d("coco17", "camera")[:, 2]))):
        draw_body(canvas, body_points(person, own_objects(frame, person)), scale, size)
        if "coco_wholebody" in person.record.keypoints:
            found = person.keypoint_set("coco_wholebody")
            if found.names == COCO_WHOLEBODY:
                whole = np.concatenate([found.xy * scale, found.visibility[:, None]], 1)
                # Hands and faces keep their sizes in both drawings: "union" thickens the body alone.
                fine = stroke(width, height, "classic")
                for part in _HANDS if style.hands else ():
                    draw_hand(canvas, whole[part], fine)
                if style.face:
                    eyes = [whole[COCO_17.index(n)] for n in ("right_eye", "left_eye")]
                    draw_face(canvas, np.concatenate([whole[_FACE], eyes]), fine)
    return canvas.to_uint8()


def own_objects(frame: Frame, person: Person) -> set[int]:
    """Ids of the objects that a person consists of, 0 (nothing) among them."""
    return {0} | {o.id for o in frame.record.objects if o.person == person.record.index}


def body_points(person: Person, own: set[int]) -> dict[str, np.ndarray]:
    """Name -> (2,) pixels of what a detector would see of the 18 points.

    Args:
        own: Ids of the person's own objects: what its own body or clothes hide is still found, save on the head.
    """
    found = person.keypoint_set("coco17")
    known: dict[str, np.ndarray] = {}
    for name, xy, seen, by in zip(found.names, found.xy, found.visibility, found.occluder, strict=True):
        if seen == 2 or (seen == 1 and name not in _HEAD and int(by) in own):
            known[name] = xy
    if "left_shoulder" in known and "right_shoulder" in known:
        known["neck"] = (known["left_shoulder"] + known["right_shoulder"]) / 2
    return known


def draw_body(canvas: Canvas, known: dict[str, np.ndarray], scale: np.ndarray, size: float) -> None:
    """Limbs as dark ellipses, then points as discs."""
    for (a, b), color in zip(LIMBS, COLORS, strict=False):
        if POINTS[a] in known and POINTS[b] in known:
            dark = tuple(0.6 * c for c in color)
            canvas.ellipse(known[POINTS[a]] * scale, known[POINTS[b]] * scale, size, dark)
    for name, color in zip(POINTS, COLORS, strict=True):
        if name in known:
            canvas.disc(known[name] * scale, size, color)


def draw_hand(canvas: Canvas, points: np.ndarray, size: float) -> None:
    """One hand, in the hues of the rainbow from thumb to little finger, with blue points.

    Args:
        points: (21, 3) x, y, visibility; most of them seen, or nothing is drawn.
    """
    if not _worth_drawing(points, size):
        return
    for i, (a, b) in enumerate(HAND_EDGES):
        if points[a, 2] > 0 and points[b, 2] > 0:
            canvas.strokes(points[[a, b], :2][None], max(1.0, size / 2), _hue(i / len(HAND_EDGES)))
    for x, y, seen in points:
        if seen > 0:
            canvas.disc((x, y), size, HAND_POINT)


def draw_face(canvas: Canvas, points: np.ndarray, size: float) -> None:
    """White points of a face that looks this way.

    Args:
        points: (70, 3) x, y, visibility: 68 landmarks and the pupils; most of them seen, or nothing is drawn.
    """
    if _worth_drawing(points, size):
        for x, y, seen in points:
            if seen > 0:
                canvas.disc((x, y), 0.75 * size, FACE_POINT)


def _worth_drawing(points: np.ndarray, size: float) -> bool:
    inside = points[:, 2] > 0
    if (points[:, 2] == 2).mean() < 0.5:
        return False
    extent = np.ptp(points[inside, :2], axis=0).max()
    return bool(extent >= _SMALLEST * 2 * size)


def _hue(turn: float) -> tuple[float, float, float]:
    """0..255 of a full colour by its hue."""
    parts = (abs(6 * turn - 3) - 1, 2 - abs(6 * turn - 2), 2 - abs(6 * turn - 4))
    red, green, blue = (255 * min(max(v, 0.0), 1.0) for v in parts)
    return red, green, blue

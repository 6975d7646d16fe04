"""Skeletons as a joint model is told them: people's square of a frame, with hands and faces, and its mirror image."""

from __future__ import annotations

import numpy as np

from ..procgen.dataset import Frame
from ..procgen.dataset.drawing import Canvas, resize
from ..procgen.dataset.openpose import body_points, draw_body, draw_face, draw_hand, own_objects

# Skeletons are drawn so many times larger and made small, so that a limb of a small picture keeps soft edges.
_FINE = 4


def square_window(frame: Frame) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 of the largest square, moved so that the people are in its middle."""
    width, height = frame.camera.width, frame.camera.height
    side = min(width, height)
    boxes = [p.box for p in frame.people if p.box is not None]
    centre = np.array([width / 2, height / 2])
    if boxes:
        found = np.array(boxes)
        centre = (found[:, :2].min(0) + found[:, 2:].max(0)) / 2
    x, y = (int(np.clip(round(c - side / 2), 0, full - side)) for c, full in zip(centre, (width, height), strict=True))
    return x, y, x + side, y + side


def skeleton_picture(frame: Frame, window: tuple[int, int, int, int], size: int, mirrored: bool = False) -> np.ndarray:
    """(size, size, 3) uint8: skeletons with hands and faces within a square window, or of its mirror image.

    In a mirror the left arm is on the other side, so left and right change places, and with them the colours.
    """
    fine = size * _FINE
    canvas, scale = Canvas.blank(fine, fine, (0, 0, 0)), fine / (window[2] - window[0])
    stroke = max(1.0, fine / 64)
    origin = np.array(window[:2], np.float64)

    def place(xy: np.ndarray) -> np.ndarray:
        at = (xy - origin) * scale
        return np.stack([fine - at[..., 0], at[..., 1]], -1) if mirrored else at

    people = [p for p in frame.people if p.record.visible_px > 0]
    for person in sorted(people, key=lambda p: -float(np.median(p.keypoints3d("coco17", "camera")[:, 2]))):
        known = {k: place(v) for k, v in body_points(person, own_objects(frame, person)).items()}
        if mirrored:
            known = {_other_side(name): xy for name, xy in known.items()}
        draw_body(canvas, known, np.ones(2), stroke)
        if "coco_wholebody" in person.record.keypoints:
            whole = person.keypoints("coco_wholebody").copy()
            if len(whole) == 133:
                whole[:, :2] = place(whole[:, :2])
                for part in (slice(91, 112), slice(112, 133)):
                    draw_hand(canvas, whole[part], stroke / 2)
                draw_face(canvas, whole[23:91], stroke / 2)
    return np.rint(resize(canvas.image, size, size) * 255).clip(0, 255).astype(np.uint8)


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name[5:]
    return "left_" + name[6:] if name.startswith("right_") else name

"""The body of one person among others, and the hands at the ends of its arms: found, and believed where they fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .detectors import PoseMarks, find_hands, find_pose

# MediaPipe Pose's elbow, wrist and index knuckle of each side.
_ARM = {"left": (13, 15, 19), "right": (14, 16, 20)}
# Smallest box that a hand is looked for in, pixels, and its half width as a share of the forearm.
LEAST_PX, HALF = 20.0, 0.55
# Farther than this from the arm's wrist, in half widths, it is another hand. A hand that is named after the other side is
# not believed: measured on our people, those are the ones that are wrong.
WRIST_OFF, LEAST_SCORE = 0.3, 0.8


# Share of the certain landmarks that must lie in the person's own silhouette, or it is somebody else who was found.
OWN = 0.6
# Grey that others are painted over with, and pixels about the silhouette that stay.
GREY, MARGIN = 128, 6


def marks_of(rgb: np.ndarray, box: Sequence[float] | None, mask: np.ndarray | None) -> PoseMarks | None:
    """Landmarks of one person.

    Args:
        rgb: (H, W, 3) uint8. box: About the person, pixels, or None.
        mask: (H, W) bool, their visible silhouette, or None. Where it is known and the model finds somebody else near by, it
            looks again with everything else painted over.
    Returns:
        None if nobody is found.
    """
    found = find_pose(rgb, box)
    if mask is None or not mask.any() or (found is not None and _inside(found, mask) >= OWN):
        return found
    near = mask.copy()
    for _ in range(MARGIN):
        near[1:-1, 1:-1] |= near[:-2, 1:-1] | near[2:, 1:-1] | near[1:-1, :-2] | near[1:-1, 2:]
    again = find_pose(np.where(near[..., None], rgb[..., :3], GREY).astype(np.uint8), box)
    if again is None:
        return found
    return again if found is None or _inside(again, mask) > _inside(found, mask) else found


def _inside(found: PoseMarks, mask: np.ndarray) -> float:
    """Share of the certain landmarks of shoulders, hips and limbs that lie in a mask, a few pixels aside."""
    on = np.flatnonzero(found.visibility[11:29] > 0.5) + 11
    if not len(on):
        return 0.0
    height, width = mask.shape
    hits = np.zeros(len(on), bool)
    for dy in (-4, 0, 4):
        for dx in (-4, 0, 4):
            col = np.clip(found.points[on, 0] + dx, 0, width - 1).astype(int)
            row = np.clip(found.points[on, 1] + dy, 0, height - 1).astype(int)
            hits |= mask[row, col]
    return float(hits.mean())


def hands_of(rgb: np.ndarray, xy: np.ndarray, confidence: np.ndarray) -> dict[str, np.ndarray]:
    """Landmarks of the hands of one body.

    Args:
        rgb: (H, W, 3) uint8. xy: (33, 2) MediaPipe Pose's landmarks, pixels. confidence: (33,).
    Returns:
        "left"/"right" -> (21, 2) pixels, only hands that are certain.
    """
    out: dict[str, np.ndarray] = {}
    for side, (elbow, wrist, index) in _ARM.items():
        if confidence[wrist] < 0.5:
            continue
        middle = 0.4 * xy[wrist] + 0.6 * xy[index]
        half = max(HALF * float(np.linalg.norm(xy[wrist] - xy[elbow])), 0.5 * LEAST_PX)
        box = (middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half)
        for hand in sorted(find_hands(rgb, [box]), key=lambda h: -h.score):
            near = np.linalg.norm(hand.points[0] - xy[wrist]) < WRIST_OFF * half
            if near and hand.left == (side == "left") and hand.score >= LEAST_SCORE:
                out[side] = hand.points
                break
    return out

"""Shapes of the hands: a cascade of finger flexion from index to little finger, and a thumb that opposes.

The left hand is written, the right one is its mirror. At rest (T-pose) the fingers point along +X, straight, the palm looks
down and the thumb points forward and down, so flexion of a left finger is a rotation about -Z and spreading one about Y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..spec import HandSpec
from .kinematics import rot, rotvecs, rx, ry, rz
from .skeleton import JOINT_INDEX

DEG = np.pi / 180.0
FINGERS = ("index", "middle", "ring", "pinky")


@dataclass(frozen=True)
class HandShape:
    """Angles of one hand shape in degrees.

    Attributes:
        flexion: (4, 3) index to little finger; knuckle, middle, end joint.
        spread: (4,) away from the middle finger, positive towards the thumb.
        thumb: Palmar abduction, adduction towards the index (both at the root), flexion at the middle and the end joint,
            and opposition (rolling the pad towards the fingers).
    """

    flexion: tuple[tuple[float, float, float], ...]
    spread: tuple[float, float, float, float]
    thumb: tuple[float, float, float, float, float]


# By eye, from photographs of hands; the resting cascade grows towards the little finger (tenodesis posture).
SHAPES: dict[str, HandShape] = {
    "rest": HandShape(((17, 24, 12), (23, 30, 15), (27, 34, 17), (29, 33, 17)), (2, 0, -1, -3), (8, 12, 12, 14, 12)),
    "fist": HandShape(((76, 98, 58), (82, 100, 60), (84, 98, 58), (84, 94, 54)), (0, 0, 0, 1), (26, 22, 36, 48, 40)),
    "point": HandShape(((6, 8, 5), (78, 96, 56), (82, 96, 56), (82, 92, 52)), (1, 0, 0, 1), (24, 22, 34, 44, 38)),
    "grip": HandShape(((46, 50, 30), (52, 54, 32), (56, 54, 32), (56, 50, 30)), (2, 0, -1, -4), (30, 2, 14, 22, 34)),
    "flat": HandShape(((3, 5, 3), (3, 5, 3), (4, 6, 3), (5, 7, 4)), (1, 0, 0, -2), (2, 14, 4, 4, 6)),
    "spread": HandShape(((-4, 6, 4), (-3, 5, 3), (-3, 6, 4), (-4, 8, 5)), (13, 1, -10, -22), (-2, -16, -4, -6, 4)),
    "pinch": HandShape(((48, 52, 26), (32, 36, 18), (30, 34, 17), (28, 32, 16)), (2, 0, -1, -4), (28, 6, 24, 28, 36)),
}
# The end joints of the thumb bend across the palm: mostly about the vertical of the T-pose hand, leaning with the nail.
THUMB_HINGE = np.array([0.35, 0.85, -0.40]) / np.linalg.norm([0.35, 0.85, -0.40])
# How much a variation of 1 changes the flexion of the three joints, degrees.
_VARY = np.array([9.0, 8.0, 4.0])


def _blend(shape: str, amount: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = SHAPES["rest"], SHAPES[shape]

    def mix(x: object, y: object) -> np.ndarray:
        return (1.0 - amount) * np.array(x, float) + amount * np.array(y, float)

    return mix(a.flexion, b.flexion), mix(a.spread, b.spread), mix(a.thumb, b.thumb)


def left_hand(spec: HandSpec, vary: tuple[float, ...] = (0.0,) * 5) -> dict[int, np.ndarray]:
    """Axis-angle rows of the left hand.

    Args:
        spec: Shape and amount.
        vary: Thumb, index … little finger: more (positive) or less bent, in units of a usual deviation.
    Returns:
        Joint index -> (3,).
    """
    flexion, spread, thumb = _blend(spec.shape, spec.amount)
    out: dict[int, np.ndarray] = {}
    # A hand whose fingers are all bent or all straight varies less: the shape is held on purpose.
    loose = 1.0 - 0.6 * spec.amount * (spec.shape in ("fist", "flat", "spread"))
    for f, name in enumerate(FINGERS):
        bend = np.clip(flexion[f] + loose * vary[f + 1] * _VARY, (-28.0, 0.0, 0.0), (92.0, 112.0, 78.0)) * DEG
        side = (spread[f] - 1.5 * loose * vary[f + 1] * (1 if f < 2 else -1)) * DEG
        out[JOINT_INDEX[f"left_{name}1"]] = rotvecs(ry(-side) @ rz(-bend[0]))
        out[JOINT_INDEX[f"left_{name}2"]] = np.array([0.0, 0.0, -bend[1]])
        out[JOINT_INDEX[f"left_{name}3"]] = np.array([0.0, 0.0, -bend[2]])
    palmar, adduct, mid, end, oppose = thumb * DEG
    mid, end = mid + loose * vary[0] * 7.0 * DEG, end + loose * vary[0] * 9.0 * DEG
    # The thumb's root joint: swing down in front of the palm (about X), towards the index (about Y), roll the pad (its bone).
    bone = np.array([0.49, -0.40, 0.40]) / 0.75
    root = rx(palmar) @ ry(adduct) @ rot(bone, oppose)
    out[JOINT_INDEX["left_thumb1"]] = rotvecs(root)
    out[JOINT_INDEX["left_thumb2"]] = THUMB_HINGE * mid
    out[JOINT_INDEX["left_thumb3"]] = THUMB_HINGE * end
    return out


def apply_hands(
    pose: np.ndarray,
    left: HandSpec,
    right: HandSpec,
    vary_left: tuple[float, ...] = (0.0,) * 5,
    vary_right: tuple[float, ...] = (0.0,) * 5,
) -> np.ndarray:
    """(55, 3) pose with both hands' finger rows replaced."""
    out = np.array(pose, np.float64)
    for j, row in left_hand(left, vary_left).items():
        out[j] = row
    flip = np.array([1.0, -1.0, -1.0])
    for j, row in left_hand(right, vary_right).items():
        out[j + 15] = row * flip
    return out

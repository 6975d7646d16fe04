"""Shapes of the hands: a cascade of finger flexion from index to little finger, and a thumb that opposes.

The left hand is written, the right one is its mirror. At rest (T-pose) the fingers point along +X, straight, the palm looks
down and the thumb points forward and down, so flexion of a left finger is a rotation about -Z and spreading one about Y.
"""

from __future__ import annotations

import numpy as np

from ..registry import hands
from ..spec import HandSpec
from .hand_shapes.shape import HandShape
from .kinematics import rot, rotvecs, rx, ry, rz
from .skeleton import JOINT_INDEX

DEG = np.pi / 180.0
FINGERS = ("index", "middle", "ring", "pinky")


# The end joints of the thumb bend across the palm: mostly about the vertical of the T-pose hand, leaning with the nail.
THUMB_HINGE = np.array([0.35, 0.85, -0.40]) / np.linalg.norm([0.35, 0.85, -0.40])
# How much a variation of 1 changes the flexion of the three joints, degrees.
_VARY = np.array([9.0, 8.0, 4.0])


def shape_of(name: str) -> HandShape:
    """The registered shape of that name."""
    return hands.get(name).make


def _blend(shape: str, amount: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = shape_of("rest"), shape_of(shape)

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
    loose = 1.0 - 0.6 * spec.amount * shape_of(spec.shape).held
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


def resting_hand(rng: np.random.Generator, hand: HandSpec) -> HandSpec:
    """What a hand with nothing to do looks like: from open to half closed; a hand that does something is left as it is."""
    kind, amount = rng.choice(4, p=(0.45, 0.25, 0.2, 0.1)), float(rng.uniform(0.5, 1.0))
    if hand.shape != "rest":
        return hand
    return (HandSpec(), HandSpec(shape="curled", amount=0.7 * amount), HandSpec(shape="loose", amount=amount),
            HandSpec(shape="cup", amount=0.5 * amount))[int(kind)]  # fmt: skip

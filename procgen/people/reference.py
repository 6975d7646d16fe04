"""An average adult's joints: pose families are written on it, before anybody's own body is known."""

from __future__ import annotations

import numpy as np

from .skeleton import JOINT_NAMES

# Left and middle joints of the open body's mean shape scaled to a stature of 1.70 m; T-pose, pelvis at the origin, metres,
# SMPL-X frame.
_LEFT: dict[str, tuple[float, float, float]] = {
    "pelvis": (0.0, 0.0, 0.0),
    "left_hip": (0.11, -0.014, -0.005),
    "spine1": (0.0, 0.075, -0.037),
    "left_knee": (0.133, -0.401, -0.006),
    "spine2": (0.0, 0.15, -0.022),
    "left_ankle": (0.159, -0.821, -0.014),
    "spine3": (0.0, 0.234, -0.024),
    "left_foot": (0.16, -0.87, 0.129),
    "neck": (0.0, 0.545, -0.001),
    "left_collar": (0.023, 0.473, 0.015),
    "head": (0.0, 0.621, 0.008),
    "left_shoulder": (0.168, 0.449, 0.008),
    "left_elbow": (0.428, 0.449, 0.008),
    "left_wrist": (0.664, 0.449, 0.008),
    "jaw": (0.0, 0.651, 0.046),
    "left_eye_smplhf": (0.031, 0.686, 0.113),
    "left_index1": (0.771, 0.444, 0.034),
    "left_index2": (0.798, 0.444, 0.034),
    "left_index3": (0.823, 0.444, 0.034),
    "left_middle1": (0.77, 0.449, 0.008),
    "left_middle2": (0.805, 0.449, 0.008),
    "left_middle3": (0.834, 0.449, 0.008),
    "left_pinky1": (0.754, 0.444, -0.031),
    "left_pinky2": (0.777, 0.444, -0.031),
    "left_pinky3": (0.793, 0.444, -0.031),
    "left_ring1": (0.764, 0.449, -0.012),
    "left_ring2": (0.795, 0.449, -0.012),
    "left_ring3": (0.821, 0.449, -0.012),
    "left_thumb1": (0.703, 0.445, 0.033),
    "left_thumb2": (0.715, 0.424, 0.053),
    "left_thumb3": (0.742, 0.405, 0.073),
}

FOOT_HEIGHT = 0.076  # the ankle above the sole of the bare foot, metres
STATURE = 1.70


def _joint(name: str) -> tuple[float, float, float]:
    if name.startswith("right_"):
        x, y, z = _LEFT["left_" + name[6:]]
        return -x, y, z
    return _LEFT[name]


REFERENCE: np.ndarray = np.array([_joint(n) for n in JOINT_NAMES])

"""Anatomical ranges of the 55 joints: a cone about a middle direction and a twist about the bone, with a clamp.

A joint's rotation is split as R = swing · centre · twist. `centre` is a fixed rotation from rest (T-pose) to the middle of
the range (a shoulder's is not the T-pose), `twist` turns about the rest bone, and `swing` has two components about two
axes, each with its own lower and upper end; together they stay within the ellipse through those ends.

Source: American Academy of Orthopaedic Surgeons, Joint Motion (1965), tables as in Norkin & White, Measurement of Joint
Motion (5th ed., 2016), app. B; forearm and finger joints from the same; 10° is added where a range is that of untrained
adults and dancers or children pass it. Spine totals are divided over three joints, the neck's over neck and head, and
abduction of the arm above 120° is left to the collar (scapula), after Inman et al. 1944.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .kinematics import MIRROR, between, matrices, rot, rotvecs, rx, ry, rz, twist_angle, unit
from .skeleton import JOINT_INDEX, JOINT_NAMES

DEG = np.pi / 180.0


@dataclass(frozen=True)
class Limit:
    """Range of one joint; angles in radians, axes in the rest frame.

    Attributes:
        bone: (3,) unit direction of the bone, about which it twists.
        centre: (3, 3) rotation from rest to the middle of the range.
        first, second: (3,) unit axes of the swing, perpendicular to the centred bone.
        first_range, second_range, twist_range: (low, high).
    """

    bone: np.ndarray
    centre: np.ndarray
    first: np.ndarray
    second: np.ndarray
    first_range: tuple[float, float]
    second_range: tuple[float, float]
    twist_range: tuple[float, float]

    def split(self, R: np.ndarray) -> tuple[float, float, float]:
        """Swing about `first`, swing about `second`, twist, radians."""
        d, c = R @ self.bone, self.centre @ self.bone
        s = rotvecs(between(c, d))
        T = (between(c, d) @ self.centre).T @ R
        return float(s @ self.first), float(s @ self.second), twist_angle(T, self.bone)

    def join(self, first: float, second: float, twist: float) -> np.ndarray:
        """Inverse of `split`."""
        swing = matrices(first * self.first + second * self.second)
        return swing @ self.centre @ rot(self.bone, twist)

    def clamp(self, R: np.ndarray) -> tuple[np.ndarray, float]:
        """The nearest allowed rotation along its own components, and by how much R was outside (radians, 0 = inside)."""
        a, b, t = self.split(R)
        ra = self.first_range[1] if a > 0 else -self.first_range[0]
        rb = self.second_range[1] if b > 0 else -self.second_range[0]
        size = float(np.hypot(a / max(ra, 1e-3), b / max(rb, 1e-3)))
        k = 1.0 / size if size > 1.0 else 1.0
        t2 = min(max(t, self.twist_range[0]), self.twist_range[1])
        over = float(np.hypot(np.hypot(a, b) * (1.0 - k), t - t2))
        if over == 0.0:
            return R, 0.0
        return self.join(a * k, b * k, t2), over


def _limit(bone: Any, centre: np.ndarray, first: Any, a: Any, b: Any, t: Any) -> Limit:
    bone = unit(np.array(bone, float))
    middle = centre @ bone
    f = np.array(first, float)
    f = unit(f - (f @ middle) * middle)
    return Limit(bone, centre, f, np.cross(middle, f), *[(lo * DEG, hi * DEG) for lo, hi in (a, b, t)])


_I = np.eye(3)
_UP, _DOWN, _AHEAD, _LEFT = (0, 1, 0), (0, -1, 0), (0, 0, 1), (1, 0, 0)


def _table() -> dict[str, Limit]:
    """Left and middle joints. `first` is about X for legs and spine (flexion), about Z or Y for arms."""
    t: dict[str, Limit] = {}
    # Spine: flexion 80 + thoracic 30, extension 40, lateral 40, rotation 45 in all.
    t["spine1"] = _limit(_UP, _I, _LEFT, (-20, 48), (-20, 20), (-15, 15))
    t["spine2"] = _limit(_UP, _I, _LEFT, (-18, 36), (-18, 18), (-18, 18))
    t["spine3"] = _limit(_UP, _I, _LEFT, (-16, 30), (-16, 16), (-22, 22))
    t["neck"] = _limit(_UP, _I, _LEFT, (-35, 35), (-25, 25), (-42, 42))
    t["head"] = _limit(_UP, _I, _LEFT, (-35, 35), (-25, 25), (-45, 45))
    t["jaw"] = _limit(_DOWN, _I, _LEFT, (-5, 30), (-8, 8), (-8, 8))
    t["left_eye_smplhf"] = _limit(_AHEAD, _I, _LEFT, (-30, 35), (-40, 40), (-2, 2))
    # Hip: flexion 120 (+15), extension 30, abduction 45 (+15), adduction 30, rotation 45 (+15); outwards 95 with the hip bent,
    # as people who sit cross-legged have it (Mulholland & Wyss 2001). Centre: flexed 50, abducted 10.
    t["left_hip"] = _limit(_DOWN, rz(10 * DEG) @ rx(-50 * DEG), _LEFT, (-88, 80), (-62, 62), (-95, 60))
    t["left_knee"] = _limit(_DOWN, rx(72 * DEG), _LEFT, (-78, 82), (-12, 12), (-35, 35))
    # Ankle: dorsiflexion 20 (35 with the knee bent), plantar flexion 50, inversion 35, eversion 20.
    t["left_ankle"] = _limit(_AHEAD, _I, _LEFT, (-40, 58), (-30, 30), (-38, 38))
    t["left_foot"] = _limit(_AHEAD, _I, _LEFT, (-75, 45), (-12, 12), (-12, 12))
    # Shoulder girdle: elevation 40, depression 10, protraction and retraction 25.
    t["left_collar"] = _limit(_LEFT, _I, _AHEAD, (-18, 42), (-28, 28), (-25, 25))
    # Shoulder against the girdle: flexion 120, extension 60, abduction 120, across the chest 45, rotation 70 to 90.
    t["left_shoulder"] = _limit(_LEFT, ry(-32 * DEG) @ rz(-30 * DEG), _AHEAD, (-88, 98), (-105, 105), (-105, 105))
    # Elbow 0 to 150; half of pronation and supination (80 each) turns here, half at the wrist.
    t["left_elbow"] = _limit(_LEFT, ry(-72 * DEG), (0, 1, 0), (-82, 82), (-14, 14), (-62, 62))
    t["left_wrist"] = _limit(_LEFT, _I, _AHEAD, (-82, 75), (-32, 32), (-62, 62))
    for finger in ("index", "middle", "ring", "pinky"):
        side = 26 if finger in ("index", "pinky") else 22
        t[f"left_{finger}1"] = _limit(_LEFT, _I, _AHEAD, (-98, 42), (-side, side), (-22, 22))
        t[f"left_{finger}2"] = _limit(_LEFT, rz(-55 * DEG), _AHEAD, (-60, 63), (-14, 14), (-14, 14))
        t[f"left_{finger}3"] = _limit(_LEFT, rz(-38 * DEG), _AHEAD, (-50, 48), (-14, 14), (-14, 14))
    thumb = (1.0, -0.3, 1.0)
    t["left_thumb1"] = _limit(thumb, _I, (0, 1, 0), (-65, 65), (-65, 65), (-60, 60))
    t["left_thumb2"] = _limit(thumb, _I, (0, 1, 0), (-65, 65), (-65, 65), (-30, 30))
    t["left_thumb3"] = _limit(thumb, _I, (0, 1, 0), (-90, 90), (-90, 90), (-25, 25))
    return t


def _mirror(limit: Limit) -> Limit:
    flip, axial = np.array([-1.0, 1.0, 1.0]), np.array([1.0, -1.0, -1.0])
    # Reflection turns a twist of t about the bone into one of -t about the reflected bone.
    lo, hi = limit.twist_range
    return Limit(
        limit.bone * flip, np.diag(flip) @ limit.centre @ np.diag(flip), limit.first * axial, limit.second * axial,
        limit.first_range, limit.second_range, (-hi, -lo),
    )  # fmt: skip


def _all() -> list[Limit | None]:
    table = _table()
    out: list[Limit | None] = []
    for j, name in enumerate(JOINT_NAMES):
        if name in table:
            out.append(table[name])
        elif JOINT_NAMES[MIRROR[j]] in table:
            out.append(_mirror(table[JOINT_NAMES[MIRROR[j]]]))
        else:
            out.append(None)  # the pelvis turns freely
    return out


LIMITS: list[Limit | None] = _all()
_JOINTS = np.array([j for j, limit in enumerate(LIMITS) if limit is not None])
_KEPT = [limit for limit in LIMITS if limit is not None]
_BONE, _CENTRE = np.array([k.bone for k in _KEPT]), np.array([k.centre for k in _KEPT])
_FIRST, _SECOND = np.array([k.first for k in _KEPT]), np.array([k.second for k in _KEPT])
_RANGE = np.array([(k.first_range, k.second_range, k.twist_range) for k in _KEPT])


def clamp_poses(poses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Many poses at once: `Limit.clamp` of every joint, in arrays.

    Args:
        poses: (…, 55, 3) axis-angle, SMPL-X format.
    Returns:
        Clamped poses (…, 55, 3), and how far each joint was outside, radians (…, 55).
    """
    out = np.array(poses, np.float64)
    R = matrices(out[..., _JOINTS, :])
    middle = np.einsum("jab,jb->ja", _CENTRE, _BONE)
    d = np.einsum("...jab,jb->...ja", R, _BONE)
    axis = np.cross(np.broadcast_to(middle, d.shape), d)
    sin = np.linalg.norm(axis, axis=-1, keepdims=True)
    cos = (middle * d).sum(-1, keepdims=True)
    # Exactly opposite directions have no axis of their own: any perpendicular one will do, and all are out of range.
    axis = np.where(sin < 1e-9, _FIRST, axis / np.where(sin < 1e-9, 1.0, sin))
    swing = axis * np.arctan2(sin, cos)
    T = np.swapaxes(matrices(swing) @ _CENTRE, -1, -2) @ R
    v = np.stack([T[..., 2, 1] - T[..., 1, 2], T[..., 0, 2] - T[..., 2, 0], T[..., 1, 0] - T[..., 0, 1]], -1)
    t = np.arctan2((v * _BONE).sum(-1) / 2.0, (np.einsum("...ii->...", T) - 1.0) / 2.0)
    a, b = (swing * _FIRST).sum(-1), (swing * _SECOND).sum(-1)
    ra = np.where(a > 0, _RANGE[:, 0, 1], -_RANGE[:, 0, 0])
    rb = np.where(b > 0, _RANGE[:, 1, 1], -_RANGE[:, 1, 0])
    k = 1.0 / np.maximum(np.hypot(a / np.maximum(ra, 1e-3), b / np.maximum(rb, 1e-3)), 1.0)
    t2 = np.clip(t, _RANGE[:, 2, 0], _RANGE[:, 2, 1])
    over = np.hypot(np.hypot(a, b) * (1.0 - k), t - t2)
    fixed = (
        matrices((k * a)[..., None] * _FIRST + (k * b)[..., None] * _SECOND) @ _CENTRE @ matrices(t2[..., None] * _BONE)
    )
    changed = over > 1e-6
    out[..., _JOINTS, :] = np.where(changed[..., None], rotvecs(fixed), out[..., _JOINTS, :])
    amount = np.zeros(out.shape[:-1])
    amount[..., _JOINTS] = np.where(changed, over, 0.0)
    return out, amount


def clamp_pose(pose: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """A pose within the ranges, and what had to change.

    Args:
        pose: (55, 3) axis-angle, SMPL-X format.
    Returns:
        The clamped pose (55, 3), and joint name -> how far outside it was, radians (only those outside).
    """
    out, amount = clamp_poses(pose)
    return out, {JOINT_NAMES[j]: float(amount[j]) for j in np.flatnonzero(amount)}


def excess(pose: np.ndarray) -> float:
    """The largest angle by which any joint is outside its range, radians."""
    return float(clamp_poses(pose)[1].max())


def limit_of(name: str) -> Limit | None:
    """The range of a joint by name."""
    return LIMITS[JOINT_INDEX[name]]

"""Where hands go on another person: points on the real skin, with the direction out of it and that of the fingers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..people.body_state import BodyState
from .formation import Touch

UP = np.array([0.0, 0.0, 1.0])
# How far short of each other's palms two hands that hang and hold each other stay, metres.
FINGERS = 0.012
Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Goal:
    """Where a palm goes, in the world: point, way out of what is touched, way of the fingers."""

    point: Vector
    normal: Vector
    fingers: Vector


def _goal(point: np.ndarray, normal: np.ndarray, fingers: np.ndarray) -> Goal:
    def plain(v: np.ndarray) -> Vector:
        return float(v[0]), float(v[1]), float(v[2])

    return Goal(plain(point), plain(_unit(normal)), plain(_unit(fingers)))


def _unit(v: np.ndarray) -> np.ndarray:
    return v / max(float(np.linalg.norm(v)), 1e-9)


def _ahead(body: BodyState) -> np.ndarray:
    """(3,) level unit vector that the chest faces."""
    d = body.T[body.joint("spine3")][:3, :3] @ np.array([0.0, -1.0, 0.0])
    return _unit(d * [1.0, 1.0, 0.0])


def _left(body: BodyState) -> np.ndarray:
    return np.cross(UP, _ahead(body))


def goals_of(
    touch: Touch, a: BodyState, b: BodyState, cloth: float, gap: float, turn: float = 0.0
) -> list[Goal] | None:
    """Goals of a touch: one for the hand, a second for the other's hand where hands meet; None for an unknown landmark.

    Args:
        a, b: Who touches, and who is touched.
        cloth: How far cloth lies above the skin of `b`, metres.
        gap: Further distance to keep, metres.
        turn: For hands that are held side by side: which way the first palm faces, radians about the vertical from ahead.
    """
    if touch.at == "hand":
        if float(_ahead(a) @ _ahead(b)) < -0.3:
            return _handshake(touch, a, b, gap)
        return _hand_in_hand(touch, a, b, gap, turn)
    if touch.at.endswith("_shoulder") and touch.at != "far_shoulder":
        return [_on_shoulder(touch.at.split("_")[0], touch.hand, a, b, cloth + gap)]
    if touch.at == "far_shoulder":
        return [_far_shoulder(touch.hand, b, cloth + gap)]
    if touch.at == "back":
        return [_on_back(touch.hand, b, cloth + gap)]
    return None


def _arm(body: BodyState, hand: str) -> tuple[np.ndarray, float]:
    """Shoulder joint and the length from there to the middle of the palm."""
    s, e, w = (body.joints[body.joint(f"{hand}_{n}")] for n in ("shoulder", "elbow", "wrist"))
    return s, float(np.linalg.norm(e - s) + np.linalg.norm(w - e)) + 0.075 * body.phenotype.height_m / 1.7


def _hand_in_hand(touch: Touch, a: BodyState, b: BodyState, gap: float, turn: float) -> list[Goal]:
    """Between two who stand side by side, as low as both arms reach."""
    (sa, la), (sb, lb) = _arm(a, touch.hand), _arm(b, touch.other_hand)
    ahead = _unit(_ahead(a) + _ahead(b))
    # Nearer to the smaller one, whose arm is shorter; a little ahead of both.
    share = la / (la + lb)
    point = sa + share * (sb - sa) + 0.05 * ahead
    lows = [
        s[2] - np.sqrt(max((0.94 * n) ** 2 - float(np.sum((point - s)[:2] ** 2)), 0.0)) for s, n in ((sa, la), (sb, lb))
    ]
    point[2] = max(lows) + 0.01
    facing = np.cos(turn) * ahead + np.sin(turn) * np.cross(UP, ahead)
    out = []
    for s, sign in ((sa, 1.0), (sb, -1.0)):
        along = _unit(point - s)
        # Fingers hold fingers: balls of thumbs would keep the palms apart.
        held = point - FINGERS * along + sign * 0.5 * gap * facing
        out.append(_goal(held, sign * facing, along))
    return out


def _handshake(touch: Touch, a: BodyState, b: BodyState, gap: float) -> list[Goal]:
    """Midway between two who face each other, at the height of the elbows."""
    (sa, la), (sb, lb) = _arm(a, touch.hand), _arm(b, touch.other_hand)
    point = 0.5 * (sa + sb)
    point[2] = 0.5 * (sa[2] - 0.42 * la + sb[2] - 0.42 * lb)
    way = _unit((sb - sa) * [1.0, 1.0, 0.0])
    right = -np.cross(UP, way)
    if touch.hand == "left":
        right = -right
    up = 0.18 * UP
    return [
        _goal(point + 0.5 * gap * right - 0.015 * way, right, way - up),
        _goal(point - 0.5 * gap * right + 0.015 * way, -right, -way - up),
    ]


def _skin_towards(
    body: BodyState, centre: np.ndarray, direction: np.ndarray, radius: float, far: float = 0.25
) -> tuple[np.ndarray, np.ndarray]:
    """Outermost skin near a line from a point, and the mean way out there."""
    v = body.posed[: body.count].astype(np.float64) - centre
    along = v @ direction
    off = np.linalg.norm(v - along[:, None] * direction, axis=1)
    near = np.flatnonzero((off < radius) & (along > -0.05) & (along < far))
    if not len(near):
        return centre + 0.06 * direction, direction
    top = near[along[near].argmax()]
    around = near[np.linalg.norm(v[near] - v[top], axis=1) < 1.6 * radius]
    normal = _unit(body.normals[around].astype(np.float64).mean(0))
    return body.posed[top].astype(np.float64), normal


def _on_shoulder(side: str, hand: str, a: BodyState, b: BodyState, off: float) -> Goal:
    """On top of a shoulder, fingers over it away from the one who lays it there."""
    collar, joint = b.joints[b.joint(f"{side}_collar")], b.joints[b.joint(f"{side}_shoulder")]
    point, normal = _skin_towards(b, collar + 0.95 * (joint - collar), UP, 0.03, 0.09 * b.phenotype.height_m / 1.7)
    reach = _unit((point - a.joints[a.joint(f"{hand}_shoulder")]) * [1.0, 1.0, 0.0])
    normal = _unit(normal + 0.4 * UP - 0.25 * reach)
    return _goal(point + off * normal, normal, reach + 0.05 * UP)


def _far_shoulder(hand: str, b: BodyState, off: float) -> Goal:
    """On the far upper arm, from behind; the fingers come round to the front."""
    side = hand  # a left arm goes round to the other's left
    outward = _left(b) * (1.0 if side == "left" else -1.0)
    joint, elbow = b.joints[b.joint(f"{side}_shoulder")], b.joints[b.joint(f"{side}_elbow")]
    point, normal = _skin_towards(
        b, joint + 0.12 * (elbow - joint), _unit(outward - 0.45 * _ahead(b) + 0.35 * UP), 0.03
    )
    normal = _unit(normal + 0.5 * outward - 0.3 * _ahead(b) + 0.2 * UP)
    return _goal(point + off * normal, normal, 0.8 * outward - 0.35 * UP + 0.25 * _ahead(b))


def _on_back(hand: str, b: BodyState, off: float) -> Goal:
    """Between the shoulder blades and the waist, fingers to the far side."""
    outward = _left(b) * (1.0 if hand == "left" else -1.0)
    size = b.phenotype.height_m / 1.7
    centre = b.joints[b.joint("spine3")] + size * (0.05 * outward - 0.03 * UP)
    point, normal = _skin_towards(b, centre, -_ahead(b), 0.03)
    return _goal(point + off * normal, normal, outward + 0.15 * UP)

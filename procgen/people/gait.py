"""The walking cycle on any skeleton: planned footfalls, a pelvis that can reach them, and legs bent to fit.

Feet are planned first and the legs follow, so a foot on the ground does not slide. Phase 0 is the left heel strike.

Source: Perry & Burnfield, Gait Analysis (2010), ch. 2–5 (phases, rockers, angles); Alexander 1976 (stride length from
speed, relative stride 2.3–2.6 Fr^0.34); Winter 2009 for arm swing and pelvis; constants tuned by eye where not given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .kinematics import LEFT_LEG, RIGHT_LEG, aim_limb, forward, rotvecs, rx, ry, rz

DUTY = 0.62
GRAVITY = 9.81


@dataclass(frozen=True)
class Walker:
    """A walker's own measures, metres.

    Attributes:
        rest: (55, 3) rest joints, pelvis at the origin.
        ankle, toe: Height of the ankle and of the toe joint above the sole.
        ball: Distance from the ankle ahead to the toe joint.
        heel: (n, 2) side view of the heel's skin against the ankle joint (ahead, up).
    """

    rest: np.ndarray
    ankle: float
    toe: float
    ball: float
    heel: np.ndarray

    @property
    def leg(self) -> float:
        """Hip to ankle."""
        r = self.rest
        return float(np.linalg.norm(r[4] - r[1]) + np.linalg.norm(r[7] - r[4]))


def walker(rest: np.ndarray, ankle: float, foot: np.ndarray | None = None) -> Walker:
    """A walker from rest joints, ankle height and, if known, the skin of the left foot (n, 3) in the same frame."""
    r = np.asarray(rest, float) - rest[0]
    ball = float(r[10, 2] - r[7, 2])
    toe = ankle - float(r[7, 1] - r[10, 1])
    if foot is None:
        # A heel rounded at the back, by eye on the open body's foot.
        heel = np.array([(0.0, -ankle), (-0.32 * ball, -ankle), (-0.46 * ball, -0.8 * ankle)])
    else:
        heel = (np.asarray(foot, float) - rest[7])[:, [2, 1]]
        heel = heel[heel[:, 0] < 0.25 * ball]
    return Walker(r, ankle, max(toe, 0.0), ball, heel)


@dataclass(frozen=True)
class Gait:
    """How somebody walks.

    Attributes:
        speed: m/s.
        width: Distance between the lines of the feet, metres.
        toe_out: radians.
        bounce, sway: Scale of the pelvis' vertical and sideways motion.
        arm_swing: Scale of the arms' motion.
        crouch: Share of the leg length by which the pelvis is lower than it need be.
    """

    speed: float = 1.3
    width: float = 0.09
    toe_out: float = 0.12
    bounce: float = 1.0
    sway: float = 1.0
    arm_swing: float = 1.0
    crouch: float = 0.003

    def stride(self, leg: float) -> float:
        """Length of a full cycle (two steps), metres."""
        froude = self.speed**2 / (GRAVITY * leg)
        return 2.55 * leg * max(froude, 1e-4) ** 0.34

    def period(self, leg: float) -> float:
        """Duration of a full cycle, seconds."""
        return self.stride(leg) / max(self.speed, 1e-3)


def ease(x: float) -> float:
    """0 to 1 without a jerk at either end (quintic)."""
    x = min(max(x, 0.0), 1.0)
    return x * x * x * (x * (6.0 * x - 15.0) + 10.0)


def foot_at(gait: Gait, body: Walker, phase: float) -> tuple[np.ndarray, float, float, bool]:
    """One foot in its cycle, relative to a point on the ground below a pelvis that moves ahead evenly.

    Args:
        phase: 0 = heel strike of this foot.
    Returns:
        (3,) how far the rocker moves the ankle along the foot, its height, and its place ahead while the sole is flat;
        pitch of the foot (toes down positive); bend of the toes up; whether it stands.
    """
    stride = gait.stride(body.leg)
    strength = float(np.clip(gait.speed / 1.3, 0.35, 1.3))
    phase %= 1.0
    land, off = -0.32 * strength, 0.85 * strength
    # At heel strike the feet are as far ahead of the pelvis as behind it: half a step each. The heel leaves long before the
    # toes do, so the longer way behind costs no knee bend.
    ahead = 0.245 * stride + 0.005 * body.leg
    if phase < DUTY:
        s = phase / DUTY
        flat = ahead - phase * stride  # where the ankle is while the sole is flat
        if s < 0.16:
            pitch = land * (1.0 - ease(s / 0.16))
            up, fore = _heel_rocker(body, pitch)
            return np.array([fore, up, flat]), pitch, 0.0, True
        if s < 0.55:
            return np.array([0.0, body.ankle, flat]), 0.0, 0.0, True
        pitch = off * ((s - 0.55) / 0.45) ** 1.8
        up, fore = toe_rocker(body, pitch)
        return np.array([fore, up, flat]), pitch, pitch, True
    u = (phase - DUTY) / (1.0 - DUTY)
    up0, fore0 = toe_rocker(body, off)
    up1, fore1 = _heel_rocker(body, land)
    z0, z1 = ahead - DUTY * stride, ahead
    # The foot leaves with the ground's speed and lands with nearly the ground's, so that nothing jerks.
    v = -stride * (1.0 - DUTY)
    h = u
    z = (2 * h**3 - 3 * h**2 + 1) * z0 + (h**3 - 2 * h**2 + h) * v + (-2 * h**3 + 3 * h**2) * z1 + (h**3 - h**2) * v
    up = (
        (1 - ease(u)) * up0
        + ease(u) * up1
        + 0.055 * body.leg * strength * np.sin(np.pi * min(1.0, u * 1.08)) ** 2 * (1 - 0.35 * u)
    )
    pitch = (1 - ease(u / 0.72)) * off + ease(u / 0.72) * land * ease((u - 0.25) / 0.75)
    fore = (1 - ease(u)) * fore0 + ease(u) * fore1
    return np.array([fore, up, z]), float(pitch), off * (1 - ease(u / 0.6)), False


def toe_rocker(body: Walker, pitch: float) -> tuple[float, float]:
    """Ankle height, and how far ahead of its flat place it is, when the heel is raised about the toe joint."""
    c, s = np.cos(pitch), np.sin(pitch)
    rise = body.ankle - body.toe
    return float(body.toe + rise * c + body.ball * s), float(body.ball - body.ball * c + rise * s)


def _heel_rocker(body: Walker, pitch: float) -> tuple[float, float]:
    """The same on the heel (pitch < 0, toes up), which rolls without slipping: the ankle gains its height times the turn."""
    angles = np.linspace(0.0, pitch, 9)
    up = np.array([-(body.heel[:, 1] * np.cos(a) - body.heel[:, 0] * np.sin(a)).min() for a in angles])
    # The sole is not quite flat: what the lowest point of the heel is above the lowest of the foot is added back.
    up += body.ankle - up[0]
    step = (angles[1] - angles[0]) * (up[1:] + up[:-1]) / 2
    return float(up[-1]), float(step.sum())


def pelvis_at(gait: Gait, phase: float) -> tuple[float, float, float, float]:
    """Sideways shift (share of leg), roll, yaw and trunk twist of the pelvis; left heel strike at phase 0."""
    strength = float(np.clip(gait.speed / 1.3, 0.3, 1.5))
    a = 2.0 * np.pi * phase
    # Over the left foot (phase about 0.31) the pelvis is to the left, and drops on the right.
    shift = 0.020 * gait.sway * np.cos(a - 2 * np.pi * 0.31)
    roll = 0.055 * gait.sway * strength * np.cos(a - 2 * np.pi * 0.25)
    # The left side is ahead at the left heel strike: the pelvis is turned to the right.
    yaw = -0.085 * strength * np.cos(a)
    return shift, -roll, yaw, 0.19 * strength * np.cos(a)


def hip_height(gait: Gait, body: Walker) -> tuple[float, float]:
    """Mean height of the pelvis joint above the ground and its bounce amplitude, so that both feet are always reachable."""
    strength = float(np.clip(gait.speed / 1.3, 0.3, 1.4))
    bounce = 0.025 * body.leg * strength * gait.bounce
    best = np.inf
    for phase in np.arange(0.0, 0.5, 1.0 / 48.0):
        shift, roll, yaw, _ = pelvis_at(gait, phase)
        tilt = ry(yaw) @ rz(-roll)
        for limb, offset, side in ((LEFT_LEG, 0.0, 1.0), (RIGHT_LEG, 0.5, -1.0)):
            ankle, _, _, stands = foot_at(gait, body, phase + offset)
            if not stands:
                continue
            hip = tilt @ body.rest[limb[0]]
            dx = side * gait.width / 2 - shift * body.leg - hip[0]
            dz = ankle[2] + ankle[0] - hip[2]
            room = (0.997 * body.leg) ** 2 - dx * dx - dz * dz
            top = ankle[1] + np.sqrt(max(room, 1e-4)) - hip[1]
            best = min(best, top - _bob(phase, bounce))
    return float(best - gait.crouch * body.leg), bounce


def _bob(phase: float, bounce: float) -> float:
    # Highest over each stance foot, lowest in double support.
    return -bounce * np.cos(4.0 * np.pi * (phase - 0.06))


def legs_at(gait: Gait, body: Walker, phase: float, pose: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pelvis and legs of the cycle.

    Args:
        pose: (55, 3) whose upper body is kept.
    Returns:
        Pose (55, 3) with root, legs and toes set; offset (3,) of the pelvis joint (left, up from the ground, ahead of the
        even motion), metres, in the SMPL-X frame.
    """
    shift, roll, yaw, _ = pelvis_at(gait, phase)
    mean, bounce = hip_height(gait, body)
    root = np.array([shift * body.leg, mean + _bob(phase, bounce), 0.0])
    out = np.array(pose, np.float64)
    out[0] = rotvecs(ry(yaw) @ rx(0.03 * gait.speed) @ rz(-roll))
    for limb, offset, side in ((LEFT_LEG, 0.0, 1.0), (RIGHT_LEG, 0.5, -1.0)):
        ankle, pitch, toes, _ = foot_at(gait, body, phase + offset)
        out_x, out_z = np.sin(gait.toe_out), np.cos(gait.toe_out)
        target = np.array([side * (gait.width / 2 + ankle[0] * out_x), ankle[1], ankle[2] + ankle[0] * out_z])
        foot = ry(side * gait.toe_out) @ rx(pitch)
        pole = ry(side * gait.toe_out) @ np.array([0.0, 0.1, 1.0])
        out = aim_limb(out, body.rest, forward(out, body.rest, root), limb, target, foot, pole)
        out[limb[2] + 3] = rotvecs(rx(-toes))
    return out, root


def arms_at(gait: Gait, phase: float) -> dict[str, tuple[float, float]]:
    """Side -> flexion of the shoulder (ahead) and extra flexion of the elbow; each arm goes with the other leg."""
    strength = float(np.clip(gait.speed / 1.3, 0.3, 1.5)) * gait.arm_swing
    out = {}
    for side, offset in (("left", 0.5), ("right", 0.0)):
        c = np.cos(2.0 * np.pi * (phase + offset) - 0.25)
        out[side] = (strength * (0.06 + 0.36 * c), strength * 0.16 * (1.0 + c))
    return out

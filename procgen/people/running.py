"""The running cycle on any skeleton: a planned stance whose foot does not slide, a swing from measured joint angles.

Phase 0 is the left foot strike. Source: Novacheck 1998, The biomechanics of running (angles, duty, timing); constants tuned
by eye where not given.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .gait import Walker, ease, toe_rocker
from .kinematics import LEFT_LEG, RIGHT_LEG, aim_limb, forward, rotvecs, rx, ry, rz

# Sagittal angles of one leg over the cycle, degrees: phase, hip flexion, knee flexion, ankle dorsiflexion; 3.2 m/s.
_ANGLES = np.array([
    (0.00, 32, 22, 6), (0.10, 30, 40, 20), (0.17, 20, 42, 24), (0.26, 2, 26, 10), (0.36, -10, 16, -22),
    (0.44, -6, 38, -18), (0.55, 14, 84, -6), (0.64, 36, 102, 0), (0.74, 52, 92, 4), (0.84, 56, 58, 4), (0.93, 44, 22, 4),
    (1.00, 32, 22, 6),
])  # fmt: skip
PUSH = 0.95  # pitch of the foot when its toes leave, radians


@dataclass(frozen=True)
class Run:
    """How somebody runs: speed in m/s, lean of the body ahead in radians."""

    speed: float = 3.2
    lean: float = 0.12

    def period(self, leg: float) -> float:
        """Duration of two steps, seconds: 2.8 steps a second at 3 m/s, quicker on shorter legs."""
        return float(np.sqrt(leg / 0.84) / (1.25 + 0.05 * self.speed))

    @property
    def duty(self) -> float:
        """Share of the cycle that a foot is on the ground: the faster, the shorter."""
        return float(np.clip(0.34 - 0.028 * (self.speed - 3.2), 0.24, 0.38))

    def strength(self) -> float:
        """Scale of the joint angles against those of 3.2 m/s."""
        return float(np.clip(0.75 + 0.25 * self.speed / 3.2, 0.7, 1.35))


def run_foot(run: Run, body: Walker, phase: float, height: float) -> tuple[np.ndarray, float, float, bool]:
    """One foot in its cycle.

    Args:
        phase: 0 = this foot strikes.
        height: Of the hip above the ground at this moment, metres.
    Returns:
        (2,) ankle up from the ground and ahead of the evenly moving pelvis; pitch (toes down); toes bent up; whether it stands.
    """
    stride = run.speed * run.period(body.leg)
    ahead = 0.31 * run.duty * stride
    phase %= 1.0
    if phase < run.duty:
        s = phase / run.duty
        heel = PUSH * ease((s - 0.42) / 0.75) / ease(0.58 / 0.75)
        up, fore = toe_rocker(body, heel)
        return np.array([up, ahead - phase * stride + fore]), heel, heel, True
    u = (phase - run.duty) / (1.0 - run.duty)
    up0, fore0 = toe_rocker(body, PUSH)
    start, end = np.array([up0, ahead - run.duty * stride + fore0]), np.array([body.ankle, ahead])
    first, last = _swing(run, body, run.duty, height), _swing(run, body, 1.0, height)
    at = _swing(run, body, phase, height)
    # The measured swing is bent so that it leaves and arrives where the planned stance does.
    ankle = at[:2] + (1 - ease(u / 0.6)) * (start - first[:2]) + ease((u - 0.4) / 0.6) * (end - last[:2])
    # The foot comes down with the ground's speed: it is ahead of its place a moment before it strikes.
    ankle[1] += stride * (1.0 - u) * (1.0 - run.duty) * ease((u - 0.8) / 0.2) * 0.35
    pitch = at[2] + (1 - ease(u / 0.5)) * (PUSH - first[2]) + ease((u - 0.5) / 0.5) * (0.0 - last[2])
    ankle[0] = max(float(ankle[0]), body.ankle + 0.6 * body.ball * max(float(np.sin(pitch)), 0.0))
    return ankle, float(pitch), PUSH * (1 - ease(u / 0.35)), False


def _swing(run: Run, body: Walker, phase: float, height: float) -> np.ndarray:
    """(3,) ankle up and ahead, and pitch, by the measured angles."""
    hip, knee, ankle = (np.interp(phase, _ANGLES[:, 0], _ANGLES[:, k]) * np.pi / 180 for k in (1, 2, 3))
    strength = run.strength()
    hip, knee = strength * hip, min(strength, 1.15) * knee
    r = body.rest
    upper, lower = float(np.linalg.norm(r[4] - r[1])), float(np.linalg.norm(r[7] - r[4]))
    up = height - upper * np.cos(hip) - lower * np.cos(hip - knee)
    return np.array([up, upper * np.sin(hip) + lower * np.sin(hip - knee), knee - hip - ankle])


def run_pelvis(run: Run, body: Walker, phase: float) -> tuple[float, float, float]:
    """Height of the pelvis joint (lowest over the stance, highest in flight), yaw and roll."""
    rise = 0.030 * body.leg
    bob = -rise * np.cos(4.0 * np.pi * (phase - 0.5 * run.duty))
    turn = 0.14 * np.cos(2 * np.pi * phase)
    return (
        _mean_height(run, body, rise) + float(bob),
        -float(turn),
        0.05 * float(np.cos(2 * np.pi * (phase - 0.5 * run.duty))),
    )


def _mean_height(run: Run, body: Walker, rise: float) -> float:
    """So high that the standing leg always reaches its foot."""
    best = np.inf
    for phase in np.arange(0.0, run.duty, 1.0 / 40.0):
        ankle, _, _, _ = run_foot(run, body, phase, body.leg)
        room = (0.992 * body.leg) ** 2 - (ankle[1] + 0.01) ** 2
        top = ankle[0] + np.sqrt(max(room, 1e-4)) - body.rest[1][1]
        best = min(best, float(top + rise * np.cos(4.0 * np.pi * (phase - 0.5 * run.duty))))
    return best


def run_legs(run: Run, body: Walker, phase: float) -> tuple[np.ndarray, np.ndarray, dict[str, bool]]:
    """Pelvis and legs: (55, 3) pose, (3,) pelvis joint (left, up, ahead of the even motion), and side -> whether it stands."""
    height, yaw, roll = run_pelvis(run, body, phase)
    out = np.zeros((55, 3))
    out[0] = rotvecs(ry(yaw) @ rx(0.45 * run.lean) @ rz(roll))
    root = np.array([0.0, height, 0.0])
    stands = {}
    for side, limb, offset, sign in (("left", LEFT_LEG, 0.0, 1.0), ("right", RIGHT_LEG, 0.5, -1.0)):
        ankle, pitch, toes, stands[side] = run_foot(run, body, phase + offset, height + float(body.rest[limb[0]][1]))
        # Runners' feet fall nearly on one line.
        target = np.array([sign * 0.055 * body.leg, ankle[0], ankle[1]])
        pole = ry(sign * 0.05) @ np.array([0.0, 0.25, 1.0])
        out = aim_limb(out, body.rest, forward(out, body.rest, root), limb, target, ry(sign * 0.06) @ rx(pitch), pole)
        out[limb[2] + 3] = rotvecs(rx(-toes))
    return out, root, stands

"""Jumping on the spot: down, up, in the air as long as gravity says, down again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ...codec import param
from ...registry import motions
from ..gait import GRAVITY
from ..kinematics import rotvecs, rx
from ..poses.base import Arm, Contacts, Figure, Posture
from .base import Actor, Foot, Moment, Motion, curve, place_feet, planned, planted


@dataclass(frozen=True, kw_only=True)
class JumpMotion(Motion):
    """One jump after the other, with a pause between."""

    kind: ClassVar[str | None] = "jump"
    verb: ClassVar[str] = "jumping"
    families: ClassVar[tuple[str, ...]] = ("stand",)
    seated: ClassVar[bool | None] = False
    frees_hands: ClassVar[bool] = True

    height: float = param(0.22, low=0.05, high=0.5, unit="m", doc="How high the feet leave the ground.")
    depth: float = param(0.20, low=0.08, high=0.4, doc="Share of the leg by which the hips sink before the jump.")
    pause: float = param(0.6, low=0.1, high=5.0, unit="s", doc="Standing between two jumps.")

    def times(self) -> tuple[float, float, float, float, float]:
        """Moments of a jump: sinks, extends, leaves the ground, lands, stands again; seconds."""
        sink, push, land = 0.42, 0.24, 0.55
        flight = 2.0 * float(np.sqrt(2.0 * self.height / GRAVITY))
        t = 0.5 * self.pause
        return t, t + sink, t + sink + push, t + sink + push + flight, t + sink + push + flight + land

    def period(self, actor: Actor) -> float:
        """A jump and its pause."""
        return self.times()[-1] + 0.5 * self.pause

    def at(self, actor: Actor, time: float) -> Moment:
        """Pelvis by phases: sink, push, flight (a parabola), landing."""
        t = self.beat(actor, time) * self.period(actor)
        begin, low, off, land, end = self.times()
        body, leg = actor.body, actor.body.leg
        stand = body.ankle - float(body.rest[7, 1]) - 0.008 * leg
        toe_up = body.ball * np.sin(0.75) + (body.ankle - body.toe) * (np.cos(0.75) - 1.0)
        speed = float(np.sqrt(2.0 * GRAVITY * self.height))
        down = stand - self.depth * leg
        airborne = off < t < land
        if airborne:
            s = t - off
            up = stand + toe_up + speed * s - 0.5 * GRAVITY * s * s
        elif t <= off:
            up = curve(t, (begin, stand), (low, down))
            if t > low:
                # From rest at the bottom to the speed that the flight needs: a cubic with that slope at its end.
                u = (t - low) / (off - low)
                rise, slope = stand + toe_up - down, speed * (off - low)
                up = down + (3 * rise - slope) * u * u + (slope - 2 * rise) * u**3
        else:
            u = (t - land) / (end - land)
            # Down from landing speed into the knees, then up to the stance.
            sunk = stand - 0.75 * self.depth * leg
            if u < 0.35:
                v = u / 0.35
                first, slope = stand + toe_up, -speed * 0.35 * (end - land)
                drop = sunk - first
                up = first + slope * v + (3 * drop - 2 * slope) * v * v + (slope - 2 * drop) * v**3
            else:
                up = curve(u, (0.35, sunk), (1.0, stand))
        crouch = float(np.clip((stand - up) / leg, 0.0, 0.5))
        heel = 0.75 * curve(t, (low + 0.5 * (off - low), 0.0), (off, 1.0), (land, 1.0), (land + 0.12, 0.0))
        width = 0.105 * actor.size
        feet: dict[str, Foot] = {}
        for side, sign in (("left", 1.0), ("right", -1.0)):
            flat = Foot(np.array([sign * width, body.ankle, 0.0]), yaw=sign * 0.18, knee_out=0.05)
            foot = planted(flat, body, heel)
            if airborne:
                # The feet hang below the pelvis, knees drawn up a little at the top.
                hang = 2.0 * (t - off) / (land - off) - 1.0
                tuck = 0.10 * leg * np.sin(np.pi * (t - off) / (land - off))
                foot = replace(
                    foot,
                    ankle=foot.ankle + np.array([0.0, up - stand - toe_up + tuck, -0.3 * tuck]),
                    toes=heel * hang**2,
                    mode="free",
                )
            feet[side] = foot
        root = np.array([0.0, up, -0.28 * crouch * leg + 0.02 * heel])
        fig = Figure()
        lean = 1.35 * crouch
        fig.pose[0] = rotvecs(rx(lean))
        fig.pose = place_feet(fig.pose, body, root, feet)
        fig.trunk(getattr(actor.pose, "posture", Posture()), flexion=0.6 * crouch)
        swing = curve(
            t,
            (begin, 0.0),
            (begin + 0.24, -0.7),
            (off + 0.06, 2.0),
            (0.5 * (off + land) + 0.06, 1.9),
            (land + 0.05, 0.9),
            (land + 0.3, -0.2),
            (end, 0.0),
        )
        for side in ("left", "right"):
            fig.arm(
                side,
                Arm(
                    raised=float(np.hypot(swing, 0.14)),
                    plane=float(np.arctan2(swing, 0.14)),
                    roll=0.25 - 0.1 * max(swing, 0.0),
                    elbow=0.35 + 0.25 * abs(swing),
                ),
            )
        contacts = Contacts("free", "free", base="planned", balance=False) if airborne else planned(feet)
        return Moment(actor.with_hands(fig.pose), contacts, root)


@motions.register("jump", spec=JumpMotion)
def sample_jump(rng: np.random.Generator) -> JumpMotion:
    """Draw a jump."""
    return JumpMotion(
        phase=float(rng.random()), variation=int(rng.integers(2**31)), height=float(rng.uniform(0.1, 0.32)),
        depth=float(rng.uniform(0.14, 0.26)), pause=float(rng.uniform(0.3, 1.0)),
    )  # fmt: skip

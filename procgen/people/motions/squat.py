"""Bending the knees and straightening them again, as an exercise, the soles flat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...codec import param
from ...registry import motions
from ..kinematics import rotvecs, rx
from ..poses.base import Arm, Figure, Posture
from .base import Actor, Foot, Moment, Motion, curve, place_feet, planned


@dataclass(frozen=True, kw_only=True)
class SquatMotion(Motion):
    """Squats, the arms coming up ahead."""

    kind: ClassVar[str | None] = "squat"
    verb: ClassVar[str] = "doing squats"
    families: ClassVar[tuple[str, ...]] = ("stand",)
    seated: ClassVar[bool | None] = False
    frees_hands: ClassVar[bool] = True

    depth: float = param(0.42, low=0.1, high=0.6, doc="Share of the leg by which the hips are lowered.")
    seconds: float = param(3.2, low=1.2, high=10.0, unit="s", doc="Down and up once.")

    def period(self, actor: Actor) -> float:
        """Down and up once."""
        return self.seconds

    def at(self, actor: Actor, time: float) -> Moment:
        """Hips down and back, trunk ahead, arms up for balance."""
        down = curve(self.beat(actor, time), (0.05, 0.0), (0.45, 1.0), (0.55, 1.0), (0.95, 0.0))
        body, leg = actor.body, actor.body.leg
        sunk = self.depth * down
        feet = {
            side: Foot(np.array([sign * 0.155 * actor.size, body.ankle, 0.0]), yaw=sign * 0.38, knee_out=0.12)
            for side, sign in (("left", 1.0), ("right", -1.0))
        }
        root = np.array([0.0, body.ankle - float(body.rest[7, 1]) - (0.012 + sunk) * leg, -0.42 * sunk * leg])
        fig = Figure()
        fig.pose[0] = rotvecs(rx(1.15 * sunk))
        fig.pose = place_feet(fig.pose, body, root, feet)
        fig.trunk(getattr(actor.pose, "posture", Posture()), flexion=0.75 * sunk)
        ahead = 1.45 * min(1.0, sunk / 0.35)
        for side in ("left", "right"):
            fig.arm(
                side,
                Arm(
                    raised=float(np.hypot(ahead, 0.12)),
                    plane=float(np.arctan2(ahead, 0.12)),
                    roll=0.3,
                    elbow=0.22,
                    pronation=0.2 + 0.4 * down,
                ),
            )
        return Moment(actor.with_hands(fig.pose), planned(feet), root)


@motions.register("squat", spec=SquatMotion)
def sample_squat_motion(rng: np.random.Generator) -> SquatMotion:
    """Draw squats."""
    return SquatMotion(
        phase=float(rng.random()), variation=int(rng.integers(2**31)), depth=float(rng.uniform(0.28, 0.5)),
        seconds=float(rng.uniform(2.4, 4.2)),
    )  # fmt: skip

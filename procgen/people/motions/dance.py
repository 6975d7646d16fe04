"""Dancing on the spot: hips and shoulders against each other, heels in turn, arms in the beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import motions
from ..kinematics import rotvecs, rx, ry, rz
from ..poses.base import SIDES, Arm, Figure, Posture
from .base import Actor, Foot, Moment, Motion, place_feet, planned, planted


@dataclass(frozen=True, kw_only=True)
class DanceMotion(Motion):
    """A dance of eight beats."""

    kind: ClassVar[str | None] = "dance"
    verb: ClassVar[str] = "dancing"
    families: ClassVar[tuple[str, ...]] = ("dance", "stand")
    seated: ClassVar[bool | None] = False
    frees_hands: ClassVar[bool] = True

    style: Literal["sway", "bounce", "twist", "arms_up"] = param("sway", doc="What moves most.")
    energy: float = param(0.6, low=0.1, high=1.0, doc="How large the movement is.")
    beats: float = param(110.0, low=60.0, high=180.0, unit="1/min", doc="Beats a minute.")

    def period(self, actor: Actor) -> float:
        """Eight beats."""
        return 8.0 * 60.0 / self.beats

    def at(self, actor: Actor, time: float) -> Moment:
        """Weight from foot to foot on every second beat, knees soft on each."""
        a = 2.0 * np.pi * 2.0 * self.beat(actor, time)  # weight left and right twice in eight beats
        e, k, body = self.energy, actor.size, actor.body
        side, pulse = float(np.sin(a)), float(np.cos(4.0 * a))
        width = (0.13 + 0.05 * e) * k
        feet: dict[str, Foot] = {}
        for s, sign in (("left", 1.0), ("right", -1.0)):
            foot = Foot(np.array([sign * width, body.ankle, 0.0]), yaw=sign * 0.26, knee_out=0.06)
            # The free heel comes up while the weight is on the other foot.
            free = max(-sign * side, 0.0)
            lift = e * free**1.5 * (0.75 if self.style in ("twist", "bounce") else 0.55)
            feet[s] = planted(foot, body, float(lift))
        bend = (0.030 + 0.030 * e + (0.02 if self.style == "bounce" else 0.0)) * body.leg
        bob = (0.022 if self.style == "bounce" else 0.012) * e * body.leg * pulse
        shift = (0.055 + 0.04 * e) * k * side
        root = np.array(
            [
                shift,
                body.ankle - float(body.rest[7, 1]) + 0.0 - bend - bob - 0.02 * e * k * side**2,
                0.01 * k * np.sin(2 * a),
            ]
        )
        twist = (0.35 if self.style == "twist" else 0.16) * e * float(np.sin(a + 0.6))
        fig = Figure()
        fig.pose[0] = rotvecs(ry(-twist) @ rx(0.05) @ rz(0.14 * e * side))
        fig.pose = place_feet(fig.pose, body, root, feet)
        p = getattr(actor.pose, "posture", Posture())
        fig.trunk(p, flexion=0.02 + 0.03 * e * pulse, lean=0.30 * e * side, twist=2.0 * twist)
        self._arms(fig, a, e)
        fig.pose[15] += np.array([0.06 * e * pulse, 0.0, 0.05 * side * e])
        return Moment(actor.with_hands(fig.pose), planned(feet), root)

    def _arms(self, fig: Figure, a: float, e: float) -> None:
        high = self.style == "arms_up"
        for side in SIDES:
            sign = 1.0 if side == "left" else -1.0
            s, c = sign * float(np.sin(a)), float(np.cos(2.0 * a))
            raised = 2.1 + 0.25 * s * e + 0.15 * c * e if high else 0.42 + 0.25 * e + 0.22 * s * e
            fig.arm(side, Arm(
                raised=raised, plane=0.55 + 0.25 * s * e, roll=-0.5 if high else 0.45 - 0.25 * s,
                elbow=(0.9 - 0.25 * s) if high else 1.45 + 0.3 * s * e - 0.12 * c, pronation=0.35, wrist=-0.1 + 0.25 * c * e,
            ))  # fmt: skip


@motions.register("dance", spec=DanceMotion)
def sample_dance_motion(rng: np.random.Generator) -> DanceMotion:
    """Draw a dance."""
    return DanceMotion(
        phase=float(rng.random()), variation=int(rng.integers(2**31)),
        style=("sway", "bounce", "twist", "arms_up")[int(rng.integers(4))], energy=float(rng.beta(3.0, 2.0)) * 0.9 + 0.1,
        beats=float(rng.uniform(95, 128)),
    )  # fmt: skip

"""Going up or down stairs: a pose that brings its own steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import poses
from ..shape import Phenotype
from ..steps import Steps
from .base import HIP_DROP, LEG, SIDES, BodyPose, Contacts, Figure, clipped, other, sample_posture, sample_side, traits
from .locomotion import swing

# The ankle lies behind the middle of a foot, metres on the average adult.
ANKLE_BEHIND = 0.055


@dataclass(frozen=True)
class ClimbSpec(BodyPose):
    """On a short flight of steps, one foot a step above the other."""

    kind: ClassVar[str] = "climb"
    verb: ClassVar[str] = "climbing stairs"

    way: Literal["up", "down"] = param("up", doc="Where the person is going.")
    side: Literal["left", "right"] = param("left", doc="The foot ahead.")
    phase: float = param(0.4, low=0.0, high=1.0, doc="How far the weight has gone over to the foot ahead.")
    riser: float = param(0.16, low=0.08, high=0.22, unit="m", doc="Height of a step.")
    tread: float = param(0.29, low=0.22, high=0.4, unit="m", doc="Depth of a step.")
    width: float = param(1.1, low=0.6, high=3.0, unit="m", doc="Width of the flight.")
    below: int = param(1, low=0, high=4, doc="Steps below the lower foot; 0 = it is on the ground.")
    above: int = param(1, low=0, high=4, doc="Steps above the higher foot.")
    material: Literal["concrete", "wood"] = param("concrete", doc="What the steps are made of.")
    lean: float = param(0.14, low=0.0, high=0.45, unit="rad", doc="Trunk bent ahead.")
    arm_swing: float = param(0.6, low=0.0, high=1.5, doc="Scale of the motion of the arms.")
    elbow: float = param(0.4, low=0.05, high=1.2, unit="rad", doc="Flexion of the elbows.")
    spread: float = param(0.12, low=0.0, high=0.5, unit="rad", doc="Arms held off the body.")

    def doing(self) -> str:
        """Up or down."""
        return "climbing stairs" if self.way == "up" else "going down stairs"

    def steps(self) -> Steps:
        """The flight: the middle of the two treads in use is below the pelvis."""
        way = 1 if self.way == "up" else -1
        return Steps(self.riser, self.tread, self.width, self.below + 1 + self.above, -self.below * self.tread, way)

    def contacts(self) -> Contacts:
        """Both feet on their treads; the heel of the one behind comes up as the weight goes over."""
        behind = "edge" if self.phase > 0.5 else "flat"
        feet = {self.side: "flat", other(self.side): behind}
        return Contacts(feet["left"], feet["right"], treads={self.side: (0.0, self.tread), other(self.side): (-self.tread, 0.0)})


def build_climb(spec: ClimbSpec, time: float = 0.0) -> np.ndarray:
    """Climb or go down stairs: the foot ahead on the next tread, the trunk over it, arms against the legs."""
    fig = Figure()
    sign, free, up = (1.0 if spec.side == "left" else -1.0), other(spec.side), spec.way == "up"
    ankle = 0.5 * spec.tread - ANKLE_BEHIND
    # The pelvis is carried by the lower leg first and by the higher one in the end.
    high = spec.phase if up else 1.0 - spec.phase
    bent = 0.05 + (0.10 * (1.0 - spec.phase) if up else 0.08 * spec.phase)
    low = -(HIP_DROP + LEG * (0.985 - bent * (0.6 if up else 1.0))) - high * 0.55 * spec.riser
    shift = (spec.phase - 0.45) * 0.6 * spec.tread
    heel = 0.55 * max(spec.phase - 0.5, 0.0) / 0.5
    fig.pelvis(pitch=0.10 if up else 0.03, roll=-sign * 0.03, yaw=-sign * 0.06)
    for side in SIDES:
        lead = side == spec.side
        higher = lead == up
        y = low + (spec.riser if higher else 0.0)
        out = 0.085 if side == "left" else -0.085
        pitch = 0.0 if lead else heel
        fig.plant(side, np.array([out, y + 0.13 * np.sin(pitch), ankle - (0.0 if lead else spec.tread) - shift]), yaw=0.12, pitch=pitch)
    if heel > 0.02:
        fig.toes(free, heel)
    fig.trunk(spec.posture, flexion=spec.lean * (1.0 if up else 0.35), twist=sign * 0.08)
    for side in SIDES:
        ahead = (-0.35 if side == spec.side else 0.45) * spec.arm_swing
        swing(fig, side, ahead, spec.spread, spec.elbow + 0.25 * max(ahead, 0.0), 0.20 - 0.4 * max(ahead, 0.0))
    return fig.finish(spec)


@poses.register("climb", spec=ClimbSpec, build=build_climb)
def sample_climb(rng: np.random.Generator, person: Phenotype) -> ClimbSpec:
    """Draw a moment on the stairs; small legs get low steps."""
    t = traits(person)
    up = rng.random() < 0.6
    return ClimbSpec(
        # Eyes are on the steps, further down on the way down.
        posture=sample_posture(
            rng, person, turn=clipped(rng, 0.0, 0.15, -0.4, 0.4), nod=clipped(rng, 0.12 if up else 0.28, 0.08, -0.1, 0.5)
        ),
        way="up" if up else "down",
        side=sample_side(rng),  # pyright: ignore[reportArgumentType]
        phase=float(rng.uniform(0.05, 0.95)),
        riser=clipped(rng, 0.16 - 0.06 * t.small, 0.01, 0.08, 0.19),
        tread=clipped(rng, max(0.29 - 0.03 * t.small, 0.155 * person.height_m + 0.04), 0.008, 0.24, 0.36),
        width=clipped(rng, 0.78, 0.08, 0.62, 1.0),
        below=int(rng.integers(0, 2)),
        above=int(rng.integers(1, 3)),
        material=("concrete", "wood")[int(rng.random() < 0.35)],
        lean=clipped(rng, 0.14 + 0.10 * t.old + 0.05 * t.heavy, 0.04, 0.03, 0.4),
        arm_swing=clipped(rng, 0.65 - 0.25 * t.old, 0.15, 0.1, 1.1),
        elbow=clipped(rng, 0.40 + 0.2 * t.small, 0.08, 0.15, 0.9),
        spread=clipped(rng, 0.11 + 0.10 * t.heavy + 0.08 * t.small, 0.03, 0.04, 0.4),
    )

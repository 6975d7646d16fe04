"""Walking and running, at any point of the cycle; with time they move on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...codec import param
from ...registry import poses
from ...spec import HandSpec
from ..gait import Gait, arms_at, legs_at, pelvis_at, walker
from ..reference import FOOT_HEIGHT, REFERENCE
from ..running import Run, run_legs
from ..shape import Phenotype
from .base import SIDES, Arm, BodyPose, Contacts, Figure, clipped, sample_posture, traits

_BODY = walker(REFERENCE, FOOT_HEIGHT)


@dataclass(frozen=True)
class WalkSpec(BodyPose):
    """A walk, frozen at a phase of its cycle."""

    kind: ClassVar[str] = "walk"
    verb: ClassVar[str] = "walking"

    speed: float = param(1.3, low=0.2, high=2.2, unit="m/s", doc="Speed.")
    phase: float = param(0.0, low=0.0, high=1.0, doc="Where in the cycle; 0 = left heel strike.")
    width: float = param(0.09, low=0.0, high=0.3, unit="m", doc="Distance between the lines of the feet.")
    toe_out: float = param(0.12, low=-0.1, high=0.5, unit="rad", doc="Toes outwards.")
    bounce: float = param(1.0, low=0.0, high=2.0, doc="Scale of the vertical motion.")
    sway: float = param(1.0, low=0.0, high=2.5, doc="Scale of the motion of the hips.")
    arm_swing: float = param(1.0, low=0.0, high=1.8, doc="Scale of the motion of the arms.")
    arm_bias: float = param(0.0, low=-0.4, high=0.4, doc="How much more the left arm swings than the right.")
    elbow: float = param(0.3, low=0.05, high=1.4, unit="rad", doc="Flexion of the elbows.")
    spread: float = param(0.1, low=0.0, high=0.5, unit="rad", doc="Arms held off the body.")

    def gait(self) -> Gait:
        """The cycle of the legs."""
        return Gait(self.speed, self.width, self.toe_out, self.bounce, self.sway, self.arm_swing)

    def contacts(self) -> Contacts:
        """The standing foot carries; a foot that swings is free."""
        left, right = self.phase % 1.0, (self.phase + 0.5) % 1.0
        return Contacts(_support(left), _support(right), balance=False)


def _support(phase: float) -> str:
    # Flat between heel strike and heel rise; on its heel or ball around that.
    return "flat" if 0.1 < phase < 0.34 else "edge" if phase < 0.62 else "free"


def walk_upper(spec: WalkSpec, phase: float, legs: np.ndarray) -> np.ndarray:
    """The walk's trunk and arms over given pelvis and legs (55, 3)."""
    fig = Figure()
    fig.pose = np.array(legs)
    _, roll, yaw, twist = pelvis_at(spec.gait(), phase)
    fig.trunk(spec.posture, flexion=0.02 * spec.speed, lean=-0.8 * roll, twist=twist - yaw)
    for side in SIDES:
        ahead, bend = arms_at(spec.gait(), phase)[side]
        bias = 1.0 + (spec.arm_bias if side == "left" else -spec.arm_bias)
        # An arm ahead turns out a little: the hand passes beside the thigh and stops short of the midline.
        swing(fig, side, ahead * bias, spec.spread, spec.elbow + bend * bias, 0.20 - 0.55 * max(ahead, 0.0))
    return fig.finish(spec)


def swing(
    fig: Figure, side: str, ahead: float, spread: float, elbow: float, roll: float, pronation: float = 0.05
) -> None:
    """An arm swung ahead by an angle (negative: back) and held off the body."""
    raised = float(np.hypot(ahead, spread))
    fig.arm(side, Arm(
        raised=raised, plane=float(np.arctan2(ahead, max(spread, 1e-3))), roll=roll, elbow=float(np.clip(elbow, 0.0, 2.6)),
        pronation=pronation, deviation=-0.05))  # fmt: skip


def build_walk(spec: WalkSpec, time: float = 0.0) -> np.ndarray:
    """Walk: planned footfalls, pelvis and arms in time with them."""
    gait = spec.gait()
    phase = (spec.phase + time / gait.period(_BODY.leg)) % 1.0
    legs, _ = legs_at(gait, _BODY, phase, np.zeros((55, 3)))
    return walk_upper(spec, phase, legs)


@poses.register("walk", spec=WalkSpec, build=build_walk)
def sample_walk(rng: np.random.Generator, person: Phenotype) -> WalkSpec:
    """Draw a walk; speed goes with age, arm swing and bounce with speed."""
    t = traits(person)
    speed = clipped(rng, 1.28 - 0.45 * t.old - 0.55 * t.small - 0.12 * t.heavy, 0.17, 0.5, 1.9)
    quick = speed / 1.3
    return WalkSpec(
        posture=sample_posture(rng, person, turn=clipped(rng, 0.0, 0.15, -0.5, 0.5)),
        speed=speed,
        phase=float(rng.random()),
        width=clipped(
            rng, 0.085 + 0.07 * t.small + 0.04 * t.old + 0.06 * t.heavy - 0.03 * t.feminine, 0.02, 0.02, 0.26
        ),
        toe_out=clipped(rng, 0.11 + 0.07 * t.old + 0.05 * t.small, 0.04, 0.0, 0.3),
        bounce=clipped(rng, 1.0, 0.2, 0.4, 1.5),
        sway=clipped(rng, 0.85 + 0.35 * t.feminine + 0.3 * t.heavy, 0.2, 0.3, 1.9),
        arm_swing=clipped(rng, 0.95 * quick - 0.35 * t.old, 0.2, 0.2, 1.5),
        arm_bias=clipped(rng, 0.0, 0.12, -0.35, 0.35),
        elbow=clipped(rng, 0.20 + 0.15 * (quick - 1.0) + 0.25 * t.small, 0.07, 0.08, 0.8),
        spread=clipped(rng, 0.10 + 0.10 * t.heavy + 0.10 * t.small, 0.03, 0.03, 0.4),
    )


@dataclass(frozen=True)
class RunSpec(BodyPose):
    """A run, frozen at a phase of its cycle."""

    kind: ClassVar[str] = "run"
    verb: ClassVar[str] = "running"

    speed: float = param(3.2, low=1.8, high=7.0, unit="m/s", doc="Speed.")
    phase: float = param(0.0, low=0.0, high=1.0, doc="Where in the cycle; 0 = left foot strike.")
    lean: float = param(0.12, low=0.0, high=0.4, unit="rad", doc="Body leant ahead.")
    elbow: float = param(1.5, low=0.8, high=2.2, unit="rad", doc="Flexion of the elbows.")
    arm_swing: float = param(1.0, low=0.3, high=1.6, doc="Scale of the motion of the arms.")
    fist: float = param(0.5, low=0.0, high=1.0, doc="How far the hands are closed.")

    def run(self) -> Run:
        """The cycle of the legs."""
        return Run(self.speed, self.lean)

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """Loosely closed hands."""
        return HandSpec(shape="fist", amount=self.fist), HandSpec(shape="fist", amount=self.fist)

    def contacts(self) -> Contacts:
        """One foot or none is on the ground."""
        left, right = self.phase % 1.0, (self.phase + 0.5) % 1.0
        duty = self.run().duty
        lift = 0.0
        if left > duty and right > duty:
            u = (min(left, right) - duty) / (0.5 - duty)
            lift = 0.05 * np.sin(np.pi * np.clip(u, 0.0, 1.0)) + 0.005
        feet = ["edge" if p <= duty else "free" for p in (left, right)]
        return Contacts(feet[0], feet[1], balance=False, lift=float(lift))


def run_upper(spec: RunSpec, phase: float, legs: np.ndarray) -> np.ndarray:
    """The run's trunk and arms over given pelvis and legs (55, 3)."""
    fig = Figure()
    fig.pose = np.array(legs)
    strength = spec.run().strength()
    fig.trunk(spec.posture, flexion=0.3 * spec.lean, twist=0.30 * float(np.cos(2 * np.pi * phase)))
    for side, offset in (("left", 0.5), ("right", 0.0)):
        c = np.cos(2 * np.pi * (phase + offset) - 0.2) * spec.arm_swing * strength
        swing(fig, side, -0.25 + 0.72 * c, 0.22, spec.elbow + 0.22 * c, 0.10 - 0.12 * max(c, 0.0), pronation=-0.1)
    return fig.finish(spec)


def build_run(spec: RunSpec, time: float = 0.0) -> np.ndarray:
    """Run: planned footfalls, arms bent and swung against the legs."""
    phase = (spec.phase + time / spec.run().period(_BODY.leg)) % 1.0
    return run_upper(spec, phase, run_legs(spec.run(), _BODY, phase)[0])


@poses.register("run", spec=RunSpec, build=build_run)
def sample_run(rng: np.random.Generator, person: Phenotype) -> RunSpec:
    """Draw a run."""
    t = traits(person)
    speed = clipped(rng, 3.3 - 0.8 * t.old - 0.8 * t.small, 0.6, 1.9, 5.5)
    return RunSpec(
        posture=sample_posture(
            rng, person, turn=clipped(rng, 0.0, 0.1, -0.3, 0.3), nod=clipped(rng, 0.02, 0.06, -0.15, 0.2)
        ),
        speed=speed,
        phase=float(rng.random()),
        lean=clipped(rng, 0.06 + 0.03 * speed, 0.03, 0.03, 0.3),
        elbow=clipped(rng, 1.5, 0.14, 1.1, 1.95),
        arm_swing=clipped(rng, 1.0, 0.12, 0.6, 1.4),
        fist=clipped(rng, 0.5, 0.2, 0.1, 0.95),
    )

"""Dance and yoga: poses at the edge of what a body does every day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import poses
from ...spec import HandSpec
from ..kinematics import rx, ry, rz
from ..shape import Phenotype
from .base import HIP_DROP, LEG, Arm, BodyPose, Contacts, Figure, clipped, other, sample_posture, sample_side, traits


@dataclass(frozen=True)
class DanceSpec(BodyPose):
    """A moment of a dance: hips to one side, knees soft, arms in the rhythm."""

    kind: ClassVar[str] = "dance"
    verb: ClassVar[str] = "dancing"

    side: Literal["left", "right"] = param("left", doc="Side of the hip and of the higher arm.")
    energy: float = param(0.6, low=0.0, high=1.0, doc="How large the movement is.")
    width: float = param(0.36, low=0.15, high=0.7, unit="m", doc="Distance between the ankles.")
    bend: float = param(0.08, low=0.01, high=0.25, doc="Knees bent: leg length lost.")
    high_arm: float = param(2.0, low=0.3, high=2.8, unit="rad", doc="Elevation of the higher arm.")
    low_arm: float = param(0.7, low=0.1, high=2.4, unit="rad", doc="Elevation of the lower arm.")
    heel: float = param(0.35, low=0.0, high=0.8, unit="rad", doc="Heel of the free foot raised.")
    phase: float = param(0.0, low=0.0, high=1.0, doc="Where in the beat.")

    def contacts(self) -> Contacts:
        """One sole and the ball of the other foot."""
        feet = {self.side: "flat", other(self.side): "edge" if self.heel > 0.03 else "flat"}
        return Contacts(feet["left"], feet["right"])


def build_dance(spec: DanceSpec, time: float = 0.0) -> np.ndarray:
    """Dance: weight over one soft knee, hips and shoulders against each other, one arm high."""
    sign = 1.0 if spec.side == "left" else -1.0
    e = spec.energy * (0.8 + 0.2 * np.cos(2 * np.pi * (2.0 * time + spec.phase)))
    fig = Figure()
    fig.pelvis(pitch=0.06, roll=-sign * 0.16 * e, yaw=sign * 0.22 * e)
    y = -(HIP_DROP + LEG * (0.99 - spec.bend))
    shift = sign * 0.30 * spec.width
    fig.plant(spec.side, np.array([sign * spec.width / 2 - shift, y, -0.02]), yaw=0.3, knee_out=0.05)
    free = other(spec.side)
    up = 0.13 * np.sin(spec.heel)
    fig.plant(
        free, np.array([-sign * spec.width / 2 - shift, y + up, 0.06]), yaw=0.35, pitch=spec.heel, knee_out=-0.35 * e
    )
    fig.toes(free, spec.heel)
    fig.trunk(spec.posture, flexion=0.02, lean=sign * 0.24 * e, twist=-sign * 0.35 * e)
    high = Arm(
        raised=spec.high_arm, plane=0.45, roll=-0.45, elbow=0.95 - 0.25 * spec.high_arm + 0.35 * (1 - e), pronation=0.3
    )
    low = Arm(raised=spec.low_arm, plane=0.35, roll=0.35, elbow=1.15 - 0.3 * e, pronation=0.6, wrist=-0.2)
    fig.arm(spec.side, high)
    fig.arm(free, low)
    return fig.finish(spec)


@poses.register("dance", spec=DanceSpec, build=build_dance)
def sample_dance(rng: np.random.Generator, person: Phenotype) -> DanceSpec:
    """Draw a moment of a dance."""
    t = traits(person)
    energy = clipped(rng, 0.65 - 0.3 * t.old, 0.18, 0.15, 1.0)
    return DanceSpec(
        posture=sample_posture(rng, person),
        side=sample_side(rng),  # pyright: ignore[reportArgumentType]
        energy=energy,
        width=clipped(rng, 0.28 + 0.12 * energy + 0.05 * t.heavy, 0.05, 0.2, 0.6),
        bend=clipped(rng, 0.04 + 0.08 * energy, 0.02, 0.015, 0.2),
        high_arm=clipped(rng, 1.3 + 0.8 * energy, 0.4, 0.5, 2.5),
        low_arm=clipped(rng, 0.6 + 0.4 * energy, 0.3, 0.2, 1.6),
        heel=clipped(rng, 0.4 * energy, 0.15, 0.0, 0.7),
        phase=float(rng.random()),
    )


@dataclass(frozen=True)
class YogaSpec(BodyPose):
    """A lunge, the warrior or the tree."""

    kind: ClassVar[str] = "yoga"
    verb: ClassVar[str] = "doing yoga"

    figure: Literal["lunge", "warrior", "tree"] = param("warrior", doc="Which figure.")
    side: Literal["left", "right"] = param("left", doc="The leg in front, or the leg that stands.")
    depth: float = param(0.6, low=0.2, high=1.0, doc="How deep the front knee bends, or how high the free foot is.")
    arms: float = param(0.8, low=0.0, high=1.0, doc="How far the arms are raised.")

    def contacts(self) -> Contacts:
        """Front sole and back foot, or one sole."""
        back = {"lunge": "edge", "warrior": "flat", "tree": "free"}[self.figure]
        feet = {self.side: "flat", other(self.side): back}
        return Contacts(feet["left"], feet["right"])

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """Hands stretched."""
        return HandSpec(shape="flat", amount=0.8), HandSpec(shape="flat", amount=0.8)


def build_yoga(spec: YogaSpec, time: float = 0.0) -> np.ndarray:
    """A lunge (arms up), the warrior (arms out) or the tree (on one leg, arms up)."""
    fig = Figure()
    free, sign = other(spec.side), 1.0 if spec.side == "left" else -1.0
    if spec.figure == "tree":
        _tree(fig, spec, free, sign)
    else:
        drop = 0.12 + 0.30 * spec.depth
        y = -(HIP_DROP + LEG * (1.0 - drop))
        ahead, behind = LEG * (0.30 + 0.28 * spec.depth), -LEG * (0.38 + 0.34 * spec.depth)
        warrior = spec.figure == "warrior"
        fig.pelvis(pitch=0.05, yaw=-sign * (0.75 if warrior else 0.0))
        fig.plant(spec.side, np.array([sign * (0.02 if warrior else 0.09), y, ahead]), yaw=0.03)
        if warrior:
            fig.plant(free, np.array([-sign * 0.05, y, behind]), yaw=1.15, knee_out=0.1)
        else:
            fig.plant(free, np.array([-sign * 0.09, y + 0.10, behind]), yaw=0.02, pitch=0.95)
            fig.toes(free, 0.9)
        fig.trunk(spec.posture, flexion=-0.06, twist=sign * (-0.25 if warrior else 0.0))
        if warrior:
            arm = Arm(raised=0.5 + 1.05 * spec.arms, plane=0.0, roll=0.1, elbow=0.05, pronation=0.1)
        else:
            arm = Arm(raised=0.8 + 1.9 * spec.arms, plane=1.2, roll=-0.2, elbow=0.12, pronation=0.0)
        fig.arm("left", arm)
        fig.arm("right", arm)
    return fig.finish(spec)


def _tree(fig: Figure, spec: YogaSpec, free: str, sign: float) -> None:
    fig.pelvis(roll=-sign * 0.04)
    y = -(HIP_DROP + LEG * 0.993)
    fig.plant(spec.side, np.array([sign * 0.02, y, 0.0]), yaw=0.08)
    # The free thigh is turned out and its sole laid against the inner calf of the standing leg.
    fig.set(f"{free}_hip", rz(0.55) @ ry(0.75) @ rx(-0.55 - 0.15 * spec.depth) @ ry(0.30))
    fig.set(f"{free}_knee", rx(1.75 + 0.25 * spec.depth))
    fig.set(f"{free}_ankle", rz(-0.15) @ rx(0.45))
    fig.trunk(spec.posture, lean=sign * 0.03)
    arm = Arm(raised=0.9 + 1.75 * spec.arms, plane=0.55, roll=-0.35, elbow=0.25, pronation=0.1)
    fig.arm("left", arm)
    fig.arm("right", arm)


@poses.register("yoga", spec=YogaSpec, build=build_yoga)
def sample_yoga(rng: np.random.Generator, person: Phenotype) -> YogaSpec:
    """Draw a figure; old and heavy people do not go as deep."""
    t = traits(person)
    return YogaSpec(
        posture=sample_posture(rng, person, turn=clipped(rng, 0.0, 0.06, -0.15, 0.15), slouch=-0.03),
        figure=("lunge", "warrior", "tree")[int(rng.integers(3))],
        side=sample_side(rng),  # pyright: ignore[reportArgumentType]
        depth=clipped(rng, 0.6 - 0.25 * t.old - 0.2 * t.heavy, 0.15, 0.2, 1.0),
        arms=clipped(rng, 0.85 - 0.25 * t.old, 0.12, 0.3, 1.0),
    )

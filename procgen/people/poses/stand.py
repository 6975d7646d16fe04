"""Standing at ease, and standing with the weight on one leg (contrapposto)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import poses
from ..shape import Phenotype
from .base import (
    HIP_DROP,
    LEG,
    Arm,
    BodyPose,
    Figure,
    clipped,
    other,
    sample_hanging_arm,
    sample_posture,
    sample_side,
    traits,
)


def plant_both(fig: Figure, width: float, shift: float, bend: float, toe: tuple[float, float], stagger: float) -> None:
    """Both soles on level ground below a pelvis that is `shift` to the left of their middle and `bend` of a leg low."""
    y = -(HIP_DROP + LEG * (0.992 - bend))
    for side, sign, turn in (("left", 1.0, toe[0]), ("right", -1.0, toe[1])):
        fig.plant(side, np.array([sign * width / 2 - shift, y, sign * stagger / 2]), turn)


@dataclass(frozen=True)
class StandSpec(BodyPose):
    """Standing on both feet, arms hanging."""

    kind: ClassVar[str] = "stand"
    verb: ClassVar[str] = "standing"

    width: float = param(0.2, low=0.04, high=0.8, unit="m", doc="Distance between the ankles.")
    stagger: float = param(0.0, low=-0.3, high=0.3, unit="m", doc="How far the left foot is ahead of the right.")
    toe_left: float = param(0.16, low=-0.3, high=0.8, unit="rad", doc="Left toes outwards.")
    toe_right: float = param(0.16, low=-0.3, high=0.8, unit="rad", doc="Right toes outwards.")
    shift: float = param(0.0, low=-0.08, high=0.08, unit="m", doc="Weight to the left foot.")
    bend: float = param(0.005, low=0.0, high=0.12, doc="Knees bent: leg length lost.")
    left_arm: Arm = param(factory=Arm, doc="Left arm.")
    right_arm: Arm = param(factory=Arm, doc="Right arm.")


def build_stand(spec: StandSpec, time: float = 0.0) -> np.ndarray:
    """Stand at ease on both feet with the arms hanging."""
    fig = Figure()
    fig.pelvis(pitch=0.01 + 0.15 * max(spec.posture.slouch - 0.15, 0.0), roll=-0.5 * spec.shift)
    plant_both(fig, spec.width, spec.shift, spec.bend, (spec.toe_left, spec.toe_right), spec.stagger)
    fig.trunk(spec.posture, lean=0.6 * spec.shift)
    fig.arm("left", spec.left_arm)
    fig.arm("right", spec.right_arm)
    return fig.finish(spec)


def sample_feet(rng: np.random.Generator, person: Phenotype) -> dict[str, float]:
    """Width, stagger, toe angles, shift and bend of a stance; small children and old people stand wider and more bent."""
    t = traits(person)
    width = clipped(rng, 0.19 + 0.10 * t.small + 0.05 * t.old + 0.07 * t.heavy - 0.03 * t.feminine, 0.035, 0.09, 0.42)
    toe = clipped(rng, 0.14 + 0.10 * t.old + 0.08 * t.small, 0.06, -0.02, 0.45)
    return {
        "width": width,
        "stagger": clipped(rng, 0.0, 0.035, -0.1, 0.1),
        "toe_left": float(np.clip(toe + rng.normal(0.0, 0.05), -0.1, 0.6)),
        "toe_right": float(np.clip(toe + rng.normal(0.0, 0.05), -0.1, 0.6)),
        "shift": clipped(rng, 0.0, 0.012, -0.03, 0.03),
        "bend": clipped(rng, 0.004 + 0.012 * t.old + 0.015 * t.small, 0.003, 0.0, 0.08),
    }


@poses.register("stand", spec=StandSpec, build=build_stand)
def sample_stand(rng: np.random.Generator, person: Phenotype) -> StandSpec:
    """Draw a relaxed stance."""
    return StandSpec(
        posture=sample_posture(rng, person),
        left_arm=sample_hanging_arm(rng, person),
        right_arm=sample_hanging_arm(rng, person),
        **sample_feet(rng, person),
    )


@dataclass(frozen=True)
class ContrappostoSpec(BodyPose):
    """Standing with the weight on one leg: hips and shoulders tilt against each other."""

    kind: ClassVar[str] = "contrapposto"
    verb: ClassVar[str] = "standing"

    side: Literal["left", "right"] = param("left", doc="The leg that carries.")
    hip: float = param(0.1, low=0.0, high=0.22, unit="rad", doc="Pelvis dropped on the free side.")
    width: float = param(0.2, low=0.08, high=0.45, unit="m", doc="Distance between the ankles.")
    forward: float = param(0.06, low=-0.15, high=0.25, unit="m", doc="Free foot ahead.")
    toe: float = param(0.1, low=-0.2, high=0.5, unit="rad", doc="Carrying toes outwards.")
    free_toe: float = param(0.45, low=-0.2, high=0.9, unit="rad", doc="Free toes outwards.")
    counter: float = param(0.1, low=0.0, high=0.25, unit="rad", doc="Chest leant back over the carrying leg.")
    left_arm: Arm = param(factory=Arm, doc="Left arm.")
    right_arm: Arm = param(factory=Arm, doc="Right arm.")


def build_contrapposto(spec: ContrappostoSpec, time: float = 0.0) -> np.ndarray:
    """Stand with the weight on one leg, the free knee bent, hips and shoulders tilted against each other."""
    sign = 1.0 if spec.side == "left" else -1.0
    fig = Figure()
    # The pelvis is high over the carrying leg and turned a little towards the free one.
    fig.pelvis(pitch=0.02, roll=-sign * spec.hip, yaw=-sign * 0.25 * spec.hip)
    carry = fig.chain().p[1 if spec.side == "left" else 2]
    y = carry[1] - 0.996 * LEG
    # The carrying foot stands below the middle of the body; the pelvis juts out over it.
    fig.plant(spec.side, np.array([sign * 0.035, y, 0.0]), spec.toe)
    fig.plant(
        other(spec.side), np.array([sign * 0.035 - sign * spec.width, y, spec.forward]), spec.free_toe, knee_out=-0.1
    )
    fig.trunk(spec.posture, lean=sign * (spec.hip * 0.9 + spec.counter * 0.4), twist=sign * 0.3 * spec.hip)
    fig.arm("left", spec.left_arm)
    fig.arm("right", spec.right_arm)
    return fig.finish(spec)


@poses.register("contrapposto", spec=ContrappostoSpec, build=build_contrapposto)
def sample_contrapposto(rng: np.random.Generator, person: Phenotype) -> ContrappostoSpec:
    """Draw a stance with the weight on one leg."""
    t = traits(person)
    hip = clipped(rng, 0.085 + 0.025 * t.feminine - 0.03 * t.old, 0.025, 0.03, 0.16)
    return ContrappostoSpec(
        posture=sample_posture(rng, person),
        side=sample_side(rng),  # pyright: ignore[reportArgumentType]
        hip=hip,
        width=clipped(rng, 0.19 + 0.05 * t.heavy, 0.04, 0.12, 0.36),
        forward=clipped(rng, 0.05, 0.05, -0.08, 0.18),
        toe=clipped(rng, 0.10, 0.06, -0.05, 0.3),
        free_toe=clipped(rng, 0.38, 0.15, 0.0, 0.75),
        counter=clipped(rng, hip, 0.02, 0.02, 0.2),
        left_arm=sample_hanging_arm(rng, person),
        right_arm=sample_hanging_arm(rng, person),
    )

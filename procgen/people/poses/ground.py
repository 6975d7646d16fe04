"""Low poses: squatting and kneeling, and lying down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import poses
from ..kinematics import rotvecs, rx, ry, rz
from ..shape import Phenotype
from .base import (
    HIP,
    HIP_DROP,
    LEG,
    SIDES,
    Arm,
    BodyPose,
    Contacts,
    Figure,
    HandGoal,
    clipped,
    other,
    sample_hanging_arm,
    sample_posture,
    sample_side,
    traits,
)


@dataclass(frozen=True)
class SquatSpec(BodyPose):
    """Squatting on both feet."""

    kind: ClassVar[str] = "squat"
    verb: ClassVar[str] = "squatting"

    depth: float = param(0.6, low=0.15, high=0.8, doc="Share of the leg length by which the hips are lowered.")
    width: float = param(0.34, low=0.15, high=0.7, unit="m", doc="Distance between the ankles.")
    toe_out: float = param(0.35, low=0.0, high=0.9, unit="rad", doc="Toes and knees outwards.")
    heels: float = param(0.1, low=0.0, high=0.7, unit="rad", doc="Heels raised.")
    lean: float = param(0.8, low=0.0, high=1.3, unit="rad", doc="Trunk leant ahead.")
    hands: Literal["knees", "together", "ahead"] = param("knees", doc="What the hands do.")

    def contacts(self) -> Contacts:
        """Both feet; with the heels up they stand on the balls."""
        feet = "edge" if self.heels > 0.05 else "flat"
        return Contacts(feet, feet, hands={s: HandGoal("knee") for s in SIDES} if self.hands == "knees" else {})


def build_squat(spec: SquatSpec, time: float = 0.0) -> np.ndarray:
    """Squat: hips down and back, trunk ahead so that the weight stays over the feet."""
    fig = Figure()
    fig.pelvis(pitch=0.55 * spec.lean)
    y = -(HIP_DROP + LEG * (1.0 - spec.depth))
    # Deep squats sit back as far as the shanks lean ahead.
    ahead = 0.10 + 0.16 * min(spec.depth, 0.5) - 0.14 * spec.heels
    for side, sign in (("left", 1.0), ("right", -1.0)):
        ankle = np.array([sign * spec.width / 2, y + 0.08 * np.sin(spec.heels), ahead])
        fig.plant(side, ankle, yaw=spec.toe_out, pitch=spec.heels, knee_out=0.1)
        fig.toes(side, spec.heels)
    fig.trunk(spec.posture, flexion=0.5 * spec.lean)
    arms = {
        "knees": Arm(raised=0.85, plane=1.3, roll=0.45, elbow=0.9, pronation=0.7),
        "together": Arm(raised=0.7, plane=1.35, roll=0.85, elbow=1.5, pronation=0.3),
        "ahead": Arm(raised=1.3, plane=1.45, roll=0.3, elbow=0.25, pronation=0.9),
    }
    for side in SIDES:
        fig.arm(side, arms[spec.hands])
    return fig.finish(spec)


@poses.register("squat", spec=SquatSpec, build=build_squat)
def sample_squat(rng: np.random.Generator, person: Phenotype) -> SquatSpec:
    """Draw a squat; children go deep on flat feet, old and heavy people hardly."""
    t = traits(person)
    depth = clipped(rng, 0.52 + 0.12 * t.small - 0.2 * t.old - 0.15 * t.heavy, 0.09, 0.2, 0.66)
    return SquatSpec(
        posture=sample_posture(rng, person),
        depth=depth,
        width=clipped(rng, 0.34 + 0.08 * t.heavy, 0.05, 0.2, 0.55),
        toe_out=clipped(rng, 0.38, 0.12, 0.1, 0.75),
        heels=max(0.0, clipped(rng, (0.10 + 1.8 * (depth - 0.40)) * (1 - t.small), 0.06, -0.2, 0.55)),
        lean=clipped(rng, 0.32 + 0.45 * depth - 0.15 * t.small, 0.07, 0.2, 0.8),
        hands=("knees", "together", "ahead")[int(rng.choice(3, p=(0.5, 0.3, 0.2)))],
    )


@dataclass(frozen=True)
class KneelSpec(BodyPose):
    """Kneeling on one knee or on both."""

    kind: ClassVar[str] = "kneel"
    verb: ClassVar[str] = "kneeling"

    knees: Literal["left", "right", "both"] = param("right", doc="Which knee is on the ground.")
    sit_back: float = param(0.2, low=0.0, high=1.0, doc="Both knees: how far the hips sink to the heels.")
    spread: float = param(0.12, low=0.0, high=0.5, unit="rad", doc="Thighs apart.")
    lean: float = param(0.08, low=-0.1, high=0.6, unit="rad", doc="Trunk leant ahead.")
    left_arm: Arm = param(factory=Arm, doc="Left arm.")
    right_arm: Arm = param(factory=Arm, doc="Right arm.")

    def contacts(self) -> Contacts:
        """Knees and toes; on one knee the other foot is flat and the hand of its side rests on the thigh."""
        if self.knees == "both":
            hands = {s: HandGoal("thigh", 0.6) for s in SIDES} if self.sit_back > 0.5 else {}
            return Contacts("free", "free", knees=SIDES, hands=hands)
        up = other(self.knees)
        feet = {up: "flat", self.knees: "free"}
        return Contacts(feet["left"], feet["right"], knees=(self.knees,), hands={up: HandGoal("thigh", 0.8)})


def build_kneel(spec: KneelSpec, time: float = 0.0) -> np.ndarray:
    """Kneel on one knee or on both."""
    fig = Figure()
    fig.pelvis(pitch=0.3 * spec.lean)
    down = SIDES if spec.knees == "both" else (spec.knees,)
    back = 1.05 * spec.sit_back if spec.knees == "both" else -0.12
    for side in down:
        # The shank lies along the ground: the knee bends by a right angle and what the thigh leans back.
        tilt = 0.3 * spec.lean
        fig.leg(side, flexion=back + tilt, abduction=spec.spread, turn=0.05, knee=np.pi / 2 + back - 0.12, ankle=-0.25)
        if back < 0.3:
            fig.leg(side, back + tilt, spec.spread, 0.05, np.pi / 2 + back - 0.18, ankle=0.12)
            fig.toes(side, 0.95)
    if spec.knees != "both":
        side, sign = other(spec.knees), 1.0 if spec.knees == "right" else -1.0
        y = -(HIP_DROP + 0.5 * LEG + 0.02)
        fig.plant(side, np.array([sign * (HIP + 0.06), y + 0.06, 0.40]), yaw=0.1, knee_out=0.08)
    fig.trunk(spec.posture, flexion=0.7 * spec.lean)
    for side, arm in (("left", spec.left_arm), ("right", spec.right_arm)):
        rests = side in spec.contacts().hands
        fig.arm(side, Arm(raised=0.6, plane=1.3, roll=0.5, elbow=1.1, pronation=0.9) if rests else arm)
    return fig.finish(spec)


@poses.register("kneel", spec=KneelSpec, build=build_kneel)
def sample_kneel(rng: np.random.Generator, person: Phenotype) -> KneelSpec:
    """Draw a way of kneeling."""
    both = rng.random() < 0.4
    side = sample_side(rng, 0.3)
    return KneelSpec(
        posture=sample_posture(rng, person),
        knees="both" if both else side,  # pyright: ignore[reportArgumentType]
        sit_back=clipped(rng, 0.8, 0.2, 0.5, 1.0) if rng.random() < 0.6 else 0.05,
        spread=clipped(rng, 0.12, 0.05, 0.02, 0.3),
        lean=clipped(rng, 0.08, 0.06, -0.05, 0.3),
        left_arm=sample_hanging_arm(rng, person),
        right_arm=sample_hanging_arm(rng, person),
    )


@dataclass(frozen=True)
class LieSpec(BodyPose):
    """Lying on the back or on the side."""

    kind: ClassVar[str] = "lie"
    verb: ClassVar[str] = "lying down"

    on: Literal["back", "left", "right"] = param("back", doc="What the person lies on.")
    knees: float = param(0.15, low=0.0, high=1.4, unit="rad", doc="Knees bent.")
    spread: float = param(0.12, low=0.0, high=0.5, unit="rad", doc="Legs apart.")
    arms: Literal["sides", "behind_head", "belly"] = param("sides", doc="Where the arms are.")
    left_arm: Arm = param(factory=Arm, doc="Left arm at the side.")
    right_arm: Arm = param(factory=Arm, doc="Right arm at the side.")

    def contacts(self) -> Contacts:
        """The whole body lies on the ground."""
        hands = {s: HandGoal("belly") for s in SIDES} if self.on == "back" and self.arms == "belly" else {}
        return Contacts("free", "free", base="lie", balance=False, hands=hands)


def build_lie(spec: LieSpec, time: float = 0.0) -> np.ndarray:
    """Lie down; the root row holds the quarter turn."""
    fig = Figure()
    sign = 1.0 if spec.on == "left" else -1.0
    turn = rx(-np.pi / 2) if spec.on == "back" else rx(-np.pi / 2) @ ry(sign * np.pi / 2)
    fig.pose[0] = rotvecs(turn)
    for side in SIDES:
        if spec.on == "back":
            # With the knees up the feet stand on the ground: the thigh rises by half of what the knee bends.
            fig.leg(side, 0.5 * spec.knees - 0.02, spec.spread * (1 - 0.4 * min(spec.knees, 1.0)), 0.28 * (1 - 0.6 * min(
                spec.knees, 1.0)), spec.knees, ankle=-0.5 + 0.36 * spec.knees)  # fmt: skip
        else:
            top = side != spec.on
            bend = spec.knees + (0.35 if top else 0.1)
            fig.leg(side, 0.75 * bend, -0.06 if top else 0.02, 0.0, min(1.5 * bend, 2.3), ankle=-0.3)
    fig.trunk(spec.posture, flexion=-0.03 if spec.on == "back" else 0.12)
    for side, arm in (("left", spec.left_arm), ("right", spec.right_arm)):
        if spec.on != "back":
            low = side == spec.on
            fig.arm(side, Arm(raised=1.45 if low else 0.75, plane=1.35, roll=0.2 if low else 0.6, elbow=1.5 if low else 1.2,
                              pronation=0.2))  # fmt: skip
        elif spec.arms == "behind_head":
            fig.arm(side, Arm(raised=2.25, plane=0.35, roll=-0.9, elbow=2.2, pronation=0.4))
        elif spec.arms == "belly":
            fig.arm(side, Arm(raised=0.38, plane=0.35, roll=1.15, elbow=1.45, pronation=0.35))
        else:
            fig.arm(side, Arm(raised=arm.raised + 0.22, plane=0.0, roll=arm.roll - 0.35, elbow=arm.elbow * 0.6,
                              pronation=0.55))  # fmt: skip
    if spec.on != "back":
        fig.set("neck", rz(-0.12 * -sign))
        fig.set("head", rz(-0.22 * -sign))
    return fig.finish(spec)


@poses.register("lie", spec=LieSpec, build=build_lie)
def sample_lie(rng: np.random.Generator, person: Phenotype) -> LieSpec:
    """Draw a way of lying."""
    on = ("back", "left", "right")[int(rng.choice(3, p=(0.6, 0.2, 0.2)))]
    knees = clipped(rng, 0.9, 0.25, 0.3, 1.35) if rng.random() < 0.35 else clipped(rng, 0.12, 0.06, 0.02, 0.3)
    return LieSpec(
        posture=sample_posture(
            rng, person, turn=clipped(rng, 0.0, 0.2, -0.5, 0.5) if on == "back" else 0.0, slouch=-0.03
        ),
        on=on,
        knees=knees,
        spread=clipped(rng, 0.12, 0.05, 0.02, 0.3),
        arms=("sides", "behind_head", "belly")[int(rng.choice(3, p=(0.5, 0.2, 0.3)))],
        left_arm=sample_hanging_arm(rng, person),
        right_arm=sample_hanging_arm(rng, person),
    )

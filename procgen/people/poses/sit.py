"""Sitting on a seat and sitting on the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import poses
from ..kinematics import rx, rz
from ..shape import Phenotype
from .base import (
    ANKLE,
    SIDES,
    Arm,
    BodyPose,
    Contacts,
    Figure,
    HandGoal,
    J,
    clipped,
    sample_hanging_arm,
    sample_posture,
    sample_side,
    traits,
)

# Pelvis joint above the seat, average adult: half a thigh and the flesh below the sit bones, by eye on the open body.
SEAT_TO_PELVIS = 0.10


@dataclass(frozen=True)
class SitSpec(BodyPose):
    """Sitting on a seat with the feet on the floor if they reach it."""

    kind: ClassVar[str] = "sit"
    verb: ClassVar[str] = "sitting"
    seated: ClassVar[bool] = True

    manner: Literal["upright", "back", "ahead", "crossed"] = param(
        "upright", doc="Upright, leaning on the backrest, leaning ahead, or with one leg over the other."
    )
    over: Literal["left", "right"] = param("right", doc="Which leg lies on top, where they are crossed.")
    seat_height: float = param(0.45, low=0.15, high=0.9, unit="m", doc="Top of the seat above the floor.")
    recline: float = param(0.1, low=-0.35, high=0.6, unit="rad", doc="Pelvis rocked back.")
    knees: float = param(0.22, low=0.02, high=0.7, unit="m", doc="Distance between the knees.")
    feet: float = param(0.2, low=0.02, high=0.7, unit="m", doc="Distance between the ankles.")
    tuck: float = param(0.02, low=-0.3, high=0.35, unit="m", doc="Feet behind the knees (positive) or ahead.")
    stagger: float = param(0.0, low=-0.25, high=0.25, unit="m", doc="Left foot ahead of the right.")
    hands: Literal["thighs", "lap", "knees", "free"] = param("thighs", doc="Where the hands rest.")
    left_arm: Arm = param(factory=Arm, doc="Left arm, where the hand is free.")
    right_arm: Arm = param(factory=Arm, doc="Right arm, where the hand is free.")

    def contacts(self) -> Contacts:
        """Seat, feet, and hands on the thighs or in the lap."""
        goal = {"thighs": "thigh", "lap": "lap", "knees": "knee"}.get(self.hands)
        share = 0.55 if self.hands == "thighs" else 0.5
        hands = {s: HandGoal(goal, share) for s in SIDES} if goal else {}
        feet = {"left": "flat", "right": "flat"}
        if self.manner == "crossed":
            feet[self.over] = "free"
        return Contacts(feet["left"], feet["right"], base="seat", balance=False, leans=self.manner in ("back", "crossed"), hands=hands)


def sit_legs(fig: Figure, spec: SitSpec) -> None:
    """Thighs over the seat and shanks down to the floor, on the average adult."""
    floor = -(spec.seat_height + SEAT_TO_PELVIS) + ANKLE
    for side, sign in (("left", 1.0), ("right", -1.0)):
        ahead = 0.41 - spec.tuck + sign * spec.stagger / 2
        ankle = np.array([sign * spec.feet / 2, max(floor, -0.62), ahead])
        out = float(np.arctan2((spec.knees - spec.feet) / 2, 0.42))
        fig.plant(side, ankle, yaw=0.12 + 0.4 * max(out, 0.0), pitch=0.35 if floor < -0.62 else 0.0, knee_out=1.6 * out)


def cross_legs(fig: Figure, spec: SitSpec) -> None:
    """One thigh over the other, its shank hanging beside the other knee, toes down a little."""
    sign = 1.0 if spec.over == "left" else -1.0
    chain = fig.chain()
    knee = chain.p[J["right_knee"] if spec.over == "left" else J["left_knee"]]
    ankle = knee + np.array([-sign * 0.20, -0.21, 0.14])
    fig.fold(spec.over, ankle, np.array([-sign * 0.10, 1.0, 0.6]))
    fig.set(f"{spec.over}_ankle", rx(0.42) @ rz(0.12))


def build_sit(spec: SitSpec, time: float = 0.0) -> np.ndarray:
    """Sit on a seat of a given height."""
    fig = Figure()
    ahead = 0.34 if spec.manner == "ahead" else 0.0
    fig.pelvis(pitch=-0.12 - spec.recline + ahead)
    sit_legs(fig, spec)
    if spec.manner == "crossed":
        cross_legs(fig, spec)
    # The lumbar spine rounds by what the pelvis rocks back, less what the whole trunk reclines.
    fig.trunk(spec.posture, flexion=0.14 + 0.55 * spec.recline + 0.8 * ahead)
    for side, arm in (("left", spec.left_arm), ("right", spec.right_arm)):
        if spec.hands == "free":
            fig.arm(side, arm)
        elif spec.hands == "lap":
            fig.arm(side, Arm(raised=0.35, plane=1.15, roll=0.95, elbow=1.15, pronation=0.5, wrist=0.1))
        else:
            fig.arm(side, Arm(raised=0.45 if spec.hands == "thighs" else 0.7, plane=1.15, roll=0.45, elbow=0.95 if
                              spec.hands == "thighs" else 0.7, pronation=1.05, wrist=0.0))  # fmt: skip
    return fig.finish(spec)


@poses.register("sit", spec=SitSpec, build=build_sit)
def sample_sit(rng: np.random.Generator, person: Phenotype) -> SitSpec:
    """Draw a way of sitting; layout replaces `seat_height` by the real seat's."""
    t = traits(person)
    knees = clipped(rng, 0.30 - 0.12 * t.feminine + 0.06 * t.heavy, 0.06, 0.12, 0.55)
    hands = ("thighs", "lap", "knees")[int(rng.choice(3, p=(0.55, 0.33, 0.12)))]
    manner = ("upright", "back", "ahead", "crossed")[int(rng.choice(4, p=(0.3, 0.4, 0.15, 0.15)))]
    if manner == "crossed" and (t.heavy > 0.25 or t.old > 0.5 or t.small > 0.1):
        manner = "upright"  # thick thighs, stiff hips and short legs do not cross
    recline = clipped(rng, 0.14 if manner == "back" else 0.08, 0.07, -0.1, 0.3)
    if manner == "ahead":
        recline, hands = 0.0, "knees"
    if manner == "crossed":
        hands = "lap"
    return SitSpec(
        manner=manner,
        over=sample_side(rng),  # pyright: ignore[reportArgumentType]
        posture=sample_posture(rng, person, slouch=clipped(rng, 0.06 + 0.3 * recline, 0.05, -0.05, 0.3)),
        seat_height=0.45,
        recline=recline,
        knees=knees,
        feet=clipped(rng, 0.8 * knees + 0.02, 0.05, 0.06, 0.5),
        tuck=clipped(rng, 0.02, 0.06, -0.14, 0.14),
        stagger=clipped(rng, 0.0, 0.06, -0.16, 0.16),
        hands=hands,
        left_arm=sample_hanging_arm(rng, person),
        right_arm=sample_hanging_arm(rng, person),
    )


@dataclass(frozen=True)
class SitGroundSpec(BodyPose):
    """Sitting on the ground: cross-legged, legs stretched, or knees up."""

    kind: ClassVar[str] = "sit_ground"
    verb: ClassVar[str] = "sitting on the ground"

    legs: Literal["crossed", "stretched", "knees_up"] = param("crossed", doc="What the legs do.")
    spread: float = param(0.2, low=0.0, high=0.5, unit="rad", doc="Legs apart.")
    bend: float = param(0.3, low=0.0, high=1.0, doc="Knees bent, for stretched legs and knees up.")
    rock: float = param(0.2, low=-0.2, high=0.6, unit="rad", doc="Pelvis rocked back.")

    def contacts(self) -> Contacts:
        """Sits on the ground; hands on the knees, or free behind."""
        hands = (
            {}
            if self.legs == "stretched"
            else {s: HandGoal("knee" if self.legs == "crossed" else "shin") for s in SIDES}
        )
        feet = "free" if self.legs == "crossed" else "edge"
        return Contacts(feet, feet, base="ground", balance=False, hands=hands)


def build_sit_ground(spec: SitGroundSpec, time: float = 0.0) -> np.ndarray:
    """Sit on the ground."""
    fig = Figure()
    fig.pelvis(pitch=-spec.rock)
    if spec.legs == "crossed":
        # Shanks cross in front; knees point outwards. The left one is in front.
        for side, sign, ahead in (("left", 1.0, 0.37), ("right", -1.0, 0.27)):
            ankle = np.array([-sign * (0.10 - 0.2 * (spec.spread - 0.2)), -0.02, ahead])
            fig.fold(side, ankle, np.array([sign, 0.55, 0.40]))
            fig.set(f"{side}_ankle", rz(0.25) @ rx(0.35))
    else:
        up = spec.legs == "knees_up"
        for side, sign in (("left", 1.0), ("right", -1.0)):
            ahead = 0.50 + 0.14 * (1 - spec.bend) if up else 0.80 - 0.08 * spec.bend
            x = sign * (0.10 + 0.5 * spec.spread * (1.0 if not up else 0.4))
            fig.fold(
                side, np.array([x, -0.02 if not up else -0.03, ahead]), np.array([sign * (0.2 + spec.spread), 1.0, 0.1])
            )
            fig.set(f"{side}_ankle", rx(0.38 if up else 0.30))
    fig.trunk(spec.posture, flexion=0.25 + 0.8 * spec.rock if spec.legs != "stretched" else 0.12 + 0.2 * spec.rock)
    for side in SIDES:
        if spec.legs == "stretched":
            # Propped up on the hands behind the back.
            fig.arm(side, Arm(raised=0.62, plane=-1.25, roll=-0.5, elbow=0.12, pronation=0.4, wrist=-0.95))
        elif spec.legs == "crossed":
            fig.arm(side, Arm(raised=0.55, plane=0.85, roll=0.35, elbow=0.7, pronation=0.9))
        else:
            fig.arm(side, Arm(raised=0.95, plane=1.35, roll=0.75, elbow=0.75, pronation=0.5))
    return fig.finish(spec)


@poses.register("sit_ground", spec=SitGroundSpec, build=build_sit_ground)
def sample_sit_ground(rng: np.random.Generator, person: Phenotype) -> SitGroundSpec:
    """Draw a way of sitting on the ground; old and heavy people stretch their legs."""
    t = traits(person)
    p = np.array([0.45, 0.25 + 0.8 * (t.old + t.heavy), 0.3 * (1 - 0.7 * t.heavy)])
    return SitGroundSpec(
        posture=sample_posture(rng, person, slouch=0.05),
        legs=("crossed", "stretched", "knees_up")[int(rng.choice(3, p=p / p.sum()))],
        spread=clipped(rng, 0.2, 0.08, 0.03, 0.45),
        bend=clipped(rng, 0.4, 0.2, 0.05, 0.95),
        rock=clipped(rng, 0.22, 0.08, 0.05, 0.4),
    )

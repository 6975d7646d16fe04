"""Standing with the arms at rest on the body: crossed, hands on the hips, hands in the pockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import poses
from ...spec import HandSpec
from ..shape import Phenotype
from .base import SIDES, Arm, Contacts, HandGoal, clipped, other, sample_hanging_arm, sample_posture, sample_side
from .stand import StandSpec, sample_feet
from .upright import build_upright


@dataclass(frozen=True)
class ArmsCrossedSpec(StandSpec):
    """Arms crossed in front of the chest."""

    kind: ClassVar[str] = "arms_crossed"
    verb: ClassVar[str] = "standing with crossed arms"

    over: Literal["left", "right"] = param("right", doc="Which forearm is in front.")
    height: float = param(0.5, low=0.0, high=1.0, doc="0 = on the belly, 1 = high on the chest.")

    def contacts(self) -> Contacts:
        """The inner hand below the other armpit, the outer one on the other arm."""
        return Contacts(hands={
            self.over: HandGoal("cross_out", self.height), other(self.over): HandGoal("cross_in", self.height)})  # fmt: skip

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """The outer hand lies on the other arm, the inner one is tucked in."""
        hands = {self.over: HandSpec(shape="grip", amount=0.35), other(self.over): HandSpec(shape="flat", amount=0.5)}
        return hands["left"], hands["right"]


def build_arms_crossed(spec: ArmsCrossedSpec, time: float = 0.0) -> np.ndarray:
    """Cross the arms, one forearm in front of the other."""
    h = spec.height
    outer = Arm(raised=0.50 + 0.18 * h, plane=1.10, roll=1.10, elbow=1.72 + 0.1 * h, pronation=0.35, wrist=0.1)
    inner = Arm(raised=0.40 + 0.18 * h, plane=0.95, roll=1.20, elbow=1.68 + 0.1 * h, pronation=0.25)
    return build_upright(spec, {spec.over: outer, other(spec.over): inner}, flexion=-0.02)


@poses.register("arms_crossed", spec=ArmsCrossedSpec, build=build_arms_crossed)
def sample_arms_crossed(rng: np.random.Generator, person: Phenotype) -> ArmsCrossedSpec:
    """Draw crossed arms."""
    return ArmsCrossedSpec(
        posture=sample_posture(rng, person),
        left_arm=sample_hanging_arm(rng, person),
        right_arm=sample_hanging_arm(rng, person),
        **sample_feet(rng, person),
        over=sample_side(rng, 0.4),  # pyright: ignore[reportArgumentType]
        height=clipped(rng, 0.5, 0.2, 0.1, 0.95),
    )


@dataclass(frozen=True)
class HandsOnHipsSpec(StandSpec):
    """One or both hands on the hips."""

    kind: ClassVar[str] = "hands_on_hips"
    verb: ClassVar[str] = "standing with hands on hips"

    sides: Literal["left", "right", "both"] = param("both", doc="Which hands.")
    back: float = param(0.4, low=0.0, high=1.0, doc="0 = fingers ahead, 1 = elbows well back.")

    def busy(self) -> tuple[str, ...]:
        """Sides whose hand is on the hip."""
        return SIDES if self.sides == "both" else (self.sides,)

    def contacts(self) -> Contacts:
        """Hands at the iliac crest."""
        return Contacts(hands={s: HandGoal("hip", 0.65 - 0.3 * self.back) for s in self.busy()})

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """Hands laid on: half flat, the thumb apart."""
        hands = {s: HandSpec(shape="flat", amount=0.5) if s in self.busy() else HandSpec() for s in SIDES}
        return hands["left"], hands["right"]


def build_hands_on_hips(spec: HandsOnHipsSpec, time: float = 0.0) -> np.ndarray:
    """Hands on the hips, elbows out."""
    arm = Arm(raised=0.80, plane=-0.10 - 0.45 * spec.back, roll=0.75, elbow=1.62, pronation=0.55, wrist=-0.45)
    return build_upright(spec, dict.fromkeys(spec.busy(), arm), flexion=-0.04)


@poses.register("hands_on_hips", spec=HandsOnHipsSpec, build=build_hands_on_hips)
def sample_hands_on_hips(rng: np.random.Generator, person: Phenotype) -> HandsOnHipsSpec:
    """Draw hands on hips."""
    return HandsOnHipsSpec(
        posture=sample_posture(rng, person),
        left_arm=sample_hanging_arm(rng, person),
        right_arm=sample_hanging_arm(rng, person),
        **sample_feet(rng, person),
        sides=("both", "left", "right")[int(rng.choice(3, p=(0.6, 0.15, 0.25)))],
        back=clipped(rng, 0.45, 0.2, 0.05, 0.95),
    )


@dataclass(frozen=True)
class HandsInPocketsSpec(StandSpec):
    """One or both hands in the trouser pockets."""

    kind: ClassVar[str] = "hands_in_pockets"
    verb: ClassVar[str] = "standing with hands in pockets"

    sides: Literal["left", "right", "both"] = param("both", doc="Which hands.")
    depth: float = param(0.5, low=0.0, high=1.0, doc="How deep the hands are.")

    def busy(self) -> tuple[str, ...]:
        """Sides whose hand is in a pocket."""
        return SIDES if self.sides == "both" else (self.sides,)

    def contacts(self) -> Contacts:
        """Hands along the front of the thighs."""
        return Contacts(hands={s: HandGoal("pocket", self.depth) for s in self.busy()})

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """Hands nearly flat."""
        hands = {s: HandSpec(shape="flat", amount=0.6) if s in self.busy() else HandSpec() for s in SIDES}
        return hands["left"], hands["right"]


def build_hands_in_pockets(spec: HandsInPocketsSpec, time: float = 0.0) -> np.ndarray:
    """Hands in the pockets, elbows a little back and out."""
    arm = Arm(raised=0.36 - 0.08 * spec.depth, plane=-0.75, roll=0.55, elbow=0.85 - 0.25 * spec.depth, pronation=0.15)
    return build_upright(spec, dict.fromkeys(spec.busy(), arm), flexion=0.03)


@poses.register("hands_in_pockets", spec=HandsInPocketsSpec, build=build_hands_in_pockets)
def sample_hands_in_pockets(rng: np.random.Generator, person: Phenotype) -> HandsInPocketsSpec:
    """Draw hands in pockets."""
    return HandsInPocketsSpec(
        posture=sample_posture(rng, person),
        left_arm=sample_hanging_arm(rng, person),
        right_arm=sample_hanging_arm(rng, person),
        **sample_feet(rng, person),
        sides=("both", "left", "right")[int(rng.choice(3, p=(0.6, 0.2, 0.2)))],
        depth=clipped(rng, 0.5, 0.2, 0.1, 0.95),
    )

"""Standing while the arms do something: reach, wave, telephone, talk, carry, arms crossed, hands on hips or in pockets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from ...codec import param
from ...registry import poses
from ...spec import HandSpec
from ..shape import Phenotype
from .base import (
    SIDES,
    Arm,
    Contacts,
    HandGoal,
    clipped,
    other,
    sample_hanging_arm,
    sample_posture,
    sample_side,
    traits,
)
from .stand import StandSpec, sample_feet
from .upright import build_upright

# Linear RGB, by eye: cardboard, canvas and leather, backs of phones.
_BOXES = ((0.42, 0.27, 0.14), (0.36, 0.22, 0.11), (0.48, 0.33, 0.19), (0.62, 0.60, 0.56))
_BAGS = (
    (0.62, 0.55, 0.42),
    (0.03, 0.03, 0.035),
    (0.20, 0.09, 0.04),
    (0.05, 0.09, 0.20),
    (0.10, 0.16, 0.09),
    (0.45, 0.06, 0.05),
)
_PHONES = ((0.02, 0.02, 0.025), (0.55, 0.55, 0.56), (0.04, 0.07, 0.16), (0.60, 0.42, 0.38))


def _stance(rng: np.random.Generator, person: Phenotype, **posture: float) -> dict[str, Any]:
    """The standing part of a gesture."""
    return {
        "posture": sample_posture(rng, person, **posture),
        "left_arm": sample_hanging_arm(rng, person),
        "right_arm": sample_hanging_arm(rng, person),
        **sample_feet(rng, person),
    }


def _pair(side: str, busy: HandSpec, idle: HandSpec | None = None) -> tuple[HandSpec, HandSpec]:
    hands = {side: busy, other(side): idle or HandSpec()}
    return hands["left"], hands["right"]


@dataclass(frozen=True)
class ReachSpec(StandSpec):
    """Reaching out with one arm or with both."""

    kind: ClassVar[str] = "reach"
    verb: ClassVar[str] = "reaching"

    side: Literal["left", "right", "both"] = param("right", doc="Which arm reaches.")
    height: float = param(1.6, low=0.6, high=2.9, unit="rad", doc="Elevation of the arm; π/2 level.")
    across: float = param(1.3, low=0.0, high=1.9, unit="rad", doc="0 sideways, π/2 ahead.")
    elbow: float = param(0.25, low=0.0, high=1.2, unit="rad", doc="Flexion of the elbow.")

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """Open hands that are about to take hold."""
        busy = HandSpec(shape="grip", amount=0.35)
        return (busy, busy) if self.side == "both" else _pair(self.side, busy)


def build_reach(spec: ReachSpec, time: float = 0.0) -> np.ndarray:
    """Reach out, the trunk and the shoulder going along."""
    sides = SIDES if spec.side == "both" else (spec.side,)
    up = max(spec.height - 1.57, 0.0)
    # Raised sideways the upper arm has to turn outwards; raised ahead it does not.
    ahead = min(spec.across / 1.6, 1.0)
    roll = 0.35 + up * (0.55 * ahead - 0.75 * (1.0 - ahead))
    arm = Arm(raised=spec.height, plane=spec.across, roll=roll, elbow=spec.elbow, pronation=0.75 - 0.5 * up,
              wrist=-0.15)  # fmt: skip
    turn = 0.0 if spec.side == "both" else (-0.22 if spec.side == "left" else 0.22) * np.sin(spec.across)
    lean = 0.0 if spec.side == "both" else (-1.0 if spec.side == "left" else 1.0) * 0.10 * up
    bend = 0.12 * max(1.57 - spec.height, 0.0) - 0.06 * up
    return build_upright(
        spec, dict.fromkeys(sides, arm), flexion=bend, twist=turn, lean=lean, nod=-0.28 * up + 0.1 * (up == 0)
    )


@poses.register("reach", spec=ReachSpec, build=build_reach)
def sample_reach(rng: np.random.Generator, person: Phenotype) -> ReachSpec:
    """Draw a reach; old shoulders do not go as high."""
    t = traits(person)
    side = ("right", "left", "both")[int(rng.choice(3, p=(0.5, 0.3, 0.2)))]
    return ReachSpec(
        **_stance(rng, person, turn=clipped(rng, 0.0, 0.12, -0.3, 0.3)),
        side=side,
        height=clipped(rng, 1.75 - 0.35 * t.old, 0.45, 0.9, 2.75 - 0.6 * t.old),
        across=clipped(rng, 1.25, 0.25, 0.5, 1.7),
        elbow=clipped(rng, 0.3, 0.15, 0.05, 0.8),
    )


@dataclass(frozen=True)
class WaveSpec(StandSpec):
    """Waving with a raised hand."""

    kind: ClassVar[str] = "wave"
    verb: ClassVar[str] = "waving"

    side: Literal["left", "right"] = param("right", doc="Which hand waves.")
    height: float = param(1.1, low=0.3, high=2.3, unit="rad", doc="Elevation of the upper arm.")
    elbow: float = param(1.7, low=0.4, high=2.4, unit="rad", doc="Flexion of the elbow.")
    swing: float = param(0.3, low=0.0, high=0.6, unit="rad", doc="How far the hand swings to and fro.")
    tempo: float = param(1.6, low=0.3, high=4.0, unit="1/s", doc="Swings a second.")
    phase: float = param(0.0, low=0.0, high=1.0, doc="Where in the swing.")

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """An open hand."""
        return _pair(self.side, HandSpec(shape="flat", amount=0.55 + 0.3 * (self.height > 1.0)))


def waving_arm(spec: WaveSpec, time: float) -> Arm:
    """The arm of a wave at a time: forearm up, palm ahead, swinging from the elbow and the wrist."""
    s = np.sin(2 * np.pi * (spec.tempo * time + spec.phase))
    raised = spec.height
    # The forearm is brought upright by rotating the upper arm outwards; a lower elbow needs more, and comes forward.
    low = max(1.2 - raised, 0.0)
    return Arm(raised=raised, plane=0.35 + 0.45 * low, roll=-1.3 + 0.25 * spec.swing * s,
               elbow=spec.elbow + 0.6 * spec.swing * s,
               pronation=0.9, wrist=-0.12, deviation=float(np.clip(0.45 * spec.swing * s, -0.3, 0.3)))  # fmt: skip


def build_wave(spec: WaveSpec, time: float = 0.0) -> np.ndarray:
    """Wave: the forearm upright, palm ahead."""
    lean = (1.0 if spec.side == "left" else -1.0) * -0.03
    return build_upright(spec, {spec.side: waving_arm(spec, time)}, lean=lean)


@poses.register("wave", spec=WaveSpec, build=build_wave)
def sample_wave(rng: np.random.Generator, person: Phenotype) -> WaveSpec:
    """Draw a wave; a high elbow comes with a straighter arm."""
    t = traits(person)
    height = clipped(rng, 1.2 + 0.3 * t.small - 0.15 * t.old, 0.28, 0.85, 1.9)
    return WaveSpec(
        **_stance(rng, person),
        side=sample_side(rng, 0.2),  # pyright: ignore[reportArgumentType]
        height=height,
        elbow=clipped(rng, 2.45 - 0.5 * height, 0.12, 0.7, 2.3),
        swing=clipped(rng, 0.3, 0.1, 0.1, 0.55),
        tempo=clipped(rng, 1.6, 0.3, 0.9, 2.6),
        phase=float(rng.random()),
    )


@dataclass(frozen=True)
class PhoneSpec(StandSpec):
    """Telephoning with the phone at the ear, or reading from it."""

    kind: ClassVar[str] = "phone"
    verb: ClassVar[str] = "using a phone"

    side: Literal["left", "right"] = param("right", doc="Which hand holds the phone.")
    use: Literal["call", "read"] = param("call", doc="At the ear, or in front of the chest.")
    other: Literal["hang", "support", "pocket"] = param("hang", doc="What the other arm does.")
    color: tuple[float, float, float] = param(
        (0.02, 0.02, 0.025), low=0.0, high=1.0, doc="Back of the phone, linear RGB."
    )

    def doing(self) -> str:
        """Calling or reading."""
        return "talking on the phone" if self.use == "call" else "looking at a phone"

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """A hand that holds a phone."""
        return _pair(self.side, HandSpec(shape="grip", amount=0.62 if self.use == "call" else 0.5))

    def contacts(self) -> Contacts:
        """The hand at the ear; the other under the elbow or in the pocket."""
        hands = {}
        if self.use == "call":
            hands[self.side] = HandGoal("ear")
        if self.other == "pocket":
            hands[other(self.side)] = HandGoal("pocket")
        return Contacts(hands=hands)


def build_phone(spec: PhoneSpec, time: float = 0.0) -> np.ndarray:
    """Hold a phone to the ear or read from it."""
    free = other(spec.side)
    sign = 1.0 if spec.side == "left" else -1.0
    if spec.use == "call":
        arms = {
            spec.side: Arm(raised=0.75, plane=0.95, roll=-0.35, elbow=2.42, pronation=-0.35, wrist=0.1, deviation=0.1)
        }
        nod, tilt = 0.0, 0.07 * sign
    else:
        arms = {spec.side: Arm(raised=0.52, plane=1.05, roll=0.12, elbow=1.62, pronation=-0.7, wrist=0.2)}
        nod, tilt = 0.42, 0.0
    if spec.other == "support":
        arms[free] = Arm(raised=0.38, plane=1.1, roll=1.25, elbow=1.55, pronation=0.1)
    elif spec.other == "pocket":
        arms[free] = Arm(raised=0.3, plane=-0.6, roll=0.35, elbow=0.75, pronation=0.2)
    return build_upright(spec, arms, nod=nod, tilt=tilt)


@poses.register("phone", spec=PhoneSpec, build=build_phone)
def sample_phone(rng: np.random.Generator, person: Phenotype) -> PhoneSpec:
    """Draw a telephone pose."""
    use = "call" if rng.random() < 0.55 else "read"
    turn = clipped(rng, 0.0, 0.25, -0.7, 0.7) if use == "call" else clipped(rng, 0.0, 0.06, -0.15, 0.15)
    return PhoneSpec(
        **_stance(rng, person, turn=turn),
        side=sample_side(rng, 0.2),  # pyright: ignore[reportArgumentType]
        use=use,
        other=("hang", "support", "pocket")[int(rng.choice(3, p=(0.45, 0.25, 0.3)))],
        color=_PHONES[int(rng.integers(len(_PHONES)))],
    )


@dataclass(frozen=True)
class TalkSpec(StandSpec):
    """Talking with the hands."""

    kind: ClassVar[str] = "talk"
    verb: ClassVar[str] = "talking and gesturing"

    left_raise: float = param(0.6, low=0.0, high=1.0, doc="How far the left hand is raised.")
    right_raise: float = param(0.8, low=0.0, high=1.0, doc="How far the right hand is raised.")
    openness: float = param(0.5, low=0.0, high=1.0, doc="0 = palms to each other, 1 = palms up and forearms apart.")
    left_shape: Literal["rest", "flat", "spread", "point", "pinch"] = param("rest", doc="Left hand.")
    right_shape: Literal["rest", "flat", "spread", "point", "pinch"] = param("flat", doc="Right hand.")
    phase: float = param(0.0, low=0.0, high=1.0, doc="Where in the gesture.")

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """Each hand's shape, as far as the hand is raised."""
        return HandSpec(shape=self.left_shape, amount=min(1.0, self.left_raise)), HandSpec(
            shape=self.right_shape, amount=min(1.0, self.right_raise)
        )


def build_talk(spec: TalkSpec, time: float = 0.0) -> np.ndarray:
    """Talk: forearms raised in front of the trunk, beating in time."""
    arms = {}
    for side, base, amount, lag in (
        ("left", spec.left_arm, spec.left_raise, 0.3),
        ("right", spec.right_arm, spec.right_raise, 0.0),
    ):
        if amount < 0.08:
            continue
        beat = 0.10 * np.sin(2 * np.pi * (0.75 * time + spec.phase + lag))
        o = spec.openness
        arms[side] = Arm(
            raised=base.raised + amount * (0.28 + beat),
            plane=(1 - amount) * base.plane + amount * (0.95 - 0.4 * o),
            roll=(1 - amount) * base.roll + amount * (0.48 - 0.55 * o),
            elbow=base.elbow + amount * (1.42 - base.elbow + 0.5 * (amount - 0.6) + 1.2 * beat),
            pronation=(1 - amount) * base.pronation + amount * (0.15 - 0.95 * o),
            wrist=-0.10 * amount + 0.5 * beat,
            deviation=0.08 * amount,
        )
    return build_upright(spec, arms, twist=0.06 * (spec.left_raise - spec.right_raise))


@poses.register("talk", spec=TalkSpec, build=build_talk)
def sample_talk(rng: np.random.Generator, person: Phenotype) -> TalkSpec:
    """Draw a gesture; the hands differ."""
    lead = clipped(rng, 0.85, 0.12, 0.5, 1.0)
    follow = clipped(rng, 0.35, 0.35, 0.0, 0.9)
    left_leads = rng.random() < 0.35
    shapes = ("rest", "flat", "spread", "point", "pinch")
    a = shapes[int(rng.choice(5, p=(0.3, 0.25, 0.15, 0.12, 0.18)))]
    b = shapes[int(rng.choice(5, p=(0.6, 0.25, 0.15, 0.0, 0.0)))]
    return TalkSpec(
        **_stance(rng, person),
        left_raise=lead if left_leads else follow,
        right_raise=follow if left_leads else lead,
        openness=clipped(rng, 0.55, 0.3, 0.0, 1.0),
        left_shape=a if left_leads else b,
        right_shape=b if left_leads else a,
        phase=float(rng.random()),
    )


@dataclass(frozen=True)
class CarrySpec(StandSpec):
    """Carrying a box in front of the body, or a bag at the side."""

    kind: ClassVar[str] = "carry"
    verb: ClassVar[str] = "carrying"

    load: Literal["box", "bag_left", "bag_right"] = param("box", doc="What is carried, and where.")
    color: tuple[float, float, float] = param(
        (0.40, 0.25, 0.13), low=0.0, high=1.0, doc="Colour of the load, linear RGB."
    )
    size: float = param(0.34, low=0.15, high=0.55, unit="m", doc="Width of the box.")
    height: float = param(1.35, low=1.0, high=1.9, unit="rad", doc="Flexion of the elbows: how high the box is held.")

    def doing(self) -> str:
        """What is carried."""
        return "carrying a box" if self.load == "box" else "carrying a bag"

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """Hands flat below the box, or a fist about the handle."""
        if self.load == "box":
            return HandSpec(shape="grip", amount=0.45), HandSpec(shape="grip", amount=0.45)
        return _pair(self.load[4:], HandSpec(shape="fist", amount=0.85))


def build_carry(spec: CarrySpec, time: float = 0.0) -> np.ndarray:
    """Carry: the trunk leans back against a box, or sideways against a bag."""
    if spec.load == "box":
        # The forearms open to the width of the box from shoulders 0.33 m apart.
        open_ = float(np.clip((spec.size - 0.33) / 0.55, -0.35, 0.4))
        arm = Arm(raised=0.24, plane=0.9, roll=0.12 - open_, elbow=spec.height, pronation=-0.75, wrist=0.05)
        return build_upright(spec, dict.fromkeys(SIDES, arm), flexion=-0.10, nod=0.03)
    side = spec.load[4:]
    sign = 1.0 if side == "left" else -1.0
    arm = Arm(raised=0.10, plane=0.0, roll=0.25, elbow=0.06, pronation=0.05, deviation=-0.02)
    return build_upright(spec, {side: arm}, lean=-0.11 * sign, shrug_side=(side, -0.06))


@poses.register("carry", spec=CarrySpec, build=build_carry)
def sample_carry(rng: np.random.Generator, person: Phenotype) -> CarrySpec:
    """Draw a load."""
    load = ("box", "bag_left", "bag_right")[int(rng.choice(3, p=(0.6, 0.15, 0.25)))]
    colors = _BOXES if load == "box" else _BAGS
    return CarrySpec(
        **_stance(rng, person, turn=clipped(rng, 0.0, 0.15, -0.4, 0.4)),
        load=load,
        color=colors[int(rng.integers(len(colors)))],
        size=clipped(rng, 0.34, 0.06, 0.22, 0.5),
        height=clipped(rng, 1.4, 0.12, 1.1, 1.75),
    )

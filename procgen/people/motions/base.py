"""What motion families share: who moves, what a moment of a motion is, and feet that stay where they were put."""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from ... import registry
from ...spec import HandSpec, MotionSpec, PoseSpec, canonical
from ..gait import Walker, ease, walker
from ..hands import apply_hands
from ..kinematics import LEFT_LEG, RIGHT_LEG, aim_limb, forward, matrices, rotvecs, rx, ry
from ..lbs import rest_shape
from ..model import load_body
from ..poses.base import SIDES, BodyPose, Contacts
from ..poses.stand import StandSpec
from ..shape import Phenotype, betas_from_phenotype

# One breath at rest, seconds (15 a minute); what a body does by itself is written in whole fractions of it.
BREATH = 4.0
LIMB = {"left": LEFT_LEG, "right": RIGHT_LEG}


def skeleton(person: Phenotype) -> Walker:
    """Rest joints and foot measures of a person on the open body."""
    # A phenotype holds a dict of features and has no hash; its JSON has.
    return _skeleton(canonical(person))


@lru_cache(maxsize=64)
def _skeleton(key: str) -> Walker:
    model, person = load_body(), Phenotype.from_json(key)
    vertices = rest_shape(model, betas_from_phenotype(model, person))
    joints = np.asarray(model.J_regressor @ vertices, np.float64)
    foot = vertices[model.weights[:, 7] + model.weights[:, 10] > 0.9]
    return walker(joints, float(joints[7, 1] - foot[:, 1].min()), foot)


@dataclass(frozen=True)
class Actor:
    """Who moves, and the pose that the motion starts from.

    Attributes:
        phenotype: Shape; `body` are its own measures.
        pose: The person's pose spec.
        hands: Shapes of the left and right hand.
    """

    phenotype: Phenotype
    pose: PoseSpec
    hands: tuple[HandSpec, HandSpec] = (HandSpec(), HandSpec())

    @property
    def body(self) -> Walker:
        """Rest joints and foot measures."""
        return skeleton(self.phenotype)

    @property
    def size(self) -> float:
        """Leg length over that of the average adult."""
        return self.body.leg / 0.84

    def still(self) -> np.ndarray:
        """(55, 3) the pose at rest, without hands."""
        return registry.poses.get(str(self.pose.kind)).build(self.pose, 0.0)  # type: ignore[misc]

    def contacts(self) -> Contacts:
        """What touches what at rest."""
        return self.pose.contacts() if isinstance(self.pose, BodyPose) else Contacts()

    def with_hands(self, pose: np.ndarray, hands: tuple[HandSpec, HandSpec] | None = None) -> np.ndarray:
        """(55, 3) with the fingers of the person's own or of the given hand shapes."""
        left, right = hands or self.hands
        posture = getattr(self.pose, "posture", None)
        vary = (posture.fingers_left, posture.fingers_right) if posture is not None else ((0.0,) * 5,) * 2
        return apply_hands(pose, left, right, *vary)

    def stance(self) -> StandSpec:
        """The stance below a motion on the feet: the person's own, if the pose has one, else feet at hip width."""
        if isinstance(self.pose, StandSpec):
            return self.pose
        posture = getattr(self.pose, "posture", None)
        stance = StandSpec(toe_left=0.14, toe_right=0.17, stagger=0.02)
        return replace(stance, posture=posture) if posture is not None else stance


@dataclass(frozen=True)
class Moment:
    """A person at a moment of a motion.

    Attributes:
        pose: (55, 3) axis-angle, SMPL-X body frame, fingers included.
        contacts: What touches what. Base "planned" takes the height of the pelvis from `step`.
        step: (3,) where the pelvis joint is against the person's position: left, up from the ground, ahead, metres. Up is
            read for base "planned" alone.
        expression: ARKit action -> activation on top of the person's own.
        rise: For a sitter who gets up: 0 = on the seat, 1 = on the feet, which stay where they were while sitting.
        mute: Actions of the person's own expression that this moment replaces (a talking mouth does not also smile).
    """

    pose: np.ndarray
    contacts: Contacts
    step: np.ndarray = field(default_factory=lambda: np.zeros(3))
    expression: Mapping[str, float] = field(default_factory=dict)
    mute: tuple[str, ...] = ()
    rise: float | None = None


@dataclass(frozen=True, kw_only=True)
class Motion(MotionSpec, ABC):
    """Base of the motion families.

    Attributes:
        verb: What the person does, for captions; empty = what the pose says.
        families: Pose families that it is drawn with; empty = any.
        seated: True needs a seat, False needs none, None does not care.
        frees_hands: Whether the hands let go of what the pose holds.
    """

    verb: ClassVar[str] = ""
    families: ClassVar[tuple[str, ...]] = ()
    seated: ClassVar[bool | None] = None
    frees_hands: ClassVar[bool] = False

    def period(self, actor: Actor) -> float:
        """Seconds after which the pose repeats; 0 for never moving."""
        return 2.0 * BREATH

    @abstractmethod
    def at(self, actor: Actor, time: float) -> Moment:
        """The moment `time` seconds after the first frame."""

    def beat(self, actor: Actor, time: float) -> float:
        """Where in the cycle a time is, 0 to 1."""
        return (time / self.period(actor) + self.phase) % 1.0


@dataclass(frozen=True)
class Foot:
    """Where one foot is to be.

    Attributes:
        ankle: (3,) ankle joint: left, up, ahead, metres, in the frame of `step`.
        yaw: Toes to the person's left, radians.
        pitch: Toes down (heel raised), radians; `toes` bends the toes up.
        mode: Contact: "flat", "edge" or "free".
        knee_out: The knee outwards of the foot's direction, radians.
    """

    ankle: np.ndarray
    yaw: float = 0.0
    pitch: float = 0.0
    toes: float = 0.0
    mode: str = "flat"
    knee_out: float = 0.0


def place_feet(pose: np.ndarray, body: Walker, pelvis: np.ndarray, feet: Mapping[str, Foot]) -> np.ndarray:
    """Bend the legs so that the feet are where they are to be.

    Args:
        pose: (55, 3) with the root turned.
        pelvis: (3,) pelvis joint in the same frame as the feet.
    """
    out = np.array(pose, np.float64)
    R = matrices(out[0])
    heading = float(np.arctan2(R[0, 2], R[2, 2]))
    for side, foot in feet.items():
        limb = LIMB[side]
        # How far the foot is turned against the pelvis, the short way round; the knee follows most of it.
        turned = (foot.yaw - heading + np.pi) % (2.0 * np.pi) - np.pi
        sign = 1.0 if side == "left" else -1.0
        frame = ry(foot.yaw) @ rx(foot.pitch)
        pole = ry(heading + 0.85 * turned + sign * foot.knee_out) @ np.array([0.0, 0.1, 1.0])
        chain = forward(out, body.rest, pelvis)
        out = aim_limb(out, body.rest, chain, limb, foot.ankle, frame, pole)
        out[limb[2] + 3] = rotvecs(rx(-foot.toes))
    return out


def planted(foot: Foot, body: Walker, heel: float) -> Foot:
    """A foot whose heel is raised by an angle about the toe joint, which stays where it is."""
    if heel < 1e-4:
        return foot
    c, s = np.cos(heel), np.sin(heel)
    rise = body.ankle - body.toe
    ahead = body.ball * (1.0 - c) + rise * s
    way = np.array([np.sin(foot.yaw), 0.0, np.cos(foot.yaw)])
    up = body.toe + rise * c + body.ball * s - body.ankle
    return replace(foot, ankle=foot.ankle + ahead * way + np.array([0.0, up, 0.0]), pitch=heel, toes=heel, mode="edge")


def feet_of(actor: Actor, pose: np.ndarray) -> tuple[dict[str, Foot], np.ndarray]:
    """Flat feet below a standing pose, on level ground, and the pelvis joint (3,) above them."""
    body = actor.body
    chain = forward(pose, body.rest, np.zeros(3))
    low = min(float(chain.p[LIMB[s][2]][1]) for s in SIDES)
    up = body.ankle - low
    feet = {}
    for side in SIDES:
        p, R = chain.p[LIMB[side][2]], chain.R[LIMB[side][2]]
        feet[side] = Foot(np.array([p[0], body.ankle, p[2]]), float(np.arctan2(R[0, 2], R[2, 2])))
    return feet, np.array([0.0, up, 0.0])


def planned(feet: Mapping[str, Foot]) -> Contacts:
    """Contacts of a motion that says where pelvis and feet are."""
    return Contacts(feet["left"].mode, feet["right"].mode, base="planned", balance=False)


def bump(x: float, low: float, high: float, soft: float) -> float:
    """1 between `low` and `high`, 0 outside, eased over `soft` at both ends."""
    return ease((x - low) / soft + 1.0) * (1.0 - ease((x - high) / soft))


def curve(x: float, *points: tuple[float, float]) -> float:
    """A value that eases from point to point (x, y); held beyond both ends."""
    for (a, ya), (b, yb) in itertools.pairwise(points):
        if x <= b:
            return ya + (yb - ya) * ease((x - a) / (b - a))
    return points[-1][1]


def add_joint_turns(pose: np.ndarray, turns: Mapping[int, Any]) -> np.ndarray:
    """(55, 3) with rotations (3, 3) applied in the frames of joints, after what the pose has there."""
    out = np.array(pose, np.float64)
    for joint, R in turns.items():
        out[joint] = rotvecs(matrices(out[joint]) @ R)
    return out

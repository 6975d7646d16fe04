"""What pose families share: posture and arm parameters, the figure they are written on, and what touches what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from ...codec import Spec, param
from ...spec import HandSpec, PoseSpec
from ..hands import apply_hands
from ..kinematics import (
    COUNT,
    LEFT_ARM,
    LEFT_LEG,
    RIGHT_ARM,
    RIGHT_LEG,
    Chain,
    aim_limb,
    between,
    forward,
    rot,
    rotvecs,
    rx,
    ry,
    rz,
)
from ..reference import FOOT_HEIGHT, REFERENCE
from ..shape import Phenotype
from ..skeleton import JOINT_INDEX
from ..steps import Steps

DEG = np.pi / 180.0
SIDES = ("left", "right")
J = JOINT_INDEX
_FLIP = np.array([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class Posture(Spec):
    """Trunk, head and the small things that differ between two people in the same pose."""

    slouch: float = param(0.05, low=-0.3, high=0.9, unit="rad", doc="Bend of the spine forwards; negative is proud.")
    lean: float = param(0.0, low=-0.5, high=0.5, unit="rad", doc="Bend of the spine to the person's left.")
    twist: float = param(0.0, low=-0.7, high=0.7, unit="rad", doc="Turn of the chest to the person's left.")
    nod: float = param(0.0, low=-0.6, high=0.7, unit="rad", doc="Head down (positive) or up, against the horizon.")
    turn: float = param(
        0.0, low=-1.2, high=1.2, unit="rad", doc="Head turned to the person's left, against the pelvis."
    )
    tilt: float = param(0.0, low=-0.4, high=0.4, unit="rad", doc="Head tilted to the person's left shoulder.")
    shrug: float = param(0.0, low=-0.15, high=0.4, unit="rad", doc="Shoulders raised.")
    round: float = param(0.0, low=-0.2, high=0.35, unit="rad", doc="Shoulders rolled forwards.")
    fingers_left: tuple[float, ...] = param(
        (0.0,) * 5, low=-3.0, high=3.0, doc="Bend of thumb … little finger, deviations."
    )
    fingers_right: tuple[float, ...] = param((0.0,) * 5, low=-3.0, high=3.0, doc="The same for the right hand.")


@dataclass(frozen=True)
class Arm(Spec):
    """One arm against the chest. All zero hangs straight down with the palm to the thigh."""

    raised: float = param(0.12, low=-0.2, high=3.1, unit="rad", doc="Elevation of the upper arm from hanging.")
    plane: float = param(
        0.3, low=-1.6, high=2.3, unit="rad", doc="Where it is raised to: 0 sideways, π/2 ahead, more = across."
    )
    roll: float = param(0.4, low=-1.6, high=1.6, unit="rad", doc="Inward rotation of the upper arm.")
    elbow: float = param(0.3, low=0.0, high=2.65, unit="rad", doc="Flexion of the elbow.")
    pronation: float = param(
        0.2, low=-1.6, high=1.6, unit="rad", doc="Palm turned back or down (positive) from the thigh."
    )
    wrist: float = param(0.0, low=-1.2, high=1.35, unit="rad", doc="Wrist bent to the palm (positive) or back.")
    deviation: float = param(
        0.0, low=-0.5, high=0.35, unit="rad", doc="Hand bent to the thumb (positive) or little finger."
    )


@dataclass(frozen=True)
class HandGoal:
    """Where a hand is to touch its own body; solved on the real body by `contact`.

    Attributes:
        target: Name of a landmark in `contact.LANDMARKS`.
        share: 0 to 1, which way along the landmark's own span.
        amount: 0 to 1, how far to go from the pose's own place to the landmark.
    """

    target: str
    share: float = 0.5
    amount: float = 1.0


@dataclass(frozen=True)
class Contacts:
    """What carries the body and what the hands touch.

    Attributes:
        left_foot, right_foot: "flat" (sole on the ground), "edge" (lowest point touches, angle kept) or "free".
        knees: Sides whose knee is on the ground.
        base: "feet", "seat" (seat below the pelvis), "ground" (sits on it) or "lie".
        lift: Height of the lowest point above the ground, metres (the flight phase of a run).
        balance: Keep the centre of mass over what carries the body.
        leans: Whether a sitter's back rests on the backrest, where there is one.
        treads: Side -> where the step that the foot is put on begins and ends, metres ahead of the pelvis' ground point.
        hands: Side -> goal.
    """

    left_foot: str = "flat"
    right_foot: str = "flat"
    knees: tuple[str, ...] = ()
    base: str = "feet"
    balance: bool = True
    lift: float = 0.0
    leans: bool = False
    treads: dict[str, tuple[float, float]] = field(default_factory=dict)
    hands: dict[str, HandGoal] = field(default_factory=dict)


@dataclass(frozen=True)
class BodyPose(PoseSpec):
    """Base of the pose families."""

    verb: ClassVar[str] = "standing"
    seated: ClassVar[bool] = False

    posture: Posture = param(factory=Posture, doc="Trunk, head and fingers.")

    def contacts(self) -> Contacts:
        """What touches what; both soles by default."""
        return Contacts()

    def steps(self) -> Steps | None:
        """What the pose stands on and brings with it."""
        return None

    def doing(self) -> str:
        """What the person does, as an -ing phrase for captions."""
        return self.verb

    def hand_specs(self) -> tuple[HandSpec, HandSpec]:
        """Shapes of the left and right hand that belong to this pose."""
        return HandSpec(), HandSpec()


@dataclass(frozen=True)
class Traits:
    """What of a person changes how they carry themselves.

    Attributes:
        age: Years.
        small: 1 for toddlers, 0 from about eight years.
        old: 0 up to about 60 years, 1 from 85.
        heavy: 0 for BMI 24 and less, 1 from 38.
        feminine: 0 … 1.
    """

    age: float
    small: float
    old: float
    heavy: float
    feminine: float


def traits(person: Phenotype) -> Traits:
    """Read the traits off a phenotype."""
    age = float(person.age_years)
    bmi = person.weight_kg / max(person.height_m, 0.3) ** 2
    return Traits(
        age,
        float(np.clip((8.0 - age) / 6.0, 0.0, 1.0)),
        float(np.clip((age - 60.0) / 25.0, 0.0, 1.0)),
        float(np.clip((bmi - 24.0) / 14.0, 0.0, 1.0)),
        float(person.gender),
    )


def clipped(rng: np.random.Generator, mean: float, deviation: float, low: float, high: float) -> float:
    """A normal draw held within [low, high]."""
    return float(np.clip(rng.normal(mean, deviation), low, high))


def other(side: str) -> str:
    """The other side."""
    return "right" if side == "left" else "left"


def sample_side(rng: np.random.Generator, left: float = 0.5) -> str:
    """ "left" with probability `left`, else "right"."""
    return "left" if rng.random() < left else "right"


def sample_fingers(rng: np.random.Generator) -> tuple[float, ...]:
    """Five finger variations; neighbours move together, as their tendons do."""
    common = rng.normal(0.0, 0.7)
    own = rng.normal(0.0, 0.55, 5)
    own[2:] = 0.5 * own[2:] + 0.5 * np.array([own[1], own[2], own[3]])
    return tuple(float(x) for x in np.clip(common + own, -2.5, 2.5))


def sample_posture(rng: np.random.Generator, person: Phenotype, **changes: float) -> Posture:
    """A posture of a person of this age; `changes` replace or (for `slouch`) add to what was drawn."""
    t = traits(person)
    turn = clipped(rng, 0.0, 0.28, -0.8, 0.8)
    values: dict[str, Any] = {
        "slouch": clipped(rng, 0.04 + 0.24 * t.old, 0.05 + 0.06 * t.old, -0.08, 0.55),
        "lean": clipped(rng, 0.0, 0.025, -0.08, 0.08),
        # The chest follows the head a little.
        "twist": clipped(rng, 0.22 * turn, 0.05, -0.3, 0.3),
        "nod": clipped(rng, 0.03 + 0.04 * t.old, 0.07, -0.15, 0.3),
        "turn": turn,
        "tilt": clipped(rng, -0.08 * turn, 0.05 + 0.02 * t.feminine, -0.18, 0.18),
        "shrug": clipped(rng, 0.0, 0.025, -0.05, 0.12),
        "round": clipped(rng, 0.04 + 0.10 * t.old, 0.05, -0.08, 0.25),
        "fingers_left": sample_fingers(rng),
        "fingers_right": sample_fingers(rng),
    }
    if "slouch" in changes:
        changes["slouch"] = float(np.clip(values["slouch"] + changes["slouch"], -0.3, 0.9))
    return Posture(**{**values, **changes})  # pyright: ignore[reportArgumentType]


def sample_hanging_arm(rng: np.random.Generator, person: Phenotype) -> Arm:
    """A relaxed arm at the side: elbow a little bent, upper arm turned in, palm to the thigh or a little back."""
    t = traits(person)
    elbow = clipped(rng, 0.26 + 0.10 * t.old + 0.15 * t.small, 0.09, 0.08, 0.7)
    return Arm(
        raised=clipped(rng, 0.06 + 0.08 * t.heavy + 0.05 * t.small, 0.025, 0.0, 0.4),
        # A hand hangs a little ahead of the thigh; a more bent elbow goes with an elbow further back.
        plane=clipped(rng, 0.15 - 0.5 * elbow, 0.25, -0.8, 0.8),
        roll=clipped(rng, 0.40, 0.12, 0.05, 0.8),
        elbow=elbow,
        pronation=clipped(rng, 0.10, 0.18, -0.3, 0.6),
        wrist=clipped(rng, 0.04, 0.08, -0.15, 0.3),
        deviation=clipped(rng, -0.06, 0.05, -0.2, 0.1),
    )


class Figure:
    """A pose in the making, on the average adult's skeleton.

    The pelvis joint stays at the origin; angles are set from the root outwards. Sides are "left" and "right", and mean the
    same on both: a positive turn or abduction is outwards.
    """

    def __init__(self) -> None:
        self.pose = np.zeros((COUNT, 3))
        self._shoulders: dict[str, tuple[float, float]] = {}

    def set(self, name: str, R: np.ndarray) -> None:
        """Give a left or middle joint its rotation (3, 3); a right one is given that of its left mirror image."""
        self.pose[J[name]] = rotvecs(R) * (_FLIP if name.startswith("right_") else 1.0)

    def chain(self) -> Chain:
        """Forward kinematics as it stands, pelvis at the origin."""
        return forward(self.pose, REFERENCE, np.zeros(3))

    def pelvis(self, pitch: float = 0.0, roll: float = 0.0, yaw: float = 0.0) -> None:
        """Tilt of the body at the root: forwards, to the person's left, turned to the left."""
        self.pose[0] = rotvecs(ry(yaw) @ rx(pitch) @ rz(-roll))

    def trunk(self, posture: Posture, flexion: float = 0.0, lean: float = 0.0, twist: float = 0.0) -> None:
        """Bend the spine by the posture plus more, then set the head against the horizon and the pelvis' heading."""
        f, s, w = posture.slouch + flexion, posture.lean + lean, posture.twist + twist
        for name, kf, ks, kw in (
            ("spine1", 0.40, 0.36, 0.22),
            ("spine2", 0.33, 0.34, 0.33),
            ("spine3", 0.27, 0.30, 0.45),
        ):
            self.set(name, ry(kw * w) @ rz(-ks * s) @ rx(kf * f))
        self.head(posture)
        for side in SIDES:
            self._shoulders[side] = (posture.shrug, posture.round)

    def raise_shoulder(self, side: str, more: float) -> None:
        """Raise one shoulder (negative: pull it down) before its arm is set."""
        shrug, roll = self._shoulders.get(side, (0.0, 0.0))
        self._shoulders[side] = (shrug + more, roll)

    def head(self, posture: Posture) -> None:
        """Turn the head to where the posture says; neck and head share, within what a neck can do."""
        chain = self.chain()
        yaw = np.arctan2(chain.R[0][0, 2], chain.R[0][2, 2]) if abs(chain.R[0][1, 2]) < 0.8 else 0.0
        wanted = ry(yaw + posture.turn) @ rx(posture.nod) @ rz(-posture.tilt)
        if abs(chain.R[9][1, 1]) < 0.55:
            # Lying or folded: the horizon means nothing; the head keeps in line with the chest.
            wanted = chain.R[9] @ ry(posture.turn) @ rx(posture.nod) @ rz(-posture.tilt)
        local = rotvecs(chain.R[9].T @ wanted)
        angle = np.linalg.norm(local)
        local *= min(1.0, 1.15 / angle) if angle > 0 else 1.0
        self.pose[J["neck"]], self.pose[J["head"]] = 0.45 * local, 0.55 * local

    def arm(self, side: str, arm: Arm) -> None:
        """Set collar, shoulder, elbow and wrist from an arm's parameters."""
        shrug, roll = self._shoulders.get(side, (0.0, 0.0))
        direct = rot((-np.sin(arm.plane), 0.0, np.cos(arm.plane)), arm.raised) @ ry(-arm.roll) @ rz(-np.pi / 2)
        above = arm.raised - np.pi / 2
        # Scapulohumeral rhythm: about a third of what is raised above the horizontal comes from the girdle.
        lift = (0.36 * above if above > 0 else 0.06 * above) + shrug
        ahead = roll + 0.16 * np.sin(max(arm.plane, 0.0)) * np.sin(min(arm.raised, np.pi / 2))
        collar = rz(float(np.clip(lift, -0.25, 0.62))) @ ry(-float(np.clip(ahead, -0.3, 0.42)))
        self.set(f"{side}_collar", collar)
        self.set(f"{side}_shoulder", collar.T @ direct)
        self.forearm(side, arm.elbow, arm.pronation, arm.wrist, arm.deviation)

    def forearm(self, side: str, elbow: float, pronation: float, wrist: float, deviation: float) -> None:
        """Set elbow and wrist; pronation is shared between them so that the skin does not wring."""
        self.set(f"{side}_elbow", ry(-elbow) @ rx(0.55 * pronation))
        self.set(f"{side}_wrist", rx(0.45 * pronation) @ ry(-deviation) @ rz(-wrist))

    def leg(
        self,
        side: str,
        flexion: float,
        abduction: float = 0.0,
        turn: float = 0.0,
        knee: float = 0.0,
        ankle: float = 0.0,
    ) -> None:
        """Set hip, knee and ankle by angles (flexion ahead, abduction and turn outwards, dorsiflexion positive)."""
        straight = between(REFERENCE[4] - REFERENCE[1], np.array([0.0, -1.0, 0.0]))
        self.set(f"{side}_hip", rz(abduction) @ rx(-flexion) @ ry(turn) @ straight)
        self.set(f"{side}_knee", rx(knee))
        self.set(f"{side}_ankle", rx(-ankle) @ straight.T)

    def plant(
        self,
        side: str,
        ankle: np.ndarray,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        knee_out: float = 0.0,
    ) -> None:
        """Bring a foot to a place by bending the leg.

        Args:
            ankle: (3,) ankle joint, pelvis at the origin, metres on the average adult.
            yaw: Toes outwards.
            pitch: Toes down (heel raised).
            roll: Sole turned inwards.
            knee_out: Knee outwards of the foot's direction.
        """
        limb, sign = (LEFT_LEG, 1.0) if side == "left" else (RIGHT_LEG, -1.0)
        foot = ry(sign * yaw) @ rx(pitch) @ rz(sign * roll)
        pole = ry(sign * (yaw * 0.85 + knee_out)) @ np.array([0.0, 0.0, 1.0])
        chain = self.chain()
        hip = chain.p[limb[0]]
        down = np.asarray(ankle, float) - hip
        # When the thigh comes up the knee points up and ahead; the pole must not line up with the leg.
        pole = pole - (pole @ down) / (down @ down) * down + 0.15 * np.array([0.0, 1.0, 0.0])
        self.pose = aim_limb(self.pose, REFERENCE, chain, limb, np.asarray(ankle, float), foot, pole)

    def fold(self, side: str, ankle: np.ndarray, pole: np.ndarray) -> None:
        """Bring an ankle to a place with the knee towards `pole`; the foot keeps its angles against the shank."""
        limb = LEFT_LEG if side == "left" else RIGHT_LEG
        keep = self.pose[limb[2]].copy()
        self.pose = aim_limb(self.pose, REFERENCE, self.chain(), limb, np.asarray(ankle, float), None, pole)
        self.pose[limb[2]] = keep

    def reach(self, side: str, wrist: np.ndarray, pole: np.ndarray) -> None:
        """Bring a wrist to a place (pelvis at the origin); the elbow bends towards `pole`. The hand keeps its local angles."""
        limb = LEFT_ARM if side == "left" else RIGHT_ARM
        keep = self.pose[limb[2]].copy()
        self.pose = aim_limb(self.pose, REFERENCE, self.chain(), limb, np.asarray(wrist, float), None, pole)
        self.pose[limb[2]] = keep

    def toes(self, side: str, extension: float) -> None:
        """Bend the toes up."""
        self.set(f"{side}_foot", rx(-extension))

    def finish(self, spec: BodyPose) -> np.ndarray:
        """The pose with the family's own hands, (55, 3)."""
        left, right = spec.hand_specs()
        return apply_hands(self.pose, left, right, spec.posture.fingers_left, spec.posture.fingers_right)


# Length of the straight leg from hip to ankle, and half the distance between the hips, on the average adult.
LEG = float(np.linalg.norm(REFERENCE[4] - REFERENCE[1]) + np.linalg.norm(REFERENCE[7] - REFERENCE[4]))
HIP = float(REFERENCE[1, 0])
HIP_DROP = float(-REFERENCE[1, 1])
ANKLE = FOOT_HEIGHT

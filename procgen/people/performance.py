"""A person's motion as a game engine plays it: one rest pose, what each bone does to it, and the face's actions over time."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as replace_fields

import numpy as np

from ..errors import SpecError
from ..frames import rigid
from ..geometry import PlaceGeometry
from ..spec import HandSpec, HumanSpec, replace
from .body_state import BodyState, pose_body
from .motion import expression_at, moment_at, period
from .motions.none import NoMotion
from .person import pose_person
from .poses.base import Arm
from .poses.stand import StandSpec
from .skeleton import JAW

# Arms of the rest pose, half way from hanging to level: sleeves and armpits bend least to wherever they go.
REST_ARM = Arm(raised=0.62, plane=0.05, roll=0.2, elbow=0.12, pronation=0.1)
MOST_FRAMES = 20_000


@dataclass(frozen=True, eq=False)
class Performance:
    """A motion on one body.

    Attributes:
        rest: The body in its rest pose, neutral face.
        turns: (T, J, 4, 4) what each joint does to the rest pose, world.
        actions: ARKit action -> (T,) activation; only those that are ever on.
        fps: Frames a second.
    """

    rest: BodyState
    turns: np.ndarray
    actions: dict[str, np.ndarray]
    fps: float

    @property
    def frames(self) -> int:
        """T."""
        return len(self.turns)

    def with_actions(self, actions: dict[str, np.ndarray]) -> Performance:
        """The same motion with another course of the face: ARKit action -> (T',), held at its end."""
        known = {n: v for n, v in actions.items() if n in self.rest.model.arkit_names and len(v)}
        at = np.minimum(np.arange(self.frames), len(next(iter(known.values()))) - 1) if known else np.zeros(0, int)
        return replace_fields(self, actions={n: np.clip(np.asarray(v, float)[at], 0.0, 1.0) for n, v in known.items()})

    def joints(self) -> np.ndarray:
        """(T, J, 3) joints, world, metres."""
        return np.einsum("tjab,jb->tja", self.turns[..., :3, :3], self.rest.joints) + self.turns[..., :3, 3]


def rest_person(human: HumanSpec) -> HumanSpec:
    """The person as they are rigged: standing, arms half way out, nothing held, no expression of the face."""
    return replace(
        human, pose=StandSpec(left_arm=REST_ARM, right_arm=REST_ARM), left_hand=HandSpec(), right_hand=HandSpec(), expression={},
        gaze=None, seat=None, touches=(), motion=NoMotion(), position=(0.0, 0.0), heading=0.0,
    )  # fmt: skip


def perform(
    human: HumanSpec, place: PlaceGeometry, seconds: float | None = None, fps: float = 30.0, betas: np.ndarray | None = None
) -> Performance:
    """Pose a person at every frame of their motion.

    Args:
        human: Who, with a motion.
        place: What they move on.
        seconds: Duration; None = one whole cycle.
        betas: (B,) another body than the spec's own: poses are carried over joint by joint, the way in legs.
    Raises:
        SpecError: a person without motion and no duration, or more than 20,000 frames.
    """
    length = period(human) if seconds is None else seconds
    if length <= 0.0:
        raise SpecError("the person does not move", expected="a motion", fix="name one that `vivant list motions` prints")
    count = round(length * fps) + 1
    if count > MOST_FRAMES:
        raise SpecError(
            "the animation is too long", expected=f"at most {MOST_FRAMES} frames", got=count, fix="give --seconds or a lower --fps"
        )
    rest = pose_person(rest_person(human), place, 0.0)
    own = rest if betas is None else pose_body(rest.model, rest.phenotype, betas, rest.expression, rest.pose, rest.root)
    scale = 1.0 if betas is None else _leg(own) / _leg(rest)
    if betas is not None:
        own = own.moved(rigid(own.root[:3, :3], own.root[:3, 3] + [0.0, 0.0, -float(own.posed[: own.count, 2].min())]))
    back = np.linalg.inv(own.T)
    turns, faces = [], []
    for k in range(count):
        body = pose_person(human, place, k / fps)
        pose = np.array(body.pose)
        pose[JAW] = own.pose[JAW]  # shape keys of the face carry the jaw
        moved = pose_body(own.model, own.phenotype, own.betas, own.expression, pose, body.root)
        shift = body.joints[0] * [scale, scale, scale] - moved.joints[0]
        turns.append(rigid(np.eye(3), shift) @ moved.T @ back)
        faces.append(expression_at(human, moment_at(human, k / fps)))
    names = sorted({n for face in faces for n, v in face.items() if v > 1e-3})
    known = set(own.model.arkit_names)
    actions = {n: np.array([face.get(n, 0.0) for face in faces]) for n in names if n in known}
    return Performance(own, np.array(turns), actions, fps)


def _leg(body: BodyState) -> float:
    """Hip to ankle, metres."""
    p = body.joints_rest
    return float(np.linalg.norm(p[4] - p[1]) + np.linalg.norm(p[7] - p[4]))

"""What a tailor needs of a body: the canonical shell that garments are cut from, and the person in an A-pose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np

from ...errors import BuildError
from ...frames import world_from_smplx
from ...keyed import Keyed
from ..body_state import BodyState, vertex_normals
from ..lbs import forward
from ..model import BodyModel
from ..shape import Phenotype, betas_from_phenotype

LEFT, RIGHT = 0, 1
SIDES = (LEFT, RIGHT)
SHOULDER, ELBOW, WRIST = (16, 17), (18, 19), (20, 21)
HIP, KNEE, ANKLE, FOOT = (1, 2), (4, 5), (7, 8), (10, 11)
COLLAR, PELVIS, SPINE1, SPINE2, SPINE3, NECK, HEAD = (13, 14), 0, 3, 6, 9, 12, 15
ARM = tuple([SHOULDER[s], ELBOW[s], WRIST[s], *range(25 + 15 * s, 40 + 15 * s)] for s in SIDES)
LEG = tuple([HIP[s], KNEE[s], ANKLE[s], FOOT[s]] for s in SIDES)
SHELL = "tights"
# Arms this far below horizontal, legs this far out: the pose in which clothes hang without strain. By eye.
FIT_ARM, FIT_LEG = np.radians(56.0), np.radians(5.0)


def smoothstep(x: np.ndarray | float, low: float, high: float) -> np.ndarray:
    """0 at `low`, 1 at `high`, smooth between; `low` may be the larger."""
    t = np.clip((np.asarray(x) - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def fitting_pose(joints: int) -> np.ndarray:
    """(J, 3) axis-angle of the A-pose, SMPL-X body frame."""
    pose = np.zeros((joints, 3))
    for s, sign in zip(SIDES, (1.0, -1.0), strict=True):
        pose[COLLAR[s], 2] = -sign * 0.06
        pose[SHOULDER[s], 2] = -sign * (FIT_ARM - 0.06)
        pose[HIP[s], 2] = sign * FIT_LEG
        pose[ANKLE[s], 2] = -sign * FIT_LEG
    return pose


@dataclass(frozen=True, eq=False)
class Canonical:
    """The mean body at rest with its shells: every garment is cut here, so that cuts never depend on the person.

    Attributes:
        points: (N, 3) float64, world axes, body then shells.
        joints: (J, 3) float64.
        weights: (N, J) float32.
        shell: (T, 3) int32 triangles of the tights shell.
    """

    points: np.ndarray
    joints: np.ndarray
    weights: np.ndarray
    shell: np.ndarray

    @cached_property
    def arm(self) -> np.ndarray:
        """(N, 2) skinning weight of the left and right arm."""
        return np.stack([self.weights[:, ARM[s]].sum(1) for s in SIDES], 1)

    @cached_property
    def leg(self) -> np.ndarray:
        """(N, 2) skinning weight of the left and right leg."""
        return np.stack([self.weights[:, LEG[s]].sum(1) for s in SIDES], 1)

    def along(self, x: np.ndarray, start: int, end: int) -> np.ndarray:
        """(V,) place of points between two joints: 0 at the first, 1 at the second."""
        a, b = self.joints[start], self.joints[end]
        d = b - a
        return (x - a) @ d / (d @ d)


@lru_cache(maxsize=2)
def _canonical(key: Keyed[BodyModel]) -> Canonical:
    model = key.value
    # An average adult: the mean of all coefficients would mix in children, whose proportions are not those of patterns.
    zero = forward(model, betas_from_phenotype(model, Phenotype()), full=True)
    faces = shell_triangles(model)
    return Canonical(
        np.asarray(world_from_smplx(zero.vertices), np.float64),
        np.asarray(world_from_smplx(zero.joints), np.float64),
        np.asarray(model.full_weights, np.float32),
        faces,
    )


def shell_triangles(model: BodyModel) -> np.ndarray:
    """(T, 3) int32 triangles of the tights shell over [body; shells]."""
    if SHELL not in model.shell_faces:
        raise BuildError(
            "this body has no garment shell, so clothes cannot be cut for it",
            expected=f"a shell called {SHELL!r}",
            got=sorted(model.shell_faces),
            fix="use the open body, or a body file with its shells",
        )
    q = np.asarray(model.shell_faces[SHELL])
    return (q if q.shape[1] == 3 else np.concatenate([q[:, :3], q[:, [0, 2, 3]]])).astype(np.int32)


def canonical(model: BodyModel) -> Canonical:
    """The canonical body of a model, computed once."""
    return _canonical(Keyed(model))


class Axis(NamedTuple):
    """A limb (or the trunk) as a straight line with cross directions; all (3,)."""

    origin: np.ndarray
    down: np.ndarray
    across: np.ndarray
    back: np.ndarray
    length: float

    def split(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Place along (metres), angle (radians) and distance from the line."""
        d = x - self.origin
        u, v = d @ self.across, d @ self.back
        return d @ self.down, np.arctan2(v, u), np.hypot(u, v)

    def at(self, s: np.ndarray, angle: np.ndarray, radius: np.ndarray) -> np.ndarray:
        """(V, 3) points from place, angle and distance."""
        return (
            self.origin
            + np.multiply.outer(s, self.down)
            + np.multiply.outer(radius * np.cos(angle), self.across)
            + np.multiply.outer(radius * np.sin(angle), self.back)
        )


def axis_between(a: np.ndarray, b: np.ndarray, back: tuple[float, float, float] = (0.0, 1.0, 0.0)) -> Axis:
    """The axis from `a` to `b`; angle -90° points to the front."""
    down = (b - a) / np.linalg.norm(b - a)
    v = np.asarray(back) - (np.asarray(back) @ down) * down
    v /= np.linalg.norm(v)
    return Axis(np.asarray(a, float), down, np.cross(down, v), v, float(np.linalg.norm(b - a)))


@dataclass(frozen=True, eq=False)
class Figure:
    """One person in the A-pose in which clothes are fitted.

    Attributes:
        base: The canonical body.
        body: The person in the A-pose at the origin.
    """

    base: Canonical
    body: BodyState

    @property
    def model(self) -> BodyModel:
        """The body model."""
        return self.body.model

    @cached_property
    def points(self) -> np.ndarray:
        """(N, 3) float64 body and shells in the A-pose."""
        return self.body.posed.astype(np.float64)

    @cached_property
    def joints(self) -> np.ndarray:
        """(J, 3)."""
        return np.asarray(self.body.joints, np.float64)

    @cached_property
    def skin(self) -> np.ndarray:
        """(V, 3) float64 body vertices."""
        return self.points[: self.body.count]

    @cached_property
    def normals(self) -> np.ndarray:
        """(V, 3) body normals."""
        return vertex_normals(self.skin, self.model.faces).astype(np.float64)

    @cached_property
    def from_fit(self) -> np.ndarray:
        """(J, 4, 4) inverse joint transforms of the A-pose; multiply a pose's `T` by it."""
        return np.linalg.inv(self.body.T)

    @cached_property
    def legs(self) -> tuple[Axis, Axis]:
        """Hip to ankle."""
        return tuple(axis_between(self.joints[HIP[s]], self.joints[ANKLE[s]]) for s in SIDES)  # type: ignore[return-value]

    @cached_property
    def arms(self) -> tuple[Axis, Axis]:
        """Shoulder to wrist."""
        return tuple(axis_between(self.joints[SHOULDER[s]], self.joints[WRIST[s]]) for s in SIDES)  # type: ignore[return-value]

    @cached_property
    def trunk(self) -> Axis:
        """From the neck joint straight down to the ankles, in the middle of the trunk."""
        top = self.joints[NECK].copy()
        hips = self.joints[list(HIP)].mean(0)
        top[1] = 0.5 * (self.joints[SPINE2][1] + hips[1])
        low = top.copy()
        low[2] = self.joints[list(ANKLE)].mean(0)[2]
        return axis_between(top, low)

    @cached_property
    def scale(self) -> float:
        """Trunk length over that of the canonical body; for lengths that grow with the person."""
        mine = self.joints[NECK] - self.joints[PELVIS]
        mean = self.base.joints[NECK] - self.base.joints[PELVIS]
        return float(np.linalg.norm(mine) / np.linalg.norm(mean))

    @cached_property
    def leg_scale(self) -> float:
        """Leg length over that of the canonical body."""
        mean = np.linalg.norm(self.base.joints[HIP[0]] - self.base.joints[ANKLE[0]])
        return float(self.legs[0].length / mean)


@lru_cache(maxsize=8)
def _figure(shape: Keyed[BodyState]) -> Figure:
    body = shape.value
    return Figure(canonical(body.model), body.at_pose(fitting_pose(len(body.joints_rest))))


def figure_of(body: BodyState) -> Figure:
    """The A-pose figure of a person; the same for every pose and time."""
    return _figure(Keyed(body, (id(body.model), np.asarray(body.betas).tobytes())))

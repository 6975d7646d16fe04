"""The unknowns of a body fit and where each stands in the vector that `least_squares` works on."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ...procgen.npz import read_npz
from ...procgen.people.body_state import vertex_normals
from ...procgen.people.kinematics import matrices, unit
from ...procgen.people.model import BodyModel, load_body
from ...procgen.people.skeleton import JOINT_INDEX, JOINT_NAMES
from .body_landmarks import LandmarkSet, hand_set, landmark_set
from .body_posing import Chain, PointSet, chain_of, joints_of, points_at, vertices_of
from .body_prior import PRIOR_FILE
from .body_shape import ShapeSpace, space_of
from .body_view import BodyView

HAND_JOINTS = np.arange(25, 55)
# Regions of the body that wear different clothes -> joints whose skin they are.
CLOTH = {
    "head": ("head", "jaw", "left_eye_smplhf", "right_eye_smplhf"),
    "neck": ("neck",),
    "torso": ("spine1", "spine2", "spine3", "left_collar", "right_collar"),
    "hips": ("pelvis",),
    "upper_arms": ("left_shoulder", "right_shoulder"),
    "forearms": ("left_elbow", "right_elbow"),
    "thighs": ("left_hip", "right_hip"),
    "shins": ("left_knee", "right_knee"),
    "feet": ("left_ankle", "right_ankle", "left_foot", "right_foot"),
}
FACE, HANDS = "face", "hands"
REGIONS = (*CLOTH, FACE, HANDS)


@dataclass(frozen=True, eq=False)
class BodySetup:
    """A body model made ready for fitting; everything that does not depend on a picture.

    model, space: Body and its shapes. vertices, joints: As points that can be posed. region: (V,) index into `REGIONS`.
    skin: (S,) vertices that can be seen from outside. bones: (J, 3) unit directions at rest.
    cloth_mean, cloth_sd: (len(REGIONS),) metres between skin and what is seen, over people.
    """

    model: BodyModel
    space: ShapeSpace
    vertices: PointSet
    joints: PointSet
    region: np.ndarray
    skin: np.ndarray
    bones: np.ndarray
    cloth_mean: np.ndarray
    cloth_sd: np.ndarray

    @cached_property
    def faces(self) -> np.ndarray:
        """(F, 3) triangles."""
        return np.asarray(self.model.faces, np.int64)

    def landmarks(self, name: str) -> LandmarkSet:
        """A set of landmarks on this body."""
        return landmark_set(name, self.model, self.vertices, self.joints)

    def hand(self, side: str) -> LandmarkSet:
        """The landmarks of a hand."""
        return hand_set(side, self.vertices, self.joints)

    def chain(self, pose: np.ndarray, trans: np.ndarray, shape: np.ndarray) -> Chain:
        """Skeleton of a pose (55, 3) whose root turns into the world, at a translation (3,), of a shape (K,)."""
        return chain_of(self.model.parents, self.joints, matrices(pose), trans, shape)

    def posed(self, chain: Chain) -> tuple[np.ndarray, np.ndarray]:
        """Vertices (V, 3) and unit normals (V, 3) in the world."""
        v = points_at(chain, self.vertices)
        return v, np.asarray(vertex_normals(v, self.faces), np.float64)


def body_setup(model: BodyModel | None = None) -> BodySetup:
    """Make a model ready; default: the open body, which is kept."""
    return _open_setup() if model is None else _setup(model)


@lru_cache(maxsize=1)
def _open_setup() -> BodySetup:
    return _setup(load_body())


def _setup(model: BodyModel) -> BodySetup:
    space = space_of(model)
    vertices = vertices_of(model, space)
    joints = joints_of(model, vertices)
    data = read_npz(PRIOR_FILE)
    mean = data.get("cloth_mean", np.full(len(REGIONS), 0.01)).astype(np.float64)
    sd = data.get("cloth_sd", np.full(len(REGIONS), 0.01)).astype(np.float64)
    bones = np.zeros((len(JOINT_NAMES), 3))
    for j in range(len(JOINT_NAMES)):
        children = np.flatnonzero(model.parents == j)
        bones[j] = joints.rest[children].mean(0) - joints.rest[j] if len(children) else joints.rest[j] - joints.rest[model.parents[j]]
    return BodySetup(model, space, vertices, joints, _regions(model), _outside(model), unit(bones), mean, sd)


def _regions(model: BodyModel) -> np.ndarray:
    owner = np.zeros(len(JOINT_NAMES), np.int64)
    for k, names in enumerate(CLOTH.values()):
        owner[[JOINT_INDEX[n] for n in names]] = k
    owner[[20, 21, *HAND_JOINTS]] = REGIONS.index(HANDS)
    out = owner[np.asarray(model.weights).argmax(1)]
    for part in ("face", "lips", "left_ear", "right_ear"):
        if part in model.parts:
            seen = np.unique(model.faces[model.parts[part]])
            out[seen[out[seen] == REGIONS.index("head")]] = REGIONS.index(FACE)
    return out


def _outside(model: BodyModel) -> np.ndarray:
    """Vertices that can be seen from outside: neither mouth nor eyeballs, which have vertices to spare."""
    inside = [model.parts[p] for p in ("left_eye", "right_eye", "mouth_inside", "tongue", "eye_socket") if p in model.parts]
    keep = np.ones(len(model.faces), bool)
    keep[np.concatenate(inside) if inside else []] = False
    return np.unique(model.faces[keep])


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the unknowns stand: pose of the active joints, translation, shape, cloth by region, depth by view.

    active: (A,) joints. shape: K. views: depth of each has a log scale and a shift.
    """

    active: np.ndarray
    shape: int
    views: int

    @property
    def trans(self) -> int:
        """First column of the translation."""
        return 3 * len(self.active)

    @property
    def betas(self) -> int:
        """First column of the shape."""
        return self.trans + 3

    @property
    def cloth(self) -> int:
        """First column of the thickness of clothes."""
        return self.betas + self.shape

    @property
    def depth(self) -> int:
        """First column of the scales and shifts of depth."""
        return self.cloth + len(REGIONS)

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return self.depth + 2 * self.views

    def pack(self, pose: np.ndarray, trans: np.ndarray, shape: np.ndarray, cloth: np.ndarray) -> np.ndarray:
        """(size,) vector with depth as it was observed."""
        return np.concatenate([pose[self.active].ravel(), trans, shape, cloth, np.zeros(2 * self.views)])

    def pose(self, x: np.ndarray, rest: np.ndarray) -> np.ndarray:
        """(55, 3) pose; joints that are not active stay as in `rest`."""
        out = np.array(rest)
        out[self.active] = x[: self.trans].reshape(-1, 3)
        return out

    def widen(self, J: np.ndarray) -> np.ndarray:
        """Jacobians by pose, translation and shape (..., cloth) as Jacobians by everything (..., size)."""
        out = np.zeros((*J.shape[:-1], self.size))
        out[..., : self.cloth] = J
        return out


def torso_px(view: BodyView) -> float:
    """Length of the torso in a picture, the unit that errors of landmarks are measured in; never below 8 pixels."""
    names = {"mediapipe": (11, 12, 23, 24), "coco17": (5, 6, 11, 12), "smplx": (16, 17, 1, 2)}[view.landmarks]
    a, b, c, d = (view.xy[k] for k in names)
    return max(float(np.linalg.norm((a + b - c - d) / 2.0)), 1.3 * float(np.linalg.norm(a - b)), 8.0)

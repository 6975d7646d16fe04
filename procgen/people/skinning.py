"""Skinning weights for everything that a person wears, from the weights of the body beneath: the rig of `vivant person`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..frames import transform
from ..geometry import Mesh, SceneObject
from ..materials.shader import Shader
from .body_mesh import body_mesh
from .body_state import BodyState
from .nearest import NearestPoints

# glTF and game engines read four influences a vertex.
INFLUENCES = 4
# Body vertices that a garment vertex takes its weights from; must stay below the leaf size of NearestPoints.
NEIGHBOURS = 4
# Distances below this count alike, metres: cloth clearance, so that folds do not pick up single vertices.
SOFTENING = 0.012
# Parts of the mouth that are rigid, or nearly.
MOUTH = {"upper_teeth": "head", "lower_teeth": "jaw", "tongue": "jaw"}


@dataclass(frozen=True)
class Skinning:
    """Weights of a mesh.

    joints: (V, 4) int32 joint indices. weights: (V, 4) float32, rows sum to 1, largest first.
    """

    joints: np.ndarray
    weights: np.ndarray


def skin_weights(body: BodyState, hidden: np.ndarray | None, level: int) -> Skinning:
    """The model's own weights on the mesh of the skin; those of the nearest skin would mix the lips of a closed mouth.

    Args:
        hidden, level: As `body_mesh` was given them.
    """
    mesh = body_mesh(body, Shader("skin"), {"weights": body.weights[: body.count]}, hidden=hidden, level=level)
    return strongest(np.asarray(mesh.point["weights"], np.float64))


class Skinner:
    """Weights from the nearest body vertices.

    Args:
        body: The posed body; parts must be posed with it.
    """

    def __init__(self, body: BodyState) -> None:
        self.body = body
        self._skin = np.asarray(body.weights[: body.count], np.float64)
        self._near = NearestPoints(body.posed[: body.count])

    def skin(self, part: SceneObject) -> Skinning:
        """Weights of one part of the person.

        Eyes turn with their own joints; upper teeth keep to the head, lower teeth and tongue to the jaw.
        """
        shape = part.geometry
        points = shape.vertices if isinstance(shape, Mesh) else shape.points[:, 0]
        world = transform(part.T_world_from_object, np.asarray(points, np.float64))
        if part.semantic == "eyes":
            eyes = [self.body.joint("left_eye_smplhf"), self.body.joint("right_eye_smplhf")]
            side = np.linalg.norm(world[:, None] - self.body.joints[eyes], axis=-1).argmin(1)
            return _rigid(np.array(eyes)[side])
        if part.name in MOUTH:
            return _rigid(np.full(len(world), self.body.joint(MOUTH[part.name])))
        return self.at(world)

    def hair(self, roots: np.ndarray, name: str) -> Skinning:
        """Weights of hair that moves with its roots: the head's hair with the head, beard and brows with the skin.

        Args:
            roots: (V, 3) world place of the root of the strand that each vertex belongs to.
            name: Part name; "hair" is the hair of the head.
        """
        return _rigid(np.full(len(roots), self.body.joint("head"))) if name == "hair" else self.at(roots)

    def at(self, points: np.ndarray) -> Skinning:
        """Weights at (N, 3) world points."""
        distance, ids = self._near.query(points, NEIGHBOURS)
        share = 1.0 / (distance + SOFTENING) ** 2
        share /= share.sum(1, keepdims=True)
        mixed = np.zeros((len(points), self._skin.shape[1]))
        for k in range(NEIGHBOURS):  # one neighbour at a time: all at once would need gigabytes for a coat
            mixed += share[:, k, None] * self._skin[ids[:, k]]
        return strongest(mixed)


def _rigid(joint: np.ndarray) -> Skinning:
    joints = np.zeros((len(joint), INFLUENCES), np.int32)
    weights = np.zeros((len(joint), INFLUENCES), np.float32)
    joints[:, 0], weights[:, 0] = joint, 1.0
    return Skinning(joints, weights)


def strongest(mixed: np.ndarray) -> Skinning:
    """The largest influences of (V, J) weights, scaled to sum to 1."""
    joints = np.argsort(-mixed, axis=1, kind="stable")[:, :INFLUENCES]
    weights = np.take_along_axis(mixed, joints, 1)
    weights = weights / weights.sum(1, keepdims=True)
    return Skinning(joints.astype(np.int32), weights.astype(np.float32))

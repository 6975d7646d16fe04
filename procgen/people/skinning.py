"""Skinning weights for everything that a person wears, from the weights of the body beneath: the rig of `vivant person`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..frames import transform
from ..geometry import Mesh, SceneObject, Strands
from .body_state import BodyState
from .nearest import NearestPoints

# glTF and game engines read four influences a vertex.
INFLUENCES = 4
# Body vertices that a garment vertex takes its weights from; must stay below the leaf size of NearestPoints.
NEIGHBOURS = 4
# Distances below this count alike, metres: cloth clearance, so that folds do not pick up single vertices.
SOFTENING = 0.012


@dataclass(frozen=True)
class Skinning:
    """Weights of a mesh.

    joints: (V, 4) int32 joint indices. weights: (V, 4) float32, rows sum to 1, largest first.
    """

    joints: np.ndarray
    weights: np.ndarray


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

        Eyes turn with their own joints; hair above the ears keeps to the head as a whole.
        """
        shape = part.geometry
        points = shape.vertices if isinstance(shape, Mesh) else shape.points[:, 0]
        world = transform(part.T_world_from_object, np.asarray(points, np.float64))
        if part.semantic == "eyes":
            eyes = [self.body.joint("left_eye_smplhf"), self.body.joint("right_eye_smplhf")]
            side = np.linalg.norm(world[:, None] - self.body.joints[eyes], axis=-1).argmin(1)
            return _rigid(np.array(eyes)[side])
        return self.at(world)

    def at(self, points: np.ndarray) -> Skinning:
        """Weights at (N, 3) world points."""
        distance, ids = self._near.query(points, NEIGHBOURS)
        share = 1.0 / (distance + SOFTENING) ** 2
        share /= share.sum(1, keepdims=True)
        mixed = np.zeros((len(points), self._skin.shape[1]))
        for k in range(NEIGHBOURS):  # one neighbour at a time: all at once would need gigabytes for a coat
            mixed += share[:, k, None] * self._skin[ids[:, k]]
        return _largest(mixed)


def strand_mesh(strands: Strands, centre: np.ndarray, most: int = 6000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ribbons for programs that know no hair curves.

    Args:
        strands: The hair.
        centre: (3,) point that ribbons turn away from, e.g. the middle of the head, in the strands' frame.
        most: Most ribbons; fewer are wider, so that they cover as much.
    Returns:
        Vertices (n, 3) float32, faces (m, 4) int32, and for each vertex its strand (n,) int32.
    """
    count, points, _ = strands.points.shape
    chosen = np.unique(np.linspace(0, count - 1, min(count, most)).astype(int))
    p = np.asarray(strands.points[chosen], np.float64)
    radius = np.broadcast_to(strands.radius, (count, points))[chosen] * (count / len(chosen))
    along = np.gradient(p, axis=1)
    side = np.cross(along, p - np.asarray(centre, np.float64))
    length = np.linalg.norm(side, axis=-1, keepdims=True)
    side = np.where(length > 1e-12, side / np.maximum(length, 1e-12), [1.0, 0.0, 0.0])
    edges = np.stack([p - side * radius[..., None], p + side * radius[..., None]], 2)
    first = 2 * (np.arange(len(chosen))[:, None] * points + np.arange(points - 1)[None])
    faces = np.stack([first, first + 1, first + 3, first + 2], -1).reshape(-1, 4)
    owner = np.repeat(chosen, 2 * points)
    return edges.reshape(-1, 3).astype(np.float32), faces.astype(np.int32), owner.astype(np.int32)


def _rigid(joint: np.ndarray) -> Skinning:
    joints = np.zeros((len(joint), INFLUENCES), np.int32)
    weights = np.zeros((len(joint), INFLUENCES), np.float32)
    joints[:, 0], weights[:, 0] = joint, 1.0
    return Skinning(joints, weights)


def _largest(mixed: np.ndarray) -> Skinning:
    joints = np.argsort(-mixed, axis=1, kind="stable")[:, :INFLUENCES]
    weights = np.take_along_axis(mixed, joints, 1)
    weights = weights / weights.sum(1, keepdims=True)
    return Skinning(joints.astype(np.int32), weights.astype(np.float32))

"""One person's body at rest and posed, in world axes: what garments, hair, eyes, contact and labels read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from .. import vectors
from ..frames import R_WORLD_FROM_SMPLX, rigid, smplx_from_world, transform, world_from_smplx
from .lbs import forward, rest_shape
from .model import BodyModel
from .shape import Phenotype

_TO_WORLD = rigid(R_WORLD_FROM_SMPLX, np.zeros(3))
_TO_SMPLX = rigid(R_WORLD_FROM_SMPLX.T, np.zeros(3))


def root_transform(heading: float, translation: np.ndarray) -> np.ndarray:
    """(4, 4) world transform of a person: rotation about Z by `heading` (0 faces -Y), then translation."""
    c, s = np.cos(heading), np.sin(heading)
    return rigid(np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]), np.asarray(translation, np.float64))


@dataclass(frozen=True)
class BodyState:
    """A body in one pose. N = V body vertices, then S shell vertices; J joints in SMPL-X order.

    Attributes:
        model: The body model.
        phenotype: Shape in words and measures.
        betas: (B,) shape coefficients.
        expression: (E,) expression coefficients.
        pose: (J, 3) axis-angle in the SMPL-X body frame, parent relative.
        root: (4, 4) float64, world from body (heading and translation).
        rest: (N, 3) float32, T-pose with shape and expression, world axes, rest frame.
        joints_rest: (J, 3) float64, same frame.
        posed: (N, 3) float32, world.
        joints: (J, 3) float64, world.
        T: (J, 4, 4) float64, rest frame to posed world, for each joint.
    """

    model: BodyModel
    phenotype: Phenotype
    betas: np.ndarray
    expression: np.ndarray
    pose: np.ndarray
    root: np.ndarray
    rest: np.ndarray
    joints_rest: np.ndarray
    posed: np.ndarray
    joints: np.ndarray
    T: np.ndarray

    @property
    def count(self) -> int:
        """V: number of body vertices; shells follow."""
        return len(self.model.v_template)

    @cached_property
    def weights(self) -> np.ndarray:
        """(N, J) float32 skinning weights of body and shells."""
        return self.model.full_weights

    @cached_property
    def normals(self) -> np.ndarray:
        """(V, 3) float32 unit vertex normals of the posed body, area weighted."""
        return vertex_normals(self.posed[: self.count], self.model.faces)

    @cached_property
    def rest_normals(self) -> np.ndarray:
        """(V, 3) float32 unit vertex normals of the body at rest."""
        return vertex_normals(self.rest[: self.count], self.model.faces)

    def joint(self, name: str) -> int:
        """Index of a joint by its SMPL-X name."""
        return self.model.joint_names.index(name)

    def at_pose(self, pose: np.ndarray, root: np.ndarray | None = None) -> BodyState:
        """The same person in another pose; by default at the world origin facing -Y."""
        rest = smplx_from_world(self.rest)
        root = np.eye(4) if root is None else root
        return pose_body(self.model, self.phenotype, self.betas, self.expression, pose, root, rest)

    def moved(self, root: np.ndarray) -> BodyState:
        """The same body and pose under another root transform."""
        step = root @ np.linalg.inv(self.root)
        return replace(
            self,
            root=root,
            posed=transform(step, self.posed.astype(np.float64)).astype(np.float32),
            joints=transform(step, self.joints),
            T=step @ self.T,
        )


def pose_body(
    model: BodyModel, phenotype: Phenotype, betas: np.ndarray, expression: np.ndarray, pose: np.ndarray, root: np.ndarray,
    rest: np.ndarray | None = None,
) -> BodyState:  # fmt: skip
    """Pose a body.

    Args:
        pose: (J, 3) axis-angle.
        root: (4, 4) world from body.
        rest: (N, 3) `rest_shape` of the same person with shells, if it is at hand.
    """
    rest = rest_shape(model, betas, expression, full=True) if rest is None else rest
    posed = forward(model, betas, expression, pose, full=True, rest=rest)
    T = root @ _TO_WORLD @ np.asarray(posed.T_world_from_rest, np.float64) @ _TO_SMPLX
    return BodyState(
        model=model,
        phenotype=phenotype,
        betas=np.asarray(betas, np.float32),
        expression=np.asarray(expression, np.float32),
        pose=np.asarray(pose, np.float64),
        root=np.asarray(root, np.float64),
        rest=np.ascontiguousarray(world_from_smplx(rest), np.float32),
        joints_rest=world_from_smplx(np.asarray(model.J_regressor @ rest[: model.vertex_count], np.float64)),
        posed=transform(root, world_from_smplx(posed.vertices).astype(np.float64)).astype(np.float32),
        joints=transform(root, world_from_smplx(np.asarray(posed.joints, np.float64))),
        T=T,
    )


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """(V, 3) unit normals as Blender takes them, float32; zero for vertices without triangles."""
    return vectors.vertex_normals(vertices, triangles).astype(np.float32)

"""Points of a posed body and how they move with pose, place and shape: the analytic derivatives that body fits need.

A point is anything that linear blend skinning carries: a vertex, a joint, a joint with an offset in its frame. Rotations
are turned from the left, in the frame of each joint's parent: R <- exp(d) R, as `least_squares` turns them. Parameters are
always in the order pose (3 for each active joint), translation (3), shape (K).
Source: skinning as in Loper et al. 2015; the derivative of a chain about a joint is a cross product with what lies beyond.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...procgen.people.kinematics import matrices
from ...procgen.people.model import BodyModel
from .body_shape import ShapeSpace


@dataclass(frozen=True, eq=False)
class PointSet:
    """N points of a body that blend skinning carries.

    rest: (N, 3) metres, T-pose of the space's mean shape. dirs: (N, 3, K) metres per shape coefficient.
    weights: (N, J), rows sum to 1. correctives: (N, 3, 9 (J - 1)) or None, driven by rotation - identity.
    """

    rest: np.ndarray
    dirs: np.ndarray
    weights: np.ndarray
    correctives: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rest)

    def rows(self, index: np.ndarray) -> PointSet:
        """Some of the points, in the order of `index`."""
        c = self.correctives
        return PointSet(self.rest[index], self.dirs[index], self.weights[index], None if c is None else c[index])

    def shaped(self, shape: np.ndarray) -> np.ndarray:
        """(N, 3) at rest in a shape (K,)."""
        return self.rest + self.dirs @ shape


def vertices_of(model: BodyModel, space: ShapeSpace) -> PointSet:
    """All vertices of a model."""
    dirs = np.asarray(model.shapedirs, np.float64).reshape(-1, model.shapedirs.shape[2])
    correctives = None if model.posedirs is None else np.asarray(model.posedirs, np.float64)
    weights = np.asarray(model.weights, np.float64)
    return PointSet(
        np.asarray(model.v_template, np.float64) + (dirs @ space.mean).reshape(-1, 3),
        (dirs @ space.basis).reshape(-1, 3, space.size),
        weights / weights.sum(1, keepdims=True),
        correctives,
    )


def joints_of(model: BodyModel, vertices: PointSet) -> PointSet:
    """All joints of a model."""
    regress = np.asarray(model.J_regressor, np.float64)
    dirs = (regress @ vertices.dirs.reshape(len(vertices), -1)).reshape(len(regress), 3, -1)
    return PointSet(regress @ vertices.rest, dirs, np.eye(len(regress)))


@dataclass(frozen=True, eq=False)
class Chain:
    """A skeleton in one pose.

    local: (J, 3, 3) rotations against parents; turn: (J, 3, 3) in the world; at: (J, 3) metres; rest: (J, 3).
    d_at, d_rest: (J, 3, K) how joints, posed and at rest, move with the shape. shape: (K,). parents: (J,).
    """

    local: np.ndarray
    turn: np.ndarray
    at: np.ndarray
    rest: np.ndarray
    d_at: np.ndarray
    d_rest: np.ndarray
    shape: np.ndarray
    parents: np.ndarray


def chain_of(parents: np.ndarray, joints: PointSet, local: np.ndarray, trans: np.ndarray, shape: np.ndarray) -> Chain:
    """Forward kinematics with derivatives.

    Args:
        local: (J, 3, 3) rotations against parents; the root's turns into the world.
        trans: (3,) metres, added to the rest pelvis as SMPL-X does.
        shape: (K,) coefficients.
    """
    rest = joints.shaped(shape)
    turn, at, d_at = np.empty_like(local), np.empty_like(rest), np.empty_like(joints.dirs)
    for j, p in enumerate(parents):
        if p < 0:
            turn[j], at[j], d_at[j] = local[j], rest[j] + trans, joints.dirs[j]
        else:
            turn[j] = turn[p] @ local[j]
            at[j] = at[p] + turn[p] @ (rest[j] - rest[p])
            d_at[j] = d_at[p] + turn[p] @ (joints.dirs[j] - joints.dirs[p])
    return Chain(local, turn, at, rest, d_at, joints.dirs, shape, parents)


def descendants(parents: np.ndarray) -> np.ndarray:
    """(J, J) bool: [j, k] where k is j or hangs on it."""
    out = np.eye(len(parents), dtype=bool)
    for k in range(len(parents) - 1, 0, -1):
        out[parents[k]] |= out[k]
    return out


def points_at(chain: Chain, points: PointSet) -> np.ndarray:
    """(N, 3) posed points, world, metres."""
    rest = _corrected(chain, points)
    shift = chain.at - np.einsum("jab,jb->ja", chain.turn, chain.rest)
    blend = (points.weights @ chain.turn.reshape(len(chain.turn), 9)).reshape(-1, 3, 3)
    return np.einsum("nab,nb->na", blend, rest) + points.weights @ shift


def _corrected(chain: Chain, points: PointSet) -> np.ndarray:
    rest = points.shaped(chain.shape)
    if points.correctives is not None:
        rest = rest + points.correctives @ (chain.local[1:] - np.eye(3)).reshape(-1)
    return rest


def points_with_jacobian(chain: Chain, points: PointSet, active: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posed points and their derivatives.

    Args:
        active: (A,) joints that may turn, the root (0) among them or not.
    Returns:
        (N, 3) metres; (N, 3, 3 A + 3 + K) per radian, metre and shape coefficient.
    """
    n, a = len(points), len(active)
    rest = _corrected(chain, points)
    shift = chain.at - np.einsum("jab,jb->ja", chain.turn, chain.rest)
    # Each joint's share of each point, so that what lies beyond a joint is a sum of shares.
    moved = (rest @ chain.turn.transpose(2, 0, 1).reshape(3, -1)).reshape(n, -1, 3)
    shares = points.weights[:, :, None] * (moved + shift)
    beyond = descendants(chain.parents)[active].astype(np.float64)
    arm = beyond @ shares
    held = points.weights @ beyond.T
    arm -= held[:, :, None] * chain.at[active]
    axes = _axes(chain, active)
    by_pose = np.cross(axes[None], arm[:, :, None, :])  # (N, A, 3, 3)
    J = np.empty((n, 3, 3 * a + 3 + chain.d_at.shape[2]))
    J[:, :, : 3 * a] = by_pose.reshape(n, 3 * a, 3).transpose(0, 2, 1)
    J[:, :, 3 * a : 3 * a + 3] = np.eye(3)
    blend = (points.weights @ chain.turn.reshape(len(chain.turn), 9)).reshape(-1, 3, 3)
    d_shift = chain.d_at - np.einsum("jab,jbk->jak", chain.turn, chain.d_rest)
    J[:, :, 3 * a + 3 :] = blend @ points.dirs + (points.weights @ d_shift.reshape(len(d_shift), -1)).reshape(n, 3, -1)
    if points.correctives is not None:
        _add_correctives(J, chain, points.correctives, blend, active)
    return shares.sum(1), J


def _axes(chain: Chain, active: np.ndarray) -> np.ndarray:
    """(A, 3, 3): row k is the world's direction of axis k about which a joint is turned, one of its parent's frame."""
    above = chain.parents[active]
    frames = np.where((above < 0)[:, None, None], np.eye(3), chain.turn[np.maximum(above, 0)])
    return np.swapaxes(frames, 1, 2)


def _add_correctives(J: np.ndarray, chain: Chain, correctives: np.ndarray, blend: np.ndarray, active: np.ndarray) -> None:
    generators = np.zeros((3, 3, 3))
    for k in range(3):
        generators[k, (k + 2) % 3, (k + 1) % 3], generators[k, (k + 1) % 3, (k + 2) % 3] = 1.0, -1.0
    for column, j in enumerate(active):
        if j > 0:
            d_turn = (generators @ chain.local[j]).reshape(3, 9)
            moved = correctives[:, :, 9 * (j - 1) : 9 * j] @ d_turn.T
            J[:, :, 3 * column : 3 * column + 3] += blend @ moved


def normals_turned(chain: Chain, points: PointSet, normals: np.ndarray, active: np.ndarray) -> np.ndarray:
    """(N, 3, 3 A + 3 + K) how unit normals (N, 3) of the points turn with the pose; bending of the surface is left out."""
    held = points.weights @ descendants(chain.parents)[active].astype(np.float64).T
    axes = _axes(chain, active)
    turned = held[:, :, None, None] * np.cross(axes[None], normals[:, None, None, :])
    J = np.zeros((len(points), 3, 3 * len(active) + 3 + chain.d_at.shape[2]))
    J[:, :, : 3 * len(active)] = turned.reshape(len(points), -1, 3).transpose(0, 2, 1)
    return J


@dataclass(frozen=True, eq=False)
class BodyParameters:
    """What a fit changes. local: (J, 3, 3) rotations against parents, world Z up at the root; trans: (3,); shape: (K,)."""

    local: np.ndarray
    trans: np.ndarray
    shape: np.ndarray

    def moved(self, step: np.ndarray, active: np.ndarray) -> BodyParameters:
        """After a step (3 A + 3 + K,) in the order of the Jacobians."""
        a = len(active)
        local = self.local.copy()
        local[active] = matrices(step[: 3 * a].reshape(a, 3)) @ local[active]
        return replace(
            self, local=local, trans=self.trans + step[3 * a : 3 * a + 3], shape=self.shape + step[3 * a + 3 :]
        )

"""Linear blend skinning of SMPL-X-format bodies, stateless and in numpy.

Every function takes the model as its first argument and returns arrays; nothing is cached on the model.
Source: Loper et al. 2015 (SMPL), eq. 2-10; results equal the unmodified smplx package (see tests/test_body_smplx.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import SpecError
from ..keyed import Keyed
from .model import BodyModel


@dataclass(frozen=True)
class Posed:
    """A posed body.

    vertices: (V, 3) float32 (or (V + S, 3) with shells), metres; joints: (J, 3) float32;
    T_world_from_rest: (J, 4, 4) float32, what every joint does to a rest-pose point.
    """

    vertices: NDArray[np.float32]
    joints: NDArray[np.float32]
    T_world_from_rest: NDArray[np.float32]


def rodrigues(axis_angle: ArrayLike) -> NDArray[np.float64]:
    """Rotation matrices of axis-angle vectors, exact at zero.

    Args:
        axis_angle: (..., 3) radians.
    Returns:
        (..., 3, 3) float64.
    """
    v = np.asarray(axis_angle, np.float64)
    angle2 = (v * v).sum(axis=-1)[..., None, None]
    angle = np.sqrt(angle2)
    small = angle2 < 1e-12
    safe = np.where(small, 1.0, angle)
    # Series below 1e-6 rad: sin(t)/t and (1 - cos(t))/t^2 lose all digits there.
    a = np.where(small, 1.0 - angle2 / 6.0, np.sin(safe) / safe)
    b = np.where(small, 0.5 - angle2 / 24.0, (1.0 - np.cos(safe)) / safe**2)
    k = np.zeros((*v.shape[:-1], 3, 3))
    k[..., 0, 1], k[..., 0, 2], k[..., 1, 2] = -v[..., 2], v[..., 1], -v[..., 0]
    k[..., 1, 0], k[..., 2, 0], k[..., 2, 1] = v[..., 2], -v[..., 1], v[..., 0]
    return np.eye(3) + a * k + b * (k @ k)


def _columns(values: ArrayLike | None, available: int, what: str) -> NDArray[np.float32]:
    """(n,) float32 coefficients, n <= available; missing trailing ones count as zero."""
    if values is None:
        return np.zeros(0, np.float32)
    out = np.asarray(values, np.float32).reshape(-1)
    if len(out) > available:
        raise SpecError(f"too many {what} coefficients", expected=f"at most {available}", got=len(out))
    if not np.isfinite(out).all():
        raise SpecError(f"{what} coefficients hold NaN or infinite values")
    return out


def rest_shape(
    model: BodyModel, betas: ArrayLike | None = None, expression: ArrayLike | None = None, full: bool = False
) -> NDArray[np.float32]:
    """Rest vertices of one person.

    Args:
        betas: (<= B,) shape coefficients, standard deviations. expression: (<= E,) expression coefficients.
        full: include the shells (tights, skirt, hair, teeth, lashes).
    Returns:
        (V, 3) float32, or (V + S, 3) with `full`, metres, T-pose.
    """
    b = _columns(betas, model.shapedirs.shape[2], "shape")
    e = _columns(expression, model.exprdirs.shape[2], "expression")
    expr = model.full_exprdirs if full else model.exprdirs
    out = _shaped(Keyed(model), Keyed(b, b.tobytes()), full).copy()
    if e.any():
        # Few actions are on at a time: adding columns one by one beats the dense product.
        on = np.flatnonzero(e)
        out += (expr.reshape(-1, expr.shape[2])[:, on] @ e[on]).reshape(-1, 3)
    return out


@lru_cache(maxsize=24)
def _shaped(model: Keyed[BodyModel], betas: Keyed[NDArray[np.float32]], full: bool) -> NDArray[np.float32]:
    """Template and shape: a person is posed several times on the way to rest."""
    m, b = model.value, betas.value
    out = (m.full_template if full else m.v_template).copy()
    shape = m.full_shapedirs if full else m.shapedirs
    if b.any():
        out += (shape.reshape(-1, shape.shape[2])[:, : len(b)] @ b).reshape(-1, 3)
    return out


def joint_positions(
    model: BodyModel, betas: ArrayLike | None = None, expression: ArrayLike | None = None
) -> NDArray[np.float32]:
    """(J, 3) float32 rest joints, metres."""
    return model.J_regressor @ rest_shape(model, betas, expression)


def global_transforms(
    model: BodyModel, rest_joints: NDArray, rotations: NDArray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Forward kinematics.

    Args:
        rest_joints: (J, 3); rotations: (J, 3, 3) relative to the parent.
    Returns:
        (J, 3) posed joints, and (J, 4, 4) transforms of rest-pose points.
    """
    count = model.joint_count
    turn = np.empty((count, 3, 3))
    place = np.empty((count, 3))
    rest = np.asarray(rest_joints, np.float64)
    for j, p in enumerate(model.parents):
        if p < 0:
            turn[j], place[j] = rotations[j], rest[j]
        else:
            turn[j] = turn[p] @ rotations[j]
            place[j] = place[p] + turn[p] @ (rest[j] - rest[p])
    out = np.zeros((count, 4, 4))
    out[:, :3, :3] = turn
    out[:, :3, 3] = place - np.einsum("jab,jb->ja", turn, rest)
    out[:, 3, 3] = 1.0
    return place, out


def skin(vertices: NDArray, weights: NDArray, transforms: NDArray) -> NDArray[np.float32]:
    """Pose rest vertices with linear blend skinning.

    Args:
        vertices: (N, 3) float32, rest pose, metres.
        weights: (N, J) float32, rows sum to 1.
        transforms: (J, 4, 4).
    Returns:
        (N, 3) float32.
    """
    flat = np.ascontiguousarray(transforms[:, :3, :], np.float32).reshape(len(transforms), 12)
    blend = (weights @ flat).reshape(-1, 3, 4)
    x, y, z = vertices[:, 0, None], vertices[:, 1, None], vertices[:, 2, None]
    return blend[:, :, 0] * x + blend[:, :, 1] * y + blend[:, :, 2] * z + blend[:, :, 3]


def forward(
    model: BodyModel,
    betas: ArrayLike | None = None,
    expression: ArrayLike | None = None,
    pose: ArrayLike | None = None,
    transl: ArrayLike = (0.0, 0.0, 0.0),
    full: bool = False,
    rest: NDArray[np.float32] | None = None,
) -> Posed:
    """Shape, express and pose a body.

    Args:
        betas: (<= B,). expression: (<= E,).
        pose: (J, 3) axis-angle of every joint relative to its parent, radians; row 0 turns the body about its pelvis.
        transl: (3,) metres, added last.
        full: include the shells.
        rest: `rest_shape` of the same arguments, if it is at hand; left as it is.
    """
    if rest is None:
        rest = rest_shape(model, betas, expression, full=full)
    joints = model.J_regressor @ rest[: model.vertex_count]
    if pose is None:
        pose = np.zeros((model.joint_count, 3))
    pose = np.asarray(pose, np.float64)
    if pose.shape != (model.joint_count, 3) or not np.isfinite(pose).all():
        raise SpecError("pose is not usable", expected=f"({model.joint_count}, 3) finite axis-angle", got=pose.shape)
    rotations = rodrigues(pose)
    if model.posedirs is not None:
        feature = (rotations[1:] - np.eye(3)).reshape(-1).astype(np.float32)
        on = np.flatnonzero(np.abs(feature) > 1e-7)
        if len(on):
            dirs = model.posedirs.reshape(-1, model.posedirs.shape[2])
            rest = rest.copy()
            rest[: model.vertex_count] += (dirs[:, on] @ feature[on]).reshape(-1, 3)
    place, transforms = global_transforms(model, joints, rotations)
    shift = np.asarray(transl, np.float64).reshape(3)
    transforms[:, :3, 3] += shift
    weights = model.full_weights if full else model.weights
    vertices = skin(rest, weights, transforms)
    return Posed(vertices, (place + shift).astype(np.float32), transforms.astype(np.float32))

"""One motion into the next: rotations along the shorter arc, the pelvis' way and the face with them."""

from __future__ import annotations

import numpy as np

from ..kinematics import matrices, rotvecs
from .base import Moment


def blend_poses(a: np.ndarray, b: np.ndarray, share: float | np.ndarray) -> np.ndarray:
    """(55, 3) pose between two others, joint by joint along the shorter arc; `share` 0 = the first."""
    if np.ndim(share) == 0 and (share <= 0.0 or share >= 1.0):
        return np.array(a if share <= 0.0 else b, np.float64)
    A = matrices(a)
    turn = rotvecs(np.swapaxes(A, -1, -2) @ matrices(b))
    return rotvecs(A @ matrices(np.asarray(share)[..., None] * turn))


def blend(a: Moment, b: Moment, share: float) -> Moment:
    """A moment between two motions.

    What touches what is taken from the nearer one, and a pelvis height that only one of them plans counts wherever that one
    is on. The feet of both should stand in the same places, or they slide while one turns into the other.
    """
    if share <= 0.0 or share >= 1.0:
        return a if share <= 0.0 else b
    near = a if share < 0.5 else b
    step = (1.0 - share) * a.step + share * b.step
    names = {*a.expression, *b.expression}
    face = {n: (1.0 - share) * a.expression.get(n, 0.0) + share * b.expression.get(n, 0.0) for n in sorted(names)}
    return Moment(blend_poses(a.pose, b.pose, share), near.contacts, step, face, near.mute)

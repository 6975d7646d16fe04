"""What bodies do before one looks: how our people pose, what joints can do, and what stays as it was at the start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ...procgen.npz import read_npz
from ...procgen.people.joint_limits import clamp_poses
from ...procgen.people.kinematics import matrices, rotvecs
from .least_squares import Term

PRIOR_FILE = Path(__file__).resolve().parent / "body_prior.npz"
BODY_JOINTS = np.arange(22)
_JOINTS = 21


@dataclass(frozen=True, eq=False)
class PosePrior:
    """A mixture of Gaussians over the axis-angles of joints 1 to 21; the nearest component counts.

    names: of C components. means: (C, 63). whiten: (C, 63, 63), whiten @ (pose - mean) has unit covariance.
    offset: (C,) what each component costs at its mean, against the widest one.
    Source: the maximum over components is that of SMPLify (Bogo et al. 2016).
    """

    names: tuple[str, ...]
    means: np.ndarray
    whiten: np.ndarray
    offset: np.ndarray

    def nearest(self, pose: np.ndarray) -> int:
        """The component that explains a pose (55, 3) best."""
        d = pose[1:22].reshape(-1) - self.means
        return int(np.argmin((np.einsum("cij,cj->ci", self.whiten, d) ** 2).sum(1) + self.offset))

    def term(self, pose: np.ndarray, component: int, weight: float, columns: int) -> Term:
        """Residuals (63,) of the distance to a component, as `least_squares` takes them."""
        residual = weight * self.whiten[component] @ (pose[1:22].reshape(-1) - self.means[component])
        J = np.zeros((63, columns))
        for j in range(_JOINTS):
            turn = turning(pose[1 + j])
            J[:, 3 + 3 * j : 6 + 3 * j] = weight * self.whiten[component][:, 3 * j : 3 * j + 3] @ turn
        return Term("pose prior", residual, J)


@lru_cache(maxsize=1)
def pose_prior() -> PosePrior:
    """The prior that ships: measured on the pose and motion families by `tools/build_pose_prior.py`."""
    data = read_npz(PRIOR_FILE)
    means = data["means"].astype(np.float64)
    whiten, offset = [], []
    lower = np.tril_indices(means.shape[1])
    for packed in data["covariances"].astype(np.float64):
        covariance = np.zeros((means.shape[1],) * 2)
        covariance[lower] = packed
        covariance = covariance + np.tril(covariance, -1).T
        factor = np.linalg.cholesky(covariance)
        whiten.append(np.linalg.inv(factor))
        offset.append(2.0 * float(np.log(np.diag(factor)).sum()))
    off = np.array(offset)
    return PosePrior(tuple(str(n) for n in data["names"]), means, np.array(whiten), off - off.max())


def turning(rotvec: np.ndarray) -> np.ndarray:
    """(3, 3) how an axis-angle (3,) changes when its rotation is turned from the left by a small vector.

    Source: the inverse of the left Jacobian of SO(3) (Solà et al. 2018, eq. 146).
    """
    angle2 = float(rotvec @ rotvec)
    x, y, z = rotvec
    K = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    if angle2 < 1e-8:
        return np.eye(3) - 0.5 * K
    angle = np.sqrt(angle2)
    c = 1.0 / angle2 - (1.0 + np.cos(angle)) / (2.0 * angle * np.sin(angle)) if angle < np.pi - 1e-4 else 1.0 / angle2
    return np.eye(3) - 0.5 * K + c * (K @ K)


def limit_term(pose: np.ndarray, active: np.ndarray, sigma: float, columns: int) -> Term | None:
    """Residuals of joints that are outside of what joints can do; None if all are within.

    Args:
        pose: (55, 3). active: (A,) joints that are fitted. sigma: Radians outside that cost as much as one deviation.
    """
    within, over = clamp_poses(pose)
    out = [(k, j) for k, j in enumerate(active) if j > 0 and over[j] > 1e-4]
    if not out:
        return None
    residual, J = np.zeros(3 * len(out)), np.zeros((3 * len(out), columns))
    for row, (k, j) in enumerate(out):
        # How far beyond the nearest allowed rotation, as a turn from the left; the limit itself is held still.
        residual[3 * row : 3 * row + 3] = rotvecs(matrices(pose[j]) @ matrices(within[j]).T) / sigma
        J[3 * row : 3 * row + 3, 3 * k : 3 * k + 3] = np.eye(3) / sigma
    return Term("joint limits", residual, J)


def anchor_term(
    pose: np.ndarray, start: np.ndarray, bones: np.ndarray, active: np.ndarray, swing: float, twist: float, columns: int
) -> Term:
    """Residuals that keep a pose near where it started: loosely in where bones point, firmly in how they are twisted.

    Args:
        pose, start: (55, 3). bones: (55, 3) unit direction of each bone in its own rest frame.
        swing, twist: Deviations in radians; a picture shows where a bone points and hardly how it is twisted.
    """
    residual, J = np.zeros(3 * len(active)), np.zeros((3 * len(active), columns))
    for k, j in enumerate(active):
        turn = matrices(start[j])
        away = rotvecs(matrices(pose[j]) @ turn.T)
        axis = turn @ bones[j]
        along = np.outer(axis, axis)
        W = (np.eye(3) - along) / swing + along / twist
        residual[3 * k : 3 * k + 3] = W @ away
        J[3 * k : 3 * k + 3, 3 * k : 3 * k + 3] = W @ turning(away)
    return Term("start", residual, J)

"""A person's motion as it comes to rest on the ground, frame by frame, written for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import SpecError
from ...frames import R_WORLD_FROM_SMPLX, smplx_from_world
from ...geometry import PlaceGeometry
from ...spec import HumanSpec
from ..body_state import BodyState
from ..kinematics import matrices, rotvecs
from ..motion import period
from ..person import pose_person
from .amass import write_amass
from .bvh import write_bvh

WRITES = (".bvh", ".npz")


@dataclass(frozen=True, eq=False)
class Baked:
    """A motion of our skeleton, world axes turned to Y up (X left of a person who faces +Z).

    Attributes:
        poses: (T, 55, 3) axis-angle; the root holds heading too. root: (T, 3) pelvis joint, metres.
        rest: (55, 3) rest joints. joints: (T, 55, 3) metres. fps: Frames a second.
    """

    poses: np.ndarray
    root: np.ndarray
    rest: np.ndarray
    joints: np.ndarray
    fps: float


def bake(human: HumanSpec, place: PlaceGeometry, seconds: float | None = None, fps: float = 30.0) -> Baked:
    """Pose a person at every frame of their motion.

    Args:
        seconds: Duration; None = one whole cycle.
        fps: Frames a second.
    Raises:
        SpecError: a person without motion and no duration given.
    """
    length = period(human) if seconds is None else seconds
    if length <= 0.0:
        raise SpecError(
            "the person does not move", expected="a motion", fix="name one that `vivant list motions` prints"
        )
    return baked_from([pose_person(human, place, k / fps) for k in range(round(length * fps) + 1)], fps)


def baked_from(bodies: Sequence[BodyState], fps: float) -> Baked:
    """One person at consecutive moments, however they came to move."""
    poses = np.array([b.pose for b in bodies])
    for pose, body in zip(poses, bodies, strict=True):
        turn = R_WORLD_FROM_SMPLX.T @ body.root[:3, :3] @ R_WORLD_FROM_SMPLX
        pose[0] = rotvecs(turn @ matrices(pose[0]))
    joints = np.array([smplx_from_world(b.joints) for b in bodies])
    rest = smplx_from_world(bodies[0].joints_rest)
    return Baked(poses, joints[:, 0], rest, joints, fps)


def write_motion(path: str | Path, baked: Baked) -> None:
    """Write a motion as .bvh (centimetres, Y up) or AMASS-style .npz (metres, Z up).

    Raises:
        SpecError: another ending.
    """
    path = Path(path)
    if path.suffix.lower() == ".bvh":
        write_bvh(path, baked.poses, baked.root, baked.rest, baked.fps)
    elif path.suffix.lower() == ".npz":
        poses = baked.poses.copy()
        poses[:, 0] = rotvecs(R_WORLD_FROM_SMPLX @ matrices(poses[:, 0]))
        up = R_WORLD_FROM_SMPLX.T
        write_amass(path, poses, baked.root @ up, baked.rest, baked.joints @ up, baked.fps)
    else:
        raise SpecError(
            f"motions are not written as {path.suffix or 'a file without ending'!r}", expected=" or ".join(WRITES)
        )

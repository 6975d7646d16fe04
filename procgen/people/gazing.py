"""Looking at a point: the head follows the eyes, as heads do once the eyes have far to go."""

from __future__ import annotations

import numpy as np

from ..frames import R_WORLD_FROM_SMPLX
from .body_state import BodyState
from .joint_limits import LIMITS
from .kinematics import matrices, rot, rotvecs
from .skeleton import HEAD, PARENTS

NECK = 12
# Eyes alone look this far aside; of what is beyond, the head takes this share (Stahl 1999: about 0.7 from 15° on).
EYES_ALONE, SHARE = 0.26, 0.75
# Neck and head together turn no further than this for a look, radians.
MOST = 0.95


def turn_head(body: BodyState, target: np.ndarray) -> np.ndarray:
    """(55, 3) the body's pose with neck and head turned towards a world point; only these two rows differ.

    Args:
        target: (3,) world point that is looked at.
    """
    pose = np.array(body.pose, np.float64)
    R = body.T[HEAD][:3, :3]
    way = R.T @ (np.asarray(target, float) - body.joints[HEAD] - R @ np.array([0.0, -0.08, 0.06]))
    # In the head's own frame: -Y is ahead, Z up.
    length = float(np.linalg.norm(way))
    if length < 0.05:
        return pose
    way = way / length
    ahead = np.array([0.0, -1.0, 0.0])
    axis, cos = np.cross(ahead, way), float(ahead @ way)
    angle = float(np.arctan2(np.linalg.norm(axis), cos))
    turn = min(max(angle - EYES_ALONE, 0.0) * SHARE, MOST)
    # What is behind the back is not looked at by the head.
    if turn < 1e-3 or angle > 2.2:
        return pose
    world = R @ axis / np.linalg.norm(axis)
    smplx = R_WORLD_FROM_SMPLX.T @ body.root[:3, :3].T @ world
    frames = _frames(pose)
    for joint, share in ((NECK, 0.5), (HEAD, 0.5)):
        above = frames[PARENTS[joint]]
        local = above.T @ rot(smplx, share * turn) @ above @ matrices(pose[joint])
        limit = LIMITS[joint]
        pose[joint] = rotvecs(limit.clamp(local)[0])  # type: ignore[union-attr]
        frames = _frames(pose)
    return pose


def _frames(pose: np.ndarray) -> dict[int, np.ndarray]:
    """World rotations of the joints from the pelvis to the head."""
    out: dict[int, np.ndarray] = {}
    for joint in (0, 3, 6, 9, NECK, HEAD):
        L = matrices(pose[joint])
        out[joint] = L if joint == 0 else out[PARENTS[joint]] @ L
    return out

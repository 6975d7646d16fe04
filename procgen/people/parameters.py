"""Bodies as the arrays that SMPL-X-format files of parameters hold: shape, expression, pose and translation by frame."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..frames import R_WORLD_FROM_SMPLX
from .body_state import BodyState
from .kinematics import matrices, rotvecs


def smplx_parameters(bodies: Sequence[BodyState], fps: float) -> dict[str, np.ndarray]:
    """Arrays of an AMASS-style npz.

    Args:
        bodies: One person at consecutive moments, all of one shape.
        fps: Frames a second.
    Returns:
        betas (B,), expression (T, E), poses (T, 165) axis-angle of the joints in model order, trans (T, 3) metres,
        mocap_frame_rate (): `forward(betas, expression, pose, trans)` gives each body in Blender's world axes turned back
        to nothing: AMASS keeps Z up, and so does this, by turning the root joint.
    """
    poses, trans = [], []
    for body in bodies:
        pose = np.array(body.pose, np.float64)
        # The root of the file turns the T-pose of the model (Y up) to where the body is in the world (Z up).
        turn = body.root[:3, :3] @ R_WORLD_FROM_SMPLX
        pose[0] = rotvecs(turn @ matrices(pose[0]))
        pelvis = body.joints_rest[0] @ R_WORLD_FROM_SMPLX  # at rest, in the model's own axes
        poses.append(pose.reshape(-1))
        trans.append(body.joints[0] - pelvis)
    first = bodies[0]
    return {
        "betas": np.asarray(first.betas, np.float32),
        "expression": np.stack([b.expression for b in bodies]).astype(np.float32),
        "poses": np.stack(poses).astype(np.float32),
        "trans": np.stack(trans).astype(np.float32),
        "mocap_frame_rate": np.array(float(fps)),
    }


__all__ = ["smplx_parameters"]

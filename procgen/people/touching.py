"""Hands laid on other people: the arm that brings a palm to a point in the world."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..frames import invert_rigid, smplx_from_world, transform
from ..spec import TouchSpec
from .clearance import arm_depth
from .hand_goals import arm_to, palm_frame, palm_offset
from .joint_limits import LIMITS
from .kinematics import LEFT_ARM, RIGHT_ARM, forward, matrices, rot, unit
from .proxies import Proxy


def lay_hands(proxy: Proxy, pose: np.ndarray, root: np.ndarray, touches: Sequence[TouchSpec]) -> np.ndarray:
    """The pose with every touching hand where it belongs, as far as the arm reaches and its joints allow.

    Args:
        proxy: The person's body, see `make_proxy`.
        pose: (55, 3) axis-angle, at rest on the ground.
        root: (4, 4) world from body.
        touches: What the hands touch, in world space.
    """
    for touch in touches:
        pose = lay_hand(proxy, pose, root, touch)
    return pose


def lay_hand(proxy: Proxy, pose: np.ndarray, root: np.ndarray, touch: TouchSpec) -> np.ndarray:
    """(55, 3) pose with one arm changed."""
    limb = LEFT_ARM if touch.hand == "left" else RIGHT_ARM
    sign = 1.0 if touch.hand == "left" else -1.0
    back = invert_rigid(root)
    point = smplx_from_world(transform(back, np.array(touch.point)[None])[0])
    normal, fingers = (unit(smplx_from_world(back[:3, :3] @ np.array(v))) for v in (touch.normal, touch.fingers))
    chain = forward(pose, proxy.rest)
    across = unit(point - chain.p[limb[0]])
    # The elbow hangs outwards and behind; the swivel turns it from there.
    pole = rot(across, touch.swivel) @ (chain.R[9] @ np.array([0.55 * sign, -0.75, -0.45]))
    return arm_to(
        proxy, pose, chain, limb, point, palm_frame(touch.hand, normal, fingers), palm_offset(proxy, touch.hand), pole
    )


def reach_cost(proxy: Proxy, pose: np.ndarray, root: np.ndarray, touch: TouchSpec) -> tuple[float, float, float, float]:
    """How well an arm reaches: metres that the palm misses its point, depth of the arm in the own body (m), joint strain (rad),
    and how far the palm is turned from where it should face (rad)."""
    limb = LEFT_ARM if touch.hand == "left" else RIGHT_ARM
    chain = forward(pose, proxy.rest)
    point = smplx_from_world(transform(invert_rigid(root), np.array(touch.point)[None])[0])
    palm = chain.p[limb[2]] + chain.R[limb[2]] @ palm_offset(proxy, touch.hand)
    strain = sum(LIMITS[j].clamp(matrices(pose[j]))[1] for j in limb)  # type: ignore[union-attr]
    depth = float(arm_depth(proxy, chain, touch.hand)[1].max())
    wanted = unit(smplx_from_world(invert_rigid(root)[:3, :3] @ np.array(touch.normal)))
    tilt = float(np.arccos(np.clip(chain.R[limb[2]][:, 1] @ wanted, -1.0, 1.0)))
    return float(np.linalg.norm(palm - point)), depth, float(strain), tilt

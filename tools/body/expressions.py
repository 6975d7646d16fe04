"""ARKit actions -> expression components and, for gaze and jaw, joint rotations.

The 40 actions that are plain shape changes become components as they are. The 12 that move a joint (8 eyeLook*, 4 jaw*)
become a rotation of that joint; what the rotation misses (lids that follow the gaze, the cheek that stretches) stays as
a component too, so that at activation 1 the face is exactly the artist's.
"""

from __future__ import annotations

import numpy as np
from body import mesh
from body.source import Source
from numpy.typing import NDArray
from vivant.procgen.people.skeleton import JAW, LEFT_EYE, RIGHT_EYE

LASHES = {"l": ("helper-l-eyelashes-1", "helper-l-eyelashes-2"), "r": ("helper-r-eyelashes-1", "helper-r-eyelashes-2")}
LASH_NEIGHBOURS = 4
ARKIT_NAMES = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight",
    "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight", "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
POSE_JOINTS = (JAW, LEFT_EYE, RIGHT_EYE)


def jointed(name: str) -> int | None:
    """The joint that an action turns, if any. A jaw that slides (jawForward) is no rotation."""
    if name.startswith("eyeLook"):
        return LEFT_EYE if name.endswith("Left") else RIGHT_EYE
    return JAW if name in ("jawOpen", "jawLeft", "jawRight") else None


def best_rotation(points: NDArray, moved: NDArray, centre: NDArray) -> NDArray[np.float64]:
    """(3, 3) rotation about `centre` that takes points (n, 3) nearest to moved (n, 3) (Kabsch)."""
    u, _, vt = np.linalg.svd((points - centre).T @ (moved - centre))
    d = np.sign(np.linalg.det(vt.T @ u.T))
    return vt.T @ np.diag([1.0, 1.0, d]) @ u.T


def axis_angle(r: NDArray) -> NDArray[np.float64]:
    """(3,) rotation vector of a (3, 3) rotation, angle below pi."""
    v = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    s, c = 0.5 * np.linalg.norm(v), 0.5 * (np.trace(r) - 1.0)
    return v / max(2.0 * s, 1e-12) * np.arctan2(s, c)


def lashes_follow_lids(source: Source, delta: NDArray) -> NDArray:
    """MakeHuman's blinks leave the lashes behind: move each strand base, tip and all, with the lid margin below it."""
    out = delta.copy()
    skin = np.arange(mesh.SKIN_END)
    for side, names in LASHES.items():
        lashes = np.unique(np.concatenate([source.groups[n][0].ravel() for n in names]))
        eye = source.template[slice(*mesh.EYES[side])].mean(axis=0)
        lids = skin[np.linalg.norm(source.template[skin] - eye, axis=1) < 0.035]
        far = np.linalg.norm(source.template[lashes][:, None] - source.template[lids][None], axis=2)
        near = np.argsort(far, axis=1)[:, :LASH_NEIGHBOURS]
        w = 1.0 / (np.take_along_axis(far, near, axis=1) + 1e-4) ** 2
        w /= w.sum(axis=1, keepdims=True)
        out[lashes] = (w[:, :, None] * delta[lids[near]]).sum(axis=1)
    return out


def build_expressions(
    source: Source, weights: NDArray, mean: NDArray, joints: NDArray
) -> tuple[NDArray, NDArray, dict]:
    """Components (52, N, 3) float32 at activation 1 and poses (52, 3 joints, 3) axis-angle, ordered as `ARKIT_NAMES`.

    Args:
        mean: (N, 3) mean T-posed base mesh; joints: (55, 3) its joints.
    """
    components = np.zeros((len(ARKIT_NAMES), len(mean), 3), np.float32)
    poses = np.zeros((len(ARKIT_NAMES), len(POSE_JOINTS), 3), np.float32)
    left_over = {}
    for k, name in enumerate(ARKIT_NAMES):
        delta = lashes_follow_lids(source, source.actions[name])
        joint = jointed(name)
        if joint is None:
            components[k] = delta
            continue
        solid = np.flatnonzero((weights[:, joint] > 0.9) & (np.linalg.norm(delta, axis=1) > 2e-4))
        if joint == JAW:
            teeth = np.unique(source.groups["helper-lower-teeth"][0])
            solid = teeth
        turn = best_rotation(mean[solid], mean[solid] + delta[solid], joints[joint])
        rotation = axis_angle(turn)
        poses[k, POSE_JOINTS.index(joint)] = rotation
        w = weights[:, joint, None, None].astype(np.float64)
        blend = np.eye(3) + w * (turn - np.eye(3))
        shift = w[:, :, 0] * (joints[joint] - turn @ joints[joint])
        target = mean + delta
        components[k] = np.linalg.solve(blend, (target - shift)[:, :, None])[:, :, 0] - mean
        left_over[name] = (np.rad2deg(rotation).round(1).tolist(), float(1e3 * np.abs(components[k]).max().round(5)))
    return components, poses, {"jointed_actions_deg_and_rest_mm": left_over}

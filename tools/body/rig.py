"""Merge MakeHuman's 163 bones into the 55 joints of the SMPL-X format, and bring rest shapes to a T-pose."""

from __future__ import annotations

import numpy as np
from body.source import Source
from numpy.typing import NDArray
from vivant.procgen.people.skeleton import JOINT_NAMES, PARENTS

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
# Thighs keep a little of MakeHuman's wide stance, so inner thighs do not touch in the T-pose (by eye).
LEG_SPREAD = 0.06
SHIN_LEAN = -0.02


def merged_bones() -> dict[str, tuple[str, ...]]:
    """Joint name -> the MakeHuman bones that it replaces; the first one gives the joint's place."""
    own = {
        "pelvis": "pelvis.L root pelvis.R spine05",
        "spine1": "spine04",
        "spine2": "spine03",
        "spine3": "spine02 spine01 breast.L breast.R",
        "neck": "neck01 neck02",
        "head": "neck03 head",
        "jaw": "jaw",
    }
    for side, s in (("left", "L"), ("right", "R")):
        own[f"{side}_hip"] = f"upperleg01.{s} upperleg02.{s}"
        own[f"{side}_knee"] = f"lowerleg01.{s} lowerleg02.{s}"
        own[f"{side}_ankle"] = f"foot.{s}"
        own[f"{side}_foot"] = " ".join(f"toe{k}-1.{s}" for k in (1, 2, 3, 4, 5))
        own[f"{side}_collar"] = f"clavicle.{s} shoulder01.{s}"
        own[f"{side}_shoulder"] = f"upperarm01.{s} upperarm02.{s}"
        own[f"{side}_elbow"] = f"lowerarm01.{s} lowerarm02.{s}"
        own[f"{side}_wrist"] = f"wrist.{s} " + " ".join(f"metacarpal{k}.{s}" for k in (1, 2, 3, 4))
        own[f"{side}_eye_smplhf"] = f"eye.{s}"
        for k, finger in enumerate(FINGERS, 1):
            for i in (1, 2, 3):
                own[f"{side}_{finger}{i}"] = f"finger{k}-{i}.{s}"
    return {j: tuple(own[j].split()) for j in JOINT_NAMES}


def merged_weights(source: Source) -> NDArray[np.float32]:
    """(N, 55) skinning weights of the whole base mesh, rows sum to 1; other bones go to their merged ancestor."""
    joint_of = {b: j for j, bones in enumerate(merged_bones().values()) for b in bones}
    out = np.zeros((len(source.template), len(JOINT_NAMES)))
    for bone, (ids, values) in source.weights.items():
        ancestor = bone
        while ancestor not in joint_of:
            ancestor = source.bones[ancestor]["parent"]
        np.add.at(out[:, joint_of[ancestor]], ids, values)
    return (out / out.sum(axis=1, keepdims=True)).astype(np.float32)


def rig_joints(source: Source, shapes: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, 55, 3) joint places of rest shapes (n, N, 3), from the rig's joint cubes."""
    bones = merged_bones()
    out = np.empty((len(shapes), len(JOINT_NAMES), 3), np.float32)
    for j, name in enumerate(JOINT_NAMES):
        # The ball of the foot lies between the roots of the first four toes.
        parts = bones[name][:4] if name.endswith("_foot") else bones[name][:1]
        out[:, j] = np.mean([shapes[:, source.bones[b]["head"]].mean(axis=1) for b in parts], axis=0)
    return out


def rotation_between(a: NDArray, b: NDArray) -> NDArray[np.float64]:
    """(n, 3, 3) smallest rotations taking directions a (n, 3) to b (n, 3)."""
    a = a / np.linalg.norm(a, axis=-1, keepdims=True)
    b = b / np.linalg.norm(b, axis=-1, keepdims=True)
    c, d = np.cross(a, b), (a * b).sum(axis=-1)
    k = skew(c)
    return np.eye(3) + k + k @ k / (1.0 + d)[:, None, None]


def skew(v: NDArray) -> NDArray[np.float64]:
    """(n, 3, 3) cross-product matrices of (n, 3) vectors."""
    k = np.zeros((len(v), 3, 3))
    k[:, 0, 1], k[:, 0, 2], k[:, 1, 2] = -v[:, 2], v[:, 1], -v[:, 0]
    return k - k.transpose(0, 2, 1)


def half_rotation(r: NDArray) -> NDArray[np.float64]:
    """(n, 3, 3) rotations by half the angle; |angle| < pi is assumed."""
    m = r + np.eye(3)
    u, _, vt = np.linalg.svd(m)
    return u @ vt


def descendants(joint: int) -> list[int]:
    """The joint and everything below it."""
    return [k for k in range(len(PARENTS)) if joint in ancestors(k)]


def ancestors(joint: int) -> list[int]:
    """The joint and everything above it."""
    out = []
    while joint >= 0:
        out.append(joint)
        joint = PARENTS[joint]
    return out


def tpose_rotations(joints: NDArray) -> NDArray[np.float64]:
    """(n, 55, 3, 3) global rotations that bring A-posed joints (n, 55, 3) to the T-pose (arms along X, palms down)."""
    n = len(joints)
    rot = np.tile(np.eye(3), (n, len(PARENTS), 1, 1))
    index = JOINT_NAMES.index

    def align(name: str, child: str, target: tuple[float, float, float]) -> None:
        j = index(name)
        now = np.einsum("nab,nb->na", rot[:, j], joints[:, index(child)] - joints[:, j])
        turn = rotation_between(now, np.tile(np.array(target, float), (n, 1)))
        for k in descendants(j):
            rot[:, k] = turn @ rot[:, k]

    for side, sign in (("left", 1.0), ("right", -1.0)):
        out = (sign, 0.0, 0.0)
        wrist, elbow = index(f"{side}_wrist"), index(f"{side}_elbow")
        align(f"{side}_shoulder", f"{side}_elbow", out)
        align(f"{side}_elbow", f"{side}_wrist", out)
        align(f"{side}_wrist", f"{side}_middle1", out)
        # Palm down: the knuckle line index -> pinky becomes horizontal; half of the roll is taken by the forearm.
        knuckles = joints[:, index(f"{side}_index1")] - joints[:, index(f"{side}_pinky1")]
        line = np.einsum("nab,nb->na", rot[:, wrist], knuckles)
        line[:, 0] = 0.0
        roll = rotation_between(line, np.tile(np.array([0.0, 0.0, 1.0]), (n, 1)))
        hand = descendants(wrist)
        for k in descendants(elbow):
            rot[:, k] = (roll if k in hand else half_rotation(roll)) @ rot[:, k]
        for finger in FINGERS[1:]:
            for i in (1, 2):
                align(f"{side}_{finger}{i}", f"{side}_{finger}{i + 1}", out)
        align(f"{side}_hip", f"{side}_knee", (sign * LEG_SPREAD, -1.0, 0.0))
        align(f"{side}_knee", f"{side}_ankle", (sign * LEG_SPREAD, -1.0, SHIN_LEAN))
        # Feet stay as they are: flat on the ground.
        rot[:, [index(f"{side}_ankle"), index(f"{side}_foot")]] = np.eye(3)
    return rot


def skin(shapes: NDArray, joints: NDArray, rot: NDArray, weights: NDArray) -> tuple[NDArray, NDArray]:
    """Linear blend skinning of (n, N, 3) with global rotations (n, 55, 3, 3): posed shapes and joints."""
    n, count = len(shapes), len(PARENTS)
    place = np.zeros((n, count, 3))
    for j, p in enumerate(PARENTS):
        bone = joints[:, j] - joints[:, p] if p >= 0 else joints[:, j]
        place[:, j] = place[:, p] + np.einsum("nab,nb->na", rot[:, p], bone) if p >= 0 else bone
    shift = place - np.einsum("njab,njb->nja", rot, joints)
    mats = np.concatenate([rot, shift[..., None]], axis=-1).reshape(n, count, 12).astype(np.float32)
    out = np.empty(shapes.shape, np.float32)
    for i in range(n):
        m = (weights @ mats[i]).reshape(-1, 3, 4)
        out[i] = np.matmul(m[:, :, :3], shapes[i][:, :, None])[:, :, 0] + m[:, :, 3]
    return out, place.astype(np.float32)

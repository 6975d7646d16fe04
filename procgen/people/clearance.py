"""No body part inside another: arms are pushed off the trunk, the thighs and the other arm; legs off each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .kinematics import Chain, cross, forward, rot, rotvecs
from .proxies import Proxy, torso_depth
from .skeleton import JOINT_INDEX, PARENTS

SHOULDER = {"left": 16, "right": 17}
ELBOW = {"left": 18, "right": 19}
HIP = {"left": 1, "right": 2}
KNEE = {"left": 4, "right": 5}
OTHER = {"left": "right", "right": "left"}
# How far an upper arm may press into the flank of an average adult, metres.
FLANK = 0.016
# Bones of each hand, joint to joint: palm rays from the wrist and the finger segments up to the last joint.
HAND_BONES = {
    side: np.array([(PARENTS[j], j) for n, j in JOINT_INDEX.items() if n.startswith(side) and n[-1] in "123" and j >= 25])
    for side in OTHER
}
# How far from the hip joint thigh and trunk lie in one fold, metres on an adult.
FOLD = 0.24
# From a wrist to the knee of a shank that the hand may touch, metres on an adult.
REACH = 0.55
# What more fingers keep off another hand, which gives way less than limbs, metres on an adult.
BONE = 0.006
# Half the thickness of an average adult hand about those bones, metres.
HAND_CORE = 0.015


def arm_depth(proxy: Proxy, chain: Chain, side: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth of an arm's points inside trunk, thighs, head and the other arm; of its hand's inside shanks too.

    Returns:
        Points (n, 3), depth (n,) metres (negative outside), way out (n, 3).
    """
    points = np.concatenate([proxy.arms[side].at(chain), proxy.hands[side].at(chain)])
    count = len(proxy.arms[side])
    # Upper arms lie against the flanks: flesh gives way there, the more of it there is.
    yields = np.zeros(len(points))
    yields[:count][proxy.arms[side].joints[:, 0] == SHOULDER[side]] = FLANK * proxy.girth
    return points, *_depth(proxy, chain, side, points, yields)


def hands_depth(proxy: Proxy, chain: Chain, side: str, tried: Sequence[Chain]) -> np.ndarray:
    """(T, n) depth of `proxy.hands[side]` as in `arm_depth`, for chains that differ from `chain` in that hand's fingers alone."""
    points = np.concatenate([proxy.hands[side].at(c) for c in tried])
    return _depth(proxy, chain, side, points, bone=BONE * proxy.size)[0].reshape(len(tried), -1)


def _depth(
    proxy: Proxy, chain: Chain, side: str, points: np.ndarray, yields: np.ndarray | float = 0.0, bone: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Depth of an arm's points and the way out; the trunk gives way by `yields` metres, the other hand is thicker by `bone`."""
    best, way = torso_depth(proxy, chain, points)
    best = best - yields
    names = ["left_thigh", "right_thigh", "head", f"{OTHER[side]}_forearm", f"{OTHER[side]}_upper_arm"]
    # Legs are far from most hands.
    hand = chain.p[HAND_BONES[side][0, 0]]
    names += [f"{s}_shank" for s in OTHER if np.linalg.norm(hand - chain.p[KNEE[s]]) < REACH * proxy.size]
    in_hand, from_hand = hand_depth(proxy, chain, OTHER[side], points)
    for d, out in (*(proxy.tubes[n].depth(chain, points) for n in names), (in_hand + bone, from_hand)):
        deeper = d > best
        best[deeper], way[deeper] = d[deeper], out[deeper]
    return best, way


def hand_depth(proxy: Proxy, chain: Chain, side: str, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth (n,) of points (n, 3) inside a hand, metres (negative outside), and the way out (n, 3)."""
    start, along = chain.p[HAND_BONES[side][:, 0]], chain.p[HAND_BONES[side][:, 1]] - chain.p[HAND_BONES[side][:, 0]]
    to = points[:, None] - start
    share = np.clip(np.einsum("nbi,bi->nb", to, along) / np.einsum("bi,bi->b", along, along), 0.0, 1.0)
    off = to - share[..., None] * along
    distance = np.sqrt(np.einsum("nbi,nbi->nb", off, off))
    nearest = distance.argmin(1)
    rows = np.arange(len(points))
    least = distance[rows, nearest]
    return HAND_CORE * proxy.size - least, off[rows, nearest] / np.maximum(least, 1e-6)[:, None]


def worst_arm(proxy: Proxy, chain: Chain, side: str) -> float:
    """Deepest penetration of an arm, metres; negative = clear by that much (at most 1)."""
    return float(arm_depth(proxy, chain, side)[1].max())


def turn_joint(pose: np.ndarray, chain: Chain, joint: int, turn: np.ndarray) -> np.ndarray:
    """The pose with everything from `joint` on turned by a rotation (3, 3) about that joint, in the frame of `chain`."""
    out = pose.copy()
    out[joint] = rotvecs(chain.R[PARENTS[joint]].T @ turn @ chain.R[joint])
    return out


def clear_arm(proxy: Proxy, pose: np.ndarray, side: str, gap: float, steps: int = 14) -> np.ndarray:
    """Turn an arm at the shoulder until it is `gap` clear of everything it could be inside of.

    Args:
        pose: (55, 3).
        gap: Metres between skin and skin, for clothes; negative lets flesh touch.
        steps: Upper bound of the small turns taken.
    Returns:
        (55, 3) pose with the shoulder (and at a pinch the elbow) changed.
    """
    joint = SHOULDER[side]
    out = np.array(pose)
    total = 0.0
    for step in range(steps):
        chain = forward(out, proxy.rest)
        points, depth, way = arm_depth(proxy, chain, side)
        k = int(depth.argmax())
        need = float(depth[k]) + gap
        if need <= 1e-4 or depth[k] <= -0.5:
            break
        pivot = ELBOW[side] if step % 4 == 3 else joint
        lever = points[k] - chain.p[pivot]
        axis = cross(lever, way[k])
        size = float(np.linalg.norm(axis))
        if size < 0.02:
            pivot, lever = joint, points[k] - chain.p[joint]
            axis = cross(lever, way[k])
            size = max(float(np.linalg.norm(axis)), 1e-3)
        angle = float(np.clip((need + 0.002) / size, 0.0, 0.2))
        total += angle
        out = turn_joint(out, chain, pivot, rot(axis, angle))
    return out


def clear_legs(proxy: Proxy, pose: np.ndarray, yield_: float = 0.012, steps: int = 8) -> np.ndarray:
    """Turn both legs outwards at the hips until thighs and shanks are at most `yield_` metres inside each other."""
    out = np.array(pose)
    for _ in range(steps):
        chain = forward(out, proxy.rest)
        worst, push = -1.0, None
        for side in ("left", "right"):
            points = np.concatenate(
                [proxy.thighs[side].at(chain), proxy.shanks[side].at(chain), proxy.feet[side].at(chain)]
            )
            for name in (f"{OTHER[side]}_thigh", f"{OTHER[side]}_shank"):
                d, way = proxy.tubes[name].depth(chain, points)
                k = int(d.argmax())
                # Thighs always touch at the very top; that is no fault of the pose.
                if d[k] > worst and np.linalg.norm(points[k] - chain.p[HIP[side]]) > 0.12 * proxy.size:
                    worst, push = float(d[k]), (side, points[k], way[k])
        if push is None or worst <= yield_:
            break
        for side in ("left", "right"):
            way = push[2] if side == push[0] else -push[2]
            axis = cross(push[1] - chain.p[HIP[side]], way)
            size = float(np.linalg.norm(axis))
            if size > 0.02:
                angle = min(0.5 * (worst - yield_ + 0.002) / size, 0.12)
                out = turn_joint(out, forward(out, proxy.rest), HIP[side], rot(axis, angle))
    return out


def clear_belly(proxy: Proxy, pose: np.ndarray, yield_: float = 0.012, steps: int = 10) -> np.ndarray:
    """Turn thighs out of the trunk at the hips, as people sit and squat whose belly is in the way; near the groin they touch."""
    out = np.array(pose)
    for _ in range(steps):
        chain, worst = forward(out, proxy.rest), 0.0
        for side in SHOULDER:
            hip, points = HIP[side], proxy.thighs[side].at(chain)
            points = points[np.linalg.norm(points - chain.p[hip], axis=1) > FOLD * proxy.size]
            depth, way = torso_depth(proxy, chain, points)
            k = int(depth.argmax())
            need = float(depth[k]) - yield_ * proxy.girth
            if need <= 0.0:
                continue
            worst = max(worst, need)
            lever = points[k] - chain.p[hip]
            # Outwards rather than down: the sole stays where it is.
            across = chain.R[0] @ np.array([1.0 if side == "left" else -1.0, 0.0, 0.0])
            axis = cross(lever, way[k] + across)
            size = max(float(np.linalg.norm(axis)), 0.05)
            out = turn_joint(out, chain, hip, rot(axis, min(0.7 * need / size + 0.01, 0.12)))
        if worst <= 0.0:
            break
    return out


def leg_depth(proxy: Proxy, chain: Chain) -> float:
    """Deepest penetration between the two legs below the top of the thighs, metres."""
    worst = -1.0
    for side in ("left", "right"):
        points = np.concatenate(
            [proxy.thighs[side].at(chain), proxy.shanks[side].at(chain), proxy.feet[side].at(chain)]
        )
        far = np.linalg.norm(points - chain.p[HIP[side]], axis=1) > 0.12 * proxy.size
        for name in (f"{OTHER[side]}_thigh", f"{OTHER[side]}_shank"):
            worst = max(worst, float(proxy.tubes[name].depth(chain, points[far])[0].max()))
    return worst

"""Hands on the body: where a palm lies for each landmark, and the arm that brings it there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .clearance import arm_depth
from .joint_limits import LIMITS
from .kinematics import LEFT_ARM, RIGHT_ARM, Chain, aim_limb, cross, forward, matrices, rot, rotvecs, twist_angle, unit
from .poses.base import HandGoal
from .proxies import Proxy, Tube, torso_depth

Landing = tuple[np.ndarray, np.ndarray, np.ndarray]
UP, AHEAD, LEFT = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0])
# Thickness of a hand below the plane of its joints, and of trousers, metres on an adult.
PALM = 0.024
# Shares of the thighs where hands in the lap may lie, and what is left between palm and belly, metres on an adult.
LAP = (0.30, 0.40, 0.50, 0.60, 0.70, 0.80)
LAP_ROOM = 0.03
# A hand that would need joints this far out of range (radians) or stays this far away (metres) is left where it was.
MAX_STRAIN, MAX_MISS = 0.3, 0.10


def _sign(side: str) -> float:
    return 1.0 if side == "left" else -1.0


def _limb(tube: Tube, chain: Chain) -> np.ndarray:
    return chain.R[tube.joint] @ tube.axis


def _thigh(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """On top of the thigh, fingers to the knee and a little inwards."""
    tube = proxy.tubes[f"{side}_thigh"]
    point, normal = tube.surface(chain, share, unit(UP + 0.25 * AHEAD + 0.05 * _sign(side) * LEFT))
    return point, normal, _limb(tube, chain) - 0.35 * _sign(side) * LEFT


def _knee(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """On the knee, fingers over it."""
    tube = proxy.tubes[f"{side}_thigh"]
    point, normal = tube.surface(chain, 0.9, unit(UP + 0.35 * AHEAD))
    return point, normal, _limb(tube, chain) - 0.2 * _sign(side) * LEFT


def _shin(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """In front of the shank, hugging it."""
    tube = proxy.tubes[f"{side}_shank"]
    point, normal = tube.surface(chain, 0.12 + 0.3 * share, unit(AHEAD + 0.5 * _sign(side) * LEFT + 0.3 * UP))
    return point, normal, -_sign(side) * LEFT - 0.4 * UP


def _lap(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """Between the thighs or, where the legs are crossed, on the upper one, as far out as the belly asks; left hand over right."""
    lift = (0.035 if side == "left" else 0.0) * proxy.size
    point = np.zeros(3)
    for along in LAP:
        tops = [proxy.tubes[f"{s}_thigh"].surface(chain, along, unit(UP + 0.3 * AHEAD))[0] for s in ("left", "right")]
        upper = np.clip(0.5 + (tops[0] - tops[1]) @ UP / (0.12 * proxy.size), 0.0, 1.0)
        middle = upper * tops[0] + (1 - upper) * tops[1]
        point = (
            middle
            + _sign(side) * 0.045 * proxy.size * LEFT
            + (lift - 0.008) * UP
            + (0.01 if side == "left" else 0.0) * AHEAD
        )
        if torso_depth(proxy, chain, point[None])[0][0] < -LAP_ROOM * proxy.size:
            break
    return point, unit(UP + 0.3 * AHEAD), unit(-0.8 * _sign(side) * LEFT + 0.55 * AHEAD)


def _belly(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """On the belly, fingers to the middle."""
    tube = proxy.torso[1]
    R = chain.R[tube.joint]
    lower = 0.0 if side == "left" else 0.25
    point, normal = tube.surface(chain, 0.85 - lower, R @ unit(AHEAD + 0.35 * _sign(side) * LEFT))
    return point, normal, R @ unit(-_sign(side) * LEFT - 0.35 * UP)


def _hip(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """On the iliac crest, fingers ahead and down."""
    tube = proxy.torso[0]
    crest = (proxy.rest[3, 1] + 0.012 * proxy.size - tube.low) / (tube.high - tube.low)
    R = chain.R[0]
    out = unit(R @ (_sign(side) * LEFT + (share - 0.35) * 0.9 * AHEAD))
    point, normal = tube.surface(chain, float(np.clip(crest, 0.1, 0.9)), out)
    along = unit(cross(normal, R @ UP)) * -_sign(side)
    return point, normal, unit(0.85 * along - 0.55 * (R @ UP))


def _pocket(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """Along the front of the thigh's top, fingers down: what a trouser pocket does to a hand."""
    tube = proxy.tubes[f"{side}_thigh"]
    out = chain.R[tube.joint] @ unit(_sign(side) * LEFT + 0.85 * AHEAD)
    point, normal = tube.surface(chain, 0.02 + 0.10 * share, out)
    return point, normal, unit(_limb(tube, chain) + 0.28 * chain.R[0] @ AHEAD - 0.18 * _sign(side) * LEFT)


def _ear(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """Beside the ear with room for a phone, fingers up and back."""
    tube = proxy.tubes["head"]
    R = chain.R[15]
    point, normal = tube.surface(chain, 0.42, R @ unit(_sign(side) * LEFT + 0.12 * AHEAD))
    return point + 0.022 * proxy.size * normal - 0.02 * proxy.size * (R @ UP), normal, R @ unit(UP - 0.25 * AHEAD)


def _cross_in(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """The inner of two crossed arms: the hand on the other flank below the armpit."""
    tube = proxy.torso[-1]
    R = chain.R[tube.joint]
    point, normal = tube.surface(chain, 0.15 + 0.55 * share, R @ unit(-0.55 * _sign(side) * LEFT + 1.0 * AHEAD))
    return point, normal, R @ unit(-_sign(side) * LEFT + 0.25 * UP - 0.25 * AHEAD)


def _cross_out(proxy: Proxy, chain: Chain, side: str, share: float) -> Landing:
    """The outer of two crossed arms: the hand on the other upper arm, above its elbow."""
    tube = proxy.tubes[("right" if side == "left" else "left") + "_upper_arm"]
    R = chain.R[9]
    point, normal = tube.surface(chain, 0.62 - 0.25 * share, R @ unit(AHEAD - 0.55 * _sign(side) * LEFT))
    return point, normal, R @ unit(-_sign(side) * LEFT + 0.2 * UP - 0.45 * AHEAD)


# Where the elbow goes for each landmark, in the chest's frame of the left side: (outwards, up, ahead).
_ELBOW = {
    "thigh": (0.55, -0.4, -0.75), "knee": (0.6, -0.5, -0.5), "shin": (1.0, -0.3, 0.0), "lap": (0.75, -0.35, -0.6),
    "belly": (1.0, -0.6, -0.4), "cross_in": (0.75, -1.0, 0.0), "cross_out": (0.75, -1.0, 0.1), "hip": (1.0, 0.05,
    -0.35), "pocket": (0.55, 0.1, -0.9), "ear": (0.75, -1.0, 0.25),
}  # fmt: skip

LANDMARKS: dict[str, Callable[[Proxy, Chain, str, float], Landing]] = {
    "thigh": _thigh, "knee": _knee, "shin": _shin, "lap": _lap, "hip": _hip, "pocket": _pocket, "ear": _ear,
    "belly": _belly, "cross_in": _cross_in, "cross_out": _cross_out,
}  # fmt: skip


def palm_frame(side: str, normal: np.ndarray, fingers: np.ndarray) -> np.ndarray:
    """(3, 3) frame of the hand whose palm faces against `normal` and whose fingers point along `fingers`."""
    y = unit(normal)
    x = unit(fingers - (fingers @ y) * y) * _sign(side)
    return np.stack([x, y, cross(x, y)], 1)


def palm_offset(proxy: Proxy, side: str) -> np.ndarray:
    """(3,) from the wrist to the skin in the middle of the palm at rest."""
    wrist, middle = (20, 28) if side == "left" else (21, 43)
    to = proxy.rest[middle] - proxy.rest[wrist]
    return 0.8 * to - np.array([0.0, PALM * proxy.size, 0.0])


def place_hand(
    proxy: Proxy, pose: np.ndarray, root: np.ndarray, side: str, goal: HandGoal, lift: float = 0.0
) -> np.ndarray:
    """Bring a palm to its landmark, the forearm taking its share of the turn and the elbow kept out of the trunk.

    Args:
        pose: (55, 3); root: (3,) pelvis joint.
        lift: Metres above the landmark.
    Returns:
        (55, 3) pose with that arm changed, or as it was where this body cannot put its hand there.
    """
    limb = LEFT_ARM if side == "left" else RIGHT_ARM
    chain = forward(pose, proxy.rest, root)
    point, normal, fingers = LANDMARKS[goal.target](proxy, chain, side, goal.share)
    point = point + lift * normal
    offset = palm_offset(proxy, side)
    wanted = palm_frame(side, normal, fingers)
    pole = chain.R[9] @ (np.array(_ELBOW[goal.target]) * np.array([_sign(side), 1.0, 1.0]))
    across = unit(point - chain.p[limb[0]])
    best, best_cost, fits = pose, np.inf, False
    for swivel in np.linspace(-0.8, 0.8, 9):
        tried = arm_to(proxy, pose, chain, limb, point, wanted, offset, rot(across, swivel) @ pole)
        after = forward(tried, proxy.rest, root)
        depth = arm_depth(proxy, after, side)[1]
        miss = np.linalg.norm(after.p[limb[2]] + after.R[limb[2]] @ offset - point)
        strain = sum(LIMITS[j].clamp(matrices(tried[j]))[1] for j in limb)  # type: ignore[union-attr]
        cost = 8.0 * max(float(depth.max()) - 0.006, 0.0) + 3.0 * miss + 0.5 * strain + 0.12 * abs(swivel)
        if cost < best_cost:
            best, best_cost, fits = tried, cost, strain < MAX_STRAIN and miss < MAX_MISS * proxy.size
    return best if fits else pose


def arm_to(
    proxy: Proxy, pose: np.ndarray, chain: Chain, limb: tuple[int, int, int], point: np.ndarray, wanted: np.ndarray,
    offset: np.ndarray, pole: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """An arm whose palm is at `point`; the hand turns only as far as wrist and forearm can."""
    frame = wanted
    out = pose
    for _ in range(2):
        out = aim_limb(pose, proxy.rest, chain, limb, point - frame @ offset, frame, pole)
        out = share_twist(out, proxy, limb)
        L = matrices(out[[limb[1], limb[2]]])
        for k, j in enumerate(limb[1:]):
            limit = LIMITS[j]
            fixed = limit.clamp(L[k])[0] if limit is not None else L[k]
            out[j] = rotvecs(fixed)
        # The hand as it really can be turned: aim again so that the palm, and not the wrist, comes to the point.
        frame = forward(out, proxy.rest, chain.p[0]).R[limb[2]]
    return aim_limb(out, proxy.rest, forward(out, proxy.rest, chain.p[0]), limb, point - frame @ offset, frame, pole)


def share_twist(pose: np.ndarray, proxy: Proxy, limb: tuple[int, int, int]) -> np.ndarray:
    """Move half of the wrist's twist about the forearm to the elbow, where pronation happens."""
    _, elbow, wrist = limb
    bone = unit(proxy.rest[wrist] - proxy.rest[elbow])
    out = pose.copy()
    E, W = matrices(pose[elbow]), matrices(pose[wrist])
    # All of the twist between upper arm and hand, of which the forearm's skin carries a little more than half.
    total = twist_angle(E, bone) + twist_angle(W, bone)
    turn = 0.55 * total - twist_angle(E, bone)
    out[elbow] = rotvecs(E @ rot(bone, turn))
    out[wrist] = rotvecs(rot(bone, -turn) @ W)
    return out

"""Fingers that lie on what a hand rests on: straightened where they would be inside it, closed until they touch it."""

from __future__ import annotations

import numpy as np

from ..spec import HandSpec
from .clearance import hands_depth
from .hands import FINGERS, left_hand
from .kinematics import forward, matrices, rotvecs, rz
from .proxies import Proxy
from .skeleton import JOINT_INDEX

# Bend added to a finger's joints, radians; a root joint goes back by no more than it can.
STEPS = np.linspace(-1.3, 0.7, 8)
# Shares of that among root, middle and end joint.
SHARES = np.array([0.55, 1.0, 0.5])
BACK = -0.35
# Where a thumb may go instead, the least change first.
THUMBS = ("rest", "flat", "spread", "fist")
# Flesh gives way by this much, metres.
SINK = 0.004


def fit_fingers(proxy: Proxy, pose: np.ndarray, root: np.ndarray, side: str) -> np.ndarray:
    """(55, 3) pose with the four fingers of a hand laid onto what is there.

    Args:
        pose: (55, 3), the palm in place; root: (3,) pelvis joint.
    """
    rows = np.array([[JOINT_INDEX[f"{side}_{f}{k}"] for k in (1, 2, 3)] for f in FINGERS])
    owner = proxy.hands[side].joints[:, 0]
    mine = [np.isin(owner, r) for r in rows]
    now = _flexion(pose, rows, side)
    tried = []
    for step in (0.0, *STEPS):
        out = pose.copy()
        bend = np.maximum(now + step * SHARES, np.minimum(now, [BACK, 0.0, 0.0]))
        for r, b, a in zip(rows, bend, now, strict=True):
            out[r] = _bent(pose[r], b - a, side)
        tried.append(out)
    chains = [forward(t, proxy.rest, root) for t in tried]
    inside = hands_depth(proxy, chains[0], side, chains)
    depth = np.stack([inside[:, m].max(1, initial=-1.0) for m in mine], 1)
    best = pose.copy()
    for k, r in enumerate(rows):
        best[r] = tried[_choice(depth[0, k], depth[1:, k])][r]
    return _fit_thumb(proxy, best, root, side)


def _fit_thumb(proxy: Proxy, pose: np.ndarray, root: np.ndarray, side: str) -> np.ndarray:
    """The thumb as it is or, where it is inside something, as whichever shape of a hand keeps it out best."""
    rows = [JOINT_INDEX[f"{side}_thumb{k}"] for k in (1, 2, 3)]
    mine = np.isin(proxy.hands[side].joints[:, 0], rows)
    flip = np.array([1.0, 1.0, 1.0]) if side == "left" else np.array([1.0, -1.0, -1.0])
    tried = [pose]
    for shape in THUMBS:
        hand = left_hand(HandSpec(shape=shape))
        tried.append(pose.copy())
        tried[-1][rows] = [hand[JOINT_INDEX[f"left_thumb{k}"]] * flip for k in (1, 2, 3)]
    chains = [forward(t, proxy.rest, root) for t in tried]
    depth = hands_depth(proxy, chains[0], side, chains)[:, mine].max(1, initial=-1.0)
    # The first that is free, else the best of all.
    return tried[int(np.argmax(depth <= max(SINK, float(depth.min()) + 0.001)))]


def _choice(held: float, depth: np.ndarray) -> int:
    """Index among the steps (0 = as it is): the most closed that is free, if a more closed one touches."""
    free = depth <= SINK
    if held <= SINK and not (~free[STEPS > 0]).any():
        return 0  # nothing within reach
    # From straight on: the last free one before the first that is not.
    if not free.any():
        return 1 + int(depth.argmin())
    start = int(np.argmax(free))
    blocked = np.flatnonzero(~free[start:])
    return 1 + (start + int(blocked[0]) - 1 if len(blocked) else int(np.abs(STEPS).argmin()))


def _flexion(pose: np.ndarray, rows: np.ndarray, side: str) -> np.ndarray:
    """(4, 3) how far the joints are bent now, radians about the axis that they flex about."""
    R = matrices(pose[rows.ravel()]).reshape(*rows.shape, 3, 3)
    sign = 1.0 if side == "left" else -1.0
    return -sign * np.arctan2(R[..., 1, 0], R[..., 0, 0])


def _bent(vectors: np.ndarray, more: np.ndarray, side: str) -> np.ndarray:
    """(3, 3) axis-angle rows of one finger, each bent further."""
    sign = 1.0 if side == "left" else -1.0
    return np.stack([rotvecs(matrices(v) @ rz(-sign * m)) for v, m in zip(vectors, more, strict=True)])



"""Rotations, forward kinematics and two-bone inverse kinematics of the 55-joint skeleton, in numpy.

Everything here is in the SMPL-X body frame (Y up, facing +Z, +X = the person's left) unless it says otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS

PARENT = np.array(PARENTS)
COUNT = len(PARENTS)
# Joint of the other side; joints on the midline map to themselves.
MIRROR = np.array(
    [
        JOINT_INDEX[n.replace("left", "right") if "left" in n else n.replace("right", "left") if "right" in n else n]
        for n in JOINT_NAMES
    ]
)


def _levels() -> list[np.ndarray]:
    depth = [0] * COUNT
    for j in range(1, COUNT):
        depth[j] = depth[PARENTS[j]] + 1
    return [np.flatnonzero(np.array(depth) == d) for d in range(1, max(depth) + 1)]


# Joints by distance from the root: a level at a time is one array operation.
_LEVELS = _levels()


def matrices(rotvec: np.ndarray) -> np.ndarray:
    """(…, 3) axis-angle to (…, 3, 3) rotation matrices (Rodrigues)."""
    r = np.asarray(rotvec, np.float64)
    a = np.linalg.norm(r, axis=-1)[..., None, None]
    safe = np.where(a < 1e-12, 1.0, a)
    # sin(a)/a and (1 - cos a)/a² by their series near zero, where the quotients lose all digits.
    s = np.where(a < 1e-6, 1.0 - a * a / 6.0, np.sin(a) / safe)
    c = np.where(a < 1e-6, 0.5 - a * a / 24.0, (1.0 - np.cos(a)) / safe**2)
    K = np.zeros((*r.shape[:-1], 3, 3))
    K[..., 0, 1], K[..., 0, 2], K[..., 1, 2] = -r[..., 2], r[..., 1], -r[..., 0]
    K[..., 1, 0], K[..., 2, 0], K[..., 2, 1] = r[..., 2], -r[..., 1], r[..., 0]
    return np.eye(3) + s * K + c * (K @ K)


def rotvecs(R: np.ndarray) -> np.ndarray:
    """(…, 3, 3) rotation matrices to (…, 3) axis-angle with angle in [0, π]; stable at 0 and at π."""
    R = np.asarray(R, np.float64)
    if R.ndim == 2:
        return _rotvec(*R.ravel().tolist())
    m = R.reshape(-1, 3, 3)
    # Quaternion (w, x, y, z) from the row of the largest of its four squares (Shepperd 1978): K = 4 q qᵀ.
    xx, yy, zz = m[:, 0, 0], m[:, 1, 1], m[:, 2, 2]
    a, b, c = m[:, 2, 1] - m[:, 1, 2], m[:, 0, 2] - m[:, 2, 0], m[:, 1, 0] - m[:, 0, 1]
    d, e, f = m[:, 0, 1] + m[:, 1, 0], m[:, 0, 2] + m[:, 2, 0], m[:, 1, 2] + m[:, 2, 1]
    K = np.stack([
        1 + xx + yy + zz, a, b, c,
        a, 1 + xx - yy - zz, d, e,
        b, d, 1 - xx + yy - zz, f,
        c, e, f, 1 - xx - yy + zz,
    ], 1).reshape(-1, 4, 4)  # fmt: skip
    best = np.einsum("nii->ni", K).argmax(1)
    q = K[np.arange(len(m)), best]
    q = q / np.sqrt((q * q).sum(1, keepdims=True))
    q = np.where(q[:, :1] < 0, -q, q)
    s = np.sqrt((q[:, 1:] ** 2).sum(1, keepdims=True))
    angle = 2.0 * np.arctan2(s, q[:, :1])
    small = s < 1e-9
    return np.where(small, 2.0 * q[:, 1:], q[:, 1:] / np.where(small, 1.0, s) * angle).reshape(R.shape[:-1])


def _rotvec(
    xx: float, xy: float, xz: float, yx: float, yy: float, yz: float, zx: float, zy: float, zz: float
) -> np.ndarray:  # fmt: skip
    """(3,) of one matrix, by `rotvecs`' own steps: arms are solved one joint at a time, in scalars ten times faster."""
    a, b, c, d, e, f = zy - yz, xz - zx, yx - xy, xy + yx, xz + zx, yz + zy
    squares = (1 + xx + yy + zz, 1 + xx - yy - zz, 1 - xx + yy - zz, 1 - xx - yy + zz)
    best = squares.index(max(squares))
    w, x, y, z = (
        (squares[0], a, b, c), (a, squares[1], d, e), (b, d, squares[2], f), (c, e, f, squares[3])
    )[best]  # fmt: skip
    n = math.sqrt(w * w + x * x + y * y + z * z) * (-1.0 if w < 0 else 1.0)
    w, x, y, z = w / n, x / n, y / n, z / n
    s = math.sqrt(x * x + y * y + z * z)
    k = 2.0 if s < 1e-9 else 2.0 * math.atan2(s, w) / s
    return np.array([k * x, k * y, k * z])


def rot(axis: np.ndarray | tuple[float, float, float], angle: float) -> np.ndarray:
    """(3, 3) rotation by `angle` about `axis` (any length but zero)."""
    x, y, z = (float(v) for v in axis)
    n = math.sqrt(x * x + y * y + z * z)
    x, y, z = x / n, y / n, z / n
    c, s = math.cos(angle), math.sin(angle)
    k = 1.0 - c
    # Scalars: poses are made of many single rotations, where array operations cost more than the sums.
    return np.array([
        [c + x * x * k, x * y * k - z * s, x * z * k + y * s],
        [x * y * k + z * s, c + y * y * k, y * z * k - x * s],
        [x * z * k - y * s, y * z * k + x * s, c + z * z * k],
    ])  # fmt: skip


def rx(angle: float) -> np.ndarray:
    """(3, 3) rotation about X."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]])


def ry(angle: float) -> np.ndarray:
    """(3, 3) rotation about Y."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def rz(angle: float) -> np.ndarray:
    """(3, 3) rotation about Z."""
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def unit(v: np.ndarray) -> np.ndarray:
    """(…, 3) vectors at length one; the zero vector stays zero."""
    v = np.asarray(v, np.float64)
    if v.ndim == 1:
        n = math.sqrt(float(v @ v))
        return v / n if n > 1e-12 else v
    n = np.linalg.norm(v, axis=-1, keepdims=True)
    return v / np.where(n < 1e-12, 1.0, n)


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Cross product of two (3,) vectors; many times faster than the general one."""
    x, y, z = (float(k) for k in a)
    u, v, w = (float(k) for k in b)
    return np.array([y * w - z * v, z * u - x * w, x * v - y * u])


def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(3, 3) smallest rotation that turns direction `a` into direction `b`."""
    a, b = unit(np.asarray(a, float)), unit(np.asarray(b, float))
    axis, c = cross(a, b), float(a @ b)
    s = math.sqrt(float(axis @ axis))
    if s < 1e-9:
        if c > 0:
            return np.eye(3)
        other = np.array([1.0, 0.0, 0.0]) if abs(a[0]) < 0.9 else np.array([0.0, 1.0, 0.0])
        return rot(cross(a, other), np.pi)
    return rot(axis / s, float(np.arctan2(s, c)))


def twist_angle(R: np.ndarray, axis: np.ndarray) -> float:
    """Angle of the rotation about unit `axis` that is part of R (swing–twist, R = swing · twist)."""
    d = R @ axis
    T = between(axis, d).T @ R
    v = np.array([T[2, 1] - T[1, 2], T[0, 2] - T[2, 0], T[1, 0] - T[0, 1]])
    return float(np.arctan2(v @ axis / 2.0, (np.trace(T) - 1.0) / 2.0))


def mirror_pose(pose: np.ndarray) -> np.ndarray:
    """(55, 3) pose reflected in the sagittal plane: left and right change places."""
    return np.asarray(pose)[MIRROR] * np.array([1.0, -1.0, -1.0])


@dataclass(frozen=True)
class Chain:
    """Where every joint is: the result of forward kinematics.

    Attributes:
        R: (55, 3, 3) rotation of each joint's frame (rest = identity).
        p: (55, 3) joint positions, metres.
        rest: (55, 3) joint positions at rest.
    """

    R: np.ndarray
    p: np.ndarray
    rest: np.ndarray

    def points(self, vertices: np.ndarray, joints: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Skin a few rest vertices (N, 3) bound to `joints` (N, K) by `weights` (N, K)."""
        local = vertices[:, None] - self.rest[joints]
        moved = np.einsum("nkij,nkj->nki", self.R[joints], local) + self.p[joints]
        return np.einsum("nk,nki->ni", weights, moved)


def forward(pose: np.ndarray, rest: np.ndarray, root: np.ndarray | None = None) -> Chain:
    """Forward kinematics; the pelvis turns about its own joint.

    Args:
        pose: (55, 3) axis-angle, parent relative.
        rest: (55, 3) rest joint positions.
        root: (3,) position of the pelvis joint; None leaves it where it rests.
    """
    L = matrices(pose)
    rest = np.asarray(rest, np.float64)
    R, p = np.empty((COUNT, 3, 3)), np.empty((COUNT, 3))
    R[0], p[0] = L[0], rest[0] if root is None else root
    for children in _LEVELS:
        above = PARENT[children]
        R[children] = R[above] @ L[children]
        p[children] = p[above] + np.einsum("nij,nj->ni", R[above], rest[children] - rest[above])
    return Chain(R, p, rest)


def two_bone(
    start: np.ndarray, target: np.ndarray, pole: np.ndarray, upper: float, lower: float, stretch: float = 0.998
) -> tuple[np.ndarray, np.ndarray]:
    """Middle joint and reached end of a two-bone limb.

    Args:
        start, target: (3,) first joint and wanted end.
        pole: (3,) direction (not a point) in which the middle joint is to bend.
        upper, lower: Bone lengths, metres.
        stretch: Longest reach as a share of the full length; below 1 keeps the limb from locking straight.
    Returns:
        middle (3,), end (3,): the end lies on the ray to the target when that is out of reach.
    """
    d = np.asarray(target, float) - start
    dist = float(np.linalg.norm(d))
    along = d / dist if dist > 1e-9 else unit(-np.asarray(pole, float))
    reach = min(max(dist, abs(upper - lower) * 1.02 + 1e-4), (upper + lower) * stretch)
    side = pole - (pole @ along) * along
    if np.linalg.norm(side) < 1e-6:
        side = cross(along, [1.0, 0.0, 0.0])  # pyright: ignore[reportArgumentType]
        if np.linalg.norm(side) < 1e-6:
            side = cross(along, [0.0, 0.0, 1.0])  # pyright: ignore[reportArgumentType]
    side = unit(side)
    cos = (upper**2 + reach**2 - lower**2) / (2.0 * upper * reach)
    sin = np.sqrt(max(0.0, 1.0 - cos * cos))
    return start + upper * (cos * along + sin * side), start + reach * along


def aim_limb(
    pose: np.ndarray,
    rest: np.ndarray,
    chain: Chain,
    limb: tuple[int, int, int],
    target: np.ndarray,
    end_rotation: np.ndarray | None = None,
    pole: np.ndarray | None = None,
) -> np.ndarray:
    """Bend a limb so that its end joint comes to `target`; everything else keeps its place.

    Args:
        pose: (55, 3).
        rest: (55, 3) rest joints.
        chain: Forward kinematics of `pose`.
        limb: (first, middle, end) joints, e.g. hip, knee, ankle.
        target: (3,) wanted end joint position.
        end_rotation: (3, 3) wanted frame of the end joint; None keeps its present one.
        pole: (3,) direction in which the middle joint bends; None keeps the present plane.
    Returns:
        (55, 3) pose with the rows of `limb` changed.
    """
    a, b, c = limb
    v1, v2 = rest[b] - rest[a], rest[c] - rest[b]
    hinge = HINGE[a]
    if pole is None:
        # The hinge, not the present bend, tells where the joint bends: a straight limb has no bend to read.
        pole = chain.R[a] @ cross(unit(v1), hinge)
    start = chain.p[a]
    mid, end = two_bone(start, target, pole, float(np.linalg.norm(v1)), float(np.linalg.norm(v2)))  # pyright: ignore[reportArgumentType]
    along = unit(end - start)
    normal = unit(cross(unit(pole - (pole @ along) * along), along))
    first = unit(mid - start)
    A = _frame(first, normal) @ _frame(unit(v1), hinge).T
    B = between(A @ v2, end - mid) @ A
    # What the middle joint turned about its own bone (pronation of the forearm) stays.
    B = B @ rot(v2, twist_angle(matrices(pose[b]), unit(v2)))
    E = chain.R[c] if end_rotation is None else end_rotation
    out = np.array(pose, np.float64)
    out[a] = rotvecs(chain.R[PARENTS[a]].T @ A)
    out[b] = rotvecs(A.T @ B)
    out[c] = rotvecs(B.T @ E)
    return out


def _frame(along: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """(3, 3) right-handed frame whose first column is `along` and whose second is `normal` made perpendicular."""
    n = unit(normal - (normal @ along) * along)
    return np.stack([along, n, cross(along, n)], 1)


# Axis about which the middle joint of a limb bends, in the rest frame of its first joint.
HINGE = {
    1: np.array([1.0, 0.0, 0.0]),
    2: np.array([1.0, 0.0, 0.0]),
    16: np.array([0.0, -1.0, 0.0]),
    17: np.array([0.0, 1.0, 0.0]),
}
LEFT_LEG, RIGHT_LEG = (1, 4, 7), (2, 5, 8)
LEFT_ARM, RIGHT_ARM = (16, 18, 20), (17, 19, 21)

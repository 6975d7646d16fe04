"""A light stand-in for a body: a few skinned points, and tubes around its bones that tell how deep a point is inside.

A tube is a table of radii over height along a bone and angle about it, read off the rest mesh, so bellies, hips and children
come out as they are. Posed points are taken back to the rest frame of the tube's joint and looked up there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..frames import smplx_from_world
from ..keyed import Keyed
from .body_state import BodyState
from .kinematics import Chain, unit
from .skeleton import JOINT_INDEX

J = JOINT_INDEX
HEIGHTS, ANGLES = 18, 24
INFLUENCES = 5


@dataclass(frozen=True)
class Points:
    """Rest points that follow the skeleton: (n, 3) with (n, K) joints and weights."""

    rest: np.ndarray
    joints: np.ndarray
    weights: np.ndarray

    def at(self, chain: Chain) -> np.ndarray:
        """(n, 3) posed."""
        return chain.points(self.rest, self.joints, self.weights)

    def __len__(self) -> int:
        return len(self.rest)


@dataclass(frozen=True)
class Tube:
    """Radii about a straight axis at rest.

    Attributes:
        joint: Joint whose motion the tube follows.
        origin, axis, side, front: (3,) foot of the axis; unit vectors along it and across it (angle 0 is `side`, π/2 `front`).
        low, high: Range along the axis, metres.
        radius: (HEIGHTS, ANGLES) metres.
    """

    joint: int
    origin: np.ndarray
    axis: np.ndarray
    side: np.ndarray
    front: np.ndarray
    low: float
    high: float
    radius: np.ndarray

    def _local(self, chain: Chain, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        q = (points - chain.p[self.joint]) @ chain.R[self.joint] + chain.rest[self.joint] - self.origin
        return q @ self.axis, q @ self.side, q @ self.front

    def depth(self, chain: Chain, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How deep points (n, 3) are inside (n,) (negative outside, -1 beyond the ends), and the way out (n, 3)."""
        h, x, y = self._local(chain, points)
        r = np.hypot(x, y)
        inside = (h >= self.low) & (h <= self.high)
        depth = np.where(inside, self.look_up(h, np.arctan2(y, x)) - r, -1.0)
        safe = np.maximum(r, 1e-6)
        out = (x / safe)[:, None] * self.side + (y / safe)[:, None] * self.front
        return depth, out @ chain.R[self.joint].T

    def look_up(self, height: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Radius at heights and angles, bilinear."""
        u = np.clip((np.asarray(height) - self.low) / (self.high - self.low), 0.0, 1.0) * (HEIGHTS - 1)
        v = (np.asarray(angle) / (2 * np.pi) % 1.0) * ANGLES
        i, k = np.minimum(u.astype(int), HEIGHTS - 2), v.astype(int) % ANGLES
        a, b, n = u - i, v - np.floor(v), (k + 1) % ANGLES
        R = self.radius
        return (1 - a) * ((1 - b) * R[i, k] + b * R[i, n]) + a * ((1 - b) * R[i + 1, k] + b * R[i + 1, n])

    def surface(self, chain: Chain, share: float, direction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Point on the tube at a share of its length towards a posed direction, and the outward normal there, (3,) each."""
        d = chain.R[self.joint].T @ direction
        x, y = float(d @ self.side), float(d @ self.front)
        h = self.low + share * (self.high - self.low)
        r = float(self.look_up(np.array(h), np.array(np.arctan2(y, x))))
        out = unit(x * self.side + y * self.front)
        rest = self.origin + h * self.axis + r * out
        return chain.R[self.joint] @ (rest - chain.rest[self.joint]) + chain.p[self.joint], chain.R[self.joint] @ out


def _tube(vertices: np.ndarray, joint: int, origin: np.ndarray, end: np.ndarray, low: float, high: float) -> Tube:
    axis = unit(end - origin)
    side = np.array([1.0, 0.0, 0.0]) if abs(axis[0]) < 0.7 else np.array([0.0, 1.0, 0.0])
    side = unit(side - (side @ axis) * axis)
    # Right-handed, and for upright tubes the front is +Z.
    front = np.cross(side, axis) if abs(axis[0]) < 0.7 else np.cross(axis, side)
    if front[2] < 0:
        front = -front
    q = vertices - origin
    h, x, y = q @ axis, q @ side, q @ front
    u = np.rint((h - low) / (high - low) * (HEIGHTS - 1)).astype(int)
    v = np.rint(np.arctan2(y, x) / (2 * np.pi) * ANGLES).astype(int) % ANGLES
    keep = (u >= 0) & (u < HEIGHTS)
    radius = np.zeros((HEIGHTS, ANGLES))
    np.maximum.at(radius, (u[keep], v[keep]), np.hypot(x, y)[keep])
    return Tube(joint, origin, axis, side, front, low, high, _fill(radius))


def _fill(radius: np.ndarray) -> np.ndarray:
    """Empty cells take the mean of their filled neighbours, again and again until none is left."""
    out = radius.copy()
    for _ in range(HEIGHTS + ANGLES):
        empty = out <= 0
        if not empty.any() or empty.all():
            break
        pad = np.pad(np.pad(out, ((0, 0), (1, 1)), "wrap"), ((1, 1), (0, 0)), "edge")
        near = np.stack([pad[1:-1, :-2], pad[1:-1, 2:], pad[:-2, 1:-1], pad[2:, 1:-1]])
        count = (near > 0).sum(0)
        out = np.where(empty & (count > 0), near.sum(0) / np.maximum(count, 1), out)
    return out


@dataclass(frozen=True)
class Proxy:
    """A body reduced to what contact needs; SMPL-X frame, metres.

    Attributes:
        rest: (55, 3) joints.
        soles: Side -> points of the sole; `feet` the whole foot.
        base: Points one sits on; `thighs` side -> the thigh's skin; `shanks` with the knee; `arms`; `head`; `all` sparse.
        torso: Tubes of pelvis and spine; `tubes` name -> tube of limbs and head ("left_thigh" …).
        back: How far the buttocks reach behind the pelvis joint.
        ankle: Side-averaged height of the ankle joint above the sole at rest.
        size: Stature over 1.70 m; girth: width of the waist over 0.32 m.
        trunk_centre: (3,) centre of volume of the trunk at rest.
    """

    rest: np.ndarray
    soles: dict[str, Points]
    feet: dict[str, Points]
    base: Points
    thighs: dict[str, Points]
    shanks: dict[str, Points]
    arms: dict[str, Points]
    hands: dict[str, Points]
    head: Points
    all: Points
    torso: list[Tube]
    tubes: dict[str, Tube]
    back: float
    ankle: float
    size: float
    girth: float
    trunk_centre: np.ndarray


def make_proxy(body: BodyState) -> Proxy:
    """Reduce a body (about 20 ms); depends on its shape and not on its pose, and the last few are kept."""
    return _proxy(Keyed(body, (id(body.model), body.betas.tobytes(), body.expression.tobytes())))


@lru_cache(maxsize=16)
def _proxy(asked: Keyed[BodyState]) -> Proxy:
    body = asked.value
    count = body.count
    v = smplx_from_world(np.asarray(body.rest[:count], np.float64))
    rest = smplx_from_world(np.asarray(body.joints_rest, np.float64))
    w = np.asarray(body.model.weights[:count])
    main = body.model.main_joint
    skin = ~np.isin(main, [J["left_eye_smplhf"], J["right_eye_smplhf"]])

    def pick(mask: np.ndarray, most: int) -> Points:
        index = np.flatnonzero(mask & skin)
        step = max(1, len(index) // most)
        index = index[::step]
        top = np.argsort(-w[index], 1, kind="stable")[:, :INFLUENCES]
        weight = np.take_along_axis(w[index], top, 1).astype(np.float64)
        return Points(v[index], top, weight / weight.sum(1, keepdims=True))

    soles, feet, thighs, shanks, arms, hands = {}, {}, {}, {}, {}, {}
    tubes: dict[str, Tube] = {}
    normal_down = _downward(v, body.model.faces)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        hip, knee, ankle, toe = (J[f"{side}_{n}"] for n in ("hip", "knee", "ankle", "foot"))
        sh, el, wr = (J[f"{side}_{n}"] for n in ("shoulder", "elbow", "wrist"))
        foot = np.isin(main, [ankle, toe]) & (v[:, 1] < rest[ankle, 1] + 0.02)
        floor = v[foot, 1].min()
        soles[side] = pick(foot & (v[:, 1] < floor + 0.012) & (normal_down > 0.6), 120)
        feet[side] = pick(foot, 140)
        thighs[side] = pick(main == hip, 90)
        shanks[side] = pick((main == knee) | ((main == hip) & (v[:, 1] < rest[knee, 1] + 0.05)), 110)
        fingers = [j for n, j in J.items() if n.startswith(f"{side}_") and n[-1] in "123" and j >= 25]
        hand = np.isin(main, [wr, *fingers]) & (sign * v[:, 0] > sign * rest[wr, 0])
        along = sign * (v[:, 0] - rest[sh, 0]) / max(sign * (rest[el, 0] - rest[sh, 0]), 1e-3)
        arms[side] = pick((np.isin(main, [sh, el]) & (along > 0.55)) | (main == wr), 130)
        hands[side] = pick(hand, 130)
        tubes[f"{side}_thigh"] = _tube(
            v[main == hip], hip, rest[hip], rest[knee], 0.12 * _len(rest, hip, knee), _len(rest, hip, knee)
        )
        tubes[f"{side}_shank"] = _tube(v[main == knee], knee, rest[knee], rest[ankle], 0.02, _len(rest, knee, ankle))
        tubes[f"{side}_upper_arm"] = _tube(
            v[main == sh], sh, rest[sh], rest[el], 0.3 * _len(rest, sh, el), _len(rest, sh, el)
        )
        tubes[f"{side}_forearm"] = _tube(v[main == el], el, rest[el], rest[wr], 0.0, _len(rest, el, wr))
    trunk = v[np.isin(main, [0, 3, 6, 9, 13, 14])]
    torso = _torso(trunk, rest)
    head = np.isin(main, [J["head"], J["jaw"]])
    top = v[head, 1].max()
    centre = np.array([0.0, rest[15, 1], float(v[head, 2].min() + v[head, 2].max()) / 2])
    tubes["head"] = _tube(
        v[head], 15, centre, centre + [0, 1, 0], float(v[head, 1].min() - centre[1]), float(top - centre[1])
    )
    seat = (
        np.isin(main, [0, 1, 2])
        & (v[:, 1] < rest[1, 1])
        & (v[:, 1] > rest[1, 1] - 0.45 * _len(rest, 1, 4))
        & (v[:, 2] < rest[1, 2])
    )
    hips = np.isin(main, [0, 1, 2]) & (np.abs(v[:, 1] - rest[1, 1]) < 0.08)
    lowest = min(s.rest[:, 1].min() for s in soles.values())
    return Proxy(
        rest=rest, soles=soles, feet=feet, base=pick(seat, 200), thighs=thighs, shanks=shanks, arms=arms, hands=hands,
        head=pick(head, 80), all=pick(np.ones(count, bool), 700), torso=torso, tubes=tubes,
        back=float(rest[0, 2] - v[hips, 2].min()), ankle=float(rest[7, 1] - lowest),
        size=float(top - lowest) / 1.70, girth=float(torso[0].radius[HEIGHTS // 2, [0, ANGLES // 2]].sum()) / 0.32,
        trunk_centre=_volume_centre(torso[0]),
    )  # fmt: skip


def _len(rest: np.ndarray, a: int, b: int) -> float:
    return float(np.linalg.norm(rest[b] - rest[a]))


def _downward(v: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(V,) how far each vertex normal looks down, -1 … 1."""
    a, b, c = (v[faces[:, k]] for k in range(3))
    n = np.cross(b - a, c - a)
    y = np.bincount(faces.ravel(), np.repeat(n[:, 1], 3), minlength=len(v))
    size = np.bincount(faces.ravel(), np.repeat(np.linalg.norm(n, axis=1), 3), minlength=len(v))
    return -y / np.maximum(size, 1e-12)


def _torso(trunk: np.ndarray, rest: np.ndarray) -> list[Tube]:
    """One table for the whole trunk from the crotch to below the armpits, seen from each of its four joints' frames."""
    low_y, high_y = rest[1, 1] - 0.03, rest[16, 1] - 0.15 * (rest[12, 1] - rest[0, 1]) / 0.5
    z = float(np.median(trunk[:, 2]))
    origin = np.array([0.0, 0.0, z])
    whole = _tube(trunk, 0, origin, origin + [0.0, 1.0, 0.0], float(low_y), float(high_y))
    # Every joint answers for its own stretch; the stretches overlap a little where the trunk bends.
    cuts = [
        low_y,
        (rest[3, 1] + rest[6, 1]) / 2 - 0.02,
        (rest[6, 1] + rest[9, 1]) / 2,
        (rest[9, 1] * 0.6 + rest[12, 1] * 0.4),
        high_y,
    ]
    out = []
    for i, joint in enumerate((0, 3, 6, 9)):
        a, b = cuts[i] - (0.01 if i else 0.0), cuts[i + 1] + 0.01
        if i == 3:
            a, b = cuts[2], high_y
        if i == 2:
            b = cuts[3]
        a, b = max(a, low_y), min(b, high_y)
        if b - a < 0.01:
            continue
        heights = np.linspace(a, b, HEIGHTS)
        angles = np.arange(ANGLES) / ANGLES * 2 * np.pi
        radius = whole.look_up(np.repeat(heights, ANGLES), np.tile(angles, HEIGHTS)).reshape(HEIGHTS, ANGLES)
        out.append(Tube(joint, origin, whole.axis, whole.side, whole.front, float(a), float(b), radius))
    return [whole, *out]


def _volume_centre(tube: Tube) -> np.ndarray:
    """(3,) centre of volume of a tube at rest."""
    a = np.arange(ANGLES) / ANGLES * 2 * np.pi
    r = tube.radius
    volume = r**2
    x, y = (2 / 3 * r**3 * np.cos(a)).sum(), (2 / 3 * r**3 * np.sin(a)).sum()
    h = np.linspace(tube.low, tube.high, HEIGHTS)[:, None]
    total = volume.sum()
    return (
        tube.origin
        + tube.axis * float((volume * h).sum() / total)
        + tube.side * float(x / total)
        + tube.front * float(y / total)
    )


def torso_depth(proxy: Proxy, chain: Chain, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Depth inside the trunk (n,) and the way out (n, 3): the deepest answer of the trunk's joints."""
    best, way = np.full(len(points), -1.0), np.zeros((len(points), 3))
    for tube in proxy.torso[1:]:
        d, out = tube.depth(chain, points)
        deeper = d > best
        best[deeper], way[deeper] = d[deeper], out[deeper]
    return best, way

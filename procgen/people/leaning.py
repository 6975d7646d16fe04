"""The back of a sitter on the backrest that is really there: found by rays, met by rocking pelvis and spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import Mesh, PlaceGeometry, Seat
from .clearance import turn_joint
from .joint_limits import LIMITS
from .kinematics import Chain, forward, matrices, rot, rotvecs
from .proxies import Points, Proxy

HEIGHTS = (0.18, 0.28, 0.38, 0.48)
# How deep the back presses into a backrest, metres; further than this back the trunk does not go, radians.
SINK, MOST = 0.012, 0.42


@dataclass(frozen=True)
class Backrest:
    """Distance behind the middle of the seat by height above it, metres; taken as a plane."""

    at: float
    slope: float

    def behind(self, height: np.ndarray) -> np.ndarray:
        """Distance at heights above the seat."""
        return self.at + self.slope * np.asarray(height)


def find_backrest(place: PlaceGeometry, seat: Seat) -> Backrest | None:
    """The backrest of a seat, or None for stools and benches without one.

    Rays go from above the seat's middle backwards, at a few heights, against whatever the place has there.
    """
    c, s = np.cos(seat.heading), np.sin(seat.heading)
    back = np.array([-s, c, 0.0])  # a heading of 0 faces -Y
    reach = 0.5 * seat.depth + 0.30
    triangles = []
    for item in place.objects:
        mesh = item.geometry
        if not isinstance(mesh, Mesh):
            continue
        v = mesh.vertices @ item.T_world_from_object[:3, :3].T + item.T_world_from_object[:3, 3]
        if (v.min(0) > seat.position + 0.9).any() or (v.max(0) < seat.position - 0.9).any():
            continue
        t = v[mesh.triangles()]
        near = (np.abs(t - seat.position) < np.array([0.9, 0.9, 0.75])).any(1).all(1)
        triangles.append(t[near])
    if not triangles:
        return None
    t = np.concatenate(triangles)
    found = []
    for height in HEIGHTS:
        origin = seat.position + np.array([0.0, 0.0, height])
        hits = [_distance(t, origin + x * np.array([c, s, 0.0]), back) for x in (-0.08, 0.0, 0.08)]
        nearest = min(hits)
        if nearest < reach:
            found.append((height, nearest))
    if len(found) < 2 or found[0][1] < 0.12:
        return None
    h, d = np.array(found).T
    slope = float(np.clip(np.polyfit(h, d, 1)[0], -0.05, 0.5))
    return Backrest(float((d - slope * h).min()), slope)


def _distance(t: np.ndarray, origin: np.ndarray, way: np.ndarray) -> float:
    """Distance along a ray to the nearest of (n, 3, 3) triangles (Möller & Trumbore 1997); inf for none."""
    a, e1, e2 = t[:, 0], t[:, 1] - t[:, 0], t[:, 2] - t[:, 0]
    p = np.cross(way, e2)
    det = (e1 * p).sum(1)
    inverse = 1.0 / np.where(np.abs(det) < 1e-12, np.inf, det)
    s = origin - a
    u = (s * p).sum(1) * inverse
    q = np.cross(s, e1)
    v, along = (q * way).sum(1) * inverse, (e2 * q).sum(1) * inverse
    hit = (np.abs(det) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (along > 1e-3)
    return float(along[hit].min()) if hit.any() else np.inf


def back_skin(proxy: Proxy) -> Points:
    """The skin of the back, from the waist to the shoulder blades."""
    p = proxy.all
    spine = np.where(np.isin(p.joints, [3, 6, 9, 13, 14]), p.weights, 0.0).sum(1)
    keep = (spine > 0.6) & (p.rest[:, 2] < proxy.rest[6, 2])
    return Points(p.rest[keep], p.joints[keep], p.weights[keep])


def lean_back(proxy: Proxy, pose: np.ndarray, root: np.ndarray, skin: Points, backrest: Backrest, top: float, wanted: bool) -> np.ndarray:
    """Rock a sitter until the back just touches the backrest; one who sits upright is only kept out of it.

    Args:
        root: (3,) pelvis joint: left, up from the ground, ahead of the seat's middle.
        top: Height of the seat.
        wanted: Whether the back is to touch.
    """
    total = 0.0
    for _ in range(6):
        chain = forward(pose, proxy.rest, root)
        p = skin.at(chain)
        gap = p[:, 2] + backrest.behind(p[:, 1] - top) + SINK
        k = int(gap.argmin())
        if (gap[k] > 0 and not wanted) or abs(gap[k]) < 0.004:
            return pose
        lever = max(float(p[k, 1] - root[1]), 0.12)
        angle = float(np.clip(gap[k] / lever, -0.2, 0.2))
        angle = float(np.clip(angle, -MOST - total, MOST - total))
        total += angle
        pose = _rock(proxy, pose, chain, root, -angle)
    return pose


def _rock(proxy: Proxy, pose: np.ndarray, chain: Chain, root: np.ndarray, angle: float) -> np.ndarray:
    """Turn the trunk ahead by an angle (negative: back); pelvis and spine share, the head stays nearly level."""
    axis = np.array([1.0, 0.0, 0.0])
    out = np.array(pose)
    out[0] = rotvecs(rot(axis, 0.6 * angle) @ matrices(pose[0]))
    for joint, share in ((3, 0.25), (6, 0.15), (12, -0.35), (15, -0.35)):
        turned = turn_joint(out, forward(out, proxy.rest, root), joint, rot(axis, share * angle))
        limit = LIMITS[joint]
        turned[joint] = rotvecs(limit.clamp(matrices(turned[joint]))[0])  # type: ignore[union-attr]
        out = turned
    return out

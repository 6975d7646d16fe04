"""Shoes around a foot: the upper from the body shell, a sole under its outline, both bending at the ball."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..body_state import BodyState
from .collide import Collider, surface_samples
from .figure import ANKLE, FOOT, KNEE, Canonical, Figure, smoothstep
from .pattern import Cutter, Pattern
from .topology import Blend, Fabric, subdivide, vertex_normals

AROUND = 56


@dataclass(frozen=True)
class Last:
    """What a shoe is shaped by, metres on an average adult.

    Attributes:
        collar: Height of the opening over the ankle joint.
        dip: How much lower the opening is at the sides of the ankle than behind.
        ease: Room around the foot.
        toe: Extra height of the toe box.
        point: Extra length of the toe.
        sole: Thickness below the foot.
        band: Height to which the sole comes up around the upper.
        welt: How far the sole stands out.
        heel: Height of the waist of the sole over the ground (0 = flat sole).
    """

    collar: float
    dip: float = 0.012
    ease: float = 0.005
    toe: float = 0.006
    point: float = 0.01
    sole: float = 0.02
    band: float = 0.012
    welt: float = 0.004
    heel: float = 0.0


@dataclass(frozen=True)
class FootFrame:
    """Axes of one foot in the A-pose: toe direction, outward direction, up; the origin is under the heel."""

    origin: np.ndarray
    toe: np.ndarray
    side: np.ndarray
    length: float
    ball: float
    height: float

    def local(self, x: np.ndarray) -> np.ndarray:
        """(V, 3) along the foot, across it, up."""
        d = x - self.origin
        return np.stack([d @ self.toe, d @ self.side, d[:, 2]], 1)

    def world(self, q: np.ndarray) -> np.ndarray:
        """Inverse of `local`."""
        return self.origin + q[:, :1] * self.toe + q[:, 1:2] * self.side + q[:, 2:] * np.array([0.0, 0.0, 1.0])


def foot_frame(fig: Figure, side: int) -> FootFrame:
    """Axes and measures of one foot."""
    count = fig.body.count
    w = fig.base.weights[:count, [ANKLE[side], FOOT[side]]].sum(1)
    x = fig.skin[w > 0.5]
    ankle, ball = fig.joints[ANKLE[side]], fig.joints[FOOT[side]]
    toe = ball - ankle
    toe[2] = 0
    toe /= np.linalg.norm(toe)
    across = np.array([-toe[1], toe[0], 0.0])
    u = (x - ankle) @ toe
    # Toe direction once more from the toes themselves, so that the shoe does not turn in or out.
    tip = x[u > u.max() - 0.25 * np.ptp(u)].mean(0) - x[u < u.min() + 0.2 * np.ptp(u)].mean(0)
    tip[2] = 0
    toe = tip / np.linalg.norm(tip)
    across = np.array([-toe[1], toe[0], 0.0])
    u = (x - ankle) @ toe
    origin = ankle + toe * u.min()
    origin = np.array([origin[0], origin[1], x[:, 2].min()])
    heel = x[(x - origin) @ toe < 0.35 * np.ptp(u)]
    origin = origin + across * (((heel - origin) @ across).min() + ((heel - origin) @ across).max()) * 0.5
    return FootFrame(origin, toe, across, float(np.ptp(u)), float((ball - origin) @ toe), float(ankle[2] - origin[2]))


@lru_cache(maxsize=32)
def cut_shoe(base: Canonical, side: int, collar: float, dip: float) -> tuple[Pattern, Blend, Fabric]:
    """The foot part of the shell below the collar line, finely subdivided."""
    c = Cutter(base, detail=1)
    ankle = base.joints[ANKLE[side]]
    own = (c.points[:, 0] > 0) == (side == 0)

    def keep(x: np.ndarray) -> np.ndarray:
        y = x[:, 1] - ankle[1]
        # Lower beside the ankle bone than at the heel and over the instep.
        line = ankle[2] + collar - dip * np.exp(-((y / 0.035) ** 2))
        if collar < 0.06:
            line = line - 0.10 * np.clip(-y - 0.02, 0, 0.1)
        return line - x[:, 2]

    low = c.value(base.leg)[:, side] > 0.4
    f = np.where(own & low, keep(c.points), -1.0)
    c.clip(f).tidy()
    pattern = c.finish()
    by, tris = subdivide(pattern.fabric.tris, pattern.fabric.count)
    return pattern, by, Fabric(tris, len(by.a))


@dataclass(frozen=True, eq=False)
class Shoe:
    """One shoe in the A-pose.

    Attributes:
        fabric, upper: Mesh and (V, 3) positions of the upper.
        sole, sole_faces: (S, 3) and (F, 4) of the sole.
        frame: Foot axes.
        local: (V, 3) foot coordinates of the upper.
    """

    fabric: Fabric
    upper: np.ndarray
    sole: np.ndarray
    sole_faces: np.ndarray
    frame: FootFrame
    local: np.ndarray


@lru_cache(maxsize=16)
def shape_shoe(fig: Figure, side: int, last: Last) -> Shoe:
    """A shoe around a person's foot in the A-pose."""
    pattern, by, fabric = cut_shoe(fig.base, side, last.collar, last.dip)
    f = foot_frame(fig, side)
    k = f.length / 0.25
    x = by(pattern.binding(fig.points))
    x = fabric.smooth(x, 0.5, 2)
    n = vertex_normals(x, fabric.tris)
    x = x + n * (last.ease * k)
    q = f.local(x)
    u = q[:, 0] / f.length
    # A toe box: longer, higher, rounder than toes.
    q[:, 0] += last.point * k * smoothstep(u, 0.5, 1.0)
    q[:, 2] += last.toe * k * smoothstep(u, 0.55, 0.8) * smoothstep(q[:, 2], 0.004, 0.03 * k)
    # The bottom lies flat on the sole.
    q[:, 2] = np.where(q[:, 2] < 0.012 * k, 0.3 * q[:, 2] + 0.0012, q[:, 2])
    q[:, 2] = np.maximum(q[:, 2], 0.001)
    x = f.world(q)
    hold = smoothstep(q[:, 2], 0.02 * k, 0.008 * k) * 0.7
    x = fabric.smooth(x, 0.5, 6, hold)
    skin = fig.skin
    near = (np.abs(skin - f.world(np.array([[0.5 * f.length, 0, 0]]))[0]) < 0.3 * k + abs(last.collar)).all(1)
    faces = fig.model.faces[near[fig.model.faces].all(1)]
    collider = Collider.of([surface_samples(skin, faces, 0.6 * last.ease * k)], x)
    for _ in range(2):
        x = collider.push(fabric.smooth(x, 0.35, 1, hold))
    q = f.local(x)
    sole, quads = _sole(q, f, last, k)
    return Shoe(fabric, x, f.world(sole), quads, f, q)


def _sole(q: np.ndarray, f: FootFrame, last: Last, k: float) -> tuple[np.ndarray, np.ndarray]:
    """Sole in foot coordinates: the outline of the upper, extruded with a rounded rim, arch and toe spring."""
    low = q[q[:, 2] < 0.03 * k]
    length = low[:, 0].max() - low[:, 0].min()
    rows = np.linspace(low[:, 0].min(), low[:, 0].max(), 25)
    left, right = np.empty(25), np.empty(25)
    for i, u in enumerate(rows):
        near = low[np.abs(low[:, 0] - u) < 0.035 * length]
        left[i], right[i] = near[:, 1].min(), near[:, 1].max()
    # An outline that is smooth, a little fuller than the upper, and round at both ends.
    for _ in range(3):
        left[1:-1] = 0.5 * left[1:-1] + 0.25 * (left[:-2] + left[2:])
        right[1:-1] = 0.5 * right[1:-1] + 0.25 * (right[:-2] + right[2:])
    t = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    # Superellipse parameter: dense where the outline turns.
    cx = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.75
    u = rows[0] + (rows[-1] - rows[0]) * (0.5 + 0.5 * cx)
    round_end = np.abs(np.sin(t)) ** 0.55
    mid, half = np.interp(u, rows, (left + right) / 2), np.interp(u, rows, (right - left) / 2)
    centre_end = np.where(np.cos(t) > 0, mid[0], mid[AROUND // 2])
    mid = mid * round_end + centre_end * (1 - round_end)
    v = mid + half * np.sign(np.sin(t)) * round_end
    outline = np.stack([u, v], 1)
    middle = np.array([outline[:, 0].mean(), mid.mean()])
    away = outline - np.stack([np.clip(outline[:, 0], rows[0] + 0.3 * half.max(), rows[-1] - 0.3 * half.max()), mid], 1)
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    rel = (u - rows[0]) / length
    spring = 0.010 * k * smoothstep(rel, 0.72, 1.0) ** 1.5
    arch = last.heel * k * smoothstep(rel, 0.30, 0.36) * smoothstep(rel, 0.66, 0.52)
    w, t0 = last.welt * k, last.sole * k
    levels = [
        (0.0 - 0.004 * k, last.band * k - 0.002), (0.6 * w, last.band * k), (w, last.band * k - 0.003),
        (w + 0.001, -0.4 * t0), (w, -t0 + 0.004), (w - 0.003, -t0), (-0.012 * k, -t0),
    ]  # fmt: skip
    rings = []
    for out, z in levels:
        p = outline + away * out
        height = np.full(AROUND, z) + (spring if z <= 0 else 0.6 * spring)
        if z < -0.5 * t0:
            height = height + arch
        rings.append(np.concatenate([p, height[:, None]], 1))
    # The bottom closes on its middle line.
    inner = rings[-1].copy()
    inner[:, 1] = mid + (inner[:, 1] - mid) * 0.25
    inner[:, 0] = middle[0] + (inner[:, 0] - middle[0]) * 0.93
    rings.append(inner)
    count = len(rings)
    j = np.arange(AROUND)
    quads = [
        np.stack(
            [r * AROUND + j, r * AROUND + (j + 1) % AROUND, (r + 1) * AROUND + (j + 1) % AROUND, (r + 1) * AROUND + j],
            1,
        )
        for r in range(count - 1)
    ]
    b = (count - 1) * AROUND
    half_way = AROUND // 2
    j = np.arange(half_way)
    quads.append(np.stack([b + j, b + (j + 1), b + (AROUND - j - 1) % AROUND, b + (AROUND - j) % AROUND], 1)[1:-1])
    faces = np.concatenate(quads)
    return np.concatenate(rings), faces[:, ::-1].astype(np.int32)


def carry_shoe(x: np.ndarray, shoe: Shoe, fig: Figure, body: BodyState, side: int, flexible: bool = True) -> np.ndarray:
    """(V, 3) shoe points of the A-pose in the body's pose: foot, toes beyond the ball, shaft on the shin."""
    q = shoe.frame.local(x)
    f = shoe.frame
    toes = smoothstep(q[:, 0], f.ball - 0.03 * f.length, f.ball + 0.12 * f.length) * (1.0 if flexible else 0.0)
    shaft = smoothstep(q[:, 2], f.height + 0.0 * f.length, f.height + 0.22 * f.length)
    w = np.stack([(1 - toes) * (1 - shaft), toes * (1 - shaft), shaft], 1)
    T = (body.T @ fig.from_fit)[[ANKLE[side], FOOT[side], KNEE[side]]]
    out = np.zeros_like(x)
    for k in range(3):
        out += w[:, k, None] * (x @ T[k, :3, :3].T + T[k, :3, 3])
    return out

"""Shoes around a foot: loops lofted from the edge of the sole to the top line, as on a shoemaker's last, and a sole below.

Foot coordinates: u from heel to toe, v outwards from the middle, z up from the skin's lowest point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...vectors import every
from ..body_state import BodyState
from .collide import Collider, surface_samples
from .figure import ANKLE, FOOT, KNEE, Figure, smoothstep
from .strips import grid_faces

AROUND, LEVELS = 64, 15
# Row of metres between rings of a shaft.
SHAFT_RING = 0.012


@dataclass(frozen=True)
class Last:
    """What a shoe is shaped by; lengths in metres on a foot of 25 cm.

    Attributes:
        back, side: Height of the top line behind and beside the ankle.
        throat: Where the top line crosses the instep, share of the foot's length from the heel.
        shaft: Height of a shaft above the top line; 0 = none.
        ease: Room around the foot.
        toe: Height of the toe box over the sole.
        point: Extra length of the toe.
        square: 0 = round toe, 1 = broad toe.
        sole: Thickness below the foot.
        band: Height to which the sole comes up around the upper.
        welt: How far the sole stands out.
        heel: Height of the waist of the sole over the ground (0 = flat sole).
        spring: How far the toe end of the sole lifts off.
    """

    back: float = 0.070
    side: float = 0.052
    throat: float = 0.52
    shaft: float = 0.0
    ease: float = 0.005
    toe: float = 0.050
    point: float = 0.010
    square: float = 0.5
    sole: float = 0.020
    band: float = 0.012
    welt: float = 0.003
    heel: float = 0.0
    spring: float = 0.010


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


@dataclass(frozen=True, eq=False)
class Shoe:
    """One shoe in the A-pose.

    Attributes:
        upper: (R, AROUND, 3) loops from the sole's edge to the top line.
        sole, sole_faces: (S, 3) and (F, 4) of the sole.
        frame: Foot axes.
    """

    upper: np.ndarray
    sole: np.ndarray
    sole_faces: np.ndarray
    frame: FootFrame

    @property
    def local(self) -> np.ndarray:
        """(R, AROUND, 3) foot coordinates of the upper."""
        return self.frame.local(self.upper.reshape(-1, 3)).reshape(self.upper.shape)

    def faces(self, rows: int) -> np.ndarray:
        """(F, 4) outward quads of a grid of `rows` loops that go up."""
        return grid_faces(rows, AROUND, closed_columns=True)

    def on(self, level: np.ndarray, turn: np.ndarray) -> np.ndarray:
        """(V, 3) points of the upper at fractional loops and turns (0 = toe, ±0.5 = heel)."""
        r = np.clip(level, 0, len(self.upper) - 1.001)
        c = turn % 1.0 * AROUND
        r0, c0 = np.floor(r).astype(int), np.floor(c).astype(int) % AROUND
        fr, fc = (r - r0)[:, None], (c - np.floor(c))[:, None]
        c1, g = (c0 + 1) % AROUND, self.upper
        low = g[r0, c0] * (1 - fc) + g[r0, c1] * fc
        high = g[r0 + 1, c0] * (1 - fc) + g[r0 + 1, c1] * fc
        return low * (1 - fr) + high * fr


def _outline(skin: np.ndarray, last: Last, k: float) -> np.ndarray:
    """(AROUND, 2) edge of the sole around the lower foot; 0 = toe."""
    low = skin[skin[:, 2] < 0.04 * k]
    u0, u1 = low[:, 0].min() - 0.5 * last.ease * k, low[:, 0].max() + (0.6 * last.ease + last.point) * k
    rows = np.linspace(low[:, 0].min(), low[:, 0].max(), 25)
    length = rows[-1] - rows[0]
    left, right = np.empty(25), np.empty(25)
    for i, u in enumerate(rows):
        near = low[np.abs(low[:, 0] - u) < 0.035 * length]
        left[i], right[i] = near[:, 1].min(), near[:, 1].max()
    for _ in range(3):
        left[1:-1] = 0.5 * left[1:-1] + 0.25 * (left[:-2] + left[2:])
        right[1:-1] = 0.5 * right[1:-1] + 0.25 * (right[:-2] + right[2:])
    # The ends follow the width a little farther in, so that they close as arcs and not as the ragged line of toes.
    inner = np.linspace(0, 24, 25).clip(2, 21 + last.square)
    left, right = np.interp(inner, np.arange(25), left), np.interp(inner, np.arange(25), right)
    t = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    along = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.8
    u = u0 + (u1 - u0) * (0.5 + 0.5 * along)
    blunt = np.where(np.cos(t) > 0, 0.74 - 0.24 * last.square, 0.52)
    arc = np.abs(np.sin(t)) ** blunt
    place = np.linspace(u0, u1, 25)
    mid, half = np.interp(u, place, (left + right) / 2), np.interp(u, place, (right - left) / 2) + 0.4 * last.ease * k
    edge = np.stack([u, mid + half * np.sign(np.sin(t)) * arc], 1)
    # Whatever toe still stands out pushes the edge out, smoothly.
    for _ in range(2):
        along = np.roll(edge, -1, 0) - np.roll(edge, 1, 0)
        n = np.stack([along[:, 1], -along[:, 0]], 1) / np.linalg.norm(along, axis=1, keepdims=True)
        du, dv = low[:, 0] - edge[:, :1], low[:, 1] - edge[:, 1:]
        near = du * du + dv * dv < (0.014 * k) ** 2
        need = np.where(near, du * n[:, :1] + dv * n[:, 1:] + 0.4 * last.ease * k, 0.0).max(1).clip(0)
        need = np.maximum.reduce([need, 0.8 * np.roll(need, 1), 0.8 * np.roll(need, -1)])
        edge = edge + n * (0.5 * need + 0.25 * (np.roll(need, 1) + np.roll(need, -1)))[:, None]
    return edge


def _top_line(skin: np.ndarray, last: Last, frame: FootFrame, k: float) -> np.ndarray:
    """(AROUND, 3) the opening around the ankle; 0 = over the instep."""
    L = frame.length
    t = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    throat = last.throat * L
    ahead = skin[np.abs(skin[:, 0] - throat) < 0.03 * L]
    over = float(ahead[:, 2].max()) + 0.8 * last.ease * k
    height = last.side * k
    rear_half = skin[skin[:, 0] < 0.5 * L]
    level, back = (rear_half[np.argsort(np.abs(rear_half[:, 2] - z), kind="stable")[:40]] for z in (height, last.back * k))
    u0 = float(back[:, 0].min()) - 0.7 * last.ease * k
    rear = np.abs(np.sin(t)) ** 0.8 * np.sign(np.sin(t))
    left, right = float(level[:, 1].min()) - 0.8 * last.ease * k, float(level[:, 1].max()) + 0.8 * last.ease * k
    mid, half = (left + right) / 2, (right - left) / 2
    front = 0.5 + 0.5 * np.cos(t)
    # Narrower towards the throat, where it is a slit over the instep.
    narrow = 1 - 0.62 * smoothstep(front, 0.45, 1.0)
    top_mid = float(ahead[ahead[:, 2] > over - 0.02 * k][:, 1].mean())
    u = u0 + (throat - u0) * front
    v = (mid + (top_mid - mid) * front) + half * rear * narrow
    z = height + (last.back * k - height) * smoothstep(front, 0.28, 0.0)
    z = z + (over - z) * smoothstep(front, 0.45, 0.98)
    return np.stack([u, v, z], 1)


@lru_cache(maxsize=32)
def shape_shoe(fig: Figure, side: int, last: Last) -> Shoe:
    """A shoe around a person's foot in the A-pose."""
    f = foot_frame(fig, side)
    k = f.length / 0.25
    count = fig.body.count
    w = fig.base.weights[:count, [KNEE[side], ANKLE[side], FOOT[side]]].sum(1)
    skin = f.local(fig.skin[w > 0.5])
    foot = skin[skin[:, 2] < 0.14 * k]
    edge, top = _outline(foot, last, k), _top_line(foot, last, f, k)
    floor = np.concatenate([edge, np.full((AROUND, 1), 0.0015 * k)], 1)
    turn = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    front = smoothstep(0.5 + 0.5 * np.cos(turn), 0.45, 1.0)[:, None]
    rise = (top - floor)[:, 2:]
    up = np.array([0.0, 0.0, 1.0])
    # Bézier from the sole up: walls at the sides, a toe box and then the slope of the instep in front.
    a = floor + up * (0.45 * rise * (1 - front) + 0.98 * last.toe * k * front)
    run = top - floor
    away = np.concatenate([floor[:, :2] - top[:, :2], np.zeros((AROUND, 1))], 1)
    b = top + away * (0.25 * (1 - front) + 0.50 * front) - up * rise * (0.35 * (1 - front) + 0.30 * front)
    t = np.linspace(0, 1, LEVELS)[:, None, None]
    q = (1 - t) ** 3 * floor + 3 * t * (1 - t) ** 2 * a + 3 * t * t * (1 - t) * b + t**3 * (floor + run)
    if last.shaft > 0:
        q = np.concatenate([q, _shaft(skin, q[-1], last, k)])
    x = f.world(q.reshape(-1, 3))
    sunk = x.reshape(-1, AROUND, 3)[:2].copy()
    near = every(np.abs(fig.skin - f.world(np.array([[0.5 * f.length, 0, 0]]))[0]) < 0.3 * k + last.shaft)
    collider = Collider.of([surface_samples(fig.skin, fig.model.faces[every(near[fig.model.faces])], 0.7 * last.ease * k)], x)
    for _ in range(4):
        g = collider.push(x).reshape(-1, AROUND, 3)
        inner = 0.5 * g[1:-1] + 0.25 * (g[:-2] + g[2:])
        g[1:-1] = 0.5 * inner + 0.25 * (np.roll(inner, 1, 1) + np.roll(inner, -1, 1))
        # What is behind the wall of the sole stays behind it.
        g[:2] = sunk
        g[-1] = 0.5 * g[-1] + 0.25 * (np.roll(g[-1], 1, 0) + np.roll(g[-1], -1, 0))
        x = g.reshape(-1, 3)
    upper = collider.push(x).reshape(-1, AROUND, 3)
    upper[:2] = sunk
    sole, quads = _sole(edge, f, last, k)
    return Shoe(upper, f.world(sole), quads, f)


def _shaft(skin: np.ndarray, start: np.ndarray, last: Last, k: float) -> np.ndarray:
    """(R, AROUND, 3) loops from the top line up the shin."""
    t = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    base = max(start[:, 2].max(), last.back * k)
    rows = max(3, round(last.shaft / SHAFT_RING))
    out = []
    for i in range(1, rows + 1):
        z = base + last.shaft * k * i / rows
        ring = skin[np.argsort(np.abs(skin[:, 2] - z), kind="stable")[:40]]
        low, high = ring[:, :2].min(0) - 1.5 * last.ease * k, ring[:, :2].max(0) + 1.5 * last.ease * k
        mid, half = (low + high) / 2, (high - low) / 2
        e = np.stack([mid[0] + half[0] * np.cos(t), mid[1] + half[1] * np.sin(t), np.full(AROUND, z)], 1)
        share = smoothstep(np.array(i / rows), 0.0, 0.45)
        level = start + (e - start) * share
        level[:, 2] = start[:, 2] + (z - start[:, 2]) * (i / rows if i < rows else 1.0)
        out.append(level)
    return np.stack(out)


def _sole(edge: np.ndarray, f: FootFrame, last: Last, k: float) -> tuple[np.ndarray, np.ndarray]:
    """Sole in foot coordinates: the outline extruded with a rounded rim, heel, arch and toe spring."""
    u = edge[:, 0]
    rel = (u - u.min()) / np.ptp(u)
    line = np.stack([np.clip(u, u.min() + 0.12 * np.ptp(u), u.max() - 0.16 * np.ptp(u)), 0.15 * edge[:, 1]], 1)
    away = edge - line
    away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-6)
    spring = last.spring * k * smoothstep(rel, 0.68, 1.0) ** 1.5
    arch = last.heel * k * smoothstep(rel, 0.27, 0.29) * smoothstep(rel, 0.62, 0.44)
    w, t0, band = last.welt * k, last.sole * k, last.band * k
    levels = [
        (-0.003 * k, band - 0.001 * k), (0.4 * w, band), (w, band - 0.002 * k), (w + 0.0008 * k, 0.25 * band - 0.3 * t0),
        (w, -t0 + 0.003 * k), (w - 0.003 * k, -t0), (-0.012 * k, -t0),
    ]  # fmt: skip
    rings = []
    for out, z in levels:
        height = np.full(AROUND, z)
        if z < -0.5 * t0:
            height = height + arch + spring
        rings.append(np.concatenate([edge + away * out, height[:, None]], 1))
    # The bottom closes on its middle line.
    inner = rings[-1].copy()
    inner[:, 1] = 0.25 * inner[:, 1] + 0.75 * edge[:, 1].mean()
    inner[:, 0] = u.mean() + (inner[:, 0] - u.mean()) * 0.9
    rings.append(inner)
    # ... and the footbed on top, for shoes that show it.
    bed = np.concatenate([u.mean() + (edge[:, :1] - u.mean()) * 0.6, 0.4 * edge[:, 1:], np.full((AROUND, 1), 0.0002)], 1)
    rings.insert(0, np.concatenate([edge - away * 0.005 * k, np.full((AROUND, 1), min(band, 0.001 * k))], 1))
    rings.insert(0, bed)
    count = len(rings)
    faces = [grid_faces(count, AROUND, closed_columns=True)[:, ::-1]]
    for base, flip in (((count - 1) * AROUND, False), (0, True)):
        j = np.arange(AROUND // 2)
        cap = np.stack([base + j, base + j + 1, base + (AROUND - j - 1) % AROUND, base + (AROUND - j) % AROUND], 1)[1:-1]
        faces.append(cap[:, ::-1] if not flip else cap)
    return np.concatenate(rings), np.concatenate(faces).astype(np.int32)


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

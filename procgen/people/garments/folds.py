"""Folds without simulation: where cloth has too much length it stacks, where it is pulled it radiates, where it is loose it hangs.

Every family of folds is a relief over the fitted garment, computed once for a person; a pose only sets how strong each is
(an elbow that bends stacks its sleeve). Ridged gradient noise, stretched along the folds, gives their forking, uneven lines.
Source of the families: drawing manuals (pipe, zigzag, spiral, half-lock, diaper, drop); amounts by eye.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..body_state import BodyState
from .figure import (
    ANKLE,
    ELBOW,
    HIP,
    KNEE,
    NECK,
    PELVIS,
    SHOULDER,
    SIDES,
    SPINE1,
    SPINE2,
    WRIST,
    Axis,
    Figure,
    smoothstep,
)

# Fabric -> metres between folds, and how much it folds (1 = shirt cloth).
FABRICS: dict[str, tuple[float, float]] = {
    "jersey": (0.034, 0.85), "knit": (0.056, 0.7), "woven": (0.036, 1.0), "denim": (0.044, 0.95), "leather": (0.052, 0.9),
    "fleece": (0.056, 0.8), "wool": (0.058, 0.65), "corduroy": (0.048, 0.8), "satin": (0.034, 1.05), "nylon": (0.038, 1.25),
}  # fmt: skip


@dataclass(frozen=True)
class Folding:
    """How one garment folds.

    Attributes:
        fabric: Kind of its fabric.
        loose: 0 skin-tight … 1 wide: how deep folds may be.
        flutes: Metres that hanging cloth waves in and out at its hem.
        stack: How much too long trouser legs and sleeves are (1 = a usual break).
    """

    fabric: str = "woven"
    loose: float = 0.5
    flutes: float = 0.0
    stack: float = 1.0

    @property
    def length(self) -> float:
        """Metres between folds."""
        return FABRICS.get(self.fabric, (0.04, 1.0))[0]

    @property
    def amount(self) -> float:
        """Height of folds relative to those of a usual shirt."""
        return FABRICS.get(self.fabric, (0.04, 1.0))[1] * (0.35 + 0.95 * self.loose)


@dataclass(frozen=True)
class Relief:
    """One family of folds: heights (V,) in metres at full strength, and what drives it ("" = always there)."""

    height: np.ndarray
    driver: str
    least: float
    gain: float


def gradient_noise(p: np.ndarray, salt: int) -> np.ndarray:
    """(V,) Perlin noise of points (V, 3), about -0.7 … 0.7; equal salts give equal noise everywhere."""
    out = np.zeros(len(p))
    mixed = np.uint64(salt * 2654435761 & 0xFFFFFFFF)
    # For each axis, at the lower and the upper side of the cell: hash, offset and share.
    axes: list[list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = []
    for k, prime in enumerate((73856093, 19349663, 83492791)):
        x = np.ascontiguousarray(p[:, k])
        cell = np.floor(x).astype(np.int64)
        f = x - cell
        w = f * f * f * (f * (f * 6 - 15) + 10)
        axes.append([((cell + o).astype(np.uint64) * np.uint64(prime), f - o, w if o else 1 - w) for o in (0, 1)])
    for corner in range(8):
        (hx, dx, wx), (hy, dy, wy), (hz, dz, wz) = (axes[k][corner >> k & 1] for k in range(3))
        h = hx ^ hy ^ hz ^ mixed
        h *= np.uint64(0x9E3779B97F4A7C15)
        # Eight diagonal directions are enough for folds; the sign bit of each part is one bit of the hash.
        dot = _signed(dx, h, 32)
        dot += _signed(dy, h, 33)
        dot += _signed(dz, h, 34)
        dot *= wx * wy * wz
        out += dot
    return out


def _signed(x: np.ndarray, h: np.ndarray, bit: int) -> np.ndarray:
    """`x` where a bit of `h` is 1, `-x` elsewhere."""
    flip = (~h << np.uint64(63 - bit)) & np.uint64(1 << 63)
    return (x.view(np.uint64) ^ flip).view(np.float64)


def _ridges(p: np.ndarray, salt: int) -> np.ndarray:
    """(V,) 0–1: rounded ridges between broad hollows, along the lines where noise crosses zero."""
    n = gradient_noise(p, salt)
    return np.exp(-((n / 0.17) ** 2))


class _Cloth:
    """Coordinates of a fitted garment that families are written in."""

    def __init__(self, x: np.ndarray, arm: np.ndarray, fig: Figure, folding: Folding) -> None:
        self.x, self.arm, self.fig, self.folding = x, arm, fig, folding
        self.count, self.k = len(x), fig.scale
        self.out: list[Relief] = []

    def rings(self, at: np.ndarray, axis: Axis, reach: float, short: float, salt: int, slant: float = 0.0) -> np.ndarray:
        """Ridges around a limb, `short` metres apart and about `reach` metres long, at points `at` (V, 3)."""
        t, angle, radius = axis.split(at)
        t = t + slant * radius * np.sin(angle + salt)
        warp = 0.35 * gradient_noise(at / (2.2 * short), salt + 7)
        return _ridges(
            np.stack([0.5 * t / short + warp, radius * np.cos(angle) / reach, radius * np.sin(angle) / reach], 1), salt
        )

    def pipes(self, at: np.ndarray, axis: Axis, short: float, reach: float, salt: int, lean: float = 0.0) -> np.ndarray:
        """Ridges along a limb or down a trunk, `short` metres apart."""
        t, angle, radius = axis.split(at)
        a = angle + lean * t
        r = np.full(len(at), float(np.median(radius)) if len(at) else 0.1)
        return _ridges(np.stack([t / reach, 0.5 * r * np.cos(a) / short, 0.5 * r * np.sin(a) / short], 1), salt)

    def star(self, at: np.ndarray, centre: np.ndarray, normal: np.ndarray, rays: float, near: float, far: float, salt: int) -> np.ndarray:
        """Ridges that radiate from a point where cloth is pulled; they rise at `near` and are gone at `far` metres."""
        n = normal / np.linalg.norm(normal)
        u = np.cross(n, [0.0, 0.0, 1.0] if abs(n[2]) < 0.9 else [1.0, 0.0, 0.0])
        u /= np.linalg.norm(u)
        v = np.cross(n, u)
        d = at - centre
        r = np.linalg.norm(d, axis=1)
        angle = np.arctan2(d @ v, d @ u)
        ring = rays / (2 * np.pi) * 0.5
        ridge = _ridges(np.stack([ring * np.cos(angle), ring * np.sin(angle), r / 0.16], 1), salt)
        return ridge * smoothstep(r, 0.3 * near, near) * smoothstep(r, far, 0.45 * far)

    def add(
        self, weight: np.ndarray, make: Callable[[np.ndarray], np.ndarray], depth: float, driver: str = "", least: float = 1.0,
        gain: float = 0.0,
    ) -> None:  # fmt: skip
        """Record a family where `weight` (V,) is not 0; `make` maps points to ridges 0–1, `depth` is in metres."""
        on = weight > 0.02
        if not on.any():
            return
        height = np.zeros(self.count)
        # A third below the cloth, two thirds above: hollows meet the body first.
        height[on] = (make(self.x[on]) - 0.33) * weight[on] * depth * self.k * self.folding.amount
        self.out.append(Relief(height, driver, least, gain))


def folds_of(x: np.ndarray, arm: np.ndarray, drop: np.ndarray, fig: Figure, folding: Folding, legs: bool, skirt: bool) -> list[Relief]:
    """The reliefs of one fitted garment.

    Args:
        x: (V, 3) the garment in the A-pose.
        arm: (V, 2) skinning weight of the arms.
        drop: (V,) metres that a vertex hangs below the body shell it was cut from.
        fig: The person.
        folding: How it folds.
        legs: It has trouser legs.
        skirt: It hangs round both legs.
    """
    c = _Cloth(x, arm, fig, folding)
    if legs:
        for s in SIDES:
            _leg(c, s)
        _crotch(c)
    else:
        _trunk(c, skirt)
        for s in SIDES:
            if arm[:, s].max(initial=0.0) > 0.8:
                _sleeve(c, s)
    if folding.flutes > 0:
        _flutes(c, drop)
    return c.out


def _sleeve(c: _Cloth, s: int) -> None:
    fig, k, gap = c.fig, c.k, c.folding.length
    axis = fig.arms[s]
    t, angle, _ = axis.split(c.x)
    elbow = axis.split(fig.joints[ELBOW[s]][None])[0][0]
    own = smoothstep(c.arm[:, s], 0.5, 0.9)
    end = float(t[c.arm[:, s] > 0.8].max(initial=0.1))
    front = 0.5 + 0.5 * np.cos(angle + np.pi / 2)
    name = f"elbow{s}"
    if end > elbow + 0.02 * k:
        w = own * np.exp(-(((t - elbow) / (0.055 * k)) ** 2)) * (0.25 + 0.75 * front)
        c.add(w, lambda p: c.rings(p, axis, 0.10, 0.75 * gap, 11 + s, 0.35), 0.011, name, 0.25, 1.0)
        w = own * np.exp(-(((t - elbow) / (0.09 * k)) ** 2))
        c.add(w, lambda p: c.rings(p, axis, 0.13, gap, 13 + s, 0.9), 0.007, name, 0.5, 0.7)
    if end > elbow + 0.12 * k:
        # A sleeve is longer than its arm: it stacks on the wrist.
        w = own * smoothstep(t, elbow + 0.02 * k, end - 0.05 * k) * smoothstep(t, end - 0.015 * k, end - 0.05 * k)
        c.add(w, lambda p: c.rings(p, axis, 0.09, 0.85 * gap, 17 + s, 0.4), 0.008 * c.folding.stack)
    # Long oblique folds of an arm that hangs; with the arm raised they run from the armpit.
    w = own * smoothstep(t, 0.05 * k, 0.12 * k) * smoothstep(t, end - 0.01 * k, end - 0.05 * k)
    c.add(w, lambda p: c.rings(p, axis, 0.16, 1.25 * gap, 19 + s, 1.6), 0.0065)
    pit = fig.joints[SHOULDER[s]] + axis.down * 0.045 * k + np.array([0.0, 0.0, -0.05 * k])
    toward = np.array([1.0 if s == 0 else -1.0, 0.0, 0.0])
    for y in (-0.045, 0.05):
        at = pit + np.array([0.0, y * k, 0.0])
        ahead = np.array([0.0, np.sign(y), 0.0]) + 0.4 * toward
        near = np.linalg.norm(c.x - at, axis=1)
        w = smoothstep(near, 0.19 * k, 0.12 * k) * smoothstep(np.sign(y) * (c.x[:, 1] - fig.trunk.origin[1]), -0.03 * k, 0.02 * k)
        c.add(w, lambda p, at=at, ahead=ahead: c.star(p, at, ahead, 15, 0.05 * k, 0.19 * k, 23 + s), 0.008, f"raise{s}", 0.55, 0.7)


def _trunk(c: _Cloth, skirt: bool) -> None:
    fig, k, gap = c.fig, c.k, c.folding.length
    axis = fig.trunk
    s, _, _ = axis.split(c.x)
    body = smoothstep(c.arm.max(1), 0.5, 0.15)
    waist = axis.split(fig.joints[SPINE1][None])[0][0]
    chest = axis.split(fig.joints[9][None])[0][0]
    low = float(s[body > 0.5].max(initial=waist))
    hem = smoothstep(s, low - 0.0 * k, low - 0.03 * k)
    w = body * np.exp(-(((s - waist) / (0.085 * k)) ** 2)) * hem
    c.add(w, lambda p: c.rings(p, axis, 0.11, 1.05 * gap, 31, 0.5), 0.008, "spine", 0.5, 1.0)
    w = body * np.exp(-(((s - waist - 0.02 * k) / (0.14 * k)) ** 2)) * hem
    c.add(w, lambda p: c.rings(p, axis, 0.16, 1.5 * gap, 33, 1.0), 0.007, "spine", 0.7, 0.6)
    if not skirt:
        # Loose cloth hangs in pipes from chest and shoulder blades.
        w = body * smoothstep(s, chest - 0.02 * k, min(low, waist + 0.12 * k))
        c.add(w, lambda p: c.pipes(p, axis, 1.7 * gap, 0.45, 37, 0.35), 0.011 * c.folding.loose)
    # From the shoulder points across the chest.
    top = body * smoothstep(s, waist, chest) * smoothstep(s, 0.07 * k, 0.13 * k)
    c.add(top, lambda p: c.rings(p, axis, 0.13, 1.4 * gap, 41, 1.5), 0.0035)


def _leg(c: _Cloth, s: int) -> None:
    fig, gap = c.fig, c.folding.length
    k = fig.leg_scale
    axis = fig.legs[s]
    t, angle, _ = axis.split(c.x)
    knee = axis.split(fig.joints[KNEE[s]][None])[0][0]
    own = ((c.x[:, 0] > 0) == (s == 0)).astype(float)
    end = float(t[own > 0].max(initial=knee))
    back = 0.5 - 0.5 * np.cos(angle + np.pi / 2)
    name = f"knee{s}"
    if end > knee + 0.03 * k:
        w = own * np.exp(-(((t - knee) / (0.065 * k)) ** 2)) * (0.15 + 0.85 * back)
        c.add(w, lambda p: c.rings(p, axis, 0.11, 0.8 * gap, 51 + s, 0.3), 0.012, name, 0.25, 1.0)
        w = own * np.exp(-(((t - knee) / (0.10 * k)) ** 2))
        c.add(w, lambda p: c.rings(p, axis, 0.14, 1.1 * gap, 53 + s, 0.9), 0.007, name, 0.6, 0.6)
    if end > 0.93 * axis.length:
        # The break: cloth that is too long for the leg stacks on the shoe.
        w = own * smoothstep(t, end - 0.26 * k, end - 0.08 * k) * smoothstep(t, end - 0.012 * k, end - 0.05 * k)
        c.add(w, lambda p: c.rings(p, axis, 0.09, 0.95 * gap, 57 + s, 0.45), 0.012 * c.folding.stack)
    # Under the seat, and long soft folds down thigh and shin.
    w = own * back * np.exp(-(((t - 0.16 * k) / (0.075 * k)) ** 2))
    c.add(w, lambda p: c.rings(p, axis, 0.12, 1.1 * gap, 61 + s, -0.5), 0.008, f"hip{s}", 0.8, -0.5)
    w = own * smoothstep(t, 0.06 * k, 0.2 * k) * smoothstep(t, end - 0.01 * k, end - 0.07 * k)
    c.add(w, lambda p: c.pipes(p, axis, 1.6 * gap, 0.3, 63 + s, 1.6), 0.008 * (0.3 + c.folding.loose))
    # A bent hip creases across the top of the thigh.
    front = 1 - back
    w = own * front * np.exp(-(((t - 0.05 * k) / (0.05 * k)) ** 2))
    c.add(w, lambda p: c.rings(p, axis, 0.13, 0.9 * gap, 67 + s, -0.6), 0.011, f"hip{s}", 0.1, 1.0)


def _crotch(c: _Cloth) -> None:
    fig = c.fig
    k = fig.leg_scale
    hips = fig.joints[list(HIP)].mean(0)
    for y, salt in ((-0.07, 71), (0.06, 73)):
        at = hips + np.array([0.0, y * k, -0.075 * k])
        ahead = np.array([0.0, np.sign(y), 0.0])
        w = smoothstep(np.sign(y) * (c.x[:, 1] - hips[1]), -0.02 * k, 0.04 * k)
        w = w * smoothstep(np.linalg.norm(c.x - at, axis=1), 0.2 * k, 0.14 * k)
        c.add(w, lambda p, at=at, ahead=ahead, salt=salt: c.star(p, at, ahead, 14, 0.05 * k, 0.2 * k, salt), 0.008, "hips", 0.55, 0.8)


def _flutes(c: _Cloth, drop: np.ndarray) -> None:
    """Waves of a hem that is wider than what it hangs from: few, deep, each with its own depth."""
    fig, k = c.fig, c.k
    axis = fig.trunk
    s, angle, radius = axis.split(c.x)
    hip = axis.split(fig.joints[list(HIP)])[0].mean()
    on = (drop > 0) | (s > hip - 0.03 * k)
    if not on.any():
        return
    low = float(s.max())
    fall = np.clip((s - hip) / max(low - hip, 0.05), 0, 1) ** 1.2 * on
    around = 2 * np.pi * float(np.median(radius[s > low - 0.05 * k]))
    count = max(7, round(around / (0.115 * k)))
    # Angles drift and bend, so that no two flutes are alike.
    drift = 0.9 * gradient_noise(np.stack([np.cos(angle) * 1.6, np.sin(angle) * 1.6, s / 0.7], 1), 83)
    deep = 0.6 + 0.8 * gradient_noise(np.stack([np.cos(angle) * 1.3, np.sin(angle) * 1.3, np.full(len(s), 2.5)], 1), 89)
    wave = np.cos(count * angle + 2.6 * drift)
    c.out.append(Relief((wave + 0.25) * deep * fall * c.folding.flutes * k, "", 1.0, 0.0))


# Angles, radians, at which a driver is fully on.
_FULL = {"elbow": 1.5, "knee": 1.5, "hip": 1.3, "raise": 1.4, "spine": 0.9}


def drivers(body: BodyState) -> dict[str, float]:
    """How much each driver is on in a pose, 0–1."""
    J = np.asarray(body.joints, float)
    pose = np.asarray(body.pose, float).reshape(-1, 3)
    out: dict[str, float] = {}
    up = J[NECK] - J[PELVIS]
    up /= np.linalg.norm(up)
    for s in SIDES:
        out[f"elbow{s}"] = _bend(J[SHOULDER[s]], J[ELBOW[s]], J[WRIST[s]]) / _FULL["elbow"]
        out[f"knee{s}"] = _bend(J[HIP[s]], J[KNEE[s]], J[ANKLE[s]]) / _FULL["knee"]
        thigh, arm = J[KNEE[s]] - J[HIP[s]], J[ELBOW[s]] - J[SHOULDER[s]]
        out[f"hip{s}"] = float(np.arccos(np.clip(-(thigh @ up) / np.linalg.norm(thigh), -1, 1))) / _FULL["hip"]
        out[f"raise{s}"] = float(np.arccos(np.clip(-(arm @ up) / np.linalg.norm(arm), -1, 1))) / _FULL["raise"]
    out["hips"] = max(out["hip0"], out["hip1"])
    out["spine"] = float(np.linalg.norm(pose[[SPINE1, SPINE2, 9]], axis=1).sum()) / _FULL["spine"]
    return {name: min(1.0, value) for name, value in out.items()}


def _bend(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> float:
    u, v = b - a, c - b
    return float(np.arccos(np.clip(u @ v / (np.linalg.norm(u) * np.linalg.norm(v)), -1, 1)))


def height_in(reliefs: list[Relief], body: BodyState | None, count: int) -> np.ndarray:
    """(V,) metres along the normals; without a body, as the garment hangs in the A-pose."""
    on = {} if body is None else drivers(body)
    out = np.zeros(count)
    for r in reliefs:
        out += r.height * max(0.0, r.least + r.gain * on.get(r.driver, 0.0))
    return out

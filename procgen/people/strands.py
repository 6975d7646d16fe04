"""Growing hair: guide strands marched through a flow field, filled in by interpolation, then clumped, curled and frayed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..vectors import some
from .hair_collider import Collider
from .head import Head, Roots
from .nearest import NearestPoints

Flow = Callable[[np.ndarray, float], np.ndarray]
Slide = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
_EPS = 1e-9
# Strands start this far inside the skin, metres.
ROOT_DEPTH = 0.0006


def unit(v: np.ndarray) -> np.ndarray:
    """(…, 3) at length one."""
    return v / (np.linalg.norm(v, axis=-1, keepdims=True) + _EPS)


def tangent(v: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Part of (N, 3) vectors along the surface with unit normals n."""
    return v - n * np.einsum("ij,ij->i", v, n)[:, None]


@dataclass(frozen=True)
class March:
    """How guide strands leave the scalp and fall.

    Attributes:
        steps: Points of a strand.
        lift: 0–1, how much the first step follows the normal instead of the flow.
        stiffness: 0–1, how much a step keeps the direction of the one before.
        gravity: Pull at the tip, relative to the flow's unit vector.
        hug: 0–1, how much strands lie down on what is below them.
        wobble: Random turn of every step.
        ease: Above 1, points crowd towards the root, where strands must bend with the scalp or dive below it.
        hug_above: Skull height below which strands hang free (they do not cling to the neck).
        slide: (skull coordinates, direction, surface normal, height) -> direction: how strands leave what they lie on.
    """

    steps: int = 12
    lift: float = 0.4
    stiffness: float = 0.6
    gravity: float = 0.2
    hug: float = 0.6
    wobble: float = 0.02
    ease: float = 1.3
    hug_above: float = -0.045
    slide: Slide | None = None


def off_the_shoulder(ahead: np.ndarray) -> Slide:
    """What lies on a shoulder does not run out along its slope: it slips over the front (-1) or the back (+1) of it.

    Args:
        ahead: (N,) which way, where the shoulder itself does not decide.
    """

    def slide(p: np.ndarray, v: np.ndarray, normal: np.ndarray, h: np.ndarray) -> np.ndarray:
        on = np.clip(1.0 - h / 0.02, 0.0, 1.0) * np.clip(-(p[:, 2] + 0.10) / 0.03, 0.0, 1.0)
        x = v[:, 0] * (1.0 - on) - 0.22 * on * np.sign(p[:, 0]) * np.clip((np.abs(p[:, 0]) - 0.05) / 0.03, 0.0, 1.0)
        flat = on * np.clip((normal[:, 2] - 0.35) / 0.4, 0.0, 1.0)
        over = np.where(np.abs(normal[:, 1]) > 0.30, np.sign(normal[:, 1]), ahead)
        return np.stack([x, v[:, 1] + 0.9 * flat * over, v[:, 2]], 1)

    return slide


def march(
    head: Head,
    collider: Collider,
    roots: Roots,
    length: np.ndarray,
    clearance: np.ndarray | float,
    flow: Flow,
    how: March,
    rng: np.random.Generator,
) -> np.ndarray:
    """Guide strands.

    Args:
        roots: (N) roots on the scalp.
        length: (N,) metres.
        clearance: (N,) metres kept between strand and skin once it has left the root.
        flow: (N, 3) skull coordinates (local / scale), share of the length -> (N, 3) direction, head axes.
    Returns:
        (N, K, 3) local coordinates; the first point lies `ROOT_DEPTH` inside the skin.
    """
    n = len(roots.position)
    clearance = np.broadcast_to(np.asarray(clearance, float), (n,))
    reach = np.linspace(0.0, 1.0, how.steps) ** how.ease
    p = roots.position.copy()
    points = [p - roots.normal * ROOT_DEPTH]
    d = unit(how.lift * roots.normal + (1 - how.lift) * unit(tangent(flow(p / head.scale, 0.0), roots.normal)))
    guess = None
    h, normal = np.zeros(n), roots.normal
    for k in range(1, how.steps):
        t = reach[k]
        step = (length * (reach[k] - reach[k - 1]))[:, None]
        v = how.stiffness * d + (1 - how.stiffness) * flow(p / head.scale, t) + how.gravity * t * head.down
        if how.wobble:
            v = v + rng.normal(0.0, how.wobble, (n, 3))
        if how.hug and k > 1:
            outward = np.maximum(np.einsum("ij,ij->i", v, normal), 0.0)
            high = np.clip(h / (clearance + 0.002), 0.0, 1.0)
            over = np.clip((h - clearance - 0.002) / 0.02, 0.0, 1.0) * (h < 0.05)
            over = over * np.clip((p[:, 2] / head.scale - how.hug_above) / 0.03, 0.0, 1.0)
            v = v - normal * (how.hug * (outward * high + 0.6 * over))[:, None]
        if how.slide is not None and k > 1:
            v = how.slide(p / head.scale, unit(v), normal, h)
        q = p + unit(v) * step
        q, h, normal, guess = collider.push(q, clearance * min(1.0, (k + 0.5) / 3.0), guess)
        d = unit(q - p)
        p = p + d * step
        points.append(p)
    return np.stack(points, 1)


def resample(points: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Cut strands (N, K, 3) to a share (N,) of their parameter, keeping K points."""
    n, k, _ = points.shape
    t = np.linspace(0.0, 1.0, k)[None] * (np.clip(share, 0.02, 1.0) * (k - 1))[:, None]
    i = np.minimum(t.astype(int), k - 2)
    u = (t - i)[..., None]
    rows = np.arange(n)[:, None]
    return points[rows, i] * (1 - u) + points[rows, i + 1] * u


def cut_at(points: np.ndarray, height: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Cut strands where `height` (N, K) first falls below `level` (N,)."""
    below = height < level[:, None]
    k = points.shape[1]
    first = np.where(below.any(1), below.argmax(1), k - 1)
    i = np.clip(first, 1, k - 1)
    rows = np.arange(len(points))
    a, b = height[rows, i - 1], height[rows, i]
    part = np.clip((a - level) / (a - b + _EPS), 0.0, 1.0)
    return resample(points, np.where(below.any(1), (i - 1 + part) / (k - 1), 1.0))


def apart(roots: Roots, side: Callable[[np.ndarray], np.ndarray] | None) -> np.ndarray:
    """(N, 3) skull coordinates in which roots with different labels are far from each other."""
    if side is None:
        return roots.skull
    return np.concatenate([roots.skull[:, :2], roots.skull[:, 2:] + 10.0 * side(roots.skull)[:, None]], 1)


def fill(
    guides: np.ndarray,
    guide_roots: Roots,
    roots: Roots,
    *,
    side: Callable[[np.ndarray], np.ndarray] | None = None,
    spread: np.ndarray | float = 1.0,
    neighbours: int = 3,
) -> tuple[np.ndarray, np.ndarray]:
    """Strands between guides.

    Args:
        guides: (G, K, 3); guide_roots: their roots.
        roots: Roots to fill in.
        side: (N, 3) skull coordinates -> (N,) label; strands only follow guides with their own label (partings).
        spread: (K,) how much of the distance between root and guide remains along the strand.
    Returns:
        strands (N, K, 3) and the index of each one's nearest guide (N,).
    """

    k = min(neighbours, len(guides))
    distance, index = NearestPoints(apart(guide_roots, side)).query(apart(roots, side), k)
    distance, index = distance.reshape(len(roots.position), k), index.reshape(len(roots.position), k)
    w = 1.0 / (distance + 0.0015) ** 2
    w /= w.sum(1, keepdims=True)
    start = guides[:, :1]
    shape = np.einsum("nk,nkpc->npc", w, (guides - start)[index])
    base = np.einsum("nk,nkc->nc", w, start[index][:, :, 0])
    own = roots.position - roots.normal * ROOT_DEPTH
    spread = np.broadcast_to(np.asarray(spread, float), (guides.shape[1],))
    offset = (own - base)[:, None] * spread[None, :, None]
    return base[:, None] + shape + offset, index[:, 0]


def clump(
    points: np.ndarray, centres: np.ndarray, member: np.ndarray, amount: np.ndarray, start: float = 0.15
) -> np.ndarray:
    """Pull strands (N, K, 3) towards centre strands (C, K, 3).

    Args:
        member: (N,) index of each strand's centre.
        amount: (N,) 0–1 at the tip.
        start: Share of the length that stays free.
    """
    k = points.shape[1]
    w = np.clip((np.linspace(0, 1, k) - start) / (1 - start), 0, 1) ** 1.15
    return points + (centres[member] - points) * (w[None] * amount[:, None])[..., None]


def frames(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two unit vectors across every strand point, (N, K, 3) each, carried along the strand without turning about it.

    Source: parallel transport (Bishop 1975) by projection; a fixed reference direction would flip where strands run along it.
    """
    t = unit(np.gradient(points, axis=1))
    first = t[:, 0]
    u = np.empty_like(t)
    u[:, 0] = unit(np.cross(first, np.eye(3)[np.abs(first).argmin(1)]))
    for k in range(1, points.shape[1]):
        u[:, k] = unit(tangent(u[:, k - 1], t[:, k]))
    return u, np.cross(t, u)


def curl(
    points: np.ndarray,
    radius: np.ndarray,
    turns: np.ndarray,
    phase: np.ndarray,
    hand: np.ndarray,
    start: float = 0.1,
    ease: float = 1.0,
) -> np.ndarray:
    """Wind strands (N, K, 3) into helices; radius (N,) metres, turns (N,), phase (N,), hand (N,) ±1.

    Args:
        ease: As in `March`, so that the windings are even along the strand.
    """
    u, v = frames(points)
    s = np.linspace(0, 1, points.shape[1]) ** ease
    a = phase[:, None] + (hand * turns)[:, None] * (2 * np.pi * s)[None]
    w = (np.clip((s - 0.02) / (start + 0.05), 0, 1)[None] * radius[:, None])[..., None]
    return points + (u * np.cos(a)[..., None] + v * np.sin(a)[..., None]) * w


def wander(points: np.ndarray, amount: np.ndarray | float, waves: float, rng: np.random.Generator) -> np.ndarray:
    """Bend each strand by a smooth random curve that grows to `amount` metres (N,) at the tip."""
    n, k, _ = points.shape
    s = np.linspace(0, 1, k)
    f = waves * (0.6 + 0.8 * rng.random((n, 2)))
    ph = rng.uniform(0, 2 * np.pi, (n, 2))
    ab = np.sin(2 * np.pi * f[:, :, None] * s + ph[:, :, None]) - np.sin(ph)[:, :, None]
    ab = ab * (np.broadcast_to(np.asarray(amount, float), (n,))[:, None, None] * s)
    u, v = frames(points)
    return points + u * ab[:, 0, :, None] + v * ab[:, 1, :, None]


def settle(points: np.ndarray, collider: Collider, clearance: np.ndarray | float, first: int = 1) -> np.ndarray:
    """Push all points from `first` on out of head and garments."""
    n, k, _ = points.shape
    flat = points[:, first:].reshape(-1, 3)
    rise = np.minimum(np.arange(first, k) / 3.0, 1.0)
    c = (np.broadcast_to(np.asarray(clearance, float), (n,))[:, None] * rise[None]).ravel()
    out, _, _, _ = collider.push(flat, c, reach=0.05)
    # Out of one surface may be into another (neck and shoulder, collar and jaw): what moved is looked at again.
    for _ in range(2):
        moved = np.flatnonzero(some(out != flat))
        if len(moved) == 0:
            break
        flat = out.copy()
        out[moved], _, _, _ = collider.push(out[moved], c[moved], reach=0.05)
    points = points.copy()
    points[:, first:] = out.reshape(n, k - first, 3)
    return points


def over_face(points: np.ndarray, head: Head, widen: float = 1.0) -> np.ndarray:
    """(N,) True for strands that hang in front of the face (eyes, nose, mouth, cheeks' middle)."""
    p = points / head.scale
    x, y, z = p[..., 0], p[..., 1], p[..., 2]
    eye = np.abs(head.eyes[:, 0]).mean() / head.scale
    # Eyes' width in the middle, narrowing to the chin and to the brows.
    inside = (x / ((eye + 0.016) * widen)) ** 2 + ((z + 0.030) / 0.062) ** 4 < 1.0
    return (inside & (y < -0.045)).any(1)


def taper(n: int, k: int, radius: float, share: np.ndarray | float = 1.0, tip: float = 0.3) -> np.ndarray:
    """(N, K) float32 radii that thin out over the last third; share (N,) scales each strand."""
    t = np.linspace(0, 1, k)
    r = np.where(t < 0.6, 1.0, 1 - (1 - tip) * (t - 0.6) / 0.4)
    return (radius * np.broadcast_to(np.asarray(share, float), (n,))[:, None] * r[None]).astype(np.float32)

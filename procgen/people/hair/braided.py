"""Hair that is twisted together: plaits and locs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ... import registry
from ...codec import param
from ...geometry import Mesh, Strands
from ..groom import Groom, baby_hairs, finish, prepare
from ..look_spec import HairSpec
from ..nearest import NearestPoints
from ..strands import ROOT_DEPTH, March, fill, frames, march, off_the_shoulder, resample, unit, wander
from .tied import HEAD_STEPS, draw_back, tie_behind

if TYPE_CHECKING:
    from ..body_state import BodyState

# Points for each crossing of a plait: fewer cut its corners.
_PER_TURN = 5


@dataclass(frozen=True)
class BraidsHair(HairSpec):
    """One plait at the back or two at the sides."""

    kind: ClassVar[str | None] = "braids"
    worn_by: ClassVar[dict[str, float]] = {"woman": 0.7, "girl": 1.8}
    hair_types: ClassVar[tuple[float, float, float]] = (1.2, 0.8, 0.8)
    plaits: int = param(2, low=1, high=2, doc="How many plaits.")
    length: float = param(0.22, low=0.10, high=0.40, unit="m", doc="Length of a plait.")
    thickness: float = param(0.011, low=0.006, high=0.020, unit="m", doc="Half the width of a plait.")
    slack: float = param(0.2, low=0.0, high=1.0, doc="0 drawn tight … 1 loose.")


@dataclass(frozen=True)
class LocsHair(HairSpec):
    """Locs: ropes of felted hair that hang from the scalp."""

    kind: ClassVar[str | None] = "locs"
    worn_by: ClassVar[dict[str, float]] = {"man": 1.2, "woman": 1.2, "boy": 0.4, "girl": 0.5}
    hair_types: ClassVar[tuple[float, float, float]] = (1.2, 0.0, 0.02)
    length: float = param(0.20, low=0.06, high=0.45, unit="m", doc="Length of the locs.")
    radius: float = param(0.0035, low=0.002, high=0.007, unit="m", doc="Radius of a loc.")
    volume: float = param(0.5, low=0.0, high=1.0, doc="Fullness.")


def _falling(
    g: Groom, start: np.ndarray, first: np.ndarray, length: float, steps: int, clear: float, ahead: float
) -> np.ndarray:
    """(M, steps, 3) centre lines that hang from M ties."""
    p, d = start.copy(), unit(first)
    out, guess = [p.copy()], None
    slide = off_the_shoulder(np.full(len(p), ahead))
    step = length / (steps - 1)
    for _ in range(steps - 1):
        d = unit(0.72 * d + 0.34 * g.head.down)
        h, normal, guess = g.collider.height(p, guess)
        d = unit(slide(p / g.head.scale, d, normal, h - clear))
        q, _, _, guess = g.collider.push(p + d * step, clear, guess)
        d = unit(q - p)
        p = p + d * step
        out.append(p.copy())
    return np.stack(out, 1)


def build_braids(spec: BraidsHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Hair drawn back to one or two ties, and plaits of three tresses that hang from them."""

    def halves(skull: np.ndarray) -> np.ndarray:
        return np.where(skull[:, 0] > 0.0012 * np.sin(skull[:, 1] * 240.0), 1.0, -1.0)

    def part(skull: np.ndarray) -> np.ndarray:
        return np.abs(skull[:, 0]) if spec.plaits == 2 else np.ones(len(skull))

    g = prepare(spec, body, density, colliders, 5500, guides=400, part=part)
    scale = g.head.scale
    middle = tie_behind(-0.050, g)
    if spec.plaits == 2:
        ties = np.stack([middle + [s * 0.058 * scale, -0.030 * scale, 0.004] for s in (1.0, -1.0)])
        ties, _, _, _ = g.collider.push(ties, 0.6 * spec.thickness)
        away = np.array([[0.35, -0.25, -1.0], [-0.35, -0.25, -1.0]])
        which = (halves(g.guide_roots.skull) < 0).astype(int)
    else:
        ties, away, which = middle[None], np.array([[0.0, 0.8, -1.0]]), np.zeros(len(g.guide_roots.position), int)
    head_part = draw_back(g, ties[which], spec.slack)
    crossing = 2.6 * spec.thickness
    steps = int(np.clip(spec.length / crossing * _PER_TURN, 14, 40))
    lines = _falling(g, ties, away, spec.length, steps, spec.thickness * 1.1, -1.0 if spec.plaits == 2 else 1.0)
    guides = np.concatenate([head_part, lines[which][:, 1:]], 1)
    side = halves if spec.plaits == 2 else None
    spread = np.where(np.arange(guides.shape[1]) < HEAD_STEPS, 1.0 - (np.arange(guides.shape[1]) / (HEAD_STEPS - 1.0)) ** 2, 0.0)
    points, _ = fill(guides, g.guide_roots, g.roots, side=side, spread=spread, neighbours=2)
    points = points + _plaited(spec, g, points, steps)
    rng = g.rng(8)
    n = len(points)
    points = resample(points, 1.0 - 0.06 * rng.random(n) - 0.5 * (rng.random(n) < 0.06) * rng.random(n))
    loner = rng.random(n) < 0.03
    points = wander(points, np.where(loner, 0.014, 0.0012 + 0.002 * spec.slack), 2.0, rng)
    points, soft = baby_hairs(g, points, 0.3)
    share = (0.5 + 0.5 * g.edge(g.roots)) * np.where(loner, 0.75, 1.0) * np.where(soft, 0.6, 1.0)
    return finish(g, points, 0.00015, share=share, clear=0.001, roughness=0.28)


def _plaited(spec: BraidsHair, g: Groom, points: np.ndarray, steps: int) -> np.ndarray:
    """(N, K, 3) offsets from the plait's middle line: three tresses that cross over one another."""
    n, k, _ = points.shape
    rng = g.rng(6)
    tress = rng.integers(0, 3, n)
    s = np.clip(np.arange(k) - (HEAD_STEPS - 1), 0, None) / (steps - 1)
    grow = np.clip(s / 0.05, 0.0, 1.0)
    taper = 1.0 - 0.45 * s
    angle = 2 * np.pi * (s[None] * (steps - 1) / _PER_TURN / 2.0 + tress[:, None] / 3.0)
    a = spec.thickness
    wide, deep = 0.58 * a * np.sin(angle), 0.34 * a * np.sin(2 * angle)
    # Within its tress each hair keeps its place on a disc; below the last tie they fan out.
    r, turn = np.sqrt(rng.random(n)) * 0.46 * a, rng.uniform(0, 2 * np.pi, n)
    last = np.clip((s - 0.90) / 0.02, 0.0, 1.0)
    wide, deep = wide * (1 - last), deep * (1 - last)
    disc = (1 - 0.55 * np.exp(-(((s - 0.90) / 0.025) ** 2)))[None]
    wide = (wide + r[:, None] * np.cos(turn)[:, None] * disc) * taper * grow
    deep = (deep + r[:, None] * np.sin(turn)[:, None] * disc) * taper * grow
    along = unit(np.gradient(points, axis=1))
    out = points * [1.0, 1.0, 0.0]
    across = unit(np.cross(along, out))
    return across * wide[..., None] + np.cross(across, along) * deep[..., None]


def build_locs(spec: LocsHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Ropes a few millimetres thick, each of strands that wind round its own middle line."""
    count = int(np.clip(0.30 / spec.radius, 50, 130))
    g = prepare(spec, body, density, colliders, 8500, guides=count)
    rng, r = g.rng(4), g.guide_roots
    n = len(r.position)
    side = np.clip(r.skull[:, 0] / 0.025, -1, 1) + rng.normal(0, 0.25, n)
    drift = rng.normal(0, 0.2, n)

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        up = np.clip(p[:, 2] / 0.10, 0.0, 1.0)
        face = np.clip(-(p[:, 1] + 0.02) / 0.04, 0, 1) * np.clip((0.074 - np.abs(p[:, 0])) / 0.02, 0, 1)
        x = side * (0.75 * up * (1.0 - 0.8 * np.clip((p[:, 1] - 0.03) / 0.05, 0, 1)) + 0.05) + 1.3 * np.sign(p[:, 0]) * face
        return unit(np.stack([x, 0.30 * up + drift * up + 0.5 * face, -(1 - up) * 1.1 - 0.1], 1))

    length = spec.length * rng.uniform(0.75, 1.08, n)
    clear = spec.radius + 0.002 + 0.022 * spec.volume * rng.random(n)
    how = March(steps=16, lift=0.6, stiffness=0.62, gravity=0.7, hug=0.3, wobble=0.05, ease=1.15, hug_above=0.03,
                slide=off_the_shoulder(np.where(r.skull[:, 1] < -0.01, -1.0, 1.0)))  # fmt: skip
    lines = march(g.head, g.collider, r, length, clear, flow, how, g.rng(2))
    _, member = NearestPoints(r.skull).query(g.roots.skull)
    own = g.rng(5)
    m = len(member)
    points = lines[member].copy()
    u, v = frames(lines)
    s = np.linspace(0.0, 1.0, points.shape[1])
    lumps = 1.0 + 0.16 * np.sin(2 * np.pi * (s * rng.uniform(3, 7, n)[:, None] + rng.random((n, 1))))
    turn = own.uniform(0, 2 * np.pi, m)[:, None] + 2 * np.pi * s * own.uniform(0.8, 2.6, m)[:, None]
    rope = spec.radius * np.sqrt(own.uniform(0.25, 1.0, m))[:, None] * lumps[member] * (1.0 - 0.35 * s**3)
    loose = np.clip(s / 0.10, 0.0, 1.0)
    points += (u[member] * np.cos(turn)[..., None] + v[member] * np.sin(turn)[..., None]) * (rope * loose)[..., None]
    # At the scalp each hair still starts from its own root.
    start = g.roots.position - g.roots.normal * ROOT_DEPTH
    points += (start - points[:, 0])[:, None] * np.clip(1.0 - s / 0.12, 0.0, 1.0)[None, :, None] ** 1.3
    points = wander(points, np.where(own.random(m) < 0.06, 0.006, 0.0012), 4.0, own)
    share = 0.6 + 0.4 * g.edge(g.roots)
    return finish(g, points, 0.00016, share=share, clear=0.001, roughness=0.5)


def sample_braids(rng: np.random.Generator, base: dict[str, Any]) -> BraidsHair:
    """Draw plaits."""
    return BraidsHair(
        **base,
        plaits=1 if rng.random() < 0.45 else 2,
        length=float(rng.uniform(0.14, 0.32)),
        thickness=float(rng.uniform(0.008, 0.015)),
        slack=float(rng.beta(1.5, 3.5)),
    )


def sample_locs(rng: np.random.Generator, base: dict[str, Any]) -> LocsHair:
    """Draw locs."""
    return LocsHair(
        **base,
        length=float(rng.uniform(0.08, 0.34)),
        radius=float(rng.uniform(0.0025, 0.005)),
        volume=float(rng.beta(2, 2)),
    )


registry.hair.register("braids", spec=BraidsHair, build=build_braids)(sample_braids)
registry.hair.register("locs", spec=LocsHair, build=build_locs)(sample_locs)

"""Curls and coils: loose curls, tight coils close to the head, afro."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ... import registry
from ...codec import param
from ...geometry import Mesh, Strands
from ..groom import baby_hairs, comb_out, finish, prepare
from ..hair_zones import angles
from ..look_spec import HairSpec
from ..strands import March, curl, march, unit

if TYPE_CHECKING:
    from ..body_state import BodyState


@dataclass(frozen=True)
class CurlyHair(HairSpec):
    """Loose curls that fall by their weight."""

    kind: ClassVar[str | None] = "curly"
    worn_by: ClassVar[dict[str, float]] = {"woman": 1.6, "girl": 1.6, "man": 0.6, "boy": 1.0}
    hair_types: ClassVar[tuple[float, float, float]] = (1.6, 0.08, 0.5)
    length: float = param(0.12, low=0.03, high=0.32, unit="m", doc="Length of the strands, uncurled by half.")
    radius: float = param(0.008, low=0.002, high=0.014, unit="m", doc="Radius of a curl.")
    volume: float = param(0.5, low=0.0, high=1.0, doc="Fullness.")


@dataclass(frozen=True)
class CoilyHair(HairSpec):
    """Short tight coils."""

    kind: ClassVar[str | None] = "coily"
    worn_by: ClassVar[dict[str, float]] = {"man": 4.0, "boy": 3.5, "woman": 1.2, "girl": 0.8, "baby": 3.0}
    hair_types: ClassVar[tuple[float, float, float]] = (1.6, 0.0, 0.0)
    length: float = param(0.020, low=0.006, high=0.05, unit="m", doc="Height of the hair.")
    fade: float = param(0.5, low=0.0, high=1.0, doc="How much shorter sides and nape are.")


@dataclass(frozen=True)
class AfroHair(HairSpec):
    """Full round afro."""

    kind: ClassVar[str | None] = "afro"
    worn_by: ClassVar[dict[str, float]] = {"man": 1.0, "boy": 0.8, "woman": 2.2, "girl": 2.0}
    hair_types: ClassVar[tuple[float, float, float]] = (1.4, 0.0, 0.01)
    length: float = param(0.065, low=0.03, high=0.14, unit="m", doc="Height of the hair.")
    frizz: float = param(0.5, low=0.0, high=1.0, doc="Softness of the outline.")


def build_curly(spec: CurlyHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Locks that spring from the crown and fall around the head, each wound into a helix of its own."""
    g = prepare(spec, body, density, colliders, 9500, guides=300)
    rng, r = g.rng(4), g.guide_roots
    n = len(r.position)
    side = np.clip(r.skull[:, 0] / 0.03, -1, 1) + rng.normal(0, 0.35, n)
    drift = rng.normal(0, 0.35, n)

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        up = np.clip(p[:, 2] / 0.10, 0.0, 1.0)
        face = np.clip(-(p[:, 1] + 0.03) / 0.04, 0, 1) * np.clip((0.062 - np.abs(p[:, 0])) / 0.02, 0, 1)
        x = side * (0.65 * up + 0.20) + np.sign(p[:, 0]) * face
        return unit(np.stack([x, 0.28 + drift * up + 0.7 * face, -(1 - up) * 0.85], 1))

    _, elevation = angles(r.skull)
    length = spec.length * rng.uniform(0.7, 1.1, n) * np.interp(elevation, [-35, 0, 40], [0.55, 0.85, 1.0])
    clear = 0.004 + (0.012 + 0.030 * spec.volume) * rng.uniform(0, 1, n)
    how = March(steps=26, lift=0.55, stiffness=0.60, gravity=0.40, hug=0.35, wobble=0.03, ease=1.0)
    guides = march(g.head, g.collider, r, length, clear, flow, how, g.rng(2))
    # Wind the locks, not the hairs: all hairs of a lock share its helix.
    turns = np.minimum(length / (6.5 * spec.radius) * rng.uniform(0.8, 1.2, n), 4.6)
    guides = curl(
        guides,
        spec.radius * rng.uniform(0.6, 1.2, n),
        turns,
        rng.uniform(0, 6.28, n),
        np.sign(rng.normal(size=n)),
        0.15,
    )
    points, _, loner = comb_out(
        g, guides, clumping=0.88, member_noise=0.06, frizz=0.0035, flyaway=0.020, length_noise=0.2, start=0.0, tress=0.3, neighbours=1
    )
    points, soft = baby_hairs(g, points, 0.25)
    share = (0.6 + 0.4 * g.edge(g.roots)) * np.where(loner, 0.8, 1.0) * np.where(soft, 0.6, 1.0)
    return finish(g, points, 0.000105, share=share, clear=0.002, roughness=0.36, keep_first=2)


def build_coily(spec: CoilyHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Coils a few millimetres wide that stand off the scalp."""
    g = prepare(spec, body, density, colliders, 11000, guides=16)
    rng, r = g.rng(4), g.roots
    n = len(r.position)
    _, elevation = angles(r.skull)
    top = np.clip((elevation - 5) / 40.0, 0, 1)
    height = spec.length * (1 - 0.7 * spec.fade * (1 - top)) * rng.uniform(0.7, 1.08, n) * (0.4 + 0.6 * g.edge(r))
    d = unit(r.normal + rng.normal(0, 0.28, (n, 3)))
    t = np.linspace(0, 1, 12)[None, :, None]
    start = r.position - r.normal * 0.001
    points = start[:, None] + d[:, None] * t * height[:, None, None]
    radius = np.minimum(0.0018, 0.25 * height) * rng.uniform(0.6, 1.3, n)
    points = curl(points, radius, 2.2 * rng.uniform(0.7, 1.4, n) * np.clip(height / 0.015, 0.6, 1.6), rng.uniform(0, 6.28, n),
                  np.sign(rng.normal(size=n)), 0.1)  # fmt: skip
    share = (0.6 + 0.4 * g.edge(r)) * rng.uniform(0.85, 1.15, n)
    return finish(g, points, 0.000100, share=share, clear=0.0004, roughness=0.45)


def build_afro(spec: AfroHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Coils that radiate from the head to a round outline."""
    g = prepare(spec, body, density, colliders, 9000, guides=420)
    rng, r = g.rng(4), g.guide_roots
    n = len(r.position)
    centre = np.array([0.0, 0.012, 0.022])
    # The outline is a sphere: sides grow farther than the top, which already lies high.
    away = r.skull - centre
    radial = np.linalg.norm(away, axis=1)
    reach = radial.max() + spec.length
    round_off = spec.length + 0.45 * (reach - radial - spec.length)
    length = np.clip(round_off, 0.35 * spec.length, 1.5 * spec.length) * rng.uniform(0.86, 1.04, n)
    length = length * (0.55 + 0.45 * g.edge(r)) * np.clip(1.0 + r.skull[:, 2] / 0.10, 0.45, 1.0)

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        v = unit(p - centre)
        face = np.clip(-(p[:, 1] + 0.05) / 0.03, 0, 1) * np.clip((0.05 - p[:, 2]) / 0.03, 0, 1)
        face = face * np.clip((0.065 - np.abs(p[:, 0])) / 0.02, 0, 1)
        v = v + np.stack([np.sign(p[:, 0]) * 0.5 * face, 0.3 * face, 0.0 * face], 1)
        return unit(v + rng.normal(0, 0.22, p.shape))

    how = March(steps=20, lift=0.8, stiffness=0.62, gravity=0.02, hug=0.0, wobble=0.05, ease=1.0)
    guides = march(g.head, g.collider, r, length, 0.002, flow, how, g.rng(2))
    points, _, loner = comb_out(
        g, guides, clumping=0.30, frizz=0.004 + 0.005 * spec.frizz, flyaway=0.014, length_noise=0.28, start=0.0, tress=0.0
    )
    m = len(points)
    own = g.rng(5)
    turns = np.minimum(spec.length / 0.011, 5.0) * own.uniform(0.7, 1.3, m)
    points = curl(
        points, 0.0034 * own.uniform(0.5, 1.3, m), turns, own.uniform(0, 6.28, m), np.sign(own.normal(size=m)), 0.05
    )
    share = (0.6 + 0.4 * g.edge(g.roots)) * np.where(loner, 0.8, 1.0)
    return finish(g, points, 0.000125, share=share, clear=0.001, roughness=0.45, keep_first=2)


def sample_curly(rng: np.random.Generator, base: dict[str, Any]) -> CurlyHair:
    """Draw loose curls."""
    return CurlyHair(
        **base,
        length=float(rng.uniform(0.05, 0.22)),
        radius=float(rng.uniform(0.004, 0.010)),
        volume=float(rng.beta(2, 2)),
    )


def sample_coily(rng: np.random.Generator, base: dict[str, Any]) -> CoilyHair:
    """Draw short coils."""
    return CoilyHair(**base, length=float(rng.uniform(0.008, 0.032)), fade=float(rng.uniform(0.2, 0.95)))


def sample_afro(rng: np.random.Generator, base: dict[str, Any]) -> AfroHair:
    """Draw an afro."""
    return AfroHair(**base, length=float(rng.uniform(0.035, 0.085)), frizz=float(rng.beta(2, 2)))


registry.hair.register("curly", spec=CurlyHair, build=build_curly)(sample_curly)
registry.hair.register("coily", spec=CoilyHair, build=build_coily)(sample_coily)
registry.hair.register("afro", spec=AfroHair, build=build_afro)(sample_afro)

"""Short hair: buzz cut, textured crop, and what is left on a balding head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ... import registry
from ...codec import param
from ...geometry import Mesh, Strands
from ..groom import Groom, baby_hairs, comb_out, finish, prepare
from ..hair_zones import angles
from ..head import Roots
from ..look_spec import HairSpec
from ..strands import March, march, unit

if TYPE_CHECKING:
    from ..body_state import BodyState

# The whorl at the crown from which hair grows away in all directions (skull coordinates).
WHORL = np.array([0.012, 0.062, 0.098])


@dataclass(frozen=True)
class BuzzHair(HairSpec):
    """Clipped all over."""

    kind: ClassVar[str | None] = "buzz"
    cover: ClassVar[float] = 0.88
    worn_by: ClassVar[dict[str, float]] = {"man": 2.0, "boy": 1.5, "woman": 0.15, "baby": 4.0}
    hair_types: ClassVar[tuple[float, float, float]] = (2.0, 0.8, 0.9)
    length: float = param(0.006, low=0.001, high=0.02, unit="m", doc="Length.")
    fade: float = param(0.5, low=0.0, high=1.0, doc="How much shorter the sides are.")


@dataclass(frozen=True)
class CropHair(HairSpec):
    """Short textured crop without a parting, brushed forward or up."""

    kind: ClassVar[str | None] = "crop"
    worn_by: ClassVar[dict[str, float]] = {"man": 2.5, "boy": 3.0, "woman": 0.5, "baby": 3.0}
    hair_types: ClassVar[tuple[float, float, float]] = (0.05, 1.3, 0.9)
    top: float = param(0.032, low=0.01, high=0.07, unit="m", doc="Length on top.")
    sides: float = param(0.010, low=0.002, high=0.04, unit="m", doc="Length at sides and nape.")
    forward: float = param(0.5, low=-1.0, high=1.0, doc="1 brushed forward, -1 brushed back.")
    texture: float = param(0.5, low=0.0, high=1.0, doc="Tousle.")


@dataclass(frozen=True)
class BaldingHair(HairSpec):
    """A wreath of short hair around a bald crown."""

    kind: ClassVar[str | None] = "balding"
    worn_by: ClassVar[dict[str, float]] = {"bald": 1.0}
    cover: ClassVar[float] = 0.3
    hair_types: ClassVar[tuple[float, float, float]] = (1.0, 1.0, 1.0)
    sides: float = param(0.016, low=0.003, high=0.05, unit="m", doc="Length of the wreath.")
    crown: float = param(0.8, low=0.0, high=1.0, doc="How far the crown is bald.")


def on_top(roots: Roots) -> np.ndarray:
    """(N,) 0 at sides and nape, 1 on top."""
    return top_of(roots.skull)


def top_of(skull: np.ndarray) -> np.ndarray:
    """(N,) 0 at sides and nape, 1 on top, of skull coordinates (N, 3)."""
    _, elevation = angles(skull)
    back = np.clip((skull[:, 1] - 0.02) / 0.09, 0.0, 1.0)
    t = np.clip((elevation - (24 + 22 * back)) / 26.0, 0.0, 1.0)
    return t * t * (3 - 2 * t)


def away_from_whorl(p: np.ndarray) -> np.ndarray:
    """(N, 3) natural direction of growth: out of the whorl, down at sides and back, forward on top."""
    v = p - WHORL
    side = np.clip((np.abs(p[:, 0]) - 0.045) / 0.03, 0.0, 1.0)
    v = unit(v) + np.stack([0 * side, 0.35 * side, -0.8 * side], 1)
    return unit(v)


def build_buzz(spec: BuzzHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Clipped hair: short straight strands along the growth direction."""
    g = prepare(spec, body, density, colliders, 24000, guides=16)
    rng, r = g.rng(2), g.roots
    length = spec.length * (1 - 0.65 * spec.fade * (1 - on_top(r))) * rng.uniform(0.75, 1.1, len(r.position))
    length *= 0.45 + 0.55 * g.edge(r)
    d = unit(0.62 * r.normal + 0.38 * away_from_whorl(r.skull) + rng.normal(0, 0.10, r.position.shape))
    start = r.position - r.normal * 0.001
    bend = away_from_whorl(r.skull) * 0.15 * length[:, None]
    points = np.stack(
        [start, start + d * (0.5 * length[:, None] + 0.001) - 0.25 * bend, start + d * length[:, None] + bend], 1
    )
    share = (0.6 + 0.4 * g.edge(r)) * rng.uniform(0.85, 1.15, len(r.position))
    return finish(g, points, 0.00008, share=share, clear=0.0002, roughness=0.4)


def _short(g: Groom, length: np.ndarray, flow: object, how: March, clear: np.ndarray, **comb: float) -> np.ndarray:
    guides = march(g.head, g.collider, g.guide_roots, length, clear, flow, how, g.rng(2))  # type: ignore[arg-type]
    points, _, _ = comb_out(g, guides, **comb)  # type: ignore[arg-type]
    return points


def _edge_share(g: Groom) -> np.ndarray:
    return (0.55 + 0.45 * g.edge(g.roots)) * g.rng(5).uniform(0.85, 1.15, len(g.roots.position))


def build_crop(spec: CropHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Textured crop: tousled locks forward, up or back."""
    g = prepare(spec, body, density, colliders, 15000, guides=800)
    rng, r = g.rng(4), g.guide_roots
    top = on_top(r)
    length = (spec.sides + (spec.top - spec.sides) * top) * rng.uniform(0.75, 1.15, len(top)) * (0.5 + 0.5 * g.edge(r))
    drift = rng.normal(0, 0.25 + 0.5 * spec.texture, len(top))

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        up = np.clip((p[:, 2] - 0.040) / 0.035, 0.0, 1.0)[:, None]
        comb = np.stack([drift, np.full(len(p), -spec.forward), 0.35 - 0.7 * t + 0 * drift], 1)
        return unit(up * unit(comb) + (1 - 0.6 * up) * away_from_whorl(p))

    clear = 0.001 + (0.006 + 0.014 * spec.texture) * top * rng.uniform(0.2, 1.0, len(top))
    how = March(steps=7, lift=0.45 + 0.2 * spec.texture, stiffness=0.6, gravity=0.08, hug=0.7, wobble=0.05)
    points = _short(g, length, flow, how, clear, clumping=0.5 + 0.25 * spec.texture, frizz=0.003, flyaway=0.006,
                    length_noise=0.3, tress=0.55)  # fmt: skip
    points, soft = baby_hairs(g, points, 0.22)
    return finish(g, points, 0.00009, share=_edge_share(g) * np.where(soft, 0.6, 1.0), face=True)


def build_balding(spec: BaldingHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """A wreath of hair at sides and back, thin fluff above it."""
    from ..head import head_of

    head = head_of(body)
    _, elevation = angles(head.skull)
    back = np.clip(head.skull[:, 1] / 0.08, -1.0, 1.0)
    line = 34.0 - 14.0 * spec.crown + 6.0 * back
    thin = 0.05 + 0.95 * (1 - np.clip((elevation - line + 8.0) / 16.0, 0.0, 1.0)) ** 1.5
    thinner = replace(spec, receding=max(spec.receding, 0.9))
    g = prepare(thinner, body, density, colliders, 14000, guides=700, thin=thin, head=head)
    rng, r = g.rng(4), g.guide_roots
    _, e = angles(r.skull)
    length = spec.sides * rng.uniform(0.7, 1.15, len(e)) * np.where(e > 30, 0.8, 1.0) * (0.5 + 0.5 * g.edge(r))
    how = March(steps=6, lift=0.3, stiffness=0.55, gravity=0.15, hug=0.9, wobble=0.06)
    clear = 0.001 + 0.004 * rng.random(len(e))
    points = _short(g, length, lambda p, t: away_from_whorl(p), how, clear, clumping=0.45, frizz=0.002, flyaway=0.006)
    return finish(g, points, 0.000075, share=_edge_share(g) * 0.95)


def sample_buzz(rng: np.random.Generator, base: dict[str, Any]) -> BuzzHair:
    """Draw a clipped head."""
    return BuzzHair(**base, length=float(rng.uniform(0.003, 0.012)), fade=float(rng.uniform(0.1, 0.9)))


def sample_crop(rng: np.random.Generator, base: dict[str, Any]) -> CropHair:
    """Draw a crop."""
    return CropHair(
        **base,
        top=float(rng.uniform(0.018, 0.055)),
        sides=float(rng.uniform(0.005, 0.02)),
        forward=float(np.clip(rng.normal(0.35, 0.5), -1, 1)),
        texture=float(rng.beta(2.0, 2.0)),
    )


def sample_balding(rng: np.random.Generator, base: dict[str, Any]) -> BaldingHair:
    """Draw a wreath."""
    return BaldingHair(**base, sides=float(rng.uniform(0.005, 0.028)), crown=float(rng.uniform(0.4, 1.0)))


registry.hair.register("buzz", spec=BuzzHair, build=build_buzz)(sample_buzz)
registry.hair.register("crop", spec=CropHair, build=build_crop)(sample_crop)
registry.hair.register("balding", spec=BaldingHair, build=build_balding)(sample_balding)

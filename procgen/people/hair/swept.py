"""Short sides and a longer top that is combed: side part, quiff, undercut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ... import registry
from ...codec import param
from ...geometry import Mesh, Strands
from ..groom import Groom, baby_hairs, comb_out, finish, prepare
from ..head import Roots
from ..look_spec import HairSpec
from ..strands import March, march, unit
from .cropped import away_from_whorl, on_top

if TYPE_CHECKING:
    from ..body_state import BodyState


@dataclass(frozen=True)
class ShortHair(HairSpec):
    """Short sides, longer top combed to the side from a parting."""

    kind: ClassVar[str | None] = "short"
    worn_by: ClassVar[dict[str, float]] = {"man": 3.5, "boy": 3.5, "woman": 0.5, "girl": 0.2}
    hair_types: ClassVar[tuple[float, float, float]] = (0.05, 1.0, 1.2)
    top: float = param(0.065, low=0.015, high=0.12, unit="m", doc="Length on top.")
    sides: float = param(0.016, low=0.002, high=0.04, unit="m", doc="Length at sides and nape.")
    part: float = param(0.030, low=-0.04, high=0.04, unit="m", doc="Where the parting is; positive = person's left.")
    lift: float = param(0.5, low=0.0, high=1.0, doc="Volume on top.")


@dataclass(frozen=True)
class QuiffHair(HairSpec):
    """Short sides; the front is brushed up and back."""

    kind: ClassVar[str | None] = "quiff"
    worn_by: ClassVar[dict[str, float]] = {"man": 1.6, "boy": 0.8, "woman": 0.2}
    hair_types: ClassVar[tuple[float, float, float]] = (0.1, 1.2, 1.0)
    top: float = param(0.07, low=0.03, high=0.12, unit="m", doc="Length at the front.")
    sides: float = param(0.010, low=0.002, high=0.03, unit="m", doc="Length at sides and nape.")
    height: float = param(0.5, low=0.0, high=1.0, doc="How far the front stands up.")
    side: float = param(0.2, low=-1.0, high=1.0, doc="How far it leans to the person's left.")


@dataclass(frozen=True)
class UndercutHair(HairSpec):
    """Shaven sides and nape under a long top that falls to one side or is combed back."""

    kind: ClassVar[str | None] = "undercut"
    worn_by: ClassVar[dict[str, float]] = {"man": 1.0, "woman": 0.25, "boy": 0.4}
    hair_types: ClassVar[tuple[float, float, float]] = (0.1, 1.1, 1.0)
    cover: ClassVar[float] = 0.6
    top: float = param(0.11, low=0.05, high=0.17, unit="m", doc="Length on top.")
    sides: float = param(0.004, low=0.001, high=0.012, unit="m", doc="Length of what is shaven.")
    back: float = param(0.4, low=0.0, high=1.0, doc="0 falls to the side … 1 combed straight back.")
    side: float = param(1.0, low=-1.0, high=1.0, doc="Side it falls to; positive = person's left.")


def _zigzag(skull: np.ndarray, part: float) -> np.ndarray:
    return skull[:, 0] - part - 0.0015 * np.sin(skull[:, 1] * 320.0)


def _dress(
    g: Groom, guides: np.ndarray, radius: float, *, clumping: float, frizz: float = 0.0022, flyaway: float = 0.009, side: object = None
) -> Strands:
    points, _, loner = comb_out(
        g, guides, clumping=clumping, frizz=frizz, flyaway=flyaway, length_noise=0.22, side=side, tress=0.5  # type: ignore[arg-type]
    )
    points, soft = baby_hairs(g, points, 0.22)
    share = (0.55 + 0.45 * g.edge(g.roots)) * np.where(loner, 0.8, 1.0) * np.where(soft, 0.6, 1.0)
    return finish(g, points, radius, share=share * g.rng(5).uniform(0.85, 1.15, len(points)), face=True)


def _blend(top: np.ndarray, combed: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Combed on top, grown as it grows at the sides."""
    up = np.clip((p[:, 2] - 0.030) / 0.035, 0.0, 1.0)
    w = np.maximum(top, up)[:, None]
    return unit(combed * w + away_from_whorl(p) * (1.0 - w))


def _lengths(g: Groom, r: Roots, top: np.ndarray, sides: float, long: np.ndarray | float) -> np.ndarray:
    rng = g.rng(12)
    return (sides + (long - sides) * top) * rng.uniform(0.85, 1.1, len(top)) * (0.5 + 0.5 * g.edge(r))


def build_short(spec: ShortHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Side parting: the top is swept across from the parting, sides and nape lie close."""

    def part(s: np.ndarray) -> np.ndarray:
        return np.where((s[:, 1] < 0.03) & (s[:, 2] > 0.03), np.abs(_zigzag(s, spec.part)), 1.0)

    g = prepare(spec, body, density, colliders, 14000, guides=800, part=part)
    rng, r = g.rng(4), g.guide_roots
    top = on_top(r)
    across = -np.sign(spec.part) if spec.part else 1.0
    heavy = np.clip(0.5 + across * (r.skull[:, 0] - spec.part) / 0.02, 0.0, 1.0)
    length = _lengths(g, r, top, spec.sides, spec.top * (0.70 + 0.30 * heavy))
    sign = np.sign(_zigzag(r.skull, spec.part))
    # The front rises before it falls to the side.
    front = np.clip(-(r.skull[:, 1] + 0.035) / 0.04, 0.0, 1.0) * heavy

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        back = np.clip((p[:, 1] + 0.01) / 0.07, 0.0, 1.0)
        rise = spec.lift * (0.25 + 1.1 * front) * (1.0 - 1.6 * t)
        comb = np.stack([sign * (0.95 - 0.55 * back), 0.22 + 0.55 * back + 0.35 * front, rise - 0.15 - 0.5 * back], 1)
        return _blend(top * 0.6, comb, p)

    clear = 0.0015 + spec.lift * 0.024 * top * rng.uniform(0.2, 1.0, len(top)) * (0.7 + 0.5 * heavy)
    how = March(steps=9, lift=0.34 + 0.35 * spec.lift, stiffness=0.62, gravity=0.10, hug=0.8, wobble=0.03)
    guides = march(g.head, g.collider, r, length, clear, flow, how, g.rng(2))
    return _dress(g, guides, 0.000095, clumping=0.66, side=lambda s: np.sign(_zigzag(s, spec.part)) * (s[:, 1] < 0.03))


def build_quiff(spec: QuiffHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Quiff: the front rises off the forehead and rolls back, shorter towards the crown."""
    g = prepare(spec, body, density, colliders, 14000, guides=800)
    rng, r = g.rng(4), g.guide_roots
    top = on_top(r)
    front = np.clip((0.025 - r.skull[:, 1]) / 0.09, 0.0, 1.0)
    length = _lengths(g, r, top, spec.sides, spec.top * (0.45 + 0.55 * front))
    lean = 0.55 * spec.side + rng.normal(0, 0.16, len(top))

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        rise = (0.4 + spec.height) * front * (2.2 - 2.9 * t) + 0.15
        comb = np.stack([lean + 0 * t, 0.55 + 0.5 * t + 0.3 * (1 - front), rise - 0.35 * (1 - front)], 1)
        return _blend(top * 0.7, unit(comb), p)

    clear = 0.001 + (0.010 + 0.022 * spec.height * front) * top * rng.uniform(0.3, 1.0, len(top))
    how = March(steps=9, lift=0.5 + 0.25 * spec.height, stiffness=0.68, gravity=0.04, hug=0.0, wobble=0.03)
    guides = march(g.head, g.collider, r, length, clear, flow, how, g.rng(2))
    return _dress(g, guides, 0.000095, clumping=0.70)


def build_undercut(spec: UndercutHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Undercut: a sharp step between the shaven sides and the long top."""
    g = prepare(spec, body, density, colliders, 14000, guides=900)
    rng, r = g.rng(4), g.guide_roots
    side = np.sign(spec.side) if spec.side else 1.0

    def long_top(roots: Roots) -> np.ndarray:
        return np.clip((on_top(roots) - 0.30) / 0.10, 0.0, 1.0)

    top = long_top(r)
    length = _lengths(g, r, top, spec.sides, spec.top)
    lean = side * abs(spec.side) * (1.0 - spec.back)

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        over = np.clip((np.abs(p[:, 0]) - 0.05) / 0.03, 0.0, 1.0) * (1.0 - spec.back)
        comb = np.stack([lean + 0 * over, 0.25 + 0.85 * spec.back + 0.3 * over, 0.25 - 0.8 * t - 1.2 * over], 1)
        return np.where(top[:, None] > 0.5, unit(comb), away_from_whorl(p))

    clear = 0.001 + 0.016 * top * rng.uniform(0.2, 1.0, len(top))
    how = March(steps=11, lift=0.45, stiffness=0.62, gravity=0.22, hug=0.6 + 0.3 * spec.back, wobble=0.025)
    guides = march(g.head, g.collider, r, length, clear, flow, how, g.rng(2))
    return _dress(g, guides, 0.000095, clumping=0.66, flyaway=0.012, side=lambda s: 1.0 * (_elevated(s) > 0.35))


def _elevated(skull: np.ndarray) -> np.ndarray:
    from .cropped import top_of

    return top_of(skull)


def _part(rng: np.random.Generator) -> float:
    # More often on the left.
    return (1.0 if rng.random() < 0.7 else -1.0) * float(rng.uniform(0.018, 0.038))


def sample_short(rng: np.random.Generator, base: dict[str, Any]) -> ShortHair:
    """Draw a side parting."""
    return ShortHair(
        **base,
        top=float(rng.uniform(0.040, 0.090)),
        sides=float(rng.uniform(0.008, 0.024)),
        part=_part(rng),
        lift=float(rng.beta(2.0, 2.0)),
    )


def sample_quiff(rng: np.random.Generator, base: dict[str, Any]) -> QuiffHair:
    """Draw a quiff."""
    return QuiffHair(
        **base,
        top=float(rng.uniform(0.045, 0.095)),
        sides=float(rng.uniform(0.004, 0.016)),
        height=float(rng.beta(2.0, 2.0)),
        side=float(np.clip(rng.normal(0.1, 0.5), -1.0, 1.0)),
    )


def sample_undercut(rng: np.random.Generator, base: dict[str, Any]) -> UndercutHair:
    """Draw an undercut."""
    return UndercutHair(
        **base,
        top=float(rng.uniform(0.07, 0.15)),
        sides=float(rng.uniform(0.002, 0.008)),
        back=float(rng.beta(1.2, 1.2)),
        side=(1.0 if rng.random() < 0.6 else -1.0) * float(rng.uniform(0.6, 1.0)),
    )


registry.hair.register("short", spec=ShortHair, build=build_short)(sample_short)
registry.hair.register("quiff", spec=QuiffHair, build=build_quiff)(sample_quiff)
registry.hair.register("undercut", spec=UndercutHair, build=build_undercut)(sample_undercut)

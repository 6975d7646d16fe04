"""Hair that hangs: bob, long straight, long wavy; with or without a fringe, layers, tucked behind the ears or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from ... import registry
from ...codec import param
from ...geometry import Mesh, Strands
from ..groom import Groom, baby_hairs, comb_out, finish, prepare
from ..look_spec import HairSpec
from ..nearest import NearestPoints
from ..strands import March, clump, curl, cut_at, march, off_the_shoulder, unit

if TYPE_CHECKING:
    from ..body_state import BodyState

_EASE = 1.4
# At density 1. Strands that hang lie over each other more than others: each one adds to what a picture costs.
STRANDS = 9600


@dataclass(frozen=True)
class BobHair(HairSpec):
    """Cut in one line between ear and shoulder."""

    kind: ClassVar[str | None] = "bob"
    worn_by: ClassVar[dict[str, float]] = {"woman": 2.5, "girl": 2.0}
    hair_types: ClassVar[tuple[float, float, float]] = (0.1, 1.2, 1.0)
    length: float = param(0.125, low=0.07, high=0.2, unit="m", doc="Cut line below the eyes.")
    part: float = param(0.012, low=-0.04, high=0.04, unit="m", doc="Where the parting is; positive = person's left.")
    volume: float = param(0.5, low=0.0, high=1.0, doc="Fullness.")
    wave: float = param(0.1, low=0.0, high=1.0, doc="0 straight … 1 wavy.")
    fringe: float = param(0.0, low=0.0, high=1.0, doc="Fringe over the forehead; above 0.5 it covers the brows.")
    layers: float = param(0.3, low=0.0, high=1.0, doc="How much shorter the strands around the face are cut.")
    tuck: Literal["none", "left", "right", "both"] = param("none", doc="Behind which ears it is tucked.")


@dataclass(frozen=True)
class LongHair(HairSpec):
    """Falls over or behind the shoulders."""

    kind: ClassVar[str | None] = "long"
    worn_by: ClassVar[dict[str, float]] = {"woman": 3.0, "girl": 2.5, "man": 0.05}
    hair_types: ClassVar[tuple[float, float, float]] = (0.1, 1.4, 1.0)
    length: float = param(0.34, low=0.18, high=0.6, unit="m", doc="Cut line below the eyes.")
    part: float = param(-0.012, low=-0.04, high=0.04, unit="m", doc="Where the parting is; positive = person's left.")
    volume: float = param(0.4, low=0.0, high=1.0, doc="Fullness.")
    wave: float = param(0.1, low=0.0, high=1.0, doc="0 straight … 1 wavy.")
    fringe: float = param(0.0, low=0.0, high=1.0, doc="Fringe over the forehead; above 0.5 it covers the brows.")
    layers: float = param(0.3, low=0.0, high=1.0, doc="How much shorter the strands around the face are cut.")
    tuck: Literal["none", "left", "right", "both"] = param("none", doc="Behind which ears it is tucked.")


@dataclass(frozen=True)
class WavyHair(LongHair):
    """Long hair with deep waves."""

    kind: ClassVar[str | None] = "wavy"
    worn_by: ClassVar[dict[str, float]] = {"woman": 2.2, "girl": 1.5, "man": 0.04}
    hair_types: ClassVar[tuple[float, float, float]] = (0.15, 0.5, 1.2)
    wave: float = param(0.7, low=0.0, high=1.0, doc="0 straight … 1 wavy.")
    volume: float = param(0.6, low=0.0, high=1.0, doc="Fullness.")


def _part_line(spec: BobHair | LongHair, skull: np.ndarray) -> np.ndarray:
    """(N,) x of the parting next to skull coordinates: not quite straight, ends behind the crown."""
    line = spec.part + 0.0016 * np.sin(skull[:, 1] * 260.0 + spec.part * 900.0)
    return np.where(skull[:, 1] > 0.055, line * np.clip(1 - (skull[:, 1] - 0.055) / 0.03, 0, 1), line)


def _parting(spec: BobHair | LongHair, skull: np.ndarray) -> np.ndarray:
    """(N,) ±1: the side of the parting."""
    return np.where(skull[:, 0] > _part_line(spec, skull), 1.0, -1.0)


def _part_distance(spec: BobHair | LongHair, skull: np.ndarray) -> np.ndarray:
    d = np.abs(skull[:, 0] - _part_line(spec, skull))
    return np.where((skull[:, 1] < 0.06) & (skull[:, 2] > 0.03), d, 1.0)


def _is_fringe(spec: BobHair | LongHair, skull: np.ndarray) -> np.ndarray:
    if spec.fringe <= 0.0:
        return np.zeros(len(skull), bool)
    return (np.abs(skull[:, 0]) < 0.046) & (skull[:, 1] < -0.030) & (skull[:, 2] > 0.03)


# Skull coordinates that hair tucked behind an ear passes: above the ear, behind it (left side).
_ABOVE_EAR, _BEHIND_EAR = np.array([0.078, 0.004, 0.030]), np.array([0.070, 0.046, -0.010])


def _tucked(spec: BobHair | LongHair, skull: np.ndarray) -> np.ndarray:
    """(N,) bool: strands that pass behind the ear."""
    left = skull[:, 0] > _part_line(spec, skull)
    side = {"none": np.zeros(len(left), bool), "left": left, "right": ~left, "both": np.ones(len(left), bool)}[spec.tuck]
    return side & (skull[:, 1] < 0.020)


def _ahead(spec: BobHair | LongHair, skull: np.ndarray) -> np.ndarray:
    """(N,) below the jaw each lock falls in front of the shoulder (-1) or behind it (+1), never through it."""
    phase = np.random.default_rng(np.random.SeedSequence((spec.variation, 13))).uniform(0, 2 * np.pi, 2)
    locks = 0.022 * (np.sin(skull[:, 2] * 210.0 + phase[0]) + np.sin(skull[:, 0] * 170.0 + phase[1]))
    return np.where((skull[:, 1] + locks < -0.015) & ~_tucked(spec, skull), -1.0, 1.0)


def _hang(spec: BobHair | LongHair, g: Groom, steps: int, drop: float) -> tuple[np.ndarray, np.ndarray]:
    """Guide strands of hanging hair and which of them are fringe."""
    rng, r = g.rng(4), g.guide_roots
    n = len(r.position)
    sign = _parting(spec, r.skull)
    fringe = _is_fringe(spec, r.skull)
    tucked = _tucked(spec, r.skull) & ~fringe
    ahead = _ahead(spec, r.skull)
    # Neighbours agree on how far they are swept off the face, so that the edge of the hair is made of locks.
    waves = rng.uniform(60.0, 160.0, (4, 3)) * np.sign(rng.normal(size=(4, 3)))
    swept = 0.16 * np.sin(r.skull @ waves.T + rng.uniform(0, 6.28, 4)).sum(1) / 2.0 + rng.normal(0.0, 0.04, n)

    def flow(p: np.ndarray, t: float) -> np.ndarray:
        x, y, z = p.T
        up = np.clip((z - 0.015) / 0.075, 0.0, 1.0)
        front = np.clip(-(y + 0.015) / 0.06, 0.0, 1.0)
        rear = np.clip((y - 0.03) / 0.06, 0.0, 1.0)
        near = np.clip(np.abs(x - spec.part) / 0.03, 0.0, 1.0)
        out = sign * (0.30 + 0.70 * near) * up**1.5 * (1.0 - 0.55 * rear)
        # Back off the face: strongest at the temples and cheeks.
        beside = np.clip((0.073 - np.abs(x)) / 0.03, 0.0, 1.0) * front * (1 - up)
        back = 0.25 * up * (1 - front) + (0.20 * up + swept) * front + 0.8 * beside
        down = -(1.0 - up) * 1.15 - 0.12 - 0.45 * rear * up - 0.25 * near * up
        low = np.clip(-(z + 0.070) / 0.05, 0.0, 1.0)
        inward = -np.sign(x) * np.clip((np.abs(x) - 0.068) / 0.05, 0.0, 1.0) * low
        # Over the shoulder's ridge hair decides for one side.
        ridge = np.clip((0.105 - y) / 0.05, 0.0, 1.0) * np.clip((y + 0.050) / 0.04, 0.0, 1.0)
        aside = (0.25 + 0.55 * ridge) * ahead * low * np.clip((np.abs(x) - 0.035) / 0.03, 0.0, 1.0) * ridge
        throat = np.sign(x) * np.clip((0.058 - np.abs(x)) / 0.03, 0.0, 1.0) * np.clip(-(z + 0.05) / 0.05, 0.0, 1.0)
        throat = throat * np.clip(-(y - 0.03) / 0.03, 0.0, 1.0) * np.clip((z + 0.24) / 0.08, 0.0, 1.0)
        # Across the forehead it goes sideways before it may go down, or it would hang over the eyes.
        brow = front * np.clip((0.068 - np.abs(x)) / 0.02, 0.0, 1.0) * np.clip((z + 0.01) / 0.02, 0.0, 1.0)
        out = out + 1.1 * sign * brow
        back = back + 0.30 * brow
        down = down * (1.0 - 0.8 * brow) + (0.10 + 0.75 * t) * brow
        v = np.stack([out + 0.5 * sign * beside + 1.2 * inward + 0.9 * throat, back * (1 - low) + aside, down], 1)
        if tucked.any():
            v = np.where(tucked[:, None], _behind_ear(p, v, sign), v)
        fall = np.stack([0.15 * np.sign(x) * np.abs(x) / 0.05, -0.55 * up - 0.1, -1.0 + 0.6 * up], 1)
        return unit(np.where(fringe[:, None], fall, v))

    crown = np.clip((r.skull[:, 2] - 0.05) / 0.04, 0.0, 1.0) * np.clip((r.skull[:, 1] + 0.05) / 0.05, 0.0, 1.0)
    off_part = np.clip(_part_distance(spec, r.skull) / 0.035, 0.15, 1.0) * (1 + 0.5 * crown)
    volume = 0.0015 + (0.003 + 0.013 * spec.volume) * off_part * rng.uniform(0, 1, n) ** 1.2
    volume = np.where(fringe, 0.003 + 0.006 * rng.random(n), volume) * np.where(tucked, 0.55, 1.0)
    length = (drop + 0.12) * rng.uniform(0.96, 1.04, n)
    how = March(steps=steps, lift=0.30, stiffness=0.52, gravity=0.55, hug=0.85, wobble=0.016, ease=_EASE,
                hug_above=0.028, slide=off_the_shoulder(ahead))  # fmt: skip
    guides = march(g.head, g.collider, r, length * g.head.scale**0.5, volume, flow, how, rng)
    return guides, fringe


def _behind_ear(p: np.ndarray, v: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """(N, 3) directions of tucked strands: to a place above the ear, round it, and down behind."""
    mirror = np.stack([sign, np.ones(len(p)), np.ones(len(p))], 1)
    above, behind = _ABOVE_EAR * mirror - p, _BEHIND_EAR * mirror - p
    passed = np.clip((p[:, 1] + 0.012) / 0.02, 0.0, 1.0)[:, None] * (p[:, 2] < 0.055)[:, None]
    to = unit(above) * (1 - passed) + unit(behind) * passed
    high = np.clip((p[:, 2] - 0.055) / 0.04, 0.0, 1.0)[:, None]
    gone = np.clip((p[:, 1] - 0.030) / 0.014, 0.0, 1.0)[:, None] * (p[:, 2] < 0.02)[:, None]
    done = np.clip(-(p[:, 2] + 0.015) / 0.02, 0.0, 1.0)[:, None]
    near = to * (1 - 0.65 * high) + v * 0.65 * high
    return near * (1 - np.maximum(gone, done)) + v * np.maximum(gone, done)


def _cut(spec: BobHair | LongHair, g: Groom, points: np.ndarray, fringe: np.ndarray, drop: float, noise: float,
         rng: np.random.Generator) -> np.ndarray:  # fmt: skip
    """Cut along a line below the eyes (head frame), and the fringe above or below the brows."""
    eyes = float(g.head.eyes[:, 2].mean())
    # Layers: the nearer to the face a strand grows, the shorter it is cut.
    frame = np.clip(-(g.guide_roots.skull[:, 1] - 0.01) / 0.07, 0.0, 1.0) ** 1.3
    drop_here = drop * (1.0 - 0.55 * spec.layers * frame) - 0.3 * spec.layers * drop * rng.random(len(points)) ** 2
    level = eyes - drop_here * g.head.scale + rng.normal(0, noise, len(points))
    short = eyes + (0.026 - 0.020 * spec.fringe) * g.head.scale + rng.normal(0, 0.0022, len(points))
    return cut_at(points, points[:, :, 2], np.where(fringe, short, level))


def _locks(g: Groom, guides: np.ndarray, count: int, amount: float, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gather guides into locks: returns guides and the lock of each."""
    rng = g.rng(6)
    centre = rng.choice(len(guides), count, replace=False)
    # Locks form where strands end up, not where they start; so they are gathered by their middle points.
    mid = guides[:, guides.shape[1] // 2] + 2.0 * guides[:, 0] + 10.0 * label[:, None]
    _, lock = NearestPoints(mid[centre]).query(mid)
    return clump(
        guides, guides[centre], lock, np.clip(amount * (1 + rng.normal(0, 0.3, len(guides))), 0, 0.95), 0.25
    ), lock


def _build(spec: BobHair | LongHair, body: BodyState, density: float, colliders: Sequence[Mesh], drop: float,
           steps: int, cut_noise: float) -> Strands:  # fmt: skip
    g = prepare(spec, body, density, colliders, STRANDS, guides=700, part=lambda s: _part_distance(spec, s))
    guides, fringe = _hang(spec, g, steps, drop)
    guides = _cut(spec, g, guides, fringe, drop, cut_noise, g.rng(7))

    def apart(skull: np.ndarray) -> np.ndarray:
        # Neighbours that part ways never share a lock, or its middle would run through the shoulder or the face.
        return _parting(spec, skull) + 3.0 * _is_fringe(spec, skull) + 0.3 * _ahead(spec, skull)

    rng = g.rng(8)
    count = 70
    guides, lock = _locks(g, guides, count, 0.38 + 0.35 * spec.wave, apart(g.guide_roots.skull))
    # Every lock bends in its own way, so that the surface breaks up instead of closing into a helmet.
    amplitude = rng.uniform(0.001, 0.0045, count)[lock] * (1 + spec.wave)
    phase, turns = rng.uniform(0, 2 * np.pi, count)[lock], rng.uniform(0.5, 1.3, count)[lock]
    hand = np.sign(rng.normal(size=count))[lock]
    guides = curl(guides, amplitude * ~fringe, turns, phase, hand, 0.35, _EASE)
    if spec.wave > 0.15:
        radius = (0.003 + 0.009 * spec.wave) * rng.uniform(0.7, 1.3, count)[lock]
        waves = (drop / 0.085) * rng.uniform(0.75, 1.25, count)[lock]
        guides = curl(guides, radius * ~fringe, waves, phase + rng.normal(0, 0.25, len(lock)), hand, 0.30, _EASE)
    points, _, loner = comb_out(
        g, guides, clumping=0.66, frizz=0.0030 + 0.003 * spec.wave, flyaway=0.016, length_noise=0.10, start=0.05,
        side=apart,
    )  # fmt: skip
    points, soft = baby_hairs(g, points, 0.18)
    share = (0.5 + 0.5 * g.edge(g.roots)) * np.where(loner, 0.75, 1.0) * np.where(soft, 0.6, 1.0)
    return finish(
        g, points, 0.000129, share=share, clear=0.0012, roughness=0.26 + 0.08 * spec.wave, face=spec.fringe > 0
    )


def build_bob(spec: BobHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """One-length bob."""
    return _build(spec, body, density, colliders, spec.length, 13, 0.004)


def build_long(spec: LongHair, body: BodyState, density: float = 1.0, colliders: Sequence[Mesh] = ()) -> Strands:
    """Long hair over the shoulders."""
    return _build(spec, body, density, colliders, spec.length, 17 if spec.wave < 0.3 else 20, 0.010)


def _worn(rng: np.random.Generator) -> dict[str, Any]:
    """Fringe, layers and ears: how it is cut and put up."""
    fringe = float(rng.uniform(0.2, 0.7)) if rng.random() < 0.25 else 0.0
    tuck = ("none", "left", "right", "both")[int(rng.choice(4, p=[0.55, 0.14, 0.14, 0.17]))]
    return {"fringe": fringe, "layers": float(rng.beta(1.3, 2.2)), "tuck": tuck}


def sample_bob(rng: np.random.Generator, base: dict[str, Any]) -> BobHair:
    """Draw a bob."""
    return BobHair(
        **base,
        length=float(rng.uniform(0.09, 0.17)),
        part=float(rng.uniform(-0.034, 0.034)),
        volume=float(rng.beta(2, 2)),
        wave=float(rng.beta(1.2, 3.0)),
        **_worn(rng),
    )


def _long(rng: np.random.Generator, base: dict[str, Any], kind: type[LongHair], wave: float) -> LongHair:
    return kind(
        **base,
        length=float(rng.uniform(0.20, 0.46)),
        part=float(rng.uniform(-0.032, 0.032)),
        volume=float(rng.beta(2, 2)),
        wave=wave,
        **_worn(rng),
    )


def sample_long(rng: np.random.Generator, base: dict[str, Any]) -> LongHair:
    """Draw long straight hair."""
    return _long(rng, base, LongHair, float(rng.uniform(0.0, 0.25)))


def sample_wavy(rng: np.random.Generator, base: dict[str, Any]) -> LongHair:
    """Draw long wavy hair."""
    return _long(rng, base, WavyHair, float(rng.uniform(0.4, 0.95)))


registry.hair.register("bob", spec=BobHair, build=build_bob)(sample_bob)
registry.hair.register("long", spec=LongHair, build=build_long)(sample_long)
registry.hair.register("wavy", spec=WavyHair, build=build_long)(sample_wavy)

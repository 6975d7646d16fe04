"""Trousers, jeans, leggings and shorts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material, plain_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ..body_state import BodyState
from .cuts import cut_trousers, graded, loop_fade
from .drape import Cloth
from .figure import HIP, KNEE, SIDES, Figure, canonical, figure_of, smoothstep
from .finish import Draped, to_mesh
from .fitting import Ease
from .folds import Folding
from .pockets import patch_pocket
from .strips import Piece, button, front_edges, sew_on
from .tailoring import Mode, Work, make
from .waist import belt_loops


@dataclass(frozen=True)
class TrousersSpec(GarmentSpec):
    """Chinos, suit trousers, joggers."""

    kind: ClassVar[str | None] = "trousers"
    looseness: float = param(0.4, low=0.0, high=1.0, doc="0 slim, 1 wide.")
    taper: float = param(0.4, low=0.0, high=1.0, doc="0 straight down from the thigh, 1 follows the calf.")
    rise: float = param(0.09, low=0.04, high=0.15, unit="m", doc="Waistband above the hip joints, on an average adult.")
    length: float = param(1.06, low=0.7, high=1.09, doc="Share of hip to ankle covered; 1.06 rests on the shoe.")


@dataclass(frozen=True)
class JeansSpec(TrousersSpec):
    """Denim trousers with pockets, fly and fading."""

    kind: ClassVar[str | None] = "jeans"


@dataclass(frozen=True)
class LeggingsSpec(GarmentSpec):
    """Close-fitting stretch trousers."""

    kind: ClassVar[str | None] = "leggings"
    rise: float = param(0.11, low=0.05, high=0.15, unit="m", doc="Waistband above the hip joints, on an average adult.")
    length: float = param(0.97, low=0.5, high=1.0, doc="Share of hip to ankle covered.")


@dataclass(frozen=True)
class ShortsSpec(GarmentSpec):
    """Short trousers."""

    kind: ClassVar[str | None] = "shorts"
    looseness: float = param(0.5, low=0.0, high=1.0, doc="0 close-fitting, 1 wide.")
    rise: float = param(0.09, low=0.04, high=0.15, unit="m", doc="Waistband above the hip joints, on an average adult.")
    length: float = param(0.46, low=0.24, high=0.6, doc="Share of hip to ankle covered.")


def _seams(cloth: Draped, fig: Figure, denim: bool) -> None:
    """Side and inner seams, fly and pockets as lines; fading on thighs and knees."""
    x = cloth.fitted
    n = cloth.fitted_normals
    hip, knee = fig.joints[list(HIP)].mean(0), fig.joints[list(KNEE)].mean(0)
    unit = fig.leg_scale
    # Signed distances in metres, one attribute for each set of lines that do not cross: shaders draw where they are 0.
    legs = np.full(len(x), 0.05)
    for s in SIDES:
        t, angle, radius = fig.legs[s].split(x)
        own = ((x[:, 0] > 0) == (s == 0)) & (t > 0.10 * unit)
        # Outseam and inseam, a little behind the middle of the leg.
        legs = np.where(own, np.sin(angle - 0.12) * radius, legs)
    # Above the crotch only the outseam goes on.
    high = (np.abs(x[:, 0]) > 0.06 * unit) & (x[:, 2] > hip[2] - 0.10 * unit)
    legs = np.where(high, x[:, 1] - fig.joints[HIP[0]][1] - 0.01 * unit, legs)
    cloth.point["seam"] = np.clip(legs, -0.05, 0.05)
    front = n[:, 1] < -0.2
    fly = np.where(front & (x[:, 2] > hip[2] - 0.07 * unit), x[:, 0] - 0.002 * unit, 0.05)
    cloth.point["seam2"] = np.clip(fly, -0.05, 0.05)
    if denim:
        top = cloth.border
        u, w = np.abs(x[:, 0]) / unit, (x[:, 2] - hip[2]) / unit
        curve = (np.hypot((u - 0.16) / 0.075, (w - 0.09) / 0.075) - 1) * 0.06
        # Out of reach, keep the sign: a change of it would draw a line.
        pockets = np.where((top > 0.038) & (n[:, 1] < -0.05), curve, np.copysign(0.05, curve))
        cloth.point["seam3"] = np.clip(pockets, -0.05, 0.05)
        yoke = w - 0.085 + 0.25 * u
        cloth.point["seam2"] = np.clip(np.where(n[:, 1] > 0.15, yoke, fly), -0.05, 0.05)
    length = hip[2] - knee[2]
    thigh = np.exp(-(((x[:, 2] - hip[2] + 0.45 * length) / (0.30 * length)) ** 2))
    kneecap = np.exp(-(((x[:, 2] - knee[2]) / (0.14 * length)) ** 2)) * 0.7
    seat = np.exp(-(((x[:, 2] - hip[2] + 0.02) / 0.07) ** 2)) * smoothstep(n[:, 1], 0.3, 0.9) * 0.6
    cloth.point["fade"] = np.clip((thigh + kneecap) * smoothstep(-n[:, 1], 0.2, 0.95) + seat, 0, 1)


def _ease(looseness: float, taper: float) -> Ease:
    k = looseness
    return Ease(
        skin=0.0035, chest=0.004, hem=0.005 + 0.008 * k, hang=1.0,
        thigh=0.004 + 0.020 * k, ankle=0.008 + 0.030 * k, leg_hang=0.02 + 0.16 * taper * (1.1 - k),
    )  # fmt: skip


def _build(
    spec: GarmentSpec, body: BodyState, below: list[Mesh], mode: Mode, cut: tuple[float, float], ease: Ease,
    cloth: Cloth, thickness: float, waistband: float, folds: Folding | None = None,
) -> list[tuple[Mesh, str]]:  # fmt: skip
    pattern = cut_trousers(canonical(body.model), *cut)
    tight = loop_fade(pattern, ("waist",), 0.03, 0.09)
    hold = 0.85 * loop_fade(pattern, ("waist",), 0.025, 0.06)
    made = make(pattern, body, below, Work(ease=ease, cloth=cloth, clearance=0.004, folds=folds), mode, tight, hold)
    _seams(made, figure_of(body), spec.fabric.kind == "denim")
    # A waistband is a hem of its own width.
    made.distance["waist"] = made.distance["waist"] * (0.02 / waistband)
    material = cloth_material(spec.fabric, hem=0.02, seams=made.seams)
    mesh = to_mesh(made, material, thickness)
    if not folds:
        return [(mesh, "lower_clothes")]
    fig = figure_of(body)
    pieces = [
        Piece(x, f, 0, {"place": p, "rest": p - fig.joints[12], "edge": np.full(len(x), 0.05)})
        for x, f, p in belt_loops(fig, mesh, waistband)
    ]
    pieces += _pockets(made, fig, spec.fabric.kind)
    at = front_edges(made, fig, 0.012 * fig.leg_scale, float(made.fitted[made.loops["waist"]][:, 2].min()) - 0.018)
    metal = plain_material("rivet", (0.30, 0.20, 0.09) if spec.fabric.kind == "denim" else (0.05, 0.045, 0.04), 0.3, specular=0.6)
    if at is not None:
        pieces.append(button(at[0] + at[1] * 0.001, at[1], 0.0075 * fig.leg_scale, 1, at[2]))
    return [(sew_on(mesh, pieces, (material, metal)), "lower_clothes")]


def _pockets(cloth: Draped, fig: Figure, fabric: str) -> list[Piece]:
    """Patch pockets on the seat; on other cloth than denim they are slits, which the seams draw."""
    if fabric not in ("denim", "corduroy"):
        return []
    k = fig.leg_scale
    hip = float(fig.joints[list(HIP)].mean(0)[2])
    out: list[Piece] = []
    for side in (-1.0, 1.0):
        out += patch_pocket(cloth, fig, side * 0.083, hip + 0.052 * k, 0.125, 0.135, 0.0024, behind=True)
    return out


def build_trousers(
    spec: TrousersSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast"
) -> list[tuple[Mesh, str]]:
    """Woven trousers or joggers."""
    cloth = Cloth(bend=0.3, slack=1.02)
    return _build(
        spec, body, below, mode, (spec.rise, spec.length), _ease(spec.looseness, spec.taper), cloth, 0.0018, 0.036,
        Folding(spec.fabric.kind, 0.35 + 0.65 * spec.looseness, stack=1.0 - 0.5 * spec.looseness),
    )


def build_jeans(spec: JeansSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """Denim trousers."""
    cloth = Cloth(bend=0.4, slack=1.025)
    return _build(
        spec, body, below, mode, (spec.rise, spec.length), _ease(spec.looseness, spec.taper), cloth, 0.0022, 0.038,
        Folding(spec.fabric.kind, 0.35 + 0.65 * spec.looseness, stack=1.2 - 0.4 * spec.looseness),
    )


def build_leggings(
    spec: LeggingsSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast"
) -> list[tuple[Mesh, str]]:
    """Leggings: stretch cloth has no folds to drape, so they are always fast."""
    ease = Ease(skin=0.003, chest=0.002, hem=0.002, hang=1.0, thigh=0.002, ankle=0.002, leg_hang=2.0)
    return _build(spec, body, below, "far" if mode == "far" else "fast", (spec.rise, spec.length), ease, Cloth(), 0.0012, 0.05)


def build_shorts(spec: ShortsSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """Shorts."""
    ease = _ease(0.3 + 0.7 * spec.looseness, 0.0)
    cloth = Cloth(bend=0.3, slack=1.02)
    return _build(spec, body, below, mode, (spec.rise, spec.length), ease, cloth, 0.0018, 0.036,
                  Folding(spec.fabric.kind, 0.3 + 0.6 * spec.looseness))  # fmt: skip


@garments.register("trousers", spec=TrousersSpec, build=build_trousers)
def sample_trousers(rng: np.random.Generator, fabric: FabricSpec) -> TrousersSpec:
    """Draw the measures of trousers."""
    return TrousersSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(1.7, 3.0)), 3),
        taper=round(float(rng.uniform(0.2, 0.9)), 3),
        rise=graded(float(rng.uniform(0.08, 0.115)), 0.015),
        length=graded(float(rng.uniform(1.03, 1.07)), 0.02),
    )


@garments.register("jeans", spec=JeansSpec, build=build_jeans)
def sample_jeans(rng: np.random.Generator, fabric: FabricSpec) -> JeansSpec:
    """Draw the measures of jeans."""
    return JeansSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(1.5, 3.4)), 3),
        taper=round(float(rng.uniform(0.3, 1.0)), 3),
        rise=graded(float(rng.uniform(0.07, 0.11)), 0.015),
        length=graded(float(rng.uniform(1.02, 1.075)), 0.02),
    )


@garments.register("leggings", spec=LeggingsSpec, build=build_leggings)
def sample_leggings(rng: np.random.Generator, fabric: FabricSpec) -> LeggingsSpec:
    """Draw the measures of leggings."""
    length = float(rng.uniform(0.9, 0.98)) if rng.random() < 0.8 else float(rng.uniform(0.62, 0.75))
    return LeggingsSpec(fabric=fabric, rise=graded(float(rng.uniform(0.09, 0.13)), 0.015), length=graded(length, 0.03))


@garments.register("shorts", spec=ShortsSpec, build=build_shorts)
def sample_shorts(rng: np.random.Generator, fabric: FabricSpec) -> ShortsSpec:
    """Draw the measures of shorts."""
    return ShortsSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2, 2)), 3),
        rise=graded(float(rng.uniform(0.08, 0.11)), 0.015),
        length=graded(float(rng.uniform(0.34, 0.52)), 0.02),
    )

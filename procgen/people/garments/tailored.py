"""Tailored outerwear: blazers with lapels, coats, raincoats with a hood, cardigans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material, plain_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ...vectors import largest
from ..body_state import BodyState
from .cuts import cut_front, graded, loop_fade
from .drape import Cloth
from .figure import HIP, NECK, Figure, canonical, figure_of, smoothstep
from .finish import Draped, to_mesh
from .fitting import Ease
from .folds import Folding
from .lapels import lapels
from .outerwear import hood, zip_strip
from .pattern import Pattern
from .pockets import patch_pocket
from .strips import Piece, button, front_edges, sew_on
from .tailoring import Mode, Work, make
from .tops import armhole_seam, held, rib_band

Color = tuple[float, float, float]


@dataclass(frozen=True)
class BlazerSpec(GarmentSpec):
    """A suit jacket or sports jacket."""

    kind: ClassVar[str | None] = "blazer"
    looseness: float = param(0.3, low=0.0, high=1.0, doc="0 fitted, 1 wide.")
    length: float = param(0.10, low=0.0, high=0.18, unit="m", doc="Hem below the hip joints, on an average adult.")
    depth: float = param(0.24, low=0.14, high=0.34, unit="m", doc="How far the lapels open below the pit of the neck.")
    opening: float = param(0.035, low=0.0, high=0.09, unit="m", doc="Half width of the open front at the hem; 0 = buttoned.")
    lapel: float = param(0.075, low=0.05, high=0.11, unit="m", doc="Width of the lapels.")


@dataclass(frozen=True)
class CoatSpec(GarmentSpec):
    """A winter coat with lapels, worn closed or open."""

    kind: ClassVar[str | None] = "coat"
    looseness: float = param(0.45, low=0.0, high=1.0, doc="0 fitted, 1 wide.")
    length: float = param(0.40, low=0.18, high=0.66, unit="m", doc="Hem below the hip joints, on an average adult.")
    depth: float = param(0.14, low=0.06, high=0.26, unit="m", doc="How far the lapels open below the pit of the neck.")
    opening: float = param(0.0, low=0.0, high=0.09, unit="m", doc="Half width of the open front at the hem; 0 = buttoned.")
    lapel: float = param(0.085, low=0.06, high=0.12, unit="m", doc="Width of the lapels.")
    flare: float = param(0.04, low=0.0, high=0.12, unit="m", doc="Extra radius at the hem.")


@dataclass(frozen=True)
class RaincoatSpec(GarmentSpec):
    """A waterproof coat with a zip under a flap, and a hood that lies on the back."""

    kind: ClassVar[str | None] = "raincoat"
    looseness: float = param(0.6, low=0.0, high=1.0, doc="0 fitted, 1 wide.")
    length: float = param(0.26, low=0.05, high=0.5, unit="m", doc="Hem below the hip joints, on an average adult.")
    hood: float = param(0.6, low=0.3, high=1.0, doc="Bulk of the hood.")
    flare: float = param(0.05, low=0.0, high=0.12, unit="m", doc="Extra radius at the hem.")


@dataclass(frozen=True)
class CardiganSpec(GarmentSpec):
    """A knitted jacket, worn open."""

    kind: ClassVar[str | None] = "cardigan"
    looseness: float = param(0.4, low=0.0, high=1.0, doc="0 fitted, 1 wide.")
    length: float = param(0.05, low=-0.04, high=0.34, unit="m", doc="Hem below the hip joints, on an average adult.")
    opening: float = param(0.05, low=0.015, high=0.09, unit="m", doc="Half width of the open front at the hem.")


def _ease(k: float, layer: float, flare: float = 0.0) -> Ease:
    return Ease(
        skin=0.008 + layer, chest=0.012 + 0.014 * k + layer, hem=0.016 + 0.018 * k + layer, hang=0.34 - 0.24 * k, arm=0.012 + 0.010 * k,
        cuff=0.013 + 0.006 * k, arm_hang=0.06, flare=flare,
    )  # fmt: skip


def _make(
    pattern: Pattern, body: BodyState, below: list[Mesh], mode: Mode, ease: Ease, cloth: Cloth, folds: Folding, long: bool
) -> Draped:
    if "border" in pattern.loops:
        neck = canonical(body.model).joints[NECK][2] - 0.07
        edge = loop_fade(pattern, ("border",), 0.005, 0.06) * smoothstep(pattern.points[:, 2], neck, neck + 0.05)
        tight = hold = 0.6 * edge
    else:
        tight, hold = held(pattern)
        tight = 0.6 * tight
    work = Work(ease=ease, cloth=cloth, clearance=0.006, folds=folds, skirt=long)
    return make(pattern, body, below, work, mode, tight, hold)


def _lined(cloth: Draped, fig: Figure) -> None:
    """Armhole seams, and the seam down the middle of the back."""
    cloth.point["seam"] = armhole_seam(cloth, fig)
    x = cloth.fitted
    behind = (x[:, 1] > fig.trunk.origin[1]) & (largest(cloth.arm) < 0.4)
    cloth.point["seam2"] = np.clip(np.where(behind, x[:, 0], np.copysign(0.05, x[:, 0])), -0.05, 0.05)


def _front_buttons(cloth: Draped, fig: Figure, low: float, count: int, radius: float, gap: float, two: bool) -> list[Piece]:
    """Buttons down the front from the end of the lapels; `two` rows for a double-breasted front."""
    out: list[Piece] = []
    for x in (-0.042, 0.042) if two else (0.0,):
        for i in range(count):
            at = front_edges(cloth, fig, x * fig.scale, low - i * gap * fig.scale)
            if at is not None:
                out.append(button(at[0] + at[1] * 0.003, at[1], radius * fig.scale, 1, at[2]))
    return out


def _closed_edge(cloth: Draped, fig: Figure, low: float) -> None:
    """A closed front is two layers: the line where the upper one ends."""
    x = cloth.fitted
    front = (x[:, 1] < fig.trunk.origin[1]) & (largest(cloth.arm) < 0.4) & (x[:, 2] < low + 0.02)
    line = x[:, 0] + 0.018 * fig.scale
    cloth.point["seam3"] = np.clip(np.where(front, line, np.copysign(0.05, line)), -0.05, 0.05)


def build_blazer(spec: BlazerSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A blazer with notched lapels and flap pockets."""
    pattern = cut_front(canonical(body.model), spec.length, 0.965, spec.depth, spec.opening)
    folds = Folding(spec.fabric.kind, 0.3 + 0.4 * spec.looseness, stack=0.6)
    cloth = _make(pattern, body, below, mode, _ease(spec.looseness, 0.002), Cloth(bend=0.6, slack=1.02), folds, False)
    fig = figure_of(body)
    _lined(cloth, fig)
    low = float(fig.joints[NECK][2]) - (0.055 + spec.depth) * fig.scale
    if spec.opening <= 0:
        _closed_edge(cloth, fig, low)
    material = cloth_material(spec.fabric, hem=0.02, seams=cloth.seams, stitched=False)
    horn = plain_material("horn", (0.03, 0.022, 0.016), 0.35, specular=0.5)
    pieces = lapels(cloth, body, fig, spec.lapel, 0.042)
    hip = float(fig.joints[list(HIP)].mean(0)[2])
    for side in (-1.0, 1.0):
        pieces += patch_pocket(cloth, fig, side * 0.105, hip + 0.05 * fig.scale, 0.115, 0.045, 0.0028)
    pieces += patch_pocket(cloth, fig, 0.085, float(fig.joints[9][2]) + 0.02 * fig.scale, 0.085, 0.018, 0.0022)
    if spec.opening <= 0:
        pieces += _front_buttons(cloth, fig, low - 0.015 * fig.scale, 2, 0.0085, 0.1, False)
    return [(sew_on(to_mesh(cloth, material, 0.003), pieces, (material, horn)), "outerwear")]


def build_coat(spec: CoatSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A coat that hangs from the shoulders, with lapels, flap pockets and large buttons."""
    pattern = cut_front(canonical(body.model), spec.length, 0.97, spec.depth, spec.opening)
    folds = Folding(spec.fabric.kind, 0.35 + 0.4 * spec.looseness, flutes=0.22 * spec.flare, stack=0.7)
    ease = _ease(spec.looseness, 0.005, spec.flare)
    cloth = _make(pattern, body, below, mode, ease, Cloth(bend=0.6, slack=1.02, gravity=4.0), folds, True)
    fig = figure_of(body)
    _lined(cloth, fig)
    low = float(fig.joints[NECK][2]) - (0.055 + spec.depth) * fig.scale
    if spec.opening <= 0:
        _closed_edge(cloth, fig, low)
    material = cloth_material(spec.fabric, hem=0.03, seams=cloth.seams, stitched=False)
    horn = plain_material("horn", (0.03, 0.022, 0.016), 0.35, specular=0.5)
    pieces = lapels(cloth, body, fig, spec.lapel, 0.055)
    hip = float(fig.joints[list(HIP)].mean(0)[2])
    for side in (-1.0, 1.0):
        pieces += patch_pocket(cloth, fig, side * 0.118, hip + 0.04 * fig.scale, 0.125, 0.055, 0.0034)
    if spec.opening <= 0:
        gap = min(0.12, max(0.07, (low - hip) / fig.scale / 3 + 0.04))
        pieces += _front_buttons(cloth, fig, low - 0.02 * fig.scale, 4, 0.012, gap, spec.lapel > 0.09)
    return [(sew_on(to_mesh(cloth, material, 0.0036), pieces, (material, horn)), "outerwear")]


def build_raincoat(spec: RaincoatSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A raincoat."""
    pattern = cut_front(canonical(body.model), spec.length, 0.97, 0.0, 0.0)
    folds = Folding(spec.fabric.kind, 0.45 + 0.4 * spec.looseness, flutes=0.2 * spec.flare)
    ease = _ease(spec.looseness, 0.004, spec.flare)
    cloth = _make(pattern, body, below, mode, ease, Cloth(bend=0.5, slack=1.03, gravity=3.5), folds, spec.length > 0.1)
    fig = figure_of(body)
    cloth.point["seam"] = armhole_seam(cloth, fig)
    # A storm flap beside the zip, and welded yoke seams across chest and back.
    x = cloth.fitted
    yoke = x[:, 2] - fig.joints[NECK][2] + 0.15 * fig.scale
    cloth.point["seam2"] = np.clip(np.where(largest(cloth.arm) < 0.6, yoke, np.copysign(0.05, yoke)), -0.05, 0.05)
    _closed_edge(cloth, fig, float(x[:, 2].max()))
    material = cloth_material(spec.fabric, hem=0.025, seams=cloth.seams)
    dark = plain_material("snap", (0.06, 0.06, 0.06), 0.3, specular=0.6)
    pieces = [hood(cloth, body, fig, spec.hood)]
    hip = float(fig.joints[list(HIP)].mean(0)[2])
    for side in (-1.0, 1.0):
        pieces += patch_pocket(cloth, fig, side * 0.112, hip + 0.07 * fig.scale, 0.12, 0.05, 0.003)
    pieces.append(zip_strip(cloth, fig))
    top = float(fig.joints[NECK][2]) - 0.10 * fig.scale
    pieces += _front_buttons(cloth, fig, top, 5, 0.0065, 0.11, False)
    return [(sew_on(to_mesh(cloth, material, 0.0024), pieces, (material, dark)), "outerwear")]


def build_cardigan(spec: CardiganSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A cardigan with ribbed front bands, hem and cuffs."""
    pattern = cut_front(canonical(body.model), spec.length, 0.97, 0.20, spec.opening)
    folds = Folding(spec.fabric.kind, 0.4 + 0.5 * spec.looseness)
    ease = replace(_ease(spec.looseness, -0.002), cuff=0.006)
    cloth = _make(pattern, body, below, mode, ease, Cloth(bend=0.3, slack=1.03), folds, spec.length > 0.15)
    fig = figure_of(body)
    rib_band(cloth, {"hem": 0.05, "border": 0.032, "neck": 0.03, "cuff0": 0.055, "cuff1": 0.055})
    cloth.point["seam"] = armhole_seam(cloth, fig)
    material = cloth_material(spec.fabric, hem=0.0, seams=cloth.seams, ribbed=True)
    horn = plain_material("horn", tuple(0.5 * c for c in spec.fabric.color), 0.4, specular=0.4)  # type: ignore[arg-type]
    low = float(fig.joints[NECK][2]) - 0.28 * fig.scale
    pieces: list[Piece] = []
    for i in range(4):
        at = front_edges(cloth, fig, None, low - i * 0.075 * fig.scale)
        if at is not None:
            pieces.append(button(at[0] + at[1] * 0.002, at[1], 0.0075 * fig.scale, 1, at[2]))
    return [(sew_on(to_mesh(cloth, material, 0.0034), pieces, (material, horn)), "outerwear")]


@garments.register("blazer", spec=BlazerSpec, build=build_blazer)
def sample_blazer(rng: np.random.Generator, fabric: FabricSpec) -> BlazerSpec:
    """Draw the measures of a blazer."""
    return BlazerSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(1.6, 3.0)), 3),
        length=graded(float(rng.uniform(0.06, 0.13)), 0.02),
        depth=graded(float(rng.uniform(0.2, 0.3)), 0.02),
        opening=graded(float(rng.uniform(0.02, 0.06)), 0.02) if rng.random() < 0.5 else 0.0,
        lapel=round(float(rng.uniform(0.06, 0.09)), 3),
    )


@garments.register("coat", spec=CoatSpec, build=build_coat)
def sample_coat(rng: np.random.Generator, fabric: FabricSpec) -> CoatSpec:
    """Draw the measures of a coat."""
    return CoatSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2, 2.4)), 3),
        length=graded(float(rng.uniform(0.28, 0.56)), 0.02),
        depth=graded(float(rng.uniform(0.08, 0.2)), 0.02),
        opening=graded(float(rng.uniform(0.02, 0.07)), 0.02) if rng.random() < 0.3 else 0.0,
        lapel=round(float(rng.uniform(0.07, 0.1)), 3),
        flare=round(float(rng.uniform(0.01, 0.08)), 3),
    )


@garments.register("raincoat", spec=RaincoatSpec, build=build_raincoat)
def sample_raincoat(rng: np.random.Generator, fabric: FabricSpec) -> RaincoatSpec:
    """Draw the measures of a raincoat."""
    return RaincoatSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2.4, 2)), 3),
        length=graded(float(rng.uniform(0.12, 0.4)), 0.02),
        hood=round(float(rng.uniform(0.45, 0.9)), 3),
        flare=round(float(rng.uniform(0.01, 0.08)), 3),
    )


@garments.register("cardigan", spec=CardiganSpec, build=build_cardigan)
def sample_cardigan(rng: np.random.Generator, fabric: FabricSpec) -> CardiganSpec:
    """Draw the measures of a cardigan."""
    return CardiganSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2, 2)), 3),
        length=graded(float(rng.uniform(0.0, 0.1) if rng.random() < 0.7 else rng.uniform(0.16, 0.32)), 0.02),
        opening=graded(float(rng.uniform(0.03, 0.08)), 0.02),
    )

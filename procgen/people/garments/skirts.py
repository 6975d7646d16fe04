"""Skirts and dresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ..body_state import BodyState
from .cuts import cut_skirt, cut_top, graded, loop_fade
from .drape import Cloth
from .figure import SPINE1, canonical, figure_of
from .finish import to_mesh
from .fitting import Ease
from .folds import Folding
from .tailoring import Mode, Work, make
from .tops import armhole_seam


@dataclass(frozen=True)
class SkirtSpec(GarmentSpec):
    """A skirt."""

    kind: ClassVar[str | None] = "skirt"
    rise: float = param(0.12, low=0.06, high=0.17, unit="m", doc="Waistband above the hip joints, on an average adult.")
    length: float = param(0.38, low=0.18, high=0.74, unit="m", doc="Hem below the hip joints, on an average adult.")
    flare: float = param(0.07, low=0.0, high=0.25, unit="m", doc="Extra radius at the hem.")


@dataclass(frozen=True)
class DressSpec(GarmentSpec):
    """A dress."""

    kind: ClassVar[str | None] = "dress"
    length: float = param(0.42, low=0.2, high=0.76, unit="m", doc="Hem below the hip joints, on an average adult.")
    flare: float = param(0.09, low=0.0, high=0.25, unit="m", doc="Extra radius at the hem.")
    sleeve: float = param(0.26, low=0.0, high=0.97, doc="Share of the arm that is covered; 0 = sleeveless.")
    neck: Literal["crew", "v", "scoop"] = param("scoop", doc="Neckline.")
    neck_depth: float = param(0.05, low=0.0, high=0.12, unit="m", doc="Depth of v and scoop necklines.")
    waist: float = param(0.7, low=0.0, high=1.0, doc="0 falls straight, 1 follows the waist.")


def build_skirt(spec: SkirtSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A skirt that hangs from the widest girth."""
    pattern = cut_skirt(canonical(body.model), spec.rise, spec.length)
    ease = Ease(skin=0.0035, chest=0.003, hem=0.012, hang=0.0 if spec.flare > 0.03 else 0.12, flare=spec.flare)
    tight = loop_fade(pattern, ("waist",), 0.03, 0.08)
    hold = 0.9 * loop_fade(pattern, ("waist",), 0.03, 0.07)
    work = Work(ease=ease, cloth=Cloth(bend=0.12, slack=1.0, gravity=5.0), clearance=0.005, soft=0.012, skirt=True,
                folds=Folding(spec.fabric.kind, 0.4, flutes=0.25 * spec.flare))  # fmt: skip
    cloth = make(pattern, body, below, work, mode, tight, hold)
    cloth.distance["waist"] = cloth.distance["waist"] * (0.02 / 0.035)
    material = cloth_material(spec.fabric, hem=0.02, seams=())
    return [(to_mesh(cloth, material, 0.0016), "lower_clothes")]


def build_dress(spec: DressSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A bodice and a skirt in one."""
    pattern = cut_top(canonical(body.model), spec.length, spec.sleeve, spec.neck, spec.neck_depth)
    ease = Ease(
        skin=0.0035, chest=0.005, hem=0.014, hang=0.05 + 0.75 * spec.waist, flare=spec.flare, arm=0.006, cuff=0.012,
        arm_hang=0.15,
    )  # fmt: skip
    edges = ("neck", "leg0", "leg1", "cuff0", "cuff1") if spec.sleeve <= 0.05 else ("neck",)
    tight, hold = loop_fade(pattern, edges, 0.005, 0.06), 0.7 * loop_fade(pattern, edges, 0.004, 0.035)
    fig = figure_of(body)
    # The waist seam is drawn in and stays where it is.
    waist = fig.base.joints[SPINE1][2] + 0.03
    seam = np.exp(-(((pattern.points[:, 2] - waist) / 0.03) ** 2)) * spec.waist
    hold = np.maximum(hold, 0.35 * seam)
    work = Work(ease=ease, cloth=Cloth(bend=0.12, slack=1.0, gravity=4.5), clearance=0.004, soft=0.02, skirt=True,
                folds=Folding(spec.fabric.kind, 0.5, flutes=0.25 * spec.flare))  # fmt: skip
    cloth = make(pattern, body, below, work, mode, tight, hold)
    z = cloth.fitted[:, 2] - (fig.joints[SPINE1][2] + 0.03 * fig.scale)
    if spec.sleeve > 0.05:
        cloth.point["seam"] = armhole_seam(cloth, fig)
    if spec.waist > 0.4:
        cloth.point["seam2"] = np.clip(z, -0.05, 0.05)
    material = cloth_material(spec.fabric, hem=0.02, seams=cloth.seams)
    return [(to_mesh(cloth, material, 0.0016), "dress")]


@garments.register("skirt", spec=SkirtSpec, build=build_skirt)
def sample_skirt(rng: np.random.Generator, fabric: FabricSpec) -> SkirtSpec:
    """Draw the measures of a skirt."""
    length = float(rng.uniform(0.24, 0.62))
    flare = float(rng.uniform(0.0, 0.02)) if rng.random() < 0.25 and length < 0.45 else float(rng.uniform(0.04, 0.14))
    return SkirtSpec(
        fabric=fabric, rise=graded(float(rng.uniform(0.1, 0.15)), 0.02), length=graded(length, 0.04), flare=round(flare, 3)
    )


@garments.register("dress", spec=DressSpec, build=build_dress)
def sample_dress(rng: np.random.Generator, fabric: FabricSpec) -> DressSpec:
    """Draw the measures of a dress."""
    sleeve = (0.0, float(rng.uniform(0.2, 0.34)), float(rng.uniform(0.9, 0.96)))[int(rng.choice(3, p=[0.3, 0.5, 0.2]))]
    neck: Literal["crew", "v", "scoop"] = ("crew", "v", "scoop")[int(rng.choice(3, p=[0.3, 0.3, 0.4]))]
    return DressSpec(
        fabric=fabric,
        length=graded(float(rng.uniform(0.3, 0.6)), 0.04),
        flare=round(float(rng.uniform(0.03, 0.16)), 3),
        sleeve=graded(sleeve, 0.05),
        neck=neck,
        neck_depth=graded(float(rng.uniform(0.02, 0.07)), 0.02),
        waist=round(float(rng.uniform(0.2, 1.0)), 3),
    )

"""Blouses: soft tops with full sleeves gathered into cuffs, buttoned behind."""

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
from .cuts import cut_top, graded
from .drape import Cloth
from .figure import SIDES, canonical, figure_of, smoothstep
from .finish import to_mesh
from .fitting import Ease
from .folds import Folding
from .tailoring import Mode, Work, make
from .tops import armhole_seam, held


@dataclass(frozen=True)
class BlouseSpec(GarmentSpec):
    """A blouse."""

    kind: ClassVar[str | None] = "blouse"
    looseness: float = param(0.5, low=0.0, high=1.0, doc="0 fitted, 1 wide.")
    length: float = param(0.05, low=-0.04, high=0.2, unit="m", doc="Hem below the hip joints, on an average adult.")
    sleeve: float = param(0.93, low=0.25, high=0.97, doc="Share of the arm that is covered.")
    full: float = param(0.6, low=0.0, high=1.0, doc="How full the sleeves are above their cuffs.")
    neck: Literal["v", "scoop", "crew"] = param("v", doc="Neckline.")
    neck_depth: float = param(0.05, low=0.0, high=0.12, unit="m", doc="Depth of v and scoop necklines.")
    tucked: bool = param(False, doc="Goes under the waistband: list it before the trousers or skirt.")


def build_blouse(spec: BlouseSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A blouse."""
    pattern = cut_top(
        canonical(body.model), -0.02 if spec.tucked else spec.length, spec.sleeve, spec.neck, spec.neck_depth, -0.01
    )
    k = spec.looseness
    ease = Ease(
        skin=0.0035, chest=0.006 + 0.014 * k, hem=0.002 if spec.tucked else 0.010 + 0.022 * k, hang=0.7 if spec.tucked else 0.5 - 0.4 * k,
        arm=0.009 + 0.014 * spec.full, cuff=0.010 + 0.020 * spec.full, arm_hang=0.02,
    )  # fmt: skip
    fig = figure_of(body)
    folds = Folding(spec.fabric.kind, 0.5 + 0.5 * k, stack=1.0 + 0.6 * spec.full)
    work = Work(ease=ease, cloth=Cloth(bend=0.1, slack=1.03), clearance=0.004, folds=folds)
    tight, hold = held(pattern, spec.tucked)
    if spec.sleeve > 0.7:
        # Gathered into a band at the wrist.
        for s in SIDES:
            t = canonical(body.model).along(pattern.points, 16 + s, 20 + s)
            cuff = smoothstep(t, spec.sleeve - 0.12, spec.sleeve - 0.06) * (pattern.arm[:, s] > 0.6)
            tight, hold = np.maximum(tight, 0.85 * cuff), np.maximum(hold, 0.6 * cuff)
    cloth = make(pattern, body, below, work, mode, tight, hold)
    cloth.point["seam"] = armhole_seam(cloth, fig)
    if spec.sleeve > 0.7:
        for name in ("cuff0", "cuff1"):
            if name in cloth.distance:
                cloth.distance[name] = cloth.distance[name] * (0.02 / 0.045)
    material = cloth_material(spec.fabric, hem=0.02, seams=cloth.seams)
    return [(to_mesh(cloth, material, 0.0013), "upper_clothes")]


@garments.register("blouse", spec=BlouseSpec, build=build_blouse)
def sample_blouse(rng: np.random.Generator, fabric: FabricSpec) -> BlouseSpec:
    """Draw the measures of a blouse."""
    neck: Literal["v", "scoop", "crew"] = ("v", "scoop", "crew")[int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
    long = rng.random() < 0.75
    return BlouseSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2, 2)), 3),
        length=graded(float(rng.uniform(0.02, 0.1)), 0.02),
        sleeve=graded(float(rng.uniform(0.92, 0.96)), 0.025) if long else graded(float(rng.uniform(0.3, 0.5)), 0.05),
        full=round(float(rng.beta(2, 2)), 3),
        neck=neck,
        neck_depth=graded(float(rng.uniform(0.02, 0.07)), 0.02),
    )

"""T-shirts, vests and jumpers: closed tops of knitted cloth."""

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
from .cuts import cut_top, graded, loop_fade
from .drape import Cloth
from .figure import SHOULDER, SIDES, Figure, canonical, figure_of, smoothstep
from .finish import Draped, to_mesh
from .fitting import Ease
from .folds import Folding
from .pattern import Pattern
from .tailoring import Mode, Work, make

Neck = Literal["crew", "v", "scoop"]


@dataclass(frozen=True)
class TshirtSpec(GarmentSpec):
    """A T-shirt or long-sleeved jersey top."""

    kind: ClassVar[str | None] = "tshirt"
    looseness: float = param(0.4, low=0.0, high=1.0, doc="0 close-fitting, 1 oversized.")
    length: float = param(0.03, low=-0.08, high=0.25, unit="m", doc="Hem below the hip joints, on an average adult.")
    sleeve: float = param(0.34, low=0.18, high=0.98, doc="Share of the arm that is covered.")
    neck: Literal["crew", "v", "scoop"] = param("crew", doc="Neckline.")
    neck_depth: float = param(0.05, low=0.0, high=0.14, unit="m", doc="Depth of v and scoop necklines.")


@dataclass(frozen=True)
class VestSpec(GarmentSpec):
    """A sleeveless top."""

    kind: ClassVar[str | None] = "vest"
    looseness: float = param(0.25, low=0.0, high=1.0, doc="0 close-fitting, 1 oversized.")
    length: float = param(0.02, low=-0.10, high=0.2, unit="m", doc="Hem below the hip joints, on an average adult.")
    neck_depth: float = param(0.06, low=0.01, high=0.12, unit="m", doc="Depth of the scoop.")


@dataclass(frozen=True)
class JumperSpec(GarmentSpec):
    """A knitted jumper with ribbed hem and cuffs."""

    kind: ClassVar[str | None] = "jumper"
    looseness: float = param(0.45, low=0.0, high=1.0, doc="0 close-fitting, 1 oversized.")
    length: float = param(0.01, low=-0.06, high=0.15, unit="m", doc="Hem below the hip joints, on an average adult.")
    neck: Literal["crew", "v", "high"] = param("crew", doc="Neckline.")


def top_ease(looseness: float, sleeve: float) -> Ease:
    """Room of a knitted top: looseness adds girth, and lets it fall straight instead of following the waist."""
    k = looseness
    return Ease(
        skin=0.0035, chest=0.003 + 0.016 * k, hem=0.006 + 0.028 * k, hang=0.55 - 0.5 * k,
        arm=0.004 + 0.012 * k, cuff=0.006 + (0.020 if sleeve < 0.6 else 0.008) * k, arm_hang=0.35 - 0.33 * k,
    )  # fmt: skip


def rib_band(cloth: Draped, bands: dict[str, float]) -> None:
    """Mark ribbing within some centimetres of named borders."""
    rib = np.zeros(len(cloth.x))
    for name, width in bands.items():
        if name in cloth.distance:
            rib = np.maximum(rib, smoothstep(cloth.distance[name], width + 0.002, width - 0.002))
    cloth.point["rib"] = rib


def armhole_seam(cloth: Draped, fig: Figure) -> np.ndarray:
    """(V,) signed metres to the armhole seams, positive on the sleeves: planes across the tops of the arms."""
    x = cloth.fitted
    out = np.full(len(x), -0.05)
    for s in SIDES:
        axis = fig.arms[s]
        across = axis.down + np.array([1.0 if s == 0 else -1.0, 0.0, 0.0]) * 0.9
        across /= np.linalg.norm(across)
        d = (x - fig.joints[SHOULDER[s]]) @ across + 0.004 * fig.scale
        # Below the armpit the plane would run on into the side of the trunk.
        sleeve = smoothstep(cloth.arm[:, s], 0.02, 0.25)
        d = d * sleeve - 0.05 * (1 - sleeve)
        out = np.where((x[:, 0] > 0) == (s == 0), d, out)
    return np.clip(out, -0.05, 0.05)


def held(pattern: Pattern, tucked: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """What of a top lies on the skin, and what draping keeps in place: the neckline, and what is tucked into a waistband."""
    tight, hold = loop_fade(pattern, ("neck",), 0.005, 0.06), 0.7 * loop_fade(pattern, ("neck",), 0.004, 0.035)
    return (np.maximum(tight, loop_fade(pattern, ("hem",), 0.06, 0.13)), hold) if tucked else (tight, hold)


def _finish(
    cloth: Draped, fig: Figure, fabric: FabricSpec, bands: dict[str, float], thickness: float
) -> list[tuple[Mesh, str]]:
    rib_band(cloth, bands)
    cloth.point["seam"] = armhole_seam(cloth, fig)
    material = cloth_material(fabric, hem=0.02, seams=cloth.seams, ribbed=True)
    return [(to_mesh(cloth, material, thickness), "upper_clothes")]


def build_tshirt(spec: TshirtSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A jersey top with short or long sleeves."""
    pattern = cut_top(canonical(body.model), spec.length, spec.sleeve, spec.neck, spec.neck_depth)
    folds = Folding(spec.fabric.kind, 0.25 + 0.75 * spec.looseness)
    work = Work(ease=top_ease(spec.looseness, spec.sleeve), cloth=Cloth(bend=0.12), clearance=0.004, folds=folds)
    cloth = make(pattern, body, below, work, mode, *held(pattern))
    return _finish(cloth, figure_of(body), spec.fabric, {"neck": 0.018}, 0.0016)


def build_vest(spec: VestSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A sleeveless jersey top."""
    pattern = cut_top(canonical(body.model), spec.length, 0.0, "scoop", spec.neck_depth)
    folds = Folding(spec.fabric.kind, 0.15 + 0.75 * spec.looseness)
    work = Work(ease=top_ease(spec.looseness, 0.0), cloth=Cloth(bend=0.12), clearance=0.004, folds=folds)
    edges = ("neck", "leg0", "leg1", "cuff0", "cuff1")
    tight, hold = loop_fade(pattern, edges, 0.005, 0.05), 0.7 * loop_fade(pattern, edges, 0.004, 0.03)
    cloth = make(pattern, body, below, work, mode, tight, hold)
    return _finish(cloth, figure_of(body), spec.fabric, {k: 0.012 for k in edges}, 0.0016)


def build_jumper(spec: JumperSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A jumper."""
    depth = 0.055 if spec.neck == "high" else 0.07
    pattern = cut_top(canonical(body.model), spec.length, 0.97, spec.neck, depth)
    ease = top_ease(0.25 + 0.75 * spec.looseness, 1.0)
    ease = Ease(**{**ease.__dict__, "skin": 0.0045, "hem": 0.5 * ease.chest, "cuff": 0.005, "hang": 0.35})
    folds = Folding(spec.fabric.kind, 0.4 + 0.6 * spec.looseness)
    work = Work(ease=ease, cloth=Cloth(bend=0.35, slack=1.03), clearance=0.006, folds=folds)
    cloth = make(pattern, body, below, work, mode, *held(pattern))
    return _finish(
        cloth, figure_of(body), spec.fabric, {"neck": 0.024, "hem": 0.055, "cuff0": 0.05, "cuff1": 0.05}, 0.0032
    )


@garments.register("tshirt", spec=TshirtSpec, build=build_tshirt)
def sample_tshirt(rng: np.random.Generator, fabric: FabricSpec) -> TshirtSpec:
    """Draw the measures of a T-shirt in a given fabric."""
    long = rng.random() < 0.22
    neck: Neck = ("crew", "v", "scoop")[int(rng.choice(3, p=[0.68, 0.2, 0.12]))]
    return TshirtSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2, 2.6)), 3),
        length=graded(float(np.clip(rng.normal(0.035, 0.03), -0.04, 0.12)), 0.02),
        sleeve=graded(float(rng.uniform(0.93, 0.98)), 0.025) if long else graded(float(rng.uniform(0.28, 0.42)), 0.05),
        neck=neck,
        neck_depth=graded(float(rng.uniform(0.03, 0.08)), 0.02),
    )


@garments.register("vest", spec=VestSpec, build=build_vest)
def sample_vest(rng: np.random.Generator, fabric: FabricSpec) -> VestSpec:
    """Draw the measures of a vest."""
    return VestSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(1.6, 3.0)), 3),
        length=graded(float(rng.uniform(0.0, 0.06)), 0.02),
        neck_depth=graded(float(rng.uniform(0.03, 0.09)), 0.02),
    )


@garments.register("jumper", spec=JumperSpec, build=build_jumper)
def sample_jumper(rng: np.random.Generator, fabric: FabricSpec) -> JumperSpec:
    """Draw the measures of a jumper."""
    neck: Literal["crew", "v", "high"] = ("crew", "v", "high")[int(rng.choice(3, p=[0.6, 0.2, 0.2]))]
    return JumperSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2, 2)), 3),
        length=graded(float(rng.uniform(-0.02, 0.06)), 0.02),
        neck=neck,
    )

"""Shoes: sneakers, leather shoes, boots. Their soles are what touches the ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material, plain_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ...vectors import cross, lengths, vertex_normals
from ..body_state import BodyState
from .figure import SIDES, Figure, figure_of, smoothstep
from .last import AROUND, LEVELS, Last, Shoe, carry_shoe, shape_shoe
from .parts import Parts
from .strips import slab, tubes
from .tailoring import Mode

# Share of a shoe's height, along its upper, at which the tongue comes out from under the laces.
TONGUE = 0.80


@dataclass(frozen=True)
class ShoeSpec(GarmentSpec):
    """What all shoes have."""

    sole_color: tuple[float, float, float] = param((0.72, 0.70, 0.66), low=0.0, high=1.0, doc="Sole, linear RGB.")
    sole: float = param(0.022, low=0.006, high=0.05, unit="m", doc="Thickness of the sole.")


@dataclass(frozen=True)
class SneakerSpec(ShoeSpec):
    """A trainer with laces and a rubber sole."""

    kind: ClassVar[str | None] = "sneaker"
    lace_color: tuple[float, float, float] = param((0.75, 0.74, 0.72), low=0.0, high=1.0, doc="Laces, linear RGB.")
    high: bool = param(False, doc="Covers the ankle.")


@dataclass(frozen=True)
class LeatherShoeSpec(ShoeSpec):
    """A plain leather shoe with a heel."""

    kind: ClassVar[str | None] = "leather_shoe"
    laced: bool = param(True, doc="Laced; otherwise a loafer.")


@dataclass(frozen=True)
class BootSpec(ShoeSpec):
    """A boot."""

    kind: ClassVar[str | None] = "boot"
    shaft: float = param(0.10, low=0.04, high=0.30, unit="m", doc="Height over the ankle joint, on an average adult.")


def around_foot(q: np.ndarray, k: float) -> np.ndarray:
    """(V, 3) limb coordinates of foot points: the angle about the length of the foot, and a radius."""
    angle = np.arctan2(q[:, 1], q[:, 2] - 0.02 * k)
    return np.stack([np.sin(angle), np.cos(angle), np.full(len(q), 0.045 * k)], 1)


def _laces(shoe: Shoe, rows: int, k: float) -> tuple[np.ndarray, np.ndarray]:
    """Laces that cross over the instep: (V, 3) A-pose points and (F, 4) faces."""
    # On a shoe with a shaft the laces end at the top line.
    levels = np.linspace(0.50, 0.93, rows) * (LEVELS - 1)
    first, second = (shoe.on(levels, np.full(rows, turn)) for turn in (0.0, 0.02))
    half = 0.018 * k / np.maximum(lengths(second - first), 1e-4) * 0.02
    # Two that cross at every level, and one that closes the last.
    row = np.append(np.repeat(np.arange(rows - 1), 2), rows - 1)
    slant = np.append(np.tile([-0.5, 0.5], rows - 1), 0.0)[:, None]
    s = np.linspace(-1, 1, 9)
    level, turn = levels[row][:, None], half[row][:, None] * s

    def on(at: np.ndarray) -> np.ndarray:
        return shoe.on(at.ravel(), turn.ravel()).reshape(*turn.shape, 3)

    path = on(level + (levels[1] - levels[0]) * (0.5 + slant * s))
    normal = cross(np.gradient(path, axis=1), path - on(np.repeat(level - 1.2, 9, 1)))
    normal /= np.maximum(lengths(normal), 1e-9)[..., None]
    normal *= np.where(normal[:, 4, 2] < 0, -1.0, 1.0)[:, None, None]
    tongue = 0.0048 * smoothstep(level / (LEVELS - 1), TONGUE - 0.09, TONGUE - 0.01)
    lift = (0.0026 + tongue + 0.001 * (slant > 0) - (0.0025 + 1.4 * tongue) * s**8) * k
    return tubes(path + normal * lift[..., None], 0.0021 * k, 6)


def _seam_lines(q: np.ndarray, length: float, k: float, cap: bool, quarter: bool) -> tuple[np.ndarray, np.ndarray]:
    """(V,) signed metres to the lines where pieces of the upper are sewn together: toe cap and counter; eyelet stays."""
    u, v, z = q[:, 0] / length, q[:, 1], q[:, 2]
    # Beyond their reach lines keep the sign that they have at its end: a change of sign would be drawn as a seam.
    ends = np.full(len(q), -0.05)
    if cap:
        ends = np.where(u > 0.6, (u - 0.79 + 2.2 * (v / length) ** 2) * length, ends)
    if quarter:
        ends = np.where(u < 0.5, (0.20 + 0.6 * (z / length) - u) * length, ends)
    tabs = np.abs(v) - 0.021 * k - 0.25 * np.clip(0.66 * length - q[:, 0], 0, 0.04)
    there = quarter & (u > 0.3) & (u < 0.70) & (z > 0.03 * k)
    tabs = np.where(there, tabs, np.copysign(0.05, tabs))
    return np.clip(ends, -0.05, 0.05), np.clip(tabs, -0.05, 0.05)


def _tongue(shoe: Shoe, k: float) -> tuple[np.ndarray, np.ndarray]:
    """The end of the tongue over the throat."""
    levels = np.linspace(TONGUE, 1.0, 4) * (LEVELS - 1)
    mid = shoe.on(levels, np.zeros(4))
    rise = mid[-1] - mid[-2]
    rise /= np.linalg.norm(rise)
    up = np.array([0.0, 0.0, 1.0])
    beyond = mid[-1] + np.linspace(0.004, 0.020, 5)[:, None] * k * (0.55 * rise + 0.75 * up)
    line = np.concatenate([mid + up * 0.0008 * k, beyond])
    across = np.linspace(-1, 1, 7)
    # Narrower than the laces are long, which hold it down.
    wide = np.array([0.013, 0.0135, 0.014, 0.016, 0.0185, 0.0205, 0.021, 0.0195, 0.014])[:, None] * k
    side = shoe.frame.side
    grid = line[:, None] - (wide * across)[..., None] * side - (0.006 * k * across**2)[None, :, None] * (0.8 * up + 0.3 * rise)
    return slab(grid, 0.004 * k)


def shoe_mesh(
    spec: ShoeSpec, body: BodyState, last: Last, laces: int, cap: bool, quarter: bool, materials: tuple, padding: float = 1.0
) -> Mesh:
    fig: Figure = figure_of(body)
    parts = Parts()
    for side in SIDES:
        shoe = shape_shoe(fig, side, last)
        k = shoe.frame.length / 0.25

        def put(
            x: np.ndarray, faces: np.ndarray, material: int, shoe: Shoe = shoe, side: int = side, k: float = k, **point: np.ndarray
        ) -> None:
            q = shoe.frame.local(x)
            rest = q + np.array([0, 0.4 * side, 0])
            posed = carry_shoe(x, shoe, fig, body, side)
            parts.add(posed, faces, material, **{"rest": rest, "fit": x, "around": around_foot(q, k), **point})

        flat = shoe.upper.reshape(-1, 3)
        rows = len(shoe.upper)
        # The top line, turned in over its padding.
        top, n = shoe.upper[-1], vertex_normals(flat, shoe.faces(rows))[-AROUND:].astype(float)
        up, p = np.array([0.0, 0.0, 1.0]), padding * k
        turned = [top + up * 0.0016 * p - n * 0.0012 * p, top + up * 0.001 * p - n * 0.004 * p, top - n * 0.005 * p - up * 0.004 * k,
                  top - n * 0.0042 * p - up * 0.022 * k]  # fmt: skip
        step = np.linalg.norm(np.diff(shoe.upper, axis=0), axis=2)
        edge = np.concatenate([np.cumsum(step[::-1], 0)[::-1], np.zeros((1, AROUND))]).ravel()
        lines = _seam_lines(shoe.frame.local(flat), shoe.frame.length, k, cap, quarter)
        put(flat, shoe.faces(rows), 0, edge=edge, seam=lines[0], seam2=lines[1])
        ones = np.ones(5 * AROUND)
        put(np.concatenate([top, *turned]), shoe.faces(5), 0, edge=0.004 * ones, inner=0.6 * ones)
        put(shoe.sole, shoe.sole_faces, 1)
        if laces:
            put(*_tongue(shoe, k), 0, edge=np.full(9 * 7 * 2, 0.03))
            x, faces = _laces(shoe, laces, k)
            put(x, faces, 2, inner=np.ones(len(x)))
    return parts.mesh(materials)


def build_sneaker(spec: SneakerSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A pair of trainers."""
    last = Last(
        back=0.082 if spec.high else 0.074, side=0.078 if spec.high else 0.056, throat=0.42 if spec.high else 0.48,
        shaft=0.035 if spec.high else 0.0, sole=spec.sole, band=0.011, ease=0.006, toe=0.048, welt=0.003, square=0.5,
    )  # fmt: skip
    upper = cloth_material(spec.fabric, hem=0.006, seams=("seam", "seam2"))
    rubber = plain_material("rubber", spec.sole_color, 0.55, 0.1)
    lace = plain_material("lace", spec.lace_color, 0.8, 0.3)
    return [(shoe_mesh(spec, body, last, 6, True, True, (upper, rubber, lace)), "footwear")]


def build_leather_shoe(
    spec: LeatherShoeSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast"
) -> list[tuple[Mesh, str]]:
    """A pair of leather shoes."""
    last = Last(
        back=0.064, side=0.048, throat=0.50 if spec.laced else 0.58, sole=spec.sole, band=0.003, welt=0.0055, heel=0.6 * spec.sole,
        point=0.018, ease=0.0045, toe=0.042, square=0.15, spring=0.012,
    )  # fmt: skip
    upper = cloth_material(spec.fabric, hem=0.004, seams=("seam", "seam2"))
    sole = plain_material("sole", spec.sole_color, 0.5)
    lace = plain_material("lace", tuple(0.6 * c for c in spec.fabric.color), 0.7, 0.2)  # type: ignore[arg-type]
    return [(shoe_mesh(spec, body, last, 4 if spec.laced else 0, spec.laced, spec.laced, (upper, sole, lace), 0.45), "footwear")]


def build_boot(spec: BootSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A pair of boots."""
    last = Last(
        back=0.085, side=0.080, throat=0.40, shaft=spec.shaft, sole=spec.sole, band=0.006, welt=0.006, heel=0.5 * spec.sole,
        ease=0.007, toe=0.052, square=0.6, spring=0.012,
    )  # fmt: skip
    upper = cloth_material(spec.fabric, hem=0.006, seams=("seam", "seam2"))
    sole = plain_material("sole", spec.sole_color, 0.6, 0.1)
    lace = plain_material("lace", tuple(0.5 * c for c in spec.fabric.color), 0.7, 0.2)  # type: ignore[arg-type]
    return [(shoe_mesh(spec, body, last, 5, True, True, (upper, sole, lace), 0.8), "footwear")]


def _round(c: np.ndarray) -> tuple[float, float, float]:
    r, g, b = (round(float(v), 4) for v in c)
    return r, g, b


@garments.register("sneaker", spec=SneakerSpec, build=build_sneaker)
def sample_sneaker(rng: np.random.Generator, fabric: FabricSpec) -> SneakerSpec:
    """Draw a pair of trainers."""
    white = np.array([0.72, 0.70, 0.66]) * rng.uniform(0.8, 1.05)
    sole = white if rng.random() < 0.75 else np.array([0.03, 0.03, 0.03])
    lace = white if rng.random() < 0.7 else np.array(fabric.color) * 0.8
    return SneakerSpec(
        fabric=fabric,
        sole_color=_round(sole.clip(0, 1)),
        lace_color=_round(lace.clip(0, 1)),
        sole=round(float(rng.uniform(0.018, 0.03)), 4),
        high=bool(rng.random() < 0.2),
    )


@garments.register("leather_shoe", spec=LeatherShoeSpec, build=build_leather_shoe)
def sample_leather_shoe(rng: np.random.Generator, fabric: FabricSpec) -> LeatherShoeSpec:
    """Draw a pair of leather shoes."""
    return LeatherShoeSpec(
        fabric=fabric,
        sole_color=_round(np.array([0.035, 0.025, 0.02]) * rng.uniform(0.5, 2.0)),
        sole=round(float(rng.uniform(0.014, 0.024)), 4),
        laced=bool(rng.random() < 0.7),
    )


@garments.register("boot", spec=BootSpec, build=build_boot)
def sample_boot(rng: np.random.Generator, fabric: FabricSpec) -> BootSpec:
    """Draw a pair of boots."""
    return BootSpec(
        fabric=fabric,
        sole_color=_round(np.array([0.03, 0.025, 0.02]) * rng.uniform(0.6, 2.5)),
        sole=round(float(rng.uniform(0.02, 0.034)), 4),
        shaft=round(float(rng.uniform(0.07, 0.16)), 3),
    )

"""Shoes: sneakers, leather shoes, boots. Their soles are what touches the ground."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material, plain_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ..body_state import BodyState
from .figure import SIDES, Figure, figure_of
from .finish import loop_distance
from .last import Last, Shoe, carry_shoe, shape_shoe
from .tailoring import Mode
from .topology import vertex_normals


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


@dataclass
class _Parts:
    vertices: list[np.ndarray] = field(default_factory=list)
    faces: list[np.ndarray] = field(default_factory=list)
    material: list[np.ndarray] = field(default_factory=list)
    point: dict[str, list[np.ndarray]] = field(default_factory=dict)
    count: int = 0

    def add(self, x: np.ndarray, faces: np.ndarray, material: int, **point: np.ndarray) -> None:
        quads = faces if faces.shape[1] == 3 else np.concatenate([faces[:, :3], faces[:, [0, 2, 3]]])
        self.vertices.append(x)
        self.faces.append(quads + self.count)
        self.material.append(np.full(len(quads), material, np.int32))
        for name in ("rest", "edge", "border", "seam", "seam2", "fade", "inner", "fit", "around"):
            value = point.get("edge" if name == "border" else name)
            if value is None:
                value = (
                    np.full(len(x), 0.2)
                    if name in ("edge", "border", "seam", "seam2")
                    else np.zeros((len(x), 3) if name in ("rest", "fit", "around") else len(x))
                )
            self.point.setdefault(name, []).append(np.asarray(value, np.float32))
        self.count += len(x)

    def mesh(self, materials: tuple) -> Mesh:
        return Mesh(
            np.concatenate(self.vertices).astype(np.float32),
            np.concatenate(self.faces).astype(np.int32),
            materials,
            face_material=np.concatenate(self.material),
            point={k: np.concatenate(v) for k, v in self.point.items()},
        )


def _lace_bars(shoe: Shoe, rows: int, k: float) -> tuple[np.ndarray, np.ndarray]:
    """Flat bars over the instep, following the upper. (V, 3) A-pose points and (F, 4) faces."""
    f, q = shoe.frame, shoe.local
    top = q[:, 2] > 0.03 * k
    vertices, faces = [], []
    across, count = np.linspace(-1, 1, 9), 0
    for i in range(rows):
        u = f.length * (0.42 + 0.24 * i / max(rows - 1, 1))
        near = q[top & (np.abs(q[:, 0] - u) < 0.02 * k)]
        if len(near) < 6:
            continue
        mid = near[near[:, 2] > near[:, 2].max() - 0.006 * k][:, 1].mean()
        half = 0.017 * k
        ring = []
        for du, lift in ((-0.0035, 0.0005), (-0.0025, 0.0032), (0.0025, 0.0032), (0.0035, 0.0005)):
            v = mid + half * across
            d = (near[None, :, 1] - v[:, None]) ** 2 * 4 + (near[None, :, 0] - u) ** 2
            w = np.exp(-d / (2 * (0.006 * k) ** 2))
            z = (w @ near[:, 2]) / np.maximum(w.sum(1), 1e-9)
            slant = 0.5 * (0.24 * f.length / max(rows - 1, 1)) * 0.25 * across
            ring.append(np.stack([np.full(9, u + du * k) + slant, v, z + lift * k], 1))
        p = np.stack(ring)  # (4, 9, 3)
        vertices.append(p.reshape(-1, 3))
        j = np.arange(8)
        for r in range(3):
            faces.append(count + np.stack([r * 9 + j, r * 9 + j + 1, (r + 1) * 9 + j + 1, (r + 1) * 9 + j], 1))
        count += 36
    if not vertices:
        return np.zeros((0, 3)), np.zeros((0, 4), np.int32)
    return f.world(np.concatenate(vertices)), np.concatenate(faces)[:, ::-1].astype(np.int32)


def _seam_lines(shoe: Shoe, k: float, cap: bool, quarter: bool) -> tuple[np.ndarray, np.ndarray]:
    """(V,) signed metres to the lines where pieces of the upper are sewn together: toe cap and counter; eyelet tabs."""
    f, q = shoe.frame, shoe.local
    u, v, z = q[:, 0] / f.length, q[:, 1], q[:, 2]
    ends = np.full(len(q), 0.05)
    if cap:
        ends = np.where(u > 0.6, (u - 0.80 + 2.2 * (v / f.length) ** 2) * f.length, ends)
    if quarter:
        ends = np.where(u < 0.5, (0.20 + 0.6 * (z / f.length) - u) * f.length, ends)
    tabs = np.abs(v) - 0.019 * k
    there = quarter & (u > 0.36) & (u < 0.72) & (z > 0.03 * k)
    tabs = np.where(there, tabs, np.copysign(0.05, tabs))
    return np.clip(ends, -0.05, 0.05), np.clip(tabs, -0.05, 0.05)


def _pair(spec: ShoeSpec, body: BodyState, last: Last, laces: int, cap: bool, quarter: bool, materials: tuple) -> Mesh:
    fig: Figure = figure_of(body)
    parts = _Parts()
    for side in SIDES:
        shoe = shape_shoe(fig, side, last)
        k = shoe.frame.length / 0.25
        x = carry_shoe(shoe.upper, shoe, fig, body, side)
        loops = [lo for lo in shoe.fabric.loops if len(lo) > 8]
        edge = loop_distance(shoe.upper, loops[0]) if loops else np.full(len(x), 0.2)
        rest = shoe.local + np.array([0, 0.4 * side, 0])
        lines = _seam_lines(shoe, k, cap, quarter)
        parts.add(x, shoe.fabric.tris, 0, rest=rest, edge=edge, seam=lines[0], seam2=lines[1], fit=shoe.upper)
        if loops:
            # The padded collar, turned in.
            lo = loops[0]
            n = vertex_normals(x, shoe.fabric.tris)[lo]
            up = np.array([0.0, 0.0, 1.0])
            rings = [
                x[lo],
                x[lo] - n * 0.003 * k + up * 0.002 * k,
                x[lo] - n * 0.005 * k,
                x[lo] - n * 0.004 * k - up * 0.02 * k,
            ]
            m = len(lo)
            j = np.arange(m)
            quads = [
                np.stack([r * m + (j + 1) % m, r * m + j, (r + 1) * m + j, (r + 1) * m + (j + 1) % m], 1)
                for r in range(3)
            ]
            ones = np.ones(4 * m)
            parts.add(np.concatenate(rings), np.concatenate(quads), 0, rest=np.tile(rest[lo], (4, 1)), edge=0.004 * ones, inner=ones,
                      fit=np.tile(shoe.upper[lo], (4, 1)))  # fmt: skip
        s = carry_shoe(shoe.sole, shoe, fig, body, side)
        parts.add(s, shoe.sole_faces, 1, rest=shoe.frame.local(shoe.sole), fit=shoe.sole)
        if laces:
            bars, faces = _lace_bars(shoe, laces, k)
            if len(bars):
                parts.add(
                    carry_shoe(bars, shoe, fig, body, side),
                    faces,
                    2,
                    rest=shoe.frame.local(bars),
                    inner=np.ones(len(bars)),
                    fit=bars,
                )
    return parts.mesh(materials)


def build_sneaker(spec: SneakerSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A pair of trainers."""
    last = Last(
        collar=0.05 if spec.high else 0.004, dip=0.0 if spec.high else 0.016, sole=spec.sole, band=0.014, ease=0.0065
    )
    upper = cloth_material(spec.fabric, hem=0.006, seams=("seam", "seam2"))
    rubber = plain_material("rubber", spec.sole_color, 0.55, 0.1)
    lace = plain_material("lace", spec.lace_color, 0.8, 0.3)
    return [(_pair(spec, body, last, 6, True, True, (upper, rubber, lace)), "footwear")]


def build_leather_shoe(
    spec: LeatherShoeSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast"
) -> list[tuple[Mesh, str]]:
    """A pair of leather shoes."""
    last = Last(collar=-0.004, dip=0.014, sole=spec.sole, band=0.007, welt=0.005, heel=0.012, point=0.016, ease=0.0055)
    upper = cloth_material(spec.fabric, hem=0.004, seams=("seam", "seam2"))
    sole = plain_material("sole", spec.sole_color, 0.5)
    lace = plain_material("lace", tuple(0.6 * c for c in spec.fabric.color), 0.7, 0.2)  # type: ignore[arg-type]
    return [(_pair(spec, body, last, 4 if spec.laced else 0, spec.laced, spec.laced, (upper, sole, lace)), "footwear")]


def build_boot(spec: BootSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A pair of boots."""
    last = Last(collar=spec.shaft, dip=0.0, sole=spec.sole, band=0.010, welt=0.006, heel=0.014, ease=0.007, toe=0.008)
    upper = cloth_material(spec.fabric, hem=0.006, seams=("seam", "seam2"))
    sole = plain_material("sole", spec.sole_color, 0.6, 0.1)
    lace = plain_material("lace", tuple(0.5 * c for c in spec.fabric.color), 0.7, 0.2)  # type: ignore[arg-type]
    return [(_pair(spec, body, last, 5, True, False, (upper, sole, lace)), "footwear")]


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

"""What leaves most of the foot open or lies close to it: sandals, flat pumps, socks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material, plain_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ...vectors import every, vertex_normals
from ..body_state import BodyState
from .collide import Collider, surface_samples
from .cuts import graded
from .figure import ANKLE, KNEE, SIDES, Canonical, canonical, figure_of, smoothstep
from .finish import loop_distance
from .last import LEVELS, Last, Shoe, carry_shoe, shape_shoe
from .parts import Parts
from .pattern import Cutter, Pattern
from .shoes import ShoeSpec, around_foot, shoe_mesh
from .strips import grid_faces, slab
from .tailoring import Mode
from .topology import Blend, Fabric, subdivide


@dataclass(frozen=True)
class SandalSpec(ShoeSpec):
    """A flat sandal with straps."""

    kind: ClassVar[str | None] = "sandal"
    straps: int = param(2, low=1, high=3, doc="Straps over the forefoot.")
    heel_strap: bool = param(True, doc="A strap behind the heel; without it, a slipper.")


@dataclass(frozen=True)
class PumpSpec(ShoeSpec):
    """A low-cut shoe with a low heel or none: ballet flats."""

    kind: ClassVar[str | None] = "pump"
    throat: float = param(0.74, low=0.62, high=0.82, doc="Where the opening ends, share of the foot's length.")
    point: float = param(0.3, low=0.0, high=1.0, doc="0 round toe, 1 pointed.")


@dataclass(frozen=True)
class SocksSpec(GarmentSpec):
    """A pair of socks."""

    kind: ClassVar[str | None] = "socks"
    height: float = param(0.13, low=0.03, high=0.36, unit="m", doc="Height over the ankle joint, on an average adult.")


def _strap(shoe: Shoe, u: float, width: float, k: float, low: float, thickness: float) -> tuple[np.ndarray, np.ndarray]:
    """A strap across the foot, `u` of its length from the heel, from one edge of the sole to the other."""
    L = shoe.frame.length
    grid = shoe.local
    rows = []
    for du in np.linspace(-0.5, 0.5, 5):
        at = (u + du * width / L * k) * L
        line = []
        # Walk over the foot: on every level the two places where the loop crosses this length, outer side, then inner.
        for side in (1, -1):
            half = grid[:, :33] if side > 0 else grid[:, [0, *range(63, 31, -1)]]
            pts = []
            for loop in half[int(low) :]:
                order = np.argsort(loop[:, 0])
                if loop[:, 0].min() < at < loop[:, 0].max():
                    pts.append([at, np.interp(at, loop[order, 0], loop[order, 1]), np.interp(at, loop[order, 0], loop[order, 2])])
            line.append(np.array(pts))
        rows.append(np.concatenate([line[0], line[1][::-1]]))
    # The same number of points in each row, evenly along it.
    even = []
    for r in rows:
        s = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(r, axis=0), axis=1))])
        e = np.stack([np.interp(np.linspace(0, s[-1], 25), s, r[:, j]) for j in range(3)], 1)
        for _ in range(4):
            e[1:-1] = 0.5 * e[1:-1] + 0.25 * (e[:-2] + e[2:])
        even.append(e)
    g = shoe.frame.world(np.stack(even).reshape(-1, 3)).reshape(5, 25, 3)
    n = np.cross(np.gradient(g, axis=1), np.gradient(g, axis=0))
    n /= np.maximum(np.linalg.norm(n, axis=2, keepdims=True), 1e-9)
    n *= np.sign(n[2, 12, 2]) or 1.0
    g = g + n * thickness
    # Columns must run so that rows × columns looks outwards.
    x, faces = slab(g[:, ::-1] if np.cross(g[2, 13] - g[2, 12], g[3, 12] - g[2, 12])[2] < 0 else g, thickness)
    return x, faces


def build_sandal(spec: SandalSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A pair of sandals."""
    fig = figure_of(body)
    parts = Parts()
    last = Last(back=0.058, side=0.050, throat=0.44, sole=spec.sole, band=0.002, welt=0.003, ease=0.0018, toe=0.032, point=0.004,
                heel=0.3 * spec.sole, spring=0.006)  # fmt: skip
    for side in SIDES:
        shoe = shape_shoe(fig, side, last)
        k = shoe.frame.length / 0.25

        def put(
            x: np.ndarray, faces: np.ndarray, material: int, shoe: Shoe = shoe, side: int = side, k: float = k, **more: np.ndarray
        ) -> None:
            q = shoe.frame.local(x)
            rest = q + np.array([0, 0.4 * side, 0])
            parts.add(carry_shoe(x, shoe, fig, body, side), faces, material, rest=rest, place=x, around=around_foot(q, k), **more)

        put(shoe.sole, shoe.sole_faces, 1)
        for u in (0.70, 0.55, 0.62)[: spec.straps]:
            x, faces = _strap(shoe, u, 0.026 if spec.straps > 1 else 0.06, k, 0, 0.0022 * k)
            edge = 0.2 * np.ones(len(x))
            put(x, faces, 0, edge=edge)
        if spec.heel_strap:
            # From the instep round behind the heel: two loops of the upper, near its top line.
            turn = np.linspace(0.17, 0.83, 33)
            rows = [shoe.on(np.full(33, level), turn) for level in np.linspace(0.74, 0.99, 5) * (LEVELS - 1)]
            x, faces = slab(np.stack(rows), 0.002 * k)
            put(x, faces, 0)
    upper = cloth_material(spec.fabric, hem=0.0)
    return [(parts.mesh((upper, plain_material("footbed", spec.sole_color, 0.7, 0.3))), "footwear")]


def build_pump(spec: PumpSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A pair of pumps."""
    last = Last(back=0.054, side=0.034, throat=spec.throat, sole=spec.sole, band=0.002, welt=0.0012, heel=0.75 * spec.sole,
                point=0.006 + 0.016 * spec.point, ease=0.0028, toe=0.028, square=0.4 - 0.5 * spec.point, spring=0.006)  # fmt: skip
    upper = cloth_material(spec.fabric, hem=0.0035, seams=())
    sole = plain_material("sole", spec.sole_color, 0.5)
    return [(shoe_mesh(spec, body, last, 0, False, False, (upper, sole), 0.3), "footwear")]


@lru_cache(maxsize=32)
def _cut_sock(base: Canonical, side: int, height: float, refined: bool) -> tuple[Pattern, Blend, Fabric]:
    c = Cutter(base, detail=1)
    ankle = base.joints[ANKLE[side]]
    own = (c.points[:, 0] > 0) == (side == 0)
    low = c.value(base.leg)[:, side] > 0.4
    c.clip(np.where(own & low, ankle[2] + height - c.points[:, 2], -1.0)).tidy()
    pattern = c.finish()
    if not refined:
        return pattern, Blend.none(pattern.fabric.count), pattern.fabric
    by, tris = subdivide(pattern.fabric.tris, pattern.fabric.count)
    return pattern, by, Fabric(tris, len(by.a))


def _onto_skin(x: np.ndarray, body: BodyState) -> np.ndarray:
    """Points of the shell on the skin below them: no more than 15 mm away, or it is another toe."""
    w = body.model.full_weights[: body.count]
    faces = body.model.faces[every((w[:, [4, 5, 7, 8, 10, 11]].sum(1) > 0.5)[body.model.faces])]
    collider = Collider.of([surface_samples(body.posed[: body.count].astype(float), faces, 0.0)], x)
    which = collider.nearest(x)
    gap = np.einsum("ij,ij->i", x - collider.points[which], collider.normals[which])
    return x - collider.normals[which] * np.clip(gap, -0.015, 0.015)[:, None]


def build_socks(spec: SocksSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """Knitted tubes close to foot and shin, ribbed above."""
    fig = figure_of(body)
    parts = Parts()
    for side in SIDES:
        pattern, by, fabric = _cut_sock(canonical(body.model), side, spec.height, mode != "far")
        fitted = _onto_skin(by(pattern.binding(fig.points)), fig.body)
        x = _onto_skin(by(pattern.binding(body.posed.astype(float))), body)
        loop = next(lo for lo in fabric.loops if len(lo) > 8)
        # Socks slip a little: rings above the ankle.
        axis = fig.legs[side]
        t, angle, radius = axis.split(fitted)
        ankle = axis.split(fig.joints[ANKLE[side]][None])[0][0]
        ring = np.exp(-(((t - ankle + 0.03 * fig.leg_scale) / 0.05) ** 2)) * np.sin(t * 330.0 + 1.5 * np.sin(angle * 2))
        off = 0.0018 + 0.0011 * ring
        x = x + vertex_normals(x, fabric.tris) * off[:, None]
        fit = fitted + vertex_normals(fitted, fabric.tris) * 0.002
        edge = loop_distance(fitted, loop)
        turn = angle + (np.pi if side == 1 else 0.0)
        around = np.stack([np.sin(turn), -np.cos(turn), np.full(len(t), 0.045 * fig.leg_scale)], 1)
        rest = np.stack([radius * np.cos(angle), radius * np.sin(angle), -t], 1)
        parts.add(x, fabric.tris, 0, rest=rest, fit=fit, around=around, edge=edge, rib=smoothstep(edge, 0.075, 0.07))
        # The upper border, turned in.
        n = vertex_normals(x, fabric.tris)[loop]
        up = body.joints[KNEE[side]] - body.joints[ANKLE[side]]
        up = up / np.linalg.norm(up)
        rings = np.concatenate([x[loop], x[loop] - n * 0.0016 + up * 0.0005, x[loop] - n * 0.0016 - up * 0.01])
        m = len(loop)
        quads = grid_faces(3, m, closed_columns=True)[:, [1, 0, 3, 2]]
        parts.add(rings, quads, 0, rest=np.tile(rest[loop], (3, 1)), around=np.tile(around[loop], (3, 1)), fit=np.tile(fit[loop], (3, 1)),
                  edge=np.full(3 * m, 0.004), inner=np.repeat([0.0, 1.0, 1.0], m), rib=np.ones(3 * m))  # fmt: skip
    return [(parts.mesh((cloth_material(spec.fabric, hem=0.0, ribbed=True),)), "footwear")]


def _dark(rng: np.random.Generator) -> tuple[float, float, float]:
    r, g, b = (round(float(v), 4) for v in np.array([0.035, 0.025, 0.018]) * rng.uniform(0.6, 2.0))
    return r, g, b


@garments.register("sandal", spec=SandalSpec, build=build_sandal)
def sample_sandal(rng: np.random.Generator, fabric: FabricSpec) -> SandalSpec:
    """Draw a pair of sandals."""
    return SandalSpec(
        fabric=fabric,
        sole_color=_dark(rng) if rng.random() < 0.4 else (0.34, 0.22, 0.12),
        sole=round(float(rng.uniform(0.012, 0.026)), 4),
        straps=int(rng.integers(1, 4)),
        heel_strap=bool(rng.random() < 0.65),
    )


@garments.register("pump", spec=PumpSpec, build=build_pump)
def sample_pump(rng: np.random.Generator, fabric: FabricSpec) -> PumpSpec:
    """Draw a pair of pumps."""
    return PumpSpec(
        fabric=fabric,
        sole_color=_dark(rng),
        sole=round(float(rng.uniform(0.008, 0.022)), 4),
        throat=round(float(rng.uniform(0.68, 0.78)), 3),
        point=round(float(rng.beta(1.4, 1.8)), 3),
    )


@garments.register("socks", spec=SocksSpec, build=build_socks)
def sample_socks(rng: np.random.Generator, fabric: FabricSpec) -> SocksSpec:
    """Draw a pair of socks."""
    short = rng.random() < 0.3
    return SocksSpec(fabric=fabric, height=graded(float(rng.uniform(0.04, 0.06) if short else rng.uniform(0.10, 0.2)), 0.02))

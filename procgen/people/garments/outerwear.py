"""What is worn over a top: jackets, open or zipped, and hoodies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material, plain_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ..body_state import BodyState
from .cuts import cut_top, graded, loop_fade
from .drape import Cloth
from .figure import NECK, Figure, canonical, figure_of, smoothstep
from .finish import Draped, to_mesh
from .fitting import Ease
from .folds import Folding
from .shirt import front_line, lay_on, neck_up, shirt_collar, snug
from .strips import Piece, grid_faces, neckline, on_surface, sew_on
from .tailoring import Mode, Work, make
from .tops import armhole_seam, held, rib_band


@dataclass(frozen=True)
class HoodieSpec(GarmentSpec):
    """A sweatshirt with a hood that lies on the back."""

    kind: ClassVar[str | None] = "hoodie"
    looseness: float = param(0.5, low=0.0, high=1.0, doc="0 fitted, 1 oversized.")
    length: float = param(0.02, low=-0.04, high=0.12, unit="m", doc="Hem below the hip joints, on an average adult.")
    hood: float = param(0.6, low=0.2, high=1.0, doc="Bulk of the hood.")


@dataclass(frozen=True)
class JacketSpec(GarmentSpec):
    """A jacket with a turned-down collar, open or closed by a zip."""

    kind: ClassVar[str | None] = "jacket"
    looseness: float = param(0.5, low=0.0, high=1.0, doc="0 fitted, 1 wide.")
    length: float = param(0.04, low=-0.05, high=0.35, unit="m", doc="Hem below the hip joints, on an average adult.")
    opening: float = param(
        0.05, low=0.0, high=0.09, unit="m", doc="Half width of the open front at the hem; 0 = zipped."
    )
    collar: float = param(0.05, low=0.03, high=0.08, unit="m", doc="Width of the collar behind.")


def _ease(k: float) -> Ease:
    return Ease(
        skin=0.008, chest=0.014 + 0.014 * k, hem=0.016 + 0.016 * k, hang=0.3 - 0.2 * k, arm=0.012 + 0.010 * k, cuff=0.014,
        arm_hang=0.06,
    )  # fmt: skip


def zip_strip(cloth: Draped, fig: Figure) -> Piece:
    """Zip teeth down the front (material 1)."""
    rows = 48
    line = front_line(cloth, fig, rows)
    across = np.array([-1.0, -0.9, 0.0, 0.9, 1.0]) * 0.0045 * fig.scale
    fitted = np.repeat(line[:, None], 5, 1)
    fitted[..., 0] += across
    lift = np.tile([0.0, 0.0018, 0.0024, 0.0018, 0.0], rows)
    x = on_surface(cloth, fitted.reshape(-1, 3), lift).reshape(rows, 5, 3)
    x[1:-1] = 0.5 * x[1:-1] + 0.25 * (x[:-2] + x[2:])
    faces = grid_faces(rows, 5)
    a, b, c = x[20, 1], x[20, 3], x[21, 1]
    if np.cross(b - a, c - a) @ (x[20, 2] - cloth.x.mean(0)) < 0:
        faces = faces[:, ::-1]
    return Piece(x.reshape(-1, 3), faces, 1, {"rest": fitted.reshape(-1, 3), "place": fitted.reshape(-1, 3)})


def hood(cloth: Draped, body: BodyState, fig: Figure, bulk: float) -> Piece:
    """A hood that is down: it stands up along the neck, turns over in a soft rim, and lies on shoulders and back."""
    k = fig.scale
    neck = neckline(cloth, neck_up(body), columns=97, gap=0.0)
    m, t = len(neck.x), neck.front
    up, out = neck.up, neck.out
    side = np.sign(np.linspace(-1, 1, m))
    back = smoothstep(t, 0.75, 0.0)
    # The rim comes down to the throat, where one side lies over the other.
    stand = (0.012 + 0.036 * smoothstep(t, 1.0, 0.45) + 0.010 * bulk * back)[:, None] * k
    fall = (0.014 + 0.040 * smoothstep(t, 1.0, 0.5) + (0.05 + 0.09 * bulk) * back)[:, None] * k
    base = neck.x + out * (0.003 * smoothstep(t, 0.9, 1.0) * (side > 0))[:, None] * k
    rim = snug(base + up * stand, out, body, 0.012 * k)
    lean = smoothstep(t, 0.1, 0.5)[:, None]
    drop = -up * (0.95 - 0.35 * lean) + out * (0.25 + 0.5 * lean)
    drop /= np.linalg.norm(drop, axis=1, keepdims=True)
    roll = (0.004 + 0.003 * bulk * smoothstep(t, 1.0, 0.6))[:, None] * k
    inside = [base - up * 0.008 * k - out * 0.002 * k, 0.6 * base + 0.4 * rim, rim - out * 0.002 * k, rim + up * roll + out * 0.4 * roll]
    places = np.linspace(0.0, 1.0, 12)
    lying = np.stack([rim + out * 2.0 * roll - up * 0.2 * roll + drop * fall * s for s in places])
    lying[2:] = lay_on(lying[2:], cloth, 0.004, np.multiply.outer(smoothstep(places[2:], 0.2, 1.0), 0.9 * np.ones(m)))
    # Two layers with air between them, slack at the back: it sags into bows, and its edge is round.
    puff = np.sin(np.pi * np.clip(places, 0, 1) ** 0.8)[:, None] ** 0.7 * (0.004 + 0.020 * bulk * back)
    bows = 0.0045 * np.sin(2 * np.pi * (places[:, None] * 2.3 - 1.1 * np.linspace(-1, 1, m)[None] ** 2 * 2.2 + 0.15))
    lift = (puff + bows * smoothstep(places, 0.1, 0.4)[:, None] * smoothstep(places, 1.0, 0.8)[:, None] * back)[..., None] * k
    normal = np.cross(np.gradient(lying, axis=1), np.gradient(lying, axis=0))
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-9)
    if np.mean(np.einsum("rcj,cj->rc", normal[2:], out)) < 0:
        normal = -normal
    lying = lying + normal * lift
    x = np.concatenate([np.stack(inside), lying, lying[-1:] - normal[-1:] * 0.008 * k])
    rows = len(x)
    faces = grid_faces(rows, m)
    a, b, c = x[8, m // 2], x[9, m // 2], x[8, m // 2 + 1]
    if np.cross(b - a, c - a) @ out[m // 2] > 0:
        faces = faces[:, ::-1]
    along = np.tile(np.linspace(-0.3, 0.3, m), rows)
    rest = np.stack([along, np.zeros(rows * m), np.repeat(np.arange(rows) * -0.013, m)], 1)
    circle = np.stack([np.sin(along / 0.1), np.cos(along / 0.1), np.full(rows * m, 0.1)], 1)
    # The casing of the cord: a seam round the rim.
    edge = np.repeat(np.concatenate([[0.05, 0.012, 0.003, 0.0], 0.004 + 0.012 * np.arange(len(places) + 1)]), m)
    return Piece(x.reshape(-1, 3), faces, 0, {"rest": rest, "around": circle, "edge": edge, "inner": np.zeros(rows * m)})


def cords(cloth: Draped, fig: Figure) -> list[Piece]:
    """Two cords that hang from the neckline (material 1)."""
    out = []
    line = front_line(cloth, fig, 56)
    for side in (-1.0, 1.0):
        p = line[:16].copy()
        p[:, 0] += side * (0.032 + 0.004 * np.sin(np.arange(16) * 0.5)) * fig.scale
        x = on_surface(cloth, p, 0.004)
        ring = []
        for a in np.linspace(0, 2 * np.pi, 9)[:-1]:
            ring.append(x + np.array([np.cos(a), np.sin(a) * 0.9, 0.2 * np.sin(a)]) * 0.0028)
        out.append(Piece(np.stack(ring, 1).reshape(-1, 3), grid_faces(16, 8, closed_columns=True), 1, {}))
    return out


def build_hoodie(spec: HoodieSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A hooded sweatshirt with a pouch pocket."""
    pattern = cut_top(canonical(body.model), spec.length, 0.97, "crew", 0.05, -0.02)
    ease = replace(_ease(spec.looseness), hem=0.008, cuff=0.005, hang=0.25)
    folds = Folding(spec.fabric.kind, 0.45 + 0.55 * spec.looseness)
    work = Work(ease=ease, cloth=Cloth(bend=0.45, slack=1.035), clearance=0.006, folds=folds)
    cloth = make(pattern, body, below, work, mode, *held(pattern))
    fig = figure_of(body)
    rib_band(cloth, {"hem": 0.06, "cuff0": 0.055, "cuff1": 0.055})
    hip = fig.joints[1][2]
    u, w = np.abs(cloth.fitted[:, 0]) / fig.scale, (cloth.fitted[:, 2] - hip) / fig.scale
    sides = np.maximum(u - 0.125 + 0.55 * np.clip(w - 0.11, 0, 1), np.maximum(w - 0.20, 0.06 - spec.length - w))
    cloth.point["seam"] = armhole_seam(cloth, fig)
    sides = np.where(cloth.fitted[:, 1] < fig.trunk.origin[1], sides, np.abs(sides) + 0.02)
    cloth.point["seam2"] = np.clip(sides, -0.05, 0.05)
    material = cloth_material(spec.fabric, hem=0.012, seams=cloth.seams, ribbed=True)
    cord = plain_material("cord", tuple(min(1.0, 1.2 * c + 0.02) for c in spec.fabric.color), 0.9, 0.2)  # type: ignore[arg-type]
    pieces = [hood(cloth, body, fig, spec.hood), *cords(cloth, fig)]
    return [(sew_on(to_mesh(cloth, material, 0.0032), pieces, (material, cord)), "outerwear")]


def build_jacket(spec: JacketSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A jacket."""
    pattern = cut_top(canonical(body.model), spec.length, 0.97, "crew", 0.05, -0.03, spec.opening)
    open_front = spec.opening > 0
    if open_front:
        neck = canonical(body.model).joints[NECK][2] - 0.07
        edge = loop_fade(pattern, ("border",), 0.005, 0.06) * smoothstep(pattern.points[:, 2], neck, neck + 0.05)
        # Only the neck is held: a held hem would puff out under the cloth that sinks on it.
        tight, hold = 0.6 * edge, 0.6 * edge
    else:
        tight, hold = held(pattern)
    folds = Folding(spec.fabric.kind, 0.4 + 0.5 * spec.looseness, stack=0.8)
    work = Work(ease=_ease(spec.looseness), cloth=Cloth(bend=0.5, slack=1.03), clearance=0.006, folds=folds)
    cloth = make(pattern, body, below, work, mode, tight, hold)
    fig = figure_of(body)
    hip = fig.joints[1][2]
    u, w = np.abs(cloth.fitted[:, 0]) / fig.scale, (cloth.fitted[:, 2] - hip) / fig.scale
    cloth.point["seam"] = armhole_seam(cloth, fig)
    slit = u - 0.10 - 0.4 * (w - 0.1)
    there = (np.abs(w - 0.10) < 0.075) & (cloth.fitted[:, 1] < fig.trunk.origin[1])
    cloth.point["seam2"] = np.clip(np.where(there, slit, np.copysign(0.05, slit)), -0.05, 0.05)
    material = cloth_material(spec.fabric, hem=0.02, seams=cloth.seams)
    metal = plain_material("zip", (0.10, 0.10, 0.10), 0.35, specular=0.6)
    if open_front:
        cloth.loops["neck"] = _neck_part(cloth, fig)
    pieces = [shirt_collar(cloth, body, fig, spec.collar, 0.7)]
    if not open_front:
        pieces.append(zip_strip(cloth, fig))
    return [(sew_on(to_mesh(cloth, material, 0.003), pieces, (material, metal)), "outerwear")]


def _neck_part(cloth: Draped, fig: Figure) -> np.ndarray:
    """The part of an open front's border that runs around the neck."""
    loop = cloth.loops["border"]
    z = cloth.fitted[loop][:, 2]
    return loop[z > fig.joints[NECK][2] - 0.085 * fig.scale]


@garments.register("hoodie", spec=HoodieSpec, build=build_hoodie)
def sample_hoodie(rng: np.random.Generator, fabric: FabricSpec) -> HoodieSpec:
    """Draw the measures of a hoodie."""
    return HoodieSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2, 2)), 3),
        length=graded(float(rng.uniform(0.0, 0.06)), 0.02),
        hood=round(float(rng.uniform(0.4, 0.9)), 3),
    )


@garments.register("jacket", spec=JacketSpec, build=build_jacket)
def sample_jacket(rng: np.random.Generator, fabric: FabricSpec) -> JacketSpec:
    """Draw the measures of a jacket."""
    return JacketSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2, 2)), 3),
        length=graded(float(rng.uniform(-0.01, 0.10) if rng.random() < 0.75 else rng.uniform(0.15, 0.33)), 0.02),
        opening=graded(float(rng.uniform(0.03, 0.08)) if rng.random() < 0.65 else 0.0, 0.02),
        collar=round(float(rng.uniform(0.04, 0.065)), 3),
    )

"""Bags that are worn: backpacks and shoulder bags, with straps that lie on whatever is worn."""

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
from .figure import HIP, KNEE, NECK, SPINE3, Figure, figure_of, smoothstep
from .parts import Parts
from .strips import grid_faces, slab, tube
from .surroundings import Surroundings
from .tailoring import Mode


@dataclass(frozen=True)
class BackpackSpec(GarmentSpec):
    """A backpack worn on both shoulders."""

    kind: ClassVar[str | None] = "backpack"
    height: float = param(0.42, low=0.28, high=0.6, unit="m", doc="Height, on an average adult.")
    fill: float = param(0.5, low=0.0, high=1.0, doc="0 flat, 1 stuffed.")


@dataclass(frozen=True)
class ShoulderBagSpec(GarmentSpec):
    """A bag on a strap across the body, at the right hip."""

    kind: ClassVar[str | None] = "shoulder_bag"
    width: float = param(0.26, low=0.16, high=0.4, unit="m", doc="Width, on an average adult.")
    height: float = param(0.19, low=0.12, high=0.34, unit="m", doc="Height, on an average adult.")
    flap: bool = param(True, doc="Closed by a flap; otherwise by a zip.")


def superquadric(
    size: np.ndarray, round_plan: float, round_side: float, columns: int = 48, rows: int = 25
) -> tuple[np.ndarray, np.ndarray]:
    """A rounded box (V, 3) centred at 0 and its outward quads; smaller exponents are boxier."""
    e, a = np.meshgrid(np.linspace(-np.pi / 2, np.pi / 2, rows), np.arange(columns) * (2 * np.pi / columns), indexing="ij")

    def power(v: np.ndarray, n: float) -> np.ndarray:
        return np.sign(v) * np.abs(v) ** n

    c = power(np.cos(e), round_side)
    x = np.stack([c * power(np.cos(a), round_plan), c * power(np.sin(a), round_plan), power(np.sin(e), round_side)], -1) * (size / 2)
    return x.reshape(-1, 3), grid_faces(rows, columns, closed_columns=True)


def ribbon(
    path: np.ndarray, out: np.ndarray, width: np.ndarray | float, thickness: float, closed: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """A strap along a path (M, 3), flat against what `out` (M, 3) points away from."""
    d = (np.roll(path, -1, 0) - np.roll(path, 1, 0)) if closed else np.gradient(path, axis=0)
    d /= np.maximum(np.linalg.norm(d, axis=1, keepdims=True), 1e-9)
    n = out - np.einsum("ij,ij->i", out, d)[:, None] * d
    n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-9)
    across = np.cross(n, d)
    w = np.broadcast_to(np.asarray(width, float), (len(path),))
    grid = path[:, None] + across[:, None] * (np.linspace(-0.5, 0.5, 5)[None, :, None] * w[:, None, None]) + n[:, None] * thickness
    # Rows along the path, columns so that the outside is `out`.
    if np.cross(grid[1, 3] - grid[1, 1], grid[2, 2] - grid[1, 2]) @ n[1] < 0:
        grid = grid[:, ::-1]
    return slab(grid, thickness, closed_rows=closed)


class _Chest:
    """The chest's frame in a pose: X to the person's left, Y back, Z up; origin at the chest joint."""

    def __init__(self, fig: Figure, body: BodyState, below: list[Mesh]) -> None:
        T = (body.T @ fig.from_fit)[SPINE3]
        self.R, self.at = T[:3, :3], np.asarray(body.joints[SPINE3], float)
        self.k = fig.scale
        self.points = self.local(Surroundings.of(body, below).points)
        # What straps lie on: the trunk down to the seat.
        low = float(fig.joints[list(HIP), 2].mean()) - 0.12 * self.k
        self.trunk = self.local(Surroundings.of(body, below, low=low).points)
        self.neck = float(self.local(np.asarray(body.joints[NECK], float)[None])[0, 2])
        self.hips = self.local(np.asarray(body.joints[list(HIP)], float)).mean(0)

    def local(self, x: np.ndarray) -> np.ndarray:
        return (x - self.at) @ self.R

    def world(self, x: np.ndarray) -> np.ndarray:
        return x @ self.R.T + self.at


def _smooth(path: np.ndarray, times: int) -> np.ndarray:
    for _ in range(times):
        path[1:-1] = 0.5 * path[1:-1] + 0.25 * (path[:-2] + path[2:])
    return path


def _over_shoulder(c: _Chest, side: float, top: float, low: float, back: float, half: float) -> tuple[np.ndarray, np.ndarray]:
    """A strap's path from the top of a pack over the shoulder, down the chest and back under the arm; and outward vectors."""
    k, p = c.k, c.trunk
    x0 = side * 0.092 * k
    middle = np.array([x0, 0.0, c.neck - 0.12 * k])
    # The neck is not what a strap lies on.
    lane = p[(np.abs(p[:, 0] - x0) < 0.024 * k) & (p[:, 2] < c.neck - 0.005 * k)]
    d = lane - middle
    lane_ok = np.hypot(d[:, 1], d[:, 2]) < 0.24 * k
    d = d[lane_ok]
    r, a = np.hypot(d[:, 1], d[:, 2]), np.arctan2(d[:, 2], d[:, 1])
    path, out = [], []
    for phi in np.linspace(0.28 * np.pi, np.pi * 1.02, 26):
        near = np.abs((a - phi + np.pi) % (2 * np.pi) - np.pi) < 0.12
        reach = float(r[near].max()) if near.any() else 0.1 * k
        way = np.array([0.0, np.cos(phi), np.sin(phi)])
        path.append(middle + way * (reach + 0.003))
        out.append(way)
    # Under the arm: round the side of the chest at falling height.
    start = path[-1]
    for t in np.linspace(0.08, 1.0, 20):
        z = start[2] + (low - start[2]) * t
        level = p[(np.abs(p[:, 2] - z) < 0.03 * k) & (side * p[:, 0] > 0)]
        first, last = np.arctan2(start[1], side * start[0]), np.arctan2(back, half)
        psi = first + (last - first) * t
        way = np.array([side * np.cos(psi), np.sin(psi), 0.0])
        if len(level):
            turn = np.arctan2(level[:, 1], side * level[:, 0])
            near = np.abs(turn - psi) < 0.22
            reach = float(np.hypot(level[near][:, 0], level[near][:, 1]).max()) if near.any() else 0.12 * k
        else:
            reach = 0.12 * k
        path.append(np.array([0.0, 0.0, z]) + way * (reach + 0.004))
        out.append(way)
    return _smooth(np.array(path), 4), np.array(out)


def _floor(body: BodyState) -> float:
    """World height of what a bag stands on: the seat of who sits, otherwise the ground."""
    skin = body.posed[: body.count, 2]
    thigh = np.asarray(body.joints, float)[list(KNEE)] - np.asarray(body.joints, float)[list(HIP)]
    lies = (-thigh[:, 2] / np.linalg.norm(thigh, axis=1) < 0.45).all()
    return float(skin[body.model.full_weights[: body.count, 0] > 0.5].min() if lies else skin.min())


def build_backpack(spec: BackpackSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A pack with a front pocket, padded straps and a handle."""
    fig = figure_of(body)
    c = _Chest(fig, body, below)
    k = c.k
    h, w, d = spec.height * k, 0.29 * k, (0.10 + 0.08 * spec.fill) * k
    top = c.neck - 0.035 * k
    on = c.trunk[(np.abs(c.trunk[:, 0]) < 0.4 * w) & (c.trunk[:, 2] < top) & (c.trunk[:, 2] > top - h)]
    back = float(np.quantile(on[:, 1], 0.985)) if len(on) else 0.12 * k
    parts = Parts()

    def put(x: np.ndarray, faces: np.ndarray, material: int = 0, **point: np.ndarray) -> None:
        a = np.arctan2(x[:, 0], x[:, 1] - back)
        around = np.stack([np.sin(a), np.cos(a), np.full(len(x), 0.12)], 1)
        parts.add(c.world(x), faces, material, **{"rest": x, "around": around, **point})

    x, faces = superquadric(np.array([w, d, h]), 0.42, 0.36)
    # Straight against the back, bulging behind; sagging below.
    sag = 0.018 * spec.fill * k * smoothstep(x[:, 2], 0.1 * h, -0.45 * h)
    x[:, 1] = np.where(x[:, 1] > 0, x[:, 1] + sag, 0.75 * x[:, 1])
    wrinkle = 0.003 * k * np.sin(40 * x[:, 2] / k + 6 * np.sin(14 * x[:, 0] / k))
    x[:, 1] += wrinkle * (x[:, 1] > 0.2 * d)
    x = x + [0.0, back + 0.4 * d, top - 0.5 * h]
    seam = np.abs(np.hypot((x[:, 0]) / w, (x[:, 2] - top + 0.5 * h) / h) - 0.47) * w
    put(x, faces, seam=np.minimum(seam + 0.2 * (x[:, 1] < back + 0.4 * d), 0.05))
    pocket, pf = superquadric(np.array([0.78 * w, 0.5 * d, 0.46 * h]), 0.45, 0.36)
    pocket = pocket + [0.0, back + 0.4 * d + 0.5 * d + 0.25 * sag.max(), top - 0.70 * h]
    put(pocket, pf, seam=np.abs(pocket[:, 2] - top + 0.55 * h))
    for z, half in ((top - 0.10 * h, 0.36 * w), (top - 0.52 * h, 0.30 * w)):
        s = np.linspace(-1, 1, 24)
        y = back + 0.4 * d + (0.5 * d if z > top - 0.3 * h else 0.75 * d) * (1 - 0.28 * s**4) + 0.3 * sag.max()
        put(*tube(np.stack([s * half, y, z - 0.05 * h * s**2], 1), 0.0028 * k, 6), 1)
    s = np.linspace(0, np.pi, 15)
    put(*tube(np.stack([0.05 * k * np.cos(s), np.full(15, back + 0.12 * d), top - 0.015 * k + 0.05 * k * np.sin(s)], 1), 0.006 * k, 8), 0)
    for side in (1.0, -1.0):
        path, out = _over_shoulder(c, side, top, top - 0.86 * h, back, 0.42 * w)
        # From inside the pack to inside the pack.
        first, last = [side * 0.08 * k, back + 0.05 * d, top - 0.05 * h], [side * 0.40 * w, back + 0.1 * d, top - 0.88 * h]
        path = np.concatenate([[first], path, [last]])
        out = np.concatenate([out[:1], out, out[-1:]])
        wide = np.where(np.arange(len(path)) < 30, 0.052, 0.024) * k
        for _ in range(3):
            wide[1:-1] = 0.5 * wide[1:-1] + 0.25 * (wide[:-2] + wide[2:])
        sx, sf = ribbon(path, out, wide, 0.006 * k)
        half = np.tile(np.array([0.0, 0.01, 0.02, 0.01, 0.0]), len(path))
        put(sx, sf, edge=np.tile(half, 2))
    zipper = plain_material("zip", (0.03, 0.03, 0.03), 0.4, specular=0.5)
    return [(parts.mesh((cloth_material(spec.fabric, hem=0.004, seams=("seam",)), zipper)), "accessory")]


def build_shoulder_bag(
    spec: ShoulderBagSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast"
) -> list[tuple[Mesh, str]]:
    """A bag at the right hip; its strap runs over the left shoulder."""
    fig = figure_of(body)
    c = _Chest(fig, body, below)
    k = c.k
    shoulder = np.array([0.085 * k, 0.0, c.neck - 0.02 * k])
    hip = np.array([-0.17 * k, 0.035 * k, c.hips[2] + 0.02 * k])
    flank = c.trunk[(np.abs(c.trunk[:, 1:] - hip[1:]) < [0.08 * k, 0.035 * k]).all(1)]
    # The strap goes down to the cloth at the hip, however far out that is.
    hip[0] = min(hip[0], float(flank[:, 0].min(initial=0.0)) + 0.012 * k)
    u = (shoulder - hip) / np.linalg.norm(shoulder - hip)
    v = np.array([0.0, 1.0, 0.0]) - u[1] * u
    v /= np.linalg.norm(v)
    normal = np.cross(u, v)
    middle = 0.5 * (shoulder + hip)
    d = c.trunk - middle
    near = (np.abs(d @ normal) < 0.022 * k) & (np.abs(d @ u) < 0.62 * np.linalg.norm(shoulder - hip))
    a, b = d[near] @ u, d[near] @ v
    theta = np.arange(96) * (2 * np.pi / 96)
    support = (np.cos(theta)[:, None] * a[None] + np.sin(theta)[:, None] * b[None]).max(1)
    turn = theta[:, None] - theta[None]
    facing = np.where(np.cos(turn) > 0.15, np.cos(turn), np.nan)
    radius = np.nanmin(support[None] / facing, axis=1)
    for _ in range(3):
        radius = 0.5 * radius + 0.25 * (np.roll(radius, 1) + np.roll(radius, -1))
    way = np.cos(theta)[:, None] * u + np.sin(theta)[:, None] * v
    loop = middle + way * (radius + 0.004)[:, None]
    parts = Parts()

    def put(x: np.ndarray, faces: np.ndarray, material: int = 0, **point: np.ndarray) -> None:
        angle = np.arctan2(x[:, 0], x[:, 1])
        around = np.stack([np.sin(angle), np.cos(angle), np.full(len(x), 0.12)], 1)
        parts.add(c.world(x), faces, material, **{"rest": x, "around": around, **point})

    sx, sf = ribbon(loop, way, 0.026 * k, 0.003 * k, closed=True)
    put(sx, sf, edge=np.tile(np.tile([0.0, 0.006, 0.012, 0.006, 0.0], 96), 2))
    # The bag hangs where the strap is lowest, a little behind the hip so that the arm swings past it.
    low = loop[np.argmin(loop[:, 2])]
    w, h, t = spec.width * k, spec.height * k, 0.085 * k
    level = (c.points[:, 2] < low[2] + 0.02) & (c.points[:, 2] > low[2] - h)
    beside = c.points[level & (np.abs(c.points[:, 1] - low[1] - 0.03 * k) < 0.4 * w)]
    out = float(-beside[:, 0].min()) if len(beside) else float(-low[0])
    # A flared skirt gives way to it.
    out = min(out, float(-low[0]) + 0.04 * k)
    centre = np.array([-max(out, float(-low[0])) - 0.5 * t - 0.004, low[1] + 0.03 * k, low[2] - 0.42 * h])
    # Where the person sits it stands beside them.
    under = c.world(centre[None])[0, 2] - 0.5 * h - _floor(body)
    centre += c.R.T @ [0.0, 0.0, max(0.0, -under)]
    x, faces = superquadric(np.array([t, w, h]), 0.4, 0.34)
    x[:, 0] *= 1 - 0.25 * smoothstep(x[:, 2], 0.0, 0.5 * h)
    put(x + centre, faces, seam=np.minimum(np.abs(x[:, 0]) + 0.2 * (np.abs(x[:, 1]) < 0.3 * w), 0.05))
    if spec.flap:
        s = np.linspace(0, 1, 18)[:, None]
        y = np.linspace(-0.5, 0.5, 15)[None] * 0.94 * w
        # Over the top and down the outer side.
        fx = np.where(s < 0.3, 0.32 * t - 0.72 * t * s / 0.3, -0.45 * t - 0.06 * t * np.sin(np.pi * (s - 0.3) / 0.7)) + 0 * y
        drop = 0.66 * h * (s - 0.3) / 0.7 * (1 - 0.25 * (2 * y / w) ** 4)
        fz = np.where(s < 0.3, 0.5 * h + 0.012 * k * np.sin(np.pi * s / 0.3), 0.5 * h - drop)
        grid = np.stack([fx - 0.006 * k, 0 * fx + y, fz], -1)
        g, gf = slab(grid if np.cross(grid[12, 8] - grid[12, 7], grid[13, 7] - grid[12, 7])[0] < 0 else grid[:, ::-1], 0.003 * k)
        put(g + centre, gf, edge=np.tile(np.minimum((1 - s) * 0.6 * h, 0.47 * w - np.abs(y)).ravel(), 2))
        clasp, cf = superquadric(np.array([0.008, 0.030, 0.022]) * k, 0.4, 0.4, 24, 9)
        put(clasp + centre + [-0.53 * t - 0.006 * k, 0.0, -0.10 * h], cf, 1)
    else:
        s = np.linspace(-1, 1, 24)
        put(*tube(np.stack([np.zeros(24), s * 0.42 * w, 0.5 * h - 0.02 * h * s**4 + 0.001], 1) + centre, 0.003 * k, 6), 1)
    for y in (-0.46, 0.46):
        end = centre + [0.0, y * w, 0.40 * h]
        start = loop[np.argmin(np.linalg.norm(loop - (low + [0.0, y * 0.7 * w, 0.03 * k]), axis=1))]
        s = np.linspace(0, 1, 12)[:, None]
        path = start * (1 - s) + end * s + np.array([-0.01 * k, 0, 0]) * np.sin(np.pi * s)
        put(*ribbon(path, np.tile([-1.0, 0.0, 0.2], (12, 1)), 0.022 * k, 0.003 * k))
    metal = plain_material("clasp", (0.40, 0.29, 0.12), 0.25, specular=0.8)
    return [(parts.mesh((cloth_material(spec.fabric, hem=0.005, seams=("seam",)), metal)), "accessory")]


@garments.register("backpack", spec=BackpackSpec, build=build_backpack)
def sample_backpack(rng: np.random.Generator, fabric: FabricSpec) -> BackpackSpec:
    """Draw a backpack."""
    return BackpackSpec(
        fabric=fabric, height=round(float(rng.uniform(0.36, 0.47)), 3), fill=round(float(rng.beta(2, 2)), 3)
    )


@garments.register("shoulder_bag", spec=ShoulderBagSpec, build=build_shoulder_bag)
def sample_shoulder_bag(rng: np.random.Generator, fabric: FabricSpec) -> ShoulderBagSpec:
    """Draw a shoulder bag."""
    return ShoulderBagSpec(
        fabric=fabric,
        width=round(float(rng.uniform(0.2, 0.32)), 3),
        height=round(float(rng.uniform(0.15, 0.25)), 3),
        flap=bool(rng.random() < 0.6),
    )

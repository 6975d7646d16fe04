"""Belts, wristwatches and scarves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material, plain_material
from ...materials.shader import Shader
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ..body_state import BodyState
from .figure import ARM, ELBOW, NECK, SPINE3, WRIST, Figure, figure_of, smoothstep
from .parts import Parts
from .shirt import neck_up
from .strips import grid_faces, slab, tube
from .surroundings import Surroundings
from .tailoring import Mode
from .waist import FRONT, waist_grid

Color = tuple[float, float, float]
_METAL: dict[str, Color] = {"steel": (0.42, 0.42, 0.41), "brass": (0.42, 0.29, 0.11), "black": (0.02, 0.02, 0.02)}


@dataclass(frozen=True)
class BeltSpec(GarmentSpec):
    """A belt with a buckle."""

    kind: ClassVar[str | None] = "belt"
    width: float = param(0.034, low=0.02, high=0.05, unit="m", doc="Width of the strap.")
    buckle: Color = param(_METAL["steel"], low=0.0, high=1.0, doc="Buckle, linear RGB.")


@dataclass(frozen=True)
class WristwatchSpec(GarmentSpec):
    """A watch on the left wrist."""

    kind: ClassVar[str | None] = "wristwatch"
    size: float = param(0.038, low=0.026, high=0.046, unit="m", doc="Diameter of the case.")
    case: Color = param(_METAL["steel"], low=0.0, high=1.0, doc="Case, linear RGB.")
    dial: Color = param((0.7, 0.7, 0.68), low=0.0, high=1.0, doc="Dial, linear RGB.")
    time: float = param(0.42, low=0.0, high=1.0, doc="What it shows: share of twelve hours.")


@dataclass(frozen=True)
class ScarfSpec(GarmentSpec):
    """A scarf wound round the neck, with its ends hanging in front."""

    kind: ClassVar[str | None] = "scarf"
    bulk: float = param(0.5, low=0.0, high=1.0, doc="Thickness of the roll.")
    length: float = param(0.34, low=0.1, high=0.6, unit="m", doc="How far the ends hang down.")


def _metal(name: str, color: Color) -> Shader:
    return plain_material(name, color, 0.25, specular=0.8)


def build_belt(spec: BeltSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A belt over the waistband of whatever has one; nothing to hold, no belt."""
    fig = figure_of(body)
    parts = Parts()
    columns = 96
    angles = FRONT + np.arange(columns) * (2 * np.pi / columns)
    levels = np.linspace(0.004, 0.004 + spec.width, 5)
    got = None
    for mesh in reversed(below):
        got = got or waist_grid(fig, mesh, angles, levels)
    if got is None:
        # On bare skin: a plain ring at the hips, so that a mesh there is.
        s = fig.trunk.split(fig.joints[[1, 2]])[0].mean() - 0.06 * fig.scale
        x = fig.trunk.at(np.repeat(s + levels, columns), np.tile(angles, 5), np.full(5 * columns, 0.17 * fig.scale)).reshape(5, columns, 3)
        T = (body.T @ fig.from_fit)[0]
        n = x - x.mean(1, keepdims=True)
        n /= np.linalg.norm(n, axis=2, keepdims=True)
        got = x @ T[:3, :3].T + T[:3, 3], n @ T[:3, :3].T, x
    g, n, place = got
    for _ in range(3):
        g = 0.5 * g + 0.25 * (np.roll(g, 1, 1) + np.roll(g, -1, 1))
    g = g + n * 0.0062
    # Rows run round, columns up: the last row joins the first.
    ring, at = np.swapaxes(g[::-1], 0, 1), np.swapaxes(place[::-1], 0, 1)
    normal = np.swapaxes(n[::-1], 0, 1)
    if np.einsum("j,j", np.cross(ring[0, 3] - ring[0, 1], ring[1, 2] - ring[0, 2]), normal[0, 2]) < 0:
        ring, at, normal = ring[::-1], at[::-1], normal[::-1]
    x, faces = slab(ring, 0.0035, closed_rows=True)
    arc = np.repeat(np.arange(columns) * 0.01, 5)
    rest = np.stack([arc, np.zeros(columns * 5), np.tile(np.linspace(0, spec.width, 5), columns)], 1)
    edge = np.tile(np.minimum(np.linspace(0, spec.width, 5), spec.width - np.linspace(0, spec.width, 5)), columns)
    parts.add(x, faces, 0, rest=np.tile(rest, (2, 1)), edge=np.tile(edge, 2), place=np.tile(at.reshape(-1, 3), (2, 1)))
    front = int(np.argmin(np.abs((np.arctan2(at[:, 2, 1] - fig.trunk.origin[1], at[:, 2, 0]) - FRONT + np.pi) % (2 * np.pi) - np.pi)))
    c, out = ring[front, 2], normal[front, 2]
    up = ring[front, 4] - ring[front, 0]
    up /= np.linalg.norm(up)
    across = np.cross(up, out)
    t = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    square = np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.4, np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.4
    frame = c + out * 0.003 + np.outer(square[0], across) * 0.024 * fig.scale + np.outer(square[1], up) * (0.5 * spec.width + 0.005)
    spot = at[front, 2]
    prong = c + out * 0.0055 + np.outer(np.linspace(-1, 1, 7), across) * 0.024 * fig.scale
    for path, closed, r in ((frame, True, 0.0026), (prong, False, 0.0018)):
        bx, bf = tube(path, r, 8, closed=closed)
        parts.add(bx, bf, 1, place=np.tile(spot, (len(bx), 1)))
    return [(parts.mesh((cloth_material(spec.fabric, hem=0.0035), _metal("buckle", spec.buckle))), "accessory")]


def build_wristwatch(
    spec: WristwatchSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast"
) -> list[tuple[Mesh, str]]:
    """A watch: strap, case, dial and hands."""
    fig = figure_of(body)
    axis = fig.arms[0]
    base, count = fig.base, fig.body.count
    skin = fig.skin[(base.arm[:count, 0] > 0.6) & (base.weights[:count, ARM[0][3:]].sum(1) < 0.5)]
    s, angle, radius = axis.split(skin)
    wrist = axis.split(fig.joints[WRIST[0]][None])[0][0] - 0.014 * fig.scale
    near = np.abs(s - wrist) < 0.02 * fig.scale
    columns = 48
    theta = np.arange(columns) * (2 * np.pi / columns)
    turn = (theta[:, None] - angle[near][None] + np.pi) % (2 * np.pi) - np.pi
    r = np.where(np.abs(turn) < 0.45, radius[near][None], 0.0).max(1)
    r = np.where(r > 0, r, np.median(r[r > 0]))
    for _ in range(4):
        r = 0.5 * r + 0.25 * (np.roll(r, 1) + np.roll(r, -1))
    T = (body.T @ fig.from_fit)[ELBOW[0]]
    half = 0.25 * spec.size

    def world(x: np.ndarray) -> np.ndarray:
        return x @ T[:3, :3].T + T[:3, 3]

    k = min(1.0, fig.scale * 1.02)
    rows = np.linspace(-half, half, 5) * k
    ring = axis.at(np.repeat(wrist + rows[None], columns, 0).ravel(), np.repeat(theta, 5), np.repeat(r + 0.0038 * k, 5))
    grid = ring.reshape(columns, 5, 3)
    n = grid - axis.at(np.array([wrist]), np.array([0.0]), np.array([0.0]))
    if np.einsum("j,j", np.cross(grid[0, 3] - grid[0, 1], grid[1, 2] - grid[0, 2]), n[0, 2]) < 0:
        grid = grid[::-1]
    parts = Parts()
    x, faces = slab(grid, 0.0024 * k, closed_rows=True)
    parts.add(world(x), faces, 0, rest=x, edge=np.tile(np.tile([0.0, 0.004, 0.008, 0.004, 0.0], columns), 2), place=x)
    # The case sits on the back of the wrist.
    out = fig.body.T[ELBOW[0]][:3, :3] @ np.array([0.0, 0.0, 1.0])
    out = out - (out @ axis.down) * axis.down
    out /= np.linalg.norm(out)
    middle = axis.at(np.array([wrist]), np.array([0.0]), np.array([0.0]))[0]
    at = float(np.arctan2(out @ axis.back, out @ axis.across) % (2 * np.pi))
    centre = middle + out * (np.interp(at, np.append(theta, 2 * np.pi), np.append(r, r[0])) + 0.002 * k)
    a, b = axis.down, np.cross(out, axis.down)
    t = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    circle = np.outer(np.cos(t), a) + np.outer(np.sin(t), b)
    R = 0.5 * spec.size * k
    rings = [(0.92, -0.002), (1.0, 0.0), (1.0, 0.0055), (0.95, 0.0075), (0.86, 0.0075), (0.84, 0.0062)]
    case = np.concatenate([centre + circle * R * f + out * h * k for f, h in rings])
    flip = np.cross(a, b) @ out < 0
    quads = grid_faces(len(rings), 40, closed_columns=True)
    parts.add(world(case), quads[:, ::-1] if flip else quads, 1, place=case)
    dial = np.concatenate([centre + circle * R * f + out * 0.0062 * k for f in (0.84, 0.4, 0.02)])
    quads = grid_faces(3, 40, closed_columns=True)
    parts.add(world(dial), quads[:, ::-1] if flip else quads, 2, place=dial)
    for share, long, wide in ((spec.time, 0.42, 0.0011), ((spec.time * 12) % 1.0, 0.68, 0.0008)):
        way = np.cos(2 * np.pi * share) * -b + np.sin(2 * np.pi * share) * a
        line = centre + out * 0.0068 * k + np.outer(np.linspace(-0.1, long, 6) * R, way)
        hx, hf = tube(line, wide * k, 6)
        parts.add(world(hx), hf, 3, place=hx)
    dark = plain_material("watch_hands", (0.02, 0.02, 0.02) if sum(spec.dial) > 0.9 else (0.6, 0.6, 0.6), 0.4)
    dial_material = plain_material("watch_dial", spec.dial, 0.35, specular=0.5)
    strap = cloth_material(spec.fabric, hem=0.0025)
    return [(parts.mesh((strap, _metal("watch_case", spec.case), dial_material, dark)), "accessory")]


def build_scarf(spec: ScarfSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """Two turns round the neck and two ends."""
    fig: Figure = figure_of(body)
    k = fig.scale
    around = Surroundings.of(body, below, head=True)
    up = neck_up(body)
    R = (body.T @ fig.from_fit)[SPINE3][:3, :3]
    ahead = R @ np.array([0.0, -1.0, 0.0])
    ahead = ahead - (ahead @ up) * up
    ahead /= np.linalg.norm(ahead)
    left = np.cross(ahead, up)
    left = left if left @ (R @ np.array([1.0, 0, 0])) > 0 else -left
    origin = np.asarray(body.joints[NECK], float) + up * 0.030 * k
    d = around.points - origin
    near = (np.abs(d @ up) < 0.035 * k) & (np.linalg.norm(d, axis=1) < 0.14 * k)
    u, v = d[near] @ ahead, d[near] @ left
    # Collars are taken in, chins and jaws are not: those of children are large, and close above the shoulders.
    neck = body.model.full_weights[: body.count, NECK] > 0.6
    skin = np.asarray(body.posed[: body.count][neck], float) - origin
    girth = float(np.median(np.hypot(skin @ ahead, skin @ left)))
    columns, sides = 160, 24
    turn = np.linspace(0.35, 4 * np.pi - 0.35, columns)
    reach = np.max(np.cos(turn)[:, None] * u[None] + np.sin(turn)[:, None] * v[None], axis=1)
    reach = np.minimum(reach, girth + 0.03 * k)
    for _ in range(6):
        reach[1:-1] = 0.5 * reach[1:-1] + 0.25 * (reach[:-2] + reach[2:])
    thick = (0.009 + 0.008 * spec.bulk) * k
    second = smoothstep(turn, 1.6 * np.pi, 2.4 * np.pi)
    out = np.cos(turn)[:, None] * ahead + np.sin(turn)[:, None] * left
    slump = 0.012 * k * (0.5 + 0.5 * np.cos(turn))
    centre = origin + out * (reach + 0.8 * thick + 0.9 * thick * second)[:, None] + up * (
        (-0.016 + 0.030 * second) * k + 0.004 * k * np.sin(3 * turn) - slump
    )[:, None]
    a = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    # Flat cloth that is gathered: pleats run along it, and no two stretches of it alike.
    wander = 1.6 * np.sin(1.3 * turn + 0.4)[:, None] + 0.9 * np.sin(2.9 * turn)[:, None]
    pleats = 0.42 * np.abs(np.sin(4.2 * np.sin(a)[None] + wander)) * smoothstep(np.cos(a), -0.2, 0.5)
    taper = smoothstep(np.minimum(turn - turn[0], turn[-1] - turn), 0.0, 0.5)[:, None] * 0.7 + 0.3
    section = out[:, None] * (0.85 * np.cos(a)[None] + pleats)[..., None] + up * (2.1 * np.sin(a)[None, :, None])
    roll = centre[:, None] + section * (thick * taper)[..., None]
    faces = grid_faces(columns, sides, closed_columns=True)
    mid = columns // 2
    if np.cross(roll[mid, 1] - roll[mid, 0], roll[mid + 1, 0] - roll[mid, 0]) @ out[mid] < 0:
        faces = faces[:, ::-1]
    along = np.repeat(turn * 0.09, sides)
    rest = np.stack([along, np.tile(a * 0.03, columns), np.tile(a * 0.03, columns)], 1)
    circle = np.stack([np.sin(along / 0.09), np.cos(along / 0.09), np.full(len(along), 0.09)], 1)
    parts = Parts()
    parts.add(roll.reshape(-1, 3), faces, 0, rest=rest, around=circle)
    for side, long in ((1.0, 1.0), (-1.0, 0.82)):
        rows, cols = 22, 13
        start = origin + ahead * (float(np.cos(0.0)) * reach.max() * 0.8) + left * side * 0.024 * k - up * 0.01 * k
        fall = np.linspace(0.0, spec.length * long * k, rows)
        x = np.linspace(-1, 1, cols)
        wide = (0.030 + 0.028 * smoothstep(fall, 0.0, 0.2 * k)) * k
        down = R @ np.array([0.0, 0.0, -1.0])
        grid = start + fall[:, None, None] * down + (x[None] * wide[:, None] + side * 0.10 * fall[:, None])[..., None] * left
        front = around.front(grid.reshape(-1, 3), R, 0.022 * k).reshape(rows, cols)
        flat = (grid @ (R @ np.array([0.0, -1.0, 0.0])))
        fold = 0.0045 * k * np.sin(2.6 * np.pi * x[None] + 0.8 * side + 2 * fall[:, None]) * (1 - 0.5 * fall[:, None] / fall[-1])
        lift = np.maximum(front - flat + 0.006 * k, 0.0)
        for _ in range(4):
            lift[1:-1] = np.maximum(0.5 * lift[1:-1] + 0.25 * (lift[:-2] + lift[2:]), front[1:-1] - flat[1:-1] + 0.004 * k)
            lift[:, 1:-1] = 0.5 * lift[:, 1:-1] + 0.25 * (lift[:, :-2] + lift[:, 2:])
        grid = grid + (lift + fold + 0.003 * k)[..., None] * (R @ np.array([0.0, -1.0, 0.0]))
        n = np.cross(grid[5, 7] - grid[5, 6], grid[6, 6] - grid[5, 6])
        grid = grid if n @ ahead > 0 else grid[:, ::-1]
        points, f = slab(grid, 0.005 * k)
        r = np.stack([np.tile(x * 0.06, rows), np.zeros(rows * cols), -np.repeat(fall, cols)], 1)
        c = np.stack([np.sin(r[:, 0] / 0.09), np.cos(r[:, 0] / 0.09), np.full(len(r), 0.09)], 1)
        parts.add(points, f, 0, rest=np.tile(r, (2, 1)), around=np.tile(c, (2, 1)), edge=np.tile(np.repeat(fall[-1] - fall, cols), 2))
    return [(parts.mesh((cloth_material(spec.fabric, hem=0.0),)), "accessory")]


@garments.register("belt", spec=BeltSpec, build=build_belt)
def sample_belt(rng: np.random.Generator, fabric: FabricSpec) -> BeltSpec:
    """Draw a belt."""
    metal = ("steel", "brass", "black")[int(rng.choice(3, p=[0.6, 0.25, 0.15]))]
    return BeltSpec(fabric=fabric, width=round(float(rng.uniform(0.028, 0.036)), 4), buckle=_METAL[metal])


@garments.register("wristwatch", spec=WristwatchSpec, build=build_wristwatch)
def sample_wristwatch(rng: np.random.Generator, fabric: FabricSpec) -> WristwatchSpec:
    """Draw a watch."""
    metal = ("steel", "brass", "black")[int(rng.choice(3, p=[0.55, 0.2, 0.25]))]
    dial: Color = ((0.7, 0.7, 0.68), (0.02, 0.02, 0.025), (0.03, 0.05, 0.12))[int(rng.integers(3))]
    size = round(float(rng.uniform(0.03, 0.042)), 4)
    return WristwatchSpec(fabric=fabric, size=size, case=_METAL[metal], dial=dial, time=round(float(rng.random()), 3))


@garments.register("scarf", spec=ScarfSpec, build=build_scarf)
def sample_scarf(rng: np.random.Generator, fabric: FabricSpec) -> ScarfSpec:
    """Draw a scarf."""
    return ScarfSpec(fabric=fabric, bulk=round(float(rng.beta(2, 2)), 3), length=round(float(rng.uniform(0.2, 0.45)), 3))

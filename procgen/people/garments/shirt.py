"""Shirts: collar, placket, buttons, cuffs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from ...codec import param
from ...geometry import Mesh
from ...materials.cloth import cloth_material, plain_material
from ...registry import garments
from ...spec import FabricSpec, GarmentSpec
from ...vectors import every, largest
from ..body_state import BodyState
from ..nearest import NearestPoints
from .collide import Collider, surface_samples
from .cuts import cut_top, graded
from .drape import Cloth
from .figure import HEAD, NECK, Figure, canonical, figure_of, smoothstep
from .finish import Draped, to_mesh
from .fitting import Ease
from .folds import Folding
from .strips import Piece, button, grid_faces, neckline, on_surface, sew_on
from .tailoring import Mode, Work, make
from .tops import armhole_seam, held

PLACKET = 0.016


@dataclass(frozen=True)
class ShirtSpec(GarmentSpec):
    """A shirt or blouse with a collar."""

    kind: ClassVar[str | None] = "shirt"
    looseness: float = param(0.45, low=0.0, high=1.0, doc="0 fitted, 1 wide.")
    length: float = param(0.05, low=-0.04, high=0.2, unit="m", doc="Hem below the hip joints, on an average adult.")
    sleeve: float = param(0.95, low=0.25, high=0.97, doc="Share of the arm that is covered.")
    collar: float = param(0.042, low=0.025, high=0.065, unit="m", doc="Width of the collar behind.")
    spread: float = param(0.5, low=0.0, high=1.0, doc="How far the collar points stand apart.")
    tucked: bool = param(False, doc="Goes under the waistband: list it before the trousers or skirt.")
    button_color: tuple[float, float, float] = param((0.72, 0.69, 0.62), low=0.0, high=1.0, doc="Linear RGB.")


def neck_up(body: BodyState) -> np.ndarray:
    """(3,) unit direction of the posed neck."""
    up = np.asarray(body.joints[HEAD] - body.joints[NECK], float)
    # The neck leans forward more than clothes do.
    up = up / np.linalg.norm(up) + 0.6 * (body.T[NECK][:3, :3] @ np.array([0.0, 0.15, 1.0]))
    return up / np.linalg.norm(up)


def shirt_collar(cloth: Draped, body: BodyState, fig: Figure, width: float, spread: float) -> Piece:
    """A stand and a fall: inside of the stand, fold, outside of the leaf and back under it."""
    k = fig.scale
    neck = neckline(cloth, neck_up(body), gap=0.003)
    m = len(neck.x)
    t = neck.front
    up, out = neck.up, neck.out
    side = np.sign(np.linspace(-1, 1, m))
    ahead = out[[0, -1]].mean(0)
    lateral = np.cross(up, ahead)
    lateral = np.where((out[m // 4] @ lateral) > 0, 1.0, -1.0) * lateral
    # The first half of the columns goes round one side: points of the leaf move apart along it.
    apart = -side[:, None] * lateral
    tip = smoothstep(t, 0.55, 1.0)[:, None]
    stand = (0.030 - 0.006 * t)[:, None] * k
    fall = (width + 0.030 * smoothstep(t, 0.5, 1.0))[:, None] * k
    base = neck.x
    fold = snug(base + up * stand, out, body, 0.009 * k)
    drop = (
        -up * (0.96 - 0.25 * tip)
        + out * (0.16 + 0.05 * (1 - tip))
        + apart * tip * (0.25 + 0.75 * spread)
        + ahead * tip * 0.3
    )
    drop /= np.linalg.norm(drop, axis=1, keepdims=True)
    roll = out * 0.0028 * k
    rings = [
        base - up * 0.006 * k - out * 0.001,
        0.5 * (base + fold) - out * 0.001 * k,
        fold - up * 0.002 * k - out * 0.0005,
        fold + up * 0.0022 * k + roll * 0.5,
        fold + roll * 1.3,
        fold + roll + drop * fall * 0.35,
        fold + roll + drop * fall * 0.7,
        fold + roll + drop * fall,
    ]
    outside = np.stack(rings)
    # The points lie on the shirt, the leaf behind them hangs from its fold.
    lies = np.multiply.outer([0.15, 0.6, 0.95], 0.25 + 0.75 * tip[:, 0])
    outside[5:] = lay_on(outside[5:], cloth, 0.0035, lies)
    # The leaf is two layers of cloth: its underside runs back up to the fold.
    normal = np.cross(np.gradient(outside[5:], axis=1), np.gradient(outside[5:], axis=0))
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-9)
    if np.mean(np.einsum("rcj,cj->rc", normal, out)) < 0:
        normal = -normal
    under = outside[5:] - normal * 0.0018
    x = np.concatenate([outside, under[::-1], outside[3:4] - up * 0.002 * k])
    rows = len(x)
    faces = grid_faces(rows, m)
    # Caps at both front ends of the leaf: outside row r against underside row.
    caps = []
    for c, flip in ((0, False), (m - 1, True)):
        for r in range(5, 7):
            a, b = r * m + c, (r + 1) * m + c
            p, q = (8 + (7 - r)) * m + c, (8 + (7 - r) - 1) * m + c
            caps.append([a, b, q, p] if not flip else [p, q, b, a])
    faces = np.concatenate([faces, np.array(caps, np.int32)])
    flat = x.reshape(-1, 3)
    v = np.cross(x[6, m // 2] - x[5, m // 2], x[5, m // 2 + 1] - x[5, m // 2])
    if v @ out[m // 2] > 0:
        faces = faces[:, ::-1]
    v_at = np.array([0.02, 0.02, 0.02, 0.02, 0.03, 0.02, 0.012, 0.0, 0.0, 0.012, 0.02, 0.02])
    edge = np.minimum(np.repeat(v_at * (width / 0.042), m), np.tile((1 - t) * 0.25, rows))
    rest = np.stack(
        [np.tile(np.linspace(-0.2, 0.2, m), rows), np.zeros(rows * m), np.repeat(np.arange(rows) * -0.012, m)], 1
    )
    ones = np.ones(rows * m)
    circle = np.stack([np.sin(rest[:, 0] / 0.16), np.cos(rest[:, 0] / 0.16), 0.16 * ones], 1)
    inner = np.repeat([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0], m) * 0.0
    place = np.tile(neck.fitted, (rows, 1)) + np.repeat(np.linspace(0.01, 0.02, rows), m)[:, None] * [0, 0, 1.0]
    return Piece(flat, faces, 0, {"rest": rest, "edge": edge, "around": circle, "inner": inner, "place": place})


def snug(line: np.ndarray, out: np.ndarray, body: BodyState, room: float) -> np.ndarray:
    """A line (M, 3) round the neck, drawn in to `room` metres from the skin where it stands farther off."""
    skin = np.asarray(body.posed[: body.count], np.float64)
    near = skin[every(np.abs(skin - line.mean(0)) < 0.2)]
    if len(near) == 0:
        return line
    far = NearestPoints(near).query(line)[0] - room
    for _ in range(6):
        far[1:-1] = 0.5 * far[1:-1] + 0.25 * (far[:-2] + far[2:])
    return line - out * np.clip(far, 0.0, 0.03)[:, None]


def lay_on(rings: np.ndarray, cloth: Draped, clearance: float, lies: np.ndarray | None = None) -> np.ndarray:
    """Move rings (R, M, 3) out of the garment that they lie on, and down to it by `lies` (R, M) 0–1."""
    near = rings.reshape(-1, 3)
    collider = Collider.of([surface_samples(cloth.x, cloth.fabric.tris, clearance)], near)
    x = near
    for _ in range(3):
        x = collider.push(x)
        if lies is not None:
            which = collider.nearest(x)
            gap = np.einsum("ij,ij->i", x - collider.points[which], collider.normals[which]) - collider.clearance[which]
            x = x - collider.normals[which] * (np.clip(gap, 0.0, 0.02) * lies.ravel())[:, None]
        grid = x.reshape(rings.shape)
        grid[:, 1:-1] = 0.5 * grid[:, 1:-1] + 0.25 * (grid[:, :-2] + grid[:, 2:])
        x = grid.reshape(-1, 3)
    return collider.push(x).reshape(rings.shape)


def front_line(cloth: Draped, fig: Figure, rows: int) -> np.ndarray:
    """(rows, 3) A-pose points down the middle of the front, from the neck to the hem."""
    f = cloth.fitted
    front = (f[:, 1] < fig.trunk.origin[1]) & (np.abs(f[:, 0]) < 0.03 * fig.scale)
    p = f[front]
    top, low = p[:, 2].max(), p[:, 2].min()
    z = np.linspace(top - 0.002, low + 0.001, rows)
    y = np.array(
        [
            np.average(p[:, 1], weights=np.exp(-(((p[:, 2] - v) / 0.012) ** 2) - (p[:, 0] / 0.012) ** 2) + 1e-12)
            for v in z
        ]
    )
    return np.stack([np.zeros(rows), y, z], 1)


def placket(cloth: Draped, fig: Figure, buttons: int = 7) -> list[Piece]:
    """The button strip, and its buttons (material 1)."""
    rows = 56
    line = front_line(cloth, fig, rows)
    half = PLACKET * fig.scale
    across = np.array([-1.0, -0.97, -0.5, 0.0, 0.5, 0.97, 1.0]) * half
    lift = np.array([0.0002, 0.0016, 0.0018, 0.0018, 0.0018, 0.0016, 0.0002])
    fitted = np.repeat(line[:, None], 7, 1)
    fitted[..., 0] += across
    x = on_surface(cloth, fitted.reshape(-1, 3), np.tile(lift, rows)).reshape(rows, 7, 3)
    x[1:-1] = 0.5 * x[1:-1] + 0.25 * (x[:-2] + x[2:])
    faces = grid_faces(rows, 7)
    n = np.cross(x[rows // 2, 4] - x[rows // 2, 2], x[rows // 2 - 1, 3] - x[rows // 2 + 1, 3])
    a, b = x[rows // 2, 2], x[rows // 2, 4]
    face = np.cross(b - a, x[rows // 2 + 1, 2] - a)
    if face @ n < 0:
        faces = faces[:, ::-1]
    rest = (fitted - fig.joints[NECK]).reshape(-1, 3)
    angle = np.arctan2(rest[:, 0], -(fitted.reshape(-1, 3)[:, 1] - fig.trunk.origin[1]))
    circle = np.stack([np.sin(angle), np.cos(angle), np.full(len(rest), 0.16 * fig.scale)], 1)
    edge = np.tile((half - np.abs(across)) + 0.0135, rows)
    strip = Piece(
        x.reshape(-1, 3), faces, 0, {"rest": rest, "edge": edge, "around": circle, "inner": np.zeros(len(rest)),
            "place": fitted.reshape(-1, 3)}
    )  # fmt: skip
    out = [strip]
    length = line[0, 2] - line[-1, 2]
    for i in range(buttons):
        r = int((0.03 + 0.84 * i / (buttons - 1)) * length / length * (rows - 1))
        normal = np.cross(x[r, 4] - x[r, 2], x[max(r - 1, 0), 3] - x[min(r + 1, rows - 1), 3])
        if normal @ n < 0:
            normal = -normal
        out.append(button(x[r, 3] + normal / np.linalg.norm(normal) * 0.001, normal, 0.0055 * fig.scale, 1, fitted[r, 3]))
    return out


def build_shirt(spec: ShirtSpec, body: BodyState, below: list[Mesh], mode: Mode = "fast") -> list[tuple[Mesh, str]]:
    """A buttoned shirt."""
    length = -0.02 if spec.tucked else spec.length
    pattern = cut_top(canonical(body.model), length, spec.sleeve, "crew", 0.05, -0.045)
    k = spec.looseness
    ease = Ease(
        skin=0.004, chest=0.006 + 0.016 * k, hem=0.008 + 0.022 * k, hang=0.6 - 0.5 * k, arm=0.007 + 0.012 * k,
        cuff=0.006 + (0.016 if spec.sleeve < 0.7 else 0.0), arm_hang=0.06,
    )  # fmt: skip
    if spec.tucked:
        # Drawn in by the waistband; the cloth above it blouses over by itself.
        ease = replace(ease, hem=0.002, hang=0.7)
    fig = figure_of(body)
    folds = Folding(spec.fabric.kind, 0.35 + 0.65 * k)
    work = Work(ease=ease, cloth=Cloth(bend=0.22, slack=1.025), clearance=0.004, folds=folds)
    cloth = make(pattern, body, below, work, mode, *held(pattern, spec.tucked))
    cloth.point["seam"] = armhole_seam(cloth, fig)
    yoke = cloth.fitted[:, 2] - fig.joints[NECK][2] + 0.085 * fig.scale
    behind = cloth.fitted[:, 1] > fig.trunk.origin[1]
    cloth.point["seam2"] = np.clip(
        np.where(behind & (largest(cloth.arm) < 0.6), yoke, np.copysign(0.05, yoke)), -0.05, 0.05
    )
    if spec.sleeve > 0.7:
        # Cuffs are hems of their own width.
        for name in ("cuff0", "cuff1"):
            if name in cloth.distance:
                cloth.distance[name] = cloth.distance[name] * (0.02 / 0.06)
    cloth.distance["neck"] = np.full(len(cloth.x), 0.2)
    material = cloth_material(spec.fabric, hem=0.02, seams=cloth.seams)
    pieces = [shirt_collar(cloth, body, fig, spec.collar, spec.spread), *placket(cloth, fig)]
    buttons = plain_material("button", spec.button_color, 0.3, specular=0.5)
    mesh = sew_on(to_mesh(cloth, material, 0.0014), pieces, (material, buttons))
    return [(mesh, "upper_clothes")]


@garments.register("shirt", spec=ShirtSpec, build=build_shirt)
def sample_shirt(rng: np.random.Generator, fabric: FabricSpec) -> ShirtSpec:
    """Draw the measures of a shirt."""
    long = rng.random() < 0.75
    pale = rng.random() < 0.7
    color = (0.72, 0.69, 0.62) if pale else (0.05, 0.045, 0.04)
    return ShirtSpec(
        fabric=fabric,
        looseness=round(float(rng.beta(2, 2.4)), 3),
        length=graded(float(rng.uniform(0.03, 0.09)), 0.02),
        sleeve=graded(float(rng.uniform(0.94, 0.965)), 0.015) if long else graded(float(rng.uniform(0.33, 0.42)), 0.05),
        collar=round(float(rng.uniform(0.034, 0.05)), 4),
        spread=round(float(rng.uniform(0.2, 0.9)), 3),
        button_color=color,
    )

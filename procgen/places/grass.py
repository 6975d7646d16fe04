"""Grass, clover and wild flowers in square patches that are instanced over a meadow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry import Mesh
from ..materials import vegetation
from ..materials.shader import Color, Shader
from .plants import kites
from .solids import Kit, Piece, join, lathe

# petal colour, eye colour, petals, petal length and width (m), stem height range (m)
FLOWERS: dict[str, tuple[Color, Color, int, float, float, tuple[float, float]]] = {
    "daisy": ((0.82, 0.81, 0.78), (0.75, 0.47, 0.02), 11, 0.013, 0.0065, (0.07, 0.14)),
    "oxeye": ((0.84, 0.83, 0.80), (0.72, 0.42, 0.02), 12, 0.028, 0.012, (0.30, 0.52)),
    "buttercup": ((0.80, 0.56, 0.010), (0.60, 0.40, 0.01), 5, 0.016, 0.018, (0.22, 0.42)),
    "poppy": ((0.66, 0.028, 0.012), (0.02, 0.016, 0.02), 4, 0.040, 0.060, (0.30, 0.55)),
    "cornflower": ((0.060, 0.115, 0.62), (0.10, 0.05, 0.34), 9, 0.023, 0.013, (0.32, 0.55)),
    "clover_red": ((0.50, 0.115, 0.26), (0.40, 0.10, 0.20), 10, 0.017, 0.012, (0.16, 0.30)),
    "yarrow": ((0.74, 0.72, 0.64), (0.70, 0.66, 0.50), 8, 0.026, 0.022, (0.32, 0.52)),
}
PALETTES: dict[str, tuple[str, ...]] = {
    "daisies": ("daisy", "oxeye", "buttercup"),
    "poppies": ("poppy", "cornflower", "oxeye"),
    "buttercups": ("buttercup", "clover_red", "daisy"),
    "wild": ("poppy", "cornflower", "oxeye", "buttercup", "clover_red", "yarrow"),
}


@dataclass(frozen=True)
class PatchForm:
    """One patch: side (m), blades, blade height range and width (m), how far blades lean, sides with tip segments."""

    side: float
    blades: int
    height: tuple[float, float]
    width: float
    lean: float = 0.5
    fine: bool = True


def _spots(n: int, side: float, rng: np.random.Generator, tuft: float = 0.0) -> np.ndarray:
    """(n, 2) points over a square with soft edges; `tuft` gathers them into tufts of that radius."""
    spread = side * 1.12
    p = rng.uniform(-0.5, 0.5, (n, 2)) * spread
    if tuft > 0:
        centres = rng.uniform(-0.5, 0.5, (max(1, n // 14), 2)) * spread
        near = rng.random(n) < 0.65
        p[near] = centres[rng.integers(0, len(centres), near.sum())] + rng.normal(0, tuft, (int(near.sum()), 2))
    return p


def blades(form: PatchForm, rng: np.random.Generator, tuft: float) -> Piece:
    """Blades of one patch; tex x = place along the blade. Fine: 3 triangles with a bent tip; else 1."""
    n = form.blades
    xy = _spots(n, form.side, rng, tuft)
    a = rng.uniform(0, 2 * np.pi, n)
    face = np.stack([np.cos(a), np.sin(a), np.zeros(n)], 1)
    side = np.stack([-np.sin(a), np.cos(a), np.zeros(n)], 1)
    h = rng.uniform(*form.height, n)[:, None] * rng.choice([0.7, 1.0, 1.0, 1.15], n)[:, None]
    bend = (np.abs(rng.normal(0, form.lean, n)) + 0.12)[:, None]
    w = (form.width * rng.uniform(0.7, 1.2, n))[:, None]
    root = np.concatenate([xy, np.full((n, 1), -0.012)], 1)
    up = np.array([0, 0, 1.0])
    tip = root + (up * (1 - 0.32 * bend.clip(0, 1.5)) + face * bend * 0.75) * h
    if not form.fine:
        v = np.stack([root - side * w / 2, root + side * w / 2, tip], 1)
        tex = np.broadcast_to(np.array([0.0, 0.0, 1.0])[None, :, None] * (1, 0, 0), (n, 3, 3))
        return Piece(v.reshape(-1, 3), np.arange(3 * n).reshape(n, 3), tex.reshape(-1, 3).copy())
    mid = root + (up * 0.62 + face * bend * 0.22) * h
    v = np.stack([root - side * w * 0.4, root + side * w * 0.4, mid + side * w * 0.5, mid - side * w * 0.5, tip], 1)
    base = np.arange(n)[:, None, None] * 5
    f = (base + np.array([[0, 1, 2], [0, 2, 3], [3, 2, 4]])).reshape(-1, 3)
    tex = np.zeros((n, 5, 3))
    tex[:, :, 0] = (0, 0, 0.6, 0.6, 1)
    return Piece(v.reshape(-1, 3), f, tex.reshape(-1, 3))


def flower_heads(kind: str, at: np.ndarray, rng: np.random.Generator, simple: bool) -> tuple[Piece, Piece, Piece]:
    """Petals, eyes and stems of the flowers at (N, 2) spots; `simple` merges petals, for flowers seen from 10 m."""
    _, _, count, length, width, span = FLOWERS[kind]
    if simple and count > 5:
        count, length, width = 5, length * 1.2, width * count / 5
    n = len(at)
    top = np.concatenate([at + rng.normal(0, 0.03, (n, 2)), rng.uniform(*span, (n, 1))], 1)
    foot = np.concatenate([at, np.full((n, 1), -0.01)], 1)
    tilt = rng.normal(0, 0.28, (n, 2))
    axis = np.concatenate([tilt, np.ones((n, 1))], 1)
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    u = np.cross(axis, [1.0, 0, 0])
    u /= np.linalg.norm(u, axis=1, keepdims=True)
    w = np.cross(axis, u)
    a = (np.arange(count) / count * 2 * np.pi)[None] + rng.uniform(0, 6, (n, 1))
    cup = {"poppy": 0.75, "buttercup": 0.55, "clover_red": 1.1}.get(kind, 0.12)
    ray = u[:, None] * np.cos(a)[..., None] + w[:, None] * np.sin(a)[..., None]
    way = ray * np.cos(cup) + axis[:, None] * np.sin(cup)
    normal = axis[:, None] * np.cos(cup) - ray * np.sin(cup)
    size = np.repeat(rng.uniform(0.8, 1.15, n), count)
    root = np.repeat(top, count, 0)
    petals = kites(root, way.reshape(-1, 3), normal.reshape(-1, 3), length * size, width * size, 0.0, 0.06)
    petals.tex[:] = 0
    eye = lathe(
        [(length * 0.36, 0.0), (length * 0.30, 0.0035), (0, 0.005)]
        if not simple
        else [(length * 0.42, 0.0), (0, 0.006)],
        3 if simple else 6,
    )
    eyes = join([Piece(eye.v + p, eye.f, eye.tex) for p in top]) if n else eye
    b = rng.uniform(0, np.pi, n)
    thick = 0.0022 * np.stack([np.cos(b), np.sin(b), np.zeros(n)], 1)
    v = np.stack([foot + thick, foot - thick, top], 1).reshape(-1, 3)
    stems = Piece(v, np.arange(3 * n).reshape(n, 3), np.zeros((3 * n, 3)))
    stems.tex[:, 0] = 0.5
    return petals, eyes, stems


def build_patch(
    form: PatchForm,
    rng: np.random.Generator,
    grass: Shader,
    flowers: Sequence[tuple[str, int]] = (),
    clover: int = 0,
    clover_color: Color = (0.075, 0.150, 0.035),
    tuft: float = 0.03,
) -> Mesh:
    """One patch as a mesh, ground at z = 0.

    Args:
        form: Blades.
        rng: Seeded from the spec of the place.
        grass: Material of blades and stems.
        flowers: (kind, how many) of the wild flowers.
        clover: Number of three-leaved clovers.
        tuft: Radius of grass tufts, metres.
    """
    kit = Kit()
    green = [blades(form, rng, tuft)]
    kit.add(green[0], grass)
    petal = vegetation.petal()
    for kind, n in flowers:
        if n <= 0:
            continue
        color, eye, *_ = FLOWERS[kind]
        petals, eyes, stems = flower_heads(kind, _spots(n, form.side, rng, 0.16), rng, kind != "daisy")
        kit.add(petals, petal, float(rng.uniform(0.0, 0.7)), color).add(eyes, petal, 0.3, eye).add(stems, grass)
    if clover:
        xy = _spots(clover, form.side, rng, 0.08)
        a = (rng.uniform(0, 6.28, (clover, 1)) + np.arange(3) * 2 * np.pi / 3).reshape(-1)
        way = np.stack([np.cos(a), np.sin(a), np.full(len(a), 0.12)], 1)
        root = np.repeat(np.concatenate([xy, rng.uniform(0.015, 0.045, (clover, 1))], 1), 3, 0)
        size = rng.uniform(0.012, 0.020, len(a))
        up = np.broadcast_to([0.0, 0, 1], way.shape)
        kit.add(
            kites(root, way / np.linalg.norm(way, axis=1, keepdims=True), up, size, size * 1.05, 0.0, 0.0),
            petal,
            0.5,
            clover_color,
        )
    mesh = kit.mesh()
    mesh.point["tip"] = np.ascontiguousarray(mesh.point.pop("tex")[:, 0])
    _vary(mesh, green[0], form, rng)
    return mesh


def _vary(mesh: Mesh, green: Piece, form: PatchForm, rng: np.random.Generator) -> None:
    corners = 5 if form.fine else 3
    mesh.point["shade"][: len(green.v)] = np.repeat(rng.uniform(0, 1, form.blades), corners)

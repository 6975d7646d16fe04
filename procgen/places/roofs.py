"""Roofs of house fronts: two slopes, gables, chimneys, dormers, gutters."""

from __future__ import annotations

import numpy as np

from ..materials import masonry, paint
from ..materials.shader import Shader
from .house_parts import BRICKS, Front, House
from .openings import casement, pane, wall
from .solids import Piece, box, join, pose, rod, tube_path


def build_roof(f: Front, h: House, rng: np.random.Generator) -> None:
    """A slope behind the cornice, dormers, chimneys, and a ridge that closes the silhouette."""
    slate = rng.random() < 0.4
    cover = masonry.slate() if slate else masonry.roof_tiles()
    pitch, deep = float(rng.uniform(0.75, 1.0)), 4.2
    z0 = h.height + 0.22
    rise = deep * pitch
    w = h.width / 2
    length = float(np.hypot(deep, rise))
    v = np.array([[-w, -0.42, z0], [w, -0.42, z0], [w, deep, z0 + rise], [-w, deep, z0 + rise]])
    tex = np.array([[-w, 0, 0], [w, 0, 0], [w, length, 0], [-w, length, 0]])
    f.building.add(Piece(v, np.array([[0, 1, 2], [0, 2, 3]]), tex), cover)
    back = Piece(v * (-1, 1, 1) + (0, 0, 0), np.array([[0, 1, 2], [0, 2, 3]]), tex)
    back.v = back.v * (1, -1, 1) + (0, 2 * deep, 0)
    f.building.add(back, cover)
    brick = masonry.brick(*BRICKS[int(rng.integers(len(BRICKS)))])
    for s in (-1, 1):
        gable = np.array([[s * w, -0.42, z0], [s * w, 2 * deep + 0.42, z0], [s * w, deep, z0 + rise]])
        tri = np.array([[0, 1, 2]]) if s > 0 else np.array([[0, 2, 1]])
        f.building.add(Piece(gable, tri, gable[:, [1, 2, 0]].copy()), masonry.render((0.55, 0.50, 0.42)))
        side = wall(-0.0, 2 * deep, 0.0, h.height + 0.25, [], 0.1).placed(
            pose(s * w, 0.0 if s > 0 else 2 * deep, 0, s * np.pi / 2)
        )
        f.building.add(side, masonry.render((0.55, 0.50, 0.42)))
    if rng.random() < 0.7:
        x = float(rng.choice([-1, 1])) * (w - 0.7)
        top = z0 + rise + 0.9
        base = z0 + rise * 0.6
        f.building.add(box((0.85, 0.6, top - base), (x, deep * 0.8, (top + base) / 2)), brick)
        f.building.add(box((0.95, 0.7, 0.12), (x, deep * 0.8, top)), masonry.stone())
        pots = [rod((x + dx, deep * 0.8, top), (x + dx, deep * 0.8, top + 0.45), 0.10, 10) for dx in (-0.22, 0.22)]
        f.building.add(join(pots), masonry.stone((0.42, 0.17, 0.09)))
    if h.storeys >= 2 and rng.random() < 0.75:
        n = max(1, h.bays - 1)
        for i in range(n):
            x = (i - (n - 1) / 2) * h.width / (n + 0.4)
            _dormer(f, x, 0.55, z0 + (0.55 + 0.42) * pitch - 0.1, cover, rng)
    gutter = tube_path([(-w, -0.50, z0 - 0.02), (w, -0.50, z0 - 0.02)], 0.07, 8)
    f.building.add(gutter, paint.worn_paint((0.13, 0.13, 0.125), 0.5))


def _dormer(f: Front, x: float, y: float, z: float, cover: Shader, rng: np.random.Generator) -> None:
    white = paint.worn_paint((0.68, 0.66, 0.61), 0.5)
    w, t = 0.62, 1.25
    o = (x - 0.42, z + 0.22, x + 0.42, z + t - 0.12)
    face = wall(x - w, x + w, z - 0.1, z + t, [o], 0.08)
    f.building.add(face.moved(0, y), white)
    for s in (-1, 1):
        f.building.add(box((0.04, 2.2, t + 0.1), (x + s * w, y + 1.1, z + t / 2 - 0.05)), white)
    f.window.add(casement(o, y + 0.05, 2, 2, 0.06, 0.05), white).add(
        pane(o, y + 0.06), paint.facade_glass(), float(rng.uniform(0, 1))
    )
    v = np.array(
        [
            [x - w - 0.12, y - 0.15, z + t - 0.02],
            [x, y - 0.15, z + t + 0.42],
            [x + w + 0.12, y - 0.15, z + t - 0.02],
            [x - w - 0.12, y + 2.3, z + t - 0.02],
            [x, y + 2.3, z + t + 0.42],
            [x + w + 0.12, y + 2.3, z + t - 0.02],
        ]
    )
    tex = v[:, [1, 0, 2]].copy()
    f.building.add(Piece(v[[0, 1, 4, 3]], np.array([[0, 1, 2], [0, 2, 3]]), tex[[0, 1, 4, 3]]), cover)
    f.building.add(Piece(v[[1, 2, 5, 4]], np.array([[0, 1, 2], [0, 2, 3]]), tex[[1, 2, 5, 4]]), cover)
    f.building.add(Piece(v[[0, 2, 1]] + (0, 0.1, 0), np.array([[0, 1, 2]]), tex[[0, 2, 1]]), white)

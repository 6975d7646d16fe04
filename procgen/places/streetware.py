"""What stands in streets: lamp posts, bollards, bins, planters, bicycles, café sets, signs, a pillar box."""

from __future__ import annotations

import numpy as np

from ..materials import paint, vegetation
from ..materials.shader import Color, Shader
from .furniture import Fitment
from .plants import kites
from .solids import Kit, Piece, box, boxes, join, lathe, rod, rounded, tube_path


def lamp_post(iron: Shader, style: str = "lantern") -> Fitment:
    """A street lamp: a cast-iron "lantern" (4 m) or a plain "mast" (5.5 m)."""
    kit = Kit()
    if style == "mast":
        kit.add(lathe([(0, 0), (0.11, 0), (0.11, 0.5), (0.075, 0.52), (0.045, 5.2), (0, 5.2)], 16), iron)
        kit.add(tube_path([(0, 0, 5.1), (0, -0.25, 5.32), (0, -0.9, 5.38)], 0.032, 8), iron)
        kit.add(rounded((0.24, 0.62, 0.09), 0.04, n=4, cells=2).moved(0, -1.0, 5.37), iron)
        return Fitment(kit, (0.25, 0.25, 5.5), semantic="prop", name="lamp_post")
    shaft = [
        (0, 0),
        (0.19, 0),
        (0.19, 0.10),
        (0.155, 0.14),
        (0.155, 0.55),
        (0.115, 0.64),
        (0.085, 0.70),
        (0.100, 0.78),
        (0.07, 0.86),
        (0.052, 1.2),
        (0.040, 3.05),
        (0.062, 3.09),
        (0.062, 3.14),
        (0.035, 3.20),
        (0.035, 3.36),
        (0, 3.36),
    ]
    kit.add(lathe(shaft, 18), iron).add(rod((-0.28, 0, 3.0), (0.28, 0, 3.0), 0.015), iron)
    kit.add(lathe([(0, 3.36), (0.10, 3.36), (0.12, 3.40), (0, 3.40)], 6), iron)
    kit.add(
        lathe([(0.11, 3.40), (0.19, 3.80), (0.185, 3.80), (0.105, 3.40), (0.11, 3.40)], 6),
        paint.gloss((0.62, 0.60, 0.54), 0.15),
    )
    for a in np.arange(6) * np.pi / 3:
        c, s = np.cos(a), np.sin(a)
        kit.add(rod((0.112 * c, 0.112 * s, 3.40), (0.195 * c, 0.195 * s, 3.80), 0.010, 5), iron)
    kit.add(
        lathe(
            [(0, 3.79), (0.215, 3.79), (0.205, 3.83), (0.10, 3.97), (0.05, 4.0), (0.06, 4.05), (0.02, 4.10), (0, 4.16)],
            6,
        ),
        iron,
    )
    return Fitment(kit, (0.4, 0.4, 4.2), semantic="prop", name="lamp_post")


def bollard(iron: Shader) -> Fitment:
    """A cast-iron bollard."""
    p = [
        (0, 0),
        (0.095, 0),
        (0.095, 0.08),
        (0.075, 0.11),
        (0.062, 0.62),
        (0.080, 0.66),
        (0.080, 0.70),
        (0.058, 0.73),
        (0.070, 0.80),
        (0.050, 0.87),
        (0, 0.90),
    ]
    return Fitment(Kit().add(lathe(p, 16), iron), (0.2, 0.2, 0.9), semantic="prop", name="bollard")


def bin_(iron: Shader, slats: Shader) -> Fitment:
    """A litter bin with wooden staves and a hood."""
    kit = Kit()
    kit.add(lathe([(0, 0.06), (0.20, 0.06), (0.22, 0.78), (0.20, 0.78), (0.18, 0.40), (0, 0.40)], 20), iron)
    for i, a in enumerate(np.arange(18) * 2 * np.pi / 18):
        stave = box((0.058, 0.018, 0.64), (0, -0.232, 0.42), 0.004).turned(a)
        kit.add(stave, slats, (i * 0.37) % 1)
    kit.add(
        lathe(
            [(0.235, 0.74), (0.25, 0.75), (0.25, 0.79), (0.235, 0.80), (0.215, 0.79), (0.215, 0.75), (0.235, 0.74)], 24
        ),
        iron,
    )
    kit.add(lathe([(0, 0), (0.16, 0), (0.16, 0.03), (0.05, 0.06), (0, 0.06)], 16), iron)
    kit.add(join([rod((s * 0.2, 0, 0.78), (s * 0.2, 0, 1.0), 0.012) for s in (-1, 1)]), iron)
    kit.add(lathe([(0, 0.99), (0.25, 0.99), (0.24, 1.02), (0.10, 1.09), (0, 1.10)], 24), iron)
    return Fitment(kit, (0.5, 0.5, 1.1), semantic="prop", name="bin")


def planter(
    rng: np.random.Generator, body: Shader, size: tuple[float, float, float], flowers: Color | None
) -> tuple[Kit, Kit]:
    """A box planter (prop) and the shrubs and flowers in it (vegetation)."""
    pot, green = Kit(), Kit()
    w, d, h = size
    t = 0.05
    for c, s in (
        ((0, -d / 2 + t / 2), (w, t)),
        ((0, d / 2 - t / 2), (w, t)),
        ((-w / 2 + t / 2, 0), (t, d - 2 * t)),
        ((w / 2 - t / 2, 0), (t, d - 2 * t)),
    ):
        pot.add(box((s[0], s[1], h), (c[0], c[1], h / 2), 0.008), body, float(rng.uniform(0, 1)))
    pot.add(box((w - 2 * t, d - 2 * t, 0.02), (0, 0, h - 0.06)), paint.gloss((0.04, 0.03, 0.022), 0.95))
    n = int(900 * w * d / 0.4)
    at = np.stack(
        [
            rng.uniform(-w / 2, w / 2, n) * 0.95,
            rng.uniform(-d / 2, d / 2, n) * 0.95,
            h - 0.08 + rng.uniform(0, 1, n) ** 0.7 * 0.42,
        ],
        1,
    )
    crown = 1 - 0.4 * ((at[:, 0] / w * 2) ** 4 + (at[:, 1] / d * 2) ** 4)
    at[:, 2] = h - 0.08 + (at[:, 2] - h + 0.08) * crown
    way = rng.normal(0, 1, (n, 3)) + np.array([0, 0, 0.6])
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    size_ = rng.uniform(0.05, 0.085, n)
    green.add(
        kites(at, way, rng.normal(0, 0.5, (n, 3)) + (0, 0, 1.0), size_, size_ * 0.62),
        vegetation.leaf((0.085, 0.16, 0.040)),
        0.5,
    )
    if flowers is not None:
        m = int(n * 0.11)
        top = at[rng.permutation(n)[:m]] + (0, 0, 0.05)
        a = np.arange(5) * 2 * np.pi / 5
        ray = np.stack([np.cos(a), np.sin(a), np.full(5, 0.25)], 1)
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        root = np.repeat(top, 5, 0)
        spin = np.tile(ray, (m, 1))
        s = np.repeat(rng.uniform(0.022, 0.034, m), 5)
        green.add(
            kites(root, spin, np.broadcast_to([0.0, 0, 1], root.shape), s, s, 0.0, 0.05),
            vegetation.petal(),
            0.3,
            flowers,
        )
    return pot, green


def parasol(cloth: Shader, pole: Shader, radius: float = 1.35) -> Fitment:
    """A café parasol with its foot."""
    kit = Kit()
    kit.add(lathe([(0, 0), (0.26, 0), (0.26, 0.06), (0.05, 0.09), (0.024, 0.10), (0.022, 2.55), (0, 2.55)], 20), pole)
    n = 8
    a = np.arange(n + 1) * 2 * np.pi / n
    v, f = [], []
    for i in range(n):
        base = len(v)
        p, q = a[i], a[i + 1]
        apex = (0, 0, 2.62)
        e0, e1 = ((radius * np.cos(t), radius * np.sin(t), 2.18) for t in (p, q))
        m = (p + q) / 2
        sag = (radius * 0.90 * np.cos(m), radius * 0.90 * np.sin(m), 2.185)
        drop = [(x * 1.005, y * 1.005, z - 0.16) for x, y, z in (e0, sag, e1)]
        v += [apex, e0, sag, e1, e0, sag, e1, *drop]
        f += [[base, base + 1, base + 2], [base, base + 2, base + 3]]
        f += [
            [base + 4, base + 7, base + 8],
            [base + 4, base + 8, base + 5],
            [base + 5, base + 8, base + 9],
            [base + 5, base + 9, base + 6],
        ]
    v = np.array(v)
    kit.add(Piece(v, np.array(f), np.stack([np.arctan2(v[:, 1], v[:, 0]), v[:, 2], 0 * v[:, 0]], 1)), cloth)
    for t in a[:-1]:
        kit.add(rod((0, 0, 2.58), (radius * np.cos(t), radius * np.sin(t), 2.165), 0.008, 5), pole)
    return Fitment(kit, (0.55, 0.55, 2.6), semantic="prop", name="parasol")


def menu_board(wood: Shader) -> Fitment:
    """A folding chalk board."""
    kit = Kit()
    slate = paint.gloss((0.028, 0.03, 0.03), 0.7)
    for s in (-1, 1):
        leaf = Kit()
        leaf.add(
            boxes(
                np.array([(-0.30, 0, 0.5), (0.30, 0, 0.5), (0, 0, 0.98), (0, 0, 0.10)]),
                np.array([(0.04, 0.025, 1.0)] * 2 + [(0.56, 0.025, 0.05)] * 2),
            ),
            wood,
        )
        leaf.add(box((0.56, 0.012, 0.84), (0, 0, 0.54)), slate)
        chalk = [
            (0.0, 0.86, 0.36),
            (0.0, 0.74, 0.42),
            (-0.03, 0.66, 0.34),
            (0.02, 0.58, 0.40),
            (-0.02, 0.50, 0.36),
            (0.0, 0.34, 0.28),
        ]
        leaf.add(
            boxes(np.array([(x, -0.008, z) for x, z, _ in chalk]), np.array([(w, 0.003, 0.022) for _, _, w in chalk])),
            paint.gloss((0.6, 0.6, 0.57), 0.9),
        )
        for piece, m, shade, tint in leaf.parts:
            p = piece.turned(-0.20, "x").moved(0, -0.20, 0)
            kit.add(p if s < 0 else p.turned(np.pi), leaf.shaders[m], shade, tint)
    return Fitment(kit, (0.64, 0.45, 1.0), semantic="prop", name="menu_board")


def tree_grate(iron: Shader, size: float = 1.2) -> Kit:
    """A grate around a street tree, flush with the paving."""
    n = 15
    x = (np.arange(n) - (n - 1) / 2) * size / n
    hole = 0.2
    c, s = [], []
    for u in x:
        if abs(u) < hole:
            for sign in (-1, 1):
                c.append((u, sign * (size / 2 + hole) / 2, -0.009))
                s.append((0.045, size / 2 - hole, 0.02))
        else:
            c.append((u, 0, -0.009))
            s.append((0.045, size, 0.02))
    for sign in (-1, 1):
        c.append((0, sign * (size / 2 + 0.02), -0.009))
        s.append((size + 0.08, 0.04, 0.021))
        c.append((sign * (size / 2 + 0.02), 0, -0.009))
        s.append((0.04, size + 0.08, 0.0205))
    return Kit().add(boxes(np.array(c), np.array(s)), iron)


def fountain(stone: Shader, water: Shader) -> Fitment:
    """A round basin with a column and two bowls."""
    kit = Kit()
    kit.add(
        lathe(
            [
                (0, 0),
                (1.75, 0),
                (1.75, 0.12),
                (1.62, 0.14),
                (1.60, 0.42),
                (1.70, 0.46),
                (1.70, 0.54),
                (1.42, 0.54),
                (1.42, 0.34),
                (0, 0.34),
            ],
            40,
        ),
        stone,
    )
    kit.add(
        lathe(
            [
                (0, 0.33),
                (0.34, 0.33),
                (0.30, 0.55),
                (0.15, 0.65),
                (0.13, 1.15),
                (0.30, 1.25),
                (0.70, 1.42),
                (0.72, 1.48),
                (0.64, 1.46),
                (0.2, 1.38),
                (0.09, 1.40),
                (0.08, 1.75),
                (0.32, 1.90),
                (0.33, 1.95),
                (0.1, 1.90),
                (0.06, 2.1),
                (0, 2.16),
            ],
            32,
        ),
        stone,
    )
    kit.add(lathe([(1.42, 0.46), (0, 0.46)], 40), water)
    return Fitment(kit, (3.5, 3.5, 2.2), semantic="rock", name="fountain")


def kerb_line(stone: Shader, length: float, width: float = 0.20, height: float = 0.25) -> Piece:
    """Kerb stones a metre long along x with open joints, top at z = 0, outer face at y = 0."""
    n = max(1, round(length))
    one = box((length / n - 0.006, width, height), (0, width / 2, -height / 2), 0.012)
    return one.tiled(np.stack([(np.arange(n) + 0.5) * length / n - length / 2, np.zeros(n), np.zeros(n)], 1))

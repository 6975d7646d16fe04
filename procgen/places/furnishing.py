"""Storage, lamps, plants in pots and the small things that make a room lived in. Same frame as `furniture.py`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..materials import paint, vegetation
from ..materials.shader import Color, Shader
from .furniture import Fitment, legs
from .plants import kites
from .solids import Kit, Piece, box, boxes, join, lathe, rod, rounded, sheet, tube_path, tubes

BOOK_COLORS: tuple[Color, ...] = (
    (0.42, 0.05, 0.04),
    (0.05, 0.11, 0.22),
    (0.55, 0.47, 0.33),
    (0.06, 0.16, 0.10),
    (0.62, 0.60, 0.55),
    (0.03, 0.03, 0.035),
    (0.50, 0.22, 0.05),
    (0.12, 0.22, 0.30),
    (0.33, 0.30, 0.26),
    (0.55, 0.36, 0.10),
    (0.20, 0.06, 0.10),
    (0.66, 0.52, 0.42),
)


def books(kit: Kit, x0: float, x1: float, front: float, z: float, space: float, rng: np.random.Generator) -> None:
    """A row of books standing on z between x0 and x1, spines towards -y; some gaps, piles and ornaments."""
    cloth = paint.tinted(0.6)
    paper = paint.gloss((0.70, 0.65, 0.55), 0.8)
    x = x0 + 0.008
    stop = x1 - 0.01
    while x < stop - 0.03:
        kind = rng.random()
        if kind < 0.80:
            n = int(rng.integers(4, 13))
            base_h, base_c = rng.uniform(0.17, 0.26), int(rng.integers(len(BOOK_COLORS)))
            series = rng.random() < 0.3
            for _ in range(n):
                w = float(rng.uniform(0.014, 0.042))
                if x + w > stop:
                    break
                h = min(space - 0.02, base_h if series else float(rng.uniform(0.85, 1.2) * base_h))
                d = float(rng.uniform(0.13, 0.19))
                c = BOOK_COLORS[base_c if series else int(rng.integers(len(BOOK_COLORS)))]
                y = front + 0.025 + float(rng.uniform(0, 0.02))
                kit.add(box((w - 0.001, d, h), (x + w / 2, y + d / 2, z + h / 2)), cloth, float(rng.uniform(0, 1)), c)
                band = h * rng.uniform(0.6, 0.85)
                if w > 0.022:
                    kit.add(box((w - 0.002, 0.001, 0.012), (x + w / 2, y - 0.0006, z + band)), paper)
                kit.add(box((w - 0.006, d - 0.01, 0.004), (x + w / 2, y + d / 2, z + h + 0.0005)), paper)
                x += w
            x += float(rng.uniform(0.0, 0.06))
        elif kind < 0.90 and x + 0.24 < stop:
            h = 0.0
            for _ in range(int(rng.integers(2, 5))):
                t = float(rng.uniform(0.018, 0.035))
                if h + t > space - 0.05:
                    break
                c = BOOK_COLORS[int(rng.integers(len(BOOK_COLORS)))]
                turned = box((0.22, 0.16, t), (0, 0, 0)).turned(float(rng.normal(0, 0.05)))
                kit.add(turned.moved(x + 0.115, front + 0.13, z + h + t / 2), cloth, float(rng.uniform(0, 1)), c)
                h += t
            x += 0.25
        else:
            if x + 0.14 < stop:
                kit.add(
                    vase(rng, float(rng.uniform(0.10, min(0.2, space - 0.04)))).moved(x + 0.07, front + 0.14, z),
                    *_glaze(rng),
                )
            x += 0.15


def _glaze(rng: np.random.Generator) -> tuple[Shader]:
    pick = ((0.72, 0.69, 0.62), (0.10, 0.20, 0.22), (0.50, 0.24, 0.13), (0.18, 0.24, 0.17), (0.05, 0.05, 0.055))
    return (paint.glaze(pick[int(rng.integers(len(pick)))]),)


def vase(rng: np.random.Generator, height: float) -> Piece:
    """A turned vase or bowl with an open mouth."""
    r = height * rng.uniform(0.22, 0.42)
    neck = r * rng.uniform(0.35, 0.9)
    t = np.linspace(0, 1, 9)
    body = neck + (r - neck) * np.sin(np.pi * np.clip(t * rng.uniform(0.8, 1.0) + 0.12, 0, 1)) ** 1.2
    outer = [
        (0, 0.0),
        (body[0] * 0.8, 0.0),
        *((float(b), float(z * height)) for b, z in zip(body, t * 0.98 + 0.02, strict=True)),
    ]
    inner = [
        (max(body[-1] - 0.006, 0.004), height - 0.001),
        (max(body[-1] - 0.008, 0.003), height * 0.8),
        (0, height * 0.78),
    ]
    return lathe([*outer, *inner], 20)


def bookcase(rng: np.random.Generator, wood: Shader, width: float, height: float, depth: float = 0.30) -> Fitment:
    """An open bookcase, filled."""
    kit = Kit()
    t = 0.024
    for s in (-1, 1):
        kit.add(box((t, depth, height), (s * (width - t) / 2, 0, height / 2), 0.003), wood, 0.3 + 0.2 * s)
    kit.add(box((width - 2 * t, 0.008, height - 0.02), (0, depth / 2 - 0.006, height / 2)), wood, 0.8)
    n = max(2, round(height / 0.36))
    levels = [0.07 + (height - 0.07 - t) * k / n for k in range(n + 1)]
    columns = max(1, round(width / 0.85))
    for z in levels:
        kit.add(box((width - 2 * t, depth - 0.006, t), (0, -0.001, z + t / 2), 0.003), wood, float(rng.uniform(0, 1)))
    kit.add(box((width - 2 * t, depth - 0.04, 0.07), (0, 0.015, 0.035)), wood, 0.4)
    for k in range(1, columns):
        kit.add(
            box((t, depth - 0.01, height - 0.1), (-width / 2 + width * k / columns, 0.003, height / 2 + 0.02)),
            wood,
            0.5,
        )
    for a, b in pairwise(levels):
        for k in range(columns):
            x0 = -width / 2 + width * k / columns + t
            x1 = -width / 2 + width * (k + 1) / columns - t
            books(kit, x0, x1 - rng.uniform(0, 0.2), -depth / 2, a + t, b - a - t, rng)
    return Fitment(kit, (width, depth, height), name="bookcase")


def sideboard(
    rng: np.random.Generator, wood: Shader, front: Shader, knob: Shader, width: float, height: float = 0.75
) -> Fitment:
    """A low cupboard on legs with doors and drawers."""
    kit = Kit()
    d, foot = 0.42, 0.16
    kit.add(box((width, d, height - foot), (0, 0, (height + foot) / 2), 0.006), wood)
    n = max(2, round(width / 0.5))
    w = (width - 0.05) / n
    for i in range(n):
        x = -width / 2 + 0.025 + (i + 0.5) * w
        drawers = 3 if i == int(rng.integers(n)) else 1
        h = (height - foot - 0.05) / drawers
        for k in range(drawers):
            z = foot + 0.025 + (k + 0.5) * h
            kit.add(box((w - 0.006, 0.018, h - 0.006), (x, -d / 2 - 0.006, z), 0.004), front, float(rng.uniform(0, 1)))
            kit.add(
                rod(
                    (x - 0.05, -d / 2 - 0.035, z + (h / 2 - 0.05 if drawers == 1 else 0)),
                    (x + 0.05, -d / 2 - 0.035, z + (h / 2 - 0.05 if drawers == 1 else 0)),
                    0.006,
                ),
                knob,
            )
            for s in (-1, 1):
                zz = z + (h / 2 - 0.05 if drawers == 1 else 0)
                kit.add(rod((x + s * 0.04, -d / 2 - 0.036, zz), (x + s * 0.04, -d / 2 - 0.01, zz), 0.004, 6), knob)
    kit.add(
        legs(
            [(sx * (width / 2 - 0.08), sy * (d / 2 - 0.07)) for sx in (-1, 1) for sy in (-1, 1)],
            foot + 0.01,
            0.020,
            0.012,
            0.015,
        ),
        knob,
    )
    return Fitment(kit, (width, d + 0.03, height), name="sideboard")


def ornaments(kit: Kit, width: float, depth: float, z: float, rng: np.random.Generator, count: int = 3) -> None:
    """Vases, bowls, book piles and a framed card on a top at height z."""
    spots = np.linspace(-width / 2 + 0.14, width / 2 - 0.14, count + 2)[1:-1] if count > 1 else np.zeros(1)
    for x in spots + rng.uniform(-0.05, 0.05, len(spots)):
        y = float(rng.uniform(-0.2, 0.2)) * depth
        kind = rng.random()
        if kind < 0.45:
            v = vase(rng, float(rng.uniform(0.12, 0.32)))
            kit.add(v.moved(x, y, z), *_glaze(rng))
            if rng.random() < 0.5:
                kit.add(
                    sprigs(rng, 9, 0.30).moved(x, y, z + v.v[:, 2].max() * 0.8), vegetation.leaf((0.16, 0.21, 0.10))
                )
        elif kind < 0.8:
            h = z
            for _ in range(int(rng.integers(2, 4))):
                t = float(rng.uniform(0.015, 0.035))
                c = BOOK_COLORS[int(rng.integers(len(BOOK_COLORS)))]
                turned = box((0.24, 0.17, t)).turned(float(rng.normal(0, 0.15)))
                kit.add(turned.moved(x, y, h + t / 2), paint.tinted(0.6), float(rng.uniform(0, 1)), c)
                h += t
        else:
            bowl = lathe([(0, 0), (0.05, 0), (0.10, 0.035), (0.125, 0.07), (0.118, 0.07), (0.09, 0.04), (0, 0.02)], 24)
            kit.add(bowl.moved(x, y, z), *_glaze(rng))


def sprigs(rng: np.random.Generator, count: int, length: float, leaf: float = 0.05) -> Piece:
    """A bunch of leafy stems from the origin."""
    a, up = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.75, 1.45, count)
    way = np.stack([np.cos(a) * np.cos(up), np.sin(a) * np.cos(up), np.sin(up)], 1)
    t = np.linspace(0, 1, 4)[None, :, None]
    reach = (rng.uniform(0.7, 1.1, count) * length)[:, None, None]
    stem = way[:, None] * t * reach + np.array([0, 0, -0.35]) * (t**2) * reach * np.cos(up)[:, None, None]
    per = 11
    s = rng.uniform(0.3, 1.0, (count, per))
    f = s * 3
    i = np.minimum(f.astype(int), 2)
    rows = np.arange(count)[:, None]
    root = (stem[rows, i] + (stem[rows, i + 1] - stem[rows, i]) * (f - i)[..., None]).reshape(-1, 3)
    d = np.repeat(way, per, 0) + rng.normal(0, 0.6, (count * per, 3))
    d /= np.linalg.norm(d, axis=1, keepdims=True)
    size = rng.uniform(0.7, 1.2, count * per) * leaf
    up_n = np.array([0, 0, 1.0]) + rng.normal(0, 0.5, (count * per, 3))
    return join([tubes(stem, 0.0022, 4), kites(root, d, up_n, size, size * 0.55)])


def floor_lamp(metal: Shader, shade: Shader, style: str) -> Fitment:
    """A standing lamp with a cloth shade ("drum") or an arched one ("arc")."""
    kit = Kit()
    if style == "arc":
        a = np.linspace(0, 1, 14)
        path = np.stack([0.75 * (1 - np.cos(a * 2.2)) * 0.62, np.zeros(14), 0.03 + 1.85 * np.sin(a * 2.0)], 1)
        kit.add(tube_path(path, 0.011, 10), metal)
        x, z = float(path[-1, 0]), float(path[-1, 2])
        kit.add(lathe([(0, 0), (0.17, 0), (0.17, 0.03), (0, 0.04)], 32), metal)
        kit.add(
            lathe(
                [
                    (0.20, z - 0.20),
                    (0.185, z - 0.13),
                    (0.12, z - 0.05),
                    (0.03, z),
                    (0, z),
                    (0, z - 0.004),
                    (0.115, z - 0.056),
                    (0.178, z - 0.134),
                    (0.196, z - 0.20),
                    (0.20, z - 0.20),
                ],
                32,
            ).moved(x),
            shade,
        )
        return Fitment(kit, (0.4, 0.4, z), name="lamp")
    kit.add(lathe([(0, 0), (0.14, 0), (0.14, 0.018), (0.02, 0.03), (0.011, 0.05), (0.011, 1.42), (0, 1.42)], 24), metal)
    kit.add(lathe([(0.21, 1.28), (0.16, 1.58), (0.157, 1.58), (0.207, 1.28), (0.21, 1.28)], 32), shade)
    return Fitment(kit, (0.42, 0.42, 1.6), name="lamp")


def table_lamp(base: Shader, shade: Shader) -> Piece:
    """Body of a table lamp; the shade is `table_shade`."""
    return lathe(
        [(0, 0), (0.075, 0), (0.08, 0.02), (0.095, 0.10), (0.06, 0.19), (0.018, 0.23), (0.014, 0.27), (0, 0.27)], 24
    )


def table_shade() -> Piece:
    """Shade for `table_lamp`."""
    return lathe([(0.15, 0.25), (0.11, 0.44), (0.107, 0.44), (0.147, 0.25), (0.15, 0.25)], 28)


def pendant(metal: Shader, shade: Shader, ceiling: float, drop: float, radius: float = 0.19) -> Fitment:
    """A lamp that hangs from the ceiling; its shade is open below."""
    kit = Kit()
    z = ceiling - drop
    kit.add(rod((0, 0, z), (0, 0, ceiling - 0.02), 0.0035, 6), metal)
    kit.add(lathe([(0, ceiling - 0.025), (0.05, ceiling - 0.025), (0.05, ceiling), (0, ceiling)], 20), metal)
    p = [(radius, z - 0.20), (radius * 0.92, z - 0.12), (radius * 0.55, z - 0.03), (0.03, z), (0, z)]
    inner = [
        (0, z - 0.004),
        (0.028, z - 0.004),
        (radius * 0.54, z - 0.036),
        (radius * 0.90, z - 0.124),
        (radius - 0.004, z - 0.20),
        p[0],
    ]
    kit.add(lathe([*p, *inner], 32), shade)
    return Fitment(kit, (2 * radius, 2 * radius, ceiling), name="pendant")


def potted_plant(rng: np.random.Generator, kind: str, height: float) -> tuple[Kit, Kit]:
    """A pot (prop) and its plant (vegetation): "fig", "palm" or "snake"."""
    pot, plant = Kit(), Kit()
    r = 0.12 + 0.07 * height
    h = r * 1.7
    pot.add(lathe([(0, 0), (r * 0.72, 0), (r, h), (r * 0.9, h), (r * 0.86, h - 0.04), (0, h - 0.04)], 28), *_glaze(rng))
    pot.add(
        lathe([(r * 0.87, h - 0.045), (r * 0.4, h - 0.03), (0, h - 0.03)], 20), paint.gloss((0.045, 0.032, 0.022), 0.95)
    )
    soil = h - 0.04
    if kind == "snake":
        n = 16
        a = rng.uniform(0, 2 * np.pi, n)
        tall = rng.uniform(0.5, 1.0, n) * height * 0.75
        t = np.linspace(0, 1, 7)
        for i in range(n):
            w = 0.028 * (1 - t**3) * np.sqrt(np.clip(t * 6 + 0.35, 0, 1)) + 0.0008
            lean = 0.22 * t**2 * rng.uniform(0.3, 1.0)
            c, s = np.cos(a[i]), np.sin(a[i])
            mid = np.stack([c * (0.3 * r * rng.uniform(0.1, 1) + lean), s * (0.3 * r + lean), soil + t * tall[i]], 1)
            side = np.array([-s, c, 0])
            grid = np.stack([mid - side * w[:, None], mid + np.array([c, s, 0]) * 0.008, mid + side * w[:, None]], 1)
            plant.add(sheet(grid), vegetation.leaf((0.085, 0.15, 0.055), through=0.15), float(rng.uniform(0, 1)))
        return pot, plant
    leaf = vegetation.leaf((0.055, 0.135, 0.030) if kind == "fig" else (0.09, 0.18, 0.04), through=0.25)
    n = 7 if kind == "fig" else 13
    a = np.arange(n) * 2.4 + rng.uniform(0, 0.5, n)
    up = rng.uniform(1.2, 1.5, n) if kind == "fig" else rng.uniform(0.55, 1.4, n)
    length = (height - soil) * rng.uniform(0.75, 1.1, n)
    t = np.linspace(0, 1, 8)[None, :, None]
    way = np.stack([np.cos(a) * np.cos(up), np.sin(a) * np.cos(up), np.sin(up)], 1)
    droop = (0.12 if kind == "fig" else 0.5) * length[:, None, None] * t**2 * np.array([0, 0, -1.0])
    stems = np.array([0, 0, soil - 0.03]) + way[:, None] * t * length[:, None, None] + droop * np.cos(up)[:, None, None]
    plant.add(tubes(stems, np.linspace(0.009, 0.004, 8)[None], 5), vegetation.bark((0.13, 0.11, 0.07), "smooth"), 0.5)
    per = 16 if kind == "fig" else 34
    s = np.linspace(0.30 if kind == "fig" else 0.25, 1.0, per)[None] + rng.uniform(-0.02, 0.02, (n, per))
    f = np.clip(s, 0, 0.999) * 7
    i = f.astype(int)
    rows = np.arange(n)[:, None]
    root = stems[rows, i] + (stems[rows, i + 1] - stems[rows, i]) * (f - i)[..., None]
    along = stems[rows, i + 1] - stems[rows, i]
    along /= np.linalg.norm(along, axis=2, keepdims=True)
    if kind == "fig":
        turn = np.arange(per)[None] * 2.4 + rng.uniform(0, 6, (n, 1))
        out = np.stack([np.cos(turn), np.sin(turn), np.full(turn.shape, 0.25)], 2)
        d = out + along * 0.3
        size = rng.uniform(0.13, 0.21, n * per)
        wide, normal = size * 0.62, np.array([0, 0, 1.0]) + rng.normal(0, 0.25, (n * per, 3))
    else:
        side = np.cross(along, [0, 0, 1.0])
        side /= np.maximum(np.linalg.norm(side, axis=2, keepdims=True), 1e-9)
        sign = np.where(np.arange(per) % 2, 1.0, -1.0)[None, :, None]
        d = side * sign + along * 0.75 + np.array([0, 0, -0.12])
        size = (
            (np.sin(np.pi * np.clip(s, 0, 1) * 0.9 + 0.15).reshape(-1) * 0.6 + 0.4)
            * 0.24
            * rng.uniform(0.9, 1.1, n * per)
        )
        wide, normal = np.full(n * per, 0.024), np.array([0, 0, 1.0]) + rng.normal(0, 0.12, (n * per, 3))
    d = (d / np.linalg.norm(d, axis=2, keepdims=True)).reshape(-1, 3)
    blades = kites(root.reshape(-1, 3), d, normal, size, wide, 0.12, 0.06)
    plant.add(blades, leaf, 0.5)
    return pot, plant


def framed(rng: np.random.Generator, width: float, height: float, frame: Shader, art: Shader, mat: float = 0.05) -> Kit:
    """A picture, back at y = 0, facing -y, centred at the origin."""
    kit = Kit()
    b = 0.022
    c = [(s * (width - b) / 2, -0.012, 0) for s in (-1, 1)] + [(0, -0.012, s * (height - b) / 2) for s in (-1, 1)]
    z = [(b, 0.024, height)] * 2 + [(width - 2 * b, 0.024, b)] * 2
    kit.add(boxes(np.array(c), np.array(z)), frame)
    kit.add(box((width - 2 * b, 0.006, height - 2 * b), (0, -0.006, 0)), paint.gloss((0.74, 0.73, 0.70), 0.8))
    w, h = width / 2 - b - mat, height / 2 - b - mat
    v = np.array([[-w, -0.0098, -h], [w, -0.0098, -h], [w, -0.0098, h], [-w, -0.0098, h]])
    kit.add(Piece(v, np.array([[0, 1, 2], [0, 2, 3]]), v[:, [0, 2, 1]].copy()), art)
    return kit


def drape(rng: np.random.Generator, width: float, height: float, gathers: int) -> Piece:
    """A hanging curtain in the plane y = 0, from z = 0 to `height`, x from 0 to `width`, in soft folds."""
    u = np.linspace(0, 1, gathers * 8 + 1)
    v = np.linspace(0, 1, 7)
    phase = np.cumsum(rng.uniform(0.7, 1.3, gathers * 8 + 1))
    phase = (phase - phase[0]) / (phase[-1] - phase[0]) * gathers * 2 * np.pi
    amp = 0.035 * (0.75 + 0.5 * v)[None]
    y = amp * np.sin(phase[:, None] + 0.25 * np.sin(v * 3)[None]) + 0.008 * np.sin(phase * 0.37)[:, None] * v[None]
    x = u[:, None] * width + 0.012 * np.cos(phase)[:, None] * np.ones(7)[None]
    grid = np.stack([x, y, np.broadcast_to((1 - v)[None] * height, x.shape)], -1)
    return sheet(grid[:, ::-1])


def radiator(white: Shader, width: float, height: float = 0.55) -> Fitment:
    """A column radiator."""
    n = max(4, int(width / 0.05))
    x = (np.arange(n) - (n - 1) / 2) * 0.05
    kit = Kit()
    column = rounded((0.042, 0.09, height), 0.018, n=4, cells=1).moved(0, 0, 0.10 + height / 2)
    kit.add(column.tiled(np.stack([x, np.zeros(n), np.zeros(n)], 1)), white)
    kit.add(join([rod((-width / 2, 0, z), (width / 2, 0, z), 0.016) for z in (0.14, 0.06 + height)]), white)
    kit.add(
        join([rod((s * (width / 2 - 0.05), 0, 0.0), (s * (width / 2 - 0.05), 0, 0.14), 0.012) for s in (-1, 1)]), white
    )
    return Fitment(kit, (width, 0.12, height + 0.1), name="radiator")


def screen(dark: Shader, glassy: Shader, width: float = 0.6, height: float = 0.36) -> Kit:
    """A monitor on a foot, standing at z = 0, facing -y."""
    kit = Kit()
    kit.add(rounded((width, 0.025, height), 0.008, n=2, cells=1).moved(0, 0, 0.13 + height / 2), dark)
    kit.add(box((width - 0.02, 0.002, height - 0.02), (0, -0.0132, 0.13 + height / 2)), glassy)
    kit.add(box((0.05, 0.012, 0.2), (0, 0.02, 0.11)), dark).add(
        rounded((0.22, 0.16, 0.012), 0.005, n=2, cells=1).moved(0, 0.02, 0.006), dark
    )
    return kit


def mug(rng: np.random.Generator, at: Sequence[float]) -> tuple[Piece, Shader]:
    """A mug at (x, y, z) and its glaze."""
    cup = lathe([(0, 0), (0.036, 0), (0.040, 0.01), (0.040, 0.088), (0.037, 0.088), (0.036, 0.02), (0, 0.015)], 20)
    a = np.linspace(-1.3, 1.3, 9)
    handle = tube_path(np.stack([0.036 + 0.026 * np.cos(a), 0 * a, 0.048 + 0.026 * np.sin(a)], 1), 0.0045, 6)
    return join([cup, handle]).turned(float(rng.uniform(0, 6.28))).moved(*at), _glaze(rng)[0]

"""House fronts: storeys, bays, windows with surrounds, balconies, cornices. A front looks along -y."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..materials import masonry, paint
from ..materials.shader import Color, Shader
from .house_parts import BRICKS, REVEAL, Front, House
from .openings import FOUR_PANELS, TWO_PANELS, Opening, casement, pane, panel_door, wall
from .roofs import build_roof
from .shopfronts import build_shop
from .solids import Kit, box, boxes, join, moulding, rod

RENDERS: tuple[Color, ...] = (
    (0.62, 0.53, 0.38),
    (0.66, 0.60, 0.50),
    (0.60, 0.40, 0.27),
    (0.55, 0.56, 0.50),
    (0.64, 0.50, 0.42),
    (0.45, 0.52, 0.55),
    (0.69, 0.67, 0.62),
    (0.62, 0.47, 0.22),
    (0.48, 0.51, 0.42),
    (0.56, 0.33, 0.24),
    (0.66, 0.57, 0.35),
    (0.52, 0.47, 0.44),
)
WOODS: tuple[Color, ...] = (
    (0.70, 0.69, 0.66),
    (0.66, 0.62, 0.53),
    (0.055, 0.085, 0.075),
    (0.045, 0.06, 0.095),
    (0.16, 0.045, 0.035),
    (0.07, 0.07, 0.072),
    (0.24, 0.30, 0.27),
    (0.18, 0.11, 0.06),
)


def build_house(h: House) -> Front:
    """Build one front, from x = -width/2 to width/2."""
    rng = np.random.default_rng([h.seed, 21])
    f = Front(Kit(), Kit(), Kit(), Kit())
    skin = _skin(h)
    dressing = masonry.stone((0.56, 0.52, 0.44)) if h.skin != "stone" else masonry.stone((0.50, 0.45, 0.36))
    timber = paint.worn_paint(WOODS[int(rng.integers(2 if rng.random() < 0.7 else len(WOODS)))], 0.42)
    accent = WOODS[int(rng.integers(2, len(WOODS)))]
    w = h.width / 2
    bay = h.width / h.bays
    win_w = min(1.15, bay * 0.56)
    win_h = min(h.storey * 0.62, 2.05)
    style = int(rng.integers(4))
    holes: list[Opening] = []
    for s in range(h.storeys):
        shrink = 0.86 if s == h.storeys - 1 and h.storeys > 2 else 1.0
        z = h.ground + s * h.storey + (0.62 if not h.balconies or s != 0 else 0.10)
        top = h.ground + s * h.storey + 0.62 + win_h * shrink
        for b in range(h.bays):
            x = -w + (b + 0.5) * bay
            holes.append((x - win_w / 2, z, x + win_w / 2, top))
    below = _shop_holes(h, rng) if h.shop else _ground_holes(h, bay, win_w, rng)
    upper = wall(-w, w, h.ground, h.height, holes, REVEAL)
    f.building.add(upper, skin, float(rng.uniform(0, 1)))
    base = masonry.ashlar() if (not h.shop and h.skin == "render" and rng.random() < 0.45) else skin
    f.building.add(wall(-w, w, 0.0, h.ground, [o for o, _ in below], REVEAL), base)
    if not h.shop:
        plinth = [(0.0, 0.0), (0.0, 0.50), (-0.03, 0.48), (-0.045, 0.0)]
        for a, b in _solid_spans(w, [o for o, _ in below if o[1] < 0.5]):
            f.building.add(moulding(plinth, b - a).moved((a + b) / 2), dressing)
    glass = paint.facade_glass((0.62, 0.60, 0.55) if rng.random() < 0.7 else (0.55, 0.45, 0.34))
    cols, rows = ((2, 3), (2, 2), (2, 1), (1, 2))[style]
    for i, o in enumerate(holes):
        _fill(f, o, timber, glass, cols, rows, rng)
        _surround(f.building, o, dressing, h.skin, i // h.bays, style)
        if h.shutters and bay - win_w > 0.85:
            _shutters(f.prop, o, paint.worn_paint(accent, 0.6), win_w)
    for o, kind in below:
        if kind == "door":
            _entrance(f, o, accent, dressing, rng)
        elif kind == "window":
            _fill(f, o, timber, glass, cols, rows, rng)
            _surround(f.building, o, dressing, h.skin, 0, style)
    if h.shop:
        build_shop(f, [o for o, _ in below], accent, rng)
    if h.balconies:
        for b in range(h.bays):
            if h.bays < 3 or b % 2 == 0 or rng.random() < 0.4:
                _balcony(f.building, -w + (b + 0.5) * bay, h.ground + 0.04, win_w + 0.7, dressing)
    _cornices(f.building, h, dressing, style)
    build_roof(f, h, rng)
    pipe = paint.worn_paint((0.13, 0.13, 0.125), 0.5)
    f.building.add(join([rod((w - 0.12, -0.07, 0.05), (w - 0.12, -0.07, h.height - 0.2), 0.045, 8)]), pipe)
    return f


def _skin(h: House) -> Shader:
    if h.skin == "brick":
        return masonry.brick(*BRICKS[h.color % len(BRICKS)])
    if h.skin == "stone":
        return masonry.ashlar(((0.50, 0.44, 0.35), (0.44, 0.41, 0.36), (0.56, 0.49, 0.37))[h.color % 3])
    return masonry.render(RENDERS[h.color % len(RENDERS)])


def _solid_spans(w: float, holes: Sequence[Opening]) -> list[tuple[float, float]]:
    out, x = [], -w
    for o in sorted(holes):
        if o[0] - x > 0.05:
            out.append((x, o[0]))
        x = o[2]
    if w - x > 0.05:
        out.append((x, w))
    return out


def _ground_holes(h: House, bay: float, win_w: float, rng: np.random.Generator) -> list[tuple[Opening, str]]:
    entry = int(rng.integers(h.bays))
    out: list[tuple[Opening, str]] = []
    for b in range(h.bays):
        x = -h.width / 2 + (b + 0.5) * bay
        if b == entry:
            out.append(((x - 0.52, 0.0, x + 0.52, min(2.72, h.ground - 0.45)), "door"))
        else:
            out.append(((x - win_w / 2, 0.95, x + win_w / 2, min(2.75, h.ground - 0.45)), "window"))
    return out


def _shop_holes(h: House, rng: np.random.Generator) -> list[tuple[Opening, str]]:
    """A door to the flats at one side, the shop window with its own door in the rest."""
    w, top = h.width / 2, h.ground - 0.55
    side = -1 if rng.random() < 0.5 else 1
    flats = (side * (w - 1.2) - 0.5, 0.0, side * (w - 1.2) + 0.5, 2.7)
    a, b = (-w + 0.6, w - 2.15) if side > 0 else (-w + 2.15, w - 0.6)
    return [(flats, "door"), ((a, 0.0, b, top), "shop")]


def _fill(f: Front, o: Opening, timber: Shader, glass: Shader, cols: int, rows: int, rng: np.random.Generator) -> None:
    f.window.add(casement(o, REVEAL - 0.05, cols, rows, 0.07, 0.07), timber)
    f.window.add(pane(o, REVEAL - 0.04), glass, float(rng.uniform(0, 1)))


def _surround(kit: Kit, o: Opening, dressing: Shader, skin: str, storey: int, style: int) -> None:
    x0, z0, x1, z1 = o
    mid, wide = (x0 + x1) / 2, x1 - x0
    kit.add(box((wide + 0.22, 0.20, 0.07), (mid, 0.015, z0 - 0.035), 0.012), dressing)
    if skin == "brick" and style % 2:
        kit.add(box((wide + 0.30, 0.03, 0.20), (mid, -0.008, z1 + 0.10)), dressing)
        return
    t = 0.13
    kit.add(
        boxes(
            np.array([(x0 - t / 2, 0.0, (z0 + z1) / 2), (x1 + t / 2, 0.0, (z0 + z1) / 2), (mid, 0.0, z1 + t / 2)]),
            np.array([(t, 0.06, z1 - z0), (t, 0.06, z1 - z0), (wide + 2 * t, 0.06, t)]),
        ),
        dressing,
    )
    if storey == 0 and style in (0, 2):
        cap = [(0.0, 0.0), (0.0, 0.16), (-0.14, 0.16), (-0.14, 0.11), (-0.07, 0.06), (-0.04, 0.0)]
        kit.add(moulding(cap, wide + 2 * t + 0.16).moved(mid, 0, z1 + t), dressing)


def _shutters(kit: Kit, o: Opening, color: Shader, wide: float) -> None:
    x0, z0, x1, z1 = o
    w, height = wide / 2 - 0.03, z1 - z0
    n = int(height / 0.075)
    for x in (x0 - w / 2 - 0.14, x1 + w / 2 + 0.14):
        kit.add(
            boxes(
                np.array(
                    [
                        (x - w / 2 + 0.03, -0.055, (z0 + z1) / 2),
                        (x + w / 2 - 0.03, -0.055, (z0 + z1) / 2),
                        (x, -0.055, z0 + 0.04),
                        (x, -0.055, z1 - 0.04),
                        (x, -0.055, (z0 + z1) / 2),
                    ]
                ),
                np.array([(0.06, 0.04, height)] * 2 + [(w - 0.12, 0.04, 0.08)] * 3),
            ),
            color,
        )
        slat = box((w - 0.12, 0.012, 0.07)).turned(-0.7, "x")
        z = z0 + 0.08 + (np.arange(n - 1) + 0.5) * (height - 0.16) / (n - 1)
        kit.add(slat.tiled(np.stack([np.full(n - 1, x), np.full(n - 1, -0.052), z], 1)), color)


def _entrance(f: Front, o: Opening, accent: Color, dressing: Shader, rng: np.random.Generator) -> None:
    color = paint.worn_paint(accent, 0.3)
    brass = paint.metal((0.58, 0.43, 0.20), 0.3)
    leaf = (o[0] + 0.05, 0.13, o[2] - 0.05, 2.18)
    glazed = bool(rng.random() < 0.35)
    panel_door(
        f.door,
        leaf,
        REVEAL - 0.06,
        color,
        brass,
        TWO_PANELS if glazed else (FOUR_PANELS, TWO_PANELS)[int(rng.integers(2))],
        paint.facade_glass(),
        1 if glazed else -1,
    )
    f.door.add(casement((o[0], 0.0, o[2], o[3]), REVEAL - 0.04, 1, 1, 0.05, 0.09), color)
    light = (o[0] + 0.05, 2.24, o[2] - 0.05, o[3] - 0.05)
    f.door.add(box((o[2] - o[0] - 0.1, 0.07, 0.06), ((o[0] + o[2]) / 2, REVEAL - 0.04, 2.21)), color)
    if light[3] - light[1] > 0.12:
        f.window.add(pane(light, REVEAL - 0.03), paint.facade_glass(), 0.9)
    f.building.add(box((o[2] - o[0] + 0.24, 0.42, 0.13), ((o[0] + o[2]) / 2, -0.02, 0.065), 0.012), dressing)
    t = 0.17
    for x in (o[0] - t / 2, o[2] + t / 2):
        f.building.add(box((t, 0.10, o[3]), (x, -0.02, o[3] / 2), 0.01), dressing)
    cap = [(0.0, 0.0), (0.0, 0.24), (-0.20, 0.24), (-0.20, 0.18), (-0.10, 0.10), (-0.06, 0.0)]
    f.building.add(moulding(cap, o[2] - o[0] + 2 * t + 0.12).moved((o[0] + o[2]) / 2, 0, o[3]), dressing)


def _balcony(kit: Kit, x: float, z: float, wide: float, dressing: Shader) -> None:
    deep = 0.75
    kit.add(box((wide, deep, 0.13), (x, -deep / 2, z - 0.065), 0.02), dressing)
    for s in (-1, 1):
        kit.add(box((0.12, deep * 0.6, 0.24), (x + s * wide * 0.32, -deep * 0.3, z - 0.25), 0.03), dressing)
    iron = paint.worn_paint((0.030, 0.031, 0.033), 0.45)
    n = int(wide / 0.115)
    xs = x - wide / 2 + 0.03 + np.arange(n + 1) * (wide - 0.06) / n
    m = int(deep / 0.125)
    ys = -0.03 - np.arange(1, m + 1) * (deep - 0.06) / m
    at = [*((u, -deep + 0.03) for u in xs), *((x + s * (wide / 2 - 0.03), u) for u in ys[:-1] for s in (-1, 1))]
    kit.add(boxes(np.array([(u, v, z + 0.46) for u, v in at]), (0.014, 0.014, 0.92)), iron)  # pyright: ignore[reportArgumentType]
    for zz in (z + 0.08, z + 0.94):
        kit.add(
            boxes(
                np.array(
                    [(x, -deep + 0.03, zz), (x - wide / 2 + 0.03, -deep / 2, zz), (x + wide / 2 - 0.03, -deep / 2, zz)]
                ),
                np.array([(wide, 0.036, 0.022), (0.036, deep - 0.06, 0.022), (0.036, deep - 0.06, 0.022)]),
            ),
            iron,
        )


def _cornices(kit: Kit, h: House, dressing: Shader, style: int) -> None:
    band = [(0.0, 0.0), (0.0, 0.20), (-0.11, 0.20), (-0.11, 0.15), (-0.05, 0.08), (-0.03, 0.0)]
    kit.add(moulding(band, h.width).moved(0, 0, h.ground - 0.02), dressing)
    top = [
        (0.0, 0.0),
        (0.0, 0.52),
        (-0.46, 0.52),
        (-0.46, 0.44),
        (-0.34, 0.36),
        (-0.30, 0.22),
        (-0.12, 0.12),
        (-0.06, 0.0),
    ]
    kit.add(moulding(top, h.width).moved(0, 0, h.height - 0.30), dressing)
    if style in (0, 3):
        n = int(h.width / 0.42)
        x = (np.arange(n) + 0.5) * h.width / n - h.width / 2
        kit.add(boxes(np.stack([x, np.full(n, -0.16), np.full(n, h.height - 0.02)], 1), (0.13, 0.26, 0.16)), dressing)  # pyright: ignore[reportArgumentType]
    if h.skin != "render":
        return
    for s in (-1, 1):
        k = np.arange(int(h.height / 0.34))
        wide = np.where(k % 2, 0.30, 0.42)
        c = np.stack([s * (h.width / 2 - wide / 2), np.full(len(k), 0.0), (k + 0.5) * 0.34], 1)
        kit.add(boxes(c, np.stack([wide, np.full(len(k), 0.05), np.full(len(k), 0.325)], 1)), dressing)

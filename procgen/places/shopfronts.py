"""Shop fronts: stall riser, big panes, a glazed door, fascia with lettering, awning."""

from __future__ import annotations

import numpy as np

from ..materials import paint, upholstery
from ..materials.shader import Color
from ..materials.shop_window import shop_glass
from .house_parts import REVEAL, Front
from .openings import Opening, casement, pane, panel_door
from .solids import Kit, Piece, box, boxes, moulding, quads

WARES: tuple[tuple[Color, ...], ...] = (  # colours of what shops sell
    ((0.30, 0.16, 0.07), (0.46, 0.28, 0.12), (0.52, 0.40, 0.24), (0.22, 0.10, 0.05)),
    ((0.42, 0.06, 0.05), (0.50, 0.44, 0.36), (0.06, 0.12, 0.22), (0.10, 0.20, 0.13)),
    ((0.52, 0.48, 0.42), (0.38, 0.36, 0.33), (0.20, 0.24, 0.26), (0.56, 0.50, 0.38)),
    ((0.10, 0.22, 0.08), (0.46, 0.30, 0.06), (0.40, 0.07, 0.05), (0.16, 0.26, 0.10)),
)


def _metres(glass: Piece) -> Piece:
    """A pane whose `tex` is in metres, for what is drawn behind it."""
    return Piece(glass.v, glass.f, glass.v[:, [0, 2, 1]].copy())


def build_shop(f: Front, holes: list[Opening], accent: Color, rng: np.random.Generator) -> None:
    """Stall riser, big panes, a glazed door, pilasters, fascia, and an awning or a hanging sign."""
    color = paint.worn_paint(accent, 0.4)
    glass = shop_glass(
        float(rng.integers(0, 50)), WARES[int(rng.integers(len(WARES)))], float(rng.choice([0.105, 0.22, 0.45]))
    )
    x0, _, x1, top = holes[1]
    wide = x1 - x0
    door_x = x0 + (0.14 if rng.random() < 0.5 else 0.86) * wide
    door = (door_x - 0.48, 0.0, door_x + 0.48, top)
    y = REVEAL - 0.06
    for a, b in ((x0, door[0]), (door[2], x1)):
        if b - a < 0.4:
            f.building.add(box((b - a, 0.12, top), ((a + b) / 2, y, top / 2)), color)
            continue
        riser = box((b - a, 0.12, 0.55), ((a + b) / 2, y, 0.275))
        f.building.add(riser, color)
        n = max(1, round((b - a) / 1.0))
        for i in range(n):
            u, v = a + (b - a) * i / n, a + (b - a) * (i + 1) / n
            f.building.add(box((v - u - 0.16, 0.02, 0.33), ((u + v) / 2, y - 0.066, 0.29), 0.01), color)
        panel = (a, 0.55, b, top)
        f.window.add(casement(panel, y, n, 1, 0.07, 0.09, 0.80), color).add(_metres(pane(panel, y + 0.02)), glass, 0.95)
        _display(f.prop, a + 0.15, b - 0.15, y + 0.25, rng)
    leaf = (door[0] + 0.03, 0.03, door[2] - 0.03, 2.13)
    panel_door(
        f.door,
        leaf,
        y,
        color,
        paint.metal((0.5, 0.4, 0.2)),
        ((0.14, 0.06, 0.86, 0.30), (0.14, 0.37, 0.86, 0.94)),
        paint.facade_glass((0.05, 0.05, 0.05)),
        1,
    )
    f.door.add(casement((door[0], 0.0, door[2], 2.2), y, 1, 1, 0.05, 0.10), color)
    f.window.add(_metres(pane((door[0], 2.2, door[2], top), y + 0.02)), glass, 0.95).add(
        casement((door[0], 2.2, door[2], top), y, 1, 1, 0.06, 0.09), color
    )
    for x in (x0 - 0.12, x1 + 0.12):
        f.building.add(box((0.24, 0.16, top + 0.1), (x, -0.06, (top + 0.1) / 2), 0.012), color)
        f.building.add(box((0.30, 0.20, 0.25), (x, -0.08, 0.125), 0.012), color)
        f.building.add(box((0.30, 0.28, 0.46), (x, -0.11, top + 0.29), 0.02), color)
    sign = box((wide + 0.2, 0.05, 0.40), ((x0 + x1) / 2, -0.10, top + 0.28)).turned(0.0)
    f.prop.add(sign, paint.gloss(accent, 0.35))
    _lettering(f.prop, (x0 + x1) / 2, top + 0.28, wide * rng.uniform(0.3, 0.55), rng)
    cap = [(0.0, 0.0), (0.0, 0.12), (-0.26, 0.12), (-0.26, 0.07), (-0.12, 0.0)]
    f.building.add(moulding(cap, wide + 0.54).moved((x0 + x1) / 2, 0, top + 0.50), color)
    if rng.random() < 0.65:
        c = ((0.30, 0.045, 0.035), (0.05, 0.13, 0.10), (0.06, 0.09, 0.19), (0.50, 0.33, 0.09), (0.28, 0.27, 0.25))[
            int(rng.integers(5))
        ]
        f.prop.add(
            canopy(wide + 0.1, 1.35, 0.55).moved((x0 + x1) / 2, -0.14, top + 0.04),
            upholstery.awning(c, (0.74, 0.71, 0.64)),
        )


def _display(kit: Kit, a: float, b: float, y: float, rng: np.random.Generator) -> None:
    """Goods behind the glass would be hidden by it; what stands out is a box or two on the pavement."""
    if rng.random() < 0.25 and b - a > 1.0:
        kit.add(box((0.5, 0.36, 0.3), ((a + b) / 2, -0.32, 0.15), 0.01), paint.worn_paint((0.25, 0.15, 0.07), 0.7))


def _lettering(kit: Kit, x: float, z: float, wide: float, rng: np.random.Generator) -> None:
    """Strokes that read as a painted name from a distance, without being a word."""
    gold = paint.metal((0.62, 0.47, 0.22), 0.35) if rng.random() < 0.5 else paint.gloss((0.72, 0.70, 0.65), 0.4)
    n = max(4, int(wide / 0.16))
    step = wide / n
    strokes = []
    for i in range(n):
        if rng.random() < 0.1 and 0 < i < n - 1:
            continue
        u = x - wide / 2 + (i + 0.5) * step
        h, w = 0.17, step * 0.62
        kind = int(rng.integers(5))
        strokes.append(((u - w / 2, z), (0.028, h)))
        if kind in (0, 1, 3):
            strokes.append(((u + w / 2, z + (0 if kind != 3 else 0.03)), (0.028, h if kind != 3 else h * 0.6)))
        if kind in (0, 2, 3):
            strokes.append(((u, z + h / 2 - 0.012), (w, 0.024)))
        if kind in (1, 2, 4):
            strokes.append(((u, z - h / 2 + 0.012), (w, 0.024)))
        if kind in (0, 2, 4):
            strokes.append(((u, z), (w * 0.9, 0.022)))
    c = np.array([(p[0], -0.13, p[1]) for p, _ in strokes])
    kit.add(boxes(c, np.array([(s[0], 0.014, s[1]) for _, s in strokes])), gold)


def canopy(width: float, reach: float, drop: float, valance: float = 0.20) -> Piece:
    """An awning: a slope from the wall (y = 0, z = 0) with scalloped valance; `tex` x across."""
    n = max(8, int(width / 0.09) * 2)
    x = np.linspace(-width / 2, width / 2, n + 1)
    a = np.stack([x, np.zeros_like(x), np.zeros_like(x)], 1)
    b = np.stack([x, np.full_like(x, -reach), np.full_like(x, -drop)], 1)
    lip = valance * (0.72 + 0.28 * np.abs(np.sin(np.linspace(0, np.pi * n / 4, n + 1))))
    c = np.stack([x, np.full_like(x, -reach - 0.015), -drop - lip], 1)
    rows, f = [a, b, b.copy(), c], []
    m = n + 1
    i = np.arange(n)
    for r in (0, 2):
        f.append(np.stack([r * m + i, (r + 1) * m + i, (r + 1) * m + i + 1, r * m + i + 1], 1))
    v = np.concatenate(rows)
    cheeks = np.array(
        [
            [-width / 2, 0, 0],
            [-width / 2, 0, -drop],
            [-width / 2, -reach, -drop],
            [width / 2, 0, 0],
            [width / 2, -reach, -drop],
            [width / 2, 0, -drop],
        ]
    )
    tri = np.concatenate([quads(np.concatenate(f)), len(v) + np.array([[0, 1, 2], [3, 4, 5]])])
    v = np.concatenate([v, cheeks])
    return Piece(v, tri, np.stack([v[:, 0], v[:, 1], v[:, 2]], 1))

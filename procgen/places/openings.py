"""Walls with real openings, and the windows and doors that fill them. Front faces look along -y, x runs right, z up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..materials.shader import Shader
from .solids import Kit, Piece, box, boxes, join, lathe, quads, rod

Opening = tuple[float, float, float, float]  # x0, z0, x1, z1


def wall(x0: float, x1: float, z0: float, z1: float, openings: Sequence[Opening], depth: float) -> Piece:
    """The face of a wall in y = 0 with openings, and their reveals back to y = depth; `tex` = (x, z, 0) metres."""
    xs = np.unique(np.round([x0, x1, *(o[0] for o in openings), *(o[2] for o in openings)], 6))
    zs = np.unique(np.round([z0, z1, *(o[1] for o in openings), *(o[3] for o in openings)], 6))
    xs, zs = xs[(xs > x0 - 1e-5) & (xs < x1 + 1e-5)], zs[(zs > z0 - 1e-5) & (zs < z1 + 1e-5)]
    cx, cz = np.meshgrid((xs[:-1] + xs[1:]) / 2, (zs[:-1] + zs[1:]) / 2, indexing="ij")
    solid = np.ones(cx.shape, bool)
    for a, b, c, d in openings:
        solid &= ~((cx > a) & (cx < c) & (cz > b) & (cz < d))
    i, j = np.nonzero(solid)
    face = np.stack(
        [np.stack([xs[i + di], np.zeros(len(i)), zs[j + dj]], 1) for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1))], 1
    ).reshape(-1, 3)
    tex = np.stack([face[:, 0], face[:, 2], np.zeros(len(face))], 1)
    rows, rtex = [face], [tex]
    for a, b, c, d in openings:
        # left jamb looks right, right jamb left, head down, sill up
        for p, q in (((a, d), (a, b)), ((c, b), (c, d)), ((c, d), (a, d)), ((a, b), (c, b))):
            rows.append(np.array([[p[0], 0, p[1]], [q[0], 0, q[1]], [q[0], depth, q[1]], [p[0], depth, p[1]]]))
            along = abs(p[0] - q[0]) > abs(p[1] - q[1])
            if along:
                rtex.append(
                    np.array([[p[0], p[1], 0], [q[0], p[1], 0], [q[0], p[1] + depth, 0], [p[0], p[1] + depth, 0]])
                )
            else:
                rtex.append(
                    np.array([[p[0], p[1], 0], [p[0], q[1], 0], [p[0] + depth, q[1], 0], [p[0] + depth, p[1], 0]])
                )
    v = np.concatenate(rows)
    return Piece(v, quads(np.arange(len(v)).reshape(-1, 4)), np.concatenate(rtex))


def casement(
    o: Opening, y: float, columns: int = 2, rows: int = 1, bar: float = 0.055, depth: float = 0.06, transom: float = 0.0
) -> Piece:
    """Frame and bars of a window in an opening, centred at depth `y`.

    Args:
        o: The opening.
        y: Depth of the frame's middle.
        columns, rows: Panes.
        bar: Width of the frame, metres; glazing bars are half of it.
        depth: Thickness of the frame.
        transom: Height of a cross bar above the sill as a share of the opening; 0 = none.
    """
    x0, z0, x1, z1 = o
    w, h = x1 - x0, z1 - z0
    c, s = [], []
    for x in (x0 + bar / 2, x1 - bar / 2):
        c.append((x, y, (z0 + z1) / 2))
        s.append((bar, depth, h))
    for z in (z0 + bar / 2, z1 - bar / 2):
        c.append(((x0 + x1) / 2, y, z))
        s.append((w - 2 * bar, depth, bar))
    for k in range(1, columns):
        thick = bar * (1.3 if k * 2 == columns else 0.55)
        c.append((x0 + w * k / columns, y, (z0 + z1) / 2))
        s.append((thick, depth * 0.9, h - 2 * bar))
    for k in range(1, rows):
        c.append(((x0 + x1) / 2, y, z0 + h * k / rows))
        s.append((w - 2 * bar, depth * 0.7, bar * 0.5))
    if transom:
        c.append(((x0 + x1) / 2, y, z0 + h * transom))
        s.append((w - 2 * bar, depth * 0.95, bar * 0.9))
    return boxes(np.array(c), np.array(s))


def pane(o: Opening, y: float) -> Piece:
    """Glass of an opening at depth `y`, facing -y; `tex` runs 0–1."""
    x0, z0, x1, z1 = o
    v = np.array([[x0, y, z0], [x1, y, z0], [x1, y, z1], [x0, y, z1]])
    return Piece(v, np.array([[0, 1, 2], [0, 2, 3]]), np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0.0]]))


def panel_door(
    kit: Kit,
    o: Opening,
    y: float,
    paint: Shader,
    knob: Shader,
    layout: Sequence[Opening],
    glass: Shader | None = None,
    glazed: int = -1,
) -> None:
    """A door leaf with raised panels (x, z in 0–1 of the leaf) in an opening; panel `glazed` is glass."""
    x0, z0, x1, z1 = o
    w, h = x1 - x0, z1 - z0
    kit.add(box((w, 0.04, h), ((x0 + x1) / 2, y + 0.02, (z0 + z1) / 2)), paint)
    for i, (a, b, c, d) in enumerate(layout):
        size, at = ((c - a) * w, (d - b) * h), (x0 + (a + c) / 2 * w, z0 + (b + d) / 2 * h)
        if i == glazed and glass is not None:
            kit.add(
                pane((at[0] - size[0] / 2, at[1] - size[1] / 2, at[0] + size[0] / 2, at[1] + size[1] / 2), y - 0.004),
                glass,
                0.9,
            )
            frame = casement((x0 + a * w, z0 + b * h, x0 + c * w, z0 + d * h), y - 0.006, 1, 1, 0.02, 0.02)
            kit.add(frame, paint)
            continue
        kit.add(box((size[0], 0.018, size[1]), (at[0], y - 0.003, at[1]), 0.008), paint)
    handle = join(
        [
            lathe([(0, 0), (0.024, 0), (0.024, 0.006), (0, 0.006)], 12).turned(np.pi / 2, "x").moved(0, 0, 0),
            rod((0, 0, 0), (0, -0.05, 0), 0.009),
            rod((0.012, -0.046, 0), (-0.10, -0.046, 0), 0.009),
        ]
    )
    kit.add(handle.moved(x1 - 0.075, y, z0 + 1.02), knob)


FOUR_PANELS: tuple[Opening, ...] = (
    (0.14, 0.09, 0.46, 0.40),
    (0.54, 0.09, 0.86, 0.40),
    (0.14, 0.48, 0.46, 0.93),
    (0.54, 0.48, 0.86, 0.93),
)
TWO_PANELS: tuple[Opening, ...] = ((0.15, 0.08, 0.85, 0.40), (0.15, 0.47, 0.85, 0.94))

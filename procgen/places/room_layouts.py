"""How a living room, a café and an office are furnished. Each returns its free stage (x0, y0, x1, y1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..materials import paint, upholstery
from ..materials.shader import Shader
from . import furnishing as fit
from . import furniture as fur
from .arrangement import Furnished, Palette, glow, lay_rug, pictures, stand_plant, table_set
from .furniture import Fitment
from .interiors import Side, sides
from .openings import Opening
from .room_spec import RoomSpec
from .solids import Kit, Piece, box, lathe, pose
from .wall_lining import free_spans, line_wall


def living(
    spec: RoomSpec, p: Palette, room: Furnished, windows: Sequence[tuple[int, Opening]], rng: np.random.Generator
) -> np.ndarray:
    n, e, s, _ = sides(spec.width, spec.depth)
    W, D = spec.width, spec.depth
    length = min(2.3, W - 3.4)
    left = -W / 2 + 0.55
    case_w = float(rng.uniform(0.9, 1.25))
    sofa_x = float(np.clip((left + 0.35 + W / 2 - case_w - 0.3) / 2, -0.6, 0.6))
    sofa = fur.sofa(rng, p.cloth, p.pillows, p.wood, length, spec.sofa)
    gap = 0.10 if spec.accent == "panels" else 0.06
    room.put(sofa, n.T @ pose(sofa_x, -0.46 - gap, 0))
    pictures(
        room,
        n,
        sofa_x,
        1.72 if spec.accent == "panels" else 1.62,
        length - 0.3,
        p.scheme,
        p.wood if rng.random() < 0.5 else p.black,
        rng,
    )
    room.put(
        fit.bookcase(rng, p.wood, case_w, float(rng.uniform(1.8, 2.25))),
        n.T @ pose(W / 2 - case_w / 2 - 0.12, -0.17 - gap / 2, 0),
    )
    lamp = fit.floor_lamp(p.metal, p.shade, "drum")
    lx = sofa_x - length / 2 - 0.30
    room.put(lamp, n.T @ pose(lx, -0.36, 0))
    if spec.lamps:
        glow(room, (n.T @ np.array([lx, -0.36, 1.47, 1]))[:3], 7.0)
    if lx - 0.6 > -W / 2 + 0.3:
        stand_plant(room, (-W / 2 + 0.42, D / 2 - 0.42), rng, float(rng.uniform(1.3, 1.8)))
    table_y = D / 2 - 0.9 - gap - 0.40 - 0.28
    rug_w, rug_d = min(length + 0.7, 2.9), 1.75
    room.add(lay_rug(p.scheme, rug_w, rug_d, rng), "rug", "floor", pose(sofa_x, table_y - 0.10, 0))
    low = (
        fur.table(p.wood, p.metal, 1.05, 0.55, 0.40)
        if rng.random() < 0.6
        else fur.table(p.wood, p.metal, 0.80, 0.80, 0.40, "round")
    )
    fit.ornaments(low.kit, low.size[0] * 0.7, 0.2, 0.40, rng, 2)
    room.put(low, pose(sofa_x, table_y, 0, float(rng.normal(0, 0.03))))
    arm = fur.sofa(rng, p.pillows[1], [p.pillows[0]], p.wood, 0.86, spec.sofa)
    room.put(arm, pose(W / 2 - 0.85, table_y + 0.10, 0, -np.pi / 2 + 0.45 + float(rng.normal(0, 0.08))))
    board = fit.sideboard(rng, p.wood, p.wood if rng.random() < 0.5 else p.white, p.metal, 1.5)
    ex = -float(table_y - 1.55)  # along the east wall x runs to -y
    fit.ornaments(board.kit, 1.1, 0.2, 0.75, rng, 2)
    T = e.T @ pose(ex, -0.23, 0)
    if spec.lamps:
        body = fit.table_lamp(p.metal, p.shade)
        board.kit.add(body.moved(0.58, 0.02, 0.75), paint.glaze(p.scheme.accent)).add(
            fit.table_shade().moved(0.58, 0.02, 0.75), p.shade
        )
        glow(room, (T @ np.array([0.58, 0.02, 1.10, 1]))[:3], 4.0, 0.04)
    room.put(board, T)
    pictures(room, e, ex, 1.55, 1.3, p.scheme, p.black, rng)
    seat = fur.stool(p.wood, p.wood if rng.random() < 0.5 else p.pillows[2], 0.45)
    room.put(seat, pose(-W / 2 + 0.55, -0.1, 0))
    extra = fur.chair(rng, p.wood, p.pillows[0], ("slats", "shell", "cafe")[int(rng.integers(3))])
    room.put(extra, pose(-W / 2 + 0.62, -D / 2 + 1.0, 0, float(rng.uniform(0.9, 1.4))))
    line_wall(room, p, s, free_spans(s, windows, None), rng, spec.lamps)
    line_wall(room, p, e, [(ex + 0.95, D / 2 - 1.45)], rng, spec.lamps)
    return np.array([-W / 2 + 0.95, -D / 2 + 0.80, W / 2 - 0.80, table_y - 0.62])


def cafe(
    spec: RoomSpec, p: Palette, room: Furnished, windows: Sequence[tuple[int, Opening]], rng: np.random.Generator
) -> np.ndarray:
    n, e, s, _ = sides(spec.width, spec.depth)
    W, D = spec.width, spec.depth
    wide = min(3.4, W - 2.6)
    x = float(rng.uniform(-0.3, 0.5))
    bar = Kit()
    bar.add(box((wide, 0.62, 0.045), (0, 0, 1.08), 0.008), p.wood)
    front = paint.gloss(p.scheme.front, 0.45)
    bar.add(box((wide - 0.08, 0.50, 1.0), (0, 0.02, 0.56)), front).add(
        box((wide - 0.12, 0.44, 0.08), (0, 0.03, 0.04)), p.black
    )
    k = round(wide / 0.16)
    slats = [((i + 0.5) / k * (wide - 0.1) - (wide - 0.1) / 2, -0.238, 0.57) for i in range(k)]
    bar.add(Piece(*_slats(np.array(slats), (0.11, 0.018, 0.96))), p.wood if rng.random() < 0.6 else front)
    for i in range(5):
        piece, glaze = fit.mug(rng, (wide / 2 - 0.35 - 0.1 * i, 0.12, 1.1025))
        bar.add(piece, glaze)
    machine = box((0.62, 0.42, 0.40), (-wide / 2 + 0.55, 0.05, 1.32), 0.03)
    bar.add(machine, paint.metal((0.56, 0.56, 0.57), 0.25)).add(
        box((0.56, 0.03, 0.12), (-wide / 2 + 0.55, -0.17, 1.40), 0.008), p.black
    )
    fit.ornaments(bar, wide * 0.3, 0.2, 1.1025, rng, 2)
    room.put(Fitment(bar, (wide, 0.62, 1.1), name="counter"), n.T @ pose(x, -1.30, 0))
    for z in (1.42, 1.82):
        shelf = Kit().add(box((wide, 0.24, 0.035), (0, 0, 0), 0.004), p.wood)
        _bottles(shelf, wide, 0.0175, rng)
        room.add(shelf, "shelf", "furniture", n.T @ pose(x, -0.14, z))
    back = fit.sideboard(rng, p.wood, p.wood, p.metal, wide, 0.92)
    room.put(back, n.T @ pose(x, -0.25, 0))
    for i in range(3):
        lamp = fit.pendant(p.black, p.shade, spec.height, spec.height - 2.15)
        T = n.T @ pose(x + (i - 1) * wide / 3, -1.30, 0)
        room.put(lamp, T, obstacle=False)
        if spec.lamps:
            glow(room, (T @ np.array([0, 0, 1.99, 1]))[:3], 5.0, 0.05)
    for i in range(2):
        stool = fur.stool(p.metal, p.wood, 0.72)
        stool.seats = []  # feet do not reach the floor from a bar stool
        room.put(stool, n.T @ pose(x + (i - 0.5) * 0.8, -1.95, 0))
    style = ("cafe", "slats", "shell")[int(rng.integers(3))]
    table_set(room, p, (-W / 2 + 0.75, 0.6), [0.0, np.pi], rng, 0.65, style)
    table_set(room, p, (-W / 2 + 0.80, -D / 2 + 1.45), [0.35, np.pi], rng, 0.65, style)
    _banquette(room, p, e, D, rng)
    stand_plant(room, (W / 2 - 0.45, D / 2 - 0.5), rng, 1.6)
    stand_plant(room, (-W / 2 + 0.42, D / 2 - 0.5), rng, 1.4)
    line_wall(room, p, s, free_spans(s, windows, None), rng, spec.lamps)
    return np.array([-W / 2 + 1.35, -D / 2 + 0.8, W / 2 - 2.0, D / 2 - 2.35])


def _slats(at: np.ndarray, size: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    b = box(size, (0, 0, 0), 0.004).tiled(at)
    return b.v, b.f, b.tex


def _bottles(kit: Kit, wide: float, z: float, rng: np.random.Generator) -> None:
    x = -wide / 2 + 0.1
    colors = ((0.02, 0.06, 0.03), (0.10, 0.05, 0.015), (0.42, 0.40, 0.36), (0.30, 0.08, 0.04), (0.05, 0.10, 0.14))
    while x < wide / 2 - 0.1:
        if rng.random() < 0.55:
            h, r = float(rng.uniform(0.22, 0.31)), float(rng.uniform(0.030, 0.040))
            b = lathe([(0, 0), (r, 0), (r, h * 0.6), (0.013, h * 0.78), (0.013, h), (0, h)], 14)
            kit.add(
                b.moved(x, float(rng.uniform(-0.04, 0.04)), z),
                paint.tinted(0.12),
                float(rng.uniform(0, 1)),
                colors[int(rng.integers(5))],
            )
            x += rng.uniform(0.085, 0.12)
        else:
            piece, glaze = fit.mug(rng, (x + 0.03, 0.0, z))
            kit.add(piece, glaze)
            x += rng.uniform(0.12, 0.17)
        if rng.random() < 0.12:
            x += 0.2


def _banquette(room: Furnished, p: Palette, e: Side, depth: float, rng: np.random.Generator) -> None:
    """An upholstered bench along the east wall with two tables in front of it."""
    span = min(3.2, depth - 3.6)
    x0 = -0.15
    kit = Kit()
    kit.add(box((span, 0.46, 0.33), (0, 0.0, 0.165), 0.006), paint.gloss(p.scheme.front, 0.5))
    n = max(2, round(span / 0.8))
    for i in range(n):
        x = -span / 2 + (i + 0.5) * span / n
        kit.add(fur.cushion((span / n - 0.008, 0.48, 0.12), 0.018, 0.04).moved(x, -0.01, 0.332 + 0.042), p.cloth)
        kit.add(fur.cushion((span / n - 0.008, 0.10, 0.46), 0.018, 0.04).moved(x, 0.19, 0.70), p.cloth)
    top = 0.332 + 0.042 + 0.06 + 0.018
    seats = [(-span / 2 + (i + 0.5) * span / n, -0.05, top, 0.0, 0.55, 0.42) for i in range(n)]
    room.put(Fitment(kit, (span, 0.5, 0.93), seats, name="banquette"), e.T @ pose(x0, -0.27, 0))
    pictures(room, e, x0 - span * 0.24, 1.62, 1.3, p.scheme, p.black, rng)
    pictures(room, e, x0 + span * 0.27, 1.62, 1.0, p.scheme, p.wood, rng)
    for s in (-1, 1):
        at = (e.T @ np.array([x0 + s * span * 0.27, -0.93, 0, 1]))[:2]
        table_set(room, p, (float(at[0]), float(at[1])), [-np.pi / 2], rng, 0.62)


def _desk(spec: RoomSpec, p: Palette, room: Furnished, T: np.ndarray, rng: np.random.Generator, cloth: Shader) -> None:
    """A desk against a wall, its user facing the wall; the chair is turned out a little."""
    d = fur.table(p.wood, p.metal, 1.5, 0.72, 0.73, "trestle" if rng.random() < 0.5 else "legs")
    display = paint.gloss((0.012, 0.014, 0.018), 0.12)
    monitor = fit.screen(p.black, display)
    d.kit.take(monitor, pose(0.08, 0.14, 0.73, float(rng.normal(0, 0.12))))
    d.kit.add(box((0.44, 0.13, 0.016), (0.05, -0.14, 0.739), 0.004), p.black).add(
        box((0.06, 0.10, 0.028), (0.40, -0.14, 0.745), 0.012), p.black
    )
    piece, glaze = fit.mug(rng, (-0.42, -0.05, 0.73))
    d.kit.add(piece, glaze)
    body = fit.table_lamp(p.metal, p.shade).moved(-0.58, 0.16, 0.73)
    d.kit.add(body, p.metal).add(fit.table_shade().moved(-0.58, 0.16, 0.73), p.shade)
    for i in range(3):
        d.kit.add(
            box((0.21, 0.297, 0.006))
            .turned(float(rng.normal(0, 0.3)))
            .moved(-0.25 + 0.02 * i, -0.12, 0.734 + 0.006 * i),
            p.white,
        )
    room.put(d, T @ pose(0, -0.38, 0))
    chair = fur.office_chair(cloth, p.black, paint.metal())
    room.put(chair, T @ pose(0.05, -1.15, 0, float(rng.uniform(-0.9, 0.9))))


def office(
    spec: RoomSpec, p: Palette, room: Furnished, windows: Sequence[tuple[int, Opening]], rng: np.random.Generator
) -> np.ndarray:
    n, e, s, _ = sides(spec.width, spec.depth)
    W, D = spec.width, spec.depth
    cloth = upholstery.cover(p.scheme.cloth)
    a, b = float(rng.uniform(1.3, 1.8)), float(rng.uniform(1.3, 1.8))
    room.put(fit.bookcase(rng, p.wood, a, 2.1), n.T @ pose(-W / 2 + a / 2 + 0.5, -0.18, 0))
    room.put(fit.sideboard(rng, p.white, p.white, p.metal, b), n.T @ pose(W / 2 - b / 2 - 0.6, -0.24, 0))
    board = (
        Kit()
        .add(box((1.5, 0.022, 1.0), (0, -0.011, 0), 0.006), paint.metal((0.6, 0.6, 0.6), 0.35))
        .add(box((1.45, 0.004, 0.95), (0, -0.0235, 0)), paint.gloss((0.78, 0.78, 0.77), 0.18))
    )
    board.add(box((0.5, 0.06, 0.02), (0, -0.045, -0.49)), p.metal)
    room.add(board, "whiteboard", "furniture", n.T @ pose(W / 2 - b / 2 - 0.6, 0, 1.62))
    for i, x in enumerate((-D / 2 + 1.25, -D / 2 + 3.05)):
        _desk(spec, p, room, e.T @ pose(x, 0, 0), rng, cloth if i == 0 else p.pillows[2])
        pictures(room, e, x, 1.75, 0.9, p.scheme, p.black, rng)
    table_set(room, p, (-W / 2 + 1.15, D / 2 - 1.55), [-0.4, np.pi / 2 + 0.3, np.pi + 0.4], rng, 0.95, "shell")
    room.put(
        fit.pendant(p.black, p.shade, spec.height, spec.height - 2.0),
        pose(-W / 2 + 1.15, D / 2 - 1.55, 0),
        obstacle=False,
    )
    stand_plant(room, (W / 2 - 0.42, -D / 2 + 1.6), rng, 1.5)
    stand_plant(room, (0.3 * W / 2, D / 2 - 0.4), rng, 1.3)
    room.put(fur.stool(p.metal, p.pillows[0], 0.45), pose(-W / 2 + 0.5, -D / 2 + 1.7, 0))
    line_wall(room, p, s, free_spans(s, windows, None), rng, spec.lamps)
    return np.array([-W / 2 + 0.85, -D / 2 + 0.8, W / 2 - 1.75, D / 2 - 2.75])

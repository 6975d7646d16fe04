"""Seats and tables. Every piece stands on z = 0 with its middle at the origin and faces -y, as people do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..materials.shader import Shader
from .solids import Kit, Piece, box, join, lathe, prism, rod, rounded, sheet, tube_path, tubes


@dataclass
class Fitment:
    """A thing to place: geometry, footprint and seats.

    Attributes:
        kit: Its parts.
        size: Width (x), depth (y), height, metres.
        seats: (x, y, z, heading, width, depth) in its own frame.
        semantic: Class name.
        name: What it is.
    """

    kit: Kit
    size: tuple[float, float, float]
    seats: list[tuple[float, float, float, float, float, float]] = field(default_factory=list)
    semantic: str = "furniture"
    name: str = "thing"


def legs(spots: Sequence[Sequence[float]], height: float, top: float, foot: float, splay: float = 0.0) -> Piece:
    """Tapered round legs at (x, y), leaning outwards by `splay` metres at the floor."""
    out = []
    for x, y in spots:
        r = max(np.hypot(x, y), 1e-6)
        a, b = np.array([x, y, height]), np.array([x + x / r * splay, y + y / r * splay, 0.0])
        t = np.linspace(1, 0, 3)[:, None]
        out.append(tubes((a * t + b * (1 - t))[None], np.array([[top, (top + foot) / 2, foot]]), 10))
    return join(out)


def cushion(size: Sequence[float], puff: float, radius: float = 0.05) -> Piece:
    """A soft block centred at the origin."""
    return rounded(size, radius, puff, n=4, cells=5)


def sofa(
    rng: np.random.Generator, cloth: Shader, pillows: Sequence[Shader], wood: Shader, width: float, style: str
) -> Fitment:
    """A sofa (or an armchair when narrow): "box", "soft" or "legs"."""
    kit = Kit()
    depth, seat_top = 0.90, 0.44
    arm = {"box": 0.16, "soft": 0.22, "legs": 0.12}[style]
    arm_h = {"box": 0.64, "soft": 0.60, "legs": 0.58}[style]
    lift = {"box": 0.06, "soft": 0.05, "legs": 0.15}[style]
    r = {"box": 0.035, "soft": 0.09, "legs": 0.045}[style]
    inner = width - 2 * arm
    base_top = seat_top - 0.16
    kit.add(rounded((inner + 0.04, depth - 0.10, base_top - lift), 0.03).moved(0, 0.0, (base_top + lift) / 2), cloth)
    for s in (-1, 1):
        piece = rounded((arm, depth - 0.04, arm_h - lift), r, puff=0.012).moved(
            s * (width - arm) / 2, 0, (arm_h + lift) / 2
        )
        kit.add(piece, cloth)
    back = rounded((inner + 0.06, 0.20, 0.74 - lift), r).turned(-0.10, "x").moved(0, depth / 2 - 0.12, 0.40 + lift / 2)
    kit.add(back, cloth)
    count = max(1, round(inner / 0.68))
    w = inner / count
    seats = []
    for i in range(count):
        x = -inner / 2 + (i + 0.5) * w
        # The bulge is the top: the seat is at seat_top exactly in the middle of the cushion.
        pad = cushion((w - 0.012, depth - 0.26, 0.15), 0.022).moved(x, -0.085, seat_top - 0.097)
        kit.add(pad, cloth)
        lean = cushion((w - 0.02, 0.17, 0.42), 0.035, 0.06).turned(-0.24 + rng.normal(0, 0.015), "x")
        kit.add(lean.moved(x, depth / 2 - 0.275, seat_top + 0.20), cloth)
        seats.append((x, -0.16, seat_top, 0.0, min(w, 0.62), 0.50))
    if style == "legs" or lift > 0.1:
        spots = [(sx * (width / 2 - 0.10), sy * (depth / 2 - 0.10)) for sx in (-1, 1) for sy in (-1, 1)]
        kit.add(legs(spots, lift + 0.02, 0.022, 0.014, 0.02), wood)
    else:
        kit.add(box((width - 0.1, depth - 0.12, lift + 0.01), (0, 0, (lift + 0.01) / 2)), wood)
    for i, p in enumerate(pillows[: 1 if width < 1.2 else 3]):
        x = (inner / 2 - 0.22) * (-1, 1, -0.45)[i] if width > 1.2 else 0.08
        soft = cushion((0.42, 0.42, 0.09), 0.05, 0.03).turned(np.pi / 2 - 0.42, "x").turned(float(rng.normal(0, 0.2)))
        kit.add(soft.moved(x, 0.05, seat_top + 0.21), p)
    free = seats if width < 1.2 else [s for s in seats if abs(s[0]) < inner / 2 - 0.2 or len(seats) < 3] or seats
    return Fitment(kit, (width, depth, 0.82), free, name="sofa" if width > 1.2 else "armchair")


def chair(rng: np.random.Generator, frame: Shader, pad: Shader, style: str = "slats") -> Fitment:
    """A chair with a seat at 0.45 m: "slats", "shell" or "cafe"."""
    kit = Kit()
    top, w, d = 0.45, 0.44, 0.42
    if style == "shell":
        u, v = np.meshgrid(np.linspace(-1, 1, 11), np.linspace(0, 1, 15), indexing="ij")
        bend = np.clip((v - 0.46) / 0.2, 0, 1) ** 1.5
        y = -d / 2 + np.minimum(v, 0.55) / 0.55 * d + np.clip(v - 0.55, 0, 1) * 0.18 - 0.05 * np.abs(u) ** 2.5 * bend
        z = (
            top
            + np.clip(v - 0.50, 0, 1) ** 1.25 * 0.92
            - 0.03 * np.clip(0.14 - v, 0, 1) / 0.14 * 0.9
            + 0.045 * np.abs(u) ** 3 * (1 - bend)
        )
        x = u * (w / 2) * (1 - 0.10 * bend)
        shell = sheet(np.stack([x, y, z], -1), 0.012)
        kit.add(shell, pad)
        spots = [(sx * 0.15, sy * 0.13) for sx in (-1, 1) for sy in (-1, 1)]
        kit.add(legs(spots, top - 0.005, 0.016, 0.011, 0.085), frame)
        kit.add(join([rod((-0.15, y0, top - 0.03), (0.15, y0, top - 0.03), 0.009) for y0 in (-0.13, 0.13)]), frame)
        return Fitment(kit, (0.5, 0.52, 0.86), [(0.0, -0.03, top, 0.0, w, d)], name="chair")
    seat = rounded((w, d, 0.036), 0.016, n=2, cells=3).moved(0, 0, top - 0.018)
    if style == "cafe":
        seat = lathe([(0, top - 0.03), (0.20, top - 0.03), (0.215, top - 0.015), (0.205, top), (0, top)], 28)
    kit.add(seat, frame, float(rng.uniform(0, 1)))
    lx, ly = w / 2 - 0.045, d / 2 - 0.045
    kit.add(legs([(-lx, -ly), (lx, -ly)], top - 0.01, 0.019, 0.014, 0.02), frame, 0.3)
    for s in (-1, 1):
        path = [
            (s * (lx + 0.01), ly + 0.05, 0),
            (s * lx, ly + 0.01, 0.25),
            (s * lx, ly, top),
            (s * (lx + 0.005), ly + 0.05, 0.68),
            (s * (lx - 0.01), ly + 0.11, 0.87),
        ]
        kit.add(tube_path(path, np.array([[0.015, 0.018, 0.019, 0.017, 0.013]]), 8), frame, 0.6)
    if style == "slats":
        for z, h in ((0.60, 0.05), (0.70, 0.05), (0.81, 0.07)):
            y = ly + 0.05 + (z - 0.68) * 0.32 if z > 0.68 else ly + (z - top) * 0.22
            kit.add(box((2 * lx, 0.016, h), (0, y, z), 0.005), frame, float(rng.uniform(0, 1)))
    else:
        a = np.linspace(0, np.pi, 13)
        hoop = np.stack([np.cos(a) * lx, ly + 0.07 + 0.05 * np.sin(a), 0.70 + 0.20 * np.sin(a)], 1)
        kit.add(tube_path(hoop, 0.012, 8), frame, 0.4)
        inner = np.stack([np.cos(a) * lx * 0.55, ly + 0.05 + 0.05 * np.sin(a), 0.62 + 0.19 * np.sin(a)], 1)
        inner = np.concatenate([[[lx * 0.5, ly * 0.9, top]], inner, [[-lx * 0.5, ly * 0.9, top]]])
        kit.add(tube_path(inner, 0.009, 8), frame, 0.4)
    stretch = [rod((s * lx, -ly, 0.20), (s * lx, ly + 0.01, 0.22), 0.009) for s in (-1, 1)] + [
        rod((-lx, 0, 0.21), (lx, 0, 0.21), 0.009)
    ]
    kit.add(join(stretch), frame, 0.5)
    return Fitment(kit, (0.46, 0.54, 0.9), [(0.0, -0.02, top, 0.0, w, d)], name="chair")


def stool(frame: Shader, top_material: Shader, height: float = 0.45) -> Fitment:
    """A round stool; 0.45 m, or 0.65–0.75 m with a foot ring for a bar."""
    kit = Kit()
    r = 0.17
    kit.add(
        lathe(
            [
                (0, height - 0.04),
                (r - 0.01, height - 0.04),
                (r, height - 0.028),
                (r, height - 0.012),
                (r - 0.012, height),
                (0, height),
            ],
            28,
        ),
        top_material,
    )
    spots = [(0.11 * np.cos(a), 0.11 * np.sin(a)) for a in np.arange(4) * np.pi / 2 + 0.785]
    kit.add(legs(spots, height - 0.035, 0.016, 0.013, 0.07), frame)
    z = height * 0.38
    s = 0.11 + 0.07 * (1 - z / height)
    ring = np.array([[s * np.cos(a), s * np.sin(a), z] for a in np.linspace(0, 2 * np.pi, 25)])
    kit.add(tube_path(ring, 0.008, 6), frame)
    return Fitment(kit, (0.38, 0.38, height), [(0.0, 0.0, height, 0.0, 0.34, 0.34)], name="stool")


def table(wood: Shader, leg: Shader, width: float, depth: float, height: float = 0.74, style: str = "legs") -> Fitment:
    """A table: "legs", "round" (one column) or "trestle"."""
    kit = Kit()
    if style == "round":
        r = width / 2
        kit.add(
            lathe(
                [
                    (0, height - 0.03),
                    (r - 0.012, height - 0.03),
                    (r, height - 0.018),
                    (r, height - 0.008),
                    (r - 0.008, height),
                    (0, height),
                ],
                40,
            ),
            wood,
        )
        kit.add(
            lathe(
                [
                    (0, 0),
                    (r * 0.62, 0),
                    (r * 0.62, 0.012),
                    (0.05, 0.03),
                    (0.028, 0.09),
                    (0.028, height - 0.09),
                    (0.09, height - 0.031),
                    (0, height - 0.031),
                ],
                24,
            ),
            leg,
        )
        return Fitment(kit, (width, width, height), name="table")
    kit.add(box((width, depth, 0.032), (0, 0, height - 0.016), 0.006), wood)
    lx, ly = width / 2 - 0.07, depth / 2 - 0.07
    if style == "trestle":
        for s in (-1, 1):
            x = s * (width / 2 - 0.22)
            kit.add(
                join([rod((x, sy * 0.06, height - 0.03), (x, sy * (depth / 2 - 0.06), 0.0), 0.018) for sy in (-1, 1)]),
                leg,
            )
            kit.add(box((0.04, depth * 0.62, 0.035), (x, 0, height - 0.05)), leg)
            kit.add(rod((x, -depth * 0.27, 0.30), (x, depth * 0.27, 0.30), 0.010), leg)
    else:
        kit.add(legs([(sx * lx, sy * ly) for sx in (-1, 1) for sy in (-1, 1)], height - 0.03, 0.026, 0.017, 0.015), leg)
        apron = [box((2 * lx, 0.02, 0.07), (0, s * ly, height - 0.066)) for s in (-1, 1)] + [
            box((0.02, 2 * ly, 0.07), (s * lx, 0, height - 0.066)) for s in (-1, 1)
        ]
        kit.add(join(apron), leg)
    return Fitment(kit, (width, depth, height), name="table")


def park_bench(slats: Shader, iron: Shader, length: float = 1.8, back: bool = True, dig: float = 0.0) -> Fitment:
    """A bench of wooden slats on iron ends; seat at 0.45 m, two or three seats; legs go `dig` into the ground."""
    kit = Kit()
    top = 0.45
    for i in range(5):
        y = -0.20 + i * 0.088
        kit.add(box((length, 0.07, 0.032), (0, y, top - 0.016), 0.006), slats, (i * 0.37) % 1)
    if back:
        for i in range(3):
            z = 0.58 + i * 0.115
            kit.add(
                box((length, 0.028, 0.085), (0, 0.245 + (z - 0.5) * 0.26, z), 0.006).turned(0.0),
                slats,
                (0.2 + i * 0.31) % 1,
            )
    for x in (-length / 2 + 0.14, length / 2 - 0.14, *((0.0,) if length > 1.9 else ())):
        kit.add(box((0.045, 0.42, 0.035), (x, -0.02, top - 0.050)), iron)
        kit.add(tube_path([(x, -0.19, top - 0.045), (x, -0.215, 0.25), (x, -0.24, -dig)], 0.019, 8), iron)
        kit.add(tube_path([(x, 0.17, top - 0.045), (x, 0.20, 0.22), (x, 0.25, -dig)], 0.019, 8), iron)
        if back:
            kit.add(
                tube_path([(x, 0.17, top - 0.05), (x, 0.24, 0.52), (x, 0.30, 0.70), (x, 0.345, 0.86)], 0.015, 8), iron
            )
            arm = [(x, 0.25, 0.64), (x, 0.05, 0.665), (x, -0.16, 0.655), (x, -0.225, 0.60), (x, -0.20, 0.44)]
            if abs(x) > 0.1:
                kit.add(tube_path(arm, 0.014, 8), iron)
    n = 3 if length > 1.9 else 2
    seats = [((i - (n - 1) / 2) * (length - 0.5) / n * 1.05, -0.03, top, 0.0, 0.50, 0.40) for i in range(n)]
    return Fitment(kit, (length, 0.62, 0.88), seats, name="bench")


def block_bench(slats: Shader, stone: Shader, length: float = 2.0) -> Fitment:
    """A backless bench of slats on two stone blocks."""
    kit = Kit()
    for i in range(6):
        kit.add(box((length, 0.066, 0.045), (0, -0.19 + i * 0.076, 0.4375), 0.007), slats, (i * 0.29) % 1)
    for s in (-1, 1):
        kit.add(box((0.28, 0.38, 0.415), (s * (length / 2 - 0.32), 0, 0.2075), 0.015), stone)
    seats = [((i - 1) * length / 3.1, -0.038, 0.46, 0.0, 0.52, 0.42) for i in range(3)]
    return Fitment(kit, (length, 0.46, 0.46), seats, name="bench")


def office_chair(cloth: Shader, plastic: Shader, steel: Shader) -> Fitment:
    """A swivel chair on five castors."""
    kit = Kit()
    top = 0.47
    kit.add(rounded((0.48, 0.47, 0.085), 0.04, 0.0, 4, 4).moved(0, -0.01, top - 0.0425), cloth)
    back = rounded((0.44, 0.06, 0.52), 0.028, 0.012, 4, 4).turned(-0.16, "x").moved(0, 0.245, top + 0.36)
    kit.add(back, cloth)
    kit.add(
        tube_path(
            [(0, 0.06, top - 0.075), (0, 0.24, top - 0.07), (0, 0.285, top + 0.05), (0, 0.28, top + 0.24)], 0.020, 8
        ),
        plastic,
    )
    kit.add(
        lathe([(0, 0.09), (0.028, 0.09), (0.028, 0.25), (0.018, 0.251), (0.018, top - 0.08), (0, top - 0.08)], 14),
        steel,
    )
    for a in np.arange(5) * 2 * np.pi / 5 + 0.3:
        x, y = 0.29 * np.cos(a), 0.29 * np.sin(a)
        kit.add(
            tube_path([(0, 0, 0.115), (x * 0.6, y * 0.6, 0.10), (x, y, 0.075)], np.array([[0.024, 0.019, 0.014]]), 8),
            plastic,
        )
        wheel = (
            lathe([(0, -0.012), (0.024, -0.012), (0.027, 0), (0.024, 0.012), (0, 0.012)], 12)
            .turned(np.pi / 2, "x")
            .turned(a)
        )
        kit.add(wheel.moved(x, y, 0.027), plastic)
    for s in (-1, 1):
        kit.add(
            tube_path(
                [(s * 0.20, 0.05, top - 0.06), (s * 0.275, 0.05, top - 0.03), (s * 0.275, 0.05, top + 0.19)], 0.012, 8
            ),
            plastic,
        )
        kit.add(rounded((0.06, 0.24, 0.028), 0.012, n=2, cells=2).moved(s * 0.275, 0.0, top + 0.20), plastic)
    return Fitment(kit, (0.62, 0.62, 1.0), [(0.0, -0.02, top, 0.0, 0.46, 0.44)], name="chair")


def wedge(width: float, depth: float, low: float, high: float, thickness: float) -> Piece:
    """A sloping slab, front edge at z = low, back at z = high."""
    o = [(-depth / 2, low), (depth / 2, high), (depth / 2, high + thickness), (-depth / 2, low + thickness)]
    return prism(o, width).turned(np.pi / 2)

"""Bicycles and cars."""

from __future__ import annotations

import numpy as np

from ..materials import paint
from ..materials.shader import Color
from .furniture import Fitment
from .solids import Kit, Piece, box, boxes, join, lathe, rod, rounded, tube_path, tubes


def bicycle(rng: np.random.Generator, color: Color) -> Fitment:
    """A city bicycle on its stand, length along x."""
    kit = Kit()
    frame, dark, steel = (
        paint.gloss(color, 0.25, 0.5),
        paint.gloss((0.025, 0.025, 0.026), 0.6),
        paint.metal((0.6, 0.6, 0.61), 0.25),
    )
    r = 0.345
    hubs = (-0.54, 0.54)
    a = np.linspace(0, 2 * np.pi, 37)
    for x in hubs:
        ring = np.stack([x + r * np.cos(a), 0 * a, r + r * np.sin(a) + 0.0], 1)
        kit.add(tube_path(ring * (1, 1, 1) + (0, 0, 0.018), 0.018, 6), dark)
        rim = np.stack([x + (r - 0.028) * np.cos(a), 0 * a, r + 0.018 + (r - 0.028) * np.sin(a)], 1)
        kit.add(tube_path(rim, 0.010, 5), steel)
        b = np.arange(18) * 2 * np.pi / 18
        out = np.stack([x + (r - 0.03) * np.cos(b), 0 * b, r + 0.018 + (r - 0.03) * np.sin(b)], 1)
        hub = np.stack([np.full(18, x), np.where(np.arange(18) % 2, 0.03, -0.03), np.full(18, r + 0.018)], 1)
        kit.add(tubes(np.stack([hub, out], 1), 0.0013, 3, caps=False), steel)
        kit.add(rod((x, -0.05, r + 0.018), (x, 0.05, r + 0.018), 0.018), steel)
    c = r + 0.018
    crank, seat, head_top, head_low = (-0.08, 0, 0.29), (-0.24, 0, 0.80), (0.36, 0, 0.90), (0.395, 0, 0.74)
    for p, q, t in (
        (crank, seat, 0.016),
        (crank, head_low, 0.019),
        ((-0.20, 0, 0.66), head_top, 0.016),
        (head_low, head_top, 0.019),
    ):
        kit.add(rod(p, q, t, 8), frame)
    for s in (-1, 1):
        kit.add(rod((crank[0], s * 0.03, crank[2]), (hubs[0], s * 0.06, c), 0.010, 6), frame)
        kit.add(rod((-0.225, s * 0.03, 0.74), (hubs[0], s * 0.06, c), 0.009, 6), frame)
        kit.add(
            tube_path([(head_low[0], s * 0.045, 0.72), (0.45, s * 0.055, 0.55), (hubs[1], s * 0.055, c)], 0.012, 6),
            frame,
        )
        kit.add(tube_path([(0.34, s * 0.06, 1.02), (0.30, s * 0.24, 1.05), (0.20, s * 0.29, 1.03)], 0.011, 6), steel)
        kit.add(tube_path([(0.22, s * 0.285, 1.032), (0.10, s * 0.30, 1.01)], 0.017, 8), dark)
    kit.add(rod((0.36, 0, 0.90), (0.335, 0, 1.03), 0.013), steel).add(
        rod((0.335, -0.08, 1.02), (0.335, 0.08, 1.02), 0.012), steel
    )
    kit.add(rod(seat, (-0.265, 0, 0.93), 0.013), steel)
    kit.add(
        rounded((0.27, 0.16, 0.06), 0.028, n=4, cells=3).moved(-0.28, 0, 0.95), paint.gloss((0.13, 0.065, 0.03), 0.5)
    )
    kit.add(rod((crank[0], -0.06, crank[2]), (crank[0], 0.06, crank[2]), 0.022), steel)
    kit.add(
        lathe([(0, -0.003), (0.095, -0.003), (0.095, 0.003), (0, 0.003)], 24)
        .turned(np.pi / 2, "x")
        .moved(crank[0], -0.045, crank[2]),
        steel,
    )
    t = float(rng.uniform(0, np.pi))
    for s in (-1, 1):
        q = (crank[0] + s * 0.17 * np.cos(t), s * 0.075, crank[2] + s * 0.17 * np.sin(t))
        kit.add(rod((crank[0], s * 0.06, crank[2]), q, 0.009, 6), steel).add(
            box((0.09, 0.09, 0.022), (q[0], q[1] + s * 0.05, q[2])), dark
        )
    guard = np.linspace(0.35, 2.5, 12)
    for x, spin in ((hubs[0], 0.0), (hubs[1], 0.25)):
        p = np.stack([x + (r + 0.035) * np.cos(guard + spin), 0 * guard, c + (r + 0.035) * np.sin(guard + spin)], 1)
        kit.add(tube_path(p, 0.017, 5), frame)
    kit.add(rod((-0.12, 0.03, 0.27), (-0.20, 0.17, 0.0), 0.009, 6), steel)
    if rng.random() < 0.5:
        basket = [rod((0.43, -0.17, z), (0.43, 0.17, z), 0.006, 5) for z in (0.86, 1.06)]
        cage = boxes(
            np.array([(0.56, 0, 0.83), (0.56, -0.18, 0.94), (0.56, 0.18, 0.94), (0.43, 0, 0.94), (0.69, 0, 0.94)]),
            np.array(
                [(0.26, 0.36, 0.01), (0.26, 0.01, 0.22), (0.26, 0.01, 0.22), (0.01, 0.36, 0.22), (0.01, 0.36, 0.22)]
            ),
        )
        kit.add(join([*basket, cage]), paint.gloss((0.30, 0.19, 0.09), 0.8))
    return Fitment(kit, (1.8, 0.6, 1.1), semantic="vehicle", name="bicycle")


def car(rng: np.random.Generator, color: Color) -> Fitment:
    """A small parked car, length along x; a smooth body lofted from cross-sections."""
    kit = Kit()
    body, glass = paint.gloss(color, 0.22, 1.0), paint.gloss((0.012, 0.014, 0.016), 0.06)
    black, alloy = paint.gloss((0.02, 0.02, 0.02), 0.6), paint.metal((0.5, 0.5, 0.51), 0.3)
    kit.add(_car_body(), body)
    cabin, panes = _car_cabin()
    kit.add(cabin, body).add(panes, glass)
    for x in (-1.18, 1.22):
        for s in (-1, 1):
            tyre = lathe(
                [
                    (0, -0.09),
                    (0.20, -0.09),
                    (0.29, -0.095),
                    (0.305, -0.075),
                    (0.305, 0.075),
                    (0.29, 0.095),
                    (0.20, 0.09),
                    (0, 0.09),
                ],
                28,
            )
            kit.add(tyre.turned(np.pi / 2, "x").moved(x, s * 0.72, 0.305), black)
            disc = lathe([(0, 0.0), (0.19, 0.0), (0.20, 0.02), (0.15, 0.03), (0.05, 0.015), (0, 0.02)], 24)
            kit.add(disc.turned(np.pi / 2 * s, "x").moved(x, s * 0.80, 0.305), alloy)
    lamp, red = paint.gloss((0.7, 0.72, 0.74), 0.1), paint.gloss((0.35, 0.01, 0.01), 0.15)
    for s in (-1, 1):
        kit.add(rounded((0.10, 0.30, 0.13), 0.05, n=4, cells=2).moved(1.80, s * 0.56, 0.66), lamp)
        kit.add(rounded((0.08, 0.16, 0.24), 0.04, n=4, cells=2).moved(-1.87, s * 0.62, 0.80), red)
        kit.add(rounded((0.12, 0.17, 0.12), 0.05, n=4, cells=2).moved(0.62, s * 0.90, 0.98), body)
    kit.add(box((0.02, 0.52, 0.11), (1.945, 0, 0.42)), paint.gloss((0.7, 0.7, 0.68), 0.4)).add(
        box((0.02, 0.52, 0.11), (-1.955, 0, 0.52)), paint.gloss((0.7, 0.7, 0.68), 0.4)
    )
    kit.add(box((0.03, 0.9, 0.16), (1.915, 0, 0.50)), black)
    return Fitment(kit, (4.0, 1.75, 1.48), semantic="vehicle", name="car")


def _loft(x: np.ndarray, half: np.ndarray, low: np.ndarray, high: np.ndarray, power: float, n: int = 28) -> np.ndarray:
    """Rings (len(x), n, 3) of superellipses across y, z."""
    t = np.linspace(0, 2 * np.pi, n, endpoint=False) + np.pi / n
    c, s = np.cos(t), np.sin(t)
    e = 2 / power
    y = np.sign(c) * np.abs(c) ** e
    z = np.sign(s) * np.abs(s) ** e
    mid, tall = (low + high) / 2, (high - low) / 2
    return np.stack([np.broadcast_to(x[:, None], (len(x), n)), half[:, None] * y, mid[:, None] + tall[:, None] * z], 2)


def _skin(rings: np.ndarray) -> Piece:
    k, n, _ = rings.shape
    j = np.arange(n)
    nxt = (j + 1) % n
    quad = [np.stack([i * n + j, i * n + nxt, (i + 1) * n + nxt, (i + 1) * n + j], 1)[:, ::-1] for i in range(k - 1)]
    fan = np.stack([np.zeros(n - 2, int), np.arange(1, n - 1), np.arange(2, n)], 1)
    q = np.concatenate(quad)[:, ::-1]
    f = np.concatenate([q[:, [0, 1, 2]], q[:, [0, 2, 3]], fan[:, ::-1], fan + (k - 1) * n])
    v = rings.reshape(-1, 3)
    return Piece(v, f, v.copy())


def _car_body() -> Piece:
    x = np.array([-1.95, -1.90, -1.75, -1.4, -0.9, -0.3, 0.3, 0.9, 1.3, 1.6, 1.8, 1.90, 1.94])
    half = np.array([0.55, 0.74, 0.82, 0.855, 0.865, 0.865, 0.865, 0.86, 0.85, 0.81, 0.74, 0.62, 0.48])
    low = np.array([0.36, 0.26, 0.20, 0.18, 0.18, 0.18, 0.18, 0.18, 0.18, 0.19, 0.22, 0.27, 0.36])
    high = np.array([0.80, 0.90, 0.94, 0.95, 0.95, 0.95, 0.95, 0.93, 0.89, 0.84, 0.77, 0.68, 0.58])
    return _skin(_loft(x, half, low, high, 4.2))


def _car_cabin() -> tuple[Piece, Piece]:
    x = np.array([-1.80, -1.60, -1.30, -0.8, -0.2, 0.25, 0.60, 0.95])
    half = np.array([0.70, 0.72, 0.70, 0.68, 0.67, 0.67, 0.70, 0.74])
    high = np.array([0.97, 1.22, 1.40, 1.465, 1.47, 1.43, 1.24, 0.97])
    low = np.full(len(x), 0.70)
    glasshouse = _skin(_loft(x, half, low, high, 4.0))
    roof = _skin(_loft(x[1:-1] * 1.0, half[1:-1] * 0.985, high[1:-1] - 0.10, high[1:-1] + 0.012, 5.0))
    pillars = [
        tube_path([(x[k], s * half[k] * 0.99, 0.9), (x[k] * 0.98, s * half[k] * 0.93, high[k] - 0.04)], 0.035, 6)
        for k in (3, 4)
        for s in (-1, 1)
    ]
    return join([roof, *pillars]), glasshouse

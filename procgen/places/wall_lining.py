"""Filling the free stretches of a wall: cases, cupboards, chairs, lamps, plants, with pictures above the low ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from . import furnishing as fit
from . import furniture as fur
from .arrangement import Furnished, Palette, glow, pictures, stand_plant
from .interiors import Side
from .openings import Opening
from .solids import pose

# name: (width range, weight); depth is at most 0.55 m, which the layouts keep free of the stage
_PIECES: dict[str, tuple[tuple[float, float], float]] = {
    "tall_case": ((0.85, 1.5), 1.0),
    "low_case": ((1.0, 1.4), 1.0),
    "sideboard": ((1.2, 1.6), 1.2),
    "chair": ((0.62, 0.75), 0.9),
    "plant": ((0.75, 0.9), 0.9),
    "lamp": ((0.5, 0.6), 0.5),
    "picture": ((1.0, 1.5), 0.6),
}


def free_spans(side: Side, windows: Sequence[tuple[int, Opening]], door: float | None) -> list[tuple[float, float]]:
    """Stretches of a wall without windows and door, in the frame of the side; corners are kept free."""
    taken = [(o[0] - 0.35, o[2] + 0.35) for k, o in windows if k == side.number]
    if door is not None:
        taken.append((door - 0.65, door + 0.65))
    out, x = [], -side.length / 2 + 0.15
    for a, b in sorted(taken):
        out.append((x, a))
        x = max(x, b)
    out.append((x, side.length / 2 - 0.15))
    return [(a, b) for a, b in out if b - a > 0.6]


def line_wall(
    room: Furnished, p: Palette, side: Side, spans: Sequence[tuple[float, float]], rng: np.random.Generator, lamps: bool
) -> None:
    """Stand things side by side along the spans until they are full; no two alike in a row."""
    names = list(_PIECES)
    weight = np.array([w for _, w in _PIECES.values()])
    last = ""
    for a, b in spans:
        x = a + float(rng.uniform(0.0, 0.15))
        for _ in range(8):
            fits = np.array([_PIECES[n][0][0] <= b - x and n != last for n in names])
            if not fits.any():
                break
            name = names[int(rng.choice(len(names), p=weight * fits / (weight * fits).sum()))]
            low, high = _PIECES[name][0]
            w = float(rng.uniform(low, min(high, b - x)))
            _stand(room, p, side, name, x + w / 2, w, rng, lamps)
            x += w + float(rng.uniform(0.10, 0.40))
            last = name


def _stand(
    room: Furnished, p: Palette, side: Side, name: str, x: float, w: float, rng: np.random.Generator, lamps: bool
) -> None:
    if name == "tall_case":
        room.put(fit.bookcase(rng, p.wood, w, float(rng.uniform(1.75, 2.2))), side.T @ pose(x, -0.175, 0))
    elif name == "low_case":
        case = fit.bookcase(rng, p.wood, w, 0.85)
        fit.ornaments(case.kit, w * 0.8, 0.15, 0.85, rng, 3)
        room.put(case, side.T @ pose(x, -0.175, 0))
        pictures(room, side, x, 1.60, w, p.scheme, p.black, rng)
    elif name == "sideboard":
        board = fit.sideboard(rng, p.wood, p.white if rng.random() < 0.4 else p.wood, p.metal, w)
        fit.ornaments(board.kit, w * 0.8, 0.2, 0.75, rng, 3)
        room.put(board, side.T @ pose(x, -0.24, 0))
        pictures(room, side, x, 1.58, w, p.scheme, p.wood, rng)
    elif name == "chair":
        style = ("slats", "shell", "cafe")[int(rng.integers(3))]
        turn = float(rng.normal(0, 0.12))
        room.put(fur.chair(rng, p.wood, p.pillows[int(rng.integers(3))], style), side.T @ pose(x, -0.36, 0, turn))
        pictures(room, side, x, 1.62, 0.6, p.scheme, p.black, rng)
    elif name == "plant":
        at = (side.T @ np.array([x, -0.38, 0, 1]))[:2]
        stand_plant(room, (float(at[0]), float(at[1])), rng, float(rng.uniform(1.1, 1.6)), slim=True)
    elif name == "lamp":
        room.put(fit.floor_lamp(p.metal, p.shade, "drum"), side.T @ pose(x, -0.30, 0))
        if lamps:
            glow(room, (side.T @ np.array([x, -0.30, 1.47, 1]))[:3], 6.0)
    else:
        pictures(room, side, x, 1.58, w, p.scheme, p.wood if rng.random() < 0.5 else p.black, rng)

"""Pockets sewn on: flaps and patches that lie on a garment."""

from __future__ import annotations

import numpy as np

from .figure import NECK, Figure
from .finish import Draped
from .strips import Piece, front_points, on_surface, slab

# Who is narrow has pockets further in: how much is tried, adult metres.
INWARD = (0.0, 0.012, 0.024, 0.036, 0.048)


def patch_pocket(
    cloth: Draped, fig: Figure, x: float, z: float, width: float, height: float, lift: float, behind: bool = False
) -> list[Piece]:
    """A flap or patch on the front, or `behind`: (x, z) is the middle of its upper edge in the A-pose, x in adult metres."""
    k = fig.scale
    v = z - np.linspace(0, 1, 6) * height * k
    for inward in INWARD:
        u = (np.linspace(-0.5, 0.5, 11) * width + x - np.copysign(min(inward, abs(x)), x)) * k
        fitted = front_points(cloth, fig, np.repeat(u[None], 6, 0).ravel(), np.repeat(v[:, None], 11, 1).ravel(), behind)
        if fitted is not None:
            break
    else:
        return []
    # Thin at the upper edge, where it is sewn on.
    off = np.repeat(np.array([0.3, 0.9, 1, 1, 1, 1]) * lift, 11)
    grid = on_surface(cloth, fitted, off).reshape(6, 11, 3)
    for _ in range(2):
        grid[1:-1, 1:-1] = 0.5 * grid[1:-1, 1:-1] + 0.125 * (grid[:-2, 1:-1] + grid[2:, 1:-1] + grid[1:-1, :-2] + grid[1:-1, 2:])
    # Columns run to the person's left: seen from behind that is the other way round.
    points, faces = slab(grid[::-1], lift * 0.9)
    if behind:
        points, faces = slab(grid, lift * 0.9)
    edge = np.minimum(np.repeat(np.minimum(v[0] - v, v - v[-1])[::-1], 11), np.tile(np.minimum(u - u[0], u[-1] - u), 6))
    rest = (fitted.reshape(6, 11, 3)[::-1].reshape(-1, 3) - fig.joints[NECK])
    angle = np.arctan2(rest[:, 0], -(rest[:, 1] - 0.02))
    circle = np.stack([np.sin(angle), np.cos(angle), np.full(len(angle), 0.16 * k)], 1)
    place = fitted.reshape(6, 11, 3)[::-1].reshape(-1, 3)
    if behind:
        edge, rest, circle, place = (a.reshape(6, 11, -1)[::-1].reshape(66, -1).squeeze() for a in (edge, rest, circle, place))
    return [
        Piece(points, faces, 0, {"rest": np.tile(rest, (2, 1)), "edge": np.tile(edge + 0.016, 2), "around": np.tile(circle, (2, 1)),
                                        "place": np.tile(place, (2, 1)), "inner": np.zeros(132)})
    ]  # fmt: skip



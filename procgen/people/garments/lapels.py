"""Collars with lapels."""

from __future__ import annotations

import numpy as np

from ..body_state import BodyState
from .figure import NECK, SPINE3, Figure, smoothstep
from .finish import Draped
from .shirt import lay_on, neck_up
from .strips import Piece, neckline, slab

COLUMNS = 141


def lapels(cloth: Draped, body: BodyState, fig: Figure, wide: float, collar: float) -> list[Piece]:
    """A notched collar: a leaf that stands at the nape, falls over the shoulders and lies open on the chest.

    Args:
        cloth: A garment with a deep neckline, closed below it ("neck") or open ("border").
        body, fig: The person, posed and in the A-pose.
        wide: Width of the lapels; `collar`: of the collar behind, metres on an adult.
    """
    k = fig.scale
    if "border" in cloth.loops:
        loop = cloth.loops["border"]
        z = cloth.fitted[loop][:, 2]
        front = np.abs(cloth.fitted[loop][:, 0])
        # The open edges down to where the lapels begin to roll.
        low = fig.joints[NECK][2] - 0.27 * k
        cloth.loops["neck"] = loop[(z > low) & (front < 0.2 * k)]
    neck = neckline(cloth, neck_up(body), columns=513, gap=0.012)
    step = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(neck.fitted, axis=0), axis=1))])
    even = np.linspace(0, step[-1], COLUMNS)

    def along(v: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(even, step, v[:, j]) for j in range(v.shape[1])], 1)

    x, fitted, out = along(neck.x), along(neck.fitted), along(neck.out)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    side = np.sign(fitted[:, 0] - fitted[:, 0].mean())
    R = (body.T @ fig.from_fit)[SPINE3][:3, :3]
    lateral, ahead, rise = R @ np.array([1.0, 0, 0]), R @ np.array([0, -1.0, 0]), R @ np.array([0, 0, 1.0])
    t = np.abs(np.linspace(-1, 1, COLUMNS))
    below = (fig.joints[NECK][2] - fitted[:, 2]) / k
    # The notch sits at the collarbone, wherever the neckline gets there.
    ahead_of = t > 0.25
    notch = float(np.interp(0.075, np.maximum.accumulate(below[ahead_of][t[ahead_of].argsort()]), np.sort(t[ahead_of])))
    notch = float(np.clip(notch, 0.35, 0.6))
    is_lapel = smoothstep(t, notch - 0.02, notch + 0.02)[:, None]
    rest = np.clip((t - notch) / (1 - notch), 0, 1)
    leaf = wide * (1 - rest) ** 0.8 * smoothstep(rest, -0.02, 0.10) + 0.004
    fall = collar * (1 + 0.25 * smoothstep(t, 0.2, notch)) * smoothstep(t, notch + 0.015, notch - 0.015)
    width = np.maximum(fall, leaf * smoothstep(t, notch - 0.005, notch + 0.02))[:, None] * k
    up = neck.up
    stand = (0.028 * (1 - smoothstep(t, 0.25, notch + 0.1)))[:, None] * k + 0.002
    drop_back = -up * 0.95 + out * 0.3
    over = side[:, None] * lateral + rise * (0.28 - 0.55 * rest[:, None]) + ahead * 0.12
    shoulder = smoothstep(t, 0.2, notch)[:, None]
    drop = drop_back * (1 - shoulder) + (0.8 * side[:, None] * lateral + out * 0.25 - rise * 0.45) * shoulder
    drop = drop * (1 - is_lapel) + over * is_lapel
    drop /= np.linalg.norm(drop, axis=1, keepdims=True)
    roll = (out * (1 - is_lapel) + ahead * is_lapel) * 0.005 * k
    fold = x + up * stand * (1 - is_lapel)
    rings = [
        x - up * 0.010 * k * (1 - is_lapel) - out * 0.0015, fold - roll * 0.1, fold + roll * 0.7 + up * 0.0015 * k * (1 - is_lapel),
        fold + roll + drop * width * 0.12, fold + roll + drop * width * 0.4, fold + roll + drop * width * 0.7, fold + roll + drop * width,
    ]  # fmt: skip
    grid = np.stack(rings)
    grid[3:] = lay_on(grid[3:], cloth, 0.0042)
    grid = grid[:, ::-1] if _inwards(grid, out, ahead) else grid
    points, faces = slab(grid, 0.0022)
    rows = len(rings)
    place = np.tile(np.tile(fitted, (rows, 1)) + [0, 0, 0.01], (2, 1))
    leaf_edge = np.tile(width[:, 0], (4, 1)) * np.array([0.88, 0.6, 0.3, 0.0])[:, None]
    edge = np.tile(np.concatenate([np.full(3 * COLUMNS, 0.2), leaf_edge.ravel()]), 2)
    flat = np.tile((fitted - fig.joints[NECK])[None], (rows, 1, 1)) + np.linspace(0, 0.06, rows)[:, None, None] * [0, 0, -1.0]
    circle = np.tile(np.stack([np.sin(even / 0.16), np.cos(even / 0.16), np.full(COLUMNS, 0.16)], 1), (2 * rows, 1))
    return [Piece(points, faces, 0, {"rest": np.tile(flat.reshape(-1, 3), (2, 1)), "edge": edge, "around": circle, "place": place,
                                     "inner": np.zeros(len(points))})]  # fmt: skip


def _inwards(grid: np.ndarray, out: np.ndarray, ahead: np.ndarray) -> bool:
    """Whether a slab of this grid would have its outside on the wrong side, judged on the leaf behind the neck."""
    m = grid.shape[1] // 2
    n = np.cross(grid[5, m + 1] - grid[5, m], grid[6, m] - grid[5, m])
    return float(n @ out[m]) < 0

"""Cloth that no picture shows, made from what they do show: the pattern goes on, at its own height, around the wearer.

A garment's pattern is looked at from ahead, as pictures of its front and of its back. What is unknown there comes from the other
picture at the same place, else mirrored in the border of what is known, else from the wearer's other side, else by folding the row
again and again: stripes stay stripes, and nothing is drawn out into streaks.
"""

from __future__ import annotations

import numpy as np

from ...procgen.people.body_state import vertex_normals
from .texture import DILATE, LEAST_WEIGHT, SURE, UvMap, dilate, eroded

# What is mirrored in a border reaches so far; and so much of what is seen lies beside its own border, where a garment may be taken
# for what is next to it: metres.
REACH_M, BORDER_M = 0.08, 0.02
# Runs of less than this share of a row are no pattern.
RUN = 0.25
# Pictures are so fine at most: rows.
FINEST = 900


def continued(color: np.ndarray, weight: np.ndarray, uv: UvMap, rest: np.ndarray) -> np.ndarray:
    """(S, S, C) float32 picture of colours (N, C) of the covered texels, seen with `weight` (N,), 0 = not at all.

    Args:
        uv: The garment's map.
        rest: (V, 3) its pattern, Z up, the wearer looking along -Y, mirror plane x = 0.
    """
    rest = np.asarray(rest, np.float64)
    points = uv.carry(rest)
    behind = (uv.carry(np.asarray(vertex_normals(rest, uv.faces), np.float64))[:, 1] > 0.0).astype(int)
    half = float(np.abs(points[:, 0]).max())
    low, high = float(points[:, 2].min()), float(points[:, 2].max())
    cell = max(_texel(rest, uv), (high - low) / FINEST, 2.0 * half / FINEST)
    wide, tall = 2 * int(np.ceil(half / cell)) + 2, int(np.ceil((high - low) / cell)) + 1
    i = np.clip((points[:, 0] / cell + wide / 2).astype(int), 0, wide - 1)
    j = np.clip(((high - points[:, 2]) / cell).astype(int), 0, tall - 1)
    sure = weight > SURE
    if not sure.any():
        sure = weight > LEAST_WEIGHT
    shape, border = (tall, wide), round(BORDER_M / cell)
    seen = [_inner(*_splat(color[on], i[on], j[on], shape), border) for on in (sure & (behind == b) for b in (0, 1))]
    there = np.bincount(j * wide + i, minlength=tall * wide).reshape(shape) > 0
    out = color.copy()
    unseen = weight <= LEAST_WEIGHT
    for b in (0, 1):
        whole = _whole(*seen[b], *seen[1 - b], there, cell)
        own = unseen & (behind == b)
        out[own] = whole[j[own], i[own]]
    picture = np.zeros((uv.size, uv.size, color.shape[1]), np.float32)
    picture[uv.texels] = out
    return dilate(picture, uv.texels, DILATE)


def _texel(rest: np.ndarray, uv: UvMap) -> float:
    """Metres of cloth to one texel."""
    a, b, c = (rest[uv.faces[:, k]] for k in range(3))
    area = 0.5 * float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum())
    return float(np.sqrt(area / max(int(uv.texels.sum()), 1)))


def _splat(color: np.ndarray, i: np.ndarray, j: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Colours as a picture of this shape, and where it has any; holes of a cell are closed."""
    at = j * shape[1] + i
    size = shape[0] * shape[1]
    count = np.bincount(at, minlength=size)
    sums = np.stack([np.bincount(at, column, size) for column in color.T], 1)
    picture = (sums / np.maximum(count, 1)[:, None]).reshape(*shape, -1)
    known = (count > 0).reshape(shape)
    p = np.pad(known, 1)
    closed = known | (p[:-2, 1:-1] & p[2:, 1:-1]) | (p[1:-1, :-2] & p[1:-1, 2:])
    return (dilate(picture, known, 1) if known.any() else picture), closed


def _inner(picture: np.ndarray, known: np.ndarray, border: int) -> tuple[np.ndarray, np.ndarray]:
    """What is known away from its border, where that is most of it."""
    inner = eroded(known, border)
    return picture, inner if 2 * inner.sum() > known.sum() else known


def _whole(
    picture: np.ndarray, known: np.ndarray, other: np.ndarray, known_there: np.ndarray, cloth: np.ndarray, cell: float
) -> np.ndarray:  # fmt: skip
    """One side of the pattern without gaps, from what is known of it and of the other side; cloth: (H, W), where there is any."""
    out, known = np.where(known[..., None], picture, other), known | known_there
    out, known = _mirrored(out, known, cell)
    new = ~known & known[:, ::-1]
    out, known = np.where(new[..., None], out[:, ::-1], out), known | new
    full, rows = _folded(out, known, RUN * cloth.sum(1))
    out, known = (full, rows) if rows.any() else _folded(out, known, np.zeros(len(known)))
    # Rows of which too little is known, from those above and below.
    across = np.swapaxes(out, 0, 1)
    return np.swapaxes(_folded(across, known.T, np.zeros(known.shape[1]))[0], 0, 1)


def _mirrored(picture: np.ndarray, known: np.ndarray, cell: float) -> tuple[np.ndarray, np.ndarray]:
    """A little beyond the border of what is known, row by row."""
    x = np.arange(known.shape[1])
    nearest = _nearest(known)
    away = np.abs(nearest - x)
    source = np.clip(2 * nearest - x, 0, len(x) - 1)
    rows = np.arange(len(known))[:, None]
    new = ~known & known.any(1)[:, None] & (away * cell < REACH_M) & known[rows, source]
    out = picture.copy()
    out[new] = picture[rows, source][new]
    return out, known | new


def _nearest(known: np.ndarray) -> np.ndarray:
    """(H, W) column of the nearest known cell of each row."""
    width = known.shape[1]
    x = np.arange(width)
    left = np.maximum.accumulate(np.where(known, x, -(10**6)), 1)
    right = np.minimum.accumulate(np.where(known, x, 10**6)[:, ::-1], 1)[:, ::-1]
    return np.clip(np.where(x - left <= right - x, left, right), 0, width - 1)


def _folded(picture: np.ndarray, known: np.ndarray, least: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The longest run of every row, to and fro; rows (H,) whose run is shorter than `least` stay unknown."""
    out, found = picture.copy(), np.zeros_like(known)
    x = np.arange(known.shape[1])
    for row, on in enumerate(known):
        if not on.any():
            continue
        edges = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
        starts, ends = edges[::2], edges[1::2]
        best = int((ends - starts).argmax())
        a, n = int(starts[best]), int(ends[best] - starts[best])
        if n < least[row]:
            continue
        at = np.mod(x - a, 2 * n)
        source = a + np.where(at < n, at, 2 * n - 1 - at)
        out[row, ~on] = picture[row, source[~on]]
        found[row] = True
    return out, found

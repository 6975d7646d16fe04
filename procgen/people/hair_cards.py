"""Hair for programs that know no curves: strands to a mesh of cards or tubes with UVs, and the alpha that cards carry."""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..errors import SpecError
from ..geometry import Mesh, Strands
from .strands import unit

Kind = Literal["card", "tube"]
# Columns of the alpha texture; each card shows one of them.
COLUMNS = 4
# Sides of a tube.
_SIDES = 3
# A card stands for a lock whose strands lie side by side with gaps of this share.
_GAPS = 0.35


def hair_cards(
    strands: Strands, centre: np.ndarray, most: int = 6000, points: int = 0, kind: Kind = "card"
) -> tuple[Mesh, np.ndarray]:
    """A mesh that covers what the strands cover.

    Args:
        strands: The hair.
        centre: (3,) point that cards turn away from (the middle of the head), in the strands' frame, metres.
        most: Most cards or tubes; fewer are wider, so that they cover as much.
        points: Points along each; 0 = as many as the strands have.
        kind: "card" (flat, two triangles a segment, meant for `card_alpha`) or "tube" (three sides, opaque).
    Returns:
        The mesh: quads, `uv` (F, 4, 2) with v from the root (0) to the tip (1) and u within the card's column of
        `card_alpha`; the strands' attributes for each vertex in `point`. And (V,) int32, the strand that each vertex
        stands for: a rig moves a card with the root `strands.points[owner, 0]`.
    Raises:
        SpecError: `most` or `points` leave nothing, or the kind is unknown.
    """
    if most < 1 or points == 1 or points < 0:
        raise SpecError("hair cards need something to show", expected="most >= 1, points 0 or >= 2", got=f"{most}, {points}")
    if kind not in ("card", "tube"):
        raise SpecError(f"there is no kind of hair mesh {kind!r}", expected="card or tube")
    chosen = representatives(strands.points, most)
    p = np.asarray(strands.points[chosen], np.float64)
    radius = np.broadcast_to(strands.radius, strands.points.shape[:2])[chosen].astype(np.float64)
    if points:
        p, radius = _along(p, points), _along(radius[..., None], points)[..., 0]
    n, k, _ = p.shape
    radius = radius * (strands.points.shape[0] / n)
    tangent = unit(np.gradient(p, axis=1))
    across = np.cross(tangent, p - np.asarray(centre, np.float64))
    length = np.linalg.norm(across, axis=-1, keepdims=True)
    across = np.where(length > 1e-9, across / np.maximum(length, 1e-9), unit(np.cross(tangent, [0.31, 0.90, 0.22])))
    if kind == "card":
        wide = radius * (1.0 + _GAPS)
        rows = np.stack([p - across * wide[..., None], p + across * wide[..., None]], 2)
    else:
        # A tube of fewer strands keeps its section's area in sight: the width that it shows from any side.
        turn = 2 * np.pi * np.arange(_SIDES) / _SIDES
        off = across[:, :, None] * np.cos(turn)[:, None] + np.cross(tangent, across)[:, :, None] * np.sin(turn)[:, None]
        rows = p[:, :, None] + off * (radius * np.pi / (_SIDES * np.sin(np.pi / _SIDES)))[..., None, None]
    faces, uv = _strip(n, k, rows.shape[2], closed=kind == "tube")
    owner = np.repeat(chosen, k * rows.shape[2]).astype(np.int32)
    column = (chosen * 2654435761 % 4294967296) * COLUMNS // 4294967296
    per_face = np.repeat(column, len(faces) // n)
    uv[..., 0] = (uv[..., 0] + per_face[:, None]) / COLUMNS
    point = {key: np.asarray(values)[owner] for key, values in strands.attributes.items()}
    mesh = Mesh(rows.reshape(-1, 3).astype(np.float32), faces, (strands.material,), uv=uv.astype(np.float32), point=point)
    return mesh, owner


def card_alpha(height: int = 512, width: int = 256, variation: int = 0) -> np.ndarray:
    """Coverage of a card by single hairs: gaps between them, tips that end one by one.

    Args:
        height, width: Texels; `COLUMNS` cards side by side.
        variation: Seed.
    Returns:
        (height, width) float32, 0–1; the first row is the tip (v = 1).
    """
    rng = np.random.default_rng(variation)
    cell = width // COLUMNS
    v = np.linspace(1.0, 0.0, height)[:, None]
    x = (np.arange(cell) + 0.5) / cell
    out = np.zeros((height, cell * COLUMNS), np.float32)
    for column in range(COLUMNS):
        hairs = 14 + 5 * column
        at = (np.arange(hairs) + rng.uniform(0.2, 0.8, hairs)) / hairs
        sway, phase, waves = rng.normal(0, 0.02, hairs), rng.uniform(0, 6.28, hairs), rng.uniform(0.5, 1.5, hairs)
        end = 1.0 - 0.45 * rng.random(hairs) ** 2
        middle = 0.5 + (at - 0.5) * (1.0 - 0.35 * v**2) * 0.94 + sway * np.sin(phase + 6.28 * waves * v) * v
        thick = 0.62 / hairs * rng.uniform(0.6, 1.2, hairs) * np.clip((end - v) / 0.3, 0.0, 1.0)
        edge = 0.8 / cell
        cover = np.clip((thick[:, :, None] - np.abs(x - middle[:, :, None])) / edge + 0.5, 0.0, 1.0)
        out[:, column * cell : (column + 1) * cell] = (cover * (thick > 0)[:, :, None]).max(1)
    return out


def representatives(points: np.ndarray, most: int) -> np.ndarray:
    """Indices of at most `most` strands (N, K, 3) that stand for all: evenly along a curve through root and middle."""
    n = len(points)
    if n <= most:
        return np.arange(n)
    shape = np.concatenate([points[:, 0], points[:, points.shape[1] // 2]], 1).astype(np.float64)
    low, high = shape.min(0), shape.max(0)
    cell = np.clip((shape - low) / np.maximum(high - low, 1e-9) * 1023.0, 0, 1023).astype(np.int64)
    code = np.zeros(n, np.int64)
    for bit in range(10):
        for axis in range(6):
            code |= ((cell[:, axis] >> bit) & 1) << (6 * bit + axis)
    order = np.argsort(code, kind="stable")
    return np.sort(order[((np.arange(most) + 0.5) * n / most).astype(int)])


def _along(values: np.ndarray, count: int) -> np.ndarray:
    """(N, K, C) sampled at `count` even places of its parameter."""
    k = values.shape[1]
    t = np.linspace(0.0, k - 1.0, count)
    i = np.minimum(t.astype(int), k - 2)
    u = (t - i)[None, :, None]
    return values[:, i] * (1 - u) + values[:, i + 1] * u


def _strip(n: int, k: int, width: int, closed: bool) -> tuple[np.ndarray, np.ndarray]:
    """Quads (F, 4) of n strips of k rows with `width` vertices each, card by card, and their (F, 4, 2) UVs in 0–1."""
    spans = width if closed else width - 1
    row = np.arange(k - 1)[:, None] * width
    a = (row + np.arange(spans)[None]).ravel()
    b = (row + (np.arange(spans)[None] + 1) % width).ravel()
    one = np.stack([a, b, b + width, a + width], 1)
    faces = (np.arange(n)[:, None, None] * (k * width) + one[None]).reshape(-1, 4)
    u = np.broadcast_to(np.arange(spans), (k - 1, spans)).ravel() / spans
    v = np.repeat(np.arange(k - 1), spans) / (k - 1)
    du, dv = 1.0 / spans, 1.0 / (k - 1)
    uv = np.stack([np.stack([u, v], 1), np.stack([u + du, v], 1), np.stack([u + du, v + dv], 1), np.stack([u, v + dv], 1)], 1)
    return faces.astype(np.int32), np.tile(uv, (n, 1, 1))

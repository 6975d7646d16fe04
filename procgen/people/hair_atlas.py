"""A texture for hair cards: a cell for each strand, in its own colour, with the gaps between hairs in alpha."""

from __future__ import annotations

import numpy as np

from ..geometry import Mesh, Strands
from ..materials.hair import TINT
from .hair_cards import COLUMNS, card_alpha, hair_cards

# Most cards a texture has cells for.
MOST_CARDS = 4096
# Fewer strands than this become opaque tubes: single brows and lashes are too thin for alpha.
_TUBES_BELOW = 900
# The tips are a little lighter than the roots: sun and washing (by eye).
_TIP = 1.18


def textured_hair(strands: Strands, centre: np.ndarray, width: int = 1024) -> tuple[Mesh, np.ndarray, np.ndarray]:
    """Hair as a mesh with one texture.

    Args:
        strands: The hair.
        centre: (3,) point that cards turn away from, in the strands' frame, metres.
        width: Texels of the texture; it has twice as many texels a card along the hair as across.
    Returns:
        The mesh with `uv` into the texture; (V,) int32, the strand each vertex stands for; and the texture
        (width, width, 4) float32, linear RGB and coverage, first row at v = 0.
    """
    tubes = len(strands.points) < _TUBES_BELOW
    mesh, owner = hair_cards(strands, centre, most=MOST_CARDS, kind="tube" if tubes else "card")
    cards = np.unique(owner)
    columns = int(np.ceil(np.sqrt(2 * len(cards))))
    rows = int(np.ceil(len(cards) / columns))
    uv = np.asarray(mesh.uv, np.float64)
    face_card = np.searchsorted(cards, owner[mesh.faces[:, 0]])
    across = (uv[..., 0] * COLUMNS) % 1.0
    # The right edge of a card is the left edge of the next column.
    first = uv[..., 0].min(1, keepdims=True)
    across = np.where(uv[..., 0] > first + 1e-6, np.where(across < 1e-6, 1.0, across), across)
    # Half a texel inside the cell, so that filtering never shows the neighbour.
    cell = np.array([1.0 / columns, 1.0 / rows])
    inset = 0.5 / (width * cell)
    u = (face_card[:, None] % columns + inset[0] + across * (1 - 2 * inset[0])) * cell[0]
    v = (face_card[:, None] // columns + inset[1] + uv[..., 1] * (1 - 2 * inset[1])) * cell[1]
    mesh.uv = np.stack([u, v], -1).astype(np.float32)
    tint = np.asarray(strands.attributes[TINT], np.float64)[cards]
    return mesh, owner, _paint(tint, columns, rows, width, opaque=tubes)


def _paint(tint: np.ndarray, columns: int, rows: int, width: int, *, opaque: bool) -> np.ndarray:
    """(width, width, 4) texture of cells coloured by `tint` (n, 3) linear RGB."""
    place = (np.arange(width) + 0.5) / width
    x, y = place * columns, place * rows
    card = np.minimum(y.astype(int)[:, None] * columns + x.astype(int)[None], len(tint) - 1)
    along = np.broadcast_to((y % 1.0)[:, None], (width, width))
    out = np.ones((width, width, 4), np.float32)
    out[..., :3] = np.clip(tint[card] * (1.0 + (_TIP - 1.0) * along[..., None]), 0.0, 1.0)
    if not opaque:
        pattern = card_alpha(256, 64 * COLUMNS)[::-1]  # first row: the root
        own = (card * 2654435761 % 4294967296) * COLUMNS // 4294967296
        texel_x = np.minimum(((x % 1.0)[None] * 64).astype(int) + own * 64, pattern.shape[1] - 1)
        texel_y = np.minimum((along * 256).astype(int), 255)
        out[..., 3] = pattern[texel_y, texel_x]
    return out

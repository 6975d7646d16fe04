"""UV maps of garments: charts of cloth that face one way, laid side by side, equally large for equal cloth.

They are made from the pattern (attribute `rest`), not from the posed cloth: a garment has one map, however its wearer moves, so
that what was painted or photographed in one pose is worn in every other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...geometry import Mesh
from ...vectors import cross, lengths
from .topology import components

# Directions that charts face: the axes.
_WAYS = np.concatenate([np.eye(3), -np.eye(3)])
# Which way is up in a chart that faces so: upright cloth stays upright in the map.
_UP = np.array([[0, 0, 1], [0, 0, 1], [0, 1, 0], [0, 0, 1], [0, 0, 1], [0, 1, 0]], float)
# Rounds in which normals are evened out, and in which faces join the way of most neighbours, before charts are cut.
EVEN, JOIN = 6, 4
# Charts with fewer faces than this go with whichever neighbour they can.
LEAST_FACES = 24
# Space between charts, share of the map's side.
GAP = 0.004


def unwrapped(mesh: Mesh) -> Mesh:
    """The mesh with a UV map of its own; meshes that have one, or no pattern, come back as they are.

    `uv` is (F, k, 2) in [0, 1], v up. No two charts overlap, and all have the same scale; where a pattern lies over itself
    (both sides of a belt), so does its chart.
    """
    rest = mesh.point.get("rest")
    if mesh.uv is not None or rest is None or not len(mesh.faces):
        return mesh
    x = np.asarray(rest, np.float64)
    faces = np.asarray(mesh.faces, np.int64)
    way = _ways(x, faces)
    chart = _charts(way, faces, len(x))
    flat = np.empty((*faces.shape, 2))
    for w in range(len(_WAYS)):
        own = way == w
        up = _UP[w]
        right = np.cross(up, _WAYS[w])
        flat[own] = np.stack([x[faces[own]] @ right, x[faces[own]] @ up], -1)
    return replace(mesh, uv=_packed(flat, chart).astype(np.float32))


def _ways(x: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(F,) direction that each face's chart faces."""
    normal = cross(x[faces[:, 1]] - x[faces[:, 0]], x[faces[:, 2]] - x[faces[:, 0]])
    smooth = normal / np.maximum(lengths(normal), 1e-15)[:, None]
    weight = lengths(normal)
    for _ in range(EVEN):
        smooth = _shared(smooth * weight[:, None], faces, len(x))
        smooth /= np.maximum(lengths(smooth), 1e-15)[:, None]
    # Cloth that is turned in keeps its own side: the mean must not pull it to the other one.
    away = (smooth * normal).sum(1) < 0.0
    smooth[away] = normal[away] / np.maximum(lengths(normal[away]), 1e-15)[:, None]
    fits = smooth @ _WAYS.T
    way = fits.argmax(1)
    own = normal @ _WAYS.T
    for _ in range(JOIN):
        votes = _shared(np.eye(len(_WAYS))[way], faces, len(x))
        small = _small(way, faces, len(x))
        # A face never joins a chart that it would lie upside down in.
        votes = np.where(own > 0.0, votes, -1.0) + 1e-3 * fits
        way = np.where(small, np.where(np.arange(len(_WAYS)) == way[:, None], -1.0, votes).argmax(1), votes.argmax(1))
    return way


def _shared(values: np.ndarray, faces: np.ndarray, count: int) -> np.ndarray:
    """Sums over the faces around each face's corners, (F, C)."""
    at = faces.ravel()
    k = faces.shape[1]
    sums = np.stack([np.bincount(at, np.repeat(column, k), count) for column in values.T], 1)
    return sums[faces].sum(1)


def _charts(way: np.ndarray, faces: np.ndarray, count: int) -> np.ndarray:
    """(F,) number of each face's chart: faces of one way that hang together."""
    pair, corner = np.unique(way[:, None] * count + faces, return_inverse=True)
    corner = corner.reshape(faces.shape)
    tris = corner if faces.shape[1] == 3 else np.concatenate([corner[:, [0, 1, 2]], corner[:, [0, 2, 3]]])
    piece = components(tris, len(pair))
    return np.unique(piece[corner[:, 0]], return_inverse=True)[1]


def _small(way: np.ndarray, faces: np.ndarray, count: int) -> np.ndarray:
    """(F,) bool, faces of charts that are too small to be any."""
    chart = _charts(way, faces, count)
    return np.bincount(chart)[chart] < LEAST_FACES


def _packed(flat: np.ndarray, chart: np.ndarray) -> np.ndarray:
    """Charts (F, k, 2), metres, as shelves in the unit square, highest first."""
    n = int(chart.max()) + 1
    low, high = np.full((n, 2), np.inf), np.full((n, 2), -np.inf)
    for k in range(flat.shape[1]):
        np.minimum.at(low, chart, flat[:, k])
        np.maximum.at(high, chart, flat[:, k])
    size = high - low
    order = np.argsort(-size[:, 1], kind="stable")
    # The widest shelf for which all of them fit.
    most, least = float(size.sum(0).max()) + 1e-9, float(np.sqrt((size.prod(1)).sum())) * 0.9 + 1e-9
    for _ in range(24):
        side = 0.5 * (most + least)
        if _shelves(size, order, side) is None:
            least = side
        else:
            most = side
    placed = _shelves(size, order, most)
    assert placed is not None
    return (flat - low[chart][:, None] + placed[chart][:, None]) / most


def _shelves(size: np.ndarray, order: np.ndarray, side: float) -> np.ndarray | None:
    """(C, 2) lower left corners of charts in a square, or None if they do not fit."""
    gap = GAP * side
    out = np.zeros_like(size)
    x, y, height = gap, gap, 0.0
    for c in order:
        w, h = size[c]
        if x + w + gap > side and x > gap:
            x, y, height = gap, y + height + gap, 0.0
        if x + w + gap > side or y + h + gap > side:
            return None
        out[c] = x, y
        x, height = x + w + gap, max(height, h)
    return out

"""Pictures of a body without the light that fell on it: sky, sun with its shadows, and what varies slowly on one cloth.

Pixels, not texels: what is seen has normals of its own, of folds and faces that the smooth body does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .body_light import BANDS, fit_shading, harmonics, kinds_of
from .rasterise import look, rasterise
from .texture import TextureView, eroded

# How much more than in `body_light` the bands may differ from even light, and how strong a sun may be beside it.
LOOSER, SUN_SD = 4.0, 8.0
# Hues that a region of the body is parted into. Shading below this share of the mean is not divided by.
HUES, DARKEST = 3, 0.3
# Slow changes on one cloth are light: radius of what is slow as a share of the person's height in the picture, and the share taken out.
SLOW, TAKEN = 0.03, 0.7
# Shadow maps: texels a side, and how far a surface lies before itself, metres (body, seen surface).
MAP, OWN_M = 768, (0.02, 0.012)
# Steps of depth larger than this are no surface, metres.
TEAR_M = 0.05
# Directions that are tried where the sun is not known; its light has to explain so much of what is left.
AZIMUTHS, ELEVATIONS, FINALISTS, WORTH = 10, (0.35, 0.8), 3, 0.06
SOME = 4000
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, eq=False)
class Light:
    """Light on a body.

    Attributes:
        sky: (9, 3) spherical harmonics in the world. sun: (3,) its strength beside them; direction: (3,) unit, to the sun, or None.
    """

    sky: np.ndarray
    sun: np.ndarray
    direction: np.ndarray | None


@dataclass(eq=False)
class _Seen:
    """Pixels of one view: where (H, W) bool, colours, normals and places (n, 3) in the world, regions (n,)."""

    where: np.ndarray
    colors: np.ndarray
    normals: np.ndarray
    points: np.ndarray
    regions: np.ndarray
    surface: np.ndarray


def flattened(
    views: Sequence[TextureView], vertices: np.ndarray, faces: np.ndarray, region: np.ndarray, sun: np.ndarray | None = None
) -> tuple[list[TextureView], Light]:  # fmt: skip
    """The views with paint instead of colours: one light for all of them, the mean of its shading 1.

    Args:
        views: Of one moment; their normals and depths are used where they have them, else the body's.
        vertices: (V, 3) world. faces: (F, 3). region: (V,) int, of each vertex.
        sun: (3,) world, unit vector to the sun; None: looked for.
    """
    seen = [_seen(v, vertices, faces, region) for v in views]
    colors = np.concatenate([s.colors for s in seen])
    if len(colors) < 100:
        even = np.zeros((9, 3))
        even[0] = 1.0
        return list(views), Light(even, np.zeros(3), None)
    normals = np.concatenate([s.normals for s in seen])
    weights = np.ones(len(colors))
    kinds = kinds_of(colors, weights, np.concatenate([s.regions for s in seen]), HUES)
    sky = harmonics(normals)
    body = vertices[faces]
    direction = _found_sun(seen, kinds, body) if sun is None else np.asarray(sun, np.float64)
    falls = np.zeros(len(colors))
    if direction is not None and direction[2] > 0.02:
        lit = np.concatenate([_softened(_lit(s, direction, body), s.where) for s in seen])
        falls = np.maximum(normals @ direction, 0.0) * lit
    features = np.column_stack([sky, falls])
    fitted, base = fit_shading(colors, features, weights, kinds, np.append(LOOSER * BANDS, SUN_SD), DARKEST)
    paint = colors / np.maximum(features @ fitted, DARKEST)
    out, first = [], 0
    for view, s in zip(views, seen, strict=True):
        mine = slice(first, first + len(s.colors))
        first += len(s.colors)
        image = np.array(view.image, np.float64)
        image[s.where] = _without_slow(paint[mine], base, kinds[mine], s.where)
        out.append(replace(view, image=image, mask=s.where))
    return out, Light(fitted[:9], fitted[9], direction)


def _seen(view: TextureView, vertices: np.ndarray, faces: np.ndarray, region: np.ndarray) -> _Seen:
    from ...procgen.people.body_state import vertex_normals

    height, width = view.image.shape[:2]
    raster = look(vertices, faces, view.K, view.T_cam_from_world, width, height)
    depth = raster.depth if view.depth is None else view.depth
    own = raster.hit if view.mask is None else view.mask
    where = own & np.isfinite(depth)
    if view.normal is None:
        where &= raster.hit
    where = eroded(where, 1)
    R, t = view.T_cam_from_world[:3, :3], view.T_cam_from_world[:3, 3]
    if view.normal is None:
        n = raster.interpolate(faces, np.asarray(vertex_normals(vertices, faces), np.float64))[where]
    else:
        n = view.normal[where].astype(np.float64) @ R
    n /= np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-9)
    v, u = np.indices((height, width)) + 0.5
    z = np.where(where, depth, np.nan).astype(np.float64)
    K = view.K
    places = (np.stack([(u - K[0, 2]) / K[0, 0] * z, (v - K[1, 2]) / K[1, 1] * z, z], -1) - t) @ R
    on = raster.hit & where
    regions = np.zeros((height, width), np.int64)
    regions[on] = 1 + region[faces[raster.face[on], 0]]
    return _Seen(where, np.asarray(view.image, np.float64)[where], n, places[where], regions[where], _sheets(places))


def _sheets(places: np.ndarray) -> np.ndarray:
    """(T, 3, 3) triangles between neighbouring pixels of one surface, from places (H, W, 3), NaN = none."""
    a, b, c, d = places[:-1, :-1], places[:-1, 1:], places[1:, :-1], places[1:, 1:]
    out = np.concatenate([np.stack(t, 2).reshape(-1, 3, 3) for t in ((a, c, b), (b, c, d))])
    out = out[np.isfinite(out).all((1, 2))]
    return out[np.linalg.norm(out - out[:, [1, 2, 0]], axis=2).max(1) < TEAR_M]


def _lit(seen: _Seen, sun: np.ndarray, body: np.ndarray) -> np.ndarray:
    """(n,) float, 1 where neither body (F, 3, 3) nor what is seen stands before the sun."""
    out = np.ones(len(seen.points))
    for triangles, own in ((body, OWN_M[0]), (seen.surface, OWN_M[1])):
        if len(triangles):
            out *= _reached(seen.points + seen.normals * own / 2, sun, triangles, own)
    return out


def _reached(points: np.ndarray, sun: np.ndarray, triangles: np.ndarray, own: float) -> np.ndarray:
    """(n,) bool, whether a sun reaches points (n, 3), by a shadow map of triangles (F, 3, 3)."""
    x = np.cross([0.0, 1.0, 0.0] if abs(sun[2]) > 0.9 else [0.0, 0.0, 1.0], sun)
    x /= np.linalg.norm(x)
    axes = np.stack([x, np.cross(sun, x), sun], 1)
    corners, here = triangles.reshape(-1, 3) @ axes, points @ axes
    low, high = corners.min(0), corners.max(0)
    scale = (MAP - 2) / max(float((high - low)[:2].max()), 1e-6)
    flat, below = (corners[:, :2] - low[:2]) * scale + 1.0, high[2] - corners[:, 2] + 1.0
    raster = rasterise(flat, below, np.arange(len(corners)).reshape(-1, 3), MAP, MAP)
    i, j = np.clip(((here[:, :2] - low[:2]) * scale + 1.0).astype(int), 0, MAP - 1).T
    before = np.where(raster.hit, raster.depth, np.inf)[j, i]
    return before > high[2] - here[:, 2] + 1.0 - own


def _softened(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Values (n,) of pixels `where`, each with its neighbours: edges of shadows are as wide as a pixel at least."""
    total, count = np.zeros(where.shape), where.astype(float)
    total[where] = values
    return (_box(total, 1) / np.maximum(_box(count, 1), 1e-9))[where]


def _found_sun(seen: Sequence[_Seen], kinds: np.ndarray, body: np.ndarray) -> np.ndarray | None:
    """(3,) direction of a sun that, with its shadows, explains the colours clearly better than a sky alone; else None."""
    step = max(len(kinds) // SOME, 1)
    C, n, k = np.concatenate([s.colors for s in seen])[::step], np.concatenate([s.normals for s in seen])[::step], kinds[::step]
    H, weights, spread = harmonics(n), np.ones(len(C)), LOOSER * BANDS

    def left(features: np.ndarray, spread: np.ndarray) -> float:
        fitted, base = fit_shading(C, features, weights, k, spread, DARKEST, 4)
        away = (C - base[k] * np.maximum(features @ fitted, DARKEST)) / np.maximum(base[k], 0.02)
        return float((away**2 / (1.0 + (away / 0.5) ** 2)).mean())

    def under(at: tuple[float, float], shadows: bool) -> float:
        s = _towards(*at)
        falls = np.maximum(n @ s, 0.0) * (np.concatenate([_lit(v, s, body) for v in seen])[::step] if shadows else 1.0)
        return left(np.column_stack([H, falls]), np.append(spread, SUN_SD))

    around = [(float(turn), up) for up in ELEVATIONS for turn in np.arange(AZIMUTHS) * 2.0 * np.pi / AZIMUTHS]
    tried = sorted((under(at, False), at) for at in around)
    cost, best = min((under(at, True), at) for _, at in tried[:FINALISTS])
    for turn, up in ((0.2, 0.0), (-0.2, 0.0), (0.0, 0.2), (0.0, -0.2)):
        other = (best[0] + turn, best[1] + up)
        now = under(other, True)
        if now < cost:
            cost, best = now, other
    return _towards(*best) if cost < (1.0 - WORTH) * left(H, spread) else None


def _towards(turn: float, up: float) -> np.ndarray:
    return np.array([np.sin(turn) * np.cos(up), -np.cos(turn) * np.cos(up), np.sin(up)])


def _without_slow(paint: np.ndarray, base: np.ndarray, kinds: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Paint (n, 3) of pixels `where` without what varies slowly on pixels of one kind. Source: Land and McCann 1971."""
    rows = np.flatnonzero(where.any(1))
    radius = max(2, round(SLOW * (rows[-1] - rows[0] + 1)))
    usual = np.maximum(base[kinds] @ _LUMINANCE, 1e-3)
    away = np.clip(np.log(np.maximum(paint @ _LUMINANCE, 1e-3) / usual), -1.5, 1.5)
    out = paint.copy()
    for kind in np.unique(kinds):
        mine = kinds == kind
        if mine.sum() < 30:
            continue
        total, count = np.zeros(where.shape), np.zeros(where.shape)
        total[where], count[where] = np.where(mine, away, 0.0), mine
        for _ in range(2):
            total, count = _box(total, radius), _box(count, radius)
        slow = (total / np.maximum(count, 1e-9))[where]
        out[mine] *= np.exp(-TAKEN * slow[mine])[:, None]
    return out


def _box(a: np.ndarray, radius: int) -> np.ndarray:
    """Mean over squares of 2 radius + 1 pixels, zero around the picture."""
    for axis in (0, 1):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (radius + 1, radius)
        sums = np.cumsum(np.pad(a, pad), axis=axis)
        size = 2 * radius + 1
        a = (np.take(sums, range(size, sums.shape[axis]), axis) - np.take(sums, range(sums.shape[axis] - size), axis)) / size
    return a

"""Pictures back onto a surface: every view into the UV map, blended by how well it sees each texel, the rest filled in.

Weight of a view at a texel = visible · max(0, n·v)⁴ · [angle < 70°] · away from the silhouette's rim and from steps of depth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ...procgen.errors import LiftError
from ...procgen.frames import project
from ...procgen.people.body_state import vertex_normals
from ...procgen.people.nearest import NearestPoints
from .rasterise import Raster, look, rasterise, sample_bilinear

STEEPEST_DEG = 70.0
# A close-up of the face counts this many times.
CLOSE_UP = 4.0
# Pixels that are taken off the rim of the silhouette and off steps of depth, and the height of a step, metres.
ERODE, STEP_M = 2, 0.04
# What lies this much nearer than the skin is another thing and not its clothes, metres.
OCCLUDER_M = 0.12
# Texels further than this from any that was seen are taken from the other side of the body, metres at rest.
NEAR_M = 0.03
DILATE = 10
# Weights below the first see nothing; colours are borrowed from weights above the second.
LEAST_WEIGHT, SURE = 1e-4, 0.06
# Seen texels that colours are borrowed from, at most about so many.
SOURCES = 40_000

Mirror = tuple[float, float, float]
# Colours (N, C) of the covered texels and how well each is seen -> the whole picture (S, S, C).
Fill = Callable[[np.ndarray, np.ndarray], np.ndarray]
ACROSS: Mirror = (-1.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class TextureView:
    """One picture.

    image: (H, W, C) linear. K, T_cam_from_world: camera. mask: (H, W) bool or None. depth: (H, W) metres, +inf = none, or None.
    close_up: whether it is one of the face. normal: (H, W, 3) unit, camera frame, or None.
    """

    image: np.ndarray
    K: np.ndarray
    T_cam_from_world: np.ndarray
    mask: np.ndarray | None = None
    depth: np.ndarray | None = None
    close_up: bool = False
    normal: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class UvMap:
    """A surface and its UV map, S texels a side.

    faces: (F, 3); uv: (T, 2), v up; uv_faces: (F, 3). raster: which triangle each texel belongs to.
    """

    faces: np.ndarray
    uv: np.ndarray
    uv_faces: np.ndarray
    raster: Raster

    @property
    def size(self) -> int:
        """S."""
        return self.raster.face.shape[0]

    @property
    def texels(self) -> np.ndarray:
        """(S, S) bool, texels that some triangle covers."""
        return self.raster.hit

    def carry(self, values: np.ndarray) -> np.ndarray:
        """(N, C) values of vertices (V, C) at the covered texels, in the order of `texels`."""
        hit = self.texels
        return np.einsum("nk,nkc->nc", self.raster.bary[hit], values[self.faces[self.raster.face[hit]]])


@dataclass(frozen=True, eq=False)
class Texture:
    """A baked texture.

    color: (S, S, C) float32 linear, filled everywhere. confidence: (S, S) float32 in [0, 1], the weight of the best view
    (0 = filled in). seen: (S, S) bool.
    """

    color: np.ndarray
    confidence: np.ndarray
    seen: np.ndarray


def uv_map(faces: np.ndarray, uv: np.ndarray, uv_faces: np.ndarray, size: int) -> UvMap:
    """Which triangle every texel belongs to; v = 0 is the lower edge of the picture.

    Raises:
        LiftError: a size that is no texture.
    """
    if not 16 <= size <= 8192:
        raise LiftError("the texture's size is out of range", expected="16 to 8192 texels", got=size)
    at = np.stack([uv[:, 0] * size, (1.0 - uv[:, 1]) * size], 1).astype(np.float64)
    return UvMap(faces, uv, uv_faces, rasterise(at, np.ones(len(at)), uv_faces, size, size))


def view_weights(vertices: np.ndarray, uv: UvMap, view: TextureView) -> tuple[np.ndarray, np.ndarray]:
    """How well a view sees each texel.

    Args:
        vertices: (V, 3) world.
    Returns:
        Weights (N,) of the covered texels in [0, CLOSE_UP], and where they lie in the picture (N, 2).
    """
    height, width = view.image.shape[:2]
    points = uv.carry(vertices)
    normals = uv.carry(np.asarray(vertex_normals(vertices, uv.faces), np.float64))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    pixels, z = project(view.K, view.T_cam_from_world, points)
    eye = -view.T_cam_from_world[:3, :3].T @ view.T_cam_from_world[:3, 3]
    towards = eye - points
    towards /= np.linalg.norm(towards, axis=1, keepdims=True)
    cosine = (normals * towards).sum(1)
    weight = np.where(cosine > np.cos(np.radians(STEEPEST_DEG)), np.maximum(cosine, 0.0) ** 4, 0.0)
    inside = (pixels >= 0.5).all(1) & (pixels[:, 0] <= width - 0.5) & (pixels[:, 1] <= height - 0.5) & (z > 0)
    weight[~inside] = 0.0
    at = np.clip(pixels, 0, [width - 1, height - 1]).astype(np.int64)
    own = look(vertices, uv.faces, view.K, view.T_cam_from_world, width, height).depth
    # The buffer holds pixel centres: beside them a slanted surface is nearer by up to a pixel's width times its slope.
    pixel = z / view.K[0, 0]
    slack = 0.002 + 2.0 * pixel / np.maximum(cosine, 0.3)
    weight[z > own[at[:, 1], at[:, 0]] + slack] = 0.0
    usable = _usable(view)
    weight[~usable[at[:, 1], at[:, 0]]] = 0.0
    if view.depth is not None:
        weight[view.depth[at[:, 1], at[:, 0]] < z - OCCLUDER_M] = 0.0
    return weight * (CLOSE_UP if view.close_up else 1.0), pixels


def _usable(view: TextureView) -> np.ndarray:
    """(H, W) bool, pixels away from the rim of the silhouette and from steps of depth."""
    good = np.ones(view.image.shape[:2], bool) if view.mask is None else view.mask.copy()
    if view.depth is not None:
        z = np.where(np.isfinite(view.depth), view.depth, 1e6)
        for axis in (0, 1):
            step = np.abs(np.diff(z, axis=axis)) > STEP_M
            edge = np.zeros_like(good)
            first = [slice(None)] * 2
            second = [slice(None)] * 2
            first[axis], second[axis] = slice(None, -1), slice(1, None)
            edge[tuple(first)] |= step
            edge[tuple(second)] |= step
            good &= ~edge
    return eroded(good, ERODE)


def eroded(mask: np.ndarray, pixels: int) -> np.ndarray:
    """A mask (H, W) without so many pixels of its rim; the border of the picture is none."""
    out = mask
    for _ in range(pixels):
        p = np.pad(out, 1, constant_values=True)
        out = out & p[:-2, 1:-1] & p[2:, 1:-1] & p[1:-1, :-2] & p[1:-1, 2:]
    return out


def bake(
    vertices: np.ndarray, rest: np.ndarray, uv: UvMap, views: Sequence[TextureView], pieces: np.ndarray | None = None,
    mirrors: Sequence[Mirror] = (ACROSS,), fill: Fill | None = None,
) -> Texture:  # fmt: skip
    """Blend views into a texture and fill what none of them sees.

    Args:
        vertices: (V, 3) posed, world, or (views, V, 3) where the views show different moments.
        rest: (V, 3) at rest, mirror plane x = 0: what is near, and what is opposite, is decided there.
        pieces: (F,) int, triangles of one piece fill each other only; None = all are one.
        mirrors: Where else to look for what no view sees.
        fill: Another way to find it; None: `filled`.
    Raises:
        LiftError: no views, or none that sees anything.
    """
    if not views:
        raise LiftError("there is no picture to take a texture from")
    posed = np.broadcast_to(vertices, (len(views), *np.shape(vertices)[-2:]))
    total, best, summed = 0.0, 0.0, 0.0
    for v, view in zip(posed, views, strict=True):
        weight, pixels = view_weights(np.asarray(v, np.float64), uv, view)
        total = total + weight
        best = np.maximum(best, weight)
        summed = summed + weight[:, None] * sample_bilinear(np.asarray(view.image, np.float64), pixels)
    seen = np.asarray(best) > LEAST_WEIGHT
    if not seen.any():
        raise LiftError("no picture sees the surface", fix="check camera and fit: the body may lie outside of the picture")
    color = np.where(seen[:, None], summed / np.maximum(total, 1e-12)[:, None], 0.0)
    size = uv.size
    confidence, where = np.zeros((size, size), np.float32), np.zeros((size, size), bool)
    confidence[uv.texels] = np.clip(best, 0.0, 1.0)
    where[uv.texels] = seen
    weight = np.asarray(best)
    whole = filled(color, weight, uv, rest, pieces, mirrors) if fill is None else fill(color, weight)
    return Texture(whole, confidence, where)


def filled(
    color: np.ndarray, weight: np.ndarray, uv: UvMap, rest: np.ndarray, pieces: np.ndarray | None = None,
    mirrors: Sequence[Mirror] = (ACROSS,), near: float = NEAR_M,
) -> np.ndarray:  # fmt: skip
    """(S, S, C) float32 picture of colours (N, C) of the covered texels, seen with `weight` (N,), 0 = not at all.

    Args:
        rest, pieces, mirrors: As `bake` takes them.
        near: Metres at rest within which a texel's own side is asked first.
    """
    picture = np.zeros((uv.size, uv.size, color.shape[1]), np.float32)
    picture[uv.texels] = _fill(color, weight, uv, rest, pieces, mirrors, near)
    return dilate(picture, uv.texels, DILATE)


def _fill(
    color: np.ndarray, weight: np.ndarray, uv: UvMap, rest: np.ndarray, pieces: np.ndarray | None, mirrors: Sequence[Mirror],
    close: float,
) -> np.ndarray:  # fmt: skip
    """Unseen texels: from nearby ones, else from the nearest of all, this side and the mirrored ones alike.

    What is nearest is asked for every vertex, and carried over the triangles between them: a texel's own answer would be
    ten times as dear and leave hard edges where one source gives way to the next.
    """
    rest = np.asarray(rest, np.float64)
    points = uv.carry(rest)
    owner = uv.raster.face[uv.texels]
    seen = weight > LEAST_WEIGHT
    # What was seen at a glance at the rim may be whatever lies behind it: it stays, and is not borrowed.
    sure = weight > SURE
    piece = np.zeros(len(uv.faces), np.int64) if pieces is None else np.asarray(pieces)
    out = color.copy()
    for one in np.unique(piece):
        own = piece[owner] == one
        asked = np.flatnonzero(own & ~seen)
        if not len(asked):
            continue
        # A piece that no view sees borrows from everything.
        known = next(np.flatnonzero(k) for k in (own & sure, own & seen, sure, seen) if k.any())
        known = known[:: max(len(known) // SOURCES, 1)]
        corners = np.unique(uv.faces[piece == one])
        tree = NearestPoints(points[known])
        distance, near = tree.query(rest[corners])
        distance, near = np.where(distance < close, 0.0, distance), near.copy()
        for mirror in mirrors:
            across, other = tree.query(rest[corners] * mirror)
            near = np.where(across < distance, other, near)
            distance = np.minimum(across, distance)
        carried = np.zeros((len(rest), color.shape[1]))
        carried[corners] = color[known[near]]
        out[asked] = uv.carry(carried)[asked]
    return out


def dilate(picture: np.ndarray, known: np.ndarray, pixels: int) -> np.ndarray:
    """Colours carried so many pixels over the borders of the UV islands, so that filtering never meets the background."""
    out, known = picture.copy(), known.copy()
    for _ in range(pixels):
        summed, count = np.zeros_like(out), np.zeros(known.shape, np.float32)
        for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
            ys, yt = _shifted(dy)
            xs, xt = _shifted(dx)
            on = known[ys, xs]
            summed[yt, xt] += out[ys, xs] * on[..., None]
            count[yt, xt] += on
        new = ~known & (count > 0)
        out[new] = summed[new] / count[new, None]
        known = known | new
    rest = out[known].mean(0, dtype=np.float64) if known.any() else 0.0
    out[~known] = rest
    return out


def _shifted(d: int) -> tuple[slice, slice]:
    """Source and target slices of a shift by one."""
    return (slice(None), slice(None)) if d == 0 else (slice(None, -1), slice(1, None)) if d > 0 else (slice(1, None), slice(None, -1))


def paint(texture: np.ndarray, uv: UvMap, raster: Raster) -> np.ndarray:
    """(H, W, C) what a raster of the surface shows of a texture; zero where nothing is hit."""
    size = texture.shape[0]
    at = raster.interpolate(uv.uv_faces, np.asarray(uv.uv, np.float64))
    out = np.zeros((*raster.face.shape, texture.shape[2]))
    hit = raster.hit
    xy = np.stack([at[hit][:, 0] * size, (1.0 - at[hit][:, 1]) * size], 1)
    out[hit] = sample_bilinear(np.asarray(texture, np.float64), xy)
    return out
